//! The jumps out of a body: found, counted, and turned into values.
//!
//! The body of a macro runs in an `async` block, which nothing can jump out of. So each `?`, `return`, `break` and
//! `continue` that leaves the body becomes a `return` of that `async` block, with a variant of an enum made for this
//! body; `expand` writes the real jump behind the block, one match arm per variant.
//!
//! # Invariants
//!
//! 1. A jump that stays inside the body is left alone: one in a loop or a labelled block of the body, in a closure,
//!    an `async` block, an item. What the body does not jump to, it need not know.
//! 2. Macros expand from the outside in. An outer easynet macro rewrites the bodies of the inner ones too, so an
//!    inner one finds plain `return`s of the outer's enum, which it lets [through](Kind::Through).
//! 3. A variant is under the same `#[cfg]` as its jump, so that a jump that is compiled out leaves no trace.

mod cfgs;
mod known;
mod rewrite;
mod shows;
mod tokens;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident};
use syn::{Attribute, Lifetime, Path};

pub(crate) use self::known::{Family, visit_arguments};
use self::rewrite::Rewriter;
pub(crate) use self::rewrite::reported;
use crate::parse::Body;

/// The name of every generated enum starts like this, followed by a number: see [`Kind::Through`].
const ENUM_PREFIX: &str = "__Jump";

/// The jumps out of one body.
pub(crate) struct Jumps {
    /// The enum: a name that nothing around it uses, because items are not hygienic.
    pub(crate) name: Ident,
    pub(crate) list: Vec<Jump>,
    /// Whether the body uses macros that easynet does not know; any of them may hide a `return`.
    pub(crate) has_unknown_macros: bool,
}

/// A place behind the block that control goes to.
pub(crate) struct Jump {
    pub(crate) kind: Kind,
    /// The variant, and its type parameter if it has a payload.
    pub(crate) variant: Ident,
    /// Where the user wrote the (first) jump.
    pub(crate) span: Span,
    /// Whether the payload may be an error, for a group to hold. A `return Ok(..)` takes none along.
    pub(crate) may_fail: bool,
    /// The `#[cfg]`s around the jump, from the outside in.
    pub(crate) cfgs: Vec<Attribute>,
}

/// How a jump leaves.
pub(crate) enum Kind {
    /// `?`, whose residual it takes along. Each is its own jump: each has its own error type.
    Question,
    /// `return`, perhaps with a value.
    Return { has_value: bool },
    /// `break`, perhaps with a label and a value.
    Break {
        label: Option<Lifetime>,
        has_value: bool,
    },
    /// `continue`, perhaps with a label.
    Continue { label: Option<Lifetime> },
    /// A jump of an outer easynet macro, which has become the `return` of this variant of its enum.
    Through { variant: Path, has_value: bool },
}

impl Kind {
    /// Whether the jump takes something along.
    pub(crate) fn has_payload(&self) -> bool {
        match self {
            Self::Question => true,
            Self::Return { has_value } | Self::Break { has_value, .. } | Self::Through { has_value, .. } => {
                *has_value
            }
            Self::Continue { .. } => false,
        }
    }

    /// Whether the payload's type has to be told to the body: that of a `?` is found by the body, and that of a
    /// jump going through has been told by the outer macro.
    pub(crate) fn has_typed_payload(&self) -> bool {
        matches!(
            self,
            Self::Return { has_value: true } | Self::Break { has_value: true, .. }
        )
    }

    /// Whether both can share a variant. Labels are hygienic: two of the same name may be different ones.
    fn is_same_place(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Return { has_value: left }, Self::Return { has_value: right }) => left == right,
            (
                Self::Break {
                    label: None,
                    has_value: left,
                },
                Self::Break {
                    label: None,
                    has_value: right,
                },
            ) => left == right,
            (Self::Continue { label: None }, Self::Continue { label: None }) => true,
            (Self::Through { variant: left, .. }, Self::Through { variant: right, .. }) => {
                left.to_token_stream().to_string() == right.to_token_stream().to_string()
            }
            _ => false,
        }
    }

    fn variant_name(&self) -> &'static str {
        match self {
            Self::Question => "Question",
            Self::Return { .. } => "Return",
            Self::Break { .. } => "Break",
            Self::Continue { .. } => "Continue",
            Self::Through { .. } => "Through",
        }
    }
}

impl Jump {
    /// The name of the local that knows the type of this jump's payload.
    pub(crate) fn leaving(&self) -> Ident {
        format_ident!(
            "leaving_{}",
            self.variant,
            span = Span::mixed_site().located_at(self.span)
        )
    }
}

impl Jumps {
    /// Finds the jumps out of `body`, and turns them into values of an enum of this name.
    pub(crate) fn rewrite(body: &mut Body, name: Ident) -> Self {
        let mut rewriter = Rewriter::new(name);
        rewriter.rewrite(&mut body.value);
        rewriter.jumps
    }

    fn new(name: Ident) -> Self {
        Self {
            name,
            list: Vec::new(),
            has_unknown_macros: false,
        }
    }

    /// The variant for a jump: one that goes to the same place, or else a new one.
    fn add(&mut self, kind: Kind, span: Span, may_fail: bool, cfgs: &[Attribute]) -> &Jump {
        let known = self
            .list
            .iter()
            .position(|jump| jump.kind.is_same_place(&kind) && cfgs::are_same(&jump.cfgs, cfgs));
        let index = known.unwrap_or_else(|| {
            let variant = format_ident!(
                "{}{}",
                kind.variant_name(),
                self.list.len(),
                span = Span::mixed_site()
            );
            self.list.push(Jump {
                kind,
                variant,
                span,
                may_fail,
                cfgs: cfgs.to_vec(),
            });
            self.list.len() - 1
        });
        let jump = &mut self.list[index];
        jump.may_fail |= may_fail;
        jump
    }
}

/// Names for enums that `tokens` do not mention: all that a macro was given, since all of it may see the enums.
pub(crate) fn unused_names(tokens: TokenStream) -> impl Iterator<Item = Ident> {
    let mut first = 0;
    count_names(tokens, &mut first);
    (first..).map(|number| format_ident!("{ENUM_PREFIX}{number}", span = Span::mixed_site()))
}

/// Raises `next` above every number that follows the prefix in `tokens`.
fn count_names(tokens: TokenStream, next: &mut u128) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => count_names(group.stream(), next),
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                let number = name
                    .strip_prefix(ENUM_PREFIX)
                    .and_then(|number| number.parse::<u64>().ok());
                *next = (*next).max(number.map_or(0, |number| u128::from(number) + 1));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
