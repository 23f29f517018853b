//! What the user meant.
//!
//! Only this module judges: it checks what was read, keeps the mistakes, and goes on with something of the same type.

mod delay;
mod detached;
mod runner;

use proc_macro2::TokenStream;
use syn::{Pat, Type};

pub(crate) use self::runner::{
    Backend, Entry, Flavor, FunctionShape, Options, Runner, Schedule, Seeds, Simulation,
};
use crate::errors::Errors;
use crate::jumps::Jumps;
use crate::parse::{Arguments, Body};

/// A body and the jumps out of it: what every block macro has.
pub(crate) struct Block {
    /// The name that the body gives to its group or scope.
    pub(crate) name: Option<Pat>,
    pub(crate) body: Body,
    pub(crate) jumps: Jumps,
}

impl Block {
    pub(crate) fn lower(name: Option<Pat>, mut body: Body) -> Self {
        let jumps = Jumps::rewrite(&mut body);
        Self { name, body, jumps }
    }
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
            block: Block::lower(pattern, ast.body),
        }
    }
}

/// `with_timeout!`, `move_on_after!`.
pub(crate) struct Timed {
    /// An expression of type `Duration`.
    pub(crate) delay: TokenStream,
    pub(crate) block: Block,
}

impl Timed {
    pub(crate) fn lower(ast: Arguments, errors: &mut Errors) -> Self {
        let delay = delay::lower(ast.first, errors);
        let name = ast.name.map(|name| {
            if let Some(ty) = name.ty {
                errors.push(ty, "a scope has one type only: remove `:` and the type");
            }
            name.pattern
        });
        Self {
            delay,
            block: Block::lower(name, ast.body),
        }
    }
}

/// `shield!`.
pub(crate) struct Shield {
    pub(crate) block: Block,
}

impl Shield {
    pub(crate) fn lower(ast: Arguments, _: &mut Errors) -> Self {
        Self {
            block: Block::lower(None, ast.body),
        }
    }
}

#[cfg(test)]
mod tests;
