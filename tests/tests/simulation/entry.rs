//! `#[easynet::test(backend = "sim")]`, `#[easynet::main(backend = "sim")]`, and the other ways into a simulation.

use std::{env, time::Duration};

use easynet::{
    AsyncBackend as _, RunnerOptions, ensure_backend, new_builtin_backend,
    sim::{self, Simulation},
    time::{coro_yield, current_time, sleep},
};
use easynet_tests::{LONG, Runner, panic_message};

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
