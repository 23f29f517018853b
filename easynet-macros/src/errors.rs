//! The mistakes found on the way.
//!
//! A mistake never stops an expansion: it is kept, the model goes on with something of the same type, and all
//! mistakes are shown at once.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Expr;

/// The mistakes in one use of a macro, in the order they were found.
#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    /// Keeps a mistake in `tokens`; `message` says what to write instead.
    pub(crate) fn push(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.0.push(syn::Error::new_spanned(tokens, message));
    }

    /// Keeps a mistake at `span`.
    pub(crate) fn push_at(&mut self, span: Span, message: impl Display) {
        self.0.push(syn::Error::new(span, message));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[cfg(test)]
    pub(crate) fn messages(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}

impl ToTokens for Errors {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for error in &self.0 {
            tokens.extend(error.to_compile_error());
        }
    }
}

/// An expression that shows `message` at `span` and fits wherever an expression does.
///
/// The compiler asks nothing more of an expression that it already knows to be wrong, so no error follows.
pub(crate) fn stand_in(span: Span, message: &str) -> Expr {
    Expr::Verbatim(quote_spanned!(span=> ::core::compile_error!(#message)))
}
