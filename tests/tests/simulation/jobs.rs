//! Blocking jobs: run when the seed says, in virtual time, as many at once as the options say.

use std::{
    num::NonZeroUsize,
    panic::panic_any,
    time::{Duration, Instant},
};

use easynet::{
    AsyncBackend as _, RunnerOptions, ensure_backend,
    sim::{self, Simulation, run, takes},
    task_group,
    time::{coro_yield, current_time, move_on_after, sleep, timeout},
};
use easynet_tests::{DropFlag, LONG, Log, Runner, ms, panic_message};

use super::{SCHEDULES, outputs};

/// Runs a job on the running backend.
async fn job<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> T {
    ensure_backend(None)
        .expect("a simulation runs")
        .run_blocking(job)
        .await
}

/// A simulation with so many threads for jobs.
fn with_threads(threads: usize) -> Simulation {
    let threads = NonZeroUsize::new(threads).expect("one at least");
    Simulation::new(0).runner_options(RunnerOptions::new().max_blocking_threads(threads.get()))
}

/// When each of so many jobs of one second ends, in seconds, if all are started at once.
async fn ends_of_jobs(jobs: usize) -> Vec<u64> {
    let start = current_time();
    let ends = easynet::task::gather((0..jobs).map(|_| async move {
        job(|| takes(Duration::from_secs(1))).await;
        (current_time() - start).as_secs()
    }));
    let mut ends = ends.await;
    ends.sort_unstable();
    ends
}

#[test]
fn the_order_of_jobs_is_left_to_the_seed() {
    for schedule in SCHEDULES {
        let orders = outputs(schedule, 64, || async {
            let log = Log::new();
            let jobs = ["one", "two", "three"].map(|name| {
                let log = log.clone();
                job(move || log.add(name))
            });
            easynet::task::gather(jobs).await;
            log.entries()
        });
        assert_eq!(orders.len(), 6, "{schedule:?}: {orders:?}");
    }
}

#[test]
fn a_job_runs_before_or_after_what_a_task_does_meanwhile() {
    for schedule in SCHEDULES {
        let orders = outputs(schedule, 64, || async {
            let log = Log::new();
            task_group!(|group| {
                let own = log.clone();
                group.start_soon(async move { own.add("task") });
                let own = log.clone();
                job(move || own.add("job")).await;
            })
            .unwrap();
            log.entries()
        });
        assert_eq!(orders.len(), 2, "{schedule:?}: {orders:?}");
    }
}

#[test]
fn a_job_that_says_nothing_takes_no_time() {
    run(0, async {
        let start = current_time();
        assert_eq!(job(|| 42).await, 42);
        assert_eq!(current_time(), start);
    })
    .unwrap();
}

#[test]
fn a_job_takes_the_sum_of_what_it_says() {
    run(0, async {
        let start = current_time();
        let backend = ensure_backend(None).unwrap();
        let (first, second): (Instant, Instant) = job(move || {
            takes(LONG);
            let first = backend.current_time();
            takes(ms(1));
            (first, backend.current_time())
        })
        .await;
        assert_eq!(first, start + LONG, "the job's own clock goes on");
        assert_eq!(second, start + LONG + ms(1));
        assert_eq!(current_time(), second);
    })
    .unwrap();
}

#[test]
fn what_a_job_takes_is_not_seen_by_others_before_it_has_passed() {
    run(0, async {
        let start = current_time();
        task_group!(|group| {
            group.start_soon(job(|| takes(LONG)));
            for _ in 0..10 {
                coro_yield().await;
                assert_eq!(current_time(), start);
            }
            sleep(ms(1)).await;
            assert_eq!(current_time(), start + ms(1));
        })
        .unwrap();
        assert_eq!(current_time(), start + LONG);
    })
    .unwrap();
}

#[test]
fn as_many_jobs_run_at_once_as_there_are_threads() {
    for (threads, ends) in [
        (1, [1, 2, 3, 4]),
        (2, [1, 1, 2, 2]),
        (3, [1, 1, 1, 2]),
        (4, [1, 1, 1, 1]),
    ] {
        assert_eq!(
            with_threads(threads).run(ends_of_jobs(4)).unwrap(),
            ends,
            "{threads} threads"
        );
    }
}

#[test]
fn the_thread_of_a_job_that_panics_is_given_to_the_next() {
    let ended = with_threads(1).run(async {
        task_group!(|group| {
            for _ in 0..3 {
                group.start_soon(async {
                    let panicking =
                        futures::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(job(|| {
                            takes(ms(1));
                            panic!("it panics, for a test")
                        })));
                    let panic: Result<(), _> = panicking.await;
                    assert!(panic.is_err());
                });
            }
        })
        .unwrap();
        job(|| 7).await
    });
    assert_eq!(ended.unwrap(), 7);
}

#[test]
fn the_panic_of_a_job_resumes_with_its_payload() {
    let panic = std::panic::catch_unwind(|| run(0, job(|| panic_any(17_u8))));
    assert_eq!(*panic.unwrap_err().downcast::<u8>().expect("its own payload"), 17);
}

#[test]
fn a_job_whose_waiter_is_dropped_runs_all_the_same() {
    for schedule in SCHEDULES {
        for seed in 0..16 {
            let (ran, flag) = (DropFlag::new(), DropFlag::new());
            let (guard, value) = (ran.guard(), flag.guard());
            let dropped = Simulation::new(seed).schedule(schedule).run(async move {
                let waiter = Box::pin(job(move || {
                    takes(ms(2));
                    drop(guard);
                    value
                }));
                assert!(timeout(ms(1), waiter).await.is_err());
            });
            dropped.unwrap();
            assert!(ran.is_set(), "it has not run");
            assert!(flag.is_set(), "its value is not dropped");
        }
    }
}

#[test]
fn a_job_that_waits_for_a_thread_when_its_waiter_is_dropped_runs_all_the_same() {
    let log = Log::new();
    let own = log.clone();
    let ended = with_threads(1).run(async move {
        let jobs = easynet::task::gather((0..3).map(|n| {
            let log = own.clone();
            job(move || {
                takes(LONG);
                log.add(n.to_string());
            })
        }));
        assert!(move_on_after(ms(1), jobs).await.is_none());
    });
    ended.unwrap();
    log.assert_unordered(&["0", "1", "2"]);
}

#[test]
fn a_program_ends_when_its_last_job_has_ended() {
    let log = Log::new();
    let own = log.clone();
    let (ended, trace) = Simulation::new(0).run_traced(async move {
        let waiter = job(move || {
            takes(LONG);
            own.add("the job has run");
        });
        assert!(move_on_after(ms(0), waiter).await.is_none());
        7
    });
    assert_eq!(ended.unwrap(), 7);
    log.assert(&["the job has run"]);
    assert!(trace.trim_end().ends_with("job 2 ends"), "{trace}");
    assert!(trace.contains("3600s "), "{trace}");
}

#[test]
fn takes_is_not_for_tasks() {
    let text = panic_message(|| run(0, async { takes(ms(1)) }));
    assert!(text.contains("sim::takes is for blocking jobs"), "{text}");
    // Nor does a job that has ended, or panicked, make it so.
    let text = panic_message(|| {
        run(0, async {
            job(|| takes(ms(1))).await;
            takes(ms(1));
        })
    });
    assert!(text.contains("sim::takes is for blocking jobs"), "{text}");
}

#[test]
fn takes_does_nothing_outside_of_a_simulation() {
    takes(LONG);
    Runner::TOKIO_CURRENT_THREAD.run(async {
        let start = current_time();
        job(|| sim::takes(LONG)).await;
        assert!(current_time() - start < LONG);
    });
}

#[test]
fn a_job_that_panics_has_taken_its_time() {
    run(0, async {
        let start = current_time();
        let panicking = std::panic::AssertUnwindSafe(job(|| {
            takes(LONG);
            panic!("it panics, for a test")
        }));
        let panic: Result<(), _> = futures::FutureExt::catch_unwind(panicking).await;
        assert!(panic.is_err());
        assert_eq!(current_time(), start + LONG);
    })
    .unwrap();
}
