//! Deadlines: reached, moved, removed, passed.

use std::{future::poll_fn, task::Poll, time::Duration};

use easynet::{
    CancelScope, TaskGroup,
    cancel::{
        current_effective_deadline, ignore_cancellation, is_cancelled, open_cancel_scope,
        open_cancel_scope_after, open_cancel_scope_at,
    },
    task::create_task_group,
    time::{
        cancel_shielded_coro_yield, coro_yield, current_time, move_on_after, move_on_at, sleep, sleep_forever,
    },
};
use easynet_tests::{LONG, Log, Runner, each_backend, each_virtual_backend, ms};

async fn moved_so_it_cancels_at_the_next_checkpoint(move_deadline: impl Fn(&CancelScope)) {
    let log = Log::new();
    let scope = open_cancel_scope_after(LONG);
    let value = scope
        .run(async {
            move_deadline(&scope);
            assert!(scope.cancel_called());
            log.add("before");
            coro_yield().await;
            log.add("after");
        })
        .await;
    assert!(value.is_none() && scope.cancelled_caught());
    log.assert(&["before"]);
}

each_virtual_backend! {
    /// SCP-02
    async fn a_deadline_that_is_respected_catches_nothing(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope_after(ms(1000));
        assert_eq!(
            scope
                .run(async {
                    sleep(ms(500)).await;
                    5
                })
                .await,
            Some(5)
        );
        assert!(!scope.cancel_called() && !scope.cancelled_caught());
        sleep(ms(1000)).await;
        watch.assert_reads(ms(1500));
        // It was left in time.
        assert!(!scope.cancel_called() && !scope.cancelled_caught());
        assert_eq!(
            move_on_after(ms(1000), async {
                sleep(ms(500)).await;
                5
            })
            .await,
            Some(5)
        );
    }

    /// SCP-03
    async fn a_scope_is_left_at_its_deadline(runner: Runner) {
        let watch = runner.stopwatch();
        assert!(move_on_after(ms(250), sleep(ms(500))).await.is_none());
        watch.assert_reads(ms(250));
        let scope = open_cancel_scope_after(ms(250));
        assert!(scope.run(sleep(ms(500))).await.is_none());
        watch.assert_reads(ms(500));
        assert!(scope.cancel_called() && scope.cancelled_caught());
        sleep(ms(500)).await;
        watch.assert_reads(ms(1000));
    }

    /// SCP-04
    async fn absolute_deadlines_are_kept_too(runner: Runner) {
        let watch = runner.stopwatch();
        let now = current_time();
        assert_eq!(
            move_on_at(now + ms(1000), async {
                sleep(ms(500)).await;
                5
            })
            .await,
            Some(5)
        );
        assert!(move_on_at(now + ms(750), sleep(ms(500))).await.is_none());
        watch.assert_reads(ms(750));
        let scope = open_cancel_scope_at(now + ms(1000));
        assert_eq!(scope.when(), Some(now + ms(1000)));
        assert!(scope.run(sleep(ms(500))).await.is_none());
        watch.assert_reads(ms(1000));
        assert!(scope.cancelled_caught());
    }

    /// SCP-09
    async fn a_deadline_counts_from_when_it_was_set(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope();
        scope.set_deadline(current_time() + ms(1000));
        sleep(ms(500)).await;
        assert!(scope.run(sleep_forever()).await.is_none());
        assert!(scope.cancelled_caught());
        watch.assert_reads(ms(1000));
    }

    /// SCP-09, contract 9: the deadline of a delay counts from the call, not from the first poll.
    async fn a_delay_counts_from_the_call(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope_after(ms(1000));
        let moving_on = move_on_after(ms(2000), sleep_forever());
        sleep(ms(500)).await;
        assert!(scope.run(sleep_forever()).await.is_none());
        watch.assert_reads(ms(1000));
        assert!(moving_on.await.is_none());
        watch.assert_reads(ms(2000));
    }

    /// SCP-17
    async fn a_deadline_can_be_moved_and_removed(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope_after(ms(1000));
        let value = scope
            .run(async {
                sleep(ms(500)).await;
                scope.set_deadline(scope.deadline().unwrap() + ms(1000));
                sleep(ms(1000)).await;
                scope.clear_deadline();
                assert_eq!(scope.deadline(), None);
                sleep(ms(1000)).await;
                5
            })
            .await;
        assert_eq!(value, Some(5));
        watch.assert_reads(ms(2500));
        assert!(!scope.cancel_called() && !scope.cancelled_caught());
        assert_eq!(scope.deadline(), None);
    }

    /// SCP-18
    async fn a_deadline_can_be_moved_nearer(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope_after(ms(10_000));
        let value = scope
            .run(async {
                scope.reschedule(current_time() + ms(50));
                sleep_forever().await;
            })
            .await;
        assert!(value.is_none() && scope.cancelled_caught());
        watch.assert_reads(ms(50));
    }

    /// SCP-18: from another task, while the owner is asleep.
    async fn another_task_can_move_a_deadline_back_and_forth(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope_after(ms(100));
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let other = scope.clone();
                let now = current_time();
                group.start_soon(async move {
                    for moment in [1000, 300, 2000, 500] {
                        other.reschedule(now + ms(moment));
                        sleep(ms(20)).await;
                    }
                    other.reschedule(None);
                    sleep(ms(1000)).await;
                    other.reschedule(now + ms(1200));
                });
                assert!(scope.run(sleep_forever()).await.is_none());
                watch.assert_reads(ms(1200));
            })
            .await
            .unwrap();
        assert!(scope.cancelled_caught());
    }

    /// SCP-18: a delay counts from when the deadline is moved, which is what an idle timeout needs.
    async fn a_deadline_is_moved_on_after_each_operation(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope_after(ms(300));
        let value = scope
            .run(async {
                for _ in 0..5 {
                    sleep(ms(200)).await;
                    scope.reschedule_after(ms(300));
                }
                sleep_forever().await;
            })
            .await;
        assert!(value.is_none() && scope.cancelled_caught());
        watch.assert_reads(ms(1300));
    }

    /// SCP-19
    async fn a_deadline_moved_before_entering_counts(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope_after(ms(100));
        scope.reschedule(current_time() + ms(300));
        assert!(scope.run(sleep_forever()).await.is_none());
        watch.assert_reads(ms(300));
        let scope = open_cancel_scope_after(ms(10_000));
        scope.reschedule(current_time() + ms(300));
        assert!(scope.run(sleep_forever()).await.is_none());
        watch.assert_reads(ms(600));
    }

    /// Contract 9: before anything has noticed, a deadline that has passed can be moved still.
    async fn a_deadline_in_the_past_can_be_moved_before_entering() {
        for scope in [
            open_cancel_scope_after(Duration::ZERO),
            open_cancel_scope_at(current_time() - ms(1)),
        ] {
            assert!(scope.cancel_called());
            scope.reschedule(current_time() + ms(100));
            assert!(!scope.cancel_called());
            assert_eq!(
                scope
                    .run(async {
                        sleep(ms(50)).await;
                        5
                    })
                    .await,
                Some(5)
            );
            assert!(!scope.cancelled_caught());
        }
    }
}

each_backend! {
    /// SCP-01
    async fn a_new_scope_has_no_deadline_and_was_not_asked() {
        let scope = open_cancel_scope();
        assert_eq!((scope.when(), scope.deadline()), (None, None));
        assert!(!scope.cancel_called() && !scope.cancelled_caught());
        assert_eq!(scope.run(async { 5 }).await, Some(5));
        assert!(!scope.cancel_called() && !scope.cancelled_caught());
    }

    /// SCP-02
    async fn a_scope_whose_body_is_in_time_yields_its_value() {
        assert_eq!(
            move_on_after(LONG, async {
                sleep(ms(1)).await;
                5
            })
            .await,
            Some(5)
        );
        assert_eq!(
            move_on_at(current_time() + LONG, async {
                sleep(ms(1)).await;
                5
            })
            .await,
            Some(5)
        );
        assert_eq!(
            move_on_at(None, async {
                sleep(ms(1)).await;
                5
            })
            .await,
            Some(5)
        );
    }

    /// SCP-03
    async fn a_scope_whose_time_is_up_yields_nothing(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope_after(ms(3));
        assert!(scope.run(sleep(LONG)).await.is_none());
        watch.assert_reads(ms(3));
        assert!(scope.cancelled_caught());
        assert!(move_on_after(ms(3), sleep(LONG)).await.is_none());
        watch.assert_reads(ms(6));
        sleep(ms(1)).await;
    }

    /// SCP-05
    async fn a_deadline_in_the_past_cancels_at_the_first_checkpoint() {
        let past = current_time() - ms(1);
        for way in 0..4 {
            let log = Log::new();
            let body = async {
                log.add("before");
                coro_yield().await;
                log.add("after");
            };
            let value = match way {
                0 => move_on_at(past, body).await,
                1 => move_on_after(Duration::ZERO, body).await,
                2 => open_cancel_scope_at(past).run(body).await,
                _ => open_cancel_scope_after(Duration::ZERO).run(body).await,
            };
            assert!(value.is_none());
            log.assert(&["before"]);
        }
        let scope = open_cancel_scope_at(past);
        assert!(scope.run(sleep_forever()).await.is_none());
        assert!(scope.cancel_called() && scope.cancelled_caught());
    }

    /// SCP-05, C3: code that asks is told before the first checkpoint.
    async fn code_under_a_deadline_in_the_past_is_cancelled_from_the_start() {
        let past = current_time() - ms(1);
        assert_eq!(
            move_on_after(Duration::ZERO, async { is_cancelled() }).await,
            Some(true)
        );
        assert_eq!(move_on_at(past, async { is_cancelled() }).await, Some(true));
        assert_eq!(
            open_cancel_scope_after(Duration::ZERO)
                .run(async { is_cancelled() })
                .await,
            Some(true)
        );
        assert_eq!(
            open_cancel_scope_at(past).run(async { is_cancelled() }).await,
            Some(true)
        );
    }

    /// SCP-06, C2
    async fn a_body_without_a_checkpoint_completes_after_its_deadline() {
        for scope in [
            open_cancel_scope_at(current_time() - ms(1)),
            open_cancel_scope_after(Duration::ZERO),
        ] {
            assert_eq!(scope.run(async { 5 }).await, Some(5));
            assert!(scope.cancel_called() && !scope.cancelled_caught());
            coro_yield().await;
        }
    }

    /// SCP-09
    async fn a_deadline_set_before_entering_counts(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope();
        scope.set_deadline(current_time() + ms(4));
        sleep(ms(1)).await;
        assert!(scope.run(sleep(LONG)).await.is_none());
        watch.assert_reads(ms(4));
    }

    /// SCP-17, SCP-18
    async fn a_deadline_can_be_moved_from_inside(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope_after(LONG);
        let value = scope
            .run(async {
                scope.reschedule(current_time() + ms(3));
                sleep_forever().await;
            })
            .await;
        assert!(value.is_none() && scope.cancelled_caught());
        watch.assert_reads(ms(3));

        let scope = open_cancel_scope_after(LONG);
        let value = scope
            .run(async {
                sleep(ms(1)).await;
                scope.clear_deadline();
                assert_eq!(scope.when(), None);
                sleep(ms(1)).await;
                5
            })
            .await;
        assert_eq!(value, Some(5));
        assert_eq!(scope.when(), None);
    }

    /// SCP-18: a task that is asleep is told.
    async fn a_deadline_can_be_moved_nearer_while_its_task_sleeps() {
        let scope = open_cancel_scope_after(LONG);
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let handle = scope.clone();
                group.start_soon(async move {
                    sleep(ms(1)).await;
                    handle.set_deadline(current_time() + ms(1));
                });
                assert!(scope.run(sleep_forever()).await.is_none());
            })
            .await
            .unwrap();
        assert!(scope.cancelled_caught());
    }

    /// Contract 9: to the past cancels at once.
    async fn a_deadline_moved_to_the_past_cancels_at_the_next_checkpoint() {
        moved_so_it_cancels_at_the_next_checkpoint(|scope| scope.reschedule(current_time() - ms(1))).await;
    }

    /// Contract 9: no time from now is at once.
    async fn a_deadline_moved_to_no_time_from_now_cancels_at_the_next_checkpoint() {
        moved_so_it_cancels_at_the_next_checkpoint(|scope| scope.reschedule_after(Duration::ZERO)).await;
    }

    /// A delay too large to represent is no limit.
    async fn a_deadline_moved_by_more_than_can_be_represented_is_none() {
        let scope = open_cancel_scope_after(LONG);
        scope.reschedule_after(Duration::MAX);
        assert_eq!(scope.when(), None);
        assert_eq!(scope.run(async { 5 }).await, Some(5));
    }

    /// A limit never begins before it was asked for, however the backend tells the time.
    async fn a_limit_is_no_nearer_than_its_delay() {
        for _ in 0..3000 {
            let earliest = current_time() + LONG;
            let scope = open_cancel_scope_after(LONG);
            assert!(scope.when().unwrap() >= earliest);
            scope.reschedule_after(LONG);
            assert!(scope.when().unwrap() >= earliest);
        }
    }

    /// SCP-19
    async fn a_deadline_can_be_moved_before_entering() {
        let scope = open_cancel_scope_after(LONG);
        scope.reschedule(current_time() + ms(1));
        assert!(scope.run(sleep_forever()).await.is_none());
        let scope = open_cancel_scope_after(ms(1));
        scope.reschedule(None);
        assert_eq!(
            scope
                .run(async {
                    sleep(ms(3)).await;
                    5
                })
                .await,
            Some(5)
        );
        assert!(!scope.cancel_called());
    }

    /// SCP-20
    async fn a_deadline_too_large_for_the_clock_means_none() {
        let scope = open_cancel_scope_after(Duration::MAX);
        assert_eq!(scope.when(), None);
        assert_eq!(
            scope
                .run(async {
                    sleep(ms(1)).await;
                    5
                })
                .await,
            Some(5)
        );
        assert!(!scope.cancel_called());
        for delay in [
            Duration::MAX,
            Duration::from_secs(u64::MAX / 2),
            Duration::from_secs(1 << 62),
        ] {
            assert_eq!(
                move_on_after(delay, async {
                    sleep(ms(1)).await;
                    5
                })
                .await,
                Some(5)
            );
        }
    }

    /// SCP-25
    async fn a_scope_left_by_its_deadline_was_asked() {
        let scope = open_cancel_scope_after(ms(1));
        assert!(scope.run(sleep(LONG)).await.is_none());
        assert!(scope.cancel_called() && scope.cancelled_caught());
    }

    /// SCP-27
    async fn a_hundred_scopes_leave_no_residue() {
        for round in 0..100 {
            let scope = open_cancel_scope_after(Duration::from_micros(round * 10));
            assert!(scope.run(sleep_forever()).await.is_none());
            assert!(scope.cancelled_caught());
            assert!(
                move_on_after(Duration::from_micros(round * 10), sleep_forever())
                    .await
                    .is_none()
            );
            assert!(!is_cancelled());
        }
        let before = current_time();
        sleep(ms(2)).await;
        assert!(current_time() >= before + ms(2));
    }

    /// Contract 9: only what `when` answers changes.
    async fn a_cancelled_scope_stays_cancelled_when_it_is_rescheduled() {
        let scope = open_cancel_scope();
        let later = current_time() + LONG;
        let value = scope
            .run(async {
                scope.cancel();
                scope.reschedule(later);
                assert!(is_cancelled());
                assert_eq!(scope.when(), Some(later));
                coro_yield().await;
            })
            .await;
        assert!(value.is_none() && scope.cancelled_caught());
        assert_eq!(scope.when(), Some(later));
        scope.reschedule(None);
        assert_eq!(scope.when(), None);
        assert!(scope.cancel_called() && scope.cancelled_caught());
    }

    /// Contract 9: also one that its deadline has cancelled, and that a shield holds.
    async fn a_scope_that_has_expired_stays_cancelled_when_it_is_rescheduled() {
        let scope = open_cancel_scope_after(ms(1));
        let value = scope
            .run(async {
                ignore_cancellation(sleep(ms(3))).await;
                assert!(is_cancelled());
                scope.reschedule(None);
                assert!(is_cancelled());
                coro_yield().await;
            })
            .await;
        assert!(value.is_none() && scope.cancelled_caught() && scope.cancel_called());
    }

    /// Contract 9: after it was left nothing happens.
    async fn rescheduling_a_scope_that_was_left_is_of_no_consequence() {
        let scope = open_cancel_scope_after(LONG);
        assert_eq!(
            scope
                .run(async {
                    coro_yield().await;
                    5
                })
                .await,
            Some(5)
        );
        scope.reschedule(current_time() - ms(1));
        assert!(!scope.cancel_called() && !scope.cancelled_caught());
        coro_yield().await;
    }

    /// Appendix B 30: the clock is asked.
    async fn a_deadline_that_has_passed_counts_before_anybody_has_noticed() {
        let scope = open_cancel_scope();
        let value = scope
            .run(async {
                scope.reschedule(current_time());
                assert!(scope.cancel_called() && !scope.cancelled_caught());
                5
            })
            .await;
        assert_eq!(value, Some(5));
        assert!(scope.cancel_called() && !scope.cancelled_caught());
    }

    /// Contract 9: a deadline that nobody has noticed can be moved still.
    async fn a_body_can_rescue_itself_before_its_next_checkpoint() {
        let scope = open_cancel_scope_after(LONG);
        let value = scope
            .run(async {
                scope.reschedule(current_time() - ms(1));
                scope.reschedule(None);
                coro_yield().await;
                cancel_shielded_coro_yield().await;
                5
            })
            .await;
        assert_eq!(value, Some(5));
        assert!(!scope.cancel_called());
    }
}

each_backend! {
    async fn a_deadline_that_is_moved_nearer_while_the_body_is_polled_is_seen_at_once() {
        let scope = open_cancel_scope_after(LONG);
        let (handle, nearer) = (scope.clone(), scope.when().unwrap() - ms(1000));
        let seen = scope.run(poll_fn(move |_| {
            if current_effective_deadline() == Some(nearer) {
                return Poll::Ready(current_time());
            }
            handle.set_deadline(nearer);
            Poll::Pending
        }));
        assert!(seen.await.unwrap() < nearer);
    }
}
