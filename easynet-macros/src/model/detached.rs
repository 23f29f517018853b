//! Tasks and threads that would outlive the group whose body starts them.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote_spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprMacro, Item, Macro, Pat, Path};

use crate::errors::stand_in;
use crate::jumps::{Family, reported, visit_arguments};
use crate::parse::Body;

/// What starts a task that nobody waits for; a path is meant if it ends like this.
const TASKS: [&[&str]; 8] = [
    &["tokio", "spawn"],
    &["tokio", "task", "spawn"],
    &["tokio", "task", "spawn_local"],
    &["task", "spawn_local"],
    &["async_std", "task", "spawn"],
    &["async_std", "task", "spawn_local"],
    &["smol", "spawn"],
    &["async_global_executor", "spawn"],
];

/// What starts a thread that nobody waits for.
const THREADS: [&[&str]; 3] = [&["thread", "spawn"], &["spawn_blocking"], &["smol", "unblock"]];

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
        let ends_with = |known: &&&[&str]| {
            path.len() >= known.len() && path[path.len() - known.len()..].iter().eq(known.iter())
        };
        let (group, spelled) = (&self.group, path.join("::"));
        if TASKS.iter().any(|known| ends_with(&known)) {
            Some(format!(
                "`{spelled}` starts a task that outlives this group: write `{group}.start_soon(..)`"
            ))
        } else if THREADS.iter().any(|known| ends_with(&known)) {
            Some(format!(
                "`{spelled}` starts a thread that outlives this group: write `{group}.start_soon(..)`, \
                 or move the call into a function outside of the group"
            ))
        } else {
            None
        }
    }

    fn check(&self, path: &Path) -> Option<(Span, String)> {
        let segments: Vec<_> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        let last = path.segments.last()?;
        Some((last.ident.span(), self.message(&segments)?))
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

/// The expression as it was, with a mistake: what is around it goes on to fit.
fn told(span: Span, message: &str, expr: &Expr) -> Expr {
    let error = stand_in(span, message);
    Expr::Verbatim(quote_spanned!(Span::mixed_site()=> ({ #error; #expr })))
}

impl VisitMut for Detached {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Expr::Path(path) = expr
            && let Some((span, message)) = self.check(&path.path)
        {
            *expr = told(span, &message, expr);
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
