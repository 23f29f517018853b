//! Why something was cancelled (C12).

use easynet::{
    BoxError, CancelReason, TaskGroup,
    cancel::{CancelScope, catch_cancelled, open_cancel_scope},
    task::create_task_group,
    time::{current_time, move_on_after, sleep_forever},
};
use easynet_tests::{LONG, Log, Runner, each_backend, ms, panic_message};
use futures::channel::oneshot;

each_backend! {
    /// C12
    async fn a_cancellation_has_a_reason() {
        let line = line!() + 1;
        let reason = reason_of(|scope| scope.cancel()).await;
        let place = reason.location().unwrap();
        assert_eq!((place.file(), place.line()), (file!(), line));
        assert_eq!(reason.text(), None);
        assert!(!reason.is_deadline() && reason.failed_task().is_none());

        let reason = reason_of(|scope| scope.cancel_because("enough")).await;
        assert_eq!(reason.text(), Some("enough"));

        let reason = reason_of(|scope| scope.set_deadline(current_time() + ms(1))).await;
        assert!(reason.is_deadline() && reason.location().is_none());
    }

    /// C12: the first request is the one that counts.
    async fn a_second_request_does_not_change_the_reason() {
        let reason = reason_of(|scope| {
            scope.cancel_because("first");
            scope.cancel_because("second");
        })
        .await;
        assert_eq!(reason.text(), Some("first"));
    }

    /// C12: the parent's.
    async fn an_inherited_cancellation_has_the_reason_of_its_source() {
        let outer = open_cancel_scope();
        let reason = outer
            .run(async {
                open_cancel_scope()
                    .run(async {
                        move_on_after(LONG, async {
                            outer.cancel_because("outer");
                            catch_cancelled(sleep_forever())
                                .await
                                .unwrap_err()
                                .reason()
                                .clone()
                        })
                        .await
                        .unwrap()
                    })
                    .await
                    .unwrap()
            })
            .await
            .unwrap();
        assert_eq!(reason.text(), Some("outer"));
    }

    /// C12
    async fn a_sibling_is_told_whose_failure_it_was() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        let error = group
            .run(async {
                let own = log.clone();
                group
                    .start(async move {
                        let cancelled = catch_cancelled(sleep_forever()).await.unwrap_err();
                        own.add(cancelled.reason().failed_task().unwrap().name());
                        Ok::<_, BoxError>(())
                    })
                    .await;
                group.named("culprit").start_soon(async { Err("E") });
            })
            .await
            .unwrap_err();
        assert_eq!(error.failures().len(), 1);
        log.assert(&["culprit"]);
    }

    /// C12, T3: a panic is a failure too.
    fn a_sibling_is_told_whose_panic_it_was(runner: Runner) {
        let log = Log::new();
        let inside = log.clone();
        let message = panic_message(|| {
            runner.run(async move {
                let group: TaskGroup = create_task_group();
                group
                    .run(async {
                        group
                            .start(async move {
                                let cancelled = catch_cancelled(sleep_forever()).await.unwrap_err();
                                if let Some(culprit) = cancelled.reason().failed_task() {
                                    inside.add(culprit.name());
                                }
                                Ok::<_, BoxError>(())
                            })
                            .await;
                        group
                            .named("culprit")
                            .start_soon(async { panic!("on purpose") });
                    })
                    .await
            })
        });
        assert_eq!(message, "on purpose");
        log.assert(&["culprit"]);
    }

    /// C12, C4: the enclosing cause comes first, as it is the one that catches.
    async fn a_child_is_told_of_the_scope_around_its_group_before_it_is_told_of_a_sibling() {
        let scope = open_cancel_scope();
        let (send, receive) = oneshot::channel();
        let value = scope
            .run(async {
                let group: TaskGroup = create_task_group();
                group
                    .run(async {
                        group
                            .start(async move {
                                let cancelled = catch_cancelled(sleep_forever()).await.unwrap_err();
                                send.send(cancelled.reason().clone()).unwrap();
                                Ok::<_, BoxError>(())
                            })
                            .await;
                        let scope = scope.clone();
                        group.start_soon(async move {
                            scope.cancel_because("outside");
                            Err("inside")
                        });
                    })
                    .await
            })
            .await;
        assert!(value.is_none());
        assert_eq!(receive.await.unwrap().text(), Some("outside"));
    }

    /// C12: a task that was cancelled through its handle.
    async fn a_task_is_told_where_it_was_cancelled() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let task = group
                    .start(async {
                        let cancelled = catch_cancelled(sleep_forever()).await.unwrap_err();
                        Ok::<_, BoxError>(
                            cancelled
                                .reason()
                                .location()
                                .map(|place| (place.file(), place.line())),
                        )
                    })
                    .await;
                task.cancel();
                assert_eq!(task.join().await.unwrap(), Some((file!(), line!() - 1)));
            })
            .await
            .unwrap();
    }

    async fn a_scope_shows_what_it_is() {
        let scope = open_cancel_scope();
        assert_eq!(
            format!("{scope:?}"),
            "CancelScope { deadline: None, phase: New, cancelled: false }"
        );
        let other = scope.clone();
        other.cancel();
        assert!(scope.cancel_called(), "clones are one scope");
    }
}

/// The reason a body is given when `cancel` is called inside of its scope.
async fn reason_of(cancel: impl FnOnce(&CancelScope)) -> CancelReason {
    let scope = open_cancel_scope();
    let reason = scope.run(async {
        cancel(&scope);
        catch_cancelled(sleep_forever())
            .await
            .unwrap_err()
            .reason()
            .clone()
    });
    reason
        .await
        .expect("the body has no checkpoint after it was cancelled")
}
