//! CKP: yielding, sleeping, the clock.
#![forbid(unsafe_code)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use easynet::{
    TaskGroup,
    cancel::{catch_cancelled, is_cancelled, open_cancel_scope},
    task::create_task_group,
    time::{
        cancel_shielded_coro_yield, coro_yield, current_time, move_on_after, sleep, sleep_forever,
        sleep_until,
    },
};
use easynet_tests::{LONG, Log, Runner, each_backend, each_virtual_backend, ms};

each_virtual_backend! {
    /// CKP-01
    async fn tasks_that_yield_take_turns() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                for name in ["a", "b"] {
                    let log = log.clone();
                    group.start_soon(async move {
                        for _ in 0..3 {
                            log.add(name);
                            coro_yield().await;
                        }
                    });
                }
            })
            .await
            .unwrap();
        let entries = log.entries();
        assert_eq!(entries.len(), 6);
        assert!(entries.windows(2).all(|pair| pair[0] != pair[1]), "{entries:?}");
    }

    /// CKP-09
    async fn a_sleep_of_zero_lets_a_ready_task_run_first() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let other = log.clone();
                group.start_soon(async move { other.add("other") });
                sleep(Duration::ZERO).await;
                log.add("this");
            })
            .await
            .unwrap();
        log.assert(&["other", "this"]);
    }

    /// CKP-09, for all that yields.
    async fn every_way_to_yield_lets_a_ready_task_run_first() {
        for way in 0..4 {
            let log = Log::new();
            let group: TaskGroup = create_task_group();
            group
                .run(async {
                    let other = log.clone();
                    group.start_soon(async move { other.add("other") });
                    match way {
                        0 => coro_yield().await,
                        1 => cancel_shielded_coro_yield().await,
                        2 => sleep_until(current_time()).await,
                        _ => sleep_until(current_time() - ms(1)).await,
                    }
                    log.add("this");
                })
                .await
                .unwrap();
            log.assert(&["other", "this"]);
        }
    }

    /// CKP-05
    async fn a_sleep_without_end_ends_when_its_scope_is_cancelled_from_outside(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope();
        let group: TaskGroup = create_task_group();
        let handle = scope.clone();
        group
            .run(async {
                group.start_soon(async move {
                    sleep(ms(500)).await;
                    handle.cancel();
                });
                assert!(scope.run(sleep_forever()).await.is_none());
                watch.assert_reads(ms(500));
            })
            .await
            .unwrap();
        assert!(scope.cancelled_caught());
    }

    async fn sleeps_end_in_the_order_of_their_deadlines(runner: Runner) {
        let watch = runner.stopwatch();
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                for (name, delay) in [("c", 90), ("a", 30), ("d", 120), ("b", 60)] {
                    let log = log.clone();
                    group.start_soon(async move {
                        sleep(ms(delay)).await;
                        watch.assert_reads(ms(delay));
                        log.add(name);
                    });
                }
            })
            .await
            .unwrap();
        log.assert(&["a", "b", "c", "d"]);
        watch.assert_reads(ms(120));
    }

    async fn a_sleep_counts_from_the_call_that_made_it(runner: Runner) {
        let watch = runner.stopwatch();
        let late = sleep(ms(100));
        sleep(ms(60)).await;
        late.await;
        watch.assert_reads(ms(100));
    }
}

each_backend! {
    /// CKP-01, as far as it holds on several threads: nobody keeps a thread by yielding.
    async fn tasks_that_yield_for_each_other_all_get_on() {
        let arrived = Arc::new(AtomicUsize::new(0));
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                for _ in 0..8 {
                    let arrived = arrived.clone();
                    group.start_soon(async move {
                        for round in 1..=3 {
                            arrived.fetch_add(1, SeqCst);
                            while arrived.load(SeqCst) < 8 * round {
                                coro_yield().await;
                            }
                        }
                    });
                }
            })
            .await
            .unwrap();
        assert_eq!(arrived.load(SeqCst), 24);
    }

    /// CKP-09, as far as it holds on several threads.
    async fn sleeps_of_zero_let_others_get_on() {
        let ran = Arc::new(AtomicUsize::new(0));
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let other = ran.clone();
                group.start_soon(async move { other.store(1, SeqCst) });
                while ran.load(SeqCst) == 0 {
                    sleep(Duration::ZERO).await;
                }
            })
            .await
            .unwrap();
    }

    /// CKP-02, C1
    async fn a_yield_in_a_cancelled_scope_does_not_return() {
        let log = Log::new();
        let scope = open_cancel_scope();
        scope.cancel();
        let value = scope
            .run(async {
                log.add("before");
                coro_yield().await;
                log.add("after");
            })
            .await;
        assert!(value.is_none());
        assert!(scope.cancelled_caught());
        log.assert(&["before"]);
    }

    /// CKP-03: in a scope that is cancelled already, and in one that is cancelled inside.
    async fn every_sleep_in_a_cancelled_scope_does_not_return() {
        for way in 0..6 {
            for inside in [false, true] {
                let log = Log::new();
                let scope = open_cancel_scope();
                let body = async {
                    if inside {
                        scope.cancel();
                    }
                    assert!(is_cancelled());
                    match way {
                        0 => sleep(Duration::ZERO).await,
                        1 => sleep(ms(1)).await,
                        2 => sleep_until(current_time()).await,
                        3 => sleep_until(current_time() - ms(1)).await,
                        4 => sleep_forever().await,
                        _ => coro_yield().await,
                    }
                    log.add("after");
                };
                if !inside {
                    scope.cancel();
                }
                assert!(scope.run(body).await.is_none());
                assert!(scope.cancelled_caught());
                log.assert(&[]);
            }
        }
    }

    /// CKP-04
    async fn a_sleep_until_a_deadline_does_not_end_before_it() {
        let deadline = current_time() + ms(5);
        sleep_until(deadline).await;
        assert!(current_time() >= deadline);
    }

    /// CKP-05
    async fn a_sleep_without_end_ends_at_the_deadline_of_its_scope(runner: Runner) {
        let watch = runner.stopwatch();
        let value = move_on_after(ms(5), sleep_forever()).await;
        assert!(value.is_none());
        watch.assert_reads(ms(5));
    }

    /// CKP-06
    async fn a_shielded_yield_completes_in_a_cancelled_scope() {
        let scope = open_cancel_scope();
        scope.cancel();
        let value = scope
            .run(async {
                cancel_shielded_coro_yield().await;
                7
            })
            .await;
        assert_eq!(value, Some(7));
        assert!(scope.cancel_called() && !scope.cancelled_caught());
    }

    /// CKP-07
    async fn a_cancellation_waits_for_the_first_yield_that_is_not_shielded() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let inside = log.clone();
                let (suspended, ready) = futures::channel::oneshot::channel();
                let (go, gone) = futures::channel::oneshot::channel();
                let task = group.spawn_value(async move {
                    inside.add("a");
                    suspended.send(()).unwrap();
                    // Holds until the cancellation has been asked for, without being a place where it lands.
                    easynet::cancel::ignore_cancellation(gone).await.unwrap();
                    cancel_shielded_coro_yield().await;
                    inside.add("b");
                    cancel_shielded_coro_yield().await;
                    inside.add("c");
                    coro_yield().await;
                    inside.add("d");
                });
                ready.await.unwrap();
                assert!(task.cancel());
                go.send(()).unwrap();
                task.wait().await;
                assert!(task.done() && task.cancelled());
            })
            .await
            .unwrap();
        log.assert(&["a", "b", "c"]);
    }

    /// CKP-08
    async fn the_clock_goes_on_while_one_sleeps(runner: Runner) {
        let watch = runner.stopwatch();
        let mut before = current_time();
        for _ in 0..5 {
            sleep(ms(1)).await;
            let now = current_time();
            assert!(now >= before + ms(1));
            before = now;
        }
        assert!(watch.elapsed() >= ms(5));
    }

    /// CKP-08
    async fn the_clock_never_goes_back() {
        let mut before = current_time();
        for _ in 0..1_000 {
            coro_yield().await;
            let now = current_time();
            assert!(now >= before);
            before = now;
        }
    }

    /// Contract 2: a delay that no clock can hold has no end.
    async fn a_sleep_too_long_for_the_clock_has_no_end() {
        for delay in [
            Duration::MAX,
            Duration::from_secs(u64::MAX / 2),
            Duration::from_secs(1 << 62),
        ] {
            assert!(move_on_after(ms(1), sleep(delay)).await.is_none());
        }
    }

    /// Contract 2: nothing overflows, at the edge of the clock either.
    async fn the_last_moment_of_the_clock_is_a_deadline_like_any_other() {
        let last = last_moment();
        assert!(last.checked_add(Duration::from_nanos(1)).is_none());
        assert!(move_on_after(ms(1), sleep_until(last)).await.is_none());
        let value = easynet::time::move_on_at(last, async {
            sleep(ms(1)).await;
            3
        })
        .await;
        assert_eq!(value, Some(3));
        let scope = easynet::cancel::open_cancel_scope_at(last);
        assert_eq!(scope.when(), Some(last));
        assert_eq!(
            scope
                .run(async {
                    sleep(ms(1)).await;
                    4
                })
                .await,
            Some(4)
        );
    }

    /// Contract 2: any number of shielded yields in a row observes no cancellation.
    async fn shielded_yields_in_a_row_observe_nothing() {
        let scope = open_cancel_scope();
        let mut yields = 0;
        let value = scope
            .run(async {
                scope.cancel();
                for _ in 0..100 {
                    cancel_shielded_coro_yield().await;
                    yields += 1;
                }
                coro_yield().await;
            })
            .await;
        assert!(value.is_none());
        assert_eq!(yields, 100);
    }

    /// C3: a checkpoint starts nothing in a cancelled scope, however often it is polled.
    async fn a_cancelled_sleep_stays_cancelled() {
        let scope = open_cancel_scope();
        scope.cancel();
        scope
            .run(async {
                for _ in 0..3 {
                    catch_cancelled(sleep(Duration::ZERO)).await.unwrap_err();
                    catch_cancelled(sleep_until(current_time() - ms(1)))
                        .await
                        .unwrap_err();
                    catch_cancelled(coro_yield()).await.unwrap_err();
                }
            })
            .await
            .unwrap();
        assert!(!scope.cancelled_caught());
    }

    async fn a_sleep_that_was_dropped_is_of_no_consequence(runner: Runner) {
        let watch = runner.stopwatch();
        for _ in 0..10 {
            let mut sleeping = Box::pin(sleep(LONG));
            assert!(futures::poll!(sleeping.as_mut()).is_pending());
            drop(sleeping);
        }
        sleep(ms(2)).await;
        watch.assert_below(ms(20));
    }
}

/// The last moment that [`Instant`] can hold.
fn last_moment() -> Instant {
    let mut last = current_time();
    for exponent in (0..64).rev() {
        while let Some(later) = last.checked_add(Duration::from_secs(1 << exponent)) {
            last = later;
        }
    }
    for exponent in (0..30).rev() {
        while let Some(later) = last.checked_add(Duration::from_nanos(1 << exponent)) {
            last = later;
        }
    }
    last
}
