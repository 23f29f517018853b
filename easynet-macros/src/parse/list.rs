//! A list of what runs at the same time: `first, second`, in a race with arms: `first, |value| arm, second`.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{BinOp, Expr, Pat, Token, Type};

use super::{Body, Name};
use crate::errors::Errors;

/// How a macro that takes a list is written.
pub(crate) struct ListShape {
    pub(crate) has_arms: bool,
    /// The correct spelling, for messages.
    pub(crate) example: &'static str,
}

pub(crate) const GATHER: ListShape = ListShape {
    has_arms: false,
    example: "gather!(first, second)",
};

pub(crate) const TRY_GATHER: ListShape = ListShape {
    has_arms: false,
    example: "try_gather!(first, second)",
};

pub(crate) const RACE: ListShape = ListShape {
    has_arms: true,
    example: "race!(first, |value| .., second, |value| ..)",
};

/// The content of a macro that takes a list.
pub(crate) struct List {
    /// At least one.
    pub(crate) entries: Vec<Entry>,
    /// All of it, as it was written.
    pub(crate) tokens: TokenStream,
}

/// What runs, and what is done with its value.
pub(crate) struct Entry {
    pub(crate) body: Body,
    pub(crate) arm: Option<Arm>,
}

/// `|pattern| value`.
pub(crate) struct Arm {
    pub(crate) pattern: Pat,
    /// The type behind the pattern, where the user wrote one.
    pub(crate) ty: Option<Type>,
    /// An expression, as it was written: it runs where it stands, whatever it is.
    pub(crate) value: TokenStream,
}

impl List {
    /// Reads the content of a macro, or tells what is wrong with it and yields nothing.
    pub(crate) fn parse(tokens: TokenStream, shape: &ListShape, errors: &mut Errors) -> Option<Self> {
        if tokens.is_empty() {
            errors.push_at(
                Span::call_site(),
                format_args!("this macro is empty: write `{}`", shape.example),
            );
            return None;
        }
        let all = tokens.clone();
        let parse = |input: ParseStream<'_>| {
            let entries = parse_entries(input, shape, errors);
            // What is left over belongs to a mistake that has been told.
            input.parse::<TokenStream>()?;
            Ok(entries)
        };
        let entries = parse.parse2(tokens).unwrap_or_else(|error: syn::Error| {
            errors.push_at(error.span(), error);
            None
        })?;
        // Nothing is left if what there was could not stand where it stood.
        (!entries.is_empty()).then_some(Self { entries, tokens: all })
    }
}

fn parse_entries(input: ParseStream<'_>, shape: &ListShape, errors: &mut Errors) -> Option<Vec<Entry>> {
    let mut entries: Vec<Entry> = Vec::new();
    while !input.is_empty() {
        let start = input.span();
        if Name::peek(input) {
            let arm = parse_arm(input, shape, errors)?;
            place_arm(arm, start, &mut entries, shape, errors);
        } else {
            let body = parse_body(input, shape, errors)?;
            entries.push(Entry { body, arm: None });
        }
        parse_comma(input, shape, errors)?;
    }
    Some(entries)
}

/// Puts an arm behind its future, or tells why there is none.
fn place_arm(arm: Option<Arm>, start: Span, entries: &mut [Entry], shape: &ListShape, errors: &mut Errors) {
    let example = shape.example;
    match entries.last_mut() {
        _ if !shape.has_arms => {}
        None => errors.push_at(
            start,
            format_args!("an arm comes behind its future: write `{example}`"),
        ),
        Some(Entry { arm: Some(_), .. }) => errors.push_at(
            start,
            format_args!("the future before has an arm already: write `{example}`"),
        ),
        Some(entry) => entry.arm = arm,
    }
}

fn parse_body(input: ParseStream<'_>, shape: &ListShape, errors: &mut Errors) -> Option<Body> {
    if input.peek(Token![,]) {
        errors.push_at(
            input.span(),
            format_args!("a future is missing before this comma: write `{}`", shape.example),
        );
        return None;
    }
    match Body::parse(input) {
        Ok(body) => match bar(&body.value).filter(|_| shape.has_arms) {
            Some(bar) => {
                errors.push_at(
                    bar,
                    format_args!("a comma is missing behind the future: write `{}`", shape.example),
                );
                None
            }
            None => Some(body),
        },
        Err(error) => {
            errors.push_at(error.span(), error);
            None
        }
    }
}

/// The first bar in `future |value| arm`, which reads as a calculation, but nobody calculates with futures.
fn bar(value: &Expr) -> Option<Span> {
    match value {
        Expr::Binary(binary) => match binary.op {
            BinOp::BitOr(bar) => self::bar(&binary.left).or(Some(bar.span)),
            _ => None,
        },
        _ => None,
    }
}

fn parse_comma(input: ParseStream<'_>, shape: &ListShape, errors: &mut Errors) -> Option<()> {
    let example = shape.example;
    if input.is_empty() || input.parse::<Option<Token![,]>>().ok()?.is_some() {
        return Some(());
    }
    if shape.has_arms && input.peek(Token![=>]) {
        errors.push_at(
            input.span(),
            format_args!("an arm is written like a closure: `{example}`"),
        );
    } else {
        errors.push_at(
            input.span(),
            format_args!("a comma is missing here: write `{example}`"),
        );
    }
    None
}

/// Reads an arm. Nothing inside is yielded if its head is wrong, and nothing at all if its end cannot be found.
fn parse_arm(input: ParseStream<'_>, shape: &ListShape, errors: &mut Errors) -> Option<Option<Arm>> {
    if !shape.has_arms {
        errors.push_at(
            input.span(),
            format_args!("there are no arms here, only futures: write `{}`", shape.example),
        );
    }
    let start = input.span();
    while !input.peek(Token![|]) {
        let keyword: TokenTree = input.parse().ok()?;
        errors.push(
            &keyword,
            format_args!("an arm is part of this function: remove `{keyword}`"),
        );
    }
    let head = parse_head(input, errors)?;
    if input.peek(Token![->]) {
        errors.push_at(
            input.span(),
            "the type of an arm is that of the macro: remove `->` and the type behind it",
        );
        input.parse::<syn::ReturnType>().ok()?;
    }
    if input.is_empty() || input.peek(Token![,]) {
        errors.push_at(
            start,
            format_args!("an arm does something with the value: write `{}`", shape.example),
        );
        return Some(None);
    }
    match parse_value(input) {
        Ok(value) => Some(head.map(|(pattern, ty)| Arm { pattern, ty, value })),
        Err(error) => {
            errors.push_at(error.span(), error);
            None
        }
    }
}

/// Reads what is between the bars, and the bars.
fn parse_head(input: ParseStream<'_>, errors: &mut Errors) -> Option<Option<(Pat, Option<Type>)>> {
    let advice = "an arm takes the value of its future";
    if input.peek(Token![||]) {
        errors.push_at(
            input.span(),
            format_args!("{advice}: write `|_|` if you do not need it"),
        );
        input.parse::<Token![||]>().ok()?;
        return Some(None);
    }
    input.parse::<Token![|]>().ok()?;
    let pattern = match Pat::parse_single(input) {
        Ok(pattern) => pattern,
        Err(error) => {
            errors.push_at(error.span(), format_args!("{error}: {advice}, as in `|value|`"));
            return None;
        }
    };
    let ty = match input.parse::<Option<Token![:]>>().ok()? {
        Some(_) => Some(parse_type(input, errors)?),
        None => None,
    };
    input.parse::<Option<Token![,]>>().ok()?;
    if input.parse::<Token![|]>().is_err() {
        errors.push_at(
            input.span(),
            format_args!("{advice}, which is one: write `|(a, b)|` for a tuple"),
        );
        return None;
    }
    Some(Some((pattern, ty)))
}

fn parse_type(input: ParseStream<'_>, errors: &mut Errors) -> Option<Type> {
    match input.parse() {
        Ok(ty) => Some(ty),
        Err(error) => {
            errors.push_at(error.span(), error);
            None
        }
    }
}

/// Reads the value of an arm: a block is not looked into.
fn parse_value(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    if let Some((TokenTree::Group(group), rest)) = input.cursor().token_tree()
        && group.delimiter() == Delimiter::Brace
        && (rest.eof() || rest.punct().is_some_and(|(punct, _)| punct.as_char() == ','))
    {
        input.parse::<TokenTree>()?;
        // The braces are marked as the macro's, so that no lint finds them unnecessary.
        let mut braces = Group::new(Delimiter::Brace, group.stream());
        braces.set_span(Span::mixed_site().located_at(group.span()));
        return Ok(TokenTree::Group(braces).into());
    }
    input.parse::<Expr>().map(quote::ToTokens::into_token_stream)
}

#[cfg(test)]
mod tests;
