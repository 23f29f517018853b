//! Instants: what a deadline is.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::visit_mut::VisitMut;
use syn::{Expr, ExprUnary, Lit, UnOp};

use super::delay::{Literals, literal};
use crate::errors::Errors;

/// An expression of type `Instant` or `Option<Instant>`; no limit, where the user's is wrong.
///
/// A number with a unit stands for a delay in it, as in `start + 5s`; `twin` is the macro that takes that alone.
pub(super) fn lower(instant: Option<Expr>, twin: &str, errors: &mut Errors) -> TokenStream {
    let Some(mut instant) = instant else {
        return no_limit();
    };
    if let Some(literal) = as_literal(&instant) {
        let example = spelled(literal);
        errors.push(
            &instant,
            format_args!("a deadline is an `Instant`: for a delay write `{twin}!({example}, ..)`"),
        );
        return no_limit();
    }
    Literals { errors }.visit_expr_mut(&mut instant);
    instant.into_token_stream()
}

fn no_limit() -> TokenStream {
    quote_spanned!(Span::mixed_site()=> ::core::option::Option::None)
}

fn as_literal(expr: &Expr) -> Option<&Lit> {
    match expr {
        Expr::Unary(ExprUnary {
            op: UnOp::Neg(_),
            expr,
            ..
        }) => literal(expr),
        expr => literal(expr),
    }
}

/// The delay that was meant: a number has its unit, or gets one.
fn spelled(literal: &Lit) -> String {
    match literal {
        Lit::Int(number) if number.suffix().is_empty() => format!("{}s", number.base10_digits()),
        Lit::Float(number) if number.suffix().is_empty() => format!("{}s", number.base10_digits()),
        Lit::Int(_) | Lit::Float(_) => literal.to_token_stream().to_string(),
        _ => String::from("5s"),
    }
}
