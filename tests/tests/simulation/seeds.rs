//! Under which seeds a test runs, and what it prints when it fails.
//!
//! That is seen from outside: the helpers at the end are tests that pass, and are run once more in a process of their
//! own, told to fail.

use std::env;

use easynet::sim;

use super::child::{Child, Ended};

/// Under which seed a helper is to fail, and how: `3 panic`.
const FAIL: &str = "EASYNET_TESTS_FAIL";

/// The helper of that name, in a process of its own.
fn child(helper: &str) -> Child {
    Child::of(module_path!(), helper)
}

#[test]
fn a_test_runs_under_as_many_seeds_as_it_says() {
    let ended = child("speaks").run();
    assert!(ended.passed);
    assert_eq!(ended.seeds(), (0..8).collect::<Vec<_>>());
    assert!(ended.complained.is_empty(), "{}", ended.complained);
}

#[test]
fn a_test_that_says_nothing_runs_under_several_seeds() {
    assert_eq!(
        child("speaks_by_default").run().seeds(),
        (0..16).collect::<Vec<_>>()
    );
}

#[test]
fn a_test_may_name_its_seed() {
    assert_eq!(child("speaks_under_seven").run().seeds(), [7]);
}

#[test]
fn the_environment_says_which_seeds() {
    let seeds = |variable, value| child("speaks").with(variable, value).run().seeds();
    assert_eq!(seeds("EASYNET_SEED", "5"), [5]);
    assert_eq!(seeds("EASYNET_SEED", "18446744073709551615"), [u64::MAX]);
    assert_eq!(seeds("EASYNET_SEEDS", "3"), [0, 1, 2]);
    assert_eq!(seeds("EASYNET_SEEDS", "1_000..1_002"), [1000, 1001]);
    assert_eq!(
        seeds("EASYNET_SEED", ""),
        (0..8).collect::<Vec<_>>(),
        "as if it were not set"
    );
    let both = child("speaks")
        .with("EASYNET_SEED", "5")
        .with("EASYNET_SEEDS", "3");
    assert_eq!(both.run().seeds(), [5]);
    let named = child("speaks_under_seven").with("EASYNET_SEED", "5");
    assert_eq!(named.run().seeds(), [5]);
}

#[test]
fn what_the_environment_says_wrongly_is_told() {
    for (variable, value, told) in [
        (
            "EASYNET_SEED",
            "seven",
            "EASYNET_SEED is a number, such as 7, not `seven`",
        ),
        (
            "EASYNET_SEED",
            "-1",
            "EASYNET_SEED is a number, such as 7, not `-1`",
        ),
        (
            "EASYNET_SEEDS",
            "0",
            "EASYNET_SEEDS is a number of seeds, such as 64, or a range",
        ),
        (
            "EASYNET_SEEDS",
            "9..3",
            "EASYNET_SEEDS is a number of seeds, such as 64, or a range",
        ),
    ] {
        let ended = child("speaks").with(variable, value).run();
        assert!(!ended.passed);
        assert!(ended.complained.contains(told), "{}", ended.complained);
        assert!(ended.seeds().is_empty(), "it has not run");
    }
}

/// The one command that replays a failure, as it is printed: the seed, and the name of the test.
fn replay(ended: &Ended) -> (String, String) {
    let lines = ended.complained.lines().map(str::trim);
    let command: Vec<_> = lines.filter(|line| line.starts_with("EASYNET_SEED=")).collect();
    let [command] = command[..] else {
        panic!("there is one command: {}", ended.complained)
    };
    let words: Vec<_> = command.split(' ').collect();
    let ["EASYNET_SEED", seed] = words[0].split('=').collect::<Vec<_>>()[..] else {
        panic!("it begins with the seed: {command}")
    };
    assert_eq!(words[1..5], ["cargo", "test", "-p", "easynet-tests"]);
    assert_eq!(words[6..], ["--", "--exact"]);
    (seed.to_owned(), words[5].to_owned())
}

#[test]
fn a_test_that_fails_tells_the_command_that_replays_it() {
    for how in ["panic", "error", "deadlock"] {
        let helper = || child("speaks").with(FAIL, &format!("3 {how}"));
        let ended = helper().run();
        assert!(!ended.passed, "{how}");
        assert_eq!(ended.seeds(), [0, 1, 2, 3], "{how}: and under no other");
        assert!(
            ended.complained.contains("the test fails under seed 3"),
            "{}",
            ended.complained
        );
        let (seed, name) = replay(&ended);
        let again = Child::named(&name)
            .with(FAIL, &format!("3 {how}"))
            .with("EASYNET_SEED", &seed)
            .run();
        assert!(!again.passed, "{how}");
        assert_eq!(again.seeds(), [3], "{how}");
        assert_eq!(replay(&again), replay(&ended));
        assert!(helper().with("EASYNET_SEED", "2").run().passed);
    }
}

#[test]
fn a_test_that_fails_says_what_went_wrong() {
    let complaints = |how: &str| child("speaks").with(FAIL, &format!("0 {how}")).run().complained;
    let panic = complaints("panic");
    assert!(panic.contains("it panics, for a test"), "{panic}");
    let error = complaints("error");
    assert!(error.contains("Error: \"it fails, for a test\""), "{error}");
    let deadlock = complaints("deadlock");
    assert!(
        deadlock.contains("deadlock: nothing can run, and no timer is set (seed 0, "),
        "{deadlock}"
    );
    assert!(
        deadlock.contains("waits for something that easynet does not know of"),
        "{deadlock}"
    );
}

#[test]
fn the_trace_is_printed_if_the_environment_asks_for_it() {
    let complaints = |value| child("speaks").with("EASYNET_TRACE", value).run().complained;
    assert!(complaints("1").contains("0ns          step 1: task 1 `main`"));
    assert!(complaints("0").is_empty());
    assert!(complaints("").is_empty());
}

#[test]
fn a_main_function_runs_under_the_seed_of_the_environment() {
    assert_eq!(child("speaks_in_main").run().seeds(), [0]);
    assert_eq!(
        child("speaks_in_main").with("EASYNET_SEED", "9").run().seeds(),
        [9]
    );
}

/// Says under which seed it runs, and fails under the one that it was told to.
async fn speak() -> Result<(), String> {
    let seed = sim::seed().expect("a simulation runs");
    println!("seed {seed}");
    let told = env::var(FAIL).unwrap_or_default();
    match told.split_once(' ') {
        Some((under, how)) if under.parse() == Ok(seed) => match how {
            "panic" => panic!("it panics, for a test"),
            "deadlock" => std::future::pending().await,
            _ => Err("it fails, for a test".into()),
        },
        _ => Ok(()),
    }
}

#[easynet::test(backend = "sim", seeds = 8)]
async fn speaks() -> Result<(), String> {
    speak().await
}

#[easynet::test(backend = "sim")]
async fn speaks_by_default() -> Result<(), String> {
    speak().await
}

#[easynet::test(backend = "sim", seed = 7)]
async fn speaks_under_seven() -> Result<(), String> {
    speak().await
}

#[easynet::main(backend = "sim")]
async fn speaking_main() -> Result<(), String> {
    speak().await
}

#[test]
fn speaks_in_main() {
    speaking_main().unwrap();
}
