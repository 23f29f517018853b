//! The name between the bars: `|group|`, `|group: TaskGroup<MyError>|`.

use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, Pat, Token, Type};

use super::shape::Shape;
use crate::errors::Errors;

/// The name that a body gives to its group or scope.
pub(crate) struct Name {
    /// A plain identifier, or `_`.
    pub(crate) pattern: Pat,
    /// The type behind the name, where the user wrote one.
    pub(crate) ty: Option<Type>,
}

impl Name {
    /// Whether the next tokens are those of a closure's head.
    pub(crate) fn peek(input: ParseStream<'_>) -> bool {
        let fork = input.fork();
        while fork.peek(Token![async]) || fork.peek(Token![move]) || fork.peek(Token![static]) {
            // A block is `async` or `move` too: only the bar behind decides.
            if fork.parse::<proc_macro2::TokenTree>().is_err() {
                return false;
            }
        }
        fork.peek(Token![|])
    }

    /// Reads the bars and what is between them, or tells what is wrong with it and yields nothing.
    pub(crate) fn parse(input: ParseStream<'_>, shape: &Shape, errors: &mut Errors) -> Option<Self> {
        let noun = shape.noun;
        while !input.peek(Token![|]) {
            let keyword: proc_macro2::TokenTree = input.parse().ok()?;
            errors.push(
                &keyword,
                format_args!("the body is a block of this function: remove `{keyword}`"),
            );
        }
        let opening = input.span();
        if input.peek(Token![||]) {
            errors.push_at(opening, format_args!("the {noun} needs a name: write `|{noun}|`"));
            return None;
        }
        input.parse::<Token![|]>().ok()?;
        let (pattern, ty) = match parse_pattern(input) {
            Ok(parsed) => parsed,
            Err(error) => {
                errors.push_at(error.span(), format_args!("{error}: write `|{noun}|`"));
                return None;
            }
        };
        if !parse_closing_bar(input, noun, errors) {
            return None;
        }
        if input.peek(Token![->]) {
            let arrow = input.span();
            errors.push_at(
                arrow,
                "the body's type is the value's: remove `->` and the type behind it",
            );
            input.parse::<syn::ReturnType>().ok()?;
        }
        let pattern = checked(pattern, noun, errors);
        let ty = checked_type(ty, errors);
        Some(Self {
            pattern: pattern?,
            ty,
        })
    }
}

fn parse_pattern(input: ParseStream<'_>) -> syn::Result<(Pat, Option<Type>)> {
    let pattern = Pat::parse_single(input)?;
    let ty = match input.parse::<Option<Token![:]>>()? {
        Some(_) => Some(Type::parse(input)?),
        None => None,
    };
    Ok((pattern, ty))
}

fn parse_closing_bar(input: ParseStream<'_>, noun: &str, errors: &mut Errors) -> bool {
    if input
        .parse::<Option<Token![,]>>()
        .is_ok_and(|comma| comma.is_some())
        && !input.peek(Token![|])
    {
        errors.push_at(input.span(), format_args!("there is one name: write `|{noun}|`"));
        return false;
    }
    if input.parse::<Token![|]>().is_err() {
        errors.push_at(input.span(), format_args!("a bar is missing: write `|{noun}|`"));
        return false;
    }
    true
}

/// The name in a pattern: the pattern itself, or what is left of it once the mistake is told.
///
/// Without a name there is nothing that the body could mean, and nothing is yielded.
fn checked(pattern: Pat, noun: &str, errors: &mut Errors) -> Option<Pat> {
    let is_name = match &pattern {
        Pat::Wild(_) => true,
        Pat::Ident(name) => {
            name.by_ref.is_none()
                && name.mutability.is_none()
                && name.subpat.is_none()
                && name.attrs.is_empty()
        }
        _ => false,
    };
    if is_name {
        return Some(pattern);
    }
    let inner = innermost(&pattern);
    match inner {
        Some(name) => errors.push(
            &pattern,
            format_args!("this is the name of the {noun}: write `|{name}|`"),
        ),
        None => errors.push(
            &pattern,
            format_args!("this is the name of the {noun}: write `|{noun}|`"),
        ),
    }
    inner.map(|name| syn::parse_quote!(#name))
}

/// The name in `&name`, `mut name`, `(name)` and the like.
fn innermost(pattern: &Pat) -> Option<&Ident> {
    match pattern {
        Pat::Ident(name) => Some(&name.ident),
        Pat::Paren(pattern) => innermost(&pattern.pat),
        Pat::Reference(pattern) => innermost(&pattern.pat),
        _ => None,
    }
}

/// The type without a leading `&`: the name stands for a reference already.
fn checked_type(ty: Option<Type>, errors: &mut Errors) -> Option<Type> {
    match ty? {
        Type::Reference(reference) => {
            let inner = *reference.elem;
            errors.push_at(
                reference.and_token.span,
                format_args!("the name is a reference already: write `{}`", spelled(&inner)),
            );
            Some(inner)
        }
        ty => Some(ty),
    }
}

/// How a type is written, without the spaces between tokens.
fn spelled(ty: &Type) -> String {
    ty.to_token_stream().to_string().replace(' ', "")
}
