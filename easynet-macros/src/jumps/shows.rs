//! The macros that show their argument as text: it is the text the user wrote, whatever has become of the jumps in it.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, Macro, Token};

type Expressions = Punctuated<Expr, Token![,]>;

fn is(mac: &Macro, names: &[&str]) -> bool {
    let last = mac.path.segments.last();
    last.is_some_and(|last| names.iter().any(|name| last.ident == name))
}

pub(super) fn is_dbg(mac: &Macro) -> bool {
    is(mac, &["dbg"])
}

/// Gives an `assert!` without a message, whose condition was `before`, the message that it had.
pub(super) fn keep_condition(before: &TokenStream, mac: &mut Macro) {
    if !is(mac, &["assert", "debug_assert"]) || before.to_string() == mac.tokens.to_string() {
        return;
    }
    let Ok(arguments) = Expressions::parse_terminated.parse2(before.clone()) else {
        return;
    };
    if arguments.len() != 1 {
        return;
    }
    let written = &arguments[0];
    let comma = (!mac.tokens.to_string().trim_end().ends_with(',')).then(<Token![,]>::default);
    let at = Span::mixed_site().located_at(mac.path.span());
    mac.tokens.extend(quote_spanned! {at=>
        #comma "assertion failed: {}", ::core::stringify!(#written)
    });
}

/// What `dbg!` does, for what has become of its arguments; nothing if they are as `before`.
pub(super) fn dbg(before: &Macro, after: &Macro) -> Option<Expr> {
    if before.tokens.to_string() == after.tokens.to_string() {
        return None;
    }
    let written = Expressions::parse_terminated.parse2(before.tokens.clone()).ok()?;
    let rewritten = Expressions::parse_terminated.parse2(after.tokens.clone()).ok()?;
    let user = before.path.span();
    let at = Span::mixed_site().located_at(user);
    // With the user's span, these tell where the `dbg!` is; otherwise, where the macro around it is.
    let place = quote_spanned!(user=> ::core::file!(), ::core::line!(), ::core::column!());
    let shown = written.iter().zip(&rewritten).map(|(written, value)| {
        quote_spanned! {at=>
            match #value {
                value => {
                    ::std::eprintln!("[{}:{}:{}] {} = {:#?}", #place, ::core::stringify!(#written), &value);
                    value
                }
            }
        }
    });
    let shown = match written.len() {
        1 => quote_spanned!(at=> (#(#shown)*)),
        _ => quote_spanned!(at=> (#(#shown,)*)),
    };
    Some(Expr::Verbatim(shown.into_token_stream()))
}
