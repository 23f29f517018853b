//! Many threads and many calls: nothing is lost.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

use easynet::{
    prelude::*,
    sync::Event,
    threads::{PortalHandle, create_threads_portal, run_in_thread},
    time::{coro_yield, sleep},
};
use easynet_tests::{Runner, each_tokio_flavor, in_foreign_thread, ms};

const THREADS: usize = 64;
const CALLS: usize = 100_000;

/// Calls in every way, and counts what was called, and what has returned.
fn call(portal: &PortalHandle, n: usize, called: &Arc<AtomicUsize>) -> usize {
    let count = called.clone();
    let plain = move || count.fetch_add(1, SeqCst);
    let count = called.clone();
    let coroutine = async move {
        if n.is_multiple_of(8) {
            coro_yield().await;
        }
        count.fetch_add(1, SeqCst)
    };
    let ended = match n % 4 {
        0 => portal.run_coroutine(coroutine).is_ok(),
        1 => portal.run_sync(plain).is_ok(),
        2 => portal.run_coroutine_soon(coroutine).is_ok(),
        _ => portal.run_sync_soon(plain).is_ok(),
    };
    usize::from(ended)
}

fn many_calls(runner: Runner, threads: usize, calls: usize) {
    let called = Arc::new(AtomicUsize::new(0));
    let count = called.clone();
    let returned = runner.run(async move {
        let portal = create_threads_portal();
        let threads = (0..threads).map(|thread| {
            let (portal, count) = (portal.handle(), count.clone());
            in_foreign_thread(move || {
                (0..calls / threads)
                    .map(|n| call(&portal, n + thread, &count))
                    .sum::<usize>()
            })
        });
        let returned = portal.run(futures::future::join_all(threads)).await;
        returned.into_iter().sum::<usize>()
    });
    let expected = calls / threads * threads;
    assert_eq!((returned, called.load(SeqCst)), (expected, expected));
}

each_tokio_flavor! {
    fn nothing_is_lost_of_a_hundred_thousand_calls(runner: Runner) {
        many_calls(runner, THREADS, CALLS);
    }

    /// A coroutine is a task: it goes on also while the task that has opened the portal is busy with something else.
    fn coroutines_of_many_threads_run_while_nobody_polls_the_portal(runner: Runner) {
        runner.run(async {
            let (portal, end) = (create_threads_portal(), Event::new());
            let mut running = pin!(portal.run(end.wait()));
            assert!(futures::poll!(running.as_mut()).is_pending());
            let threads = (0..8).map(|thread| {
                let portal = portal.handle();
                in_foreign_thread(move || {
                    for n in 0..100 {
                        assert_eq!(portal.run_coroutine(async move { thread + n }), Ok(thread + n));
                    }
                })
            });
            futures::future::join_all(threads).await;
            end.set();
            running.await;
        });
    }

    /// Every call that was taken in has run, whenever the portal is left.
    fn nothing_is_lost_when_the_portal_is_left_meanwhile(runner: Runner) {
        for round in 0..50 {
            let called = Arc::new(AtomicUsize::new(0));
            let count = called.clone();
            let taken = runner.run(async move {
                let portal = create_threads_portal();
                let threads: Vec<_> = (0..8)
                    .map(|thread| {
                        let (portal, count) = (portal.handle(), count.clone());
                        thread::spawn(move || {
                            let mut taken = 0;
                            for n in 0.. {
                                if call(&portal, n + thread, &count) == 0 {
                                    break;
                                }
                                taken += 1;
                            }
                            taken
                        })
                    })
                    .collect();
                portal
                    .run(async {
                        for _ in 0..round {
                            coro_yield().await;
                        }
                    })
                    .await;
                run_in_thread(move || threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()).await
            });
            assert_eq!(called.load(SeqCst), taken);
        }
    }

    async fn jobs_that_are_given_up_at_any_moment_are_all_accounted_for() {
        let (begun, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        task_group!(|group| {
            for n in 0..200_u64 {
                let (begun, ended) = (begun.clone(), ended.clone());
                group.start_soon(async move {
                    let job = run_in_thread(move || {
                        begun.fetch_add(1, SeqCst);
                        thread::yield_now();
                        ended.fetch_add(1, SeqCst);
                    });
                    let job = job.abandon_on_cancel(n % 2 == 0);
                    // Dropped by foreign code.
                    let give_up = async {
                        for _ in 0..n % 7 {
                            coro_yield().await;
                        }
                    };
                    futures::future::select(job.into_future(), Box::pin(give_up)).await;
                });
            }
            sleep(ms(1)).await;
        })
        .unwrap();
        assert_eq!(begun.load(SeqCst), ended.load(SeqCst));
    }
}

/// In the simulation, as jobs of it and as threads that it knows nothing of.
#[test]
fn nothing_is_lost_in_the_simulation() {
    Runner::SIM.watch(|runner| many_calls(runner, 16, 4_000));
    Runner::SIM.watch(|runner| {
        let called = Arc::new(AtomicUsize::new(0));
        let count = called.clone();
        runner.run(async move {
            let portal = create_threads_portal();
            let jobs = (0..THREADS).map(|thread| {
                let (portal, count) = (portal.handle(), count.clone());
                run_in_thread(move || {
                    for n in 0..50 {
                        assert_eq!(call(&portal, n + thread, &count), 1);
                    }
                })
                .into_future()
            });
            portal.run(easynet::task::gather(jobs)).await;
        });
        assert_eq!(called.load(SeqCst), THREADS * 50);
    });
}
