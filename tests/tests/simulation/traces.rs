//! The trace: a line for every step, and the same lines for the same seed.

use std::{
    collections::BTreeSet,
    future::pending,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use easynet::{
    AsyncBackend as _, TaskGroup,
    cancel::{catch_cancelled, ignore_cancellation},
    ensure_backend,
    net::{create_tcp_connection, create_tcp_listeners},
    prelude::*,
    sim::{Simulation, takes},
    task::{create_task_group, gather},
    time::{coro_yield, move_on_after, sleep, sleep_forever, timeout},
};
use easynet_tests::{LONG, ms};
use futures::{
    FutureExt, StreamExt,
    channel::{mpsc, oneshot},
    stream::FuturesUnordered,
};

use super::{SCHEDULES, child::Child, programs::random};

/// A bit of everything.
async fn program() -> usize {
    let turns = Arc::new(AtomicUsize::new(0));
    let group: TaskGroup = create_task_group();
    let ended = group.run(async {
        let (sender, mut receiver) = mpsc::channel::<usize>(1);
        for n in 0..3 {
            let (turns, mut sender) = (turns.clone(), sender.clone());
            group.named(format!("sender {n}")).start_soon(async move {
                for _ in 0..n {
                    coro_yield().await;
                    turns.fetch_add(1, Ordering::Relaxed);
                }
                let _ = sender.try_send(n);
                sleep(ms(1)).await;
            });
            group
                .scoped()
                .start_soon(async move { sleep(ms(n as u64)).await });
        }
        drop(sender);
        let own = turns.clone();
        group.named("cleans up").start_soon(async move {
            if catch_cancelled(sleep_forever()).await.is_err() {
                ignore_cancellation(sleep(ms(5))).await;
                own.fetch_add(100, Ordering::Relaxed);
            }
        });
        let mut all: FuturesUnordered<_> = (0..3).map(|n| sleep(ms(n))).collect();
        while all.next().await.is_some() {}
        while let Some(n) = receiver.next().await {
            turns.fetch_add(n, Ordering::Relaxed);
        }
        futures::select_biased! {
            () = sleep(ms(1)).fuse() => {}
            () = coro_yield().fuse() => {}
        }
        let backend = ensure_backend(None).expect("a simulation runs");
        let job = || backend.run_blocking(|| takes(ms(3)));
        gather([job(), job()]).await;
        assert!(timeout(ms(1), sleep(LONG)).await.is_err());
        let echoed = move_on_after(LONG, echo()).await;
        turns.fetch_add(echoed.expect("there is time"), Ordering::Relaxed);
        let failing = task_group!(|inner| {
            inner
                .named("fails")
                .start_soon(async { Err("it fails, for a test") });
            sleep_forever().await
        });
        let failing: Result<(), _> = failing;
        assert!(failing.is_err());
        group.handle().start_soon(async { Err("the end") });
    });
    assert!(ended.await.is_err());
    turns.load(Ordering::Relaxed)
}

/// Sends a byte to and fro.
async fn echo() -> usize {
    let mut listener = create_tcp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
    let port = listener.local_address().unwrap().port();
    let echoed = task_group!(|group| {
        group.start_soon(async move {
            let (mut stream, _) = listener.accept().await?;
            let byte = stream.recv(1).await?;
            stream.send_all(&byte).await
        });
        let mut stream = create_tcp_connection("127.0.0.1", port).await.unwrap();
        stream.send_all(b"x").await.unwrap();
        stream.recv(1).await.unwrap().len()
    });
    echoed.expect("nothing fails")
}

fn trace(simulation: &Simulation) -> (usize, String) {
    let (ended, trace) = simulation.run_traced(program());
    (ended.expect("it ends"), trace)
}

#[test]
fn equal_seeds_have_equal_traces() {
    for schedule in SCHEDULES {
        for seed in 0..24 {
            let simulation = Simulation::new(seed).schedule(schedule);
            assert_eq!(
                trace(&simulation),
                trace(&simulation),
                "seed {seed}, {schedule:?}"
            );
        }
    }
}

#[test]
fn different_seeds_have_different_traces() {
    for schedule in SCHEDULES {
        let traces: BTreeSet<_> = (0..24)
            .map(|seed| trace(&Simulation::new(seed).schedule(schedule)))
            .collect();
        assert!(traces.len() > 12, "{schedule:?}: {}", traces.len());
    }
    let [uniform, pct] = SCHEDULES.map(|schedule| trace(&Simulation::new(1).schedule(schedule)).1);
    assert_ne!(uniform, pct);
}

#[test]
fn simulations_in_several_threads_do_not_disturb_each_other() {
    let seeds = 0..8;
    let expected: Vec<_> = seeds.clone().map(|seed| trace(&Simulation::new(seed))).collect();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let seeds = seeds.clone();
            thread::spawn(move || {
                seeds
                    .map(|seed| trace(&Simulation::new(seed)))
                    .collect::<Vec<_>>()
            })
        })
        .collect();
    for thread in threads {
        assert!(thread.join().expect("it does not panic") == expected);
    }
}

#[test]
fn what_ran_before_on_the_thread_does_not_matter() {
    let expected = trace(&Simulation::new(3));
    // One that panics, one that is stuck, one that leaves something, one that is given up.
    let panics = std::panic::catch_unwind(|| easynet::sim::run(0, async { panic!("for a test") }));
    assert!(panics.is_err());
    assert!(easynet::sim::run(0, async { sleep_forever().await }).is_err());
    let leaves = easynet::sim::run(0, async { ensure_backend(None).unwrap().spawn(pending()) });
    assert!(leaves.is_err());
    let spins = Simulation::new(0).step_limit(7).run(async {
        loop {
            coro_yield().await;
        }
    });
    assert!(spins.is_err());
    assert!(trace(&Simulation::new(3)) == expected);
}

#[test]
fn being_traced_changes_nothing() {
    for seed in 0..16 {
        let simulation = Simulation::new(seed);
        assert_eq!(simulation.run(program()).unwrap(), trace(&simulation).0);
    }
}

#[test]
fn each_step_has_its_number_and_there_is_one_line_for_each() {
    let (_, trace) = trace(&Simulation::new(0));
    let steps: Vec<u64> = trace
        .lines()
        .filter_map(|line| line[13..].strip_prefix("step ")?.split(':').next()?.parse().ok())
        .collect();
    assert!(steps.len() > 30, "{trace}");
    assert!(steps.iter().copied().eq(1..=steps.len() as u64), "{trace}");
}

/// Of all the programs and seeds, in one number.
#[test]
fn prints_what_its_traces_add_up_to() {
    let traces = (0..8).flat_map(|seed| SCHEDULES.map(|schedule| (seed, schedule)));
    let mut hasher = DefaultHasher::new();
    for (seed, schedule) in traces {
        trace(&Simulation::new(seed).schedule(schedule)).hash(&mut hasher);
        Simulation::new(seed)
            .schedule(schedule)
            .run_traced(random(seed))
            .1
            .hash(&mut hasher);
    }
    println!("seed {}", hasher.finish());
}

/// Nothing depends on addresses, on hash tables, or on what threads there are.
#[test]
fn another_process_has_the_same_traces() {
    let sum = || {
        Child::of(module_path!(), "prints_what_its_traces_add_up_to")
            .run()
            .seeds()
    };
    let (first, second) = (sum(), sum());
    assert_eq!(first.len(), 1);
    assert_eq!(first, second);
}

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
    assert!(trace.trim_end().ends_with("step 2: task 2 `stuck`"), "{trace}");
}
