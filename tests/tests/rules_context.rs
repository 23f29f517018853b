//! Wherever a future is polled: under foreign combinators (C8), first in one task and then in another (C9).
#![forbid(unsafe_code)]
// Futures are handed from task to task on purpose.
#![allow(clippy::async_yields_async, clippy::type_complexity)]

use std::{
    future::{Future, pending, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use easynet::{
    AsyncBackend, BoxError, TaskGroup,
    cancel::{
        catch_cancelled, ignore_cancellation, is_cancelled, open_cancel_scope, open_cancel_scope_after,
    },
    prelude::*,
    task::{TaskLocal, create_task_group, gather, get_current_task, try_get_current_task},
    time::{coro_yield, current_time, move_on_after, sleep, sleep_forever, sleep_until, timeout},
};
use easynet_tests::{LONG, Log, Runner, clean_up_when_cancelled, each_backend, each_virtual_backend, ms};
use futures::{
    FutureExt, StreamExt, TryFutureExt,
    channel::oneshot,
    future::{BoxFuture, join_all},
    stream::FuturesUnordered,
};

/// Polls each future with a waker of its own, and only when that was woken: what C8 allows a combinator to do.
struct OnlyWoken(Vec<(Option<BoxFuture<'static, ()>>, Arc<Slot>)>);

struct Slot {
    woken: AtomicBool,
    parent: Mutex<Option<Waker>>,
}

impl Wake for Slot {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        let parent = self.parent.lock().unwrap().take();
        if let Some(parent) = parent {
            parent.wake();
        }
    }
}

impl OnlyWoken {
    fn new(futures: Vec<BoxFuture<'static, ()>>) -> Self {
        let slot = || {
            Arc::new(Slot {
                woken: AtomicBool::new(true),
                parent: Mutex::default(),
            })
        };
        Self(futures.into_iter().map(|future| (Some(future), slot())).collect())
    }
}

impl Future for OnlyWoken {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        for (future, slot) in &mut self.0 {
            *slot.parent.lock().unwrap() = Some(cx.waker().clone());
            while let Some(running) = future {
                if !slot.woken.swap(false, Ordering::SeqCst) {
                    break;
                }
                if running
                    .as_mut()
                    .poll(&mut Context::from_waker(&Waker::from(slot.clone())))
                    .is_ready()
                {
                    *future = None;
                }
            }
        }
        if self.0.iter().all(|(future, _)| future.is_none()) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

/// The ways to run several futures on one task.
fn combinators() -> Vec<(
    &'static str,
    fn(Vec<BoxFuture<'static, ()>>) -> BoxFuture<'static, ()>,
)> {
    vec![
        ("FuturesUnordered", |futures| {
            async {
                let mut futures = FuturesUnordered::from_iter(futures);
                while futures.next().await.is_some() {}
            }
            .boxed()
        }),
        ("join_all", |futures| join_all(futures).map(drop).boxed()),
        ("join_all of many", |mut futures| {
            // From thirty on it has wakers of its own.
            futures.extend((0..40).map(|_| coro_yield().boxed()));
            join_all(futures).map(drop).boxed()
        }),
        ("buffer_unordered", |futures| {
            futures::stream::iter(futures)
                .buffer_unordered(100)
                .collect::<()>()
                .boxed()
        }),
        ("buffered", |futures| {
            futures::stream::iter(futures)
                .buffered(100)
                .collect::<()>()
                .boxed()
        }),
        ("select_all", |mut futures| {
            async move {
                while !futures.is_empty() {
                    futures = futures::future::select_all(futures).await.2;
                }
            }
            .boxed()
        }),
        ("select!", |futures| {
            async {
                let mut halves: Vec<_> = futures.into_iter().map(FutureExt::fuse).collect();
                while halves.len() > 1 {
                    let (mut a, mut b) = (halves.pop().unwrap(), halves.pop().unwrap());
                    futures::select! { () = a => halves.push(b), () = b => halves.push(a) }
                }
                halves.pop().unwrap().await;
            }
            .boxed()
        }),
        ("shared", |futures| {
            join_all(futures.into_iter().map(FutureExt::shared))
                .map(drop)
                .boxed()
        }),
        ("only what was woken", |futures| OnlyWoken::new(futures).boxed()),
    ]
}

/// One of everything that waits, each of which ends by itself, and adds its name to the log.
fn specimens(log: &Log) -> Vec<BoxFuture<'static, ()>> {
    let mut specimens: Vec<BoxFuture<'static, ()>> = Vec::new();
    let mut add = |name: &'static str, specimen: BoxFuture<'static, ()>| {
        let log = log.clone();
        specimens.push(
            async move {
                specimen.await;
                log.add(name);
            }
            .boxed(),
        );
    };
    add("sleep", sleep(ms(2)).boxed());
    add(
        "sleeps",
        async {
            for _ in 0..5 {
                sleep(ms(1)).await
            }
        }
        .boxed(),
    );
    add(
        "yields",
        async {
            for _ in 0..5 {
                coro_yield().await
            }
        }
        .boxed(),
    );
    add("until", sleep_until(current_time() + ms(3)).boxed());
    add(
        "timeout",
        timeout(ms(2), sleep_forever())
            .map(|value| assert!(value.is_err()))
            .boxed(),
    );
    add(
        "timeout in time",
        timeout(LONG, sleep(ms(2)))
            .map(|value| assert!(value.is_ok()))
            .boxed(),
    );
    add(
        "nested",
        timeout(LONG, move_on_after(ms(4), timeout(LONG, sleep_forever())))
            .map(|value| assert_eq!(value, Ok(None)))
            .boxed(),
    );
    add(
        "deadline",
        async {
            let scope = open_cancel_scope_after(ms(2));
            assert!(scope.run(sleep_forever()).await.is_none());
        }
        .boxed(),
    );
    add(
        "shield",
        async {
            let value = move_on_after(ms(1), async {
                ignore_cancellation(sleep(ms(3))).await;
                sleep_forever().await;
            })
            .await;
            assert!(value.is_none());
        }
        .boxed(),
    );
    let cleaned = Log::new();
    let own = cleaned.clone();
    add(
        "catch",
        async move {
            assert!(
                move_on_after(ms(1), clean_up_when_cancelled(own.clone(), "catch"))
                    .await
                    .is_some()
            );
            own.assert(&["catch cancelled", "catch cleaned"]);
        }
        .boxed(),
    );
    add(
        "handle",
        async {
            let group: TaskGroup = create_task_group();
            group
                .run(async {
                    let scope = open_cancel_scope();
                    let handle = scope.clone();
                    group.start_soon(async move {
                        sleep(ms(2)).await;
                        handle.cancel();
                    });
                    assert!(scope.run(sleep_forever()).await.is_none());
                })
                .await
                .unwrap();
        }
        .boxed(),
    );
    add(
        "reschedule",
        async {
            let group: TaskGroup = create_task_group();
            group
                .run(async {
                    let scope = open_cancel_scope_after(LONG);
                    let handle = scope.clone();
                    group.start_soon(async move {
                        sleep(ms(1)).await;
                        handle.reschedule(current_time() + ms(1));
                    });
                    assert!(scope.run(sleep_forever()).await.is_none());
                })
                .await
                .unwrap();
        }
        .boxed(),
    );
    add(
        "group",
        async {
            let cleaned = Log::new();
            let own = cleaned.clone();
            let value = move_on_after(ms(1), async move {
                let group: TaskGroup = create_task_group();
                group
                    .run(async {
                        group.start_soon(clean_up_when_cancelled(own.clone(), "child"));
                        group
                            .scoped()
                            .start_soon(clean_up_when_cancelled(own.clone(), "scoped"));
                        clean_up_when_cancelled(own, "body").await;
                    })
                    .await
            })
            .await;
            assert!(value.is_none());
            // A child that is cancelled before it has begun never runs.
            let (cancelled, over): (Vec<_>, Vec<_>) = cleaned
                .entries()
                .into_iter()
                .partition(|entry| entry.ends_with("cancelled"));
            assert_eq!(cancelled.len(), over.len());
        }
        .boxed(),
    );
    add(
        "gather",
        gather((0..5).map(|n| async move {
            sleep(ms(n)).await;
            n
        }))
        .map(|values| assert_eq!(values, [0, 1, 2, 3, 4]))
        .boxed(),
    );
    add(
        "join",
        async {
            let group: TaskGroup = create_task_group();
            group
                .run(async {
                    let task = group.spawn_value(async {
                        sleep(ms(2)).await;
                        4
                    });
                    assert_eq!(task.join().await.unwrap(), 4);
                })
                .await
                .unwrap();
        }
        .boxed(),
    );
    add(
        "start",
        async {
            let group: TaskGroup = create_task_group();
            group
                .run(async {
                    let task = group
                        .start(async {
                            sleep(ms(2)).await;
                            Ok::<_, easynet::BoxError>(4)
                        })
                        .await;
                    task.wait().await;
                })
                .await
                .unwrap();
        }
        .boxed(),
    );
    add(
        "join or cancel",
        async {
            let group: TaskGroup = create_task_group();
            group
                .run(async {
                    let log = Log::new();
                    let task = group.spawn_value(clean_up_when_cancelled(log.clone(), "task"));
                    assert!(
                        move_on_after(ms(2), async {
                            let _ = task.join_or_cancel().await;
                            sleep_forever().await;
                        })
                        .await
                        .is_none()
                    );
                    assert!(task.done());
                    assert_eq!(log.contains("task cancelled"), log.contains("task cleaned"));
                })
                .await
                .unwrap();
        }
        .boxed(),
    );
    specimens
}

/// How many specimens there are.
const SPECIMENS: usize = 17;

/// How many of them, at the beginning, can be called back: they may be shared by tasks that are cancelled.
const WITHOUT_TASKS: usize = 10;

/// Polls a future once.
async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    poll_fn(|cx| match Pin::new(&mut *future).poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

each_backend! {
    /// C8
    async fn everything_works_under_combinators_with_wakers_of_their_own() {
        for (name, combinator) in combinators() {
            let log = Log::new();
            combinator(specimens(&log)).await;
            assert_eq!(log.entries().len(), SPECIMENS, "{name}: {log:?}");
        }
    }

    /// C8: combinators in combinators.
    async fn everything_works_under_combinators_in_combinators() {
        for (name, outer) in combinators() {
            let log = Log::new();
            let inner = combinators()
                .into_iter()
                .map(|(_, inner)| inner(specimens(&log)))
                .collect();
            outer(inner).await;
            assert_eq!(log.entries().len(), SPECIMENS * combinators().len(), "{name}");
        }
    }

    /// C8, C6: cancelled from above, by a call and by a deadline, at several moments.
    async fn everything_can_be_cancelled_under_combinators_with_wakers_of_their_own() {
        for (name, combinator) in combinators() {
            for moment in 0..6 {
                let log = Log::new();
                let scope = open_cancel_scope();
                let deadline = if moment % 2 == 0 { ms(moment) } else { LONG };
                let group: TaskGroup = create_task_group();
                let value = group
                    .run(async {
                        let handle = scope.clone();
                        if moment % 2 == 1 {
                            group.start_soon(async move {
                                sleep(ms(moment)).await;
                                handle.cancel();
                            });
                        }
                        let mut all = specimens(&log);
                        all.push(async { sleep_forever().await }.boxed());
                        move_on_after(deadline, scope.run(combinator(all))).await
                    })
                    .await
                    .unwrap();
                assert!(value.is_none_or(|value| value.is_none()), "{name}");
            }
        }
    }

    /// C8, C9: what a combinator with wakers of its own waits for outlives the task that polled it first.
    async fn sleeps_in_futures_unordered_end_in_another_task() {
        let group: TaskGroup = create_task_group();
        let ended = group
            .run(async {
                let first = group.spawn_value(async {
                    let mut sleeps: FuturesUnordered<_> = (1..4).map(|n| sleep(ms(n))).collect();
                    assert!(poll_once(&mut sleeps.next()).await.is_none());
                    sleeps
                });
                let mut sleeps = first.await.unwrap();
                let mut ended = 0;
                while sleeps.next().await.is_some() {
                    ended += 1;
                }
                ended
            })
            .await
            .unwrap();
        assert_eq!(ended, 3);
    }

    /// C8, C9: the same for the borrowing children of a group, which it polls with wakers of its own.
    async fn scoped_children_that_sleep_end_in_another_task() {
        let group: TaskGroup = create_task_group();
        let values = group
            .run(async {
                let first = group.spawn_value(async {
                    let mut gathered = gather((1..4).map(|n| async move {
                        sleep(ms(n)).await;
                        n
                    }));
                    assert!(poll_once(&mut gathered).await.is_none());
                    gathered
                });
                first.await.unwrap().await
            })
            .await
            .unwrap();
        assert_eq!(values, [1, 2, 3]);
    }

    /// C8: a future that several tasks share is woken though those that polled it before have ended.
    async fn a_shared_future_ends_for_whoever_is_left() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let log = Log::new();
                let all: Vec<_> = specimens(&log)
                    .into_iter()
                    .take(WITHOUT_TASKS)
                    .map(FutureExt::shared)
                    .collect();
                let tasks: Vec<_> = (0..3)
                    .map(|n| {
                        let all = all.clone();
                        group.spawn_value(async move {
                            // One task leaves at once, one in the middle.
                            move_on_after([ms(0), ms(2), LONG][n], join_all(all))
                                .await
                                .is_some()
                        })
                    })
                    .collect();
                drop(all);
                let mut ended = Vec::new();
                for task in tasks {
                    ended.push(task.await.unwrap());
                }
                assert!(ended[2]);
                assert_eq!(log.entries().len(), WITHOUT_TASKS);
            })
            .await
            .unwrap();
    }

    /// C8: the same for a combinator that several tasks share, which polls only what was woken: what a cancelled
    /// task was the last to poll is not forgotten.
    async fn a_shared_combinator_ends_for_whoever_is_left() {
        for (name, combinator) in combinators() {
            let log = Log::new();
            let group: TaskGroup = create_task_group();
            group
                .run(async {
                    let some = specimens(&log).into_iter().take(WITHOUT_TASKS).collect();
                    let all = combinator(some).shared();
                    let others = [ms(0), ms(2)].map(|delay| {
                        let all = all.clone();
                        group.spawn_value(async move {
                            move_on_after(delay, all).await;
                            // The task goes on, though not with this.
                            sleep_forever().await;
                        })
                    });
                    all.await;
                    assert!(others.iter().all(|task| task.cancel()));
                })
                .await
                .unwrap();
            assert_eq!(log.entries().len(), WITHOUT_TASKS, "{name}: {log:?}");
        }
    }

    /// C8, C9: also when the scope in which it was polled was left by a panic.
    async fn what_was_polled_in_a_cancelled_scope_that_panicked_ends_in_another_task() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let first = group.spawn_value(async {
                    let mut sleeps = FuturesUnordered::from_iter([sleep(ms(1)), sleep(ms(2))]);
                    let scope = open_cancel_scope();
                    scope.cancel();
                    let panicked = AssertUnwindSafe(scope.run(async {
                        assert!(poll_once(&mut sleeps.next()).await.is_none());
                        panic!("on purpose")
                    }))
                    .catch_unwind()
                    .await;
                    let _: Box<dyn std::any::Any + Send> = panicked.map(|_: Option<()>| ()).unwrap_err();
                    sleeps
                });
                let sleeps = first.await.unwrap();
                assert_eq!(sleeps.count().await, 2);
            })
            .await
            .unwrap();
    }

    /// C8: what was polled with the waker of one combinator is woken through that of the next.
    async fn everything_can_be_handed_from_combinator_to_combinator() {
        for index in 0..SPECIMENS {
            let log = Log::new();
            let mut specimen = specimens(&log).swap_remove(index);
            for _ in 0..3 {
                let mut first = FuturesUnordered::from_iter([&mut specimen]);
                if poll_once(&mut first.next()).await.is_some() {
                    break;
                }
            }
            if log.entries().is_empty() {
                FuturesUnordered::from_iter([specimen]).collect::<()>().await;
            }
            assert_eq!(log.entries().len(), 1, "{index}");
        }
    }

    /// C9: polled once here, finished there; and handed on from task to task, with one poll in each.
    async fn everything_can_be_finished_in_another_task() {
        let log = Log::new();
        for index in 0..SPECIMENS {
            let group: TaskGroup = create_task_group();
            group
                .run(async {
                    let mut specimen = specimens(&log).swap_remove(index);
                    for _ in 0..3 {
                        let next = group.spawn_value(async move {
                            let me = get_current_task();
                            let ended = poll_once(&mut specimen).await.is_some();
                            assert_eq!(get_current_task(), me);
                            (!ended).then_some(specimen)
                        });
                        match next.await.unwrap() {
                            Some(unfinished) => specimen = unfinished,
                            None => return,
                        }
                    }
                    group.start_soon(specimen);
                })
                .await
                .unwrap();
        }
        assert_eq!(log.entries().len(), SPECIMENS);
    }

    /// C9, C8: the same for all of them in one combinator.
    async fn every_combinator_of_everything_can_be_finished_in_another_task() {
        for (name, combinator) in combinators() {
            let log = Log::new();
            let group: TaskGroup = create_task_group();
            group
                .run(async {
                    let mut all = combinator(specimens(&log));
                    let first = group.spawn_value(async move {
                        assert!(poll_once(&mut all).await.is_none());
                        all
                    });
                    first.await.unwrap().await;
                })
                .await
                .unwrap();
            assert_eq!(log.entries().len(), SPECIMENS, "{name}");
        }
    }

    /// C9: a scope that was left behind is cancelled without effect.
    async fn a_cancelled_context_that_was_left_behind_does_not_follow() {
        let log = Log::new();
        for index in 0..SPECIMENS {
            let group: TaskGroup = create_task_group();
            group
                .run(async {
                    let scope = open_cancel_scope();
                    let (send, receive) = oneshot::channel();
                    let mut specimen = specimens(&log).swap_remove(index);
                    let behind = scope.clone();
                    group.start_soon(async move {
                        let left = behind
                            .run(async {
                                assert!(poll_once(&mut specimen).await.is_none());
                                send.send(specimen).ok().unwrap();
                                sleep_forever().await;
                            })
                            .await;
                        assert!(left.is_none());
                    });
                    let mut specimen = receive.await.unwrap();
                    if poll_once(&mut specimen).await.is_none() {
                        scope.cancel();
                        specimen.await;
                    }
                    scope.cancel();
                })
                .await
                .unwrap();
        }
        assert_eq!(log.entries().len(), SPECIMENS);
    }

    /// C9: what has not been told to end before it was moved is not cancelled after.
    async fn a_context_that_is_cancelled_before_the_next_poll_does_not_follow() {
        // Scopes, shields and sleeps; groups that have been told to end cannot be called back.
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let scope = open_cancel_scope();
                let (send, receive) = oneshot::channel();
                let behind = scope.clone();
                group.start_soon(async move {
                    behind
                        .run(async {
                            let inner = open_cancel_scope();
                            let mut moved = async move {
                                inner
                                    .run(catch_cancelled(timeout(LONG, async {
                                        ignore_cancellation(sleep(ms(1))).await;
                                        sleep(ms(1)).await;
                                        9
                                    })))
                                    .await
                            }
                            .boxed();
                            assert!(poll_once(&mut moved).await.is_none());
                            send.send(moved).ok().unwrap();
                        })
                        .await;
                });
                let moved = receive.await.unwrap();
                scope.cancel();
                assert_eq!(moved.await, Some(Ok(Ok(9))));
            })
            .await
            .unwrap();
    }

    /// C9, T2: a group that ended in a cancelled scope, which catches, tells of its failures where it is polled outside of that.
    async fn failures_of_a_group_that_has_left_a_cancelled_scope_are_told() {
        async fn fail() -> Result<u32, BoxError> {
            futures::pending!();
            Err("it fails".into())
        }
        let of_a_macro = async {
            try_gather!(pending::<Result<u32, BoxError>>(), fail()).map(drop)
        };
        let of_a_group = async {
            let group: TaskGroup = create_task_group();
            group.run(async { group.scoped().start_soon(fail().map_ok(drop)) }).await
        };
        for mut failing in [of_a_macro.boxed(), of_a_group.boxed()] {
            let scope = open_cancel_scope();
            scope
                .run(async {
                    assert!(poll_once(&mut failing).await.is_none());
                    scope.cancel();
                    assert!(poll_once(&mut failing).await.is_none());
                })
                .await;
            let error = failing.await.unwrap_err();
            assert_eq!(error.failures().len(), 1);
            assert_eq!(error.failures()[0].error().to_string(), "it fails");
        }
    }

    /// C9: a cancelled context that is entered is obeyed.
    async fn a_cancelled_context_that_is_entered_is_obeyed() {
        let log = Log::new();
        for index in 0..SPECIMENS {
            let group: TaskGroup = create_task_group();
            group
                .run(async {
                    let mut specimen = specimens(&log).swap_remove(index);
                    let first = group.spawn_value(async move {
                        assert!(poll_once(&mut specimen).await.is_none());
                        specimen
                    });
                    let specimen = first.await.unwrap();
                    let scope = open_cancel_scope();
                    scope.cancel();
                    let value = scope
                        .run(async {
                            specimen.await;
                            coro_yield().await;
                        })
                        .await;
                    assert!(value.is_none());
                })
                .await
                .unwrap();
        }
    }

    /// C9, C6: the guards in a scope that is moved hold the scope it is moved to.
    async fn a_scope_that_is_moved_with_a_shield_in_it_holds_the_scope_around_it() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let inside = log.clone();
                let mut moved = async move {
                    open_cancel_scope()
                        .run(ignore_cancellation(async {
                            sleep(ms(5)).await;
                            inside.add("shield over");
                        }))
                        .await
                }
                .boxed();
                let first = group.spawn_value(async move {
                    assert!(poll_once(&mut moved).await.is_none());
                    moved
                });
                let moved = first.await.unwrap();
                let value = move_on_after(ms(1), async {
                    moved.await;
                    coro_yield().await;
                })
                .await;
                assert!(value.is_none());
            })
            .await
            .unwrap();
        log.assert(&["shield over"]);
    }

    /// C9, T13: a group that was told to end where it was before cannot be called back, and has no value.
    async fn a_group_that_was_interrupted_where_it_was_before_yields_no_value() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let (begun, has_begun) = oneshot::channel();
                let inside = log.clone();
                let moved = async move {
                    let inner: TaskGroup = create_task_group();
                    let child = async move {
                        clean_up_when_cancelled(inside, "child").await;
                        sleep_forever().await
                    };
                    inner
                        .run(async {
                            inner.start(child).await;
                            begun.send(()).unwrap();
                            7
                        })
                        .await
                };
                let scope = open_cancel_scope();
                let moved = Arc::new(Mutex::new(Some(moved.boxed())));
                let (behind, polled) = (scope.clone(), moved.clone());
                let left = group.spawn_value(async move {
                    let body = poll_fn(move |cx| {
                        if let Some(moved) = polled.lock().unwrap().as_mut() {
                            assert!(moved.poll_unpin(cx).is_pending());
                        }
                        Poll::<()>::Pending
                    });
                    behind.run(body).await.is_none()
                });
                has_begun.await.unwrap();
                scope.cancel();
                while !log.contains("child cancelled") {
                    coro_yield().await;
                }
                let moved = moved.lock().unwrap().take().unwrap();
                let error = moved.await.unwrap_err();
                assert!(error.interrupted().is_some() && error.failures().is_empty());
                assert!(left.await.unwrap());
            })
            .await
            .unwrap();
    }

    /// C9: what is current is restored when a poll panics.
    async fn the_context_is_restored_after_a_panic() {
        static LOCAL: TaskLocal<u8> = TaskLocal::new();
        async fn explode() -> u8 {
            coro_yield().await;
            panic!("on purpose")
        }
        let cancelled = open_cancel_scope();
        cancelled.cancel();
        let explosive: Vec<BoxFuture<'static, ()>> = vec![
            explode().map(drop).boxed(),
            move_on_after(LONG, explode()).map(drop).boxed(),
            timeout(LONG, ignore_cancellation(explode())).map(drop).boxed(),
            async {
                open_cancel_scope().run(explode()).await.unwrap();
            }
            .boxed(),
            ignore_cancellation(catch_cancelled(explode())).map(drop).boxed(),
            LOCAL.scope(3, explode()).map(drop).boxed(),
            async {
                let group: TaskGroup = create_task_group();
                group.run(explode()).await.unwrap();
            }
            .boxed(),
            async {
                let group: TaskGroup = create_task_group();
                group
                    .run(async {
                        group.start_soon(async {
                            explode().await;
                        })
                    })
                    .await
                    .unwrap();
            }
            .boxed(),
            gather([explode()]).map(drop).boxed(),
            async move {
                cancelled
                    .run(ignore_cancellation(timeout(LONG, explode())))
                    .await
                    .unwrap()
                    .unwrap();
            }
            .boxed(),
        ];
        let me = get_current_task();
        for (index, mut future) in explosive.into_iter().enumerate() {
            let panicked = poll_fn(
                |cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
                    Ok(Poll::Pending) => Poll::Pending,
                    Ok(Poll::Ready(())) => Poll::Ready(false),
                    Err(_) => Poll::Ready(true),
                },
            )
            .await;
            assert!(panicked, "{index}");
            drop(future);
            assert_eq!(get_current_task(), me);
            assert!(!is_cancelled());
            assert!(LOCAL.get().is_none());
            sleep(ms(1)).await;
            assert!(move_on_after(ms(1), sleep_forever()).await.is_none());
        }
    }
}

each_virtual_backend! {
    /// C9, C10: what a body drops when it is cancelled is dropped in its context, in its task and in its scope.
    async fn what_is_cancelled_is_dropped_in_its_context() {
        struct Look(Log);
        impl Drop for Look {
            fn drop(&mut self) {
                let task = try_get_current_task().map_or("no task".into(), |task| task.name());
                self.0.add(format!("{task}, cancelled: {}", is_cancelled()));
            }
        }
        async fn look(log: Log) {
            let _look = Look(log);
            sleep_forever().await;
        }
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let body = log.clone();
                group.named("by a deadline").start_soon(async move {
                    assert!(move_on_after(ms(1), look(body)).await.is_none());
                });
                let body = log.clone();
                group.named("by a catch").start_soon(async move {
                    let scope = open_cancel_scope();
                    let caught = async {
                        scope.cancel();
                        catch_cancelled(look(body)).await
                    };
                    assert!(scope.run(caught).await.unwrap().is_err());
                });
                let task = group
                    .named("by its handle")
                    .start(look(log.clone()).map(Ok::<_, easynet::BoxError>))
                    .await;
                task.cancel();
            })
            .await
            .unwrap();
        let scope = open_cancel_scope();
        let value = scope
            .run(async {
                let group: TaskGroup = create_task_group();
                group
                    .run(async {
                        group.named("by its group").start_soon(look(log.clone()));
                        group
                            .named("borrowing")
                            .scoped()
                            .start_soon(look(log.clone()));
                        sleep(ms(1)).await;
                        scope.cancel();
                        look(log.clone()).await;
                    })
                    .await
            })
            .await;
        assert!(value.is_none());
        let me = get_current_task().name();
        log.assert_unordered(&[
            "by a deadline, cancelled: true",
            "by a catch, cancelled: true",
            "by its handle, cancelled: true",
            "by its group, cancelled: true",
            "borrowing, cancelled: true",
            &format!("{me}, cancelled: true"),
        ]);
    }

    /// C9, C6: a guard that panicked, and was dropped, holds nothing any more.
    async fn a_guard_that_panicked_holds_its_scope_no_longer() {
        let value = move_on_after(ms(2), async {
            for kind in 0..6 {
                let mut guard: BoxFuture<'_, ()> = match kind % 3 {
                    0 => ignore_cancellation(async {
                        coro_yield().await;
                        panic!("on purpose")
                    })
                    .boxed(),
                    1 => catch_cancelled(async {
                        coro_yield().await;
                        panic!("on purpose")
                    })
                    .map(drop)
                    .boxed(),
                    _ => gather([async {
                        coro_yield().await;
                        panic!("on purpose")
                    }])
                    .map(|_: Vec<()>| ())
                    .boxed(),
                };
                if kind >= 3 {
                    // It is dropped by the panic itself.
                    guard = async move {
                        guard.await;
                    }
                    .boxed();
                }
                let panicked =
                    poll_fn(
                        |cx| match catch_unwind(AssertUnwindSafe(|| guard.as_mut().poll(cx))) {
                            Ok(Poll::Pending) => Poll::Pending,
                            Ok(Poll::Ready(())) => Poll::Ready(false),
                            Err(_) => Poll::Ready(true),
                        },
                    )
                    .await;
                assert!(panicked);
            }
            sleep_forever().await;
        })
        .await;
        assert!(value.is_none());
    }

    /// C9: no task outlives the group that was moved, and its children are those of the second place.
    async fn a_group_that_is_moved_waits_for_its_children_where_it_is() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let inside = log.clone();
                let mut moved = async move {
                    let inner: TaskGroup = create_task_group();
                    inner
                        .run(async {
                            inner.start_soon(clean_up_when_cancelled(inside.clone(), "child"));
                            inner
                                .scoped()
                                .start_soon(clean_up_when_cancelled(inside, "scoped"));
                        })
                        .await
                }
                .boxed();
                let first = group.spawn_value(async move {
                    assert!(poll_once(&mut moved).await.is_none());
                    moved
                });
                let moved = first.await.unwrap();
                assert!(move_on_after(ms(2), moved).await.is_none());
                log.add("scope over");
            })
            .await
            .unwrap();
        assert_eq!(log.entries()[4..], ["scope over"]);
    }

    /// C8: and no later than they should.
    async fn everything_ends_in_time_under_combinators_with_wakers_of_their_own(runner: Runner) {
        for (name, combinator) in combinators() {
            let watch = runner.stopwatch();
            combinator(specimens(&Log::new())).await;
            assert!(watch.elapsed() < ms(30), "{name}: {:?}", watch.elapsed());
        }
    }
}

/// Something that is dropped when the thread ends.
struct AtEnd(std::cell::RefCell<Option<Box<dyn FnOnce()>>>);

impl Drop for AtEnd {
    fn drop(&mut self) {
        if let Some(end) = self.0.take() {
            end();
        }
    }
}

thread_local! {
    static AT_END: AtEnd = const { AtEnd(std::cell::RefCell::new(None)) };
}

/// In a task that easynet did not start, on a thread that no runtime has.
fn poll_in_foreign_task() -> Option<bool> {
    let backend = Runner::TOKIO_CURRENT_THREAD.backend();
    backend
        .ignore_cancellation(async { is_cancelled() })
        .now_or_never()
}

/// A thread asks for its context also after what easynet keeps there has been given back.
#[test]
fn c9_a_thread_that_ends_has_a_context_for_what_it_drops_last() {
    let (told, answers) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        // First of all, so that it is dropped last of all.
        AT_END.with(|end| {
            *end.0.borrow_mut() = Some(Box::new(move || {
                told.send(catch_unwind(poll_in_foreign_task).ok()).unwrap();
            }));
        });
        assert_eq!(poll_in_foreign_task(), Some(false));
    });
    thread.join().unwrap();
    assert_eq!(answers.recv().unwrap(), Some(Some(false)));
}
