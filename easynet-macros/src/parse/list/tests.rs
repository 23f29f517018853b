use quote::ToTokens;

use super::*;

/// What is wrong with an input, in the order it is told.
#[track_caller]
fn mistakes(shape: &ListShape, input: &str) -> Vec<String> {
    let mut errors = Errors::default();
    List::parse(input.parse().expect("tokens"), shape, &mut errors);
    errors.messages()
}

#[track_caller]
fn mistake(shape: &ListShape, input: &str) -> String {
    let mut mistakes = mistakes(shape, input);
    assert_eq!(mistakes.len(), 1, "{input}: {mistakes:?}");
    mistakes.remove(0)
}

/// The entries, `{}` for a block and `*` for a future, with their arms.
#[track_caller]
fn entries(input: &str) -> Vec<String> {
    let mut errors = Errors::default();
    let list = List::parse(input.parse().expect("tokens"), &RACE, &mut errors).expect("a list");
    assert!(errors.is_empty(), "{input}: {:?}", errors.messages());
    let shown = list.entries.iter().map(|Entry { body, arm }| {
        let kind = if body.is_awaited { "*" } else { "{}" };
        let arm = arm
            .as_ref()
            .map_or_else(String::new, |Arm { pattern, ty, value }| {
                let ty = ty
                    .as_ref()
                    .map_or_else(String::new, |ty| format!(":{}", ty.to_token_stream()));
                format!("|{}{ty}|{value}", pattern.to_token_stream())
            });
        format!("{kind}{arm}").replace(' ', "")
    });
    shown.collect()
}

#[test]
fn every_spelling_of_a_race_is_read() {
    assert_eq!(entries("a, b"), ["*", "*"]);
    assert_eq!(entries("a"), ["*"]);
    assert_eq!(entries("{ a }, { b }.c(),"), ["{}", "*"]);
    assert_eq!(entries("a, |x| y, b, |_| z,"), ["*|x|y", "*|_|z"]);
    assert_eq!(
        entries("a, |(x, y): (A, B)| { z; }, b, { c }, |x,| x"),
        ["*|(x,y):(A,B)|{z;}", "*", "{}|x|x"]
    );
    assert_eq!(entries("'a: { break 'a }, |A { b, .. }| b"), ["{}|A{b,..}|b"]);
    assert_eq!(
        entries("a::<B, C>(d, e), |x| f::<G, H>(x, y), shield!(z)"),
        ["*|x|f::<G,H>(x,y)", "{}"]
    );
    assert_eq!(entries("a, |x| |y| x + y, b, |x| async move { x }").len(), 2);
    // What an arm does is the compiler's to judge.
    assert_eq!(entries("a, |x| { garbage garbage }"), ["*|x|{garbagegarbage}"]);
}

#[test]
fn what_is_missing_is_told_with_the_correct_spelling() {
    assert!(mistake(&GATHER, "").contains("empty: write `gather!(first, second)`"));
    assert!(mistake(&TRY_GATHER, "").contains("empty: write `try_gather!(first, second)`"));
    assert!(mistake(&RACE, "").contains("empty: write `race!(first, |value| .., second, |value| ..)`"));
    assert!(mistake(&GATHER, "a b").contains("a comma is missing here"));
    assert!(mistake(&RACE, "a, |x| { y } b").contains("a comma is missing here"));
    assert!(mistake(&RACE, "a |x| y, b").contains("a comma is missing behind the future"));
    assert!(mistake(&RACE, "{ a } |x| y").contains("a comma is missing behind the future"));
    assert!(mistake(&GATHER, ", a").contains("a future is missing before this comma"));
    assert!(mistake(&GATHER, "a,, b").contains("a future is missing before this comma"));
    assert!(mistake(&RACE, "a, |x|").contains("an arm does something with the value"));
    assert!(mistake(&RACE, "a, |x|, b").contains("an arm does something with the value"));
    assert!(mistake(&RACE, "a, |x y| z").contains("write `|(a, b)|` for a tuple"));
    assert!(mistake(&GATHER, "for a in b {}").contains("put braces around it"));
}

#[test]
fn an_arm_is_behind_its_future() {
    assert!(mistake(&RACE, "|x| y, a").contains("an arm comes behind its future"));
    assert!(mistake(&RACE, "|x| y").contains("an arm comes behind its future"));
    assert!(mistake(&RACE, "a, |x| y, |z| y").contains("has an arm already"));
    assert!(mistake(&GATHER, "a, |x| y").contains("there are no arms here"));
}

#[test]
fn an_arm_takes_one_value_and_nothing_else() {
    assert!(mistake(&RACE, "a, || y").contains("write `|_|`"));
    assert!(mistake(&RACE, "a, |x, y| z").contains("write `|(a, b)|` for a tuple"));
    assert!(mistake(&RACE, "a, move |x| y").contains("remove `move`"));
    assert!(mistake(&RACE, "a, async |x| y").contains("remove `async`"));
    assert!(mistake(&RACE, "a, |x| -> u8 { y }").contains("remove `->`"));
    assert_eq!(mistakes(&RACE, "a, async move || y, b, || z").len(), 4);
    assert!(mistake(&RACE, "a => b").contains("an arm is written like a closure"));
    assert!(mistake(&RACE, "x = a => b, c").contains("an arm is written like a closure"));
}
