//! The rules of cancellation, C1 to C7, C11 and C12, sentence by sentence.
//!
//! C8 and C9 are in `rules_context.rs`, C10 is in `foreign.rs`.
#![forbid(unsafe_code)]

use std::{
    future::{Future, pending, poll_fn, ready},
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
};

use easynet::{
    CancelScope, TaskGroup,
    cancel::{
        CancelReason, catch_cancelled, ignore_cancellation, is_cancelled, open_cancel_scope,
        open_cancel_scope_after, open_cancel_scope_at,
    },
    task::create_task_group,
    time::{
        coro_yield, current_time, move_on_after, move_on_at, sleep, sleep_forever, sleep_until, timeout,
        timeout_at,
    },
};
use easynet_tests::{LONG, Log, Runner, clean_up_when_cancelled, each_backend, each_virtual_backend, ms};
use futures::{
    FutureExt, StreamExt,
    channel::oneshot,
    future::{BoxFuture, join},
    stream::FuturesUnordered,
};

/// Counts how often a future is polled.
async fn counting<F: Future>(count: Arc<AtomicUsize>, future: F) -> F::Output {
    let mut future = Box::pin(future);
    poll_fn(move |cx| {
        count.fetch_add(1, Ordering::SeqCst);
        future.as_mut().poll(cx)
    })
    .await
}

/// Begins, and takes its time to end when it is cancelled.
async fn clean_up(log: Log, name: &'static str) {
    log.add(format!("{name} begun"));
    clean_up_when_cancelled(log, name).await;
}

/// The reason that cancels a body here.
async fn reason_here() -> CancelReason {
    catch_cancelled(sleep_forever())
        .await
        .unwrap_err()
        .reason()
        .clone()
}

/// All orders of the numbers below `n`.
fn orders(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(n - 1);
    shorter
        .iter()
        .flat_map(|order| {
            (0..n).map(move |at| {
                let mut order = order.clone();
                order.insert(at, n - 1);
                order
            })
        })
        .collect()
}

each_backend! {
    /// C1: innermost values first.
    async fn a_cancelled_body_is_dropped_from_the_inside_out() {
        let log = Log::new();
        let scope = open_cancel_scope_after(ms(2));
        let value = scope
            .run(async {
                let _first = log.on_drop("first");
                let _second = log.on_drop("second");
                move_on_after(LONG, async {
                    let _inside = log.on_drop("inside");
                    async {
                        let _innermost = log.on_drop("innermost");
                        sleep_forever().await;
                    }
                    .await;
                    log.add("never");
                })
                .await;
                log.add("never");
            })
            .await;
        assert!(value.is_none());
        log.assert(&["innermost", "inside", "second", "first"]);
    }

    /// C1: every suspension point is a place to end, also one of a future that easynet knows nothing of.
    async fn a_body_ends_in_a_future_that_never_wakes() {
        let log = Log::new();
        let value = move_on_after(ms(2), async {
            let _value = log.on_drop("dropped");
            pending::<()>().await;
        })
        .await;
        assert!(value.is_none());
        log.assert(&["dropped"]);
    }

    /// C1, C7: level-triggered.
    async fn a_cancelled_scope_stays_cancelled() {
        let caught = AtomicUsize::new(0);
        let scope = open_cancel_scope();
        let value = scope
            .run(async {
                scope.cancel();
                for _ in 0..5 {
                    assert!(is_cancelled());
                    assert!(catch_cancelled(coro_yield()).await.is_err());
                    caught.fetch_add(1, Ordering::SeqCst);
                }
                coro_yield().await;
                caught.fetch_add(100, Ordering::SeqCst);
            })
            .await;
        assert!(value.is_none() && scope.cancelled_caught());
        assert_eq!(caught.into_inner(), 5);
    }

    /// C1: code outside of the scope is not cancelled.
    async fn a_cancellation_ends_with_its_scope() {
        let scope = open_cancel_scope();
        scope.cancel();
        assert!(scope.run(sleep_forever()).await.is_none());
        assert!(!is_cancelled());
        sleep(ms(1)).await;
        assert_eq!(
            timeout(LONG, async {
                sleep(ms(1)).await;
                3
            })
            .await,
            Ok(3)
        );
    }

    /// C2
    async fn a_body_that_does_not_suspend_completes_in_a_cancelled_scope() {
        let scope = open_cancel_scope();
        scope.cancel();
        assert_eq!(
            scope
                .run(async {
                    assert!(is_cancelled());
                    1
                })
                .await,
            Some(1)
        );
        assert!(scope.cancel_called() && !scope.cancelled_caught());
        assert_eq!(move_on_after(ms(0), async { 2 }).await, Some(2));
        assert_eq!(timeout(ms(0), ready(3)).await, Ok(3));
        assert_eq!(timeout_at(current_time() - ms(1), ready(4)).await, Ok(4));
        assert_eq!(
            open_cancel_scope_at(current_time() - ms(1)).run(ready(5)).await,
            Some(5)
        );
    }

    /// C2
    async fn a_body_that_cancels_itself_and_does_not_suspend_again_completes() {
        let scope = open_cancel_scope();
        let value = scope
            .run(async {
                sleep(ms(1)).await;
                scope.cancel();
                7
            })
            .await;
        assert_eq!(value, Some(7));
        assert!(scope.cancel_called() && !scope.cancelled_caught());
    }

    /// C2: what came in time is not lost to a cancellation that came with it.
    async fn a_body_that_is_ready_when_it_is_cancelled_completes() {
        let scope = open_cancel_scope();
        let (send, receive) = oneshot::channel();
        let group: TaskGroup = create_task_group();
        let value = group
            .run(async {
                let handle = scope.clone();
                group.start_soon(async move {
                    send.send(5).unwrap();
                    handle.cancel();
                });
                scope.run(async { receive.await.unwrap() }).await
            })
            .await
            .unwrap();
        assert_eq!(value, Some(5));
        assert!(!scope.cancelled_caught());
    }

    /// C2: the same for a child, which its group or its handle cancels.
    async fn a_child_that_is_ready_when_it_is_cancelled_completes() {
        let log = Log::new();
        let scope = open_cancel_scope();
        let value = scope
            .run(async {
                let group: TaskGroup = create_task_group();
                group
                    .run(async {
                        let (send, receive) = oneshot::channel();
                        let own = log.clone();
                        let task = group
                            .start(receive.map(move |value| value.map(|()| own.add("by its handle"))))
                            .await;
                        send.send(()).unwrap();
                        assert!(task.cancel());
                        task.join().await.unwrap();
                        let (send, receive) = oneshot::channel();
                        let own = log.clone();
                        let (begun, has_begun) = oneshot::channel();
                        group.start_soon(async move {
                            begun.send(()).unwrap();
                            receive.await.unwrap();
                            own.add("by its group");
                        });
                        has_begun.await.unwrap();
                        send.send(()).unwrap();
                        scope.cancel();
                    })
                    .await
            })
            .await;
        assert!(value.is_none());
        log.assert(&["by its handle", "by its group"]);
    }

    /// C3: for each operation that is a checkpoint.
    async fn a_checkpoint_does_not_complete_in_a_cancelled_scope() {
        let scope = open_cancel_scope();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let checkpoints: Vec<(&str, BoxFuture<'static, ()>)> = vec![
                    ("coro_yield", coro_yield().boxed()),
                    ("sleep of no time", sleep(ms(0)).boxed()),
                    ("sleep", sleep(ms(1)).boxed()),
                    (
                        "sleep until a moment in the past",
                        sleep_until(current_time() - ms(1)).boxed(),
                    ),
                    ("sleep for ever", async { sleep_forever().await }.boxed()),
                    (
                        "start",
                        group
                            .start(async { Ok::<_, easynet::BoxError>(()) })
                            .map(drop)
                            .boxed(),
                    ),
                ];
                scope.cancel();
                let value = scope
                    .run(async {
                        for (name, checkpoint) in checkpoints {
                            assert!(catch_cancelled(checkpoint).await.is_err(), "{name} completed");
                        }
                        coro_yield().await;
                    })
                    .await;
                assert!(value.is_none());
            })
            .await
            .unwrap();
    }

    /// C3: checkpoints that began before they were cancelled do not complete either.
    async fn a_checkpoint_that_has_begun_does_not_complete_in_a_cancelled_scope() {
        let begun = open_cancel_scope();
        let mut woken = Box::pin(coro_yield());
        assert!(futures::poll!(woken.as_mut()).is_pending());
        begun.cancel();
        assert!(begun.run(woken).await.is_none());
    }

    /// C3: a start is a checkpoint, though its task has begun by then.
    async fn a_start_of_a_task_that_has_begun_does_not_complete_in_a_cancelled_scope() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let (begun, has_begun) = oneshot::channel();
                let start = group.start(async move {
                    begun.send(()).unwrap();
                    sleep_forever().await
                });
                has_begun.await.unwrap();
                let scope = open_cancel_scope();
                scope.cancel();
                assert!(scope.run(start).await.is_none());
            })
            .await
            .unwrap();
    }

    /// C3: nothing is lost, nothing is paid.
    async fn what_need_not_wait_completes_in_a_cancelled_scope() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let task = group.spawn_value(async { 4 });
                task.wait().await;
                let (send, receive) = oneshot::channel();
                send.send(5).unwrap();
                let scope = open_cancel_scope();
                scope.cancel();
                let value = scope
                    .run(async {
                        task.wait().await;
                        let sum = task.join_or_cancel().await.unwrap() + receive.await.unwrap();
                        sum + ignore_cancellation(ready(1)).await + catch_cancelled(ready(1)).await.unwrap()
                    })
                    .await;
                assert_eq!(value, Some(11));
            })
            .await
            .unwrap();
    }

    /// C3: a loop that is never kept waiting can be cancelled, also by a deadline.
    async fn a_loop_of_yields_can_be_cancelled() {
        let mut turns = 0u64;
        let value = move_on_after(ms(5), async {
            loop {
                coro_yield().await;
                turns += 1;
                if turns > 10 {
                    sleep(ms(1)).await;
                }
            }
        })
        .await;
        assert!(value.is_none() as bool);
        assert!(turns > 10);
    }

    /// C1, C3: scopes that end at once are places where the outer one can end too, and let other tasks run.
    async fn a_loop_of_expired_scopes_can_be_cancelled() {
        let past = current_time();
        let scope = open_cancel_scope();
        let group: TaskGroup = create_task_group();
        group.run(async {
            let handle = scope.clone();
            group.start_soon(async move {
                for _ in 0..10 {
                    coro_yield().await;
                }
                handle.cancel();
            });
            let value: Option<()> = scope.run(async {
                loop {
                    move_on_at(past, pending::<()>()).await;
                }
            }).await;
            assert!(value.is_none());
        }).await.unwrap();
    }

    /// C4: three scopes, some of them cancelled, in every order, before anything is delivered.
    async fn the_outermost_cancelled_scope_catches() {
        for cancelled in 0..8usize {
            for order in orders(3) {
                let log = Log::new();
                let scopes: [CancelScope; 3] = std::array::from_fn(|_| open_cancel_scope());
                let first = scopes[0]
                    .run(async {
                        let second = scopes[1]
                            .run(async {
                                let third = scopes[2]
                                    .run(async {
                                        sleep(ms(0)).await;
                                        for index in
                                            order.iter().filter(|index| cancelled >> **index & 1 == 1)
                                        {
                                            scopes[*index].cancel();
                                        }
                                        coro_yield().await;
                                        log.add("body");
                                    })
                                    .await;
                                log.add(format!("third {}", third.is_some()));
                                coro_yield().await;
                            })
                            .await;
                        log.add(format!("second {}", second.is_some()));
                        coro_yield().await;
                    })
                    .await;
                log.add(format!("first {}", first.is_some()));
                let expected: &[&str] = match cancelled.trailing_zeros() {
                    0 => &["first false"],
                    1 => &["second false", "first true"],
                    2 => &["third false", "second true", "first true"],
                    _ => &["body", "third true", "second true", "first true"],
                };
                assert_eq!(log.entries(), expected, "{cancelled:b} {order:?}");
                for (index, scope) in scopes.iter().enumerate() {
                    assert_eq!(
                        scope.cancelled_caught(),
                        cancelled != 0 && index as u32 == cancelled.trailing_zeros()
                    );
                    assert_eq!(scope.cancel_called(), cancelled >> index & 1 == 1);
                }
            }
        }
    }

    /// C4: with one deadline for all.
    async fn the_outermost_of_scopes_with_one_deadline_catches() {
        let log = Log::new();
        let deadline = current_time() + ms(3);
        let outer = timeout_at(deadline, async {
            let middle = move_on_at(deadline, async {
                let inner = timeout_at(deadline, sleep_forever()).await;
                log.add(format!("inner {inner:?}"));
            })
            .await;
            log.add(format!("middle {middle:?}"));
        })
        .await;
        assert!(outer.is_err());
        log.assert(&[]);
    }

    /// C4: an outer scope that is cancelled while the inner one ends its body.
    async fn code_behind_an_inner_scope_never_runs_when_the_outer_one_is_cancelled_by_a_destructor() {
        struct CancelOnDrop(CancelScope);
        impl Drop for CancelOnDrop {
            fn drop(&mut self) {
                self.0.cancel();
            }
        }
        let log = Log::new();
        let (outer, inner) = (open_cancel_scope(), open_cancel_scope());
        let value = outer
            .run(async {
                inner
                    .run(async {
                        let _cancel = CancelOnDrop(outer.clone());
                        inner.cancel();
                        sleep_forever().await;
                    })
                    .await;
                log.add("never");
            })
            .await;
        assert!(value.is_none() && outer.cancelled_caught() && !inner.cancelled_caught());
        log.assert(&[]);
    }

    /// C4, C6: an outer scope that is cancelled while the inner one waits for a guard.
    async fn the_outer_scope_catches_when_it_is_cancelled_during_the_wait_for_a_guard() {
        let log = Log::new();
        let (outer, inner) = (open_cancel_scope(), open_cancel_scope());
        let value = outer
            .run(async {
                let caught = inner
                    .run(async {
                        inner.cancel();
                        ignore_cancellation(async {
                            sleep(ms(1)).await;
                            outer.cancel();
                            sleep(ms(1)).await;
                            log.add("shield over");
                        })
                        .await;
                        log.add("behind the shield");
                        coro_yield().await;
                        log.add("never");
                    })
                    .await;
                log.add(format!("never {caught:?}"));
            })
            .await;
        assert!(value.is_none() && outer.cancelled_caught() && !inner.cancelled_caught());
        log.assert(&["shield over", "behind the shield"]);
    }

    /// C4: a scope whose deadline passes inside of one that is shielded from the outside catches by itself.
    async fn a_scope_inside_a_shield_catches_while_the_outer_one_is_cancelled() {
        let log = Log::new();
        let scope = open_cancel_scope();
        scope.cancel();
        let value = scope
            .run(async {
                ignore_cancellation(async {
                    assert!(!is_cancelled());
                    assert!(move_on_after(ms(2), sleep_forever()).await.is_none());
                    log.add("inner caught");
                    assert_eq!(
                        timeout(LONG, async {
                            sleep(ms(1)).await;
                            3
                        })
                        .await,
                        Ok(3)
                    );
                    log.add("inner completed");
                })
                .await;
                assert!(is_cancelled());
                coro_yield().await;
                log.add("never");
            })
            .await;
        assert!(value.is_none());
        log.assert(&["inner caught", "inner completed"]);
    }

    /// C5: what is started from inside a shield belongs to its group, which is not shielded.
    async fn a_child_started_from_inside_a_shield_into_an_outer_group_is_not_shielded() {
        let log = Log::new();
        let scope = open_cancel_scope();
        let value = scope
            .run(async {
                let group: TaskGroup = create_task_group();
                group
                    .run(async {
                        ignore_cancellation(async {
                            let (begun, began) = oneshot::channel();
                            let child = log.clone();
                            group.start_soon(async move {
                                begun.send(()).unwrap();
                                clean_up_when_cancelled(child, "child").await;
                            });
                            began.await.unwrap();
                            scope.cancel();
                            while !log.contains("child cleaned") {
                                sleep(ms(1)).await;
                            }
                            log.add("shield over");
                        })
                        .await;
                    })
                    .await
            })
            .await;
        assert!(value.is_none());
        log.assert(&["child cancelled", "child cleaned", "shield over"]);
    }

    /// C6: for each kind of guard, under the waker of the task, and under one of a combinator.
    async fn a_cancelled_scope_waits_for_its_guards() {
        for foreign in [false, true] {
            for kind in ["shield", "group", "scoped", "catch", "join"] {
                let log = Log::new();
                let group: TaskGroup = create_task_group();
                group
                    .run(async {
                        let scope = open_cancel_scope();
                        let inside = log.clone();
                        let guard: BoxFuture<'_, ()> = match kind {
                            "shield" => async {
                                ignore_cancellation(async {
                                    inside.add("guard begun");
                                    sleep(ms(2)).await;
                                    inside.add("guard cleaned");
                                })
                                .await;
                            }
                            .boxed(),
                            "group" => async {
                                let group: TaskGroup = create_task_group();
                                let _ = group
                                    .run(async {
                                        group.start_soon(clean_up(inside.clone(), "guard"));
                                    })
                                    .await;
                            }
                            .boxed(),
                            "scoped" => async {
                                let group: TaskGroup = create_task_group();
                                let _ = group
                                    .run(async {
                                        group.scoped().start_soon(clean_up(inside.clone(), "guard"));
                                    })
                                    .await;
                            }
                            .boxed(),
                            "catch" => clean_up(inside.clone(), "guard").boxed(),
                            _ => async {
                                let task = group.spawn_value(clean_up(inside.clone(), "guard"));
                                let _ = task.join_or_cancel().await;
                            }
                            .boxed(),
                        };
                        let cancel = async {
                            while !log.contains("guard begun") {
                                sleep(ms(1)).await;
                            }
                            scope.cancel();
                        };
                        let body = async {
                            let _last = log.on_drop("body dropped");
                            if foreign {
                                let mut guards = FuturesUnordered::from_iter([guard]);
                                while guards.next().await.is_some() {}
                            } else {
                                guard.await;
                            }
                            sleep_forever().await;
                        };
                        let (value, ()) = join(scope.run(body), cancel).await;
                        assert!(value.is_none());
                        log.add("scope over");
                    })
                    .await
                    .unwrap();
                let entries = log.entries();
                let expected = ["guard cleaned", "body dropped", "scope over"];
                assert_eq!(
                    entries[entries.len() - 3..],
                    expected,
                    "{kind}, foreign: {foreign}"
                );
            }
        }
    }

    /// C6: it keeps polling, so that what is not cancelled by a checkpoint makes progress meanwhile.
    async fn a_held_scope_is_still_polled() {
        let log = Log::new();
        let (send, receive) = oneshot::channel();
        let value = move_on_after(ms(1), async {
            futures::join!(
                async {
                    receive.await.unwrap();
                    log.add("received");
                    coro_yield().await;
                    log.add("never");
                },
                ignore_cancellation(async {
                    sleep(ms(5)).await;
                    send.send(()).unwrap();
                    sleep(ms(1)).await;
                    log.add("shield over");
                }),
            );
        })
        .await;
        assert!(value.is_none());
        log.assert(&["received", "shield over"]);
    }

    /// C6: whoever it is that lets go of the last guard.
    async fn a_cancelled_scope_ends_when_another_task_drops_the_guard_that_held_it() {
        let scope = open_cancel_scope();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let shield = ignore_cancellation(pending::<()>()).boxed();
                let shield = Arc::new(Mutex::new(Some(shield)));
                let (inside, polled) = (scope.clone(), shield.clone());
                let task = group
                    .start(async move {
                        let body = poll_fn(move |cx| {
                            if let Some(shield) = polled.lock().unwrap().as_mut() {
                                assert!(shield.poll_unpin(cx).is_pending());
                            }
                            Poll::<()>::Pending
                        });
                        Ok::<_, easynet::BoxError>(inside.run(body).await.is_none())
                    })
                    .await;
                scope.cancel();
                sleep(ms(1)).await;
                assert!(!task.done());
                let guard = shield.lock().unwrap().take();
                drop(guard);
                assert!(task.await.unwrap());
            })
            .await
            .unwrap();
    }

    /// C7: the error comes when the body has been dropped; the cancellation is not consumed.
    async fn catching_comes_after_the_body_and_consumes_nothing() {
        let log = Log::new();
        let value = move_on_after(ms(1), async {
            let caught = catch_cancelled(async {
                let _value = log.on_drop("body dropped");
                sleep_forever().await;
            })
            .await;
            log.add(format!("caught {}", caught.is_err()));
            coro_yield().await;
            log.add("never");
        })
        .await;
        assert!(value.is_none());
        log.assert(&["body dropped", "caught true"]);
    }

    /// C7: it yields once its body has been dropped, not when it is dropped itself.
    async fn a_catch_that_has_yielded_keeps_nothing_of_its_body() {
        let log = Log::new();
        let scope = open_cancel_scope();
        let value = scope
            .run(async {
                scope.cancel();
                let mut caught = pin!(catch_cancelled(async {
                    let _value = log.on_drop("dropped");
                    sleep_forever().await;
                }));
                assert!(caught.as_mut().await.is_err());
                log.add("caught");
            })
            .await;
        assert!(value.is_some());
        log.assert(&["dropped", "caught"]);
    }

    /// C7: one catch in another.
    async fn each_catch_around_a_cancelled_body_catches_in_turn() {
        let log = Log::new();
        let value = move_on_after(ms(1), async {
            for turn in 0..2 {
                let outer = catch_cancelled(async {
                    let inner = catch_cancelled(sleep_forever()).await;
                    log.add(format!("inner {turn} {}", inner.is_err()));
                    coro_yield().await;
                    log.add("never");
                })
                .await;
                log.add(format!("outer {turn} {}", outer.is_err()));
            }
        })
        .await;
        assert!(value.is_some());
        log.assert(&["inner 0 true", "outer 0 true", "inner 1 true", "outer 1 true"]);
    }

    /// C7, C4: a catch is about the scopes around it, not about those inside.
    async fn catching_leaves_the_scopes_inside_alone() {
        let caught = catch_cancelled(async {
            assert!(move_on_after(ms(1), sleep_forever()).await.is_none());
            coro_yield().await;
            8
        })
        .await;
        assert_eq!(caught, Ok(8));
    }

    /// C7: a body that was not cancelled; or was, and completed all the same (C2).
    async fn catching_yields_the_value_of_a_body_that_completes() {
        assert_eq!(
            catch_cancelled(async {
                sleep(ms(1)).await;
                1
            })
            .await,
            Ok(1)
        );
        let scope = open_cancel_scope();
        scope.cancel();
        assert_eq!(scope.run(catch_cancelled(async { 2 })).await, Some(Ok(2)));
        assert!(!scope.cancelled_caught());
    }

    /// C7, C6: a catch waits for the guards below it.
    async fn catching_waits_for_the_guards_in_its_body() {
        let log = Log::new();
        let value = move_on_after(ms(1), async {
            let caught = catch_cancelled(async {
                let _value = log.on_drop("body dropped");
                ignore_cancellation(sleep(ms(3))).await;
                log.add("shield over");
                coro_yield().await;
            })
            .await;
            log.add(format!("caught {}", caught.is_err()));
        })
        .await;
        assert!(value.is_some());
        log.assert(&["shield over", "body dropped", "caught true"]);
    }

    /// C11: the answer is right at any depth.
    async fn code_knows_whether_it_is_cancelled_at_depth_one_thousand() {
        fn nest(depth: usize, outermost: CancelScope) -> BoxFuture<'static, bool> {
            if depth == 0 {
                return async move {
                    assert!(!is_cancelled());
                    outermost.cancel();
                    is_cancelled()
                }
                .boxed();
            }
            let inner = nest(depth - 1, outermost);
            match depth % 4 {
                0 => open_cancel_scope().run(inner).map(|value| value.unwrap()).boxed(),
                1 => catch_cancelled(inner).map(|value| value.unwrap()).boxed(),
                _ => timeout(LONG, inner).map(|value| value.unwrap()).boxed(),
            }
        }
        let scope = open_cancel_scope();
        let told = scope.run(nest(1000, scope.clone())).await;
        assert_eq!(told, Some(true));
    }

    /// C12: a deadline, however deep below it.
    async fn a_reason_tells_of_a_deadline() {
        let reason = timeout(LONG, move_on_after(ms(1), timeout(LONG, reason_here()))).await;
        let reason = reason.unwrap().unwrap().unwrap();
        assert!(reason.is_deadline() && reason.location().is_none() && reason.failed_task().is_none());
        assert!(reason.to_string().contains("deadline"), "{reason}");
        let scope = open_cancel_scope_after(ms(1));
        assert!(scope.run(reason_here()).await.unwrap().is_deadline());
    }

    /// C12: a call, with its place and text; the first call counts.
    async fn a_reason_tells_of_a_call() {
        let scope = open_cancel_scope();
        let line = line!() + 1;
        scope.cancel_because("shutting down");
        scope.cancel();
        let cancelled = scope
            .run(catch_cancelled(sleep_forever()))
            .await
            .unwrap()
            .unwrap_err();
        let location = cancelled.reason().location().unwrap();
        assert_eq!((location.file(), location.line()), (file!(), line));
        assert_eq!(cancelled.reason().text(), Some("shutting down"));
        let text = cancelled.to_string();
        assert!(
            text.contains("shutting down") && text.contains(&format!("{}:{line}", file!())),
            "{text}"
        );
        assert!(!cancelled.reason().is_deadline());
    }
}

/// What a deadline gives as its reason.
async fn timeout_reason() -> CancelReason {
    move_on_after(ms(0), reason_here()).await.unwrap()
}

each_virtual_backend! {
    /// C3: a checkpoint does not complete in a cancelled group either.
    async fn a_checkpoint_does_not_complete_in_a_child_of_a_cancelled_group() {
        let log = Log::new();
        let scope = open_cancel_scope();
        let value = scope
            .run(async {
                let group: TaskGroup = create_task_group();
                group
                    .run(async {
                        let (go, gone) = oneshot::channel();
                        let own = log.clone();
                        group.start_soon(async move {
                            let mut woken = Box::pin(coro_yield());
                            assert!(futures::poll!(woken.as_mut()).is_pending());
                            gone.await.unwrap();
                            own.add(format!("cancelled {}", is_cancelled()));
                            woken.await;
                            own.add("never");
                        });
                        // It has begun, and is suspended.
                        sleep(ms(1)).await;
                        scope.cancel();
                        go.send(()).unwrap();
                    })
                    .await
            })
            .await;
        assert!(value.is_none());
        log.assert(&["cancelled true"]);
    }

    /// C11: nothing spins. Two scopes poll one shield, which holds now the one and now the other; neither is to end by itself.
    async fn a_shield_that_two_scopes_share_in_a_cancelled_one_does_not_keep_the_task_awake() {
        let shield = ignore_cancellation(sleep(ms(10))).boxed();
        let (shield, polls) = (Arc::new(Mutex::new(Some(shield))), Arc::new(AtomicUsize::new(0)));
        let arm = || {
            let (shield, polls) = (shield.clone(), polls.clone());
            poll_fn(move |cx| {
                assert!(polls.fetch_add(1, Ordering::SeqCst) < 100, "it spins");
                let mut shield = shield.lock().unwrap();
                let over = shield.as_mut().is_none_or(|shield| shield.poll_unpin(cx).is_ready());
                if over {
                    *shield = None;
                    return Poll::Ready(());
                }
                Poll::Pending
            })
        };
        let begun = current_time();
        let arms = join(timeout(LONG, arm()), timeout(LONG, timeout(LONG, arm())));
        let _ = timeout(ms(5), arms).await;
        assert!(current_time() - begun >= ms(10));
    }

    /// C6: it drops when the last one has let go.
    async fn a_cancelled_scope_waits_for_the_last_of_several_guards() {
        let log = Log::new();
        let value = move_on_after(ms(1), async {
            let _last = log.on_drop("body dropped");
            futures::join!(
                clean_up_when_cancelled(log.clone(), "catch"),
                async {
                    ignore_cancellation(sleep(ms(10))).await;
                    log.add("shield over");
                },
                async {
                    let group: TaskGroup = create_task_group();
                    let _ = group
                        .run(async { group.start_soon(clean_up_when_cancelled(log.clone(), "child")) })
                        .await;
                },
            );
            sleep_forever().await;
        })
        .await;
        assert!(value.is_none());
        let entries = log.entries();
        assert_eq!(entries.len(), 6);
        assert_eq!(entries[5], "body dropped");
    }

    /// C6: nor do the scopes further out drop before that.
    async fn every_scope_around_several_guards_waits_for_the_last_one() {
        let log = Log::new();
        let value = move_on_after(ms(1), async {
            let _last = log.on_drop("body dropped");
            move_on_after(LONG, async {
                futures::join!(ignore_cancellation(sleep(ms(2))), async {
                    ignore_cancellation(sleep(ms(10))).await;
                    log.add("shield over");
                });
                sleep_forever().await;
            })
            .await
        })
        .await;
        assert!(value.is_none());
        log.assert(&["shield over", "body dropped"]);
    }

    /// C6: a timeout around a group in a group, of which only the innermost child takes its time.
    async fn a_timeout_around_nested_groups_returns_after_the_innermost_cleanup() {
        let log = Log::new();
        let value = timeout(ms(2), async {
            let outer: TaskGroup = create_task_group();
            let inside = log.clone();
            let _ = outer
                .run(async {
                    outer.start_soon(async move {
                        let middle: TaskGroup = create_task_group();
                        middle
                            .run(async {
                                let inside = inside.clone();
                                middle.start_soon(async move {
                                    let inner: TaskGroup = create_task_group();
                                    inner
                                        .run(async {
                                            inner.start_soon(clean_up_when_cancelled(inside, "child"))
                                        })
                                        .await
                                });
                            })
                            .await
                    });
                })
                .await;
            log.add("never");
        })
        .await;
        assert!(value.is_err());
        log.assert(&["child cancelled", "child cleaned"]);
    }

    /// C12: a call of `Task::cancel`.
    async fn a_reason_tells_where_a_task_was_cancelled() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let task = group.spawn_value(reason_here());
                coro_yield().await;
                sleep(ms(2)).await;
                let line = line!() + 1;
                assert!(task.cancel());
                let reason = task.join().await.unwrap();
                assert_eq!(reason.location().unwrap().line(), line);
            })
            .await
            .unwrap();
    }

    /// C12: a failed sibling, by its name, through a group in the group, for body and children alike.
    async fn a_reason_tells_of_a_failed_sibling() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        let error = group
            .run(async {
                let own = log.clone();
                group.start_soon(async move {
                    let nested: TaskGroup = create_task_group();
                    nested
                        .run(async {
                            for depth in ["child", "scoped"] {
                                let own = own.clone();
                                let child = async move {
                                    own.add(
                                        reason_here()
                                            .await
                                            .failed_task()
                                            .map_or("none".into(), |task| task.name()),
                                    );
                                };
                                if depth == "child" {
                                    nested.start_soon(child)
                                } else {
                                    nested.scoped().start_soon(child)
                                }
                            }
                            own.add(
                                reason_here()
                                    .await
                                    .failed_task()
                                    .map_or("none".into(), |task| task.name()),
                            );
                        })
                        .await
                });
                group.named("culprit").start_soon(async {
                    sleep(ms(2)).await;
                    Err("no luck")
                });
                let reason = reason_here().await;
                assert!(reason.to_string().contains("`culprit`"), "{reason}");
                log.add(reason.failed_task().unwrap().name());
            })
            .await
            .unwrap_err();
        assert_eq!(error.failures().len(), 1);
        log.assert(&["culprit"; 4]);
    }

    /// C12: a deadline around groups is what their children are told.
    async fn a_reason_is_passed_down_through_groups() {
        let log = Log::new();
        let value = move_on_after(ms(3), async {
            let outer: TaskGroup = create_task_group();
            let inside = log.clone();
            outer
                .run(async {
                    outer.start_soon(async move {
                        let inner: TaskGroup = create_task_group();
                        inner
                            .run(async {
                                inner.start_soon(async move { inside.add(reason_here().await.to_string()) });
                            })
                            .await
                    });
                })
                .await
        })
        .await;
        assert!(value.is_none());
        log.assert(&[&CancelReason::to_string(&timeout_reason().await)]);
    }

    /// C12: a group whose body leaves early.
    async fn a_reason_tells_that_the_body_of_the_group_was_left() {
        let log = Log::new();
        let inside = log.clone();
        async fn leave(log: Log) -> Result<(), easynet::BoxError> {
            easynet::task_group!(|group| {
                group.start_soon(async move { log.add(reason_here().await.to_string()) });
                sleep(ms(2)).await;
                Err("left")?;
            })?;
            Ok(())
        }
        assert_eq!(leave(inside).await.unwrap_err().to_string(), "left");
        assert!(log.entries()[0].contains("body"), "{log:?}");
    }

    /// C11: each parked task is woken once.
    async fn cancelling_polls_each_parked_task_once() {
        let counts: Vec<Arc<AtomicUsize>> = (0..60).map(|_| Arc::default()).collect();
        let scope = open_cancel_scope();
        let value = scope
            .run(async {
                let group: TaskGroup = create_task_group();
                group
                    .run(async {
                        for (index, count) in counts.iter().enumerate() {
                            let child = counting(count.clone(), sleep_forever());
                            match index % 3 {
                                0 => group.start_soon(child),
                                1 => drop(group.spawn_value(child)),
                                _ => group.scoped().start_soon(child),
                            }
                        }
                        for _ in 0..3 {
                            sleep(ms(10)).await;
                        }
                        for count in &counts {
                            assert_eq!(
                                count.load(Ordering::SeqCst),
                                1,
                                "nobody is polled before something happens"
                            );
                        }
                        scope.cancel();
                        coro_yield().await;
                    })
                    .await
            })
            .await;
        assert!(value.is_none());
        for count in &counts {
            assert_eq!(count.load(Ordering::SeqCst), 2);
        }
    }

    /// C11: nothing spins while a scope waits for its guards.
    async fn a_held_scope_is_polled_only_when_something_happens() {
        let (task, sibling) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let value = counting(
            task.clone(),
            move_on_after(
                ms(1),
                futures::future::join(
                    counting(sibling.clone(), sleep_forever()),
                    ignore_cancellation(sleep(LONG)),
                ),
            ),
        )
        .await;
        assert!(value.is_none());
        // Begun; a deadline twice, each with a poll that finds nothing and one that does; once told.
        assert!(task.load(Ordering::SeqCst) <= 6, "{task:?}");
        assert!(sibling.load(Ordering::SeqCst) <= 7, "{sibling:?}");
    }

    /// C11: nor while a group waits for children that clean up.
    async fn a_cancelled_group_is_polled_only_when_something_happens() {
        let count = Arc::new(AtomicUsize::new(0));
        let value = counting(
            count.clone(),
            move_on_after(ms(1), async {
                let group: TaskGroup = create_task_group();
                group
                    .run(async {
                        for _ in 0..10 {
                            group.start_soon(async { ignore_cancellation(sleep(LONG)).await });
                        }
                    })
                    .await
            }),
        )
        .await;
        assert!(value.is_none());
        assert!(count.load(Ordering::SeqCst) <= 6, "{count:?}");
    }

    /// Deadlines: rescheduled back and forth, a hundred times, from the task itself.
    async fn a_deadline_moves_back_and_forth(runner: Runner) {
        let watch = runner.stopwatch();
        let start = current_time();
        let scope = open_cancel_scope_after(ms(10));
        let value = scope
            .run(async {
                for round in 0..100 {
                    scope.reschedule(start + LONG);
                    scope.reschedule(start + ms(10 * round + 20));
                    scope.clear_deadline();
                    assert_eq!(scope.when(), None);
                    scope.set_deadline(start + ms(10 * round + 15));
                    sleep_until(start + ms(10 * round + 10)).await;
                }
                sleep_forever().await;
            })
            .await;
        assert!(value.is_none() && scope.cancelled_caught());
        watch.assert_reads(ms(10 * 99 + 15));
    }

    /// Deadlines: moved nearer, while the body sleeps, by another task.
    async fn a_deadline_that_is_moved_nearer_takes_effect_at_once(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let handle = scope.clone();
                group.start_soon(async move {
                    for round in 0..100 {
                        handle.reschedule(current_time() + ms(100_000 - 500 * round));
                        sleep(ms(1)).await;
                    }
                    handle.reschedule(current_time() + ms(7));
                });
                assert!(scope.run(sleep_forever()).await.is_none());
            })
            .await
            .unwrap();
        watch.assert_reads(ms(107));
    }

    /// Deadlines: a deadline that is moved away is forgotten, though the timer was armed for it.
    async fn a_deadline_that_is_moved_away_is_forgotten(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope_after(ms(10));
        let value = scope
            .run(async {
                sleep(ms(5)).await;
                scope.reschedule(None);
                sleep(ms(50)).await;
                3
            })
            .await;
        assert_eq!(value, Some(3));
        assert!(!scope.cancel_called());
        watch.assert_reads(ms(55));
    }

    /// Deadlines: too large is no limit; the past is the first suspension point.
    async fn deadlines_at_the_ends_of_time() {
        use std::time::Duration;
        assert_eq!(
            timeout(Duration::MAX, async {
                sleep(LONG).await;
                1
            })
            .await,
            Ok(1)
        );
        assert_eq!(
            move_on_after(Duration::MAX, async {
                sleep(LONG).await;
                1
            })
            .await,
            Some(1)
        );
        let scope = open_cancel_scope_after(Duration::MAX);
        assert_eq!(scope.when(), None);
        assert_eq!(
            scope
                .run(async {
                    sleep(LONG).await;
                    1
                })
                .await,
            Some(1)
        );
        assert_eq!(
            move_on_at(None, async {
                sleep(LONG).await;
                1
            })
            .await,
            Some(1)
        );
        let years = Duration::from_secs(86_400 * 365 * 200);
        assert_eq!(
            timeout(years, async {
                sleep(LONG).await;
                1
            })
            .await,
            Ok(1)
        );
        assert!(move_on_after(LONG, sleep(Duration::MAX)).await.is_none());
        for past in [current_time(), current_time() - ms(1)] {
            assert!(move_on_at(past, sleep_forever()).await.is_none());
            assert!(timeout_at(past, coro_yield()).await.is_err());
            let scope = open_cancel_scope_at(past);
            assert!(scope.run(sleep(ms(1))).await.is_none());
            assert!(scope.cancelled_caught() && scope.cancel_called());
        }
    }
}
