//! `#[easynet::main(..)]` and `#[easynet::test(..)]`.

mod backends;
mod simulation;
mod values;

use proc_macro2::Span;
use quote::ToTokens;
use syn::{Attribute, ReturnType, Visibility};

pub(crate) use self::backends::{Backend, Backends, Chosen};
pub(crate) use self::simulation::{Schedule, Seeds, Simulation};
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

    /// The names of the options.
    fn options(self) -> &'static [&'static str] {
        match self {
            Self::Main => &OPTIONS[..OPTIONS.len() - 1],
            Self::Test => &OPTIONS,
        }
    }
}

/// The names of the options; only a test has the last one.
const OPTIONS: [&str; 10] = [
    "backend",
    "flavor",
    "worker_threads",
    "thread_name",
    "max_blocking_threads",
    "start_paused",
    "seed",
    "schedule",
    "step_limit",
    "seeds",
];

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
    pub(crate) backends: Backends,
    pub(crate) options: Options,
    /// Of the backend "sim"; where that is not among the backends, what is written here is a mistake.
    pub(crate) simulation: Simulation,
    pub(crate) function: Function,
    pub(crate) shape: FunctionShape,
}

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
        lowered.check_backend(options, errors);
        let shape = check_function(entry, &mut function, errors);
        let Lowered {
            backends,
            options,
            simulation,
            ..
        } = lowered;
        let usual = Chosen {
            backend: Backend::Tokio,
            span: Span::call_site(),
        };
        Self {
            entry,
            backends: backends.unwrap_or(Backends::One(usual)),
            options,
            simulation,
            function,
            shape,
        }
    }
}

/// The options, while they are read.
struct Lowered {
    entry: Entry,
    backends: Option<Backends>,
    options: Options,
    simulation: Simulation,
    /// Whether an option could not be read, its name is unknown, or the backend's is; what was meant is open.
    has_faults: bool,
}

impl Lowered {
    fn new(entry: Entry) -> Self {
        let flavor = (entry == Entry::Test).then_some(Flavor::CurrentThread);
        Self {
            entry,
            backends: None,
            options: Options {
                flavor,
                ..Options::default()
            },
            simulation: Simulation::default(),
            has_faults: false,
        }
    }

    fn lower(&mut self, option: &RunnerOption, errors: &mut Errors) {
        let (name, value) = (&option.name, &option.value);
        match name.to_string().as_str() {
            "backend" => {
                self.backends = backends::lower(self.entry, value, errors);
                self.has_faults |= self.backends.is_none();
            }
            "flavor" => {
                let found = values::one_of(value, "flavor", Flavor::ALL, Flavor::name, errors);
                self.options.flavor = found.or(self.options.flavor);
            }
            "worker_threads" => self.options.worker_threads = values::threads(name, value, errors),
            "thread_name" => self.options.thread_name = values::text(name, value, "worker", errors),
            "max_blocking_threads" => {
                self.options.max_blocking_threads = values::threads(name, value, errors);
            }
            "start_paused" => self.options.start_paused = values::flag(name, value, errors),
            "seed" => self.simulation.lower_seed(name, value, errors),
            "seeds" if self.entry == Entry::Main => {
                self.has_faults = true;
                errors.push(name, "`seeds` is for tests: write `seed = 7`");
            }
            "seeds" => self.simulation.lower_seeds(name, value, errors),
            "schedule" => self.simulation.lower_schedule(value, errors),
            "step_limit" => self.simulation.lower_step_limit(name, value, errors),
            _ => {
                self.has_faults = true;
                let known = values::listed("option", self.entry.options());
                errors.push(name, format_args!("unknown option `{name}`: {known}"));
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
        if self.entry == Entry::Test {
            simulation::check_together(written, errors);
        }
    }

    /// Checks that there is a backend, and that it has what is asked of it.
    fn check_backend(&self, written: &[RunnerOption], errors: &mut Errors) {
        let is_open = self.backends.is_none() && self.has_faults;
        let has_simulation = self
            .backends
            .as_ref()
            .is_some_and(|backends| backends.has(Backend::Sim));
        if has_simulation || is_open {
            return;
        }
        // One word puts all of them right, so only the first is told.
        if let Some(name) = simulation::first_option(self.entry, written) {
            errors.push(
                name,
                format_args!("`{name}` needs the simulation: write `backend = \"sim\"`"),
            );
        } else if self.entry == Entry::Main && self.backends.is_none() {
            let message = "the backend is missing: write `#[easynet::main(backend = \"tokio\")]`";
            errors.push_at(Span::call_site(), message);
        }
    }
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
    function
        .attrs
        .retain(|attribute| !is_second_entry(entry, attribute, errors));
    shape
}

/// Whether an attribute below does the same: `#[test]`, `#[tokio::main]` and the like.
fn is_second_entry(entry: Entry, attribute: &Attribute, errors: &mut Errors) -> bool {
    let is_entry = attribute
        .path()
        .segments
        .last()
        .is_some_and(|last| last.ident == "test" || last.ident == "main");
    if is_entry {
        let message = match entry {
            Entry::Main => "`#[easynet::main]` runs the function already: remove this attribute",
            Entry::Test => "`#[easynet::test]` makes a test already: remove this attribute",
        };
        errors.push(attribute, message);
    }
    is_entry
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
