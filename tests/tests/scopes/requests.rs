//! Asking a scope to cancel: before, inside, and after.

use std::thread;

use easynet::{
    TaskGroup,
    cancel::{catch_cancelled, ignore_cancellation, is_cancelled, open_cancel_scope},
    task::create_task_group,
    time::{coro_yield, sleep, sleep_forever},
};
use easynet_tests::{Log, Runner, each_backend, each_virtual_backend, ms};
use futures::channel::oneshot;

each_virtual_backend! {
    /// SCP-08
    async fn a_scope_cancelled_before_it_is_entered_cancels_the_first_checkpoint(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope();
        scope.cancel();
        sleep(ms(100)).await;
        assert!(scope.run(sleep(ms(1000))).await.is_none());
        assert!(scope.cancelled_caught());
        watch.assert_reads(ms(100));
    }
}

each_backend! {
    /// SCP-07, C2
    async fn a_body_that_cancels_its_scope_and_ends_completes() {
        let scope = open_cancel_scope();
        let value = scope
            .run(async {
                scope.cancel();
                assert!(is_cancelled());
                5
            })
            .await;
        assert_eq!(value, Some(5));
        assert!(scope.cancel_called() && !scope.cancelled_caught());
        assert!(!is_cancelled());
        coro_yield().await;
    }

    /// SCP-08
    async fn a_scope_can_be_cancelled_before_it_is_entered() {
        let scope = open_cancel_scope();
        scope.cancel();
        sleep(ms(1)).await;
        assert!(scope.cancel_called() && !scope.cancelled_caught());
        let log = Log::new();
        assert!(
            scope
                .run(async {
                    log.add("begun");
                    coro_yield().await;
                })
                .await
                .is_none()
        );
        assert!(scope.cancelled_caught());
        log.assert(&["begun"]);
    }

    /// SCP-10
    async fn two_requests_are_one_cancellation() {
        let log = Log::new();
        let scope = open_cancel_scope();
        let value = scope
            .run(async {
                let _drop = log.on_drop("dropped");
                scope.cancel();
                scope.cancel();
                coro_yield().await;
            })
            .await;
        assert!(value.is_none() && scope.cancelled_caught());
        log.assert(&["dropped"]);
        for _ in 0..3 {
            assert!(!is_cancelled());
            coro_yield().await;
        }
    }

    /// SCP-11
    async fn another_task_can_cancel_a_scope() {
        let scope = open_cancel_scope();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let handle = scope.clone();
                group.start_soon(async move {
                    sleep(ms(1)).await;
                    handle.cancel();
                });
                assert!(scope.run(sleep_forever()).await.is_none());
                sleep(ms(1)).await;
            })
            .await
            .unwrap();
        assert!(scope.cancelled_caught());
    }

    /// SCP-11: a thread that knows of no backend too.
    async fn another_thread_can_cancel_a_scope() {
        for early in [true, false] {
            let scope = open_cancel_scope();
            let handle = scope.clone();
            let (send, receive) = oneshot::channel();
            let thread = thread::spawn(move || {
                if !early {
                    futures::executor::block_on(receive).unwrap();
                }
                handle.cancel_because("from a thread");
                handle.cancel_called()
            });
            let value = scope
                .run(async {
                    let _ = send.send(());
                    // In virtual time the clock would run away while nobody but the thread is busy.
                    futures::future::pending::<()>().await;
                })
                .await;
            assert!(value.is_none() && scope.cancelled_caught());
            assert!(thread.join().unwrap());
        }
    }

    /// SCP-12
    async fn a_scope_that_was_left_only_notes_a_request() {
        let scope = open_cancel_scope();
        assert_eq!(
            scope
                .run(async {
                    coro_yield().await;
                    5
                })
                .await,
            Some(5)
        );
        assert!(!scope.cancel_called());
        scope.cancel();
        assert!(scope.cancel_called() && !scope.cancelled_caught());
        assert!(!is_cancelled());
        coro_yield().await;
        sleep(ms(1)).await;
    }

    /// SCP-21, C1, C7
    async fn a_cancellation_that_is_observed_and_ignored_comes_back() {
        let log = Log::new();
        let scope = open_cancel_scope();
        let value = scope
            .run(async {
                scope.cancel();
                for _ in 0..3 {
                    catch_cancelled(coro_yield()).await.unwrap_err();
                    log.add("observed");
                }
                coro_yield().await;
                log.add("never");
            })
            .await;
        assert!(value.is_none() && scope.cancelled_caught());
        log.assert(&["observed", "observed", "observed"]);
    }

    /// SCP-23, C2
    async fn an_error_leaves_a_cancelled_scope_that_had_no_checkpoint() {
        let scope = open_cancel_scope();
        let value = scope
            .run(async {
                scope.cancel();
                Err::<(), _>("E")?;
                coro_yield().await;
                Ok(())
            })
            .await;
        assert_eq!(value, Some(Err("E")));
        assert!(scope.cancel_called() && !scope.cancelled_caught());
    }

    /// Contract 3, 7: what the cleanup says wins.
    async fn an_error_in_the_cleanup_leaves_the_scope() {
        let scope = open_cancel_scope();
        scope.cancel();
        let value = scope
            .run(async {
                if catch_cancelled(coro_yield()).await.is_err() {
                    ignore_cancellation(coro_yield()).await;
                    return Err("cleanup");
                }
                Ok(())
            })
            .await;
        assert_eq!(value, Some(Err("cleanup")));
        assert!(!scope.cancelled_caught());
    }

    /// SCP-28
    #[should_panic = "this cancel scope has been entered before: a scope works once, open a new one"]
    async fn a_scope_that_was_left_cannot_be_entered_again() {
        let scope = open_cancel_scope();
        assert_eq!(scope.run(async { 5 }).await, Some(5));
        scope.run(async { 6 }).await;
    }

    /// SCP-28
    #[should_panic = "this cancel scope has been entered before: a scope works once, open a new one"]
    async fn a_scope_cannot_be_entered_inside_of_itself() {
        let scope = open_cancel_scope();
        scope.run(scope.clone().run(async {})).await;
    }

    /// C9: a request or a deadline does not outlive the scope that was dropped.
    async fn a_scope_that_is_dropped_half_way_catches_nothing() {
        let scope = open_cancel_scope();
        let mut running = Box::pin(scope.run(sleep_forever()));
        assert!(futures::poll!(running.as_mut()).is_pending());
        drop(running);
        assert!(!scope.cancel_called() && !scope.cancelled_caught());
        scope.cancel();
        assert!(scope.cancel_called() && !scope.cancelled_caught());
        coro_yield().await;
    }
}
