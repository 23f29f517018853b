use super::*;

/// What is wrong with an input, in the order it is told.
#[track_caller]
fn mistakes(shape: &Shape, input: &str) -> Vec<String> {
    let mut errors = Errors::default();
    Arguments::parse(input.parse().expect("tokens"), shape, &mut errors);
    errors.messages()
}

#[track_caller]
fn mistake(shape: &Shape, input: &str) -> String {
    let mut mistakes = mistakes(shape, input);
    assert_eq!(mistakes.len(), 1, "{input}: {mistakes:?}");
    mistakes.remove(0)
}

#[test]
fn every_spelling_of_a_macro_is_read() {
    for input in [
        "5s, {}",
        "5s, {},",
        "delay, |scope| {}",
        "f::<A, B>(), |_| {},",
        "5s, future",
        "A { b: 1 }.c(), {}",
    ] {
        assert!(mistakes(&shape::WITH_TIMEOUT, input).is_empty(), "{input}");
    }
    for input in ["start + 5s, {}", "Some(a), |scope| {},", "None, future"] {
        assert!(mistakes(&shape::WITH_DEADLINE, input).is_empty(), "{input}");
    }
    for input in ["|scope| {}", "|_| future,"] {
        assert!(mistakes(&shape::CANCEL_SCOPE, input).is_empty(), "{input}");
    }
    for input in [
        "|g| {}",
        "|g| {},",
        "|g,| {}",
        "|_| {}",
        "|g: TaskGroup<E>| {}",
        "|g| run(g)",
        "|g| 'a: {}",
    ] {
        assert!(mistakes(&shape::TASK_GROUP, input).is_empty(), "{input}");
    }
}

#[test]
fn a_block_is_the_body_and_anything_else_is_awaited() {
    let is_awaited = |input: &str| {
        let mut errors = Errors::default();
        Arguments::parse(input.parse().expect("tokens"), &shape::SHIELD, &mut errors)
            .expect("a body")
            .body
            .is_awaited
    };
    for input in [
        "{}",
        "{ a },",
        "'a: { break 'a }",
        "shield!(a)",
        "easynet::race!(a, b)",
    ] {
        assert!(!is_awaited(input), "{input}");
    }
    for input in [
        "a",
        "a()",
        "async {}",
        "async move {}",
        "{ a }.b()",
        "unsafe { a }",
        "a!()",
        "other::race!(a)",
        "shield!(a).b()",
        "if a { b } else { c }",
    ] {
        assert!(is_awaited(input), "{input}");
    }
}

#[test]
fn what_is_missing_is_told_with_the_correct_spelling() {
    assert!(mistake(&shape::WITH_TIMEOUT, "").contains("empty: write `with_timeout!(5s, { .. })`"));
    assert!(mistake(&shape::WITH_TIMEOUT, "{ a }").contains("the delay is missing"));
    assert!(mistake(&shape::WITH_TIMEOUT, ", { a }").contains("the delay is missing"));
    assert!(mistake(&shape::WITH_TIMEOUT, "5s").contains("the body is missing"));
    assert!(mistake(&shape::WITH_TIMEOUT, "5s,").contains("the body is missing"));
    assert!(mistake(&shape::WITH_TIMEOUT, "5s, |scope|").contains("the body is missing"));
    assert!(mistake(&shape::WITH_TIMEOUT, "5s { a }").contains("a comma is missing"));
    assert!(mistake(&shape::WITH_TIMEOUT, "delay { a }").contains("a comma is missing"));
    assert!(mistake(&shape::WITH_TIMEOUT, "5 s, { a }").contains("write `5s`"));
    assert!(mistake(&shape::TASK_GROUP, "{ a }").contains("`task_group!(|group| { .. })`"));
    assert!(mistake(&shape::TASK_GROUP, "|| { a }").contains("write `|group|`"));
    assert!(mistake(&shape::TASK_GROUP, "|a, b| { a }").contains("one name"));
    assert!(mistake(&shape::WITH_DEADLINE, "{ a }").contains("the instant is missing"));
    assert!(mistake(&shape::MOVE_ON_AT, "|scope| { a }").contains("the instant is missing"));
    assert!(mistake(&shape::CANCEL_SCOPE, "{ a }").contains("`cancel_scope!(|scope| { .. })`"));
}

#[test]
fn what_is_too_much_is_told() {
    assert!(mistake(&shape::WITH_TIMEOUT, "5s, { a } { b }").contains("nothing may follow"));
    assert!(mistake(&shape::WITH_TIMEOUT, "5s, { a }, { b }").contains("nothing may follow"));
    assert!(mistake(&shape::SHIELD, "|a| { a }").contains("a body only"));
    assert!(mistake(&shape::SHIELD, "5s, { a }").contains("takes no delay"));
    assert!(mistake(&shape::CATCH_CANCELLED, "|a| { a }").contains("a body only"));
    assert!(mistake(&shape::TASK_GROUP, "move |g| {}").contains("remove `move`"));
    assert_eq!(mistakes(&shape::TASK_GROUP, "async move |mut g: &G| {}").len(), 4);
}

#[test]
fn a_statement_that_cannot_be_read_is_left_to_the_compiler() {
    let body = |input: &str| {
        let mut errors = Errors::default();
        let ast =
            Arguments::parse(input.parse().expect("tokens"), &shape::SHIELD, &mut errors).expect("a body");
        quote::ToTokens::to_token_stream(&ast.body.value).to_string()
    };
    assert_eq!(body("{ let a = b c; d?; }"), "{ let a = b c ; d ? ; }");
    // Whoever looks for jumps tells of the one in it.
    let told = crate::tests::messages(&crate::tests::expand("shield", "{ let a = b? c; }"));
    assert_eq!(told, ["easynet does not know the syntax around this `?`"]);
}
