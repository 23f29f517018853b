//! Threads in the simulation: they take turns with it, as the seed says.

use std::{collections::BTreeSet, future::IntoFuture as _};

use easynet::{
    prelude::*,
    sim::{Schedule, Simulation, cancel_at_every_await, run, takes},
    sync::Event,
    task::gather,
    threads::{create_threads_portal, current_portal, run_coroutine, run_in_thread, run_sync},
    time::{coro_yield, current_time, move_on_after, sleep, sleep_forever, timeout},
};
use easynet_tests::{DropFlag, LONG, Log, ms};

const SCHEDULES: [Schedule; 2] = [Schedule::Uniform, Schedule::pct()];

/// Two jobs and a task, with calls between them.
async fn conversation() -> Vec<String> {
    let log = Log::new();
    let portal = create_threads_portal();
    portal
        .run(async {
            let jobs = gather(["a", "b"].map(|name| {
                let (log, portal) = (log.clone(), portal.handle());
                run_in_thread(move || {
                    for n in 0..3 {
                        let log = log.clone();
                        portal.run_sync(move || log.add(format!("{name}{n}"))).unwrap();
                    }
                })
                .into_future()
            }));
            let task = async {
                for n in 0..3 {
                    coro_yield().await;
                    log.add(format!("task{n}"));
                }
            };
            gather!(jobs, task);
        })
        .await;
    log.entries()
}

#[test]
fn a_seed_decides_who_calls_when() {
    for schedule in SCHEDULES {
        let mut orders = BTreeSet::new();
        for seed in 0..64 {
            let simulation = || Simulation::new(seed).schedule(schedule);
            let order = simulation().run(conversation()).unwrap();
            assert_eq!(simulation().run(conversation()).unwrap(), order, "seed {seed}");
            assert_eq!(order.len(), 9);
            orders.insert(order);
        }
        assert!(orders.len() > 4, "{schedule:?}: {} orders", orders.len());
    }
}

#[test]
fn equal_seeds_have_equal_traces() {
    for seed in 0..16 {
        let (_, first) = Simulation::new(seed).run_traced(conversation());
        let (_, second) = Simulation::new(seed).run_traced(conversation());
        assert_eq!(first, second);
    }
}

#[test]
fn a_trace_tells_what_a_job_starts() {
    let (ended, trace) = Simulation::new(0).run_traced(async {
        let call = || {
            current_portal()
                .unwrap()
                .named("called")
                .run_coroutine(async { 42 })
        };
        run_in_thread(call).await
    });
    assert_eq!(ended.unwrap(), Ok(42));
    assert!(trace.contains("starts task 3 `called`"), "{trace}");
    assert!(trace.contains("task 3 `called` returns"), "{trace}");
    assert!(trace.contains("waits for a call through a portal"), "{trace}");
}

#[test]
fn a_call_comes_when_the_time_has_passed_that_the_job_has_taken() {
    run(0, async {
        let start = current_time();
        let (called, again) = run_in_thread(move || {
            takes(ms(5));
            let called = run_sync(current_time).unwrap();
            takes(ms(7));
            let again = run_coroutine(async {
                sleep(ms(1)).await;
                current_time()
            });
            (called, again.unwrap())
        })
        .await;
        assert_eq!((called - start, again - start), (ms(5), ms(13)));
        assert_eq!(current_time(), again);
    })
    .unwrap();
}

#[test]
fn a_job_is_told_in_virtual_time() {
    for seed in 0..16 {
        run(seed, async {
            let start = current_time();
            let told = timeout(
                ms(50),
                run_in_thread(move || {
                    for step in 0.. {
                        takes(ms(20));
                        if easynet::cancel::is_cancelled() {
                            return step;
                        }
                    }
                    unreachable!()
                }),
            );
            // At 20, 40 and 60 milliseconds.
            assert_eq!(told.await, Ok(2));
            assert_eq!(current_time() - start, ms(60));
        })
        .unwrap();
    }
}

#[test]
fn a_thread_that_waits_does_so_in_virtual_time() {
    run(0, async {
        let start = current_time();
        let waited = run_in_thread(|| {
            let mut call = current_portal()
                .unwrap()
                .run_coroutine_soon(sleep(2 * LONG))
                .unwrap();
            let in_time = call.wait_timeout(LONG);
            (in_time.unwrap_err().is_timed_out(), call.cancel())
        });
        assert_eq!(waited.await, (true, true));
        assert_eq!(current_time() - start, LONG);
    })
    .unwrap();
}

#[test]
fn an_abandoned_job_takes_its_time() {
    run(0, async {
        let start = current_time();
        task_group!(|group| {
            let _ = &group;
            let job = run_in_thread(|| takes(LONG)).abandon_on_cancel(true);
            assert!(move_on_after(ms(1), job).await.is_none());
            assert_eq!(current_time() - start, ms(1));
        })
        .unwrap();
        assert_eq!(current_time() - start, LONG);
    })
    .unwrap();
}

#[test]
fn a_job_that_waits_for_ever_is_a_deadlock_with_a_report() {
    let (unwound, log) = (DropFlag::new(), Log::new());
    let (guard, own) = (unwound.guard(), log.clone());
    let stuck = run(0, async move {
        run_in_thread(move || {
            let _guard = guard;
            let _log = own.on_drop("unwound");
            let _ = run_coroutine(sleep_forever());
            own.add("it goes on");
        })
        .named("stuck")
        .await
    });
    let error = stuck.unwrap_err();
    assert!(error.is_deadlock());
    let report = error.to_string();
    assert!(report.contains("waits for a call through a portal"), "{report}");
    assert!(unwound.is_set(), "nothing is left of the job");
    log.assert(&["unwound"]);
}

#[test]
fn a_job_that_is_unwound_may_call_on_its_way() {
    struct Caller(Log);
    impl Drop for Caller {
        fn drop(&mut self) {
            let called = run_sync(|| ());
            self.0.add(if called.is_err() { "refused" } else { "called" });
            let _ = easynet::cancel::check_cancelled();
        }
    }
    let log = Log::new();
    let own = log.clone();
    let stuck = run(0, async move {
        run_in_thread(move || {
            let _caller = Caller(own);
            let _ = run_coroutine(sleep_forever());
        })
        .await
    });
    assert!(stuck.unwrap_err().is_deadlock());
    log.assert(&["refused"]);
}

#[test]
fn a_program_that_panics_leaves_no_job() {
    let unwound = DropFlag::new();
    let guard = unwound.guard();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        run(0, async move {
            let begun = std::sync::Arc::new(Event::new());
            let event = begun.clone();
            let job = run_in_thread(move || {
                let _guard = guard;
                run_sync(move || event.set()).unwrap();
                let _ = run_coroutine(sleep_forever());
            });
            let mut job = Box::pin(job.abandon_on_cancel(true).into_future());
            let _ = futures::future::select(&mut job, Box::pin(begun.wait())).await;
            panic!("it panics, for a test");
        })
    }));
    assert!(panicked.is_err());
    assert!(unwound.is_set());
}

#[test]
fn as_many_jobs_block_at_once_as_there_are_threads() {
    run(0, async {
        let (portal, event) = (create_threads_portal(), std::sync::Arc::new(Event::new()));
        portal
            .run(async {
                let jobs = (0..100).map(|n| {
                    let (portal, event) = (portal.handle(), event.clone());
                    run_in_thread(move || {
                        if n == 99 {
                            portal.run_sync(move || event.set()).unwrap();
                        } else {
                            portal.run_coroutine(async move { event.wait().await }).unwrap();
                        }
                    })
                    .into_future()
                });
                gather(jobs).await;
            })
            .await;
    })
    .unwrap();
}

/// Cancelled at each of their suspension points in turn, in whichever task, jobs and portals leave nothing, and nobody waits for ever.
#[test]
fn jobs_and_portals_stand_being_cancelled_everywhere() {
    for schedule in SCHEDULES {
        for seed in 0..4 {
            for abandon in [false, true] {
                let simulation = Simulation::new(seed).schedule(schedule);
                let points = cancel_at_every_await(&simulation, move |cut| async move {
                    let held = cut.witness();
                    let outer = create_threads_portal();
                    let handle = outer.handle();
                    // Boxed: without optimisation each layer around it copies it.
                    let part = Box::pin(async move {
                        let body = outer.run(async {
                            coro_yield().await;
                            let held = held.clone();
                            let job = run_in_thread(move || {
                                let _held = held.clone();
                                takes(ms(1));
                                let own = held.clone();
                                let soon = handle.run_coroutine_soon(async move {
                                    sleep(ms(2)).await;
                                    drop(own);
                                });
                                let own = held.clone();
                                let _ = run_coroutine(async move {
                                    coro_yield().await;
                                    drop(own);
                                });
                                let _ = handle.run_sync(move || drop(held));
                                let _ = soon.and_then(|soon| soon.wait());
                            });
                            job.abandon_on_cancel(abandon).await;
                            coro_yield().await;
                        });
                        body.await;
                    });
                    task_group!(|group| {
                        let _ = &group;
                        cut.run(part).await;
                    })
                    .expect("nothing fails");
                });
                let points =
                    points.unwrap_or_else(|error| panic!("{schedule:?}, {seed}, {abandon}: {error}"));
                assert!(points > 5, "{points}");
            }
        }
    }
}
