//! The options of `#[easynet::main(..)]` and `#[easynet::test(..)]`, and the function below them.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, Ident, Lit, Signature, Token, Visibility};

use crate::errors::Errors;

/// One option: `name = value`.
pub(crate) struct RunnerOption {
    pub(crate) name: Ident,
    pub(crate) value: Expr,
}

/// Reads the options. What is not an option is told, and skipped up to the next comma.
pub(crate) fn runner_options(tokens: TokenStream, errors: &mut Errors) -> Vec<RunnerOption> {
    let parse = |input: ParseStream<'_>| {
        let mut options = Vec::new();
        while !input.is_empty() {
            let known = options.len();
            match parse_option(input) {
                Ok(option) => options.push(option),
                Err(error) => errors.push_at(error.span(), error),
            }
            if !input.is_empty() && !input.peek(Token![,]) && options.len() > known {
                errors.push_at(input.span(), "a comma is missing between two options");
            }
            while !input.is_empty() && !input.peek(Token![,]) {
                input.parse::<proc_macro2::TokenTree>()?;
            }
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(options)
    };
    match parse.parse2(tokens) {
        Ok(options) => options,
        Err(error) => {
            errors.push_at(error.span(), error);
            Vec::new()
        }
    }
}

fn parse_option(input: ParseStream<'_>) -> syn::Result<RunnerOption> {
    if input.peek(Lit) {
        let value: Lit = input.parse()?;
        let message = match &value {
            Lit::Str(text) => format!("an option has a name: write `backend = \"{}\"`", text.value()),
            _ => String::from("an option has a name: write `backend = \"tokio\"`"),
        };
        return Err(syn::Error::new_spanned(value, message));
    }
    if !input.peek(Ident::peek_any) {
        return Err(input.error("an option is written `name = value`, such as `backend = \"tokio\"`"));
    }
    let name = input.call(Ident::parse_any)?;
    if !input.peek(Token![=]) || input.peek(Token![==]) {
        let message = format!("an option is written `{name} = value`");
        return Err(syn::Error::new_spanned(name, message));
    }
    input.parse::<Token![=]>()?;
    if input.is_empty() || input.peek(Token![,]) {
        let message = format!("the value is missing: write `{name} = value`");
        return Err(syn::Error::new_spanned(name, message));
    }
    let value: Expr = input.parse()?;
    Ok(RunnerOption { name, value })
}

/// A function, whose body is only passed on.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) body: TokenStream,
}

impl Function {
    /// Reads the item below an attribute, or tells that it is no function.
    pub(crate) fn parse(item: TokenStream, errors: &mut Errors) -> Option<Self> {
        let parse = |input: ParseStream<'_>| {
            let attrs = input.call(Attribute::parse_outer)?;
            let vis = input.parse()?;
            let sig = input.parse()?;
            if !input.peek(syn::token::Brace) {
                return Err(input.error("this function needs a body: write `{ .. }`"));
            }
            Ok(Self {
                attrs,
                vis,
                sig,
                body: input.parse()?,
            })
        };
        match parse.parse2(item) {
            Ok(function) => Some(function),
            Err(error) => {
                errors.push_at(
                    error.span(),
                    format_args!("{error}; this attribute belongs to an `async fn`"),
                );
                None
            }
        }
    }
}
