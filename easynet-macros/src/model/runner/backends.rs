//! The backends that run a function: one, or for a test, several.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr, ExprArray};

use super::{Entry, values};
use crate::errors::Errors;

/// A backend that comes with easynet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Backend {
    Tokio,
    Sim,
}

impl Backend {
    const ALL: [Self; 2] = [Self::Tokio, Self::Sim];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tokio => "tokio",
            Self::Sim => "sim",
        }
    }
}

/// A backend, and where it was named, or the attribute.
#[derive(Clone, Copy)]
pub(crate) struct Chosen {
    pub(crate) backend: Backend,
    pub(crate) span: Span,
}

/// What runs a function.
pub(crate) enum Backends {
    One(Chosen),
    /// A list: a test for each.
    Each(Vec<Chosen>),
}

impl Backends {
    pub(super) fn has(&self, backend: Backend) -> bool {
        match self {
            Self::One(chosen) => chosen.backend == backend,
            Self::Each(list) => list.iter().any(|chosen| chosen.backend == backend),
        }
    }
}

/// Reads one name, or a list of names.
pub(super) fn lower(entry: Entry, value: &Expr, errors: &mut Errors) -> Option<Backends> {
    match value {
        Expr::Group(group) => lower(entry, &group.expr, errors),
        Expr::Array(list) if entry == Entry::Test => lower_list(list, errors),
        Expr::Array(list) => {
            let known = list
                .elems
                .iter()
                .find_map(|name| named(name, &mut Errors::default()));
            let example = known.map_or(Backend::Tokio, |chosen| chosen.backend).name();
            errors.push(
                value,
                format_args!("a program runs on one backend: write `backend = \"{example}\"`"),
            );
            None
        }
        _ => named(value, errors).map(Backends::One),
    }
}

fn named(value: &Expr, errors: &mut Errors) -> Option<Chosen> {
    let backend = values::one_of(value, "backend", Backend::ALL, Backend::name, errors)?;
    Some(Chosen {
        backend,
        span: value.span(),
    })
}

/// A list: nothing, if any of it is wrong.
fn lower_list(list: &ExprArray, errors: &mut Errors) -> Option<Backends> {
    if list.elems.is_empty() {
        errors.push(
            list,
            "at least one backend is needed: write `backend = [\"tokio\", \"sim\"]`",
        );
    }
    let mut is_right = !list.elems.is_empty();
    let mut chosen: Vec<Chosen> = Vec::new();
    for name in &list.elems {
        match named(name, errors) {
            Some(next) if chosen.iter().any(|known| known.backend == next.backend) => {
                is_right = false;
                errors.push(
                    name,
                    format_args!(
                        "the backend \"{}\" is listed twice: remove one",
                        next.backend.name()
                    ),
                );
            }
            Some(next) => chosen.push(next),
            None => is_right = false,
        }
    }
    is_right.then_some(Backends::Each(chosen))
}
