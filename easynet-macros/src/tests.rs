//! No input makes a macro panic, and every expansion is Rust.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, Token};

use super::{block, entry, list};
use crate::parse::{list as shapes, shape};
use crate::{expand as expansions, model};

const SHAPES: [&str; 11] = [
    "task_group",
    "with_timeout",
    "with_deadline",
    "move_on_after",
    "move_on_at",
    "cancel_scope",
    "shield",
    "catch_cancelled",
    "gather",
    "try_gather",
    "race",
];

/// Expands one of the block macros.
pub(crate) fn expand(name: &str, input: &str) -> TokenStream {
    let input = input
        .parse()
        .unwrap_or_else(|error| panic!("`{input}` is no tokens: {error}"));
    expand_tokens(name, input)
}

pub(crate) fn expand_tokens(name: &str, input: TokenStream) -> TokenStream {
    match name {
        "task_group" => block(
            input,
            &shape::TASK_GROUP,
            model::Group::lower,
            expansions::task_group,
        ),
        "with_timeout" => block(
            input,
            &shape::WITH_TIMEOUT,
            model::Timed::lower,
            expansions::with_timeout,
        ),
        "with_deadline" => block(
            input,
            &shape::WITH_DEADLINE,
            |ast, errors| model::Timed::lower_deadline(ast, "with_timeout", errors),
            expansions::with_timeout,
        ),
        "move_on_after" => block(
            input,
            &shape::MOVE_ON_AFTER,
            model::Timed::lower,
            expansions::move_on,
        ),
        "move_on_at" => block(
            input,
            &shape::MOVE_ON_AT,
            |ast, errors| model::Timed::lower_deadline(ast, "move_on_after", errors),
            expansions::move_on,
        ),
        "cancel_scope" => block(
            input,
            &shape::CANCEL_SCOPE,
            model::Scope::lower,
            expansions::cancel_scope,
        ),
        "shield" => block(input, &shape::SHIELD, model::Shield::lower, expansions::shield),
        "catch_cancelled" => block(
            input,
            &shape::CATCH_CANCELLED,
            model::Catch::lower,
            expansions::catch_cancelled,
        ),
        "gather" => list(
            input,
            &shapes::GATHER,
            |ast, errors| model::Gather::lower(ast, false, errors),
            expansions::gather,
        ),
        "try_gather" => list(
            input,
            &shapes::TRY_GATHER,
            |ast, errors| model::Gather::lower(ast, true, errors),
            expansions::gather,
        ),
        "race" => list(input, &shapes::RACE, model::Race::lower, expansions::race),
        "main" => entry(model::Entry::Main, input.clone(), input),
        "test" => entry(
            model::Entry::Test,
            input,
            "async fn t() {}".parse().expect("a function"),
        ),
        name => panic!("there is no `{name}`"),
    }
}

/// The mistakes shown by an expansion.
pub(crate) fn messages(tokens: &TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    let mut after_name = false;
    for token in tokens.clone() {
        match &token {
            TokenTree::Group(group) => {
                let inner: Vec<_> = group.stream().into_iter().collect();
                match inner.as_slice() {
                    [TokenTree::Literal(message)] if after_name => {
                        let message: syn::LitStr = syn::parse_quote!(#message);
                        found.push(message.value());
                    }
                    _ => found.extend(messages(&group.stream())),
                }
                after_name = false;
            }
            TokenTree::Ident(ident) => after_name = ident == "compile_error",
            TokenTree::Punct(punct) => after_name &= punct.as_char() == '!',
            TokenTree::Literal(_) => after_name = false,
        }
    }
    found
}

#[track_caller]
fn check(name: &str, input: TokenStream) {
    let shown = input.to_string();
    let is_rust = Punctuated::<Expr, Token![,]>::parse_terminated
        .parse2(input.clone())
        .is_ok();
    let output = expand_tokens(name, input);
    // What cannot be read is told, or left to the compiler to judge.
    if is_rust && SHAPES.contains(&name) {
        let parsed = syn::parse2::<Expr>(output.clone());
        assert!(
            parsed.is_ok(),
            "{name}!({shown}) expands to no expression: {output}"
        );
    }
}

#[test]
fn odd_inputs_are_told_and_not_panicked_about() {
    let odd = [
        "",
        ",",
        ",,",
        ";",
        "|",
        "||",
        "|||",
        "|a",
        "|a|",
        "|a|,",
        "|a,b| {}",
        "|a: | {}",
        "|: u8| {}",
        "|_| {}",
        "|&a| {}",
        "|(a, b)| {}",
        "|mut a| {}",
        "|ref a| {}",
        "|a @ b| {}",
        "|self| {}",
        "|a| -> {}",
        "move",
        "async",
        "move |a| {}",
        "async move |a| {}",
        "async move {}",
        "static || {}",
        "5s",
        "5s,",
        "5s {}",
        "5s, {}",
        "5s, , {}",
        "5 s, {}",
        "-5s, {}",
        "--5s, {}",
        "- -5s, {}",
        "(5s), {}",
        "(-5s), {}",
        "5, {}",
        "5u8, {}",
        "5.0, {}",
        "1e400h, {}",
        "0x5s, {}",
        "\"5s\", {}",
        "'5', {}",
        "b'5', {}",
        "true, {}",
        "{}, 5s",
        "{}",
        "{},",
        "{} {}",
        "{}, {}",
        "5s, {} {}",
        "5s, {}, {}",
        "5s, |a| {} {}",
        "5s, |a|",
        "5s, || {}",
        "5s, |a|, {}",
        "[]",
        "()",
        "5s, 'a: {}",
        "5s, 'a: loop {}",
        "5s, unsafe {}",
        "5s, const {}",
        "5s, while true {}",
        "5s, for a in b {}",
        "5s, { ? }",
        "5s, { ?; }",
        "5s, { ?? }",
        "5s, { a? ? }",
        "5s, { return }",
        "5s, { break 'a }",
        "5s, { break 'a a? }",
        "5s, { garbage garbage }",
        "5s, { garbage garbage; a? }",
        "5s, { garbage garbage a? }",
        "5s, { let }",
        "5s, { let a }",
        "5s, { a. }",
        "5s, { a. ; b? }",
        "5s, { x!(?) }",
        "5s, { x!(a?) }",
        "5s, { x!{ return } }",
        "5s, { x!(async) }",
        "5s, { x!(async { a? } b) }",
        "5s, { x!(loop { break } b) }",
        "5s, { vec![a?; 3] }",
        "5s, { vec![;] }",
        "5s, { matches!(a?, ) }",
        "5s, { matches!() }",
        "5s, { bail!() }",
        "5s, { ensure!(a?) }",
        "5s, { ensure!(a.await) }",
        "5s, { shield!() }",
        "5s, { shield!({ a? }) }",
        "5s, { task_group!(|g| { break 'a 5 }) }",
        "5s, { __Jump0::Question0 }",
        "5s, { return Break(__Jump7::X(1)) }",
        "5s, { return Break(__Jump7::X) }",
        "5s, { return Break() }",
        "5s, { __Jump18446744073709551615 }",
        "|g| { tokio::spawn }",
        "|g| { x!(tokio::spawn()) }",
        "|g: &T| {}",
        "|g: &&T<'_>| {}",
        "|g: _| {}",
        "|g| g",
        "|g| {} {}",
        "|g| { #![allow(x)] a? }",
        "|g| { #[cfg(a)] #[cfg(b)] a?; }",
        "|g| { #[cfg(a)] return 5; }",
        "|g| { r#return }",
        "|g| { try { a? } }",
        "|g| { const { a? } }",
        "|g| { [a?; 3] }",
        "|g| { a..b? }",
        "a, b",
        "a, b,",
        "a, |x| y, b, |_| z",
        "a, |x| { y? }, { b? }, |z| { return z }",
        "{ a? }, { b?; return }, { break 'c d }, { x!() }",
        "a?, { #[cfg(b)] c?; }, d",
        "|x| y",
        "a, |x|",
        "a, |x| y, |z| y",
        "a, || y",
        "a, |",
        "a, |x",
        "a, |x:| y",
        "a, |x: A| y",
        "a, |x| -> B { y }",
        "a, |x| -> B",
        "a, move |x| y",
        "a => b",
        "a = b => c, d",
        "{ loop {} }",
        "{ loop { a? } }",
        "backend",
        "backend =",
        "backend = []",
        "backend = [\"tokio\"]",
        "backend = [\"tokio\", \"sim\"], seeds = 4",
        "backend = [\"tokio\", \"tokio\", smol, 5, \"smol\"]",
        "backend = =",
        "= tokio",
        "\"tokio\"",
        "backend = tokio",
        "backend = \"\"",
        "backend = \"tokio\" flavor",
        "backend(\"tokio\")",
        "a = b, a = c",
        "fn f()",
        "async fn f() {}",
        "struct S;",
        "async fn f(&self, ...) {}",
        "const async unsafe extern \"C\" fn f<T>() where T: A {}",
        "async fn f();",
        "worker_threads = 0",
        "worker_threads = -1",
        "worker_threads = 99999999999999999999999",
        "start_paused = 1",
        "backend = \"sim\", seed",
        "backend = \"sim\", seed = ",
        "backend = \"sim\", seed = -1, seeds = 0",
        "backend = \"sim\", seeds = 99999999999999999999999",
        "backend = \"sim\", seed = 1e3, step_limit = 0x0",
        "schedule = pct, backend = sim",
    ];
    for input in odd {
        for name in SHAPES.iter().chain(&["main", "test"]) {
            check(
                name,
                input.parse().unwrap_or_else(|error| panic!("`{input}`: {error}")),
            );
        }
    }
}

/// Numbers that look random, and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn tokens(&mut self, depth: u32) -> TokenStream {
        let count = self.roll(7);
        (0..count).map(|_| self.token(depth)).collect()
    }

    fn token(&mut self, depth: u32) -> TokenTree {
        let words = [
            "a",
            "b",
            "return",
            "break",
            "continue",
            "loop",
            "for",
            "in",
            "while",
            "if",
            "else",
            "match",
            "let",
            "async",
            "await",
            "move",
            "fn",
            "tokio",
            "spawn",
            "shield",
            "with_timeout",
            "task_group",
            "gather",
            "race",
            "vec",
            "println",
            "matches",
            "bail",
            "const",
            "unsafe",
            "self",
            "_",
            "r#break",
            "Ok",
            "cfg",
            "garbage",
        ];
        match self.roll(8) {
            0..=2 => {
                let word = words[self.roll(words.len() as u64) as usize];
                match word.strip_prefix("r#") {
                    Some(word) => Ident::new_raw(word, Span::call_site()).into(),
                    None => Ident::new(word, Span::call_site()).into(),
                }
            }
            3..=4 => {
                let puncts = [
                    '?', '|', ',', ';', '.', ':', '!', '=', '>', '-', '\'', '#', '&', '*',
                ];
                let spacing = if self.roll(2) == 0 {
                    Spacing::Joint
                } else {
                    Spacing::Alone
                };
                Punct::new(puncts[self.roll(puncts.len() as u64) as usize], spacing).into()
            }
            5 => {
                let literals = [
                    "5s", "1.5s", "1e3ms", "5", "5u8", "0x10s", "\"5s\"", "'c'", "7parsecs", "1e999h",
                ];
                let literal: Literal = literals[self.roll(literals.len() as u64) as usize]
                    .parse()
                    .expect("a literal");
                literal.into()
            }
            _ if depth == 0 => Ident::new("deep", Span::call_site()).into(),
            _ => {
                let delimiters = [
                    Delimiter::Brace,
                    Delimiter::Parenthesis,
                    Delimiter::Bracket,
                    Delimiter::None,
                ];
                let delimiter = delimiters[self.roll(4) as usize];
                Group::new(delimiter, self.tokens(depth - 1)).into()
            }
        }
    }
}

#[test]
fn random_tokens_do_not_make_a_macro_panic() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for turn in 0..4_000 {
        let random = dice.tokens(4);
        let input = match turn % 5 {
            0 => random,
            3 => quote::quote!(a, |b| { #random }, { #random; race!(#random) }, |_| c),
            1 => quote::quote!(5s, { #random }),
            2 => quote::quote!(|g| { x(a)?; #random }),
            _ => quote::quote!({ #random ; x!(#random) }),
        };
        for name in SHAPES.iter().chain(&["main", "test"]) {
            expand_tokens(name, input.clone());
        }
    }
}
