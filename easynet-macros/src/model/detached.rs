//! Tasks and threads that would outlive the group whose body starts them.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprMacro, ExprMethodCall, Item, Macro, Pat, Path, parse_quote_spanned};

use crate::errors::stand_in;
use crate::jumps::{Family, reported, visit_arguments};
use crate::parse::Body;

/// What starts a task that nobody waits for; a path is meant if it ends like this.
const TASKS: [&[&str]; 9] = [
    &["tokio", "spawn"],
    &["task", "spawn"],
    &["spawn_local"],
    &["smol", "spawn"],
    &["async_std", "spawn"],
    &["actix_rt", "spawn"],
    &["async_global_executor", "spawn"],
    &["Handle", "spawn"],
    &["Runtime", "spawn"],
];

/// What starts a thread that nobody waits for.
const THREADS: [&[&str]; 4] = [
    &["thread", "spawn"],
    &["spawn_blocking"],
    &["smol", "unblock"],
    &["rayon", "spawn"],
];

/// What makes a value whose methods start tasks, as `Handle::current().spawn(..)` does.
const SPAWNERS: [&[&str]; 6] = [
    &["Handle", "current"],
    &["Handle", "try_current"],
    &["Runtime", "new"],
    &["task", "Builder", "new"],
    &["ThreadPool", "new"],
    &["LocalSet", "new"],
];

/// What makes a value whose methods start threads.
const THREAD_BUILDERS: [&[&str]; 1] = [&["thread", "Builder", "new"]];

/// The methods of such values that start something.
const METHODS: [&str; 4] = ["spawn", "spawn_blocking", "spawn_local", "spawn_ok"];

/// Reports whatever in a group's body starts something detached, in closures and `async` blocks too.
pub(super) fn forbid(body: &mut Body, name: Option<&Pat>) {
    let group = match name {
        Some(Pat::Ident(name)) => name.ident.to_string(),
        _ => String::from("group"),
    };
    Detached { group }.visit_expr_mut(&mut body.value);
}

struct Detached {
    /// How the user calls the group, for the message.
    group: String,
}

impl Detached {
    /// What to say about a path, if it is one of those.
    fn message(&self, path: &[String]) -> Option<String> {
        let spelled = path.join("::");
        if ends_with_any(path, &TASKS) {
            Some(self.starts_a_task(&spelled))
        } else if ends_with_any(path, &THREADS) {
            Some(self.starts_a_thread(&spelled))
        } else {
            None
        }
    }

    fn starts_a_task(&self, spelled: &str) -> String {
        let group = &self.group;
        format!("`{spelled}` starts a task that outlives this group: write `{group}.start_soon(..)`")
    }

    fn starts_a_thread(&self, spelled: &str) -> String {
        let group = &self.group;
        format!(
            "`{spelled}` starts a thread that outlives this group: write `{group}.start_soon(..)`, \
             or move the call into a function outside of the group"
        )
    }

    /// What to say about a call like `Handle::current().spawn(..)`, if it is one.
    fn check_method(&self, call: &ExprMethodCall) -> Option<String> {
        let method = call.method.to_string();
        if !METHODS.contains(&method.as_str()) {
            return None;
        }
        let maker = segments(maker(&call.receiver)?);
        if ends_with_any(&maker, &THREAD_BUILDERS) {
            Some(self.starts_a_thread(&method))
        } else if !ends_with_any(&maker, &SPAWNERS) {
            None
        } else if method == "spawn_blocking" {
            Some(self.starts_a_thread(&method))
        } else {
            Some(self.starts_a_task(&method))
        }
    }

    fn check(&self, path: &Path) -> Option<(Span, String)> {
        let last = path.segments.last()?;
        Some((last.ident.span(), self.message(&segments(path))?))
    }

    /// The first such path in the tokens of a macro that easynet does not know.
    fn first_in_tokens(&self, tokens: TokenStream) -> Option<(Span, String)> {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        path.clear();
                    }
                    path.push(ident.to_string());
                    colons = 0;
                    if let Some(message) = self.message(&path) {
                        return Some((ident.span(), message));
                    }
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    if let Some(found) = self.first_in_tokens(group.stream()) {
                        return Some(found);
                    }
                    path.clear();
                }
                _ => {
                    path.clear();
                    colons = 0;
                }
            }
        }
        None
    }
}

fn segments(path: &Path) -> Vec<String> {
    path.segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect()
}

fn ends_with_any(path: &[String], known: &[&[&str]]) -> bool {
    known
        .iter()
        .any(|known| path.len() >= known.len() && path[path.len() - known.len()..].iter().eq(known.iter()))
}

/// The function at the beginning of a chain of methods: `Builder::new` in `Builder::new().name(..)?`.
fn maker(receiver: &Expr) -> Option<&Path> {
    match receiver {
        Expr::MethodCall(call) => maker(&call.receiver),
        Expr::Try(tried) => maker(&tried.expr),
        Expr::Paren(inner) => maker(&inner.expr),
        Expr::Reference(inner) => maker(&inner.expr),
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => Some(&path.path),
            _ => None,
        },
        _ => None,
    }
}

/// The expression as it was, with a mistake: what is around it goes on to fit.
fn told(span: Span, message: &str, expr: &Expr) -> Expr {
    let error = stand_in(span, message);
    parse_quote_spanned!(Span::mixed_site()=> ({ #error; #expr }))
}

impl VisitMut for Detached {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Expr::Path(path) = expr
            && let Some((span, message)) = self.check(&path.path)
        {
            *expr = told(span, &message, expr);
            return;
        }
        if let Expr::MethodCall(call) = expr
            && let Some(message) = self.check_method(call)
        {
            *expr = told(call.method.span(), &message, expr);
            return;
        }
        visit_mut::visit_expr_mut(self, expr);
    }

    fn visit_expr_macro_mut(&mut self, expr: &mut ExprMacro) {
        self.visit_macro_mut(&mut expr.mac);
    }

    fn visit_macro_mut(&mut self, mac: &mut Macro) {
        // A group inside reports its own body, and knows its own name.
        let is_group = mac
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == "task_group");
        let family = Family::of(&mac.path);
        if is_group || family == Family::Opaque || visit_arguments(mac, family, self) {
            return;
        }
        if let Some((span, message)) = self.first_in_tokens(mac.tokens.clone()) {
            *mac = reported(span, &message);
        }
    }

    // An item is a program of its own: it does not run here.
    fn visit_item_mut(&mut self, _: &mut Item) {}
}
