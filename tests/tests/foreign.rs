//! What easynet owes to programs that use tokio's own combinators and runtime around it (C8, C10).
//!
//! This file is about tokio only, and therefore not part of the suite for each backend.
#![forbid(unsafe_code)]
// Futures are handed from task to task on purpose.
#![allow(clippy::async_yields_async)]

use std::{
    any::Any,
    cell::RefCell,
    future::{Future, pending},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use easynet::{
    AsyncBackend, BoxError, GroupHandle, TaskGroup,
    cancel::{
        catch_cancelled, ignore_cancellation, is_cancelled, open_cancel_scope, open_cancel_scope_after,
    },
    new_builtin_backend,
    sync::Event,
    task::{create_task_group, gather, get_current_task, try_get_current_task},
    time::{coro_yield, move_on_after, sleep, sleep_forever, timeout},
};
use easynet_tests::{
    LONG, Log, Runner, clean_up_when_cancelled, each_backend, each_tokio_flavor, ms, panic_message,
};
use futures::{FutureExt, StreamExt, stream::FuturesUnordered};
use tokio::sync::Notify;

/// Runs a program in a tokio runtime in which easynet has not been started, on each flavour, as main and as a task.
fn in_tokio<F, P>(program: P)
where
    F: Future<Output = ()> + Send + 'static,
    P: Fn() -> F + Send + 'static,
{
    Runner::TOKIO_CURRENT_THREAD.watch(move |_| {
        let paused = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build();
        paused.expect("a runtime can be made").block_on(program());
        let threads = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build();
        let threads = threads.expect("a runtime can be made");
        threads.block_on(program());
        threads
            .block_on(threads.spawn(program()))
            .expect("the program does not panic");
    });
}

/// A task that cleans up when it is cancelled, and says when it has begun.
async fn clean_up(log: Log, name: &'static str) -> Result<(), BoxError> {
    clean_up_when_cancelled(log, name).await;
    Ok(())
}

/// Waits until the group has closed, without being part of it.
async fn until_closed(handle: &GroupHandle) {
    while !handle.is_closed() {
        sleep(ms(1)).await;
    }
}

each_backend! {
    /// C10: several children, which end one after the other, of a group whose body has ended before.
    fn bootstrap_waits_for_all_children_of_a_group_that_is_dropped_after_its_body(runner: Runner) {
        let ended = Arc::new(AtomicUsize::new(0));
        let inside = ended.clone();
        runner.run(async move {
            let begun = Arc::new(Notify::new());
            let ready = begun.clone();
            let dropped = async {
                let group: TaskGroup = create_task_group();
                group.run(async {
                    for index in 0..5 {
                        let ended = inside.clone();
                        group.start(async move {
                            let _ = catch_cancelled(sleep_forever()).await;
                            ignore_cancellation(sleep(ms(index))).await;
                            ended.fetch_add(1, Ordering::SeqCst);
                            Ok::<_, BoxError>(())
                        }).await;
                    }
                    ready.notify_one();
                }).await
            };
            tokio::select! { biased; _ = dropped => unreachable!(), () = begun.notified() => {} }
        });
        assert_eq!(ended.load(Ordering::SeqCst), 5);
    }

    /// Time: the one timer of a task is armed even when the task has used up what tokio lets it do in one turn.
    fn a_sleep_ends_in_a_task_that_has_used_up_its_budget(runner: Runner) {
        runner.run(async {
            let mut yields = 0;
            let greedy = async {
                // More than fits into one turn: it is suspended by tokio several times.
                for _ in 0..1000 {
                    tokio::task::coop::consume_budget().await;
                    yields += 1;
                }
            };
            futures::join!(greedy, sleep(ms(5)));
            assert_eq!(yields, 1000);
        });
    }

    /// C8: tokio's own combinators.
    async fn everything_works_under_the_combinators_of_tokio() {
        let group: TaskGroup = create_task_group();
        group.run(async {
            let log = Log::new();
            let task = group.spawn_value(async { sleep(ms(1)).await; 2 });
            let (a, b, c, d, e) = tokio::join!(
                timeout(ms(2), sleep_forever()),
                ignore_cancellation(async { sleep(ms(1)).await; 1 }),
                gather((0..3).map(|n| async move { sleep(ms(n)).await; n })),
                move_on_after(ms(2), clean_up_when_cancelled(log.clone(), "catch")),
                task.join(),
            );
            assert!(a.is_err());
            assert_eq!((b, c, d, e.unwrap()), (1, vec![0, 1, 2], Some(()), 2));
            log.assert(&["catch cancelled", "catch cleaned"]);
            let mut turns = 0;
            let mut slow = std::pin::pin!(timeout(ms(20), sleep_forever()));
            loop {
                tokio::select! {
                    value = &mut slow => break assert!(value.is_err()),
                    () = sleep(ms(1)) => turns += 1,
                    _ = move_on_after(LONG, sleep_forever()) => unreachable!(),
                }
            }
            assert!(turns > 0);
            let first = tokio::select! {
                biased;
                value = timeout(ms(1), sleep_forever()) => value.is_err(),
                () = ignore_cancellation(sleep(LONG)) => false,
            };
            assert!(first);
            assert!(tokio::try_join!(timeout(ms(1), sleep_forever()), timeout(LONG, sleep(ms(0)))).is_err());
        }).await.unwrap();
    }

    /// C8, C6: a scope around tokio's combinators.
    async fn a_scope_is_cancelled_around_the_combinators_of_tokio() {
        let log = Log::new();
        let value = move_on_after(ms(5), async {
            tokio::join!(
                clean_up_when_cancelled(log.clone(), "one"),
                ignore_cancellation(sleep(ms(10))),
                async {
                    tokio::select! {
                        () = sleep_forever() => {}
                        () = clean_up_when_cancelled(log.clone(), "two") => coro_yield().await,
                    }
                    log.add("never");
                },
            )
        }).await;
        assert!(value.is_none());
        log.assert_unordered(&["one cancelled", "one cleaned", "two cancelled", "two cleaned"]);
    }

    /// C10: dropped at each of its suspension points, by `select!` and by a function like it.
    fn a_group_is_adopted_wherever_it_is_dropped(runner: Runner) {
        for point in 0..8 {
            for select in [false, true] {
                let log = Log::new();
                let inside = log.clone();
                runner.run(async move {
                    let begun = Arc::new(Notify::new());
                    let ready = begun.clone();
                    let own = inside.clone();
                    let group_in_its_way = async move {
                        let group: TaskGroup = create_task_group();
                        let (name, body) = ("child", own.clone());
                        let result = group.run(async {
                            group.start(clean_up(own.clone(), name)).await;
                            let own = own.clone();
                            match point {
                                // In the body, in a scope, in a shield, in a catch, in another group.
                                0 => { ready.notify_one(); sleep_forever().await }
                                1 => move_on_after(LONG, async { ready.notify_one(); sleep_forever().await }).await.unwrap(),
                                2 => ignore_cancellation(async { ready.notify_one(); sleep_forever().await }).await,
                                3 => catch_cancelled(async { ready.notify_one(); sleep_forever().await }).await.unwrap(),
                                4 => {
                                    let inner: TaskGroup = create_task_group();
                                    inner.run(async {
                                        inner.start(clean_up(own, "inner")).await;
                                        ready.notify_one();
                                    }).await.unwrap();
                                }
                                // While a scoped child is suspended; after the body; while the group is failing.
                                5 => group.scoped().start_soon(async move { ready.notify_one(); sleep_forever().await }),
                                6 => ready.notify_one(),
                                _ => {
                                    group.start_soon(async move {
                                        let error = Err("failed");
                                        ready.notify_one();
                                        error
                                    });
                                }
                            }
                        }).await;
                        body.add(format!("never {result:?}"));
                    };
                    if select {
                        tokio::select! {
                            biased;
                            () = group_in_its_way => unreachable!(),
                            () = begun.notified() => {}
                        }
                    } else {
                        let dropped = futures::future::select(Box::pin(group_in_its_way), Box::pin(begun.notified()));
                        drop(dropped.await);
                    }
                    inside.add("main over");
                });
                let entries = log.entries();
                assert!(log.contains("child cleaned"), "{point} {select}: {entries:?}");
                assert_eq!(log.contains("inner cleaned"), point == 4, "{point} {select}: {entries:?}");
                assert!(!entries.iter().any(|entry| entry.starts_with("never")), "{point} {select}: {entries:?}");
            }
        }
    }

    /// C10: the nearest enclosing group of the task adopts, not `bootstrap`; it waits, and is not cancelled.
    async fn the_nearest_enclosing_group_adopts() {
        let log = Log::new();
        let outer: TaskGroup = create_task_group();
        outer.run(async {
            let inside = log.clone();
            outer.start_soon(async move {
                let near: TaskGroup = create_task_group();
                let own = inside.clone();
                near.run(async {
                    let dropped: TaskGroup = create_task_group();
                    let mut run = Box::pin(dropped.run(async {
                        dropped.start(clean_up(own, "child")).await;
                        sleep_forever().await
                    }));
                    tokio::select! { _ = &mut run => unreachable!(), () = sleep(ms(20)) => {} }
                    drop(run);
                    drop(dropped);
                    assert!(!is_cancelled());
                    coro_yield().await;
                }).await.unwrap();
                inside.add("near over");
            });
        }).await.unwrap();
        let entries = log.entries();
        assert_eq!(entries.last().map(String::as_str), Some("near over"), "{entries:?}");
        assert!(entries.len() == 3 || entries.len() == 1, "{entries:?}");
    }

    /// C10, C9: what counts is where the group was polled last.
    async fn a_group_that_was_moved_is_adopted_where_it_is_dropped() {
        let log = Log::new();
        let outer: TaskGroup = create_task_group();
        outer.run(async {
            let begun = Notify::new();
            let dropped: TaskGroup = create_task_group();
            let mut run = Box::pin(dropped.run(async {
                dropped.start(clean_up(log.clone(), "child")).await;
                begun.notify_one();
                sleep_forever().await
            }));
            tokio::select! { biased; _ = &mut run => unreachable!(), () = begun.notified() => {} }
            let near: TaskGroup = create_task_group();
            near.run(async {
                assert!(futures::poll!(run.as_mut()).is_pending());
                drop(run);
            }).await.unwrap();
            log.add("near over");
        }).await.unwrap();
        log.assert(&["child cancelled", "child cleaned", "near over"]);
    }

    /// C10: a group that has closed adopts nobody; the next one outside does.
    async fn a_group_that_outlived_the_one_around_it_is_adopted_further_out() {
        let log = Log::new();
        let outer: TaskGroup = create_task_group();
        outer.run(async {
            let begun = Notify::new();
            let dropped: TaskGroup = create_task_group();
            let mut run = Box::pin(dropped.run(async {
                dropped.start(clean_up(log.clone(), "child")).await;
                begun.notify_one();
                sleep_forever().await
            }));
            let near: TaskGroup = create_task_group();
            near.run(async {
                tokio::select! { biased; _ = &mut run => unreachable!(), () = begun.notified() => {} }
            }).await.unwrap();
            log.add("body over");
            drop(run);
        }).await.unwrap();
        log.assert(&["body over", "child cancelled", "child cleaned"]);
    }

    /// C10: at once: what the body drops finds the group cancelled, and starts nothing in it.
    async fn a_dropped_group_is_cancelled_before_its_body_is_dropped() {
        struct StartOnDrop(GroupHandle, Log);
        impl Drop for StartOnDrop {
            fn drop(&mut self) {
                let late = self.1.on_drop("refused");
                self.0.start_soon(async move { drop(late) });
                self.1.add("dropped");
            }
        }
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        let mut run = Box::pin(group.run(async {
            let _value = StartOnDrop(group.handle(), log.clone());
            sleep_forever().await
        }));
        assert!(futures::poll!(run.as_mut()).is_pending());
        drop(run);
        log.assert(&["refused", "dropped"]);
    }

    /// C10: three groups in each other, all dropped at once; each child ends before `bootstrap` does.
    fn groups_three_deep_are_adopted(runner: Runner) {
        let log = Log::new();
        let inside = log.clone();
        runner.run(async move {
            let begun = Arc::new(Notify::new());
            let ready = begun.clone();
            let nested = async {
                let one: TaskGroup = create_task_group();
                one.run(async {
                    one.start(clean_up(inside.clone(), "one")).await;
                    let two: TaskGroup = create_task_group();
                    two.run(async {
                        two.start(clean_up(inside.clone(), "two")).await;
                        let three: TaskGroup = create_task_group();
                        three.run(async {
                            three.start(clean_up(inside.clone(), "three")).await;
                            ready.notify_one();
                            sleep_forever().await
                        }).await
                    }).await
                }).await
            };
            tokio::select! { biased; _ = nested => unreachable!(), () = begun.notified() => {} }
        });
        assert_eq!(log.entries().len(), 6);
    }

    /// C10: a task is dropped, with the group in it, by a group that is dropped: everything ends in its adopter.
    async fn a_dropped_group_adopts_in_turn() {
        let log = Log::new();
        let outer: TaskGroup = create_task_group();
        outer.run(async {
            let begun = Arc::new(Notify::new());
            let (ready, inside) = (begun.clone(), log.clone());
            let dropped = async {
                let group: TaskGroup = create_task_group();
                group.run(async {
                    group.start_soon(async move {
                        let inner: TaskGroup = create_task_group();
                        let _ = inner.run(async {
                            inner.start(clean_up(inside.clone(), "inner")).await;
                            ready.notify_one();
                        }).await;
                    });
                }).await
            };
            tokio::select! { biased; _ = dropped => unreachable!(), () = begun.notified() => {} }
        }).await.unwrap();
        log.assert(&["inner cancelled", "inner cleaned"]);
    }

    /// C10, T3: the panic of an adopted child resumes in the adopter.
    fn a_panic_of_an_adopted_child_resumes_in_bootstrap(runner: Runner) {
        let message = panic_message(|| runner.run(async {
            let begun = Arc::new(Notify::new());
            let ready = begun.clone();
            let dropped = async {
                let group: TaskGroup = create_task_group();
                group.run(async {
                    group.start(async move {
                        let _ = catch_cancelled(async { ready.notify_one(); sleep_forever().await }).await;
                        if true {
                            panic!("adopted");
                        }
                        Ok::<_, BoxError>(())
                    }).await;
                    sleep_forever().await
                }).await
            };
            tokio::select! { biased; _ = dropped => unreachable!(), () = begun.notified() => {} }
            sleep_forever().await
        }));
        assert_eq!(message, "adopted");
    }

    /// C5: what cannot be refused is a drop from above.
    async fn a_shield_does_not_outlive_a_drop_from_above() {
        let log = Log::new();
        let shielded = ignore_cancellation(async {
            let _value = log.on_drop("dropped");
            sleep_forever().await
        });
        tokio::select! {
            never = shielded => never,
            () = sleep(ms(2)) => {}
        }
        log.assert(&["dropped"]);
        sleep(ms(1)).await;
    }

    /// C10: a scope that is dropped by `select!` leaves nothing behind.
    async fn a_scope_that_is_dropped_leaves_nothing_behind() {
        for _ in 0..50 {
            let scope = open_cancel_scope();
            tokio::select! {
                biased;
                _ = scope.run(ignore_cancellation(timeout(LONG, sleep_forever()))) => unreachable!(),
                () = coro_yield() => {}
            }
            scope.cancel();
            assert!(scope.cancel_called() && !scope.cancelled_caught());
        }
        assert!(move_on_after(ms(1), sleep_forever()).await.is_none());
    }
}

each_tokio_flavor! {
    /// Time: the timer of a task is armed whatever else the task does with tokio's timers.
    async fn timers_of_tokio_and_of_easynet_live_in_one_task(runner: Runner) {
        let watch = runner.stopwatch();
        for _ in 0..20 {
            tokio::join!(tokio::time::sleep(ms(2)), sleep(ms(3)), async {
                let _ = tokio::time::timeout(ms(1), sleep_forever()).await;
                let _ = timeout(ms(1), tokio::time::sleep(LONG)).await;
            });
        }
        watch.assert_reads(ms(60));
    }
}

/// Without `bootstrap`: scopes, time and groups work in a foreign task.
#[test]
fn a_tokio_program_can_use_easynet() {
    in_tokio(|| async {
        assert!(try_get_current_task().is_none());
        sleep(ms(1)).await;
        assert!(timeout(ms(2), sleep_forever()).await.is_err());
        assert_eq!(
            timeout(LONG, async {
                sleep(ms(1)).await;
                5
            })
            .await,
            Ok(5)
        );
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        let value = move_on_after(
            ms(20),
            group.run(async {
                assert!(try_get_current_task().is_some());
                group.start(clean_up(log.clone(), "child")).await;
                group.scoped().start_soon(async { sleep_forever().await });
                log.add(get_current_task().name());
            }),
        )
        .await;
        assert!(value.is_none());
        assert_eq!(log.entries()[1..], ["child cancelled", "child cleaned"]);
        assert!(try_get_current_task().is_none() && !is_cancelled());
    });
}

/// As above, with everything in one `select!` and `join!` of tokio, each a foreign task of its own.
#[test]
fn a_tokio_program_can_use_easynet_under_the_combinators_of_tokio() {
    in_tokio(|| async {
        let (a, b, (), d) = tokio::join!(
            timeout(ms(2), sleep_forever()),
            gather((0..3).map(|n| async move {
                sleep(ms(n)).await;
                n
            })),
            sleep(ms(1)),
            async {
                let log = Log::new();
                let value = move_on_after(ms(2), clean_up_when_cancelled(log.clone(), "catch")).await;
                value.is_some() && log.entries().len() == 2
            },
        );
        assert!(a.is_err() && d);
        assert_eq!(b, [0, 1, 2]);
        let mut sleeps =
            futures::stream::FuturesUnordered::from_iter((1..5).map(|n| timeout(ms(n), sleep_forever())));
        let mut ended = 0;
        while futures::StreamExt::next(&mut sleeps).await.is_some() {
            ended += 1;
        }
        assert_eq!(ended, 4);
    });
}

/// T2, T3, T8 in a foreign task.
#[test]
fn groups_fail_and_panic_in_a_tokio_program() {
    in_tokio(|| async {
        let group: TaskGroup = create_task_group();
        let error = group
            .run(async {
                group.named("culprit").start_soon(async { Err("no luck") });
                sleep_forever().await
            })
            .await
            .unwrap_err();
        assert_eq!(error.failures()[0].task().name(), "culprit");
        let panicked = tokio::spawn(async {
            let group: TaskGroup = create_task_group();
            group
                .run(async { group.start_soon(async { panic!("a child") }) })
                .await
        })
        .await
        .unwrap_err();
        assert_eq!(*panicked.into_panic().downcast_ref::<&str>().unwrap(), "a child");
    });
}

/// C10: with no group of easynet around there is nobody to wait: the children are cancelled and end on their own.
#[test]
fn a_group_that_is_dropped_in_a_tokio_program_ends_on_its_own() {
    in_tokio(|| async {
        for after_body in [false, true] {
            let log = Log::new();
            let group: TaskGroup = create_task_group();
            let handle = group.handle();
            let begun = Notify::new();
            let run = async {
                group
                    .run(async {
                        group.start(clean_up(log.clone(), "one")).await;
                        group.start(clean_up(log.clone(), "two")).await;
                        begun.notify_one();
                        if !after_body {
                            sleep_forever().await;
                        }
                    })
                    .await
            };
            tokio::select! { biased; _ = run => unreachable!(), () = begun.notified() => {} }
            drop(group);
            until_closed(&handle).await;
            assert_eq!(log.entries().len(), 4);
        }
    });
}

/// C9: a future that is begun in a foreign task is finished in a task of easynet, and the other way round.
#[test]
fn a_future_moves_between_tasks_of_tokio_and_of_easynet() {
    in_tokio(|| async {
        let work = || {
            Box::pin(async {
                let value = timeout(
                    LONG,
                    ignore_cancellation(async {
                        for _ in 0..3 {
                            sleep(ms(1)).await;
                        }
                        assert!(move_on_after(ms(1), sleep_forever()).await.is_none());
                        gather((0..3).map(|n| async move {
                            sleep(ms(n)).await;
                            n
                        }))
                        .await
                    }),
                )
                .await;
                assert_eq!(value.unwrap(), [0, 1, 2]);
            })
        };
        let mut outward = work();
        assert!(futures::poll!(outward.as_mut()).is_pending());
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                group.start_soon(outward);
                let task = group.spawn_value(async move {
                    let mut inward = work();
                    assert!(futures::poll!(inward.as_mut()).is_pending());
                    inward
                });
                let mut inward = task.join().await.unwrap();
                assert!(futures::poll!(inward.as_mut()).is_pending());
                tokio::spawn(inward).await.unwrap();
            })
            .await
            .unwrap();
    });
}

/// T8: a runtime that goes away drops its tasks, and their groups are told.
#[test]
fn tasks_end_when_their_runtime_goes_away() {
    Runner::TOKIO_CURRENT_THREAD.watch(|_| {
        for threads in [false, true] {
            let log = Log::new();
            let mut builder = match threads {
                true => tokio::runtime::Builder::new_multi_thread(),
                false => tokio::runtime::Builder::new_current_thread(),
            };
            let runtime = builder.enable_all().build().unwrap();
            let (handle, task) = runtime.block_on(async {
                let group: TaskGroup = create_task_group();
                let value = log.on_drop("dropped");
                let task = group
                    .start(async move {
                        let _value = value;
                        ignore_cancellation(std::future::pending::<()>()).await;
                        Ok::<_, BoxError>(())
                    })
                    .await;
                (group.handle(), task)
            });
            assert!(!handle.is_closed());
            drop(runtime);
            log.assert(&["dropped"]);
            assert!(handle.is_closed() && task.done() && task.cancelled());
            assert!(handle.try_start_soon(async {}).is_err());
        }
    });
}

/// T1: a task that went with its runtime is missed by its group, which is awaited in another one.
#[test]
fn a_group_whose_task_goes_away_with_its_runtime_has_no_value() {
    Runner::TOKIO_CURRENT_THREAD.watch(|_| {
        for scoped_too in [false, true] {
            let log = Log::new();
            let runtime = || {
                tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap()
            };
            let log_in_child = log.on_drop("lost");
            let in_group = log.clone();
            let mut running = Box::pin(async move {
                let group: TaskGroup = create_task_group();
                let body = async {
                    group.start_soon(async move {
                        let _log = log_in_child;
                        sleep_forever().await;
                    });
                    if scoped_too {
                        group
                            .scoped()
                            .start_soon(clean_up_when_cancelled(in_group, "sibling"));
                    }
                    coro_yield().await;
                    7
                };
                group.run(body).await
            });
            let first = runtime();
            first.block_on(async {
                for _ in 0..3 {
                    let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(running.as_mut().poll(cx)));
                    assert!(polled.await.is_pending());
                    tokio::task::yield_now().await;
                }
            });
            drop(first);
            let error = runtime().block_on(running).unwrap_err();
            assert!(error.failures().is_empty());
            assert!(
                error
                    .to_string()
                    .contains("the runtime of a task ended before the task"),
                "{error}"
            );
            let told: &[&str] = if scoped_too {
                &["lost", "sibling cancelled", "sibling cleaned"]
            } else {
                &["lost"]
            };
            log.assert(told);
        }
    });
}

/// A timeout needs no runtime to be made, only one to wait in.
#[test]
fn a_timeout_that_was_made_outside_of_any_runtime_is_that_of_the_one_it_is_polled_in() {
    Runner::TOKIO_CURRENT_THREAD.watch(|_| {
        let backend = new_builtin_backend("tokio").unwrap();
        let waits = || {
            (
                backend.timeout(ms(5), pending::<()>()),
                backend.move_on_after(ms(5), pending::<()>()),
            )
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let (timeout, move_on) = waits();
        runtime.unwrap().block_on(async {
            assert!(timeout.await.is_err());
            assert!(move_on.await.is_none());
        });
        let (timeout, move_on) = waits();
        backend
            .bootstrap(async {
                assert!(timeout.await.is_err());
                assert!(move_on.await.is_none());
            })
            .unwrap();
    });
}

#[test]
fn a_timeout_that_was_polled_outside_of_any_runtime_goes_on_in_one() {
    Runner::TOKIO_CURRENT_THREAD.watch(|_| {
        let backend = new_builtin_backend("tokio").unwrap();
        let (event, own) = (Arc::new(Event::new()), backend.clone());
        let until = event.clone();
        let mut outer = Box::pin(backend.timeout(Duration::MAX, async move {
            until.wait().await;
            own.timeout(ms(5), pending::<()>()).await
        }));
        assert!((&mut outer).now_or_never().is_none());
        event.set();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        assert!(runtime.unwrap().block_on(outer).unwrap().is_err());
    });
}

/// Where nothing could wake it, a timeout says so, unless it has not to wait.
#[test]
fn a_timeout_that_waits_outside_of_any_runtime_says_that_nobody_would_wake_it() {
    let backend = new_builtin_backend("tokio").unwrap();
    let ready = backend.timeout(LONG, async { 5 });
    assert_eq!(futures::executor::block_on(ready).unwrap(), 5);
    // Each with a waker of its own.
    let many = (0..40)
        .map(|_| backend.sleep(LONG))
        .collect::<FuturesUnordered<_>>();
    let used_up = backend.timeout(Duration::ZERO, many.collect::<Vec<_>>());
    assert!(futures::executor::block_on(used_up).is_err());
    let waits = backend.timeout(LONG, pending::<()>());
    let message = panic_message(|| futures::executor::block_on(waits));
    assert!(message.contains("outside of any runtime"), "{message}");
    let asks = backend.timeout(LONG, async { coro_yield().await });
    let message = panic_message(|| futures::executor::block_on(asks));
    assert!(
        message.starts_with("no easynet backend is running here"),
        "{message}"
    );
}

/// C10: a thread drops what it has kept to its end, when tokio's own is gone.
#[test]
fn a_scope_is_dropped_with_the_thread_that_has_kept_it() {
    thread_local! {
        static KEPT: RefCell<Option<Box<dyn Any>>> = const { RefCell::new(None) };
    }
    let keeping = || {
        // In this order: it is dropped after all that the runtime has of the thread.
        KEPT.with_borrow_mut(|kept| *kept = None);
        let paused = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build();
        paused.unwrap().block_on(async {
            let scope = open_cancel_scope_after(LONG);
            let mut running = Box::pin(async move { scope.run(sleep_forever()).await });
            assert!(futures::poll!(&mut running).is_pending());
            KEPT.set(Some(Box::new(running)));
        });
    };
    std::thread::spawn(keeping).join().unwrap();
}
