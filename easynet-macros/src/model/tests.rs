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
fn every_option_of_a_simulation_is_taken() {
    let of_both = r#"backend = "sim", flavor = "multi_thread", worker_threads = 2, thread_name = "a",
        max_blocking_threads = 0x4, start_paused = false, schedule = "pct", step_limit = 1_000_000u64"#;
    for seed in ["", "seed = 0", "seed = 18_446_744_073_709_551_615", "seed = 0xff"] {
        for entry in [Entry::Main, Entry::Test] {
            let found = mistakes(entry, &format!("{of_both}, {seed}"), "async fn f() {}");
            assert!(found.is_empty(), "{seed}: {found:?}");
        }
    }
    for seeds in ["seeds = 1", "seeds = 4_294_967_295"] {
        let found = mistakes(Entry::Test, &format!("{of_both}, {seeds}"), "async fn f() {}");
        assert!(found.is_empty(), "{seeds}: {found:?}");
    }
}

#[test]
fn a_wrong_option_is_told_with_what_is_right() {
    assert!(mistake("").contains("the backend is missing"));
    assert!(mistake(r#"backend = "smol""#).contains("the backends are: `\"tokio\"`, `\"sim\"`"));
    assert!(mistake("backend = tokio").contains("write `backend = \"tokio\"`"));
    assert!(mistake("backend = sim").contains("write `backend = \"sim\"`"));
    assert!(mistake(r#"bakend = "tokio""#).contains("the options are `backend`"));
    assert!(mistake(r#"backend = "tokio", backend = "tokio""#).contains("twice"));
    assert!(
        mistake(r#"backend = "tokio", flavor = "local""#).contains("`multi_thread` and `current_thread`")
    );
    assert!(mistake(r#"backend = "tokio", worker_threads = "2""#).contains("is a number"));
    assert!(mistake(r#"backend = "tokio", worker_threads = 2s"#).contains("is a number"));
    assert!(mistake(r#"backend = "tokio", worker_threads = 0"#).contains("at least one"));
    assert!(mistake(r#"backend = "tokio", thread_name = 5"#).contains("is a string"));
    assert!(mistake(r#"backend = "tokio", start_paused = "true""#).contains("`true` or `false`"));
    assert!(mistake(r#"backend = "tokio", start_paused = true"#).contains("current_thread"));
    let options = r#"backend = "tokio", flavor = "current_thread", worker_threads = 2"#;
    assert!(mistake(options).contains("has no worker threads"));
}

#[test]
fn a_wrong_option_of_a_simulation_is_told_with_what_is_right() {
    let wrong = [
        ("seed = \"7\"", "`seed` is a `u64`: write `seed = 7`"),
        ("seed = -7", "`seed` is a `u64`: write `seed = 7`"),
        ("seed = 7s", "`seed` is a `u64`: write `seed = 7`"),
        (
            "seed = 18446744073709551616",
            "`seed` is a `u64`: write `seed = 7`",
        ),
        ("seeds = 0", "at least one seed is needed: write `seeds = 64`"),
        ("seeds = \"64\"", "`seeds` is a `u32`: write `seeds = 64`"),
        ("seeds = 4294967296", "`seeds` is a `u32`: write `seeds = 64`"),
        (
            "schedule = \"fifo\"",
            "unknown schedule \"fifo\": the schedules are `uniform` and `pct`",
        ),
        (
            "schedule = 7",
            "the schedule is a string: write `schedule = \"uniform\"`",
        ),
        (
            "schedule = pct",
            "the schedule is a string: write `schedule = \"pct\"`",
        ),
        (
            "step_limit = 0",
            "at least one step is needed: write `step_limit = 1_000_000`",
        ),
        (
            "step_limit = 5s",
            "`step_limit` is a `u64`: write `step_limit = 1_000_000`",
        ),
        ("seed = 7, seed = 8", "`seed` is given twice: remove one"),
        (
            "seed = 7, seeds = 64",
            "`seed` runs one seed and `seeds` many: remove one of them",
        ),
        (
            "seeds = 64, seed = 7",
            "`seed` runs one seed and `seeds` many: remove one of them",
        ),
        (
            "worker_threads = 2",
            "the flavor \"current_thread\" has no worker threads: add `flavor = \"multi_thread\"`",
        ),
    ];
    for (options, message) in wrong {
        let options = format!("backend = \"sim\", {options}");
        let found = mistakes(Entry::Test, &options, "async fn a_test() {}");
        assert_eq!(found, [message], "{options}");
    }
    assert!(mistake("backend = \"sim\", start_paused = true").contains("current_thread"));
}

#[test]
fn what_only_a_simulation_has_needs_one() {
    for option in ["seed = 7", "seeds = 64", "schedule = \"pct\"", "step_limit = 9"] {
        let name = option.split(' ').next().expect("a name");
        let message = format!("`{name}` needs the simulation: write `backend = \"sim\"`");
        for options in [option, &format!("{option}, backend = \"tokio\"")] {
            let found = mistakes(Entry::Test, options, "async fn a_test() {}");
            assert_eq!(found, [message.as_str()], "{options}");
            if name != "seeds" {
                assert_eq!(mistake(options), message, "{options}");
            }
        }
    }
    // One word puts all of them right.
    assert!(mistake("schedule = \"pct\", seed = 7").contains("`schedule` needs the simulation"));
}

#[test]
fn a_test_may_run_on_several_backends() {
    for options in [
        "backend = [\"tokio\", \"sim\"]",
        "backend = [\"sim\", \"tokio\",], seeds = 4, start_paused = true",
        "backend = [\"sim\"], seed = 4, schedule = \"pct\", step_limit = 9",
        "backend = [\"tokio\"], worker_threads = 2, flavor = \"multi_thread\"",
    ] {
        let found = mistakes(Entry::Test, options, "async fn a_test() {}");
        assert!(found.is_empty(), "{options}: {found:?}");
    }
    let wrong = [
        (
            "[]",
            "at least one backend is needed: write `backend = [\"tokio\", \"sim\"]`",
        ),
        (
            "[\"tokio\", \"smol\"]",
            "unknown backend \"smol\": the backends are: `\"tokio\"`, `\"sim\"`",
        ),
        ("[tokio]", "the backend is a string: write `backend = \"tokio\"`"),
        (
            "[\"sim\", \"sim\"]",
            "the backend \"sim\" is listed twice: remove one",
        ),
        (
            "[\"tokio\"], seeds = 4",
            "`seeds` needs the simulation: write `backend = \"sim\"`",
        ),
        (
            "[\"smol\"], seeds = 4",
            "unknown backend \"smol\": the backends are: `\"tokio\"`, `\"sim\"`",
        ),
    ];
    for (list, message) in wrong {
        let found = mistakes(Entry::Test, &format!("backend = {list}"), "async fn a_test() {}");
        assert_eq!(found, [message], "{list}");
    }
    assert_eq!(
        mistake("backend = [\"sim\", \"tokio\"], seed = 7"),
        "a program runs on one backend: write `backend = \"sim\"`"
    );
    assert_eq!(
        mistake("backend = []"),
        "a program runs on one backend: write `backend = \"tokio\"`"
    );
}

#[test]
fn a_program_has_no_seeds() {
    let message = "`seeds` is for tests: write `seed = 7`";
    assert_eq!(mistake("seeds = 64"), message);
    assert_eq!(mistake("backend = \"tokio\", seeds = 64"), message);
    assert_eq!(mistake("backend = \"sim\", seeds = 64, seed = 7"), message);
    assert!(!mistake("backend = \"sim\", sed = 64").contains("seeds"));
    let found = mistakes(Entry::Test, "sed = 64", "async fn a_test() {}");
    assert!(found[0].ends_with("`step_limit` and `seeds`"), "{found:?}");
}

#[test]
fn nothing_is_asked_of_a_backend_that_is_open() {
    for options in [
        "backend = \"smol\", seed = 7",
        "backend = sim, seed = 7",
        "bakend = \"sim\", seed = 7",
        "backend, seed = 7",
    ] {
        let told = mistake(options);
        assert!(!told.contains("needs the simulation"), "{told}");
    }
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
