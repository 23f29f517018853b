//! What the user meant.
//!
//! Only this module judges: it checks what was read, keeps the mistakes, and goes on with something of the same type.

mod delay;
mod detached;
mod endless;
mod instant;
mod list;
mod runner;

use proc_macro2::{Ident, TokenStream};
use syn::{Pat, Type};

pub(crate) use self::list::{Branch, Gather, Race};
pub(crate) use self::runner::{
    Backend, Backends, Chosen, Entry, Flavor, FunctionShape, Options, Runner, Schedule, Seeds, Simulation,
};
use crate::errors::Errors;
use crate::jumps::{Jumps, unused_names};
use crate::parse::{Arguments, Body, Name};

/// A body and the jumps out of it: what every block macro has.
pub(crate) struct Block {
    /// The name that the body gives to its group or scope.
    pub(crate) name: Option<Pat>,
    pub(crate) body: Body,
    pub(crate) jumps: Jumps,
}

impl Block {
    /// The body of a macro that has one; `tokens` are all that the macro was given.
    fn lower(name: Option<Pat>, mut body: Body, tokens: TokenStream) -> Self {
        let jumps = Jumps::rewrite(&mut body, unused_name(tokens));
        Self { name, body, jumps }
    }
}

fn unused_name(tokens: TokenStream) -> Ident {
    unused_names(tokens).next().expect("there is no end of names")
}

/// `task_group!`.
pub(crate) struct Group {
    /// The group's type, where the user wrote one.
    pub(crate) ty: Option<Type>,
    pub(crate) block: Block,
}

impl Group {
    pub(crate) fn lower(mut ast: Arguments, _: &mut Errors) -> Self {
        let (pattern, ty) = match ast.name {
            Some(name) => (Some(name.pattern), name.ty),
            None => (None, None),
        };
        detached::forbid(&mut ast.body, pattern.as_ref());
        Self {
            ty,
            block: Block::lower(pattern, ast.body, ast.tokens),
        }
    }
}

/// How long a block may run.
pub(crate) enum Limit {
    /// An expression of type `Duration`.
    Delay(TokenStream),
    /// An expression of type `Instant` or `Option<Instant>`.
    Deadline(TokenStream),
}

/// `with_timeout!`, `with_deadline!`, `move_on_after!`, `move_on_at!`.
pub(crate) struct Timed {
    pub(crate) limit: Limit,
    pub(crate) block: Block,
}

impl Timed {
    /// With a delay.
    pub(crate) fn lower(ast: Arguments, errors: &mut Errors) -> Self {
        let limit = Limit::Delay(delay::lower(ast.first.clone(), errors));
        Self::with_limit(limit, ast, errors)
    }

    /// With an instant; `twin` is the name of the same macro for delays.
    pub(crate) fn lower_deadline(ast: Arguments, twin: &str, errors: &mut Errors) -> Self {
        let limit = Limit::Deadline(instant::lower(ast.first.clone(), twin, errors));
        Self::with_limit(limit, ast, errors)
    }

    fn with_limit(limit: Limit, ast: Arguments, errors: &mut Errors) -> Self {
        let name = ast.name.map(|name| scope_name(name, errors));
        Self {
            limit,
            block: Block::lower(name, ast.body, ast.tokens),
        }
    }
}

/// `cancel_scope!`.
pub(crate) struct Scope {
    pub(crate) block: Block,
}

impl Scope {
    pub(crate) fn lower(ast: Arguments, errors: &mut Errors) -> Self {
        let name = ast.name.map(|name| scope_name(name, errors));
        Self {
            block: Block::lower(name, ast.body, ast.tokens),
        }
    }
}

fn scope_name(name: Name, errors: &mut Errors) -> Pat {
    if let Some(ty) = name.ty {
        errors.push(ty, "a scope has one type only: remove `:` and the type");
    }
    name.pattern
}

/// `shield!`.
pub(crate) struct Shield {
    pub(crate) block: Block,
}

impl Shield {
    pub(crate) fn lower(mut ast: Arguments, errors: &mut Errors) -> Self {
        endless::forbid(&mut ast.body, errors);
        Self {
            block: Block::lower(None, ast.body, ast.tokens),
        }
    }
}

/// `catch_cancelled!`.
pub(crate) struct Catch {
    pub(crate) block: Block,
}

impl Catch {
    pub(crate) fn lower(ast: Arguments, _: &mut Errors) -> Self {
        Self {
            block: Block::lower(None, ast.body, ast.tokens),
        }
    }
}

#[cfg(test)]
mod tests;
