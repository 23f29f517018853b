//! What runs at the same time: `gather!`, `try_gather!`, `race!`.

use proc_macro2::{Ident, Span};
use quote::quote_spanned;
use syn::{Expr, Pat};

use super::Block;
use crate::errors::Errors;
use crate::jumps::{Jumps, unused_names};
use crate::parse::list::Arm;
use crate::parse::{Body, List};

/// One of several that run.
pub(crate) enum Branch {
    /// An expression that is evaluated outside, and then awaited.
    Future(Expr),
    /// A body.
    Block(Box<Block>),
}

impl Branch {
    /// A block gets an enum of its own, since all of them are visible to all.
    fn lower(mut body: Body, names: &mut impl Iterator<Item = Ident>) -> Self {
        if body.is_awaited {
            return Self::Future(body.value);
        }
        let name = names.next().expect("there is no end of names");
        let jumps = Jumps::rewrite(&mut body, name);
        Self::Block(Box::new(Block {
            name: None,
            body,
            jumps,
        }))
    }
}

/// `gather!` and `try_gather!`.
pub(crate) struct Gather {
    /// Whether the first failure ends the others.
    pub(crate) is_fallible: bool,
    pub(crate) branches: Vec<Branch>,
}

impl Gather {
    pub(crate) fn lower(ast: List, is_fallible: bool, _: &mut Errors) -> Self {
        let branches = lower(ast).into_iter().map(|(branch, _)| branch).collect();
        Self {
            is_fallible,
            branches,
        }
    }
}

/// `race!`.
pub(crate) struct Race {
    /// What runs, and what is done with its value if it wins.
    pub(crate) branches: Vec<(Branch, Option<Arm>)>,
}

impl Race {
    pub(crate) fn lower(ast: List, errors: &mut Errors) -> Self {
        let mut branches = lower(ast);
        branches
            .iter_mut()
            .filter_map(|(_, arm)| arm.as_mut())
            .for_each(|arm| check_pattern(arm, errors));
        Self { branches }
    }
}

/// Tells of a pattern that is known not to fit every value; of others the compiler does.
fn check_pattern(arm: &mut Arm, errors: &mut Errors) {
    if !is_refutable(&arm.pattern) {
        return;
    }
    errors.push(
        &arm.pattern,
        "an arm takes whatever its future yields: write `|value| match value { .. }`",
    );
    let at = Span::mixed_site();
    arm.pattern = syn::parse_quote_spanned!(at=> _);
    arm.value = quote_spanned!(at=> ::core::unreachable!());
}

fn is_refutable(pattern: &Pat) -> bool {
    const VARIANTS: [&str; 4] = ["Some", "None", "Ok", "Err"];
    let is_variant =
        |name: Option<&Ident>| name.is_some_and(|name| VARIANTS.iter().any(|known| name == known));
    match pattern {
        Pat::Lit(_) | Pat::Range(_) => true,
        Pat::Ident(pattern) => is_variant(Some(&pattern.ident)),
        Pat::Path(pattern) => is_variant(pattern.path.segments.last().map(|last| &last.ident)),
        Pat::TupleStruct(pattern) => is_variant(pattern.path.segments.last().map(|last| &last.ident)),
        Pat::Paren(pattern) => is_refutable(&pattern.pat),
        Pat::Reference(pattern) => is_refutable(&pattern.pat),
        Pat::Tuple(pattern) => pattern.elems.iter().any(is_refutable),
        _ => false,
    }
}

fn lower(List { entries, tokens }: List) -> Vec<(Branch, Option<Arm>)> {
    let mut names = unused_names(tokens);
    entries
        .into_iter()
        .map(|entry| (Branch::lower(entry.body, &mut names), entry.arm))
        .collect()
}
