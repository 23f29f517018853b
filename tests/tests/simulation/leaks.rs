//! What is left when the program has ended is an error that names it, in words.

use std::{
    future::{Future, pending},
    mem::forget,
};

use easynet::{
    AsyncBackend as _, TaskGroup,
    cancel::{catch_cancelled, ignore_cancellation},
    ensure_backend,
    prelude::*,
    sim::{Simulation, run},
    task::create_task_group,
    time::{coro_yield, sleep, sleep_forever},
};
use easynet_tests::{LONG, Log, ms};
use futures::poll;

use super::{failure, tree, without_place};

/// What a program leaves: the lines that name it.
fn left<F>(program: F) -> Vec<String>
where
    F: Future<Output = ()> + Send + 'static,
{
    let error = failure(program);
    assert!(
        error.is_leak() && !error.is_deadlock() && !error.is_step_limit(),
        "{error}"
    );
    let lines = error.report().lines();
    let named = lines.filter_map(|line| line.strip_prefix("- left: ").map(without_place));
    named.collect()
}

/// Suspends a future once, and never drops it.
async fn abandon<F: Future>(future: F) {
    let mut future = Box::pin(future);
    assert!(poll!(&mut future).is_pending());
    forget(future);
}

pub(super) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    ensure_backend(None).expect("a simulation runs").spawn(task);
}

#[test]
fn the_first_line_says_that_the_program_has_ended() {
    let error = failure(async {
        sleep(ms(3)).await;
        spawn(pending());
    });
    let first = error.report().lines().next().unwrap();
    let expected = "the program has ended, and something of it is left (seed 0, step 2, virtual time 3ms)";
    assert_eq!(first, expected);
}

#[test]
fn a_shield_is_named_with_who_entered_it() {
    assert_eq!(
        left(abandon(ignore_forever())),
        ["a shield, entered by task 1 `main`"]
    );
    let in_a_task = left(async {
        let ended = task_group!(|group| { group.named("careless").start_soon(abandon(ignore_forever())) });
        ended.expect("nothing fails");
    });
    assert_eq!(in_a_task, ["a shield, entered by task 2 `careless`"]);
}

async fn ignore_forever() {
    ignore_cancellation(sleep_forever()).await
}

#[test]
fn a_catch_is_named() {
    let named = left(abandon(async { drop(catch_cancelled(sleep_forever()).await) }));
    assert_eq!(named, ["a `catch_cancelled`, entered by task 1 `main`"]);
}

#[test]
fn a_join_or_cancel_is_named() {
    let named = left(async {
        let ended = task_group!(|group| {
            let task = group.spawn_value(sleep(ms(1)));
            abandon(task.join_or_cancel()).await;
        });
        ended.expect("nothing fails");
    });
    assert_eq!(named, ["a `join_or_cancel`, begun by task 1 `main`"]);
}

#[test]
fn a_group_is_named_with_its_tasks() {
    let program = || async {
        let group: &TaskGroup = Box::leak(Box::new(create_task_group()));
        abandon(group.run(async {
            group.named("child").start_soon(sleep_forever());
            sleep_forever().await
        }))
        .await;
        coro_yield().await;
    };
    let named = left(program());
    assert_eq!(named.len(), 2, "{named:?}");
    assert_eq!(named[0], "the group opened, run by task 1 `main`");
    let lines = tree(&failure(program()));
    let task = lines
        .iter()
        .position(|line| line.starts_with("task 2 `child`, started"));
    assert_eq!(
        lines[task.expect("it is shown") + 1],
        "└─ sleeps until it is cancelled"
    );
}

#[test]
fn a_task_that_no_group_knows_is_shown_with_what_it_waits_for() {
    let error = failure(async { spawn(async { sleep(LONG).await }) });
    let named: Vec<_> = error.report().lines().skip(1).take(1).collect();
    assert!(named[0].starts_with("- left: a task"), "{error}");
    assert!(
        error
            .report()
            .contains("task 2, started by other means than a group"),
        "{error}"
    );
    let later = failure(async {
        spawn(async { sleep(LONG).await });
        sleep(ms(1)).await;
    });
    assert!(later.report().contains("└─ sleeps until 3600s"), "{later}");
}

/// Whatever the seed: it may end before the program does.
#[test]
fn a_task_that_no_group_knows_and_that_ends_in_time_is_not_left() {
    for seed in 0..16 {
        let simulation = Simulation::new(seed);
        simulation
            .run(async {
                spawn(async { sleep(ms(1)).await });
                sleep(ms(2)).await;
            })
            .expect("nothing is left");
    }
}

/// As outside of any task of easynet, where each future has a timer of its own.
#[test]
fn a_timer_that_is_never_dropped_is_named() {
    let program = |timers: usize| async move {
        for _ in 0..timers {
            spawn(async { abandon(sleep(LONG)).await });
        }
        sleep(ms(1)).await;
    };
    assert!(left(program(2)).contains(&"2 timers".into()));
    run(0, program(0)).expect("there is none");
}

#[test]
fn one_thing_that_is_left_is_in_the_singular() {
    let timer = left(async {
        spawn(async { abandon(sleep(LONG)).await });
        sleep(ms(1)).await;
    });
    assert_eq!(timer, ["a timer"]);
    let task = left(async { spawn(pending()) });
    assert_eq!(task, ["a task that nobody waits for"]);
}

#[test]
fn what_was_started_in_a_group_that_was_dropped_is_waited_for() {
    let log = Log::new();
    let own = log.clone();
    run(0, async move {
        let group: TaskGroup = create_task_group();
        let mut dropped = Box::pin(group.run(async {
            group.start_soon(async move {
                let _ = catch_cancelled(sleep_forever()).await;
                ignore_cancellation(sleep(LONG)).await;
                own.add("cleaned");
            });
            sleep_forever().await
        }));
        assert!(poll!(&mut dropped).is_pending());
        coro_yield().await;
        drop(dropped);
    })
    .expect("it is adopted by the program, and nothing is left");
    log.assert(&["cleaned"]);
}

#[test]
fn a_future_that_was_never_polled_leaves_nothing() {
    run(0, async {
        forget(Box::pin(ignore_cancellation(sleep_forever())));
        forget(sleep(LONG));
        forget(Box::pin(catch_cancelled(sleep_forever())));
    })
    .expect("none of them has begun");
}
