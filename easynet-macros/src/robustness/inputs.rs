//! Random inputs, with pieces of Rust among them.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use quote::quote;

const PIECES: [&str; 44] = [
    "a",
    "r#break",
    "r#try",
    "_",
    "self",
    "?",
    "a?",
    "a.await?",
    "return",
    "return Err(a)",
    "break",
    "break 'a b",
    "continue 'a",
    "'a:",
    "'a: loop",
    "'static",
    "5s",
    "1.5e3ms",
    "0x10u8",
    "5parsecs",
    "1e999h",
    "\"5s\"",
    "b'c'",
    "c\"d\"",
    "r#\"e\"#",
    "|a|",
    "||",
    "async move",
    "let Some(a) = b else",
    "if let Some(a) = b? && c",
    "match a",
    "Some(a) if b? =>",
    "println!(\"{a}\", b?)",
    "shield!({ a? })",
    "x!(a => b?, c)",
    "vec![a?; 2]",
    "matches!(a?, _ if b?)",
    "bail!(a)",
    "#[cfg(a)]",
    "#![a]",
    "macro_rules! m { () => { a? } }",
    "fn f() -> u8 { return 1 }",
    "tokio::spawn(a)",
    "return ::easynet::__private::ControlFlow::Break(__Jump3::A(a))",
];

const WORDS: [&str; 33] = [
    "return", "break", "continue", "loop", "for", "in", "while", "if", "else", "match", "let", "async",
    "await", "move", "fn", "unsafe", "const", "try", "static", "where", "dyn", "ref", "mut", "as", "impl",
    "struct", "enum", "pub", "use", "type", "yield", "gen", "raw",
];

/// A part of an input.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Word(&'static str),
    Punct(char, bool),
    Piece(&'static str),
    Group(u8, Vec<Part>),
}

impl Part {
    pub(super) fn tokens(&self) -> TokenStream {
        match self {
            Self::Word(word) => TokenTree::from(Ident::new(word, Span::call_site())).into(),
            Self::Punct(punct, is_joint) => {
                let spacing = if *is_joint { Spacing::Joint } else { Spacing::Alone };
                TokenTree::from(Punct::new(*punct, spacing)).into()
            }
            Self::Piece(piece) => piece.parse().expect("tokens"),
            Self::Group(delimiter, parts) => {
                let delimiters = [
                    Delimiter::Brace,
                    Delimiter::Parenthesis,
                    Delimiter::Bracket,
                    Delimiter::None,
                ];
                group(delimiters[usize::from(*delimiter)], all(parts)).into()
            }
        }
    }
}

pub(super) fn group(delimiter: Delimiter, content: TokenStream) -> TokenTree {
    Group::new(delimiter, content).into()
}

fn all(parts: &[Part]) -> TokenStream {
    parts.iter().map(Part::tokens).collect()
}

pub(super) fn part() -> impl Strategy<Value = Part> {
    let puncts: Vec<char> = "?|,;.:!=>-'#&*<@$^%+/~"
        .chars()
        .filter(|punct| *punct != '\'')
        .collect();
    let leaf = prop_oneof![
        2 => select(&WORDS[..]).prop_map(Part::Word),
        4 => (select(puncts), any::<bool>()).prop_map(|(punct, is_joint)| Part::Punct(punct, is_joint)),
        6 => select(&PIECES[..]).prop_map(Part::Piece),
    ];
    leaf.prop_recursive(5, 60, 7, |part| {
        (0..4u8, vec(part, 0..7)).prop_map(|(delimiter, parts)| Part::Group(delimiter, parts))
    })
}

/// Random parts, as they are and where the parts of a macro stand.
pub(super) fn random() -> impl Strategy<Value = TokenStream> {
    (vec(part(), 0..9), 0..8, 0..64usize).prop_map(|(parts, place, depth)| {
        let tokens = all(&parts);
        match place {
            0 => tokens,
            1 => quote!({ #tokens }),
            2 => quote!(5s, { #tokens }),
            3 => quote!(5s, |a| { #tokens }),
            4 => quote!(|a| { #tokens }),
            5 => quote!(a, { #tokens }, |b| #tokens),
            6 => quote!({ a?; #tokens; b }),
            _ => {
                let delimiters = [Delimiter::Brace, Delimiter::Parenthesis, Delimiter::None];
                let deep = (0..depth).fold(tokens, |tokens, level| {
                    group(delimiters[level % 3], tokens).into()
                });
                quote!({ #deep })
            }
        }
    })
}
