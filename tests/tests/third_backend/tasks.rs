//! Groups, scopes, timeouts, shields; gathering and racing.

use std::{future::pending, panic::AssertUnwindSafe, time::Duration};

use easynet_core::{BoxError, TaskGroupError};
use easynet_tests::{DropFlag, LONG, Log, ms};
use futures::{FutureExt, channel::oneshot};

use crate::on_each;

on_each! {
    /// T1
    async fn a_group_waits_for_its_children(backend) {
        let (group, log) = (backend.create_task_group::<BoxError>(), Log::new());
        group
            .run(async {
                for n in 0..3 {
                    let (own, log) = (backend.clone(), log.clone());
                    group.start_soon(async move {
                        own.sleep(ms(n)).await;
                        log.add(n.to_string());
                    });
                }
                log.add("body");
            })
            .await
            .unwrap();
        assert_eq!(log.entries().len(), 4);
    }

    /// T2
    async fn a_failing_child_cancels_its_siblings_and_all_failures_are_told(backend) {
        let (group, log) = (backend.create_task_group::<BoxError>(), Log::new());
        let error: TaskGroupError = group
            .run(async {
                let (own, cleaned) = (backend.clone(), log.clone());
                group
                    .named("sibling")
                    .start(async move {
                        let cancelled = own.catch_cancelled(own.sleep_forever()).await.unwrap_err();
                        assert_eq!(cancelled.reason().failed_task().unwrap().name(), "culprit");
                        own.ignore_cancellation(own.sleep(ms(1))).await;
                        cleaned.add("cleaned");
                        Err::<(), BoxError>("and then this".into())
                    })
                    .await;
                group.named("culprit").start_soon(async { Err("no luck") });
                backend.sleep_forever().await;
            })
            .await
            .unwrap_err();
        let failures: Vec<_> = error.failures().iter().map(|failure| failure.task().name()).collect();
        assert_eq!(failures, ["culprit", "sibling"]);
        log.assert(&["cleaned"]);
    }

    /// T3
    async fn a_panic_of_a_child_resumes_in_the_parent_once_all_have_ended(backend) {
        let dropped = DropFlag::new();
        let group = backend.create_task_group::<BoxError>();
        let run = group.run(async {
            let guard = dropped.guard();
            group
                .start(async move {
                    let _guard = guard;
                    pending::<Result<(), BoxError>>().await
                })
                .await;
            group.start_soon(async { panic!("on purpose") });
        });
        let panic = AssertUnwindSafe(run).catch_unwind().await.unwrap_err();
        assert_eq!(*panic.downcast_ref::<&str>().unwrap(), "on purpose");
        assert!(dropped.is_set());
    }

    /// T6
    async fn scoped_children_borrow(backend) {
        let words = [String::from("one"), String::from("three")];
        let group = backend.create_task_group::<BoxError>();
        let lengths = group
            .run(async {
                let tasks: Vec<_> = words.iter().map(|word| {
                    let own = backend.clone();
                    group.scoped().spawn_value(async move {
                        own.sleep(ms(1)).await;
                        word.len()
                    })
                }).collect();
                let mut lengths = Vec::new();
                for task in &tasks {
                    lengths.push(task.join().await.unwrap());
                }
                lengths
            })
            .await
            .unwrap();
        assert_eq!(lengths, [3, 5]);
    }

    async fn a_timeout_is_no_earlier_than_it_says(backend) {
        let before = backend.current_time();
        assert!(backend.timeout(ms(3), backend.sleep_forever()).await.is_err());
        assert!(backend.current_time() - before >= ms(3));
        assert_eq!(backend.timeout(LONG, async { 1 }).await.unwrap(), 1);
        assert_eq!(backend.move_on_after(ms(1), backend.sleep(LONG)).await, None);
        assert!(backend.timeout_at(before, backend.sleep_forever()).await.is_err());
    }

    async fn the_nearest_of_many_deadlines_wins_and_the_next_one_after_it(backend) {
        let before = backend.current_time();
        let inner = backend.timeout(LONG, backend.timeout(ms(2), backend.sleep_forever()));
        let outer = backend.timeout(ms(4), async {
            assert!(inner.await.unwrap().is_err());
            assert!(backend.current_time() - before >= ms(2));
            backend.sleep_forever().await;
        });
        assert!(outer.await.is_err());
        assert!(backend.current_time() - before >= ms(4));
    }

    /// The moments that no timer could be set to are for ever.
    async fn the_longest_delay_is_no_moment(backend) {
        assert!(backend.timeout(ms(2), backend.sleep(Duration::MAX)).await.is_err());
        assert!(backend.timeout(ms(2), backend.sleep(Duration::from_secs(1 << 40))).await.is_err());
        assert_eq!(backend.timeout(Duration::MAX, async { 1 }).await.unwrap(), 1);
    }

    /// C5
    async fn a_shield_runs_to_its_end(backend) {
        let (scope, log) = (backend.open_cancel_scope(), Log::new());
        let ended = scope
            .run(async {
                scope.cancel();
                backend.ignore_cancellation(backend.sleep(ms(2))).await;
                log.add("shielded");
                backend.sleep(ms(1)).await;
                log.add("never");
            })
            .await;
        assert!(ended.is_none() && scope.cancelled_caught());
        log.assert(&["shielded"]);
    }

    async fn a_scope_is_cancelled_from_another_thread(backend) {
        let scope = backend.open_cancel_scope();
        let handle = scope.clone();
        let (begin, begun) = std::sync::mpsc::channel();
        let caller = easynet_tests::in_foreign_thread(move || {
            begun.recv().unwrap();
            handle.cancel_because("from outside");
        });
        let (ended, ()) = futures::join!(
            scope.run(async {
                let waiting = backend.catch_cancelled(backend.sleep_forever());
                begin.send(()).unwrap();
                let cancelled = waiting.await.unwrap_err();
                cancelled.reason().text().map(str::to_owned)
            }),
            caller
        );
        assert_eq!(ended.unwrap().as_deref(), Some("from outside"));
    }

    /// T11
    async fn what_is_gathered_is_in_order(backend) {
        let futures = (0..4).map(|n| {
            let own = backend.clone();
            async move {
                own.sleep(ms(4 - n)).await;
                n
            }
        });
        assert_eq!(backend.gather(futures).await, [0, 1, 2, 3]);
        let failing = (0..3).map(|n| async move { if n == 1 { Err("no") } else { Ok(n) } });
        let error = backend.try_gather::<_, u64, BoxError>(failing).await.unwrap_err();
        assert_eq!(error.failures()[0].error().to_string(), "no");
    }

    async fn the_first_of_a_race_wins_and_the_others_are_dropped(backend) {
        let dropped = DropFlag::new();
        let runners = (0..3).map(|n| {
            let (own, guard) = (backend.clone(), dropped.guard());
            async move {
                if n == 1 {
                    return n;
                }
                let _guard = guard;
                own.sleep_forever().await
            }
        });
        assert_eq!(backend.race(runners).await, 1);
        assert!(dropped.is_set());
    }

    /// T5, T7
    async fn a_task_is_cancelled_alone(backend) {
        let group = backend.create_task_group::<BoxError>();
        group
            .run(async {
                let (begin, begun) = oneshot::channel();
                let own = backend.clone();
                let task = group.spawn_value(async move {
                    begin.send(()).unwrap();
                    own.sleep_forever().await
                });
                begun.await.unwrap();
                assert!(task.cancel());
                let error: Result<(), _> = task.join().await;
                assert!(error.unwrap_err().is_cancelled());
            })
            .await
            .unwrap();
    }

    /// Many tasks, each with a timer of its own.
    async fn a_thousand_children_sleep_at_once(backend) {
        let group = backend.create_task_group::<BoxError>();
        group
            .run(async {
                for n in 0..1000 {
                    let own = backend.clone();
                    group.start_soon(async move {
                        own.sleep(ms(n % 5)).await;
                        own.coro_yield().await;
                    });
                }
            })
            .await
            .unwrap();
    }
}
