//! Scopes in scopes: which one catches.

use std::time::Duration;

use easynet::{
    TaskGroup,
    cancel::{CancelScope, is_cancelled, open_cancel_scope, open_cancel_scope_after, open_cancel_scope_at},
    task::create_task_group,
    time::{coro_yield, current_time, move_on_after, move_on_at, sleep},
};
use easynet_tests::{LONG, Log, Runner, each_backend, each_virtual_backend, ms};

each_virtual_backend! {
    /// SCP-26
    async fn the_nearer_of_two_deadlines_decides(runner: Runner) {
        let watch = runner.stopwatch();
        let (outer, inner) = (open_cancel_scope_after(ms(200)), open_cancel_scope_after(ms(50)));
        let value = outer
            .run(async {
                assert!(inner.run(sleep(ms(1000))).await.is_none());
                watch.assert_reads(ms(50));
                5
            })
            .await;
        assert_eq!(value, Some(5));
        assert!(inner.cancelled_caught() && !outer.cancelled_caught() && !outer.cancel_called());

        let (outer, inner) = (open_cancel_scope_after(ms(50)), open_cancel_scope_after(ms(200)));
        let value = outer
            .run(async {
                inner.run(sleep(ms(1000))).await;
                unreachable!("the outer scope catches")
            })
            .await;
        assert_eq!(value, None::<()>);
        watch.assert_reads(ms(100));
        assert!(!inner.cancelled_caught() && !inner.cancel_called() && outer.cancelled_caught());
    }
}

each_backend! {
    /// SCP-13
    async fn code_after_a_cancelled_inner_scope_goes_on() {
        let log = Log::new();
        let (outer, inner) = (open_cancel_scope(), open_cancel_scope());
        let value = outer
            .run(async {
                let value = inner
                    .run(async {
                        inner.cancel();
                        coro_yield().await;
                    })
                    .await;
                assert!(value.is_none());
                log.add("after the inner scope");
                coro_yield().await;
                sleep(ms(1)).await;
                5
            })
            .await;
        assert_eq!(value, Some(5));
        log.assert(&["after the inner scope"]);
        assert!(inner.cancelled_caught() && !outer.cancelled_caught() && !outer.cancel_called());
    }

    /// SCP-14, C4
    async fn an_outer_scope_that_is_cancelled_crosses_the_inner_one() {
        let log = Log::new();
        let (outer, inner) = (open_cancel_scope(), open_cancel_scope());
        let value = outer
            .run(async {
                let _drop = log.on_drop("outer dropped");
                inner
                    .run(async {
                        let _drop = log.on_drop("inner dropped");
                        outer.cancel();
                        coro_yield().await;
                        log.add("never");
                    })
                    .await;
                log.add("never");
            })
            .await;
        assert!(value.is_none());
        log.assert(&["inner dropped", "outer dropped"]);
        assert!(outer.cancel_called() && outer.cancelled_caught());
        assert!(!inner.cancel_called() && !inner.cancelled_caught());
    }

    /// SCP-15
    async fn of_three_scopes_the_one_that_was_cancelled_catches() {
        let log = Log::new();
        let scopes: [CancelScope; 3] = std::array::from_fn(|_| open_cancel_scope());
        let value = scopes[0]
            .run(async {
                scopes[1]
                    .run(async {
                        scopes[2]
                            .run(async {
                                scopes[1].cancel();
                                coro_yield().await;
                            })
                            .await;
                        log.add("never");
                    })
                    .await;
                log.add("outer goes on");
                coro_yield().await;
                5
            })
            .await;
        assert_eq!(value, Some(5));
        log.assert(&["outer goes on"]);
        assert_eq!(
            scopes.each_ref().map(|scope| scope.cancelled_caught()),
            [false, true, false]
        );
        assert_eq!(
            scopes.each_ref().map(|scope| scope.cancel_called()),
            [false, true, false]
        );
    }

    /// C4: whichever was cancelled first.
    async fn of_two_cancelled_scopes_the_outer_one_catches() {
        for inner_first in [true, false] {
            let log = Log::new();
            let (outer, inner) = (open_cancel_scope(), open_cancel_scope());
            let value = outer
                .run(async {
                    inner
                        .run(async {
                            let scopes = if inner_first {
                                [&inner, &outer]
                            } else {
                                [&outer, &inner]
                            };
                            scopes.into_iter().for_each(CancelScope::cancel);
                            coro_yield().await;
                        })
                        .await;
                    log.add("never");
                })
                .await;
            assert!(value.is_none());
            log.assert(&[]);
            assert!(outer.cancelled_caught() && !inner.cancelled_caught() && inner.cancel_called());
        }
    }

    /// SCP-16, C4
    async fn of_two_scopes_with_one_deadline_the_outer_one_catches() {
        let log = Log::new();
        let deadline = current_time() + ms(2);
        let (outer, inner) = (open_cancel_scope_at(deadline), open_cancel_scope_at(deadline));
        let value = outer
            .run(async {
                inner.run(sleep(LONG)).await;
                log.add("never");
            })
            .await;
        assert!(value.is_none());
        assert!(outer.cancelled_caught() && !inner.cancelled_caught());
        assert!(
            move_on_at(deadline, async {
                move_on_at(deadline, sleep(LONG)).await;
                log.add("never");
            })
            .await
            .is_none()
        );
        let deadline = current_time() + ms(2);
        assert!(
            move_on_at(deadline, async {
                move_on_at(deadline, sleep(LONG)).await;
                log.add("never");
            })
            .await
            .is_none()
        );
        log.assert(&[]);
    }

    /// SCP-22, C4
    async fn a_new_scope_in_a_cancelled_one_does_not_catch() {
        let log = Log::new();
        let (outer, inner) = (open_cancel_scope(), open_cancel_scope());
        outer.cancel();
        let value = outer
            .run(async {
                inner.cancel();
                inner.run(sleep(Duration::ZERO)).await;
                log.add("never");
            })
            .await;
        assert!(value.is_none());
        log.assert(&[]);
        assert!(outer.cancelled_caught() && !inner.cancelled_caught());
        outer.cancel();
    }

    /// SCP-22: nor does one without a handle.
    async fn a_new_deadline_in_a_cancelled_scope_does_not_catch() {
        let log = Log::new();
        let scope = open_cancel_scope();
        scope.cancel();
        let value = scope
            .run(async {
                move_on_after(Duration::ZERO, coro_yield()).await;
                log.add("never");
            })
            .await;
        assert!(value.is_none());
        log.assert(&[]);
    }

    /// SCP-24
    async fn a_scope_in_a_child_concerns_nobody_else() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let child = log.clone();
                group.start_soon(async move {
                    assert!(move_on_after(ms(1), sleep(LONG)).await.is_none());
                    child.add("child");
                });
                let sibling = log.clone();
                group.start_soon(async move {
                    sleep(ms(4)).await;
                    sibling.add("sibling");
                });
                sleep(ms(4)).await;
                assert!(!is_cancelled());
                log.add("parent");
            })
            .await
            .unwrap();
        log.assert_unordered(&["child", "parent", "sibling"]);
    }

    /// SCP-26
    async fn the_shorter_deadline_catches() {
        let (outer, inner) = (open_cancel_scope_after(LONG), open_cancel_scope_after(ms(1)));
        let value = outer.run(async { inner.run(sleep(LONG)).await }).await;
        assert_eq!(value, Some(None));
        assert!(inner.cancelled_caught() && !outer.cancelled_caught());
        let (outer, inner) = (open_cancel_scope_after(ms(1)), open_cancel_scope_after(LONG));
        let value = outer.run(async { inner.run(sleep(LONG)).await }).await;
        assert_eq!(value, None);
        assert!(!inner.cancelled_caught() && outer.cancelled_caught());
    }
}
