//! Waiting for a task and taking it along when one is cancelled.

use easynet::{
    BoxError, TaskGroup,
    cancel::{catch_cancelled, ignore_cancellation, open_cancel_scope, open_cancel_scope_after},
    task::create_task_group,
    time::{coro_yield, sleep, sleep_forever},
};
use easynet_tests::{Log, each_backend, ms};

each_backend! {
    /// TSK-07
    async fn a_cancelled_join_or_cancel_takes_the_task_along() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let own = log.clone();
                let task = group
                    .start(async move {
                        let _drop = own.on_drop("task dropped");
                        let ended = catch_cancelled(sleep_forever()).await;
                        ignore_cancellation(sleep(ms(2))).await;
                        own.add("task cleaned");
                        ended.unwrap_err();
                        sleep_forever().await
                    })
                    .await;
                let scope = open_cancel_scope_after(ms(1));
                let own = log.clone();
                let value = scope
                    .run(async {
                        let _drop = own.on_drop("waiter dropped");
                        let _value = task.join_or_cancel().await;
                        own.add("never");
                    })
                    .await;
                assert!(value.is_none() && scope.cancelled_caught());
                assert!(task.done() && task.cancelled());
            })
            .await
            .unwrap();
        log.assert(&["task cleaned", "task dropped", "waiter dropped"]);
    }

    /// TSK-07, appendix B 5: a value is not lost, and the cancellation takes effect afterwards.
    async fn join_or_cancel_yields_what_the_task_returned_all_the_same() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let task = group
                    .start(async {
                        catch_cancelled(sleep_forever()).await.unwrap_err();
                        ignore_cancellation(sleep(ms(1))).await;
                        Ok::<_, BoxError>(5)
                    })
                    .await;
                let log = Log::new();
                let scope = open_cancel_scope_after(ms(1));
                let value = scope
                    .run(async {
                        log.add(format!("{:?}", task.join_or_cancel().await.ok()));
                        coro_yield().await;
                        log.add("never");
                    })
                    .await;
                assert!(value.is_none() && scope.cancelled_caught());
                log.assert(&["Some(5)"]);
                assert!(task.done() && !task.cancelled());
            })
            .await
            .unwrap();
    }

    /// TSK-07: in a scope that is cancelled already.
    async fn join_or_cancel_in_a_cancelled_scope_cancels_at_once() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let task = group.start(sleep_forever()).await;
                let scope = open_cancel_scope();
                scope.cancel();
                assert!(scope.run(task.join_or_cancel()).await.is_none());
                assert!(task.cancelled() && scope.cancelled_caught());
            })
            .await
            .unwrap();
    }

    async fn join_or_cancel_of_a_healthy_task_is_a_join() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let task = group.spawn_value(async {
                    sleep(ms(1)).await;
                    5
                });
                assert_eq!(task.join_or_cancel().await.unwrap(), 5);
                assert!(!task.cancelled());
            })
            .await
            .unwrap();
    }

    /// TSK-07, C10: a waiter that is dropped by somebody else.
    async fn a_join_or_cancel_that_is_dropped_cancels_the_task() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let task = group.start(sleep_forever()).await;
                let mut joining = Box::pin(task.join_or_cancel());
                assert!(futures::poll!(joining.as_mut()).is_pending());
                drop(joining);
                task.wait().await;
                assert!(task.cancelled());
            })
            .await
            .unwrap();
    }
}
