//! `#[easynet::main]` and `#[easynet::test]`.

use std::time::Duration;

use easynet::time::{current_time, sleep};

/// A main function like any other: it can be called.
#[easynet::main(
    backend = "tokio",
    flavor = "multi_thread",
    worker_threads = 2,
    thread_name = "entry"
)]
async fn main_function() -> Result<Option<String>, std::num::ParseIntError> {
    let name = easynet::task_group!(|group| {
        group
            .spawn_value(async { std::thread::current().name().map(str::to_owned) })
            .await
            .unwrap()
    });
    "5".parse::<u8>()?;
    Ok(name.unwrap())
}

#[easynet::main(backend = "tokio", flavor = "current_thread", max_blocking_threads = 1)]
async fn other_function() -> impl std::fmt::Display {
    std::thread::current().name().unwrap_or_default().to_owned()
}

#[test]
fn main_runs_with_its_options() {
    assert_eq!(main_function().unwrap().as_deref(), Some("entry"));
    let here = std::thread::current().name().unwrap_or_default().to_owned();
    assert_eq!(other_function().to_string(), here);
}

#[easynet::test]
async fn a_test_needs_no_options() {
    sleep(Duration::ZERO).await;
}

#[easynet::test(start_paused = true)]
async fn a_paused_clock_does_not_wait() -> Result<(), std::num::ParseIntError> {
    let (start, real) = (current_time(), std::time::Instant::now());
    sleep(Duration::from_secs(3600)).await;
    assert!(current_time() - start >= Duration::from_secs(3600));
    assert!(real.elapsed() < Duration::from_secs(60));
    "5".parse::<u8>().map(drop)
}

#[easynet::test(backend = "tokio", flavor = "multi_thread", worker_threads = 2)]
#[should_panic(expected = "as it should")]
async fn other_attributes_are_kept() {
    panic!("as it should");
}

/// A test on each of them.
#[allow(clippy::let_unit_value)]
#[easynet::test(backend = ["tokio", "sim"], start_paused = true, seeds = 4)]
async fn a_test_may_run_on_several_backends() {
    let () = sleep(Duration::from_secs(3600)).await;
    let thread = std::thread::current();
    let test = thread.name().unwrap_or_default();
    assert!(
        ["tokio", "sim"]
            .iter()
            .any(|name| test.ends_with(&format!("_several_backends::{name}")))
    );
}

#[easynet::test(backend = ["sim", "tokio"], seed = 7, step_limit = 10_000, schedule = "pct")]
async fn each_returns_what_the_function_returns() -> Result<(), std::num::ParseIntError> {
    "5".parse::<u8>().map(drop)
}

#[easynet::test(backend = ["sim"])]
#[should_panic(expected = "as it should")]
async fn attributes_are_those_of_each_test() {
    panic!("as it should");
}
