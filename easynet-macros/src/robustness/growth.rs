//! Expansions are no larger than in proportion to what they come from, and come to an end.

use proc_macro2::TokenStream;
use quote::quote;

use super::forms::FORMS;
use super::{as_in_rustc, count};
use crate::tests::expand_tokens;

/// Statements of every kind that a body can have many of.
const LINES: [&str; 12] = [
    "a(b)?;",
    "if a { return Err(b); }",
    "if a { break 'a b; }",
    "continue;",
    "let a = b.await;",
    "println!(\"{} {b}\", a?);",
    "info!(a = ?b, \"c\");",
    "'a: loop { if a { break 'a; } }",
    "#[cfg(a)] b?;",
    "match a { Some(b) if c? => {} _ => return }",
    "shield!({ a?; });",
    "x!(a => b, c; d);",
];

/// What of an input of `size` statements comes out, for each token that goes in.
fn growth(name: &str, input: impl Fn(usize) -> TokenStream) -> [f64; 2] {
    [100, 1_000].map(|size| {
        let input = input(size);
        let (before, after) = (count(&input), count(&expand_tokens(name, input)));
        after as f64 / before as f64
    })
}

#[test]
fn an_expansion_grows_as_its_body_does() {
    for (name, _) in FORMS {
        for line in LINES {
            let [few, many] = growth(name, |size| {
                let line: TokenStream = line.parse().expect("tokens");
                let lines = std::iter::repeat_n(line, size);
                match name {
                    "task_group" | "cancel_scope" => quote!(|a| { #(#lines)* }),
                    "with_timeout" | "with_deadline" | "move_on_after" | "move_on_at" => {
                        quote!(a, { #(#lines)* })
                    }
                    _ => quote!({ #(#lines)* }),
                }
            });
            assert!(
                many < 1.1 * few,
                "{name}! with `{line}`: {few}, then {many} tokens for each"
            );
            assert!(many < 60.0, "{name}! with `{line}`: {many} tokens for each");
        }
    }
}

#[test]
fn an_expansion_of_many_lines_comes_to_an_end() {
    let lines = LINES
        .iter()
        .cycle()
        .take(10_000)
        .map(|line| line.parse::<TokenStream>().expect("tokens"));
    let input = quote!({ #(#lines)* });
    let output = expand_tokens("shield", input.clone());
    assert!(count(&output) < 30 * count(&input));
}

#[test]
fn an_expansion_of_a_deep_body_is_no_larger() {
    as_in_rustc(deep_bodies);
}

fn deep_bodies() {
    let deep = |inside: &dyn Fn(TokenStream) -> TokenStream| {
        let depths = [16, 64].map(|depth| {
            let body = (0..depth).fold(quote!(a?), |body, _| inside(body));
            let input = quote!({ #body });
            let (before, after) = (count(&input), count(&expand_tokens("shield", input)));
            after as f64 / before as f64
        });
        assert!(
            depths[1] < 1.5 * depths[0],
            "{depths:?} of {}",
            inside(quote!(..))
        );
    };
    deep(&|body| quote!({ #body }));
    deep(&|body| quote!(((#body))));
    deep(&|body| quote!(f(#body?)));
    deep(&|body| quote!(if a { #body } else { return }));
    deep(&|body| quote!('a: loop { break 'a #body; }));
    deep(&|body| quote!(match a { _ if b? => #body, _ => return }));
    deep(&|body| quote!(shield!({ #body })));
    deep(&|body| quote!(race!({ #body }, |a| a, b)));
    deep(&|body| quote!(vec![#body, 1]));
    deep(&|body| quote!(println!("{}", #body)));
    deep(&|body| quote!(async { #body }));
    deep(&|body| quote!(x!(async { #body } => 1)));
    deep(&|body| quote!(x!(loop { #body } => 1)));
}
