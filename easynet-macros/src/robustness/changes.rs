//! An input with a token of it deleted, doubled, moved, or joined by others.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use proptest::prelude::*;

use super::count;
use super::inputs::{Part, group, part};

/// What to do to one token.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Delete,
    Double,
    /// With the next one.
    Swap,
    /// A group without its delimiters.
    Open,
    /// In delimiters that nobody sees.
    Hide,
    Insert(Part),
}

pub(super) fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        Just(Change::Delete),
        Just(Change::Double),
        Just(Change::Swap),
        Just(Change::Open),
        Just(Change::Hide),
        part().prop_map(Change::Insert),
    ]
}

/// Changes the token of that number, in the order in which they are written.
fn changed(tokens: TokenStream, number: &mut usize, change: &Change) -> TokenStream {
    let mut changed_tokens: Vec<TokenTree> = Vec::new();
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        if *number == 0 {
            *number = usize::MAX;
            match change {
                Change::Delete => {}
                Change::Double => changed_tokens.extend([token.clone(), token]),
                Change::Swap => changed_tokens.extend(rest.next().into_iter().chain([token])),
                Change::Hide => changed_tokens.push(group(Delimiter::None, token.into())),
                Change::Insert(part) => changed_tokens.extend(part.tokens().into_iter().chain([token])),
                Change::Open => match token {
                    TokenTree::Group(group) => changed_tokens.extend(group.stream()),
                    token => changed_tokens.push(token),
                },
            }
            continue;
        }
        *number -= 1;
        changed_tokens.push(match token {
            TokenTree::Group(inner) => group(inner.delimiter(), changed(inner.stream(), number, change)),
            token => token,
        });
    }
    changed_tokens.into_iter().collect()
}

pub(super) fn mutated(tokens: TokenStream, changes: &[(usize, Change)]) -> TokenStream {
    changes.iter().fold(tokens, |tokens, (number, change)| {
        let mut number = number % count(&tokens).max(1);
        changed(tokens, &mut number, change)
    })
}
