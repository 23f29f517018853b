//! `#[easynet::main(..)]` and `#[easynet::test(..)]`.

use std::fmt::Display;

use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Ident, Lit, ReturnType, Visibility};

use crate::errors::Errors;
use crate::parse::{Function, RunnerOption};

/// Which attribute was written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    Main,
    Test,
}

impl Entry {
    const fn name(self) -> &'static str {
        match self {
            Self::Main => "easynet::main",
            Self::Test => "easynet::test",
        }
    }
}

/// A backend that comes with easynet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Backend {
    Tokio,
}

impl Backend {
    const ALL: [Self; 1] = [Self::Tokio];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tokio => "tokio",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Flavor {
    MultiThread,
    CurrentThread,
}

impl Flavor {
    const ALL: [Self; 2] = [Self::MultiThread, Self::CurrentThread];

    const fn name(self) -> &'static str {
        match self {
            Self::MultiThread => "multi_thread",
            Self::CurrentThread => "current_thread",
        }
    }
}

/// The options of the runner; what is `None` is the runner's to choose.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) flavor: Option<Flavor>,
    pub(crate) worker_threads: Option<usize>,
    pub(crate) thread_name: Option<syn::LitStr>,
    pub(crate) max_blocking_threads: Option<usize>,
    pub(crate) start_paused: Option<bool>,
}

/// What can be done with the function; if it cannot be run, a mistake has been kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FunctionShape {
    Runnable,
    /// It needs arguments or parameters, so nobody can call it.
    Uncallable,
    /// It belongs into an `impl`, so it cannot be moved into another function either.
    Method,
}

/// An `async fn` and the backend that runs it.
pub(crate) struct Runner {
    pub(crate) entry: Entry,
    pub(crate) backend: Backend,
    /// Where the backend was named, or the attribute.
    pub(crate) backend_span: Span,
    pub(crate) options: Options,
    pub(crate) function: Function,
    pub(crate) shape: FunctionShape,
}

const OPTIONS: [&str; 6] = [
    "backend",
    "flavor",
    "worker_threads",
    "thread_name",
    "max_blocking_threads",
    "start_paused",
];

impl Runner {
    pub(crate) fn lower(
        entry: Entry,
        options: &[RunnerOption],
        mut function: Function,
        errors: &mut Errors,
    ) -> Self {
        let mut lowered = Lowered::new(entry);
        lowered.has_faults = !errors.is_empty();
        for (index, option) in options.iter().enumerate() {
            let is_repeated = options[..index].iter().any(|earlier| earlier.name == option.name);
            if is_repeated {
                errors.push(
                    &option.name,
                    format_args!("`{}` is given twice: remove one", option.name),
                );
            } else {
                lowered.lower(option, errors);
            }
        }
        lowered.check_together(options, errors);
        let is_named = options.iter().any(|option| option.name == "backend");
        if entry == Entry::Main && !is_named && !lowered.has_faults {
            let message = "the backend is missing: write `#[easynet::main(backend = \"tokio\")]`";
            errors.push_at(Span::call_site(), message);
        }
        let shape = check_function(entry, &mut function, errors);
        let Lowered {
            backend,
            backend_span,
            options,
            ..
        } = lowered;
        Self {
            entry,
            backend,
            backend_span,
            options,
            function,
            shape,
        }
    }
}

/// The options, while they are read.
struct Lowered {
    backend: Backend,
    backend_span: Span,
    options: Options,
    /// Whether an option could not be read, or its name is unknown; it may have been meant as any other.
    has_faults: bool,
}

impl Lowered {
    fn new(entry: Entry) -> Self {
        let flavor = (entry == Entry::Test).then_some(Flavor::CurrentThread);
        Self {
            backend: Backend::Tokio,
            backend_span: Span::call_site(),
            options: Options {
                flavor,
                ..Options::default()
            },
            has_faults: false,
        }
    }

    fn lower(&mut self, option: &RunnerOption, errors: &mut Errors) {
        let (name, value) = (&option.name, &option.value);
        match name.to_string().as_str() {
            "backend" => {
                self.backend_span = value.span();
                let found = one_of(value, "backend", Backend::ALL, Backend::name, errors);
                self.backend = found.unwrap_or(self.backend);
            }
            "flavor" => {
                let found = one_of(value, "flavor", Flavor::ALL, Flavor::name, errors);
                self.options.flavor = found.or(self.options.flavor);
            }
            "worker_threads" => self.options.worker_threads = count(name, value, errors),
            "thread_name" => self.options.thread_name = text(name, value, "worker", errors),
            "max_blocking_threads" => self.options.max_blocking_threads = count(name, value, errors),
            "start_paused" => self.options.start_paused = flag(name, value, errors),
            _ => {
                self.has_faults = true;
                errors.push(
                    name,
                    format_args!("unknown option `{name}`: {}", listed("option", OPTIONS)),
                );
            }
        }
    }

    /// Checks the options that do not go together.
    fn check_together(&mut self, written: &[RunnerOption], errors: &mut Errors) {
        let at = |name: &str| {
            written
                .iter()
                .find(|option| option.name == name)
                .map(|option| &option.name)
        };
        let is_current_thread = self.options.flavor == Some(Flavor::CurrentThread);
        if let (true, Some(_), Some(name)) = (
            is_current_thread,
            self.options.worker_threads,
            at("worker_threads"),
        ) {
            let advice = match at("flavor") {
                Some(_) => "remove it, or write `flavor = \"multi_thread\"`",
                None => "add `flavor = \"multi_thread\"`",
            };
            errors.push(
                name,
                format_args!("the flavor \"current_thread\" has no worker threads: {advice}"),
            );
            self.options.worker_threads = None;
        }
        if let (false, Some(true), Some(name)) =
            (is_current_thread, self.options.start_paused, at("start_paused"))
        {
            let message = "only one thread can have a paused clock: write `flavor = \"current_thread\"`";
            errors.push(name, message);
            self.options.start_paused = None;
        }
    }
}

/// The names that would have been right.
fn listed<const N: usize>(noun: &str, names: [&str; N]) -> String {
    let names = names.map(|name| format!("`{name}`"));
    match names.as_slice() {
        [name] => format!("the {noun} is {name}"),
        [names @ .., last] => format!("the {noun}s are {} and {last}", names.join(", ")),
        [] => String::new(),
    }
}

fn literal(value: &Expr) -> Option<&Lit> {
    match value {
        Expr::Lit(literal) => Some(&literal.lit),
        Expr::Group(group) => literal(&group.expr),
        _ => None,
    }
}

fn one_of<T: Copy, const N: usize>(
    value: &Expr,
    noun: &str,
    all: [T; N],
    name: fn(T) -> &'static str,
    errors: &mut Errors,
) -> Option<T> {
    let known = || match noun {
        "backend" => format!(
            "the backends are: {}",
            all.map(|item| format!("`\"{}\"`", name(item))).join(", ")
        ),
        _ => listed(noun, all.map(name)),
    };
    let Some(Lit::Str(text)) = literal(value) else {
        let message = format!("the {noun} is a string: write `{noun} = \"{}\"`", name(all[0]));
        errors.push(value, message);
        return None;
    };
    let found = all.into_iter().find(|item| name(*item) == text.value());
    if found.is_none() {
        errors.push(
            text,
            format_args!("unknown {noun} \"{}\": {}", text.value(), known()),
        );
    }
    found
}

fn count(name: &Ident, value: &Expr, errors: &mut Errors) -> Option<usize> {
    let parsed = match literal(value) {
        Some(Lit::Int(number)) => number.base10_parse::<usize>().ok(),
        _ => None,
    };
    match parsed {
        Some(0) => errors.push(
            value,
            format_args!("at least one thread is needed: write `{name} = 1`"),
        ),
        Some(count) => return Some(count),
        None => errors.push(value, format_args!("`{name}` is a number: write `{name} = 4`")),
    }
    None
}

fn text(name: &Ident, value: &Expr, example: impl Display, errors: &mut Errors) -> Option<syn::LitStr> {
    match literal(value) {
        Some(Lit::Str(text)) => return Some(text.clone()),
        _ => errors.push(
            value,
            format_args!("`{name}` is a string: write `{name} = \"{example}\"`"),
        ),
    }
    None
}

fn flag(name: &Ident, value: &Expr, errors: &mut Errors) -> Option<bool> {
    match literal(value) {
        Some(Lit::Bool(flag)) => return Some(flag.value),
        _ => errors.push(
            value,
            format_args!("`{name}` is `true` or `false`: write `{name} = true`"),
        ),
    }
    None
}

/// Checks the function, and takes off it what an expansion adds again.
fn check_function(entry: Entry, function: &mut Function, errors: &mut Errors) -> FunctionShape {
    let attribute = entry.name();
    let sig = &mut function.sig;
    let mut shape = FunctionShape::Runnable;
    if sig.asyncness.is_none() {
        errors.push(
            sig.fn_token,
            format_args!("`#[{attribute}]` runs an async function: write `async fn`"),
        );
        // Its body may await, and is none the worse for being async if it does not.
        sig.asyncness = Some(syn::Token![async](sig.fn_token.span));
    }
    if let Some(token) = sig.constness.take() {
        errors.push(
            token,
            format_args!("`#[{attribute}]` runs when the program does: remove `const`"),
        );
    }
    if let Some(token) = sig.unsafety.take() {
        errors.push(
            token,
            format_args!(
                "nobody could promise anything to this function: remove `{}`",
                spelled(&token)
            ),
        );
    }
    if let Some(abi) = sig.abi.take() {
        errors.push(
            &abi,
            format_args!("only Rust calls this function: remove `{}`", spelled(&abi)),
        );
    }
    if !sig.inputs.is_empty() || sig.variadic.is_some() {
        let (kind, message) = match sig.receiver() {
            Some(_) => (
                FunctionShape::Method,
                "nobody could call this on a value: move it out of the `impl`, without `self`",
            ),
            None => (
                FunctionShape::Uncallable,
                "nobody could pass arguments to this function: remove them",
            ),
        };
        errors.push(&sig.inputs, message);
        shape = kind;
    }
    if !sig.generics.params.is_empty() {
        errors.push(
            &sig.generics,
            "nobody could choose the parameters of this function: remove them",
        );
        shape = shape.max(FunctionShape::Uncallable);
    } else if let Some(clause) = &sig.generics.where_clause {
        errors.push(
            clause,
            "this function has no parameters: remove the `where` clause",
        );
        shape = shape.max(FunctionShape::Uncallable);
    }
    if entry == Entry::Test {
        function
            .attrs
            .retain(|attribute| !is_second_test(attribute, errors));
    }
    shape
}

fn is_second_test(attribute: &Attribute, errors: &mut Errors) -> bool {
    let is_test = attribute
        .path()
        .segments
        .last()
        .is_some_and(|last| last.ident == "test");
    if is_test {
        errors.push(
            attribute,
            "`#[easynet::test]` makes a test already: remove this attribute",
        );
    }
    is_test
}

fn spelled(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string()
}

impl Runner {
    pub(crate) fn vis(&self) -> &Visibility {
        &self.function.vis
    }

    /// Whether what it returns is for the operating system, or for the test harness, and for nobody else.
    pub(crate) fn reports(&self) -> bool {
        let returns = matches!(self.output(), ReturnType::Type(..));
        returns && (self.entry == Entry::Test || self.function.sig.ident == "main")
    }

    pub(crate) fn output(&self) -> &ReturnType {
        &self.function.sig.output
    }
}
