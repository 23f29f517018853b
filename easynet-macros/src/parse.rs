//! What the user wrote.
//!
//! Every block macro is written `[first,] [|name|] body [,]`, as its [`Shape`] tells, and every other takes a
//! [`List`]; all of it is plain Rust syntax but for the unit of a delay.

mod body;
pub(crate) mod list;
mod name;
mod options;
pub(crate) mod shape;

use proc_macro2::{Span, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::{Expr, ExprLit, Lit, Token};

pub(crate) use self::body::Body;
pub(crate) use self::list::List;
pub(crate) use self::name::Name;
pub(crate) use self::options::{Function, RunnerOption, runner_options};
use self::shape::{Names, Shape};
use crate::errors::Errors;

/// The content of a block macro.
pub(crate) struct Arguments {
    /// What comes before the body, such as the delay; there if the shape has it.
    pub(crate) first: Option<Expr>,
    /// The name between the bars.
    pub(crate) name: Option<Name>,
    pub(crate) body: Body,
    /// All of it, as it was written.
    pub(crate) tokens: TokenStream,
}

impl Arguments {
    /// Reads the content of a macro, or tells what is wrong with it and yields nothing.
    pub(crate) fn parse(tokens: TokenStream, shape: &Shape, errors: &mut Errors) -> Option<Self> {
        let all = tokens.clone();
        let parse = |input: ParseStream<'_>| {
            let arguments = Self::parse_stream(input, all, shape, errors);
            // What is left over belongs to a mistake that has been told.
            input.parse::<TokenStream>()?;
            Ok(arguments)
        };
        parse.parse2(tokens).unwrap_or_else(|error: syn::Error| {
            errors.push_at(error.span(), error);
            None
        })
    }

    fn parse_stream(
        input: ParseStream<'_>,
        tokens: TokenStream,
        shape: &Shape,
        errors: &mut Errors,
    ) -> Option<Self> {
        let example = shape.example;
        if input.is_empty() {
            errors.push_at(
                Span::call_site(),
                format_args!("this macro is empty: write `{example}`"),
            );
            return None;
        }
        let first = match shape.first {
            Some(noun) => Some(parse_first(input, noun, shape, errors)?),
            None => None,
        };
        let name = parse_name(input, shape, errors)?;
        if input.is_empty() {
            errors.push_at(
                Span::call_site(),
                format_args!("the body is missing: write `{example}`"),
            );
            return None;
        }
        let body = match Body::parse(input) {
            Ok(body) => body,
            Err(error) => {
                errors.push_at(error.span(), error);
                return None;
            }
        };
        parse_end(input, shape, &body, errors)?;
        if let (Some(first @ Expr::Block(_)), Some(noun), true) =
            (&first, shape.first, is_number(&body.value))
        {
            errors.push(first, format_args!("the {noun} comes first: write `{example}`"));
            return None;
        }
        Some(Self {
            first,
            name,
            body,
            tokens,
        })
    }
}

/// Reads what comes before the body, and the comma behind it.
fn parse_first(input: ParseStream<'_>, noun: &str, shape: &Shape, errors: &mut Errors) -> Option<Expr> {
    let example = shape.example;
    if input.peek(Token![,]) {
        errors.push_at(
            input.span(),
            format_args!("the {noun} is missing: write `{example}`"),
        );
        return None;
    }
    let first = match parse_before_comma(input) {
        Ok(first) => first,
        Err(error) => {
            errors.push_at(error.span(), format_args!("{error}: write `{example}`"));
            return None;
        }
    };
    if input.peek(Token![,]) {
        input.parse::<Token![,]>().ok()?;
        return Some(first);
    }
    match &first {
        Expr::Block(_) | Expr::Closure(_) if input.is_empty() => {
            errors.push(
                &first,
                format_args!("the {noun} is missing: it comes first, as in `{example}`"),
            );
        }
        _ if input.is_empty() => {
            errors.push(&first, format_args!("the body is missing: write `{example}`"));
        }
        literal if is_number(literal) && input.peek(syn::Ident) => {
            errors.push_at(
                input.span(),
                format_args!(
                    "a unit follows its number without a space: write `{}{}`",
                    quote::quote!(#literal),
                    input
                        .cursor()
                        .ident()
                        .map(|(unit, _)| unit.to_string())
                        .unwrap_or_default(),
                ),
            );
        }
        _ => errors.push_at(
            input.span(),
            format_args!("a comma is missing behind the {noun}: write `{example}`"),
        ),
    }
    None
}

fn is_number(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Lit(ExprLit {
            lit: Lit::Int(_) | Lit::Float(_),
            ..
        })
    )
}

/// Reads an expression up to a comma; without one, a `{` is taken for the body's and not for a struct's.
fn parse_before_comma(input: ParseStream<'_>) -> syn::Result<Expr> {
    let fork = input.fork();
    if fork.parse::<Expr>().is_ok() && fork.peek(Token![,]) {
        return input.parse();
    }
    input.call(Expr::parse_without_eager_brace)
}

/// Reads the bars and what is between them, if the shape has them.
fn parse_name(input: ParseStream<'_>, shape: &Shape, errors: &mut Errors) -> Option<Option<Name>> {
    let is_named = Name::peek(input);
    match shape.names {
        Names::Required if input.peek(Lit) => {
            errors.push_at(
                input.span(),
                format_args!("this macro takes no delay: write `{}`", shape.example),
            );
            None
        }
        Names::Required if !is_named => {
            errors.push_at(
                input.span(),
                format_args!(
                    "the name of the {} is missing: write `{}`",
                    shape.noun, shape.example
                ),
            );
            None
        }
        Names::None if is_named => {
            errors.push_at(
                input.span(),
                format_args!("this macro takes a body only: write `{}`", shape.example),
            );
            None
        }
        _ if is_named => Name::parse(input, shape, errors).map(Some),
        _ => Some(None),
    }
}

/// Checks that the body is the last.
fn parse_end(input: ParseStream<'_>, shape: &Shape, body: &Body, errors: &mut Errors) -> Option<()> {
    let example = shape.example;
    if input.peek(Token![,]) {
        input.parse::<Token![,]>().ok()?;
    }
    if input.is_empty() {
        return Some(());
    }
    if shape.first.is_none() && is_number(&body.value) {
        errors.push(
            &body.value,
            format_args!("this macro takes no delay: write `{example}`"),
        );
    } else {
        errors.push_at(
            input.span(),
            format_args!("nothing may follow the body: write `{example}`"),
        );
    }
    None
}

#[cfg(test)]
mod tests;
