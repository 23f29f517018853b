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
use futures::{FutureExt, StreamExt, channel::mpsc, stream::FuturesUnordered};

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
