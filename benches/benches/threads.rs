//! What does it cost to leave the event loop, and to come back? Jobs beside `spawn_blocking`, and calls through a portal
//! beside `Handle::spawn` with a channel of std.
//!
//! All candidates run in the same runtime: one that `bootstrap` has made, where easynet's jobs have threads of its own, and one of tokio's, where
//! all share tokio's. Where the runtime has one thread, that and those of the jobs share one processor, so that what is measured is work: between two
//! that are idle, waking the other one takes longer than all the rest. Runtimes with two threads have the whole machine.
//!
//! - The peer of a job is `tokio::task::spawn_blocking`, whose value is awaited.
//! - The peer of a call is what one writes without a portal: `Handle::spawn`, and a channel of std on which the calling thread waits.

use std::{
    pin::Pin,
    sync::{Arc, mpsc::sync_channel},
    thread,
};

use easynet::{
    Flavor,
    cancel::open_cancel_scope,
    sync::Event,
    threads::{PortalHandle, create_threads_portal, run_in_thread},
};
use easynet_benches::{Bench, Candidate, FLAVORS, Processors, Question, in_easynet, run, runtime};
use tokio::{
    runtime::{Handle, Runtime},
    task::{JoinSet, spawn_blocking},
};

type Program = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs a program as a task of a runtime, and waits for it.
type Runs<'a> = &'a dyn Fn(Program);

/// Measures in a runtime that easynet has made, where jobs have threads of its own.
fn in_own_runtime(flavor: Flavor, measure: impl FnOnce(Runs<'_>)) {
    let (sender, receiver) = sync_channel(1);
    let stop = Arc::new(Event::new());
    let until = stop.clone();
    thread::scope(|scope| {
        scope.spawn(|| {
            in_easynet(flavor, async move {
                sender.send(Handle::current()).expect("somebody waits");
                until.wait().await;
            });
        });
        let handle = receiver.recv().expect("it says so");
        measure(&|program| {
            let (sender, receiver) = sync_channel(1);
            drop(handle.spawn(async move {
                program.await;
                sender.send(()).expect("somebody waits");
            }));
            receiver.recv().expect("a benchmark does not panic");
        });
        stop.set();
    });
}

fn one_at_a_time(bench: &Bench, runs: Runs<'_>, place: &str, flavor: Flavor) {
    const JOBS: usize = 1_000;
    bench.compare(
        Question::new(format!("blocking jobs{place}, one at a time"), JOBS).on(flavor),
        vec![
            Candidate::new("tokio spawn_blocking", || {
                runs(Box::pin(async {
                    for n in 0..JOBS {
                        assert_eq!(spawn_blocking(move || n).await.expect("it returns"), n);
                    }
                }));
            }),
            Candidate::new("easynet run_in_thread", || {
                runs(Box::pin(async {
                    let jobs = open_cancel_scope().run(async {
                        for n in 0..JOBS {
                            assert_eq!(run_in_thread(move || n).await, n);
                        }
                    });
                    jobs.await.expect("nobody cancels it");
                }));
            }),
        ],
    );
}

fn many_at_once(bench: &Bench, runs: Runs<'_>, place: &str, flavor: Flavor) {
    const TASKS: usize = 64;
    const JOBS: usize = 100;
    bench.compare(
        Question::new(format!("blocking jobs{place}, 64 at a time"), TASKS * JOBS).on(flavor),
        vec![
            Candidate::new("tokio spawn_blocking", || {
                runs(Box::pin(async {
                    let mut tasks = JoinSet::new();
                    for _ in 0..TASKS {
                        tasks.spawn(async {
                            for n in 0..JOBS {
                                assert_eq!(spawn_blocking(move || n).await.expect("it returns"), n);
                            }
                        });
                    }
                    tasks.join_all().await;
                }));
            }),
            Candidate::new("easynet run_in_thread", || {
                runs(Box::pin(async {
                    let mut tasks = JoinSet::new();
                    for _ in 0..TASKS {
                        tasks.spawn(open_cancel_scope().run(async {
                            for n in 0..JOBS {
                                assert_eq!(run_in_thread(move || n).await, n);
                            }
                        }));
                    }
                    tasks.join_all().await;
                }));
            }),
        ],
    );
}

/// Calls into the loop and waits, so often.
fn call_by_spawning(handle: &Handle, calls: usize) {
    for n in 0..calls {
        let (sender, receiver) = sync_channel(1);
        drop(handle.spawn(async move { sender.send(n).expect("somebody waits") }));
        assert_eq!(receiver.recv(), Ok(n));
    }
}

fn call_through_the_portal(portal: &PortalHandle, calls: usize) {
    for n in 0..calls {
        assert_eq!(portal.run_coroutine(async move { n }), Ok(n));
    }
}

fn call_plainly(portal: &PortalHandle, calls: usize) {
    for n in 0..calls {
        assert_eq!(portal.run_sync(move || n), Ok(n));
    }
}

fn from_threads(call: impl Fn() + Sync, threads: usize) {
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(&call);
        }
    });
}

/// A loop that runs in the background, with a portal in it.
fn calls_into_a_loop(bench: &Bench, runtime: &Runtime, flavor: Flavor) {
    let (sender, receiver) = sync_channel(1);
    let stop = Arc::new(Event::new());
    let until = stop.clone();
    let portal = runtime.spawn(async move {
        let portal = create_threads_portal();
        let body = portal.run(async {
            sender.send(portal.handle()).expect("somebody waits");
            until.wait().await;
        });
        body.await;
    });
    let handle = runtime.handle().clone();
    thread::scope(|scope| {
        scope.spawn(|| runtime.block_on(portal).expect("a benchmark does not panic"));
        let portal = receiver.recv().expect("it says so");
        for (threads, calls) in [(1, 2_000), (8, 250)] {
            bench.compare(
                Question::new(
                    format!("calls from {threads} threads into the loop"),
                    threads * calls,
                )
                .on(flavor),
                vec![
                    Candidate::new("tokio Handle::spawn + std channel", || {
                        from_threads(|| call_by_spawning(&handle, calls), threads);
                    }),
                    Candidate::new("easynet run_coroutine", || {
                        from_threads(|| call_through_the_portal(&portal, calls), threads);
                    }),
                    Candidate::new("easynet run_sync", || {
                        from_threads(|| call_plainly(&portal, calls), threads);
                    }),
                ],
            );
        }
        stop.set();
    });
}

fn main() {
    let bench = Bench::from_arguments(env!("CARGO_CRATE_NAME"));
    let processors = Processors::all();
    for flavor in FLAVORS {
        processors.share(flavor);
        in_own_runtime(flavor, |runs| {
            one_at_a_time(&bench, runs, "", flavor);
            many_at_once(&bench, runs, "", flavor);
        });
        let runtime = runtime(flavor);
        let runs = |program| run(&runtime, program);
        one_at_a_time(&bench, &runs, " in a runtime of tokio's", flavor);
        many_at_once(&bench, &runs, " in a runtime of tokio's", flavor);
        calls_into_a_loop(&bench, &runtime, flavor);
    }
}
