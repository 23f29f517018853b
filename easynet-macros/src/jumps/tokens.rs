//! Jumps in what cannot be read as Rust: the content of macros that easynet does not know.
//!
//! Such a macro may do anything with its tokens. What can be read as expressions or statements is read, so that a
//! closure, an `async` block or a loop keeps its own jumps; the rest is searched for what looks like a jump.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit_mut::VisitMut;
use syn::{Block, Expr, Macro, Token};

use super::rewrite::{Rewriter, Scope};

/// The first jump in `tokens` that would leave the body, with how it is spelled.
pub(super) fn first_in_tokens_of(tokens: &TokenStream, scope: &Scope) -> Option<(Span, &'static str)> {
    if !may_jump(tokens.clone()) {
        return None;
    }
    if let Ok(arguments) = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(tokens.clone()) {
        return first_read(scope, |rewriter| {
            arguments
                .into_iter()
                .for_each(|mut argument| rewriter.visit_expr_mut(&mut argument));
        });
    }
    if let Ok(statements) = Block::parse_within.parse2(tokens.clone()) {
        return first_read(scope, |rewriter| {
            statements
                .into_iter()
                .for_each(|mut statement| rewriter.visit_stmt_mut(&mut statement));
        });
    }
    let pieces = split(tokens.clone());
    match pieces.len() {
        0 | 1 => first_seen(tokens.clone(), scope),
        _ => pieces.iter().find_map(|piece| first_in_tokens_of(piece, scope)),
    }
}

/// Whether there is anything that could be a jump; most macros are done with here.
fn may_jump(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => may_jump(group.stream()),
        TokenTree::Ident(ident) => keyword(&ident).is_some() || ident == "bail" || ident == "ensure",
        TokenTree::Punct(punct) => punct.as_char() == '?',
        TokenTree::Literal(_) => false,
    })
}

fn keyword(ident: &Ident) -> Option<&'static str> {
    ["return", "break", "continue"]
        .into_iter()
        .find(|keyword| ident == keyword)
}

/// The first jump that a walk over what could be read finds.
fn first_read(scope: &Scope, walk: impl FnOnce(&mut Rewriter)) -> Option<(Span, &'static str)> {
    let mut rewriter = Rewriter::within(Ident::new("Jump", Span::call_site()), scope.clone());
    walk(&mut rewriter);
    let jump = rewriter.jumps.list.first().map(|jump| {
        let spelled = match jump.kind {
            super::Kind::Question => "?",
            super::Kind::Return { .. } | super::Kind::Through { .. } => "return",
            super::Kind::Break { .. } => "break",
            super::Kind::Continue { .. } => "continue",
        };
        (jump.span, spelled)
    });
    jump.or(rewriter.hidden.map(|span| (span, "jump")))
}

/// Cuts tokens where macros usually separate their parts: `a = b => c, d; e`.
fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let mut pieces = vec![TokenStream::new()];
    let mut after_equals = false;
    for token in tokens {
        let (ends, equals) = match &token {
            TokenTree::Punct(punct) => match punct.as_char() {
                ',' | ';' => (true, false),
                '>' => (after_equals, false),
                '=' => (false, true),
                _ => (false, false),
            },
            _ => (false, false),
        };
        after_equals = equals;
        let piece = pieces.last_mut().expect("there is always a piece");
        piece.extend([token]);
        if ends {
            drop_separator(piece);
            pieces.push(TokenStream::new());
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// Removes `,`, `;` or `=>` from the end.
fn drop_separator(piece: &mut TokenStream) {
    let mut tokens: Vec<_> = piece.clone().into_iter().collect();
    if let Some(TokenTree::Punct(punct)) = tokens.pop()
        && punct.as_char() == '>'
    {
        tokens.pop();
    }
    *piece = tokens.into_iter().collect();
}

/// The first jump in tokens that are no Rust: by its looks.
fn first_seen(tokens: TokenStream, scope: &Scope) -> Option<(Span, &'static str)> {
    let mut before = Before::default();
    for token in tokens {
        let found = match &token {
            TokenTree::Group(group) => first_in_group(group, &before, scope),
            TokenTree::Ident(ident) => keyword(ident)
                .filter(|keyword| *keyword == "return" || !(scope.in_loop || before.in_loop))
                .map(|keyword| (ident.span(), keyword)),
            // `?x` asks for `Debug` in tracing and `?Sized` is a bound: a jump comes behind an operand.
            TokenTree::Punct(punct) if punct.as_char() == '?' && before.is_operand => {
                Some((punct.span(), "?"))
            }
            _ => None,
        };
        if found.is_some() {
            return found;
        }
        before.see(&token);
    }
    None
}

fn first_in_group(group: &Group, before: &Before, scope: &Scope) -> Option<(Span, &'static str)> {
    let is_block = group.delimiter() == Delimiter::Brace;
    if is_block && before.in_async {
        return None;
    }
    let mut scope = scope.clone();
    scope.in_loop |= is_block && before.in_loop;
    first_in_tokens_of(&group.stream(), &scope)
}

/// What the tokens so far say about the next one.
#[derive(Default)]
struct Before {
    /// An operand ended, so that a `?` would apply to it.
    is_operand: bool,
    /// `async` or `async move`: the next braces are no part of the body.
    in_async: bool,
    /// `loop`, `while` or `for`: the next braces keep their `break`s.
    in_loop: bool,
}

impl Before {
    fn see(&mut self, token: &TokenTree) {
        match token {
            TokenTree::Ident(ident) => {
                self.in_async = ident == "async" || (self.in_async && ident == "move");
                self.in_loop |= ident == "loop" || ident == "while" || ident == "for";
                self.is_operand = !is_prefix_keyword(ident);
            }
            TokenTree::Group(group) => {
                self.in_async = false;
                self.in_loop &= group.delimiter() != Delimiter::Brace;
                self.is_operand = true;
            }
            TokenTree::Literal(_) => {
                self.in_async = false;
                self.is_operand = true;
            }
            TokenTree::Punct(punct) => {
                self.in_async = false;
                self.is_operand = punct.as_char() == '?' && self.is_operand;
            }
        }
    }
}

fn is_prefix_keyword(ident: &Ident) -> bool {
    [
        "in", "if", "match", "while", "return", "break", "move", "mut", "ref", "dyn", "as", "let", "else",
    ]
    .iter()
    .any(|keyword| ident == keyword)
}

/// Where `tokens` await something.
pub(super) fn first_await(tokens: TokenStream) -> Option<Span> {
    let mut after_dot = false;
    for token in tokens {
        match &token {
            TokenTree::Group(group) => {
                if let Some(span) = first_await(group.stream()) {
                    return Some(span);
                }
            }
            TokenTree::Ident(ident) if after_dot && ident == "await" => return Some(ident.span()),
            _ => {}
        }
        after_dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
    }
    None
}

/// What to do about a jump inside a macro.
pub(super) fn hidden_message(mac: &Macro, jump: &str) -> String {
    let name = mac.path.to_token_stream().to_string().replace(' ', "");
    let advice = match jump {
        "?" => "bind the value to a variable before the macro: `let value = ..?;`",
        _ => "let the macro yield a value, bind it to a variable, and jump behind the macro",
    };
    format!("easynet cannot see into `{name}!`, so this `{jump}` cannot leave the block: {advice}")
}
