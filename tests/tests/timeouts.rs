//! TMO: timeouts.
#![forbid(unsafe_code)]

use std::{io, time::Duration};

use easynet::{
    TaskGroup, TimedOut,
    cancel::{catch_cancelled, ignore_cancellation, open_cancel_scope_after, open_cancel_scope_at},
    task::create_task_group,
    time::{coro_yield, current_time, move_on_after, move_on_at, sleep, sleep_forever, timeout, timeout_at},
};
use easynet_tests::{LONG, Log, Runner, each_backend, each_virtual_backend, ms, start_cleaning};

each_virtual_backend! {
    /// TMO-01
    async fn a_body_in_time_yields_its_value(runner: Runner) {
        let watch = runner.stopwatch();
        assert_eq!(
            timeout(ms(1000), async {
                sleep(ms(500)).await;
                42
            })
            .await,
            Ok(42)
        );
        watch.assert_reads(ms(500));
    }

    /// TMO-02
    async fn a_body_that_is_late_times_out(runner: Runner) {
        let watch = runner.stopwatch();
        assert!(timeout(ms(250), sleep(ms(500))).await.is_err());
        watch.assert_reads(ms(250));
    }

    /// TMO-03
    async fn absolute_deadlines_time_out_too(runner: Runner) {
        let watch = runner.stopwatch();
        let now = current_time();
        assert_eq!(
            timeout_at(now + ms(1000), async {
                sleep(ms(500)).await;
                42
            })
            .await,
            Ok(42)
        );
        watch.assert_reads(ms(500));
        assert!(timeout_at(now + ms(750), sleep(ms(500))).await.is_err());
        watch.assert_reads(ms(750));
    }

    /// TMO-04
    async fn an_outer_scope_that_is_first_catches(runner: Runner) {
        let watch = runner.stopwatch();
        let log = Log::new();
        let value = move_on_after(ms(100), async {
            log.add(format!("{:?}", timeout(ms(250), sleep(ms(500))).await));
        })
        .await;
        assert!(value.is_none());
        log.assert(&[]);
        watch.assert_reads(ms(100));
    }

    /// TMO-08
    async fn a_deadline_moved_from_inside_counts(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope_after(ms(250));
        let value = scope
            .run_or_time_out(async {
                sleep(ms(200)).await;
                scope.reschedule(current_time() + ms(500));
                sleep(ms(400)).await;
                42
            })
            .await;
        assert_eq!(value, Ok(42));
        watch.assert_reads(ms(600));

        let scope = open_cancel_scope_after(ms(250));
        let value = scope
            .run_or_time_out(async {
                scope.reschedule(current_time() + ms(100));
                sleep(ms(200)).await;
            })
            .await;
        assert!(value.is_err());
        watch.assert_reads(ms(700));
    }

    /// Design 3, "Time": a loop of timeouts is as exact as one.
    async fn timeouts_in_a_loop_are_exact(runner: Runner) {
        let watch = runner.stopwatch();
        for round in 1..=100 {
            assert_eq!(timeout(ms(100), sleep(ms(10))).await, Ok(()));
            watch.assert_reads(ms(10) * round);
        }
        assert!(timeout(ms(100), sleep(LONG)).await.is_err());
        watch.assert_reads(ms(1100));
        // An earlier deadline than the one the timer is left armed for, and a later one.
        assert!(
            timeout(ms(5000), timeout(ms(10), sleep(LONG)))
                .await
                .unwrap()
                .is_err()
        );
        watch.assert_reads(ms(1110));
        assert_eq!(timeout(ms(5000), sleep(ms(4000))).await, Ok(()));
        watch.assert_reads(ms(5110));
    }

    /// C8: deadlines in several branches of one task.
    async fn timeouts_side_by_side_are_exact(runner: Runner) {
        let watch = runner.stopwatch();
        let branches = (1..=20).map(|n| async move {
            assert!(timeout(ms(n * 10), sleep_forever()).await.is_err());
            watch.assert_reads(ms(n * 10));
            sleep(ms(5)).await;
            watch.assert_reads(ms(n * 10 + 5));
        });
        futures::future::join_all(branches).await;
        let mut branches: futures::stream::FuturesUnordered<_> = (1..=50)
            .rev()
            .map(|n| async move {
                assert!(timeout(ms(n * 10), sleep_forever()).await.is_err());
                watch.assert_reads(ms(205 + n * 10));
                n
            })
            .collect();
        for expected in 1..=50 {
            assert_eq!(futures::StreamExt::next(&mut branches).await, Some(expected));
        }
    }
}

each_backend! {
    /// TMO-01, TMO-03
    async fn a_value_in_time_is_the_value() {
        assert_eq!(
            timeout(LONG, async {
                sleep(ms(1)).await;
                42
            })
            .await,
            Ok(42)
        );
        assert_eq!(
            timeout_at(current_time() + LONG, async {
                sleep(ms(1)).await;
                42
            })
            .await,
            Ok(42)
        );
        assert_eq!(
            timeout_at(None, async {
                sleep(ms(1)).await;
                42
            })
            .await,
            Ok(42)
        );
        assert_eq!(
            timeout(Duration::MAX, async {
                sleep(ms(1)).await;
                42
            })
            .await,
            Ok(42)
        );
    }

    /// TMO-02, TMO-03
    async fn a_late_body_is_dropped_and_has_timed_out(runner: Runner) {
        let watch = runner.stopwatch();
        let log = Log::new();
        let body = |log: Log| async move {
            let _drop = log.on_drop("dropped");
            sleep(LONG).await;
        };
        assert!(timeout(ms(2), body(log.clone())).await.is_err());
        log.add("after");
        watch.assert_reads(ms(2));
        assert!(
            timeout_at(current_time() + ms(2), body(log.clone()))
                .await
                .is_err()
        );
        watch.assert_reads(ms(4));
        log.assert(&["dropped", "after", "dropped"]);
    }

    /// TMO-04, C4
    async fn an_inner_timeout_is_silent_when_an_outer_scope_catches() {
        let log = Log::new();
        let value = move_on_after(ms(1), async {
            log.add(format!("{:?}", timeout(LONG, sleep(LONG)).await));
        })
        .await;
        assert!(value.is_none());
        log.assert(&[]);
    }

    /// TMO-04: of two timeouts the outer one times out.
    async fn the_outer_of_two_timeouts_times_out_if_both_are_due() {
        let log = Log::new();
        let deadline = current_time() + ms(1);
        let value = timeout_at(deadline, async {
            log.add(format!("{:?}", timeout_at(deadline, sleep(LONG)).await));
        })
        .await;
        assert!(value.is_err());
        log.assert(&[]);
        let past = current_time() - ms(1);
        assert!(
            move_on_at(past, async { timeout_at(past, coro_yield()).await })
                .await
                .is_none()
        );
    }

    /// TMO-05
    async fn a_ready_value_needs_no_time() {
        assert_eq!(timeout(Duration::ZERO, async { 42 }).await, Ok(42));
        assert_eq!(
            timeout_at(current_time() - ms(1), std::future::ready(42)).await,
            Ok(42)
        );
        assert!(timeout(Duration::ZERO, coro_yield()).await.is_err());
        assert!(timeout_at(current_time() - ms(1), coro_yield()).await.is_err());
    }

    /// TMO-06
    async fn a_timeout_that_is_cancelled_by_hand_has_timed_out() {
        let scope = open_cancel_scope_after(LONG);
        let value = scope
            .run_or_time_out(async {
                scope.cancel();
                coro_yield().await;
            })
            .await;
        assert!(value.is_err());
        assert!(scope.cancelled_caught());
    }

    /// TMO-07
    async fn a_failure_of_the_body_is_handed_out_unchanged() {
        let value = timeout(LONG, async {
            sleep(ms(1)).await;
            Err::<(), _>("E")
        })
        .await;
        assert_eq!(value, Ok(Err("E")));
    }

    /// TMO-08
    async fn a_timeout_can_be_prolonged_and_shortened_from_inside() {
        let scope = open_cancel_scope_after(LONG);
        let value = scope
            .run_or_time_out(async {
                scope.reschedule(current_time() + ms(1));
                sleep(LONG).await;
            })
            .await;
        assert!(value.is_err());
        let scope = open_cancel_scope_at(current_time() + LONG);
        let value = scope
            .run_or_time_out(async {
                scope.reschedule(None);
                sleep(ms(1)).await;
                42
            })
            .await;
        assert_eq!(value, Ok(42));
    }

    /// TMO-09
    async fn a_shielded_body_is_never_late() {
        assert_eq!(
            timeout(
                Duration::ZERO,
                ignore_cancellation(async {
                    sleep(ms(2)).await;
                    5
                })
            )
            .await,
            Ok(5)
        );
        assert_eq!(
            timeout(
                ms(1),
                ignore_cancellation(async {
                    sleep(ms(4)).await;
                    6
                })
            )
            .await,
            Ok(6)
        );
        coro_yield().await;
    }

    /// Contract 10: a body that does not suspend is not late either.
    async fn a_body_that_computes_past_its_deadline_is_not_late() {
        let value = timeout(ms(1), async {
            std::thread::sleep(ms(3));
            7
        })
        .await;
        assert_eq!(value, Ok(7));
    }

    /// Contract 6, 10, C6: the timeout waits for the group, and says so itself.
    async fn a_timeout_around_a_group_waits_for_the_cleanup() {
        let log = Log::new();
        let scope = open_cancel_scope_after(LONG);
        let value = scope
            .run_or_time_out(async {
                let group: TaskGroup = create_task_group();
                group
                    .run(async {
                        start_cleaning(&group, &log, "child").await;
                        scope.set_deadline(current_time() + ms(1));
                    })
                    .await
            })
            .await;
        assert!(value.is_err());
        log.assert(&["child cancelled", "child cleaned"]);
    }

    /// C7: cleanup under a timeout of its own.
    async fn a_cleanup_may_have_a_timeout_of_its_own() {
        let log = Log::new();
        let value = timeout(ms(1), async {
            if catch_cancelled(sleep_forever()).await.is_err() {
                let goodbye = ignore_cancellation(timeout(ms(2), sleep(LONG))).await;
                log.add(if goodbye.is_err() { "no goodbye" } else { "goodbye" });
            }
            coro_yield().await;
            log.add("never");
        })
        .await;
        assert!(value.is_err());
        log.assert(&["no goodbye"]);
    }

    async fn a_timeout_becomes_an_io_error() {
        async fn read() -> io::Result<u8> {
            timeout(Duration::ZERO, sleep_forever()).await?
        }
        let error = read().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(error.get_ref().unwrap().is::<TimedOut>());
        assert_eq!(error.to_string(), "timed out");
    }

    /// SCP-27, for timeouts.
    async fn timeouts_leave_no_residue() {
        for round in 0..100 {
            assert!(
                timeout(Duration::from_micros(round * 10), sleep_forever())
                    .await
                    .is_err()
            );
            assert_eq!(timeout(LONG, coro_yield()).await, Ok(()));
        }
        sleep(ms(1)).await;
    }
}
