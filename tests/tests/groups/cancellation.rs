//! A group inside of a scope that is cancelled, and children that are.

use easynet::{
    BoxError, TaskGroup,
    cancel::{
        catch_cancelled, ignore_cancellation, is_cancelled, open_cancel_scope, open_cancel_scope_after,
    },
    task::create_task_group,
    time::{coro_yield, current_time, move_on_after, sleep, sleep_forever},
};
use easynet_tests::{DropFlag, LONG, Log, Runner, each_backend, each_virtual_backend, ms, start_cleaning};
use futures::{channel::oneshot, future::join};

use super::texts;

each_virtual_backend! {
    /// GRP-13
    async fn a_scope_cancels_body_and_children_once(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope_after(ms(100));
        let value = scope
            .run(async {
                let group: TaskGroup = create_task_group();
                group
                    .run(async {
                        group.start_soon(sleep(ms(5000)));
                        group.scoped().start_soon(sleep(ms(5000)));
                        sleep(ms(5000)).await;
                    })
                    .await
            })
            .await;
        assert!(value.is_none() && scope.cancelled_caught());
        watch.assert_reads(ms(100));
    }

    /// C1, C2: what a child opens in the moment in which its group is cancelled is cancelled.
    async fn a_group_that_is_opened_in_a_cancelled_child_ends() {
        let log = Log::new();
        let scope = open_cancel_scope();
        let value = scope
            .run(async {
                let group: TaskGroup = create_task_group();
                group
                    .run(async {
                        let (begun, has_begun) = oneshot::channel();
                        let (go, gone) = oneshot::channel();
                        let own = log.clone();
                        group.start_soon(async move {
                            begun.send(()).unwrap();
                            gone.await.unwrap();
                            own.add("goes on");
                            let inner: TaskGroup = create_task_group();
                            let _ = inner.run(sleep_forever()).await;
                            own.add("never");
                        });
                        has_begun.await.unwrap();
                        go.send(()).unwrap();
                        scope.cancel();
                    })
                    .await
            })
            .await;
        assert!(value.is_none());
        log.assert(&["goes on"]);
    }

    /// C11: a child that is cancelled in its first poll, which finds nobody to wake yet.
    async fn a_child_that_cancels_its_group_in_its_first_poll_ends() {
        for caught in 0..3 {
            for scoped in [false, true] {
                let log = Log::new();
                let scope = open_cancel_scope();
                let value = scope
                    .run(async {
                        let group: TaskGroup = create_task_group();
                        group
                            .run(async {
                                let (scope, own) = (scope.clone(), log.clone());
                                let child = async move {
                                    let _value = own.on_drop("dropped");
                                    match caught {
                                        0 => scope.cancel(),
                                        1 => {
                                            scope.cancel();
                                            assert!(catch_cancelled(sleep_forever()).await.is_err());
                                            own.add("caught");
                                        }
                                        _ => {
                                            let (value, ()) =
                                                join(catch_cancelled(sleep_forever()), async { scope.cancel() })
                                                    .await;
                                            assert!(value.is_err());
                                            own.add("caught");
                                        }
                                    }
                                    sleep_forever().await;
                                };
                                if scoped {
                                    group.scoped().start_soon(child);
                                } else {
                                    group.start_soon(child);
                                }
                            })
                            .await
                    })
                    .await;
                assert!(value.is_none());
                let expected: &[&str] = if caught == 0 { &["dropped"] } else { &["caught", "dropped"] };
                log.assert(expected);
            }
        }
    }

    /// GRP-14
    async fn a_scope_cancels_children_whose_body_has_ended(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope_after(ms(100));
        let value = scope
            .run(async {
                let group: TaskGroup = create_task_group();
                group
                    .run(async {
                        group.start_soon(sleep(ms(5000)));
                        group.scoped().start_soon(sleep(ms(5000)));
                    })
                    .await
            })
            .await;
        assert!(value.is_none() && scope.cancelled_caught());
        watch.assert_reads(ms(100));
    }

    /// C6: the scope is left only when the cleanup is over.
    async fn a_timeout_around_a_group_includes_the_cleanup(runner: Runner) {
        let watch = runner.stopwatch();
        let value = move_on_after(ms(10), async {
            let group: TaskGroup = create_task_group();
            group
                .run(async {
                    group.start_soon(ignore_cancellation(sleep(ms(70))));
                    group.scoped().start_soon(ignore_cancellation(sleep(ms(50))));
                })
                .await
        })
        .await;
        assert!(value.is_none());
        watch.assert_reads(ms(70));
    }
}

each_backend! {
    /// GRP-08
    async fn start_in_a_cancelled_scope_ends_the_task_before_it_gets_anywhere() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let child = log.clone();
                let scope = open_cancel_scope_after(ms(0));
                let task = scope
                    .run(group.start(async move {
                        coro_yield().await;
                        child.add("past the first await");
                        sleep(LONG).await;
                        Ok::<_, BoxError>(())
                    }))
                    .await;
                assert!(task.is_none() && scope.cancelled_caught());
            })
            .await
            .unwrap();
        log.assert(&[]);
    }

    /// GRP-13, T13
    async fn a_group_in_a_cancelled_scope_yields_nothing() {
        let log = Log::new();
        let scope = open_cancel_scope();
        let value = scope
            .run(async {
                let group: TaskGroup = create_task_group();
                let _value = group
                    .run(async {
                        start_cleaning(&group, &log, "child").await;
                        scope.set_deadline(current_time() + ms(1));
                        sleep_forever().await;
                    })
                    .await;
                log.add("after the group");
            })
            .await;
        assert!(value.is_none() && scope.cancelled_caught());
        log.assert(&["child cancelled", "child cleaned"]);
    }

    /// GRP-14, T13
    async fn a_group_in_a_cancelled_scope_yields_nothing_even_if_its_body_has_ended() {
        let log = Log::new();
        let scope = open_cancel_scope();
        let value = scope
            .run(async {
                let group: TaskGroup = create_task_group();
                let _value = group
                    .run(async {
                        start_cleaning(&group, &log, "child").await;
                        scope.set_deadline(current_time() + ms(1));
                        5
                    })
                    .await;
                log.add("after the group");
            })
            .await;
        assert!(value.is_none() && scope.cancelled_caught());
        log.assert(&["child cancelled", "child cleaned"]);
    }

    /// T13: also if all of it ends at once.
    async fn a_group_in_a_scope_that_is_cancelled_from_the_start_yields_nothing() {
        let log = Log::new();
        let scope = open_cancel_scope();
        scope.cancel();
        let value = scope
            .run(async {
                let group: TaskGroup = create_task_group();
                let _value = group
                    .run(async {
                        log.add("begun");
                        sleep_forever().await;
                    })
                    .await;
                log.add("after the group");
            })
            .await;
        assert!(value.is_none() && scope.cancelled_caught());
        log.assert(&["begun"]);
    }

    /// T10, T13: a child that was not let in is not forgotten.
    async fn a_group_whose_children_never_ran_yields_nothing() {
        for scoped in [false, true] {
            let log = Log::new();
            let scope = open_cancel_scope();
            scope.cancel();
            let own = log.clone();
            let child = async move { own.add("ran") };
            let value = scope
                .run(async {
                    let group: TaskGroup = create_task_group();
                    let _value = group
                        .run(async {
                            if scoped {
                                group.scoped().start_soon(child);
                            } else {
                                group.start_soon(child);
                            }
                        })
                        .await;
                    log.add("after the group");
                })
                .await;
            assert!(value.is_none() && scope.cancelled_caught(), "scoped: {scoped}");
            log.assert(&[]);
        }
    }

    /// GRP-15
    async fn a_child_may_cancel_the_scope_around_its_group() {
        let log = Log::new();
        let scope = open_cancel_scope();
        let handle = scope.clone();
        let value = scope
            .run(async {
                let group: TaskGroup = create_task_group();
                group
                    .run(async {
                        let _drop = log.on_drop("body");
                        let sibling = log.clone();
                        group
                            .start(async move {
                                let _drop = sibling.on_drop("sibling");
                                sleep_forever().await
                            })
                            .await;
                        group.start_soon(async move {
                            sleep(ms(1)).await;
                            handle.cancel();
                        });
                        sleep_forever().await;
                    })
                    .await
            })
            .await;
        assert!(value.is_none() && scope.cancelled_caught());
        log.assert_unordered(&["body", "sibling"]);
    }

    /// GRP-21
    async fn an_empty_group_is_no_checkpoint() {
        let scope = open_cancel_scope();
        scope.cancel();
        let value = scope
            .run(async {
                let group: TaskGroup = create_task_group();
                group.run(async { 5 }).await.unwrap()
            })
            .await;
        assert_eq!(value, Some(5));
        assert!(scope.cancel_called() && !scope.cancelled_caught());
    }

    /// T10, appendix B 6: refused, and never lost: the task counts as cancelled.
    async fn a_child_started_in_a_cancelled_group_never_runs() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        let error = group
            .run(async {
                group.start_soon(async { Err("E") });
                catch_cancelled(sleep_forever()).await.unwrap_err();
                let never = || {
                    let log = log.clone();
                    async move { log.add("ran") }
                };
                group.start_soon(never());
                group.scoped().start_soon(never());
                let task = group.spawn_value(never());
                let scoped = group.scoped().spawn_value(never());
                // It has not closed: the future is not given back.
                group.try_start_soon(never()).unwrap();
                ignore_cancellation(async { futures::join!(task.wait(), scoped.wait()) }).await;
                assert!(task.cancelled() && scoped.cancelled());
            })
            .await
            .unwrap_err();
        assert_eq!(texts(&error), ["E"]);
        log.assert(&[]);
    }

    /// T10
    async fn a_child_cancelled_before_its_first_poll_never_runs() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let task = group.scoped().spawn_value(async { log.add("ran") });
                assert!(task.cancel());
                task.wait().await;
                assert!(task.cancelled());
            })
            .await
            .unwrap();
        log.assert(&[]);
    }

    /// Contract 3: children live where their group was opened, not where they were started.
    async fn a_scope_in_the_body_does_not_reach_the_children_started_in_it() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let scope = open_cancel_scope();
                let own = log.clone();
                scope
                    .run(async {
                        scope.cancel();
                        group.start_soon(async move {
                            assert!(!is_cancelled());
                            sleep(ms(1)).await;
                            own.add("child ended");
                        });
                        sleep_forever().await;
                    })
                    .await;
                assert!(scope.cancelled_caught());
            })
            .await
            .unwrap();
        log.assert(&["child ended"]);
    }

    async fn a_group_that_is_never_run_starts_what_it_was_given_and_cancels_it() {
        let dropped = DropFlag::new();
        let outer: TaskGroup = create_task_group();
        outer
            .run(async {
                let group: TaskGroup = create_task_group();
                let guard = dropped.guard();
                group.start_soon(async move {
                    let _guard = guard;
                    sleep_forever().await;
                });
                drop(group);
            })
            .await
            .unwrap();
        // The outer group has waited for it (C10).
        assert!(dropped.is_set());
    }
}
