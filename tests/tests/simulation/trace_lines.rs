//! What the lines of a trace say.

use std::future::pending;

use easynet::{
    AsyncBackend as _, ensure_backend,
    prelude::*,
    sim::{Simulation, takes},
    time::{coro_yield, sleep, sleep_forever, timeout},
};
use easynet_tests::ms;
use futures::channel::oneshot;

use super::SCHEDULES;

/// Pinned, as are the next two: that of one version is that of the next, on every machine.
#[test]
fn a_trace_of_tasks_reads_like_this() {
    let (_, trace) = Simulation::new(1).run_traced(async {
        task_group!(|group| {
            group.named("one").start_soon(async { sleep(ms(1)).await });
            group.named("two").start_soon(coro_yield());
        })
    });
    assert_eq!(
        trace.lines().collect::<Vec<_>>(),
        [
            "0ns          step 1: task 1 `main`",
            "0ns            starts task 2 `one`",
            "0ns            starts task 3 `two`",
            "0ns            waits for 2 tasks of the group",
            "0ns          step 2: task 3 `two`",
            "0ns            can run: it has yielded",
            "0ns          step 3: task 2 `one`",
            "0ns            sleeps until 1ms",
            "0ns          step 4: task 3 `two`",
            "0ns            task 3 `two` returns",
            "1ms          time passes",
            "1ms          step 5: task 2 `one`",
            "1ms            sleeps until 1ms",
            "1ms            task 2 `one` returns",
            "1ms          step 6: task 1 `main`",
            "1ms            task 1 `main` ends",
        ]
    );
}

#[test]
fn a_trace_of_a_failure_reads_like_this() {
    let (_, trace) = Simulation::new(2).schedule(SCHEDULES[1]).run_traced(async {
        let failing: Result<(), _> = task_group!(|group| {
            group
                .named("fails")
                .start_soon(async { Err("it fails, for a test") });
            group
                .scoped()
                .named("sleeps")
                .start_soon(async { sleep_forever().await });
            sleep_forever().await
        });
        assert!(failing.is_err());
    });
    assert_eq!(
        trace.lines().collect::<Vec<_>>(),
        [
            "0ns          step 1: task 1 `main`",
            "0ns            starts task 2 `fails`",
            "0ns            starts scoped task 3 `sleeps`",
            "0ns            sleeps until it is cancelled",
            "0ns            sleeps until it is cancelled",
            "0ns          step 2: task 2 `fails`",
            "0ns            a group is cancelled: task 2 `fails` failed",
            "0ns            task 2 `fails` fails",
            "0ns          step 3: task 1 `main`",
            "0ns            is cancelled, and waits to be dropped by the scope around it",
            "0ns            is cancelled, and waits to be dropped by the scope around it",
            "0ns            task 3 `sleeps` is cancelled",
            "0ns            task 1 `main` ends",
        ]
    );
}

#[test]
fn a_trace_of_a_job_reads_like_this() {
    let (_, trace) = Simulation::new(0).run_traced(async {
        let backend = ensure_backend(None).unwrap();
        let job = backend.run_blocking(|| takes(ms(1500)));
        assert!(timeout(ms(1), job).await.is_err());
    });
    assert_eq!(
        trace.lines().collect::<Vec<_>>(),
        [
            "0ns          step 1: task 1 `main`",
            "0ns            waits in `a blocking job`",
            "0ns          step 2: job 2",
            "1ms          time passes",
            "1ms          step 3: task 1 `main`",
            "1ms            waits in `a blocking job`",
            "1ms            waits in `a blocking job`",
            "1ms            task 1 `main` ends",
            "1.5s         time passes",
            "1.5s         step 4: job 2",
            "1.5s           job 2 ends",
        ]
    );
}

#[test]
fn a_cancellation_is_traced_with_its_reason() {
    let (_, trace) = Simulation::new(0).run_traced(async {
        let scope = easynet::cancel::open_cancel_scope();
        scope.cancel_because("enough of it");
        scope.run(sleep_forever()).await;
    });
    assert!(
        trace.contains("  a scope is cancelled: enough of it (asked for at "),
        "{trace}"
    );
}

/// Also where a guard comes to know of it later, as the first of its task.
#[test]
fn a_cancellation_is_traced_once() {
    for seed in 0..16 {
        let (ended, trace) = Simulation::new(seed).run_traced(async {
            let failing = task_group!(|group| {
                let (sender, receiver) = oneshot::channel();
                group.named("cleans up").start_soon(async move {
                    let told: Result<(), _> = receiver.await;
                    shield!(coro_yield());
                    told
                });
                coro_yield().await;
                group.named("fails").start_soon(async move {
                    sender.send(()).expect("it is waited for");
                    Err("it fails, for a test")
                });
            });
            assert!(failing.is_err());
        });
        ended.expect("it ends");
        assert_eq!(trace.matches("is cancelled: ").count(), 1, "{trace}");
    }
}

#[test]
fn what_a_report_asks_is_no_part_of_the_trace() {
    let (ended, trace) = Simulation::new(0)
        .run_traced(async { task_group!(|group| { group.named("stuck").start_soon(pending::<()>()) }) });
    assert!(ended.is_err());
    let (_, last_step) = trace
        .split_once("step 2: task 2 `stuck`")
        .expect("there is a second step");
    let lines: Vec<&str> = last_step.lines().skip(1).collect();
    assert_eq!(lines.len(), 1, "{trace}");
    assert!(
        lines[0].ends_with("waits for something that easynet does not know of"),
        "{trace}"
    );
}

#[test]
fn an_error_names_its_tasks_by_their_numbers_in_the_run() {
    let report = || {
        easynet::sim::run(3, async {
            let ended = task_group!(|group| {
                group.named("one").start_soon(async {});
                group
                    .named("two")
                    .start_soon(async { Err("it fails, for a test") });
            });
            ended.map(drop).unwrap_err().to_string()
        })
        .expect("it ends")
    };
    let first = report();
    assert!(first.contains("task 3 `two`"), "{first}");
    assert_eq!(first, report());
}
