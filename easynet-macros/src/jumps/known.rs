//! The macros that easynet sees into, and what it sees.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::visit_mut::VisitMut;
use syn::{Expr, Macro, Pat, Path, Token};

/// What kind of macro a name stands for. Only the last segment of the path is looked at: a macro of the same name
/// with another meaning is rare, and then the compiler complains.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// A macro of easynet: expressions between commas, and the body of a closure is the macro's body.
    Easynet,
    /// A macro of the standard library whose arguments are expressions.
    Expressions,
    /// `vec!`: expressions, between commas or with a semicolon.
    Vec,
    /// `matches!`: an expression, a pattern, perhaps a guard.
    Matches,
    /// `bail!` of anyhow and its like: returns an error.
    Bail,
    /// `ensure!` of anyhow and its like: returns an error, perhaps.
    Ensure,
    /// Nothing inside is run where it is written, and nothing is returned.
    Opaque,
    Unknown,
}

impl Family {
    pub(crate) fn of(path: &Path) -> Self {
        let Some(last) = path.segments.last() else {
            return Self::Unknown;
        };
        match last.ident.to_string().as_str() {
            "task_group" | "with_timeout" | "with_deadline" | "move_on_after" | "move_on_at"
            | "cancel_scope" | "shield" | "catch_cancelled" | "gather" | "try_gather" | "race" => {
                Self::Easynet
            }
            "print" | "println" | "eprint" | "eprintln" | "format" | "format_args" | "write" | "writeln"
            | "panic" | "todo" | "unimplemented" | "unreachable" | "assert" | "assert_eq" | "assert_ne"
            | "debug_assert" | "debug_assert_eq" | "debug_assert_ne" | "dbg" | "pin" | "addr_of" => {
                Self::Expressions
            }
            "vec" => Self::Vec,
            "matches" => Self::Matches,
            "bail" => Self::Bail,
            "ensure" => Self::Ensure,
            "stringify"
            | "concat"
            | "cfg"
            | "env"
            | "option_env"
            | "line"
            | "column"
            | "file"
            | "module_path"
            | "include"
            | "include_str"
            | "include_bytes"
            | "compile_error"
            | "macro_rules"
            | "quote"
            | "quote_spanned"
            | "parse_quote"
            | "parse_quote_spanned" => Self::Opaque,
            _ => Self::Unknown,
        }
    }
}

/// Walks over the expressions in a macro; `false` if it cannot be seen into.
pub(crate) fn visit_arguments(mac: &mut Macro, family: Family, visitor: &mut impl VisitMut) -> bool {
    let tokens = mac.tokens.clone();
    let visited = match family {
        Family::Easynet => visit_easynet(tokens, visitor),
        Family::Expressions => visit_expressions(tokens, visitor),
        Family::Vec => visit_repeat(tokens.clone(), visitor).or_else(|_| visit_expressions(tokens, visitor)),
        Family::Matches => visit_matches(tokens, visitor),
        Family::Bail | Family::Ensure | Family::Opaque | Family::Unknown => return false,
    };
    match visited {
        Ok(tokens) => {
            mac.tokens = tokens;
            true
        }
        Err(_) => false,
    }
}

type Expressions = Punctuated<Expr, Token![,]>;

fn visit_easynet(tokens: TokenStream, visitor: &mut impl VisitMut) -> syn::Result<TokenStream> {
    let mut arguments = Expressions::parse_terminated.parse2(tokens)?;
    for argument in &mut arguments {
        match argument {
            // `|group| { .. }` only looks like a closure, and so does the arm of a race: it is a block like any other.
            Expr::Closure(closure) => visitor.visit_expr_mut(&mut closure.body),
            argument => visitor.visit_expr_mut(argument),
        }
    }
    Ok(arguments.into_token_stream())
}

fn visit_expressions(tokens: TokenStream, visitor: &mut impl VisitMut) -> syn::Result<TokenStream> {
    let mut arguments = Expressions::parse_terminated.parse2(tokens)?;
    arguments
        .iter_mut()
        .for_each(|argument| visitor.visit_expr_mut(argument));
    Ok(arguments.into_token_stream())
}

fn visit_repeat(tokens: TokenStream, visitor: &mut impl VisitMut) -> syn::Result<TokenStream> {
    let parse = |input: ParseStream<'_>| {
        Ok((
            input.parse::<Expr>()?,
            input.parse::<Token![;]>()?,
            input.parse::<Expr>()?,
        ))
    };
    let (mut value, semicolon, mut count) = parse.parse2(tokens)?;
    visitor.visit_expr_mut(&mut value);
    visitor.visit_expr_mut(&mut count);
    Ok(quote!(#value #semicolon #count))
}

fn visit_matches(tokens: TokenStream, visitor: &mut impl VisitMut) -> syn::Result<TokenStream> {
    let parse = |input: ParseStream<'_>| {
        let value: Expr = input.parse()?;
        let comma: Token![,] = input.parse()?;
        let pattern = Pat::parse_multi_with_leading_vert(input)?;
        let guard = match input.parse::<Option<Token![if]>>()? {
            Some(keyword) => Some((keyword, input.parse::<Expr>()?)),
            None => None,
        };
        Ok((value, comma, pattern, guard, input.parse::<Option<Token![,]>>()?))
    };
    let (mut value, comma, pattern, mut guard, end) = parse.parse2(tokens)?;
    visitor.visit_expr_mut(&mut value);
    let guard = guard.as_mut().map(|(keyword, guard)| {
        visitor.visit_expr_mut(guard);
        quote!(#keyword #guard)
    });
    Ok(quote!(#value #comma #pattern #guard #end))
}
