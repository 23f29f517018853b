//! Many of everything: children, scopes, groups, waiters, threads that cancel.
//!
//! The numbers are those that the rules promise to bear; nothing is said about how long it takes.
#![forbid(unsafe_code)]

use std::{
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use easynet::{
    BoxError, CancelScope, TaskGroup,
    cancel::{catch_cancelled, ignore_cancellation, is_cancelled, open_cancel_scope},
    task::{create_task_group, gather},
    time::{coro_yield, current_time, move_on_after, sleep, sleep_forever, timeout},
};
use easynet_tests::{LONG, Runner, each_backend, each_virtual_backend, ms};
use futures::{
    FutureExt,
    channel::oneshot,
    future::{BoxFuture, join_all},
};

/// How many threads cancel at once.
const THREADS: usize = 8;

/// Runs a test where the stack is large enough for futures that are polled ten thousand deep.
fn with_large_stack(test: impl FnOnce(Runner) + Send + 'static) {
    Runner::TOKIO_CURRENT_THREAD.watch(|runner| {
        let thread = thread::Builder::new()
            .stack_size(1 << 30)
            .spawn(move || test(runner));
        thread
            .expect("there is memory for a large stack")
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
}

/// Futures in each other, each made from the one inside.
fn nest(
    depth: usize,
    innermost: BoxFuture<'static, ()>,
    wrap: impl Fn(BoxFuture<'static, ()>) -> BoxFuture<'static, ()>,
) -> BoxFuture<'static, ()> {
    (0..depth).fold(innermost, |inner, _| wrap(inner))
}

/// A hundred thousand, or fewer where all is done once for each seed.
fn many(runner: Runner) -> usize {
    if runner.is_simulated() { 10_000 } else { 100_000 }
}

each_backend! {
    /// T4: a hundred thousand children that end at once.
    async fn a_hundred_thousand_children_run(runner: Runner) {
        let many = many(runner);
        let count = Arc::new(AtomicUsize::new(0));
        let group: TaskGroup = create_task_group();
        group.run(async {
            for _ in 0..many {
                let count = count.clone();
                group.start_soon(async move {
                    count.fetch_add(1, Ordering::Relaxed);
                });
            }
        }).await.unwrap();
        assert_eq!(count.load(Ordering::Relaxed), many);
        assert_eq!(group.live_tasks(), 0);
    }

    /// C11: a hundred thousand parked children are cancelled.
    async fn a_hundred_thousand_parked_children_are_cancelled(runner: Runner) {
        let many = many(runner);
        let (begun, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        struct OnDrop(Arc<AtomicUsize>);
        impl Drop for OnDrop {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let scope = open_cancel_scope();
        let value = scope.run(async {
            let group: TaskGroup = create_task_group();
            group.run(async {
                for _ in 0..many {
                    let (begun, ended) = (begun.clone(), OnDrop(ended.clone()));
                    group.start_soon(async move {
                        let _ended = ended;
                        begun.fetch_add(1, Ordering::Relaxed);
                        sleep_forever().await;
                    });
                }
                while begun.load(Ordering::Relaxed) < many {
                    sleep(ms(1)).await;
                }
                scope.cancel();
            }).await
        }).await;
        assert!(value.is_none());
        assert_eq!(ended.load(Ordering::Relaxed), many);
    }

    /// T2: a thousand children fail at once; every failure is held.
    async fn a_thousand_failures_are_held() {
        let group: TaskGroup = create_task_group();
        let error = group.run(async {
            for n in 0..1000 {
                group.start(async move {
                    let _ = catch_cancelled(sleep_forever()).await;
                    Err::<(), BoxError>(format!("failure {n}").into())
                }).await;
            }
            group.start_soon(async { Err("the first") });
            sleep_forever().await;
        }).await.unwrap_err();
        assert_eq!(error.failures().len(), 1001);
        assert_eq!(error.to_string().lines().count(), 1002);
    }

    /// C11, T1: groups a thousand deep, in tasks, are cancelled from the outside.
    async fn groups_a_thousand_deep_in_tasks_are_cancelled() {
        fn plant(depth: usize, bottom: oneshot::Sender<()>) -> BoxFuture<'static, ()> {
            async move {
                let group: TaskGroup = create_task_group();
                group.run(async {
                    match depth {
                        0 => bottom.send(()).unwrap(),
                        _ => group.start_soon(plant(depth - 1, bottom)),
                    }
                    sleep_forever().await;
                }).await.unwrap();
            }.boxed()
        }
        let (bottom, reached) = oneshot::channel();
        let scope = open_cancel_scope();
        let (value, ()) = futures::join!(scope.run(plant(1000, bottom)), async {
            reached.await.unwrap();
            scope.cancel();
        });
        assert!(value.is_none() && scope.cancelled_caught());
    }

    /// C10: a thousand groups in each other are dropped by a `select!` at once, and adopted one by the other.
    fn groups_a_thousand_deep_in_tasks_are_adopted(runner: Runner) {
        let ended = Arc::new(AtomicUsize::new(0));
        let inside = ended.clone();
        runner.run(async move {
            fn plant(depth: usize, bottom: oneshot::Sender<()>, ended: Arc<AtomicUsize>) -> BoxFuture<'static, ()> {
                async move {
                    let group: TaskGroup = create_task_group();
                    group.run(async {
                        let count = ended.clone();
                        let child = group.start(async move {
                            let _ = catch_cancelled(sleep_forever()).await;
                            ignore_cancellation(coro_yield()).await;
                            count.fetch_add(1, Ordering::SeqCst);
                            Ok::<_, BoxError>(())
                        }).await;
                        match depth {
                            0 => bottom.send(()).unwrap(),
                            _ => group.start_soon(plant(depth - 1, bottom, ended)),
                        }
                        child.wait().await;
                    }).await.unwrap();
                }.boxed()
            }
            let (bottom, reached) = oneshot::channel();
            let dropped = futures::future::select(plant(300, bottom, inside), reached).await;
            drop(dropped);
        });
        assert_eq!(ended.load(Ordering::SeqCst), 301);
    }

    /// `CancelScope` from many threads, while it is entered, cancelled, moved, asked and left.
    async fn a_scope_is_used_from_many_threads_while_it_enters_and_leaves() {
        let now = current_time();
        for round in 0..60 {
            let scope = open_cancel_scope();
            let start = Arc::new(Barrier::new(THREADS + 1));
            let threads: Vec<_> = (0..THREADS).map(|index| {
                let (scope, start): (CancelScope, _) = (scope.clone(), start.clone());
                thread::spawn(move || {
                    start.wait();
                    for turn in 0..20 {
                        match (index + turn) % 5 {
                            0 => scope.reschedule(now + LONG),
                            1 => scope.clear_deadline(),
                            2 if round % 2 == 0 => scope.cancel(),
                            2 => scope.reschedule(now),
                            3 => assert!(!scope.cancelled_caught() || scope.cancel_called()),
                            _ => drop((scope.when(), format!("{scope:?}"))),
                        }
                    }
                    scope.cancel_because("the end");
                })
            }).collect();
            start.wait();
            let value = scope.run(async {
                if round % 3 == 0 {
                    return;
                }
                ignore_cancellation(coro_yield()).await;
                sleep_forever().await;
            }).await;
            assert_eq!(value.is_none(), scope.cancelled_caught());
            assert_eq!(value.is_none(), round % 3 != 0);
            for thread in threads {
                thread.join().unwrap();
            }
            assert!(scope.cancel_called());
        }
    }

    /// C11: groups, scopes, tasks and shields are cancelled from eight threads at once.
    async fn everything_is_cancelled_from_many_threads_at_once() {
        for _ in 0..20 {
            let scopes: Vec<CancelScope> = (0..THREADS).map(|_| open_cancel_scope()).collect();
            let group: TaskGroup = create_task_group();
            group.run(async {
                let (tell, told): (Vec<_>, Vec<_>) = (0..THREADS).map(|_| oneshot::channel()).unzip();
                let all: Arc<[CancelScope]> = scopes.clone().into();
                for (index, tell) in tell.into_iter().enumerate() {
                    let all = all.clone();
                    group.start_soon(async move {
                        let nested = nest(20, async move {
                            let inner: TaskGroup = create_task_group();
                            let _ = inner.run(async {
                                for _ in 0..5 {
                                    inner.start(async {
                                        let _ = catch_cancelled(sleep_forever()).await;
                                        ignore_cancellation(coro_yield()).await;
                                        Ok::<_, BoxError>(())
                                    }).await;
                                }
                                let mut tasks: Vec<_> = (0..5).map(|_| inner.spawn_value(sleep_forever())).collect();
                                tell.send(tasks.split_off(2)).ok().unwrap();
                                sleep_forever().await;
                            }).await;
                        }.boxed(), |inner| timeout(LONG, inner).map(drop).boxed());
                        let own = all[index].clone();
                        let value = own.run(nested).await;
                        assert!(value.is_none() && own.cancelled_caught());
                    });
                }
                let tasks: Vec<_> = join_all(told).await.into_iter().map(|tasks| tasks.unwrap()).collect();
                let start = Arc::new(Barrier::new(THREADS));
                let threads: Vec<_> = tasks.into_iter().map(|tasks| {
                    let (all, start) = (all.clone(), start.clone());
                    thread::spawn(move || {
                        start.wait();
                        for task in &tasks {
                            task.cancel();
                        }
                        for scope in all.iter() {
                            scope.cancel();
                        }
                    })
                }).collect();
                for thread in threads {
                    thread.join().unwrap();
                }
            }).await.unwrap();
        }
    }

    /// T8: children are started from eight threads while the group is being cancelled and closes.
    async fn children_are_started_from_many_threads_while_the_group_closes() {
        for round in 0..30 {
            let run = Arc::new(AtomicUsize::new(0));
            let stop = Arc::new(AtomicBool::new(false));
            let scope = open_cancel_scope();
            let mut threads = Vec::new();
            let group: TaskGroup = create_task_group();
            let handle = group.handle();
            let _ = scope.run(group.run(async {
                let start = Arc::new(Barrier::new(4));
                for _ in 0..4 {
                    let (handle, run) = (handle.clone(), run.clone());
                    let (start, stop) = (start.clone(), stop.clone());
                    threads.push(thread::spawn(move || {
                        start.wait();
                        let mut tasks = Vec::new();
                        for turn in 0..200 {
                            let run = run.clone();
                            let child = async move {
                                run.fetch_add(1, Ordering::SeqCst);
                                coro_yield().await;
                            };
                            match turn % 3 {
                                0 => handle.start_soon(child),
                                1 => drop(handle.try_start_soon(child)),
                                _ => tasks.push(handle.spawn_value(child)),
                            }
                            if stop.load(Ordering::SeqCst) && turn > 150 {
                                break;
                            }
                        }
                        tasks
                    }));
                }
                sleep(ms(1)).await;
                if round % 2 == 0 {
                    scope.cancel();
                }
            })).await;
            stop.store(true, Ordering::SeqCst);
            for thread in threads {
                for task in thread.join().unwrap() {
                    task.wait().await;
                    assert!(task.done());
                }
            }
            while !handle.is_closed() {
                coro_yield().await;
            }
            assert!(handle.try_start_soon(async {}).is_err());
        }
    }

    /// T7: many waiters in many tasks and threads' worth of polls.
    async fn a_task_is_waited_for_by_thousands() {
        let group: TaskGroup = create_task_group();
        group.run(async {
            let (go, gone) = oneshot::channel::<()>();
            let task = Arc::new(group.spawn_value(async move { gone.await.is_ok() }));
            for _ in 0..64 {
                let task = task.clone();
                group.start_soon(async move {
                    for _ in 0..10 {
                        let _ = move_on_after(ms(0), task.wait()).await;
                    }
                    join_all((0..50).map(|_| task.wait())).await;
                    assert!(task.join_cloned().await.unwrap());
                });
            }
            coro_yield().await;
            go.send(()).unwrap();
        }).await.unwrap();
    }

    /// Deadlines: moved back and forth by several threads; the last word counts.
    async fn a_deadline_is_moved_by_many_threads() {
        for _ in 0..20 {
            let scope = open_cancel_scope();
            let now = current_time();
            let mover = scope.clone();
            let threads = thread::spawn(move || {
                let movers: Vec<_> = (0..THREADS).map(|index| {
                    let scope = mover.clone();
                    thread::spawn(move || {
                        for turn in 0..100u32 {
                            match (turn as usize + index) % 3 {
                                0 => scope.clear_deadline(),
                                1 => scope.set_deadline(now + LONG * (turn + 1)),
                                _ => scope.set_deadline(now + LONG),
                            }
                        }
                    })
                }).collect();
                for thread in movers {
                    thread.join().unwrap();
                }
                mover.set_deadline(now);
            });
            assert!(scope.run(sleep_forever()).await.is_none());
            assert!(scope.cancelled_caught());
            threads.join().unwrap();
        }
    }
}

each_virtual_backend! {
    /// Many deadlines in one task.
    async fn ten_thousand_sleeps_share_one_task(runner: Runner) {
        let watch = runner.stopwatch();
        let values = gather((0..10_000u64).map(|n| async move {
            sleep(ms(n * 7919 % 1000)).await;
            timeout(ms(n % 13), sleep_forever()).await.is_err()
        })).await;
        assert!(values.into_iter().all(|late| late));
        watch.assert_reads(ms(1010));
    }
}

/// C1: ten thousand scopes in each other, with handles and without; the outermost is cancelled.
#[test]
fn ten_thousand_nested_scopes_are_cancelled_by_the_outermost() {
    for handles in [false, true] {
        with_large_stack(move |runner| {
            runner.run(async move {
                let wrap = |inner| {
                    if handles {
                        let scope = open_cancel_scope();
                        async move { scope.run(inner).await.unwrap() }.boxed()
                    } else {
                        timeout(LONG, inner).map(|value| value.unwrap()).boxed()
                    }
                };
                let nested = nest(
                    10_000,
                    async {
                        sleep(ms(1)).await;
                        assert!(!is_cancelled());
                        catch_cancelled(sleep_forever()).await.unwrap_err();
                        assert!(is_cancelled());
                        ignore_cancellation(sleep(ms(1))).await;
                        sleep_forever().await;
                    }
                    .boxed(),
                    wrap,
                );
                assert!(move_on_after(ms(10), nested).await.is_none());
                let nested = nest(10_000, async { sleep(ms(1)).await }.boxed(), wrap);
                assert!(move_on_after(LONG, nested).await.is_some());
            })
        });
    }
}

/// The handle to the innermost of ten thousand scopes keeps the others alive; it is dropped on a stack of the usual size.
#[test]
fn the_handle_to_a_deep_scope_is_dropped_without_recursion() {
    with_large_stack(|runner| {
        let handle = runner.run(async {
            let (send, receive) = oneshot::channel();
            let nested = nest(
                10_000,
                async move {
                    let scope = open_cancel_scope();
                    send.send(scope.clone()).ok().unwrap();
                    scope.run(ignore_cancellation(coro_yield())).await;
                }
                .boxed(),
                |inner| {
                    let scope = open_cancel_scope();
                    async move { scope.run(inner).await.unwrap() }.boxed()
                },
            );
            nested.await;
            receive.await.unwrap()
        });
        thread::Builder::new()
            .stack_size(128 << 10)
            .spawn(move || drop(handle))
            .unwrap()
            .join()
            .unwrap();
    });
}

/// T1: a thousand groups in each other, in one task.
#[test]
fn a_thousand_nested_groups_end() {
    with_large_stack(|runner| {
        runner.run(async {
            let wrap = |inner| {
                async move {
                    let group: TaskGroup = create_task_group();
                    group
                        .run(async {
                            group.start_soon(async { coro_yield().await });
                            group.scoped().start_soon(async { coro_yield().await });
                            inner.await;
                        })
                        .await
                        .unwrap();
                }
                .boxed()
            };
            nest(1000, sleep(ms(1)).boxed(), wrap).await;
            assert!(
                move_on_after(ms(5), nest(1000, async { sleep_forever().await }.boxed(), wrap))
                    .await
                    .is_none()
            );
        })
    });
}

/// C10: ten thousand groups in each other are dropped at once; their last child ends on a stack of the usual size.
#[test]
fn ten_thousand_nested_groups_are_adopted() {
    with_large_stack(|_| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let wrap = |inner| {
                async move {
                    let group: TaskGroup = create_task_group();
                    group.run(inner).await.unwrap();
                }
                .boxed()
            };
            let (begun, began) = oneshot::channel();
            let (over, ended) = oneshot::channel();
            let innermost = async move {
                let group: TaskGroup = create_task_group();
                group
                    .run(async {
                        group
                            .start(async move {
                                begun.send(()).unwrap();
                                let _ = catch_cancelled(sleep_forever()).await;
                                ignore_cancellation(sleep(ms(1))).await;
                                over.send(()).unwrap();
                                Ok::<_, BoxError>(())
                            })
                            .await;
                    })
                    .await
                    .unwrap();
            }
            .boxed();
            let dropped = futures::future::select(nest(10_000, innermost, wrap), began).await;
            drop(dropped);
            ended.await.unwrap();
        });
        drop(runtime);
    });
}
