//! SHD: what runs to its end whatever happens outside.
//!
//! SHD-12 asks for `run_in_thread` as well, which there is not yet.
#![forbid(unsafe_code)]

use std::time::Duration;

use easynet::{
    BoxError, TaskGroup,
    cancel::{CancelScope, ignore_cancellation, is_cancelled, open_cancel_scope, open_cancel_scope_after},
    task::{create_task_group, get_current_task},
    time::{
        cancel_shielded_coro_yield, coro_yield, move_on_after, move_on_at, sleep, sleep_forever, timeout,
    },
};
use easynet_tests::{LONG, Log, Runner, each_backend, each_virtual_backend, ms};
use futures::{FutureExt, channel::oneshot, future::BoxFuture};

/// What is shielded in one way or another (SHD-12).
fn shielded_ways() -> Vec<BoxFuture<'static, ()>> {
    vec![
        cancel_shielded_coro_yield().boxed(),
        ignore_cancellation(coro_yield()).boxed(),
        ignore_cancellation(sleep(ms(2))).boxed(),
        ignore_cancellation(ignore_cancellation(sleep(ms(1)))).boxed(),
        ignore_cancellation(async {
            cancel_shielded_coro_yield().await;
            sleep(Duration::ZERO).await;
        })
        .boxed(),
    ]
}

each_virtual_backend! {
    /// SHD-01
    async fn a_scope_waits_for_a_shield_and_does_not_catch(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope_after(ms(10));
        let value = scope
            .run(ignore_cancellation(async {
                sleep(ms(30)).await;
                4
            }))
            .await;
        assert_eq!(value, Some(4));
        assert!(scope.cancel_called() && !scope.cancelled_caught());
        watch.assert_reads(ms(30));
    }

    /// SHD-06
    async fn a_shield_in_a_shield_is_like_one(runner: Runner) {
        let watch = runner.stopwatch();
        let log = Log::new();
        let value = move_on_after(ms(10), async {
            ignore_cancellation(async {
                sleep(ms(30)).await;
                log.add("first");
                ignore_cancellation(sleep(ms(30))).await;
                log.add("second");
                sleep(ms(30)).await;
                log.add("third");
            })
            .await;
            log.add("after the shield");
            coro_yield().await;
            log.add("after the checkpoint");
        })
        .await;
        assert!(value.is_none());
        watch.assert_reads(ms(90));
        log.assert(&["first", "second", "third", "after the shield"]);
    }

    /// SHD-07
    async fn a_group_inside_a_shield_is_shielded(runner: Runner) {
        let watch = runner.stopwatch();
        let log = Log::new();
        let scope = open_cancel_scope_after(ms(10));
        let inside = log.clone();
        let value = scope
            .run(ignore_cancellation(async move {
                let group: TaskGroup = create_task_group();
                group
                    .run(async {
                        let own = inside.clone();
                        group.start_soon(async move {
                            sleep(ms(50)).await;
                            assert!(!is_cancelled());
                            own.add("child");
                        });
                        let own = inside.clone();
                        group.scoped().start_soon(async move {
                            sleep(ms(60)).await;
                            own.add("scoped child");
                        });
                    })
                    .await
            }))
            .await;
        value.expect("the shield finishes first").unwrap();
        assert!(scope.cancel_called() && !scope.cancelled_caught());
        watch.assert_reads(ms(60));
        log.assert(&["child", "scoped child"]);
    }

    /// SHD-08
    async fn a_task_that_is_cancelled_during_a_shield_ends_after_it(runner: Runner) {
        let watch = runner.stopwatch();
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let inside = log.clone();
                let task = group
                    .start(async move {
                        ignore_cancellation(sleep(ms(50))).await;
                        inside.add("shield over");
                        coro_yield().await;
                        inside.add("never");
                        Ok::<_, BoxError>(())
                    })
                    .await;
                for _ in 0..3 {
                    assert!(task.cancel());
                    sleep(ms(10)).await;
                    assert!(!task.done());
                }
                task.wait().await;
                assert!(task.cancelled());
                watch.assert_reads(ms(50));
            })
            .await
            .unwrap();
        log.assert(&["shield over"]);
    }

    /// SHD-10
    async fn the_outer_of_two_cancelled_scopes_catches_after_a_shield(runner: Runner) {
        let watch = runner.stopwatch();
        let log = Log::new();
        let outer = open_cancel_scope_after(ms(500));
        let inner = open_cancel_scope();
        let value = outer
            .run(async {
                inner
                    .run(async {
                        ignore_cancellation(sleep(ms(1000))).await;
                        log.add("shield over");
                        inner.cancel();
                        coro_yield().await;
                        log.add("in the inner scope");
                    })
                    .await;
                log.add("in the outer scope");
            })
            .await;
        assert!(value.is_none());
        watch.assert_reads(ms(1000));
        log.assert(&["shield over"]);
        assert!(outer.cancel_called() && outer.cancelled_caught());
        assert!(inner.cancel_called() && !inner.cancelled_caught());
    }

    /// SHD-13
    async fn bursts_of_requests_do_not_interrupt_a_shield(runner: Runner) {
        let watch = runner.stopwatch();
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let inside = log.clone();
                let task = group.spawn_value(ignore_cancellation(async move {
                    sleep(ms(250)).await;
                    inside.add("first step");
                    sleep(ms(250)).await;
                    inside.add("second step");
                    42
                }));
                for _ in 0..3 {
                    sleep(ms(100)).await;
                    for _ in 0..3 {
                        assert!(task.cancel());
                    }
                }
                assert_eq!(task.join().await.unwrap(), 42);
                watch.assert_reads(ms(500));
            })
            .await
            .unwrap();
        log.assert(&["first step", "second step"]);
    }

    /// Appendix B 3: a shield stops what comes from outside, never what is decided inside.
    async fn a_deadline_inside_a_shield_works_as_usual(runner: Runner) {
        let watch = runner.stopwatch();
        let outer = open_cancel_scope();
        let value = outer
            .run(async {
                outer.cancel();
                ignore_cancellation(async {
                    assert!(!is_cancelled());
                    assert!(move_on_after(ms(10), sleep(LONG)).await.is_none());
                    assert!(timeout(ms(10), sleep(LONG)).await.is_err());
                    let scope = open_cancel_scope();
                    let caught = scope
                        .run(async {
                            scope.cancel();
                            sleep(LONG).await;
                        })
                        .await;
                    assert!(caught.is_none() && scope.cancelled_caught());
                    sleep(ms(10)).await;
                    5
                })
                .await
            })
            .await;
        assert_eq!(value, Some(5));
        watch.assert_reads(ms(30));
    }

    /// An enclosing deadline that passes during a shield is not taken for one inside.
    async fn a_scope_inside_a_shield_does_not_take_over_the_deadline_outside(runner: Runner) {
        let watch = runner.stopwatch();
        let outer = open_cancel_scope_after(ms(10));
        let value = outer
            .run(ignore_cancellation(async {
                move_on_after(ms(50), async {
                    sleep(ms(30)).await;
                    coro_yield().await;
                    7
                })
                .await
            }))
            .await;
        assert_eq!(value, Some(Some(7)));
        watch.assert_reads(ms(30));
    }
}

each_backend! {
    /// SHD-01, in the time there is.
    async fn a_shield_finishes_after_the_deadline() {
        let scope = open_cancel_scope_after(ms(1));
        let value = scope
            .run(ignore_cancellation(async {
                sleep(ms(4)).await;
                4
            }))
            .await;
        assert_eq!(value, Some(4));
        assert!(scope.cancel_called() && !scope.cancelled_caught());
    }

    /// SHD-02
    async fn an_error_of_a_shielded_body_leaves_the_scope() {
        let scope = open_cancel_scope_after(ms(1));
        let value = scope
            .run(ignore_cancellation(async {
                sleep(ms(4)).await;
                Err::<(), _>("E")
            }))
            .await;
        assert_eq!(value, Some(Err("E")));
        assert!(!scope.cancelled_caught());
    }

    /// SHD-03
    async fn a_shield_runs_in_the_task_around_it() {
        let outside = get_current_task();
        let inside = ignore_cancellation(async {
            coro_yield().await;
            get_current_task()
        })
        .await;
        assert_eq!(inside, outside);
        assert_eq!(inside.id(), outside.id());
    }

    /// SHD-04
    async fn code_after_a_shield_runs_up_to_the_next_checkpoint() {
        let log = Log::new();
        let value = move_on_after(ms(1), async {
            ignore_cancellation(sleep(ms(4))).await;
            log.add("after the shield");
            assert!(is_cancelled());
            coro_yield().await;
            log.add("after the checkpoint");
        })
        .await;
        assert!(value.is_none());
        log.assert(&["after the shield"]);
    }

    /// SHD-05
    async fn a_timeout_around_nothing_but_a_shield_does_not_time_out() {
        let value = timeout(
            Duration::ZERO,
            ignore_cancellation(async {
                sleep(ms(2)).await;
                5
            }),
        )
        .await;
        assert_eq!(value, Ok(5));
        coro_yield().await;

        let scope = open_cancel_scope_after(Duration::ZERO);
        let value = scope
            .run_or_time_out(ignore_cancellation(async {
                sleep(ms(2)).await;
                6
            }))
            .await;
        assert_eq!(value, Ok(6));
        assert!(scope.cancel_called() && !scope.cancelled_caught());
        coro_yield().await;
    }

    /// SHD-09
    async fn a_task_that_is_only_a_shield_returns_its_value_all_the_same() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let (go, gone) = oneshot::channel();
                let task = group
                    .start(ignore_cancellation(async move {
                        gone.await.unwrap();
                        sleep(ms(1)).await;
                        Ok::<_, BoxError>(5)
                    }))
                    .await;
                assert!(task.cancel());
                go.send(()).unwrap();
                task.wait().await;
                assert!(task.done() && !task.cancelled());
                assert_eq!(task.join().await.unwrap(), 5);
            })
            .await
            .unwrap();
    }

    /// SHD-11
    async fn a_body_that_never_suspends_is_simply_run() {
        let scope = open_cancel_scope();
        scope.cancel();
        let value = scope.run(ignore_cancellation(async { 3 })).await;
        assert_eq!(value, Some(3));
        assert!(!scope.cancelled_caught());
    }

    /// SHD-12: each of them completes in a cancelled scope, which does not catch.
    async fn all_that_is_shielded_completes_in_a_cancelled_scope() {
        for way in shielded_ways() {
            let scope = open_cancel_scope();
            scope.cancel();
            assert_eq!(scope.run(way).await, Some(()));
            assert!(scope.cancel_called() && !scope.cancelled_caught());
        }
    }

    /// SHD-12: the checkpoint after each of them is cancelled.
    async fn the_checkpoint_after_all_that_is_shielded_is_cancelled() {
        for way in shielded_ways() {
            let log = Log::new();
            let scope = open_cancel_scope();
            let value = scope
                .run(async {
                    scope.cancel();
                    way.await;
                    log.add("after the shield");
                    coro_yield().await;
                    log.add("after the checkpoint");
                })
                .await;
            assert!(value.is_none() && scope.cancelled_caught());
            log.assert(&["after the shield"]);
        }
    }

    /// SHD-12: a zero timeout around each of them does not time out.
    async fn a_timeout_around_all_that_is_shielded_does_not_time_out() {
        for way in shielded_ways() {
            assert_eq!(timeout(Duration::ZERO, way).await, Ok(()));
        }
    }

    /// C1: the cancellation is the same after many shields.
    async fn shields_in_a_row_finish_and_then_the_scope_catches() {
        let scope = open_cancel_scope();
        let mut finished = 0;
        let value = scope
            .run(async {
                scope.cancel();
                for _ in 0..20 {
                    ignore_cancellation(coro_yield()).await;
                    finished += 1;
                }
                sleep_forever().await;
            })
            .await;
        assert!(value.is_none());
        assert_eq!(finished, 20);
    }

    /// Contract 4: who starts a child does not matter, where it lives does.
    async fn a_child_started_from_a_shield_in_an_outer_group_is_not_shielded() {
        let log = Log::new();
        let inside = log.clone();
        let scope = open_cancel_scope();
        let handle = scope.clone();
        let value = scope
            .run(async move {
                let group: TaskGroup = create_task_group();
                group
                    .run(async {
                        ignore_cancellation(async {
                            let log = inside.clone();
                            let task = group
                                .start(async move {
                                    let _drop = log.on_drop("child dropped");
                                    sleep_forever().await;
                                })
                                .await;
                            handle.cancel();
                            task.wait().await;
                            assert!(task.cancelled());
                            inside.add("shield over");
                        })
                        .await;
                        coro_yield().await;
                        inside.add("never");
                    })
                    .await
            })
            .await;
        assert!(value.is_none());
        log.assert(&["child dropped", "shield over"]);
    }

    /// A shield passes no cancellation inwards, whoever asks.
    async fn nothing_is_cancelled_inside_of_a_shield() {
        let scope = open_cancel_scope();
        let value = scope
            .run(async {
                scope.cancel();
                assert!(is_cancelled());
                let inside = ignore_cancellation(async {
                    let before = is_cancelled();
                    coro_yield().await;
                    (before, is_cancelled())
                })
                .await;
                assert_eq!(inside, (false, false));
                assert!(is_cancelled());
            })
            .await;
        assert!(value.is_some());
    }

    /// Several scopes around one shield all wait for it.
    async fn every_scope_around_a_shield_waits_for_it() {
        let log = Log::new();
        let now = easynet::time::current_time();
        let value = move_on_at(now + ms(1), async {
            move_on_at(now + ms(1), async {
                move_on_at(now + ms(1), async {
                    ignore_cancellation(sleep(ms(4))).await;
                    log.add("shield over");
                    coro_yield().await;
                    log.add("innermost");
                })
                .await;
                log.add("inner");
            })
            .await;
            log.add("outer");
        })
        .await;
        assert!(value.is_none());
        log.assert(&["shield over"]);
    }

    /// C6, C8: one branch ends while the shield of another holds the scope.
    async fn a_shield_beside_a_cancelled_branch_holds_the_scope() {
        let log = Log::new();
        let scope: CancelScope = open_cancel_scope_after(ms(1));
        let value = scope
            .run(async {
                let shielded = async {
                    ignore_cancellation(sleep(ms(4))).await;
                    log.add("shield over");
                    sleep(LONG).await;
                };
                futures::join!(shielded, sleep(LONG));
            })
            .await;
        assert!(value.is_none() && scope.cancelled_caught());
        log.assert(&["shield over"]);
    }
}
