//! `#[easynet::test(backend = "sim")]`, `#[easynet::main(backend = "sim")]`, and the other ways into a simulation.
//!
//! What a test prints, and what the environment says to it, is seen from outside: the helpers at the end are tests
//! that pass, and are run once more in a process of their own, told to fail or to speak.

use std::{env, time::Duration};

use easynet::{
    AsyncBackend as _, RunnerOptions, ensure_backend, new_builtin_backend,
    sim::{self, Simulation},
    time::{coro_yield, current_time, sleep},
};
use easynet_tests::{LONG, Runner, panic_message};

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

#[easynet::main(backend = "sim", seed = 7, max_blocking_threads = 1, schedule = "pct")]
async fn main_function() -> Result<(Option<u64>, Duration), std::num::ParseIntError> {
    let start = current_time();
    let backend = ensure_backend(None).expect("a simulation runs");
    let job = || backend.run_blocking(|| sim::takes(LONG));
    futures::join!(job(), job());
    "5".parse::<u8>()?;
    Ok((sim::seed(), current_time() - start))
}

#[test]
fn a_main_function_takes_options_and_returns_a_value() {
    let (seed, passed) = main_function().unwrap();
    let said = env::var("EASYNET_SEED").ok().and_then(|seed| seed.parse().ok());
    assert_eq!(seed, said.or(Some(7)));
    assert_eq!(passed, 2 * LONG, "one job after the other");
}

#[easynet::main(backend = "sim", step_limit = 100)]
async fn endless_function() {
    loop {
        coro_yield().await;
    }
}

#[test]
fn a_main_function_that_does_not_end_panics_with_the_report() {
    let text = panic_message(endless_function);
    assert!(text.contains("the step limit is reached"), "{text}");
    assert!(text.contains("task 1 `main`, started at"), "{text}");
}

#[easynet::test(backend = "sim", seeds = 4)]
#[should_panic(expected = "as it should")]
async fn a_test_may_be_expected_to_panic() {
    panic!("as it should");
}

#[test]
fn the_backend_is_found_by_its_name() {
    let backend = new_builtin_backend("sim").unwrap();
    let passed = backend.bootstrap(async {
        let start = current_time();
        sleep(LONG).await;
        (sim::seed().is_some(), current_time() - start)
    });
    assert_eq!(passed.unwrap(), (true, LONG));
}

#[test]
fn what_stops_a_simulation_is_the_source_of_the_error_of_bootstrap() {
    let backend = Simulation::new(3).backend();
    let options = RunnerOptions::new();
    let error = backend
        .bootstrap_with(&options, std::future::pending::<()>())
        .unwrap_err();
    assert!(error.is_stopped() && !error.is_nested());
    let source = error.into_source().expect("it has one");
    let own = source
        .downcast::<sim::SimulationError>()
        .expect("it is that of a simulation");
    assert!(own.is_deadlock());
    assert_eq!(own.seed(), 3);
}

#[test]
fn a_simulation_in_a_simulation_is_an_error_that_says_so() {
    let inner = |backend: &str| {
        let backend = backend.to_owned();
        move || {
            let inner = new_builtin_backend(&backend).unwrap().bootstrap(async {});
            let error = inner.unwrap_err();
            assert!(error.is_nested());
            error.to_string()
        }
    };
    let in_a_task = sim::run(0, async move { [inner("sim")(), inner("tokio")()] }).unwrap();
    for text in in_a_task {
        assert!(text.contains("inside of a running one"), "{text}");
    }
    let in_a_job = sim::run(0, async {
        let backend = ensure_backend(None).unwrap();
        backend.run_blocking(|| sim::run(1, async {}).unwrap_err()).await
    });
    let error = in_a_job.unwrap();
    assert!(!error.is_deadlock() && !error.is_leak() && !error.is_step_limit());
    assert!(error.report().contains("inside of a running one"), "{error}");
    let in_tokio = Runner::TOKIO_CURRENT_THREAD.run(async { sim::run(0, async {}).is_err() });
    assert!(in_tokio);
}

/// The thread is blocked meanwhile, which is what tests want.
#[test]
fn a_simulation_runs_on_the_thread_of_a_foreign_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let name = runtime.block_on(async {
        sim::run(0, async {
            sleep(LONG).await;
            ensure_backend(None).unwrap().name()
        })
    });
    assert_eq!(name.unwrap(), "sim");
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
