//! GRP: children that end together.
//!
//! What does not compile is shown by the cases of `ui-tests`: a group or a child that escapes its block, a child
//! that borrows without `scoped()`, one that is not `Send`. GRP-05 is refused at run time through a handle.
#![forbid(unsafe_code)]

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use easynet::{
    BoxError, GroupHandle, TaskGroup, TaskGroupError,
    cancel::{
        catch_cancelled, ignore_cancellation, is_cancelled, open_cancel_scope, open_cancel_scope_after,
    },
    task::{TaskLocal, create_task_group, get_current_task},
    task_group,
    time::{coro_yield, move_on_after, sleep, sleep_forever},
};
use easynet_tests::{
    DropFlag, LONG, Log, Runner, clean_up_when_cancelled, each_backend, each_virtual_backend, ms,
};
use futures::{FutureExt, channel::oneshot};

/// The texts of the errors of a group, in their order.
fn texts<E: easynet::GroupError>(error: &TaskGroupError<E>) -> Vec<String> {
    error
        .failures()
        .iter()
        .map(|failure| failure.error().to_string())
        .collect()
}

each_virtual_backend! {
    /// GRP-01
    async fn children_run_at_the_same_time(runner: Runner) {
        let watch = runner.stopwatch();
        let group: TaskGroup = create_task_group();
        group.run(async {
            for _ in 0..2 {
                group.start_soon(sleep(ms(500)));
            }
        }).await.unwrap();
        watch.assert_reads(ms(500));
    }

    /// GRP-02
    async fn a_child_does_not_run_before_its_starter_suspends() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group.run(async {
            let child = log.clone();
            group.start_soon(async move { child.add("child") });
            let child = log.clone();
            group.spawn_value(async move { child.add("child") });
            let child = log.clone();
            group.scoped().start_soon(async move { child.add("child") });
            log.add("body");
        }).await.unwrap();
        log.assert(&["body", "child", "child", "child"]);
    }

    /// GRP-10
    async fn a_failing_child_cancels_the_body(runner: Runner) {
        let watch = runner.stopwatch();
        let group: TaskGroup = create_task_group();
        let error = group.run(async {
            group.start_soon(async {
                sleep(ms(10)).await;
                Err("E")
            });
            sleep(ms(1000)).await;
        }).await.unwrap_err();
        assert_eq!(texts(&error), ["E"]);
        watch.assert_reads(ms(10));
    }

    /// GRP-13
    async fn a_scope_cancels_body_and_children_once(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope_after(ms(100));
        let value = scope.run(async {
            let group: TaskGroup = create_task_group();
            group.run(async {
                group.start_soon(sleep(ms(5000)));
                group.scoped().start_soon(sleep(ms(5000)));
                sleep(ms(5000)).await;
            }).await
        }).await;
        assert!(value.is_none() && scope.cancelled_caught());
        watch.assert_reads(ms(100));
    }

    /// GRP-14
    async fn a_scope_cancels_children_whose_body_has_ended(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope_after(ms(100));
        let value = scope.run(async {
            let group: TaskGroup = create_task_group();
            group.run(async {
                group.start_soon(sleep(ms(5000)));
                group.scoped().start_soon(sleep(ms(5000)));
            }).await
        }).await;
        assert!(value.is_none() && scope.cancelled_caught());
        watch.assert_reads(ms(100));
    }

    /// C6: the scope is left only when the cleanup is over.
    async fn a_timeout_around_a_group_includes_the_cleanup(runner: Runner) {
        let watch = runner.stopwatch();
        let value = move_on_after(ms(10), async {
            let group: TaskGroup = create_task_group();
            group.run(async {
                group.start_soon(ignore_cancellation(sleep(ms(70))));
                group.scoped().start_soon(ignore_cancellation(sleep(ms(50))));
            }).await
        }).await;
        assert!(value.is_none());
        watch.assert_reads(ms(70));
    }
}

each_backend! {
    /// GRP-01, T1
    async fn leaving_a_group_waits_for_every_child() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group.run(async {
            for _ in 0..2 {
                let log = log.clone();
                group.start_soon(async move {
                    sleep(ms(2)).await;
                    log.add("ended");
                });
            }
        }).await.unwrap();
        log.assert(&["ended", "ended"]);
        assert!(group.is_closed());
        assert_eq!(group.live_tasks(), 0);
    }

    async fn the_value_of_the_body_is_the_value_of_the_group() {
        let group: TaskGroup = create_task_group();
        let value = group.run(async {
            group.start_soon(sleep(ms(1)));
            coro_yield().await;
            String::from("value")
        }).await;
        assert_eq!(value.unwrap(), "value");
    }

    /// GRP-03, T8
    async fn a_group_waits_for_siblings_that_a_child_starts() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group.run(async {
            let (handle, log) = (group.handle(), log.clone());
            group.start_soon(async move {
                sleep(ms(1)).await;
                let sibling = handle.clone();
                handle.start_soon(async move {
                    sleep(ms(1)).await;
                    sibling.start_soon(async move {
                        sleep(ms(1)).await;
                        log.add("grandchild");
                    });
                });
            });
        }).await.unwrap();
        log.assert(&["grandchild"]);
    }

    /// GRP-04, T9
    async fn children_see_the_names_they_were_given() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group.run(async {
            for n in [42, 54] {
                let log = log.clone();
                group.named(format!("compute {n}")).start_soon(async move { log.add(get_current_task().name()) });
            }
            let own = log.clone();
            group.handle().named("by a handle").start_soon(async move { own.add(get_current_task().name()) });
            group.scoped().named("scoped").start_soon(async { log.add(get_current_task().name()) });
            group.named("scoped too").scoped().start_soon(async { log.add(get_current_task().name()) });
        }).await.unwrap();
        log.assert_unordered(&["by a handle", "compute 42", "compute 54", "scoped", "scoped too"]);
    }

    /// GRP-05, T8
    async fn a_group_that_was_left_starts_nothing() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        let handle = group.run(async { group.handle() }).await.unwrap();
        assert!(handle.is_closed());
        let never = || {
            let log = log.clone();
            async move {
                let _drop = log.on_drop("dropped after it ran");
                log.add("ran");
                Ok::<_, BoxError>(())
            }
        };
        handle.start_soon(never());
        handle.named("name").start_soon(never());
        let task = handle.spawn(never());
        assert!(task.done() && task.cancelled() && !task.cancel());
        assert!(task.join().await.unwrap_err().is_cancelled());
        let task = handle.spawn_value(never());
        assert!(task.done() && task.cancelled());
        let task = handle.start(never()).await;
        assert!(task.done() && task.cancelled());
        let closed = handle.try_start_soon(never()).unwrap_err();
        coro_yield().await;
        log.assert(&[]);
        // The future is given back, as good as new.
        closed.into_future().await.unwrap();
        log.assert(&["ran", "dropped after it ran"]);
    }

    /// GRP-05: what the future holds is let go at once.
    async fn a_future_that_is_not_started_is_dropped() {
        let group: TaskGroup = create_task_group();
        let handle = group.run(async { group.handle() }).await.unwrap();
        for way in 0..3 {
            let dropped = DropFlag::new();
            let guard = dropped.guard();
            let future = async move { drop(guard) };
            match way {
                0 => handle.start_soon(future),
                1 => drop(handle.spawn_value(future)),
                _ => drop(handle.try_start_soon(future)),
            }
            assert!(dropped.is_set());
        }
    }

    /// GRP-06, T5
    async fn start_returns_once_the_task_has_begun() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group.run(async {
            let (go, gone) = oneshot::channel();
            let child = log.clone();
            let task = group.start(async move {
                child.add("begun");
                gone.await.unwrap();
                child.add("ended");
                Ok::<_, BoxError>(())
            }).await;
            log.assert(&["begun"]);
            assert!(!task.done() && !task.cancelled());
            go.send(()).unwrap();
        }).await.unwrap();
        log.assert(&["begun", "ended"]);
    }

    /// GRP-06: also when the group itself polls the task.
    async fn start_of_a_borrowing_task_returns_once_it_has_begun() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group.run(async {
            let task = group.scoped().start(async {
                log.add("begun");
                sleep(ms(1)).await;
                log.add("ended");
                Ok::<_, BoxError>(5)
            }).await;
            log.assert(&["begun"]);
            assert!(!task.done());
            assert_eq!(task.join().await.unwrap(), 5);
        }).await.unwrap();
    }

    /// GRP-07
    async fn start_of_a_task_that_never_suspends_yields_a_done_task() {
        let group: TaskGroup = create_task_group();
        group.run(async {
            let task = group.start(async { Ok::<_, BoxError>(5) }).await;
            task.wait().await;
            assert!(task.done() && !task.cancelled());
            assert_eq!(task.join().await.unwrap(), 5);
        }).await.unwrap();
    }

    /// GRP-08
    async fn start_in_a_cancelled_scope_ends_the_task_before_it_gets_anywhere() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group.run(async {
            let child = log.clone();
            let scope = open_cancel_scope_after(ms(0));
            let task = scope.run(group.start(async move {
                coro_yield().await;
                child.add("past the first await");
                sleep(LONG).await;
                Ok::<_, BoxError>(())
            })).await;
            assert!(task.is_none() && scope.cancelled_caught());
        }).await.unwrap();
        log.assert(&[]);
    }

    /// GRP-08, for a task that the group itself polls.
    async fn start_of_a_borrowing_task_in_a_cancelled_scope_ends_it_too() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group.run(async {
            let task = move_on_after(ms(0), group.scoped().start(async {
                coro_yield().await;
                log.add("past the first await");
                sleep(LONG).await;
                Ok::<_, BoxError>(())
            })).await;
            assert!(task.is_none());
        }).await.unwrap();
        log.assert(&[]);
    }

    /// GRP-09, T2
    async fn a_failing_child_cancels_its_siblings_and_waits_for_their_cleanup() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        let error = group.run(async {
            group.start_soon(clean_up_when_cancelled(log.clone(), "sibling"));
            group.scoped().start_soon(clean_up_when_cancelled(log.clone(), "scoped"));
            group.start_soon(async {
                sleep(ms(1)).await;
                Err("E")
            });
        }).await.unwrap_err();
        assert_eq!(texts(&error), ["E"]);
        log.assert_unordered(&["scoped cancelled", "scoped cleaned", "sibling cancelled", "sibling cleaned"]);
    }

    /// GRP-09, T6: the other way round.
    async fn a_failing_borrowing_child_cancels_its_siblings() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        let error = group.run(async {
            group.start_soon(clean_up_when_cancelled(log.clone(), "sibling"));
            group.scoped().start_soon(async {
                sleep(ms(1)).await;
                log.add("fails");
                Err("E")
            });
            sleep_forever::<()>().await;
        }).await.unwrap_err();
        assert_eq!(texts(&error), ["E"]);
        // A sibling that had not been polled by then never runs (T10).
        assert!(!log.contains("sibling cancelled") || log.entries().last().unwrap() == "sibling cleaned");
    }

    /// GRP-10
    async fn a_failing_child_ends_the_body() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        let error = group.run(async {
            let _drop = log.on_drop("body dropped");
            group.start_soon(async { Err("E") });
            sleep_forever::<()>().await;
        }).await.unwrap_err();
        assert_eq!(texts(&error), ["E"]);
        log.assert(&["body dropped"]);
    }

    /// GRP-11: leaving early cancels, and waits for what is shielded; the error is that of the body, unwrapped.
    async fn a_body_that_fails_waits_for_its_children_and_fails_unwrapped() {
        async fn fail(log: Log) -> Result<(), String> {
            task_group!(|group| {
                for _ in 0..2 {
                    let log = log.clone();
                    group.start(async move {
                        ignore_cancellation(sleep(ms(3))).await;
                        log.add("shield over");
                        coro_yield().await;
                        log.add("never");
                        Ok::<_, BoxError>(())
                    }).await;
                }
                Err(String::from("E"))?;
            }).map_err(|error| error.to_string())
        }
        let log = Log::new();
        assert_eq!(fail(log.clone()).await, Err(String::from("E")));
        log.assert(&["shield over", "shield over"]);
    }

    /// GRP-11, T2: if a child fails as well, the error of the group holds both.
    async fn a_body_that_fails_beside_a_child_is_reported_with_it() {
        async fn fail() -> Result<(), BoxError> {
            task_group!(|group| {
                group.start(async {
                    catch_cancelled(sleep_forever::<()>()).await.unwrap_err();
                    Err::<(), _>("child")
                }).await;
                Err("body")?;
            })?;
            Ok(())
        }
        let error = fail().await.unwrap_err();
        let error = error.downcast_ref::<TaskGroupError>().unwrap();
        assert_eq!(texts(error), ["child", "body"]);
        assert_eq!([0, 1].map(|n| error.failures()[n].is_body()), [false, true]);
        assert_eq!(*error.failures()[1].task(), get_current_task());
    }

    /// GRP-12
    async fn a_child_cancelled_by_its_handle_does_not_fail_the_group() {
        let group: TaskGroup = create_task_group();
        group.run(async {
            let sleeper = group.start(sleep_forever::<Result<(), BoxError>>()).await;
            let worker = group.spawn_value(async {
                sleep(ms(2)).await;
                42
            });
            assert!(sleeper.cancel());
            sleeper.wait().await;
            assert!(sleeper.cancelled());
            assert_eq!(worker.join().await.unwrap(), 42);
        }).await.unwrap();
    }

    /// T4: what never returns is a child as well.
    async fn a_child_may_run_for_ever() {
        let value = move_on_after(ms(2), async {
            let group: TaskGroup = create_task_group();
            group.run(async {
                group.start_soon(async {
                    loop {
                        coro_yield().await;
                        sleep(ms(1)).await;
                    }
                });
                group.scoped().start_soon(async { loop { sleep(ms(1)).await } });
            }).await
        }).await;
        assert!(value.is_none());
    }

    /// GRP-13, T13
    async fn a_group_in_a_cancelled_scope_yields_nothing() {
        let log = Log::new();
        let scope = open_cancel_scope_after(ms(2));
        let own = log.clone();
        let value = scope.run(async move {
            let group: TaskGroup = create_task_group();
            let _value = group.run(async {
                group.start_soon(clean_up_when_cancelled(own.clone(), "child"));
                sleep_forever::<()>().await;
            }).await;
            own.add("after the group");
        }).await;
        assert!(value.is_none() && scope.cancelled_caught());
        log.assert(&["child cancelled", "child cleaned"]);
    }

    /// GRP-14, T13
    async fn a_group_in_a_cancelled_scope_yields_nothing_even_if_its_body_has_ended() {
        let log = Log::new();
        let scope = open_cancel_scope_after(ms(2));
        let own = log.clone();
        let value = scope.run(async move {
            let group: TaskGroup = create_task_group();
            let _value = group.run(async {
                group.start_soon(clean_up_when_cancelled(own.clone(), "child"));
                5
            }).await;
            own.add("after the group");
        }).await;
        assert!(value.is_none() && scope.cancelled_caught());
        log.assert(&["child cancelled", "child cleaned"]);
    }

    /// T13: also if all of it ends at once.
    async fn a_group_in_a_scope_that_is_cancelled_from_the_start_yields_nothing() {
        let log = Log::new();
        let scope = open_cancel_scope();
        scope.cancel();
        let value = scope.run(async {
            let group: TaskGroup = create_task_group();
            let _value = group.run(async {
                log.add("begun");
                sleep_forever::<()>().await;
            }).await;
            log.add("after the group");
        }).await;
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
            let value = scope.run(async {
                let group: TaskGroup = create_task_group();
                let _value = group.run(async {
                    if scoped {
                        group.scoped().start_soon(child);
                    } else {
                        group.start_soon(child);
                    }
                }).await;
                log.add("after the group");
            }).await;
            assert!(value.is_none() && scope.cancelled_caught(), "scoped: {scoped}");
            log.assert(&[]);
        }
    }

    /// T13: what the children return is lost to the outer scope, too.
    async fn a_scope_catches_although_a_child_fails_in_its_cleanup() {
        let scope = open_cancel_scope_after(ms(2));
        let value = scope.run(async move {
            let group: TaskGroup = create_task_group();
            group.run(async {
                group.start_soon(async {
                    catch_cancelled(sleep_forever::<()>()).await.unwrap_err();
                    ignore_cancellation(coro_yield()).await;
                    Err("cleanup")
                });
            }).await
        }).await;
        assert!(value.is_none() && scope.cancelled_caught());
    }

    /// GRP-15
    async fn a_child_may_cancel_the_scope_around_its_group() {
        let log = Log::new();
        let scope = open_cancel_scope();
        let handle = scope.clone();
        let value = scope.run(async {
            let group: TaskGroup = create_task_group();
            group.run(async {
                let _drop = log.on_drop("body");
                let sibling = log.clone();
                group.start(async move {
                    let _drop = sibling.on_drop("sibling");
                    sleep_forever::<Result<(), BoxError>>().await
                }).await;
                group.start_soon(async move {
                    sleep(ms(1)).await;
                    handle.cancel();
                });
                sleep_forever::<()>().await;
            }).await
        }).await;
        assert!(value.is_none() && scope.cancelled_caught());
        log.assert_unordered(&["body", "sibling"]);
    }

    /// GRP-16
    async fn a_body_that_goes_on_does_not_hide_the_failure_of_a_child() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        let error = group.run(async {
            group.start_soon(async { Err("E") });
            let cancelled = catch_cancelled(sleep_forever::<()>()).await.unwrap_err();
            assert!(cancelled.reason().failed_task().is_some());
            log.add("went on");
        }).await.unwrap_err();
        assert_eq!(texts(&error), ["E"]);
        log.assert(&["went on"]);
    }

    /// GRP-17, T2
    async fn a_failure_in_an_inner_group_cancels_the_outer_one() {
        let log = Log::new();
        let outer: TaskGroup = create_task_group();
        let error = outer.run(async {
            let own = log.clone();
            outer.start(async move {
                let _drop = own.on_drop("outer sibling");
                sleep_forever::<Result<(), BoxError>>().await
            }).await;
            let own = log.clone();
            outer.start_soon(async move {
                let inner: TaskGroup = create_task_group();
                inner.run(async {
                    inner.start(async move {
                        let _drop = own.on_drop("inner sibling");
                        sleep_forever::<Result<(), BoxError>>().await
                    }).await;
                    inner.start_soon(async { Err("E") });
                }).await
            });
        }).await.unwrap_err();
        log.assert(&["inner sibling", "outer sibling"]);
        assert_eq!(error.failures().len(), 1);
        let inner = error.failures()[0].error().downcast_ref::<TaskGroupError>().unwrap();
        assert_eq!(texts(inner), ["E"]);
    }

    /// GRP-18
    async fn a_child_sees_the_locals_of_its_starter_and_changes_its_own() {
        static LOCAL: TaskLocal<u32> = TaskLocal::new();
        static OTHER: TaskLocal<&str> = TaskLocal::new();
        assert!(LOCAL.get().is_none());
        LOCAL.scope(1, async {
            let group: TaskGroup = create_task_group();
            group.run(async {
                let task = group.spawn_value(OTHER.scope("child", async {
                    assert_eq!(LOCAL.get().as_deref(), Some(&1));
                    LOCAL.scope(2, async {
                        coro_yield().await;
                        assert_eq!(LOCAL.get().as_deref(), Some(&2));
                    }).await;
                    assert_eq!(LOCAL.get().as_deref(), Some(&1));
                    assert_eq!(OTHER.get().as_deref(), Some(&"child"));
                }));
                group.scoped().start_soon(LOCAL.scope(3, async {
                    coro_yield().await;
                    assert_eq!(LOCAL.get().as_deref(), Some(&3));
                }));
                LOCAL.scope(4, async {
                    // What counts is where a child was started.
                    group.start_soon(async { assert_eq!(LOCAL.get().as_deref(), Some(&4)) });
                    coro_yield().await;
                }).await;
                task.join().await.unwrap();
                assert_eq!(LOCAL.get().as_deref(), Some(&1));
                assert!(OTHER.get().is_none());
            }).await.unwrap();
            assert_eq!(LOCAL.get().as_deref(), Some(&1));
        }).await;
        assert!(LOCAL.get().is_none());
    }

    /// GRP-18: a value is there for as long as its future is polled, wherever.
    async fn a_local_is_set_in_each_branch_by_itself() {
        static LOCAL: TaskLocal<u32> = TaskLocal::new();
        let branch = |n| LOCAL.scope(n, async move {
            for _ in 0..3 {
                coro_yield().await;
                assert_eq!(LOCAL.get().as_deref(), Some(&n));
            }
        });
        futures::join!(branch(1), branch(2), async {
            coro_yield().await;
            assert!(LOCAL.get().is_none());
        });
    }

    /// GRP-19
    async fn a_thousand_children_that_yield_all_complete() {
        let ended = Arc::new(AtomicUsize::new(0));
        let group: TaskGroup = create_task_group();
        group.run(async {
            for _ in 0..1_000 {
                let ended = ended.clone();
                group.start_soon(async move {
                    for _ in 0..10 {
                        coro_yield().await;
                    }
                    ended.fetch_add(1, SeqCst);
                });
            }
        }).await.unwrap();
        assert_eq!(ended.load(SeqCst), 1_000);
    }

    /// GRP-20
    async fn leaving_a_group_waits_for_grandchildren() {
        let log = Log::new();
        let outer: TaskGroup = create_task_group();
        outer.run(async {
            let log = log.clone();
            outer.start_soon(async move {
                let inner: TaskGroup = create_task_group();
                inner.run(async {
                    inner.start_soon(async move {
                        sleep(ms(2)).await;
                        log.add("grandchild");
                    });
                }).await
            });
        }).await.unwrap();
        log.assert(&["grandchild"]);
    }

    /// GRP-21
    async fn an_empty_group_is_no_checkpoint() {
        let scope = open_cancel_scope();
        scope.cancel();
        let value = scope.run(async {
            let group: TaskGroup = create_task_group();
            group.run(async { 5 }).await.unwrap()
        }).await;
        assert_eq!(value, Some(5));
        assert!(scope.cancel_called() && !scope.cancelled_caught());
    }

    /// T10, appendix B 6: refused, and never lost: the task counts as cancelled.
    async fn a_child_started_in_a_cancelled_group_never_runs() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        let error = group.run(async {
            group.start_soon(async { Err("E") });
            catch_cancelled(sleep_forever::<()>()).await.unwrap_err();
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
        }).await.unwrap_err();
        assert_eq!(texts(&error), ["E"]);
        log.assert(&[]);
    }

    /// T10
    async fn a_child_cancelled_before_its_first_poll_never_runs() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group.run(async {
            let task = group.scoped().spawn_value(async { log.add("ran") });
            assert!(task.cancel());
            task.wait().await;
            assert!(task.cancelled());
        }).await.unwrap();
        log.assert(&[]);
    }

    /// T2: all of them, in the order in which they happened.
    async fn every_failure_is_reported() {
        let group: TaskGroup = create_task_group();
        let error = group.run(async {
            let late = |text: &'static str, yields| async move {
                catch_cancelled(sleep_forever::<()>()).await.unwrap_err();
                for _ in 0..yields {
                    ignore_cancellation(sleep(ms(1))).await;
                }
                Err::<(), _>(text)
            };
            let first = group.start(late("third", 20)).await;
            let second = group.scoped().start(late("second", 1)).await;
            group.named("one").start_soon(async { Err("first") });
            futures::join!(first.wait(), second.wait());
        }).await.unwrap_err();
        assert_eq!(texts(&error), ["first", "second", "third"]);
        assert_eq!(error.failures()[0].task().name(), "one");
        assert!(error.failures().iter().all(|failure| !failure.is_body()));
        assert_eq!(error.into_first_error().unwrap().to_string(), "first");
    }

    /// T2, design 4: a typed group, whose children's errors convert.
    async fn errors_convert_to_the_type_of_the_group() {
        #[derive(Debug, PartialEq)]
        enum Error {
            Number(std::num::ParseIntError),
            Text(String),
        }
        impl std::fmt::Display for Error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{self:?}")
            }
        }
        impl From<std::num::ParseIntError> for Error {
            fn from(error: std::num::ParseIntError) -> Self {
                Self::Number(error)
            }
        }
        impl From<&str> for Error {
            fn from(text: &str) -> Self {
                Self::Text(text.to_owned())
            }
        }
        let group: TaskGroup<'_, Error> = create_task_group();
        let error = group.run(async {
            let task = group.spawn(async { "x".parse::<u32>() });
            task.wait().await;
        }).await.unwrap_err();
        assert!(matches!(error.into_first_error().unwrap(), Error::Number(_)));

        let group: TaskGroup<'_, Error> = create_task_group();
        let error = group.run(async { group.start_soon(async { Err("text") }) }).await.unwrap_err();
        assert_eq!(error.into_first_error().unwrap(), Error::Text("text".to_owned()));
    }

    /// T3
    async fn a_panicking_child_cancels_its_siblings_and_resumes_in_the_parent() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        let run = group.run(async {
            let own = log.clone();
            group.start(async move {
                clean_up_when_cancelled(own, "sibling").await;
                Ok::<_, BoxError>(())
            }).await;
            group.start_soon(async {
                sleep(ms(1)).await;
                if !is_cancelled() {
                    std::panic::panic_any(17_u64);
                }
            });
        });
        let panic = std::panic::AssertUnwindSafe(run).catch_unwind().await.unwrap_err();
        assert_eq!(*panic.downcast::<u64>().unwrap(), 17);
        log.assert(&["sibling cancelled", "sibling cleaned"]);
    }

    /// T3
    async fn a_panicking_body_cancels_the_children_and_resumes() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        let run = group.run(async {
            let own = log.clone();
            group.start(async move {
                clean_up_when_cancelled(own, "child").await;
                Ok::<_, BoxError>(())
            }).await;
            panic!("on purpose");
        });
        let panic = std::panic::AssertUnwindSafe(run).catch_unwind().await.unwrap_err();
        assert_eq!(*panic.downcast::<&str>().unwrap(), "on purpose");
        log.assert(&["child cancelled", "child cleaned"]);
    }

    /// T6
    async fn scoped_children_borrow_and_change_what_is_outside() {
        let mut words = vec![String::from("one"), String::from("two")];
        let total = Mutex::new(0);
        let group: TaskGroup = create_task_group();
        group.run(async {
            for word in &mut words {
                group.scoped().start_soon(async {
                    coro_yield().await;
                    word.push('!');
                    *total.lock().unwrap() += word.len();
                });
            }
        }).await.unwrap();
        drop(group);
        assert_eq!(words, ["one!", "two!"]);
        assert_eq!(total.into_inner().unwrap(), 8);
    }

    /// T6: the same handle methods, the same outcome.
    async fn scoped_children_are_joined_and_fail_like_others() {
        let text = String::from("value");
        let group: TaskGroup = create_task_group();
        let error = group.run(async {
            let value = group.scoped().spawn(async { Ok::<_, BoxError>(text.as_str()) });
            assert_eq!(value.join().await.unwrap(), "value");
            let value = group.scoped().spawn_value(async { text.len() });
            assert_eq!(value.join().await.unwrap(), 5);
            group.scoped().named("borrower").start_soon(async { Err(format!("not {text}")) });
        }).await.unwrap_err();
        assert_eq!(texts(&error), ["not value"]);
        assert_eq!(error.failures()[0].task().name(), "borrower");
    }

    /// Contract 3: children live where their group was opened, not where they were started.
    async fn a_scope_in_the_body_does_not_reach_the_children_started_in_it() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group.run(async {
            let scope = open_cancel_scope();
            let own = log.clone();
            scope.run(async {
                scope.cancel();
                group.start_soon(async move {
                    assert!(!is_cancelled());
                    sleep(ms(1)).await;
                    own.add("child ended");
                });
                sleep_forever::<()>().await;
            }).await;
            assert!(scope.cancelled_caught());
        }).await.unwrap();
        log.assert(&["child ended"]);
    }

    /// Contract 6: children may be added while the group waits, by the last of them as well.
    async fn a_chain_of_children_keeps_the_group_open() {
        fn next(handle: GroupHandle, log: Log, left: u32) {
            handle.clone().start_soon(async move {
                coro_yield().await;
                match left.checked_sub(1) {
                    Some(left) => next(handle, log, left),
                    None => log.add("last"),
                }
            });
        }
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group.run(async { next(group.handle(), log.clone(), 100) }).await.unwrap();
        log.assert(&["last"]);
    }

    /// Contract 9: the task goes on as if nothing had been.
    async fn groups_one_after_the_other_leave_no_trace() {
        for _ in 0..50 {
            let group: TaskGroup = create_task_group();
            let value = move_on_after(ms(0), group.run(async {
                group.start_soon(sleep_forever::<()>());
                sleep_forever::<()>().await;
            })).await;
            assert!(value.is_none());
            assert!(!is_cancelled());
            coro_yield().await;
        }
    }

    async fn groups_nest_in_one_task() {
        let log = Log::new();
        let outer: TaskGroup = create_task_group();
        outer.run(async {
            let inner: TaskGroup = create_task_group();
            inner.run(async {
                let own = log.clone();
                outer.start_soon(async move { own.add("outer child") });
                let own = log.clone();
                inner.start_soon(async move { own.add("inner child") });
            }).await.unwrap();
            assert!(log.contains("inner child"));
            assert!(inner.is_closed() && !outer.is_closed());
        }).await.unwrap();
        log.assert_unordered(&["inner child", "outer child"]);
    }

    /// T2: of two groups in one task, the failure of the outer one ends the inner one.
    async fn a_failure_in_an_outer_group_ends_the_inner_one() {
        let log = Log::new();
        let outer: TaskGroup = create_task_group();
        let error = outer.run(async {
            let inner: TaskGroup = create_task_group();
            let _value = inner.run(async {
                inner.start_soon(clean_up_when_cancelled(log.clone(), "inner child"));
                outer.start_soon(async {
                    sleep(ms(1)).await;
                    Err("E")
                });
            }).await;
            log.add("after the inner group");
        }).await.unwrap_err();
        assert_eq!(texts(&error), ["E"]);
        assert!(!log.contains("after the inner group"));
        assert!(!log.contains("inner child cancelled") || log.contains("inner child cleaned"));
    }

    async fn a_group_that_is_never_run_starts_what_it_was_given_and_cancels_it() {
        let dropped = DropFlag::new();
        let outer: TaskGroup = create_task_group();
        outer.run(async {
            let group: TaskGroup = create_task_group();
            let guard = dropped.guard();
            group.start_soon(async move {
                let _guard = guard;
                sleep_forever::<()>().await;
            });
            drop(group);
        }).await.unwrap();
        // The outer group has waited for it (C10).
        assert!(dropped.is_set());
    }
}
