//! The threads of jobs in a runtime of tokio that easynet has made: what jobs find there, and when they end.

use std::{
    future::IntoFuture,
    pin::pin,
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc::{channel, sync_channel},
    },
    thread,
};

use easynet::{
    AsyncBackend, ensure_backend,
    prelude::*,
    threads::{current_portal, run_in_thread},
    time::sleep,
};
use easynet_tests::{LONG, Log, Runner, ms};
use futures::poll;
use tokio::runtime::Handle;

/// Runs a test on each flavour of tokio, its clock running.
fn in_real_time(test: impl Fn(Runner) + Send + Clone + 'static) {
    for runner in [
        Runner::TOKIO_CURRENT_THREAD_IN_REAL_TIME,
        Runner::TOKIO_MULTI_THREAD,
    ] {
        runner.watch(test.clone());
    }
}

#[test]
fn a_job_may_use_the_runtime_of_its_task() {
    in_real_time(|runner| {
        runner.run(async {
            let own = Handle::current().id();
            let answer = run_in_thread(move || {
                assert_eq!(Handle::current().id(), own);
                let task = tokio::spawn(async { 42 });
                let nested = async move {
                    let backend = ensure_backend(None).unwrap();
                    let nested = backend.run_blocking(|| Handle::current().id()).await;
                    (task.await.unwrap(), nested)
                };
                Handle::current().block_on(nested)
            });
            assert_eq!(answer.await, (42, own));
        });
    });
}

#[test]
fn jobs_that_wait_for_each_other_run_at_once() {
    const JOBS: usize = 20;
    in_real_time(|runner| {
        runner.run(async {
            let met = Arc::new(Barrier::new(JOBS));
            task_group!(|group| {
                for _ in 0..JOBS {
                    let met = met.clone();
                    group.start_soon(async move {
                        run_in_thread(move || met.wait()).await;
                    });
                }
            })
            .unwrap();
        });
    });
}

#[test]
fn jobs_have_as_many_threads_as_the_options_say_and_the_name_they_say() {
    in_real_time(|runner| {
        let options = runner.options().max_blocking_threads(2).thread_name("mine");
        let program = async {
            let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
            task_group!(|group| {
                for _ in 0..16 {
                    let (running, most) = (running.clone(), most.clone());
                    group.start_soon(async move {
                        run_in_thread(move || {
                            assert_eq!(thread::current().name(), Some("mine"));
                            most.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
                            // So that others may begin.
                            current_portal().unwrap().run_coroutine(sleep(ms(1))).unwrap();
                            running.fetch_sub(1, SeqCst);
                        })
                        .await;
                    });
                }
            })
            .unwrap();
            assert_eq!(most.load(SeqCst), 2);
        };
        runner.backend().bootstrap_with(&options, program).unwrap();
    });
}

#[test]
fn a_job_that_nobody_waits_for_outlives_the_runtime_and_one_that_has_not_begun_is_dropped() {
    in_real_time(|runner| {
        let log = Log::new();
        let (go, wait) = channel::<()>();
        let (ended, has_ended) = sync_channel(1);
        let options = runner.options().max_blocking_threads(1);
        let inside = log.clone();
        let program = async move {
            let backend = ensure_backend(None).unwrap();
            let (began, has_begun) = futures::channel::oneshot::channel();
            let first = backend.run_blocking(move || {
                began.send(()).unwrap();
                wait.recv().unwrap();
                ended.send(()).unwrap();
            });
            let captured = inside.on_drop("dropped");
            let second = backend.run_blocking(move || {
                let _captured = captured;
                inside.add("ran");
            });
            let (mut first, mut second) = (Box::pin(first), Box::pin(second));
            assert!(futures::poll!(first.as_mut()).is_pending());
            has_begun.await.unwrap();
            assert!(futures::poll!(second.as_mut()).is_pending());
        };
        runner.backend().bootstrap_with(&options, program).unwrap();
        log.assert(&["dropped"]);
        go.send(()).unwrap();
        has_ended.recv().unwrap();
    });
}

/// Time stands still while a job runs, however often its event loop has nothing to do.
async fn time_waits_for_the_job() {
    let log = Log::new();
    let own = log.clone();
    task_group!(|group| {
        group.start_soon(async move {
            sleep(LONG).await;
            own.add("the time has passed");
        });
        run_in_thread(|| {
            for _ in 0..200 {
                current_portal().unwrap().run_sync(thread::yield_now).unwrap();
                thread::yield_now();
            }
        })
        .await;
        log.add("the job has ended");
    })
    .unwrap();
    log.assert(&["the job has ended", "the time has passed"]);
}

#[test]
fn a_clock_that_stands_still_waits_for_jobs_whenever_it_was_stopped() {
    Runner::TOKIO_CURRENT_THREAD.watch(|runner| runner.run(time_waits_for_the_job()));
    Runner::TOKIO_CURRENT_THREAD_IN_REAL_TIME.watch(|runner| {
        runner.run(async {
            assert_eq!(run_in_thread(|| 1).await, 1);
            tokio::time::pause();
            time_waits_for_the_job().await;
            tokio::time::resume();
            assert_eq!(run_in_thread(|| 2).await, 2);
        });
    });
}

/// A future may be moved to another runtime (C9): its job is not lost when the first one ends before it has begun.
#[test]
fn a_job_that_waits_in_a_runtime_that_ends_runs_in_that_of_its_future() {
    // On threads of the backend's own, and on tokio's.
    for first in [
        Runner::TOKIO_CURRENT_THREAD_IN_REAL_TIME,
        Runner::TOKIO_MULTI_THREAD,
        Runner::TOKIO_CURRENT_THREAD,
    ] {
        first.watch(|first| {
            let (go, wait) = channel::<()>();
            let left = async move {
                // The only thread is busy, with a job that nobody waits for.
                let (began, has_begun) = channel();
                let backend = ensure_backend(None).unwrap();
                let busy = pin!(backend.run_blocking(move || {
                    began.send(()).unwrap();
                    let _ = wait.recv();
                }));
                assert!(poll!(busy).is_pending());
                has_begun.recv().unwrap();
                let mut job = Box::pin(run_in_thread(|| 42).into_future());
                assert!(poll!(&mut job).is_pending());
                [job]
            };
            let options = first.options().max_blocking_threads(1);
            let [job] = first.backend().bootstrap_with(&options, left).unwrap();
            go.send(()).unwrap();
            assert_eq!(Runner::TOKIO_MULTI_THREAD.run(job), 42);
        });
    }
}
