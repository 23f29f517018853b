//! Whatever is written in a macro: it expands, to Rust or to mistakes, and to no more than in proportion.
//!
//! Tokens are random, with pieces of Rust among them, or what the documentation shows with a token of it deleted,
//! doubled or moved. `PROPTEST_CASES=10000 cargo test -p easynet-macros robustness` looks further, and another
//! `PROPTEST_RNG_SEED` elsewhere.

mod changes;
mod checks;
mod forms;
mod growth;
mod inputs;

use std::panic::resume_unwind;
use std::thread;

use proc_macro2::{TokenStream, TokenTree};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use quote::quote;
use syn::Expr;

use self::changes::{change, mutated};
use self::checks::{check, check_entry, parses};
use self::forms::{ENTRIES, FORMS};
use self::inputs::random;
use crate::tests::{expand_tokens, messages};
use crate::{entry, model};

/// How many tokens there are, those in groups included.
fn count(tokens: &TokenStream) -> usize {
    tokens
        .clone()
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) => 1 + count(&group.stream()),
            _ => 1,
        })
        .sum()
}

/// Runs a test with as much stack as rustc has; tests have less.
fn as_in_rustc(test: impl FnOnce() + Send + 'static) {
    let test = thread::Builder::new()
        .stack_size(8 << 20)
        .spawn(test)
        .expect("a thread");
    test.join().unwrap_or_else(|panic| resume_unwind(panic));
}

/// The same numbers each time, unless the environment says otherwise.
fn config(cases: u32) -> Config {
    let otherwise = Config::default();
    Config {
        cases: match std::env::var_os("PROPTEST_CASES") {
            Some(_) => otherwise.cases,
            None => cases,
        },
        rng_seed: match std::env::var_os("PROPTEST_RNG_SEED") {
            Some(_) => otherwise.rng_seed,
            None => RngSeed::Fixed(7),
        },
        failure_persistence: None,
        ..otherwise
    }
}

#[test]
fn what_the_documentation_shows_expands_without_a_mistake() {
    for (name, forms) in FORMS {
        for form in forms {
            let output = expand_tokens(name, form.parse().expect("tokens"));
            assert_eq!(messages(&output), [""; 0], "{name}!({form})");
            assert!(parses::<Expr>(&output), "{name}!({form}) expands to {output}");
        }
    }
    for (options, item) in ENTRIES {
        let entry_point = match options.starts_with("backend") && !options.contains('[') {
            true => model::Entry::Main,
            false => model::Entry::Test,
        };
        let output = entry(
            entry_point,
            options.parse().expect("tokens"),
            item.parse().expect("tokens"),
        );
        assert_eq!(messages(&output), [""; 0], "#[({options})] {item}");
        assert!(
            parses::<syn::File>(&output),
            "#[({options})] {item} expands to {output}"
        );
    }
}

#[test]
fn random_tokens_expand() {
    as_in_rustc(|| {
        proptest!(config(400), |(input in random())| {
            for (name, _) in FORMS {
                check(name, &input)?;
            }
            check_entry(&input, &quote!(async fn f() {}))?;
            check_entry(&quote!(backend = "tokio"), &input)?;
        })
    });
}

#[test]
fn what_the_documentation_shows_expands_with_a_token_changed() {
    let changes = || vec((any::<usize>(), change()), 1..4);
    let form = (0..FORMS.len(), any::<prop::sample::Index>());
    proptest!(config(4_000), |((index, form) in form, changes in changes())| {
        let (name, forms) = FORMS[index];
        let tokens: TokenStream = form.get(forms).parse().expect("tokens");
        check(name, &mutated(tokens, &changes))?;
    });
    proptest!(config(400), |(index in 0..ENTRIES.len(), changes in changes(), others in changes())| {
        let [options, item] = [ENTRIES[index].0, ENTRIES[index].1].map(|text| text.parse().expect("tokens"));
        check_entry(&mutated(options, &changes), &mutated(item, &others))?;
    });
}
