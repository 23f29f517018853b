//! Waiting for a task, joining it, and what its handle tells.

use std::sync::{Arc, Mutex};

use easynet::{
    BoxError, Task, TaskGroup,
    cancel::open_cancel_scope,
    task::{create_task_group, get_current_task},
    time::{move_on_after, sleep, timeout},
};
use easynet_tests::{Log, Runner, each_backend, each_virtual_backend, ms};
use futures::{FutureExt, channel::oneshot};

each_virtual_backend! {
    /// TSK-01
    async fn a_task_is_done_when_its_time_is_over(runner: Runner) {
        let watch = runner.stopwatch();
        let group: TaskGroup = create_task_group();
        let task = group
            .run(async {
                let task = group
                    .start(async {
                        sleep(ms(500)).await;
                        Ok::<_, BoxError>(42)
                    })
                    .await;
                assert!(!task.done() && !task.cancelled());
                sleep(ms(490)).await;
                assert!(!task.done() && !task.cancelled());
                task
            })
            .await
            .unwrap();
        watch.assert_reads(ms(500));
        assert!(task.done() && !task.cancelled());
        assert_eq!(task.join_cloned().await.unwrap(), 42);
        assert_eq!(task.join_cloned().await.unwrap(), 42);
        assert_eq!(task.join().await.unwrap(), 42);
    }

    /// TSK-05
    async fn cancelling_a_join_does_not_cancel_the_task(runner: Runner) {
        let watch = runner.stopwatch();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let task = group.spawn_value(async {
                    sleep(ms(500)).await;
                    42
                });
                assert!(timeout(ms(200), task.join()).await.is_err());
                watch.assert_reads(ms(200));
                assert!(!task.done() && !task.cancelled());
                assert_eq!(task.join().await.unwrap(), 42);
                watch.assert_reads(ms(500));
            })
            .await
            .unwrap();
    }

    /// TSK-06
    async fn cancelling_a_wait_does_not_cancel_the_task(runner: Runner) {
        let watch = runner.stopwatch();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let task = group.spawn_value(async {
                    sleep(ms(500)).await;
                    42
                });
                assert!(timeout(ms(200), task.wait()).await.is_err());
                watch.assert_reads(ms(200));
                assert!(!task.done());
                task.wait().await;
                watch.assert_reads(ms(500));
                assert_eq!(task.join().await.unwrap(), 42);
            })
            .await
            .unwrap();
    }
}

each_backend! {
    /// TSK-01
    async fn a_task_is_done_after_its_group(runner: Runner) {
        let watch = runner.stopwatch();
        let group: TaskGroup = create_task_group();
        let task = group
            .run(async {
                let (go, gone) = oneshot::channel();
                let task = group
                    .start(async {
                        gone.await.unwrap();
                        sleep(ms(1)).await;
                        Ok::<_, BoxError>(42)
                    })
                    .await;
                assert!(!task.done() && !task.cancelled());
                go.send(()).unwrap();
                task
            })
            .await
            .unwrap();
        watch.assert_reads(ms(1));
        assert!(task.done() && !task.cancelled());
        assert_eq!(task.join().await.unwrap(), 42);
    }

    /// TSK-01: a value moves out once, and whoever asks again is told so.
    async fn a_value_is_handed_out_once_and_cloned_at_will() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let task = group.spawn_value(async { String::from("value") });
                assert_eq!(task.join_cloned().await.unwrap(), "value");
                assert_eq!(task.join_cloned().await.unwrap(), "value");
                assert_eq!((&task).await.unwrap(), "value");
                assert!(task.join().await.unwrap_err().is_taken());
                assert!(task.join_cloned().await.unwrap_err().is_taken());
                assert!(task.join_or_cancel().await.unwrap_err().is_taken());
                assert!(task.done() && !task.cancelled() && !task.cancel());
                task.wait().await;
            })
            .await
            .unwrap();
    }

    /// TSK-05, TSK-06
    async fn a_cancelled_waiter_changes_nothing() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let (go, gone) = oneshot::channel();
                let task = group
                    .start(async {
                        gone.await.unwrap();
                        Ok::<_, BoxError>(42)
                    })
                    .await;
                assert!(move_on_after(ms(1), task.join()).await.is_none());
                assert!(move_on_after(ms(1), task.wait()).await.is_none());
                assert!(move_on_after(ms(1), task.join_cloned()).await.is_none());
                assert!(!task.done() && !task.cancelled());
                go.send(()).unwrap();
                assert_eq!(task.join().await.unwrap(), 42);
            })
            .await
            .unwrap();
    }

    /// TSK-08
    async fn wait_returns_however_the_task_ended() {
        let outer: TaskGroup = create_task_group();
        outer
            .run(async {
                let (send, tasks) = oneshot::channel::<[Task<u32>; 3]>();
                let waiter = outer.spawn_value(async move {
                    for task in tasks.await.unwrap() {
                        task.wait().await;
                        assert!(task.done());
                    }
                    true
                });
                outer.start_soon(async move {
                    let inner: TaskGroup = create_task_group();
                    let error = inner
                        .run(async {
                            let value = inner.start(async { Ok::<_, BoxError>(1) }).await;
                            let cancelled = inner
                                .start(std::future::pending::<Result<u32, BoxError>>())
                                .await;
                            cancelled.cancel();
                            cancelled.wait().await;
                            let (go, gone) = oneshot::channel();
                            let failing = inner
                                .start(async {
                                    gone.await.unwrap();
                                    Err("E")
                                })
                                .await;
                            send.send([value, cancelled, failing]).ok().unwrap();
                            go.send(()).unwrap();
                        })
                        .await
                        .unwrap_err();
                    assert_eq!(error.failures().len(), 1);
                });
                assert!(waiter.join().await.unwrap());
            })
            .await
            .unwrap();
    }

    /// TSK-09
    async fn a_done_task_is_waited_for_at_once() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let task = group.spawn_value(async { 42 });
                task.wait().await;
                assert_eq!(timeout(ms(0), task.wait()).await, Ok(()));
                let scope = open_cancel_scope();
                scope.cancel();
                assert_eq!(scope.run(task.join_cloned()).await.unwrap().unwrap(), 42);
                assert_eq!(timeout(ms(0), task.join()).await.unwrap().unwrap(), 42);
                assert!(task.wait().now_or_never().is_some());
            })
            .await
            .unwrap();
    }

    /// TSK-11, appendix B 32
    async fn a_failure_that_was_joined_is_reported_once() {
        let group: TaskGroup = create_task_group();
        let error = group
            .run(async {
                let task = group.spawn(async {
                    sleep(ms(1)).await;
                    Err::<(), _>("E")
                });
                let error = task.join().await.unwrap_err();
                assert!(error.is_failed());
            })
            .await
            .unwrap_err();
        assert_eq!(error.failures().len(), 1);
        assert_eq!(error.into_first_error().unwrap().to_string(), "E");
    }

    /// TSK-14
    async fn every_waiter_is_released() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let (go, gone) = oneshot::channel();
                let task = group
                    .start(async {
                        gone.await.unwrap();
                        Ok::<_, BoxError>(42)
                    })
                    .await;
                let task = Arc::new(task);
                for n in 0..10 {
                    let (task, log) = (task.clone(), log.clone());
                    let waiting = async move {
                        match n % 3 {
                            0 => task.wait().await,
                            1 => assert!(
                                task.join_cloned()
                                    .await
                                    .map_or_else(|error| error.is_taken(), |value| value == 42)
                            ),
                            _ => assert!(
                                task.join()
                                    .await
                                    .map_or_else(|error| error.is_taken(), |value| value == 42)
                            ),
                        }
                        log.add("released");
                    };
                    if n % 2 == 0 {
                        group
                            .start(async {
                                waiting.await;
                                Ok::<_, BoxError>(())
                            })
                            .await;
                    } else {
                        group.scoped().start_soon(waiting);
                    }
                }
                // A waiter that has gone is not counted on.
                for _ in 0..3 {
                    let mut waiting = Box::pin(task.wait());
                    assert!(futures::poll!(waiting.as_mut()).is_pending());
                }
                go.send(()).unwrap();
            })
            .await
            .unwrap();
        assert_eq!(log.entries().len(), 10);
    }

    /// TSK-23
    async fn a_task_that_joins_itself_is_told_so() {
        for way in 0..3 {
            let own: Arc<Mutex<Option<Arc<Task<()>>>>> = Arc::default();
            let group: TaskGroup = create_task_group();
            let (go, gone) = oneshot::channel();
            group
                .run(async {
                    let me = own.clone();
                    let task = group.spawn_value(async move {
                        gone.await.unwrap();
                        let me = me.lock().unwrap().take().unwrap();
                        let error = match way {
                            0 => me.join().await,
                            1 => me.join_or_cancel().await,
                            _ => me.join_cloned().await,
                        };
                        assert!(error.unwrap_err().is_itself());
                    });
                    let task = Arc::new(task);
                    *own.lock().unwrap() = Some(task.clone());
                    go.send(()).unwrap();
                    task.wait().await;
                    assert!(!task.cancelled());
                    assert!(task.join().await.is_ok());
                })
                .await
                .unwrap();
        }
    }

    /// TSK-23
    async fn a_task_that_waits_for_itself_panics() {
        let own: Arc<Mutex<Option<Task<()>>>> = Arc::default();
        let group: TaskGroup = create_task_group();
        let (go, gone) = oneshot::channel();
        let run = group.run(async {
            let me = own.clone();
            let task = group.spawn_value(async move {
                gone.await.unwrap();
                let me = me.lock().unwrap().take().unwrap();
                me.wait().await;
            });
            *own.lock().unwrap() = Some(task);
            go.send(()).unwrap();
        });
        let panic = std::panic::AssertUnwindSafe(run)
            .catch_unwind()
            .await
            .unwrap_err();
        let text = panic.downcast::<String>().unwrap();
        assert!(text.contains("cannot wait for itself"), "{text}");
    }

    /// T7: the group owns the task.
    async fn dropping_the_handle_changes_nothing() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let own = log.clone();
                drop(group.spawn_value(async move {
                    sleep(ms(1)).await;
                    own.add("ended");
                }));
                drop(group.scoped().spawn_value(async {
                    sleep(ms(1)).await;
                    log.add("ended");
                }));
            })
            .await
            .unwrap();
        log.assert(&["ended", "ended"]);
    }

    /// T7, T3
    async fn joining_a_task_that_panicked_is_an_error() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        let run = group.run(async {
            let task = group.spawn_value(async {
                if get_current_task().name() != "no name" {
                    panic!("on purpose");
                }
            });
            task.wait().await;
            // Looked at outside: the panic of the task goes before one of the body.
            log.add(format!("done {}, cancelled {}", task.done(), task.cancelled()));
            let error = task.join().await.unwrap_err();
            log.add(format!("panicked {}", error.is_panicked()));
        });
        let panic = std::panic::AssertUnwindSafe(run)
            .catch_unwind()
            .await
            .unwrap_err();
        assert_eq!(*panic.downcast::<&str>().unwrap(), "on purpose");
        log.assert(&["done true, cancelled false", "panicked true"]);
    }

    async fn awaiting_a_task_joins_it() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let task = group.spawn_value(async { 5 });
                assert_eq!(task.await.unwrap(), 5);
            })
            .await
            .unwrap();
    }
}
