//! What a group waits for, and when it is closed.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use easynet::{
    BoxError, GroupHandle, TaskGroup,
    cancel::is_cancelled,
    task::create_task_group,
    time::{coro_yield, move_on_after, sleep, sleep_forever},
};
use easynet_tests::{DropFlag, Log, Runner, each_backend, each_virtual_backend, ms};

each_virtual_backend! {
    /// GRP-01
    async fn children_run_at_the_same_time(runner: Runner) {
        let watch = runner.stopwatch();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                for _ in 0..2 {
                    group.start_soon(sleep(ms(500)));
                }
            })
            .await
            .unwrap();
        watch.assert_reads(ms(500));
    }
}

each_backend! {
    /// GRP-01, T1
    async fn leaving_a_group_waits_for_every_child() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                for _ in 0..2 {
                    let log = log.clone();
                    group.start_soon(async move {
                        sleep(ms(2)).await;
                        log.add("ended");
                    });
                }
            })
            .await
            .unwrap();
        log.assert(&["ended", "ended"]);
        assert!(group.is_closed());
        assert_eq!(group.live_tasks(), 0);
    }

    async fn the_value_of_the_body_is_the_value_of_the_group() {
        let group: TaskGroup = create_task_group();
        let value = group
            .run(async {
                group.start_soon(sleep(ms(1)));
                coro_yield().await;
                String::from("value")
            })
            .await;
        assert_eq!(value.unwrap(), "value");
    }

    /// GRP-03, T8
    async fn a_group_waits_for_siblings_that_a_child_starts() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
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
            })
            .await
            .unwrap();
        log.assert(&["grandchild"]);
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

    /// T4: what never returns is a child as well.
    async fn a_child_may_run_for_ever() {
        let value = move_on_after(ms(2), async {
            let group: TaskGroup = create_task_group();
            group
                .run(async {
                    group.start_soon(async {
                        loop {
                            coro_yield().await;
                            sleep(ms(1)).await;
                        }
                    });
                    group.scoped().start_soon(async {
                        loop {
                            sleep(ms(1)).await
                        }
                    });
                })
                .await
        })
        .await;
        assert!(value.is_none());
    }

    /// GRP-19
    async fn a_thousand_children_that_yield_all_complete() {
        let ended = Arc::new(AtomicUsize::new(0));
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                for _ in 0..1_000 {
                    let ended = ended.clone();
                    group.start_soon(async move {
                        for _ in 0..10 {
                            coro_yield().await;
                        }
                        ended.fetch_add(1, SeqCst);
                    });
                }
            })
            .await
            .unwrap();
        assert_eq!(ended.load(SeqCst), 1_000);
    }

    /// GRP-20
    async fn leaving_a_group_waits_for_grandchildren() {
        let log = Log::new();
        let outer: TaskGroup = create_task_group();
        outer
            .run(async {
                let log = log.clone();
                outer.start_soon(async move {
                    let inner: TaskGroup = create_task_group();
                    inner
                        .run(async {
                            inner.start_soon(async move {
                                sleep(ms(2)).await;
                                log.add("grandchild");
                            });
                        })
                        .await
                });
            })
            .await
            .unwrap();
        log.assert(&["grandchild"]);
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
        group
            .run(async { next(group.handle(), log.clone(), 100) })
            .await
            .unwrap();
        log.assert(&["last"]);
    }

    /// Contract 9: the task goes on as if nothing had been.
    async fn groups_one_after_the_other_leave_no_trace() {
        for _ in 0..50 {
            let group: TaskGroup = create_task_group();
            let value = move_on_after(
                ms(0),
                group.run(async {
                    group.start_soon(sleep_forever());
                    sleep_forever().await;
                }),
            )
            .await;
            assert!(value.is_none());
            assert!(!is_cancelled());
            coro_yield().await;
        }
    }

    async fn groups_nest_in_one_task() {
        let log = Log::new();
        let outer: TaskGroup = create_task_group();
        outer
            .run(async {
                let inner: TaskGroup = create_task_group();
                inner
                    .run(async {
                        let own = log.clone();
                        outer.start_soon(async move { own.add("outer child") });
                        let own = log.clone();
                        inner.start_soon(async move { own.add("inner child") });
                    })
                    .await
                    .unwrap();
                assert!(log.contains("inner child"));
                assert!(inner.is_closed() && !outer.is_closed());
            })
            .await
            .unwrap();
        log.assert_unordered(&["inner child", "outer child"]);
    }
}
