//! What is being typed: an editor completes in what a macro expands to, so the rest of the body stays what it is there.
//!
//! A body that does not read as Rust is handed on as it is, token by token, with the names of the macro bound as they would be; the
//! compiler tells the one mistake there is, and an editor's own parser, which forgives more, goes on from there.

use proc_macro2::{TokenStream, TokenTree};

use crate::tests::{expand, messages};

/// What stands before the place where somebody types, and what somebody has typed of the next statement.
const BEFORE: &str = "let answer: Answer = ask(&question).await?; log(&answer);";
const TYPED: [&str; 15] = [
    "answer.",
    "answer.name.",
    "answer.name().",
    "stream.recv_into(&mut buffer).",
    "stream.recv_into(&mut buffer).await?.",
    "let next = ",
    "let next = answer.",
    "let next: ",
    "if ",
    "if answer.",
    "if let Some()",
    "match answer",
    "for line in answer.",
    "send(answer, )",
    "send(answer.)",
];

/// The macros with a body, up to it, and what the name of the group or scope is bound to there.
const WITH_A_BODY: [(&str, &str, Option<&str>); 9] = [
    ("task_group", "|group|", Some("group")),
    ("task_group", "|group: TaskGroup<MyError>|", Some("group")),
    ("with_timeout", "5s,", None),
    ("with_timeout", "5s, |scope|", Some("scope")),
    ("with_deadline", "end, |scope|", Some("scope")),
    ("move_on_after", "5s, |scope|", Some("scope")),
    ("cancel_scope", "|scope|", Some("scope")),
    ("shield", "", None),
    ("catch_cancelled", "", None),
];

fn words(tokens: TokenStream) -> Vec<String> {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Group(group) => words(group.stream()),
            token => vec![token.to_string()],
        })
        .collect()
}

/// Whether those words stand in these, in the same order and next to each other.
fn stand_in(those: &[String], these: &[String]) -> bool {
    these.windows(those.len()).any(|window| window == those)
}

fn text(words: &str) -> Vec<String> {
    self::words(words.parse().expect("tokens"))
}

#[test]
fn a_half_typed_statement_leaves_the_others_as_they_are() {
    for (name, head, bound) in WITH_A_BODY {
        for typed in TYPED {
            let input = format!("{head} {{ {BEFORE} {typed} }}");
            let output = words(expand(name, &input));
            let typed = typed.split('?').next().expect("there is a first");
            for kept in [
                "let answer: Answer =",
                "ask",
                "&question",
                "log",
                "&answer",
                typed,
            ] {
                assert!(
                    stand_in(&text(kept), &output),
                    "{name}!({input}) has lost `{kept}`: {}",
                    output.join(" ")
                );
            }
            if let Some(bound) = bound {
                let binding = [String::from("let"), String::from(bound)];
                let closure = [String::from("|"), String::from(bound), String::from("|")];
                assert!(
                    stand_in(&binding, &output) || stand_in(&closure, &output),
                    "{name}!({input}) does not bind `{bound}`: {}",
                    output.join(" ")
                );
            }
        }
    }
}

/// One mistake is told once: here, or by the compiler, which finds it in what is handed on.
#[test]
fn a_half_typed_statement_is_one_mistake() {
    for (name, head, _) in WITH_A_BODY {
        for typed in TYPED {
            let input = format!("{head} {{ {BEFORE} {typed} }}");
            let output = expand(name, &input);
            // The compiler that cannot read it comes to no other mistake.
            if syn::parse2::<syn::Expr>(output.clone()).is_ok() {
                let told = messages(&output);
                assert!(told.len() <= 1, "{name}!({input}) is {told:?}: {output}");
            }
        }
    }
}

#[test]
fn nothing_but_the_name_is_told_kindly() {
    for (name, input) in [
        ("task_group", "|group|"),
        ("task_group", "|group"),
        ("task_group", ""),
        ("with_timeout", "5s,"),
        ("with_timeout", "5s"),
        ("with_timeout", ""),
        ("cancel_scope", "|scope|"),
        ("shield", ""),
        ("race", ""),
        ("gather", ""),
    ] {
        let output = expand(name, input);
        assert_eq!(messages(&output).len(), 1, "{name}!({input}): {output}");
        assert!(
            syn::parse2::<syn::Expr>(output.clone()).is_ok(),
            "{name}!({input}): {output}"
        );
    }
}
