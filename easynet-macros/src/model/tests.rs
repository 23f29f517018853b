use super::*;
use crate::parse::{Function, runner_options};

/// The mistakes in an attribute and the function below it.
#[track_caller]
fn mistakes(entry: Entry, options: &str, function: &str) -> Vec<String> {
    let mut errors = Errors::default();
    let options = runner_options(options.parse().expect("tokens"), &mut errors);
    let function = Function::parse(function.parse().expect("tokens"), &mut errors).expect("a function");
    Runner::lower(entry, &options, function, &mut errors);
    errors.messages()
}

#[track_caller]
fn mistake(options: &str) -> String {
    let mut mistakes = mistakes(Entry::Main, options, "async fn main() {}");
    assert_eq!(mistakes.len(), 1, "{options}: {mistakes:?}");
    mistakes.remove(0)
}

#[test]
fn every_option_is_taken() {
    let options = r#"backend = "tokio", flavor = "multi_thread", worker_threads = 2, thread_name = "a",
        max_blocking_threads = 0x4, start_paused = false,"#;
    assert!(mistakes(Entry::Main, options, "pub async fn main() -> u8 { 1 }").is_empty());
    assert!(mistakes(Entry::Test, "", "async fn a_test() {}").is_empty());
    assert!(mistakes(Entry::Test, "start_paused = true", "async fn a_test() {}").is_empty());
}

#[test]
fn a_wrong_option_is_told_with_what_is_right() {
    assert!(mistake("").contains("the backend is missing"));
    assert!(mistake(r#"backend = "smol""#).contains("the backends are: `\"tokio\"`"));
    assert!(mistake("backend = tokio").contains("write `backend = \"tokio\"`"));
    assert!(mistake(r#"bakend = "tokio""#).contains("the options are `backend`"));
    assert!(mistake(r#"backend = "tokio", backend = "tokio""#).contains("twice"));
    assert!(
        mistake(r#"backend = "tokio", flavor = "local""#).contains("`multi_thread` and `current_thread`")
    );
    assert!(mistake(r#"backend = "tokio", worker_threads = "2""#).contains("is a number"));
    assert!(mistake(r#"backend = "tokio", worker_threads = 0"#).contains("at least one"));
    assert!(mistake(r#"backend = "tokio", thread_name = 5"#).contains("is a string"));
    assert!(mistake(r#"backend = "tokio", start_paused = "true""#).contains("`true` or `false`"));
    assert!(mistake(r#"backend = "tokio", start_paused = true"#).contains("current_thread"));
    let options = r#"backend = "tokio", flavor = "current_thread", worker_threads = 2"#;
    assert!(mistake(options).contains("has no worker threads"));
}

#[test]
fn every_mistake_is_told_at_once() {
    let function = "const fn f(a: u8) {}";
    let found = mistakes(Entry::Main, r#"backend = "smol", wat = 1, flavor = 2"#, function);
    assert_eq!(found.len(), 6, "{found:?}");
}

#[test]
fn a_function_that_cannot_be_an_entry_is_told() {
    let wrong = [
        ("fn f() {}", "write `async fn`"),
        ("async fn f(a: u8) {}", "remove them"),
        ("async fn f(&self) {}", "move it out of the `impl`"),
        ("async fn f<T>() {}", "remove them"),
        ("async fn f() where u8: Copy {}", "remove the `where` clause"),
        ("async unsafe fn f() {}", "remove `unsafe`"),
        ("async extern \"C\" fn f() {}", "remove `extern \"C\"`"),
        ("#[test] async fn f() {}", "remove this attribute"),
    ];
    for (function, message) in wrong {
        let found = mistakes(Entry::Test, "", function);
        assert!(
            matches!(found.as_slice(), [found] if found.contains(message)),
            "{function}: {found:?}"
        );
    }
}
