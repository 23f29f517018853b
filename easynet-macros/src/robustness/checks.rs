//! What is to be true of every expansion.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use proptest::prelude::*;
use syn::parse::{Parse, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, Token};

use super::inputs::group;
use crate::tests::{expand_tokens, messages};
use crate::{entry, model};

pub(super) fn parses<T: Parse>(tokens: &TokenStream) -> bool {
    syn::parse2::<T>(tokens.clone()).is_ok()
}

/// Whether what is between the parentheses of a macro reads as Rust.
fn reads(tokens: &TokenStream) -> bool {
    Punctuated::<Expr, Token![,]>::parse_terminated
        .parse2(tokens.clone())
        .is_ok()
}

/// Without the delimiters that nobody sees: syn looks into some and not into others.
fn shown(tokens: &TokenStream) -> TokenStream {
    let shown = tokens.clone().into_iter().map(|token| match token {
        TokenTree::Group(hidden) if hidden.delimiter() == Delimiter::None => shown(&hidden.stream()),
        TokenTree::Group(inner) => group(inner.delimiter(), shown(&inner.stream())).into(),
        token => token.into(),
    });
    shown.collect()
}

/// What reads as Rust expands to Rust. What does not is told, or left for the compiler to tell; it is not swallowed.
pub(super) fn check(name: &str, input: &TokenStream) -> Result<(), TestCaseError> {
    let output = expand_tokens(name, input.clone());
    let is_rust = parses::<Expr>(&output);
    prop_assert!(
        is_rust || !reads(input),
        "{name}!({input}) expands to no expression: {output}"
    );
    prop_assert!(
        !is_rust || reads(input) || reads(&shown(input)) || !messages(&output).is_empty(),
        "{name}!({input}) is no Rust, and nothing tells: {output}"
    );
    Ok(())
}

pub(super) fn check_entry(options: &TokenStream, item: &TokenStream) -> Result<(), TestCaseError> {
    for entry_point in [model::Entry::Main, model::Entry::Test] {
        let output = entry(entry_point, options.clone(), item.clone());
        let is_told = !messages(&output).is_empty();
        prop_assert!(
            is_told || parses::<syn::File>(&output) || !parses::<syn::File>(item),
            "#[({options})] {item} expands to no items: {output}"
        );
    }
    Ok(())
}
