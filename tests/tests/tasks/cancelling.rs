//! Cancelling a task through its handle.

use std::sync::{Arc, OnceLock};

use easynet::{
    BoxError, Task, TaskGroup,
    cancel::{catch_cancelled, ignore_cancellation, open_cancel_scope},
    task::create_task_group,
    time::{coro_yield, sleep, sleep_forever, timeout},
};
use easynet_tests::{LONG, Log, Runner, clean_up_when_cancelled, each_backend, each_virtual_backend, ms};
use futures::channel::oneshot;

each_virtual_backend! {
    /// TSK-13
    async fn a_task_cancelled_inside_of_a_timeout_has_not_timed_out(runner: Runner) {
        let watch = runner.stopwatch();
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let own = log.clone();
                let task = group.spawn_value(async move {
                    let result = timeout(ms(500), sleep(ms(1000))).await;
                    own.add(format!("{result:?}"));
                });
                sleep(ms(100)).await;
                assert!(task.cancel());
                task.wait().await;
                assert!(task.cancelled());
                watch.assert_reads(ms(100));
            })
            .await
            .unwrap();
        log.assert(&[]);
    }

    /// TSK-02
    async fn cancelling_never_blocks_and_takes_effect_later() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let task = group.start(sleep_forever()).await;
                assert!(task.cancel());
                assert!(!task.done() && !task.cancelled());
                task.wait().await;
                assert!(task.done() && task.cancelled());
            })
            .await
            .unwrap();
    }
}

each_backend! {
    /// TSK-02
    async fn a_cancelled_task_is_done_and_cancelled() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let task = group.start(sleep_forever()).await;
                assert!(task.cancel());
                task.wait().await;
                assert!(task.done() && task.cancelled());
                assert!(!task.cancel());
                assert!(!task.cancel());
            })
            .await
            .unwrap();
    }

    /// TSK-03
    async fn two_requests_are_one_ending() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let own = log.clone();
                let (go, gone) = oneshot::channel::<()>();
                let task = group
                    .start(async move {
                        ignore_cancellation(gone).await.unwrap();
                        clean_up_when_cancelled(own, "task").await;
                        Ok::<_, BoxError>(())
                    })
                    .await;
                assert!(task.cancel());
                assert!(task.cancel());
                go.send(()).unwrap();
            })
            .await
            .unwrap();
        log.assert(&["task cancelled", "task cleaned"]);
    }

    /// TSK-04
    async fn a_finished_task_cannot_be_cancelled() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let task = group.spawn_value(async { 42 });
                task.wait().await;
                assert!(!task.cancel());
                assert!(!task.cancelled());
                assert_eq!(task.join().await.unwrap(), 42);
            })
            .await
            .unwrap();
    }

    /// TSK-10
    async fn joining_a_cancelled_task_is_an_error_one_can_go_on_from() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let task = group.start(sleep_forever()).await;
                task.cancel();
                let error = task.join().await.unwrap_err();
                assert!(error.is_cancelled());
                assert_eq!(error.task(), task.info());
                assert!(task.join_or_cancel().await.unwrap_err().is_cancelled());
                assert!(task.join_cloned().await.unwrap_err().is_cancelled());
                coro_yield().await;
            })
            .await
            .unwrap();
    }

    /// TSK-12
    async fn a_cancelled_task_leaves_all_its_scopes() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        let (outer, inner) = (open_cancel_scope(), open_cancel_scope());
        group
            .run(async {
                let (own, outer, inner) = (log.clone(), outer.clone(), inner.clone());
                let task = group
                    .start(async move {
                        outer
                            .run(async {
                                let _drop = own.on_drop("outer dropped");
                                inner
                                    .run(async {
                                        let _drop = own.on_drop("inner dropped");
                                        clean_up_when_cancelled(own.clone(), "task").await;
                                        coro_yield().await;
                                        own.add("never");
                                    })
                                    .await;
                                own.add("never");
                            })
                            .await;
                        own.add("never");
                        Ok::<_, BoxError>(())
                    })
                    .await;
                task.cancel();
                task.wait().await;
                assert!(task.cancelled());
            })
            .await
            .unwrap();
        log.assert(&["task cancelled", "task cleaned", "inner dropped", "outer dropped"]);
        assert!(!outer.cancelled_caught() && !outer.cancel_called());
        assert!(!inner.cancelled_caught() && !inner.cancel_called());
    }

    /// TSK-13
    async fn a_cancelled_task_has_not_timed_out() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let own = log.clone();
                let task = group
                    .start(async move {
                        own.add(format!("{:?}", timeout(LONG, sleep_forever()).await));
                        Ok::<_, BoxError>(())
                    })
                    .await;
                task.cancel();
                task.wait().await;
                assert!(task.cancelled());
            })
            .await
            .unwrap();
        log.assert(&[]);
    }

    /// Contract 7, appendix B 4: a cancellation that was observed and ignored comes back.
    async fn cancelling_a_task_is_level_triggered() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let own = log.clone();
                let task = group
                    .start(async move {
                        for _ in 0..3 {
                            catch_cancelled(sleep_forever()).await.unwrap_err();
                            own.add("observed");
                        }
                        coro_yield().await;
                        own.add("never");
                        Ok::<_, BoxError>(())
                    })
                    .await;
                task.cancel();
                task.wait().await;
                assert!(task.cancelled());
            })
            .await
            .unwrap();
        log.assert(&["observed", "observed", "observed"]);
    }

    /// Contract 7: done, and not cancelled.
    async fn a_task_that_returns_all_the_same_is_not_cancelled() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let task = group
                    .start(async {
                        catch_cancelled(sleep_forever()).await.unwrap_err();
                        Ok::<_, BoxError>(7)
                    })
                    .await;
                assert!(task.cancel());
                assert_eq!(task.join().await.unwrap(), 7);
                assert!(task.done() && !task.cancelled() && !task.cancel());
            })
            .await
            .unwrap();
    }

    /// C6: its own cleanup is waited for, whoever asked.
    async fn a_task_is_done_only_after_its_cleanup() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let own = log.clone();
                let task = group
                    .start(async move {
                        let _drop = own.on_drop("dropped");
                        clean_up_when_cancelled(own.clone(), "task").await;
                        sleep_forever().await
                    })
                    .await;
                task.cancel();
                task.wait().await;
                log.add("done");
            })
            .await
            .unwrap();
        log.assert(&["task cancelled", "task cleaned", "dropped", "done"]);
    }

    /// T7: a task has not ended while something of it is being dropped.
    async fn a_task_is_not_done_before_its_values_are_dropped() {
        struct Look(Arc<OnceLock<Task<()>>>, Log);
        impl Drop for Look {
            fn drop(&mut self) {
                let task = self.0.get().unwrap();
                self.1.add(format!("done {}", task.done()));
            }
        }
        let log = Log::new();
        let handle = Arc::new(OnceLock::new());
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let look = Look(handle.clone(), log.clone());
                let task = group.spawn_value(async move {
                    let _look = look;
                    sleep_forever().await;
                });
                handle.set(task).unwrap();
                sleep(ms(1)).await;
                let task = handle.get().unwrap();
                task.cancel();
                task.wait().await;
                assert!(task.cancelled());
            })
            .await
            .unwrap();
        log.assert(&["done false"]);
    }

    /// A handle may be used from any thread, in a backend or not.
    async fn a_task_may_be_cancelled_from_any_thread() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let task = Arc::new(group.start(sleep_forever()).await);
                let other = task.clone();
                let thread = std::thread::spawn(move || other.cancel());
                task.wait().await;
                assert!(task.cancelled());
                assert!(thread.join().unwrap());
            })
            .await
            .unwrap();
    }
}
