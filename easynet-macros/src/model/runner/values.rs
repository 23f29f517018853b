//! The values of options. One that does not fit is told with one that does.

use std::fmt::Display;
use std::str::FromStr;

use quote::ToTokens;
use syn::{Expr, Ident, Lit, LitStr};

use crate::errors::Errors;

/// The names that would have been right.
pub(super) fn listed(noun: &str, names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [name] => format!("the {noun} is {name}"),
        [names @ .., last] => format!("the {noun}s are {} and {last}", names.join(", ")),
        [] => String::new(),
    }
}

fn literal(value: &Expr) -> Option<&Lit> {
    match value {
        Expr::Lit(literal) => Some(&literal.lit),
        Expr::Group(group) => literal(&group.expr),
        _ => None,
    }
}

pub(super) fn one_of<T: Copy, const N: usize>(
    value: &Expr,
    noun: &str,
    all: [T; N],
    name: fn(T) -> &'static str,
    errors: &mut Errors,
) -> Option<T> {
    let known = || match noun {
        "backend" => format!(
            "the backends are: {}",
            all.map(|item| format!("`\"{}\"`", name(item))).join(", ")
        ),
        _ => listed(noun, &all.map(name)),
    };
    let Some(Lit::Str(text)) = literal(value) else {
        let written = value.to_token_stream().to_string();
        let meant = all.map(name).into_iter().find(|name| *name == written);
        let example = meant.unwrap_or(name(all[0]));
        errors.push(
            value,
            format_args!("the {noun} is a string: write `{noun} = \"{example}\"`"),
        );
        return None;
    };
    let found = all.into_iter().find(|item| name(*item) == text.value());
    if found.is_none() {
        errors.push(
            text,
            format_args!("unknown {noun} \"{}\": {}", text.value(), known()),
        );
    }
    found
}

/// A number, which a message calls `kind`.
pub(super) fn number<T>(
    name: &Ident,
    value: &Expr,
    kind: &str,
    example: &str,
    errors: &mut Errors,
) -> Option<T>
where
    T: FromStr<Err: Display>,
{
    let number = match literal(value) {
        // `5s` is a delay.
        Some(Lit::Int(literal)) if is_integer(literal.suffix()) => literal.base10_parse().ok(),
        _ => None,
    };
    if number.is_none() {
        errors.push(
            value,
            format_args!("`{name}` is {kind}: write `{name} = {example}`"),
        );
    }
    number
}

fn is_integer(suffix: &str) -> bool {
    matches!(suffix, "" | "u8" | "u16" | "u32" | "u64" | "u128" | "usize")
}

/// The number, unless it is zero: there must be at least one of what `noun` names.
pub(super) fn at_least_one<T>(
    number: Option<T>,
    noun: &str,
    value: &Expr,
    advice: impl Display,
    errors: &mut Errors,
) -> Option<T>
where
    T: PartialEq + From<u8>,
{
    let is_zero = number.as_ref().is_some_and(|number| *number == T::from(0));
    if is_zero {
        errors.push(
            value,
            format_args!("at least one {noun} is needed: write `{advice}`"),
        );
    }
    number.filter(|_| !is_zero)
}

pub(super) fn threads(name: &Ident, value: &Expr, errors: &mut Errors) -> Option<usize> {
    let threads = number(name, value, "a number", "4", errors);
    at_least_one(threads, "thread", value, format_args!("{name} = 1"), errors)
}

pub(super) fn text(name: &Ident, value: &Expr, example: impl Display, errors: &mut Errors) -> Option<LitStr> {
    match literal(value) {
        Some(Lit::Str(text)) => return Some(text.clone()),
        _ => errors.push(
            value,
            format_args!("`{name}` is a string: write `{name} = \"{example}\"`"),
        ),
    }
    None
}

pub(super) fn flag(name: &Ident, value: &Expr, errors: &mut Errors) -> Option<bool> {
    match literal(value) {
        Some(Lit::Bool(flag)) => return Some(flag.value),
        _ => errors.push(
            value,
            format_args!("`{name}` is `true` or `false`: write `{name} = true`"),
        ),
    }
    None
}
