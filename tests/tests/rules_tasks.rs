//! The rules of tasks and groups, T1 to T13, sentence by sentence.
#![forbid(unsafe_code)]

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use easynet::{
    BoxError, GroupHandle, TaskGroup,
    cancel::{catch_cancelled, ignore_cancellation, open_cancel_scope},
    task::{create_task_group, gather, get_current_task, try_gather, try_get_current_task},
    time::{coro_yield, move_on_after, sleep, sleep_forever, timeout},
};
use easynet_tests::{
    DropFlag, Log, Runner, clean_up_when_cancelled, each_backend, each_virtual_backend, ms, panic_message,
};
use futures::{FutureExt, channel::oneshot, future::join_all};

/// A waker that counts how often it was woken.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Bell {
    fn rings(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Polls with the waker of a bell, inside of the task that calls.
fn poll_with<F: Future>(future: Pin<&mut F>, bell: &Arc<Bell>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(&Waker::from(bell.clone())))
}

each_virtual_backend! {
    /// T7: any number of waiters; one that came before the task began does not push out one that came after.
    async fn every_waiter_is_woken_whenever_it_came() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let (go, gone) = oneshot::channel::<()>();
                let task = group.spawn_value(async move { gone.await.is_ok() });
                let (early, late) = (Arc::new(Bell::default()), Arc::new(Bell::default()));
                let (mut first, mut second) = (pin!(task.wait()), pin!(task.wait()));
                assert!(poll_with(first.as_mut(), &early).is_pending());
                coro_yield().await;
                assert!(poll_with(second.as_mut(), &late).is_pending());
                assert!(poll_with(first.as_mut(), &early).is_pending());
                let before = (early.rings(), late.rings());
                go.send(()).unwrap();
                coro_yield().await;
                assert!(task.done());
                assert_eq!((early.rings(), late.rings()), (before.0 + 1, before.1 + 1));
            })
            .await
            .unwrap();
    }

    /// T7: a waiter that gives up takes nobody else's place.
    async fn a_waiter_that_gives_up_leaves_the_others_alone() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let (go, gone) = oneshot::channel::<()>();
                let task = group.spawn_value(async move { gone.await.is_ok() });
                let (early, late) = (Arc::new(Bell::default()), Arc::new(Bell::default()));
                let mut first = Box::pin(task.wait());
                let mut second = pin!(task.wait());
                assert!(poll_with(first.as_mut(), &early).is_pending());
                coro_yield().await;
                assert!(poll_with(second.as_mut(), &late).is_pending());
                drop(first);
                go.send(()).unwrap();
                coro_yield().await;
                assert!(task.done());
                assert_eq!(late.rings(), 1);
            })
            .await
            .unwrap();
    }

    /// T7: whoever waits for a task, and gives up, leaves nothing behind.
    async fn a_waiter_that_gives_up_leaves_no_waker_behind() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let task = group.spawn_value(sleep_forever());
                let bell = Arc::new(Bell::default());
                for _ in 0..2 {
                    let mut wait = Box::pin(task.wait());
                    let mut join = Box::pin(task.join());
                    let mut join_or_cancel = Box::pin(task.join_or_cancel());
                    assert!(poll_with(wait.as_mut(), &bell).is_pending());
                    assert!(poll_with(join.as_mut(), &bell).is_pending());
                    assert!(poll_with(join_or_cancel.as_mut(), &bell).is_pending());
                    assert!(Arc::strong_count(&bell) > 3);
                    drop((wait, join));
                    drop(join_or_cancel);
                    assert_eq!(Arc::strong_count(&bell), 1);
                }
            })
            .await
            .unwrap();
    }

    /// T13, C4: also when the group is cancelled in its very first poll.
    async fn a_group_that_is_run_in_a_cancelled_scope_yields_nothing() {
        let mut went_on = false;
        let value = move_on_after(ms(0), async {
            let group: TaskGroup = create_task_group();
            let _ = group.run(sleep_forever()).await;
            went_on = true;
        })
        .await;
        assert!(value.is_none());
        assert!(!went_on);
    }

    /// T11, T13.
    async fn a_gather_in_a_cancelled_scope_yields_nothing() {
        let value = move_on_after(ms(0), gather((0..2).map(|n| async move { n }))).await;
        assert_eq!(value, None);
    }

    /// T10: no child runs that is cancelled before its first poll, whoever cancels it.
    async fn a_child_that_is_cancelled_before_its_first_poll_never_runs() {
        let log = Log::new();
        let dropped = DropFlag::new();
        let group: TaskGroup = create_task_group();
        group.run(async {
            let inside = log.clone();
            let guard = dropped.guard();
            let task = group.spawn_value(async move {
                let _guard = guard;
                inside.add("never");
            });
            assert!(task.cancel());
            task.wait().await;
            assert!(task.cancelled() && dropped.is_set());
            let inside = log.clone();
            let task = group.scoped().spawn_value(async move { inside.add("never") });
            assert!(task.cancel());
            task.wait().await;
            assert!(task.cancelled());
        }).await.unwrap();
        let scope = open_cancel_scope();
        let value = scope.run(async {
            let group: TaskGroup = create_task_group();
            group.run(async {
                let (a, b, c) = (log.clone(), log.clone(), log.clone());
                group.start_soon(async move { a.add("never") });
                group.named("n").start_soon(async move { b.add("never") });
                group.scoped().start_soon(async move { c.add("never") });
                scope.cancel();
                let d = log.clone();
                group.start_soon(async move { d.add("never") });
                let late = group.spawn_value(async { 1 });
                assert!(late.cancelled() && late.done() && !late.cancel());
                let late = group.scoped().spawn(async { Ok::<_, BoxError>(1) });
                assert!(late.cancelled() && late.join().await.unwrap_err().is_cancelled());
            }).await
        }).await;
        assert!(value.is_none());
        log.assert(&[]);
    }

    /// T5: `start` comes back once the task has begun; `spawn` at once.
    async fn starting_waits_for_the_task_to_begin_and_spawning_does_not() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group.run(async {
            let inside = log.clone();
            let spawned = group.spawn(async move {
                inside.add("spawned runs");
                coro_yield().await;
                Ok::<_, BoxError>(1)
            });
            log.add("spawn is back");
            spawned.join().await.unwrap();
            for scoped in [false, true] {
                let inside = log.clone();
                let work = async move {
                    inside.add("started runs");
                    sleep(ms(1)).await;
                    Ok::<_, BoxError>(2)
                };
                let started = if scoped { group.scoped().start(work).await } else { group.start(work).await };
                log.add("start is back");
                assert!(!started.done());
                assert_eq!(started.await.unwrap(), 2);
            }
        }).await.unwrap();
        log.assert(&[
            "spawn is back", "spawned runs",
            "started runs", "start is back", "started runs", "start is back",
        ]);
    }

    /// T7: who is cancelled in `join_or_cancel` takes the task along, and waits for it.
    async fn joining_or_cancelling_takes_the_task_along() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group.run(async {
            let task = group.spawn_value(clean_up_when_cancelled(log.clone(), "task"));
            let value = move_on_after(ms(5), async {
                let joined = task.join_or_cancel().await;
                log.add(format!("joined {}", joined.is_ok()));
                coro_yield().await;
            }).await;
            assert!(value.is_none() && task.done() && !task.cancelled());
            // It caught the cancellation and returned, so its value is not lost.
            log.assert(&["task cancelled", "task cleaned", "joined true"]);
            let task = group.spawn_value(sleep_forever());
            assert!(move_on_after(ms(5), async {
                let _ = task.join_or_cancel().await;
                log.add("never");
            }).await.is_none());
            assert!(task.cancelled());
        }).await.unwrap();
        assert!(!log.contains("never"));
    }

    /// T7: dropped by a `select!`, it cancels the task, and the group waits for it.
    async fn joining_or_cancelling_that_is_dropped_cancels_the_task() {
        let group: TaskGroup = create_task_group();
        group.run(async {
            let task = group.spawn_value(sleep_forever());
            futures::select! {
                _ = task.join_or_cancel().fuse() => unreachable!(),
                () = sleep(ms(1)).fuse() => {}
            }
            task.wait().await;
            assert!(task.cancelled());
        }).await.unwrap();
    }

    /// T7: cancelling a wait, or a join, cancels nothing.
    async fn a_wait_that_is_cancelled_leaves_the_task_alone() {
        let group: TaskGroup = create_task_group();
        group.run(async {
            let task = group.spawn_value(async { sleep(ms(20)).await; 6 });
            assert!(move_on_after(ms(1), task.wait()).await.is_none());
            assert!(move_on_after(ms(1), task.join()).await.is_none());
            assert!(timeout(ms(1), async { (&task).await }).await.is_err());
            assert!(timeout(ms(1), task.join_cloned()).await.is_err());
            assert!(!task.done());
            assert_eq!(task.join_cloned().await.unwrap(), 6);
            assert_eq!(task.join().await.unwrap(), 6);
            assert!(task.join().await.unwrap_err().is_taken());
        }).await.unwrap();
    }

    /// C4, T7: the cancellation of the joiner goes first.
    async fn a_join_of_a_task_that_is_cancelled_with_its_joiner_yields_nothing() {
        for scoped in [false, true] {
            let log = Log::new();
            let value = move_on_after(ms(5), async {
                let group: TaskGroup = create_task_group();
                group.run(async {
                    let task = if scoped {
                        group.scoped().spawn_value(sleep_forever())
                    } else {
                        group.spawn_value(sleep_forever())
                    };
                    let joined = task.join().await;
                    log.add(format!("never {joined:?}"));
                }).await
            }).await;
            assert!(value.is_none());
            log.assert(&[]);
        }
    }

    /// C4, T7: whichever of the two is polled first, and however it joins.
    async fn a_join_of_a_task_that_ends_before_its_joiner_is_told_yields_nothing() {
        for way in 0..3 {
            let log = Log::new();
            let scope = open_cancel_scope();
            let outer: TaskGroup = create_task_group();
            let value = outer.run(async {
                let handle = scope.clone();
                outer.start_soon(async move {
                    sleep(ms(1)).await;
                    handle.cancel();
                });
                scope.run(async {
                    let group: TaskGroup = create_task_group();
                    group.run(async {
                        let task = group.spawn_value(async { sleep_forever().await; });
                        let joined = match way {
                            0 => task.join().await,
                            1 => task.join_cloned().await,
                            _ => task.join_or_cancel().await,
                        };
                        log.add(format!("never {joined:?}"));
                    }).await
                }).await
            }).await.unwrap();
            assert!(value.is_none());
            log.assert(&[]);
        }
    }

    /// T13: a group that is interrupted yields nothing, though its body had finished.
    async fn a_group_that_is_interrupted_yields_nothing_though_its_body_had_finished() {
        let log = Log::new();
        let value = move_on_after(ms(5), async {
            let group: TaskGroup = create_task_group();
            let value = group.run(async {
                group.start_soon(sleep_forever());
                9
            }).await;
            log.add(format!("never {value:?}"));
        }).await;
        assert!(value.is_none());
        log.assert(&[]);
    }

    /// T13, T3: but a panic is not swallowed.
    fn a_panic_in_the_cleanup_of_an_interrupted_group_resumes(runner: Runner) {
        let message = panic_message(|| runner.run(async {
            move_on_after(ms(5), async {
                let group: TaskGroup = create_task_group();
                group.run(async {
                    group.start_soon(async {
                        let _ = catch_cancelled(sleep_forever()).await;
                        panic!("in the cleanup")
                    });
                }).await
            }).await;
        }));
        assert_eq!(message, "in the cleanup");
    }

    /// T2: every failure is held, those of the cleanup too, in the order in which they happened.
    async fn a_group_yields_every_failure_once_all_have_ended() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        let error = group.run(async {
            for (index, name) in ["a", "b", "c"].into_iter().enumerate() {
                let log = log.clone();
                group.named(name).start_soon(async move {
                    if index == 0 {
                        sleep(ms(1)).await;
                    } else {
                        let _ = catch_cancelled(sleep_forever()).await;
                        ignore_cancellation(sleep(ms(10 * index as u64))).await;
                    }
                    log.add(name);
                    Err(format!("{name} failed"))
                });
            }
            group.start_soon(clean_up_when_cancelled(log.clone(), "d"));
            sleep_forever().await;
        }).await.unwrap_err();
        let failed: Vec<_> = error.failures().iter().map(|failure| failure.task().name()).collect();
        assert_eq!(failed, ["a", "b", "c"]);
        assert!(log.contains("d cleaned"));
        for failure in error.failures() {
            assert!(failure.task().location().file().ends_with("rules_tasks.rs"));
            assert!(!failure.is_body());
            assert!(error.to_string().contains(&failure.error().to_string()));
        }
        assert_eq!(error.to_string(), format!("{error:?}"));
    }

    /// T1: leaving the block waits for every child, and for what they start through the handle.
    async fn leaving_a_group_waits_for_the_children_of_its_children() {
        fn plant(handle: GroupHandle, log: Log, depth: usize) {
            if depth == 0 {
                return;
            }
            handle.clone().start_soon(async move {
                sleep(ms(1)).await;
                log.add("grown");
                plant(handle.clone(), log.clone(), depth - 1);
                plant(handle, log, depth - 1);
            });
        }
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group.run(async { plant(group.handle(), log.clone(), 6) }).await.unwrap();
        assert_eq!(log.entries().len(), 63);
        assert!(group.is_closed());
        assert_eq!(group.live_tasks(), 0);
    }
}

each_backend! {
    /// T6: whoever starts a scoped child, and wherever, the group polls it.
    async fn a_scoped_child_can_be_started_by_a_child() {
        let log = Log::new();
        let group: Arc<TaskGroup<'static>> = Arc::new(create_task_group());
        group
            .run(async {
                let (group, log) = (group.clone(), log.clone());
                group.clone().start_soon(async move {
                    sleep(ms(2)).await;
                    group.scoped().start_soon(async move { log.add("scoped") });
                });
            })
            .await
            .unwrap();
        log.assert(&["scoped"]);
    }

    /// T6: whoever starts a scoped child, and wherever: another scoped child, a thread.
    async fn a_scoped_child_can_be_started_by_a_thread() {
        let log = Log::new();
        let group: Arc<TaskGroup<'static>> = Arc::new(create_task_group());
        group.run(async {
            let (own, inside) = (group.clone(), log.clone());
            let (go, gone) = oneshot::channel();
            let thread = std::thread::spawn(move || {
                let scoped = own.clone();
                own.named("from a thread").scoped().start_soon(async move {
                    inside.add(get_current_task().name());
                    scoped.scoped().start_soon(async move { inside.add("from a scoped child") });
                });
                go.send(()).unwrap();
            });
            gone.await.unwrap();
            thread.join().unwrap();
        }).await.unwrap();
        log.assert(&["from a thread", "from a scoped child"]);
    }

    /// T8: a thread that is in no runtime starts children through a handle.
    async fn a_thread_starts_children_through_a_handle() {
        let group: TaskGroup = create_task_group();
        let count = Arc::new(AtomicUsize::new(0));
        group.run(async {
            let (handle, inside) = (group.handle(), count.clone());
            let (done, ended) = oneshot::channel();
            std::thread::spawn(move || {
                assert!(try_get_current_task().is_none());
                for _ in 0..10 {
                    let inside = inside.clone();
                    handle.start_soon(async move {
                        sleep(ms(1)).await;
                        inside.fetch_add(1, Ordering::SeqCst);
                    });
                }
                let task = handle.named("eleven").spawn_value(async { get_current_task().name() });
                done.send(task).ok().unwrap();
            });
            let task = ended.await.unwrap();
            assert_eq!(task.join().await.unwrap(), "eleven");
        }).await.unwrap();
        assert_eq!(count.load(Ordering::SeqCst), 10);
    }

    /// T8: what comes after the group has closed is dropped unpolled, counts as cancelled, or is given back.
    async fn a_closed_group_starts_nothing() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group.run(async {}).await.unwrap();
        let handle = group.handle();
        assert!(handle.is_closed());
        let dropped = DropFlag::new();
        let guard = dropped.guard();
        let inside = log.clone();
        handle.start_soon(async move {
            let _guard = guard;
            inside.add("never");
        });
        assert!(dropped.is_set());
        let task = handle.spawn_value(async { 1 });
        assert!(task.done() && task.cancelled() && !task.cancel());
        assert!(task.join().await.unwrap_err().is_cancelled());
        let task = handle.start(async { Ok::<_, BoxError>(1) }).await;
        assert!(task.cancelled());
        let inside = log.clone();
        let refused = handle.try_start_soon(async move { inside.add("given back") }).unwrap_err();
        assert!(refused.to_string().contains("closed"));
        log.assert(&[]);
        refused.into_future().await;
        log.assert(&["given back"]);
        assert!(group.handle().try_start_soon(async {}).is_err());
    }

    /// T6, T9: `named` and `scoped` combine, in either order.
    async fn scoped_children_borrow_and_have_names_and_identities() {
        let text = String::from("borrowed");
        let group: TaskGroup = create_task_group();
        group.run(async {
            let body = get_current_task();
            let first = group.named("first").scoped().spawn_value(async { (text.as_str(), get_current_task()) });
            let second = group.scoped().named("second").spawn(async {
                coro_yield().await;
                Ok::<_, BoxError>((text.len(), get_current_task()))
            });
            let (first_info, second_info) = (first.info().clone(), second.info().clone());
            assert_eq!(first.await.unwrap(), ("borrowed", first_info.clone()));
            assert_eq!(second.await.unwrap(), (8, second_info.clone()));
            assert_eq!((first_info.name(), second_info.name()), ("first".into(), "second".into()));
            assert!(first_info != second_info && first_info.id() != body.id());
            assert_eq!(get_current_task(), body);
        }).await.unwrap();
    }

    /// T6: otherwise they are children like any other: they fail the group, and are cancelled with it.
    async fn scoped_children_fail_and_end_with_their_group() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        let error = group.run(async {
            group.scoped().start_soon(clean_up_when_cancelled(log.clone(), "scoped"));
            group.named("culprit").scoped().start_soon(async { Err("no luck") });
            clean_up_when_cancelled(log.clone(), "body").await;
        }).await.unwrap_err();
        assert_eq!(error.failures()[0].task().name(), "culprit");
        log.assert_unordered(&["scoped cancelled", "scoped cleaned", "body cancelled", "body cleaned"]);
    }

    /// T7: any number of waiters.
    async fn a_task_can_be_waited_for_by_many() {
        let group: TaskGroup = create_task_group();
        group.run(async {
            let (go, gone) = oneshot::channel::<u8>();
            let task = Arc::new(group.spawn_value(async move { gone.await.unwrap() }));
            let values: Vec<_> = (0..64).map(|n| {
                let task = task.clone();
                group.spawn_value(async move {
                    match n % 4 {
                        0 => task.wait().await,
                        1 => assert!(move_on_after(ms(0), task.wait()).await.is_none() || task.done()),
                        2 => join_all((0..10).map(|_| task.wait())).map(drop).await,
                        _ => assert_eq!(task.join_cloned().await.unwrap(), 5),
                    }
                })
            }).collect();
            sleep(ms(2)).await;
            go.send(5).unwrap();
            for value in values {
                value.join().await.unwrap();
            }
            assert_eq!(task.join().await.unwrap(), 5);
        }).await.unwrap();
    }

    /// T7: dropping the handle changes nothing.
    async fn dropping_the_handle_of_a_task_changes_nothing() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group.run(async {
            let inside = log.clone();
            drop(group.spawn_value(async move {
                sleep(ms(1)).await;
                inside.add("over");
            }));
        }).await.unwrap();
        log.assert(&["over"]);
    }

    /// T2, T4: a value that nobody can receive any more is dropped before the group ends.
    async fn a_value_that_nobody_receives_is_dropped_before_the_group_ends() {
        for _ in 0..50 {
            let dropped = DropFlag::new();
            let group: TaskGroup = create_task_group();
            group.run(async {
                let guard = dropped.guard();
                drop(group.spawn_value(async move { guard }));
            }).await.unwrap();
            assert!(dropped.is_set());
        }
    }

    /// T7: a task that waits for itself is told so.
    async fn a_task_cannot_join_itself() {
        let group: TaskGroup = create_task_group();
        group.run(async {
            let (give, own) = oneshot::channel::<easynet::Task<bool>>();
            let task = group.spawn_value(async move {
                let own = own.await.unwrap();
                own.join().await.unwrap_err().is_itself() && own.join_or_cancel().await.unwrap_err().is_itself()
            });
            let info = task.info().clone();
            assert_eq!(info.location().file(), file!());
            give.send(task).unwrap();
        }).await.unwrap();
    }

    /// T9: identities are unique over threads and runtimes.
    fn identities_are_unique(runner: Runner) {
        let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(move || runner.run(async {
            let group: TaskGroup = create_task_group();
            let tasks = group.run(async {
                (0..500).map(|_| group.spawn_value(async { get_current_task().id() })).collect::<Vec<_>>()
            }).await.unwrap();
            let mut ids = vec![get_current_task().id()];
            for task in tasks {
                let id = task.info().id();
                assert_eq!(task.join().await.unwrap(), id);
                ids.push(id);
            }
            ids
        }))).collect();
        let mut ids: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 4 * 501);
    }

    /// T11: values in order, whatever the order in which they come; failures as those of a group.
    async fn gathering_yields_values_in_order_and_every_failure() {
        let values = gather((0..20u64).map(|n| async move { sleep(ms((n * 7) % 5)).await; n })).await;
        assert_eq!(values, (0..20).collect::<Vec<_>>());
        let log = Log::new();
        let error = try_gather::<_, (), BoxError>((0..3).map(|n| {
            let log = log.clone();
            async move {
                if n == 1 {
                    coro_yield().await;
                    return Err(format!("{n} failed"));
                }
                clean_up_when_cancelled(log, "sibling").await;
                Err(format!("{n} failed late"))
            }
        })).await.unwrap_err();
        let texts: Vec<_> = error.into_failures().into_iter().map(|failure| failure.into_error().to_string()).collect();
        assert_eq!(texts, ["1 failed", "0 failed late", "2 failed late"]);
        assert_eq!(log.entries().len(), 4);
    }

    /// T12: `bootstrap` returns when main and everything it started have ended; inside a backend it is refused.
    fn bootstrapping_is_refused_inside_of_a_backend(runner: Runner) {
        let error = runner.run(async move {
            use easynet::AsyncBackend;
            let group: TaskGroup = create_task_group();
            group.run(async {
                let task = group.spawn_value(async move { runner.backend().bootstrap(async {}).unwrap_err() });
                assert!(task.join().await.unwrap().is_nested());
            }).await.unwrap();
            runner.backend().bootstrap_with(&runner.options(), async {}).unwrap_err()
        });
        assert!(error.is_nested());
        assert!(!error.to_string().is_empty());
        assert_eq!(runner.run(async { 5 }), 5);
    }

    /// T12, C10: everything that main started and let go of has ended.
    fn bootstrapping_waits_for_groups_that_main_let_go_of(runner: Runner) {
        let log = Log::new();
        let inside = log.clone();
        runner.run(async move {
            let group: TaskGroup = create_task_group();
            for _ in 0..3 {
                drop(group.start(async_ok(clean_up_when_cancelled(inside.clone(), "child"))).await);
            }
            // Never run, only dropped.
        });
        assert_eq!(log.entries().len(), 6);
    }
}

/// The same future, as a task that cannot fail.
async fn async_ok<F: Future>(future: F) -> Result<F::Output, BoxError> {
    Ok(future.await)
}
