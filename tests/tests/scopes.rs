//! SCP: scopes, their deadlines, and who catches.
#![forbid(unsafe_code)]

use std::{thread, time::Duration};

use easynet::{
    BoxError, TaskGroup,
    cancel::{
        CancelScope, catch_cancelled, ignore_cancellation, is_cancelled, open_cancel_scope,
        open_cancel_scope_after, open_cancel_scope_at,
    },
    task::create_task_group,
    time::{
        cancel_shielded_coro_yield, coro_yield, current_time, move_on_after, move_on_at, sleep, sleep_forever,
    },
};
use easynet_tests::{LONG, Log, Runner, each_backend, each_virtual_backend, ms};
use futures::channel::oneshot;

each_virtual_backend! {
    /// SCP-02
    async fn a_deadline_that_is_respected_catches_nothing(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope_after(ms(1000));
        assert_eq!(scope.run(async { sleep(ms(500)).await; 5 }).await, Some(5));
        assert!(!scope.cancel_called() && !scope.cancelled_caught());
        sleep(ms(1000)).await;
        watch.assert_reads(ms(1500));
        // It was left in time.
        assert!(!scope.cancel_called() && !scope.cancelled_caught());
        assert_eq!(move_on_after(ms(1000), async { sleep(ms(500)).await; 5 }).await, Some(5));
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
        assert_eq!(move_on_at(now + ms(1000), async { sleep(ms(500)).await; 5 }).await, Some(5));
        assert!(move_on_at(now + ms(750), sleep(ms(500))).await.is_none());
        watch.assert_reads(ms(750));
        let scope = open_cancel_scope_at(now + ms(1000));
        assert_eq!(scope.when(), Some(now + ms(1000)));
        assert!(scope.run(sleep(ms(500))).await.is_none());
        watch.assert_reads(ms(1000));
        assert!(scope.cancelled_caught());
    }

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

    /// SCP-09
    async fn a_deadline_counts_from_when_it_was_set(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope();
        scope.set_deadline(current_time() + ms(1000));
        sleep(ms(500)).await;
        assert!(scope.run(sleep_forever::<()>()).await.is_none());
        assert!(scope.cancelled_caught());
        watch.assert_reads(ms(1000));
    }

    /// SCP-09, contract 9: the deadline of a delay counts from the call, not from the first poll.
    async fn a_delay_counts_from_the_call(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope_after(ms(1000));
        let moving_on = move_on_after(ms(2000), sleep_forever::<()>());
        sleep(ms(500)).await;
        assert!(scope.run(sleep_forever::<()>()).await.is_none());
        watch.assert_reads(ms(1000));
        assert!(moving_on.await.is_none());
        watch.assert_reads(ms(2000));
    }

    /// SCP-17
    async fn a_deadline_can_be_moved_and_removed(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope_after(ms(1000));
        let value = scope.run(async {
            sleep(ms(500)).await;
            scope.set_deadline(scope.deadline().unwrap() + ms(1000));
            sleep(ms(1000)).await;
            scope.clear_deadline();
            assert_eq!(scope.deadline(), None);
            sleep(ms(1000)).await;
            5
        }).await;
        assert_eq!(value, Some(5));
        watch.assert_reads(ms(2500));
        assert!(!scope.cancel_called() && !scope.cancelled_caught());
        assert_eq!(scope.deadline(), None);
    }

    /// SCP-18
    async fn a_deadline_can_be_moved_nearer(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope_after(ms(10_000));
        let value = scope.run(async {
            scope.reschedule(current_time() + ms(50));
            sleep_forever::<()>().await;
        }).await;
        assert!(value.is_none() && scope.cancelled_caught());
        watch.assert_reads(ms(50));
    }

    /// SCP-18: from another task, while the owner is asleep.
    async fn another_task_can_move_a_deadline_back_and_forth(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope_after(ms(100));
        let group: TaskGroup = create_task_group();
        group.run(async {
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
            assert!(scope.run(sleep_forever::<()>()).await.is_none());
            watch.assert_reads(ms(1200));
        }).await.unwrap();
        assert!(scope.cancelled_caught());
    }

    /// SCP-19
    async fn a_deadline_moved_before_entering_counts(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope_after(ms(100));
        scope.reschedule(current_time() + ms(300));
        assert!(scope.run(sleep_forever::<()>()).await.is_none());
        watch.assert_reads(ms(300));
        let scope = open_cancel_scope_after(ms(10_000));
        scope.reschedule(current_time() + ms(300));
        assert!(scope.run(sleep_forever::<()>()).await.is_none());
        watch.assert_reads(ms(600));
    }

    /// SCP-26
    async fn the_nearer_of_two_deadlines_decides(runner: Runner) {
        let watch = runner.stopwatch();
        let (outer, inner) = (open_cancel_scope_after(ms(200)), open_cancel_scope_after(ms(50)));
        let value = outer.run(async {
            assert!(inner.run(sleep(ms(1000))).await.is_none());
            watch.assert_reads(ms(50));
            5
        }).await;
        assert_eq!(value, Some(5));
        assert!(inner.cancelled_caught() && !outer.cancelled_caught() && !outer.cancel_called());

        let (outer, inner) = (open_cancel_scope_after(ms(50)), open_cancel_scope_after(ms(200)));
        let value = outer.run(async {
            inner.run(sleep(ms(1000))).await;
            unreachable!("the outer scope catches")
        }).await;
        assert_eq!(value, None::<()>);
        watch.assert_reads(ms(100));
        assert!(!inner.cancelled_caught() && !inner.cancel_called() && outer.cancelled_caught());
    }

    /// Contract 9: before anything has noticed, a deadline that has passed can be moved still.
    async fn a_deadline_in_the_past_can_be_moved_before_entering() {
        for scope in [open_cancel_scope_after(Duration::ZERO), open_cancel_scope_at(current_time() - ms(1))] {
            assert!(scope.cancel_called());
            scope.reschedule(current_time() + ms(100));
            assert!(!scope.cancel_called());
            assert_eq!(scope.run(async { sleep(ms(50)).await; 5 }).await, Some(5));
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
        assert_eq!(move_on_after(LONG, async { sleep(ms(1)).await; 5 }).await, Some(5));
        assert_eq!(move_on_at(current_time() + LONG, async { sleep(ms(1)).await; 5 }).await, Some(5));
        assert_eq!(move_on_at(None, async { sleep(ms(1)).await; 5 }).await, Some(5));
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
        assert!(scope.run(sleep_forever::<()>()).await.is_none());
        assert!(scope.cancel_called() && scope.cancelled_caught());
    }

    /// SCP-05, C3: code that asks is told before the first checkpoint.
    async fn code_under_a_deadline_in_the_past_is_cancelled_from_the_start() {
        let past = current_time() - ms(1);
        assert_eq!(move_on_after(Duration::ZERO, async { is_cancelled() }).await, Some(true));
        assert_eq!(move_on_at(past, async { is_cancelled() }).await, Some(true));
        assert_eq!(open_cancel_scope_after(Duration::ZERO).run(async { is_cancelled() }).await, Some(true));
        assert_eq!(open_cancel_scope_at(past).run(async { is_cancelled() }).await, Some(true));
    }

    /// SCP-06, C2
    async fn a_body_without_a_checkpoint_completes_after_its_deadline() {
        for scope in [open_cancel_scope_at(current_time() - ms(1)), open_cancel_scope_after(Duration::ZERO)] {
            assert_eq!(scope.run(async { 5 }).await, Some(5));
            assert!(scope.cancel_called() && !scope.cancelled_caught());
            coro_yield().await;
        }
    }

    /// SCP-07, C2
    async fn a_body_that_cancels_its_scope_and_ends_completes() {
        let scope = open_cancel_scope();
        let value = scope.run(async {
            scope.cancel();
            assert!(is_cancelled());
            5
        }).await;
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
        assert!(scope.run(async { log.add("begun"); coro_yield().await; }).await.is_none());
        assert!(scope.cancelled_caught());
        log.assert(&["begun"]);
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

    /// SCP-10
    async fn two_requests_are_one_cancellation() {
        let log = Log::new();
        let scope = open_cancel_scope();
        let value = scope.run(async {
            let _drop = log.on_drop("dropped");
            scope.cancel();
            scope.cancel();
            coro_yield().await;
        }).await;
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
        group.run(async {
            let handle = scope.clone();
            group.start_soon(async move {
                sleep(ms(1)).await;
                handle.cancel();
            });
            assert!(scope.run(sleep_forever::<()>()).await.is_none());
            sleep(ms(1)).await;
        }).await.unwrap();
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
            let value = scope.run(async {
                let _ = send.send(());
                // In virtual time the clock would run away while nobody but the thread is busy.
                futures::future::pending::<()>().await;
            }).await;
            assert!(value.is_none() && scope.cancelled_caught());
            assert!(thread.join().unwrap());
        }
    }

    /// SCP-12
    async fn a_scope_that_was_left_only_notes_a_request() {
        let scope = open_cancel_scope();
        assert_eq!(scope.run(async { coro_yield().await; 5 }).await, Some(5));
        assert!(!scope.cancel_called());
        scope.cancel();
        assert!(scope.cancel_called() && !scope.cancelled_caught());
        assert!(!is_cancelled());
        coro_yield().await;
        sleep(ms(1)).await;
    }

    /// SCP-13
    async fn code_after_a_cancelled_inner_scope_goes_on() {
        let log = Log::new();
        let (outer, inner) = (open_cancel_scope(), open_cancel_scope());
        let value = outer.run(async {
            let value = inner.run(async {
                inner.cancel();
                coro_yield().await;
            }).await;
            assert!(value.is_none());
            log.add("after the inner scope");
            coro_yield().await;
            sleep(ms(1)).await;
            5
        }).await;
        assert_eq!(value, Some(5));
        log.assert(&["after the inner scope"]);
        assert!(inner.cancelled_caught() && !outer.cancelled_caught() && !outer.cancel_called());
    }

    /// SCP-14, C4
    async fn an_outer_scope_that_is_cancelled_crosses_the_inner_one() {
        let log = Log::new();
        let (outer, inner) = (open_cancel_scope(), open_cancel_scope());
        let value = outer.run(async {
            let _drop = log.on_drop("outer dropped");
            inner.run(async {
                let _drop = log.on_drop("inner dropped");
                outer.cancel();
                coro_yield().await;
                log.add("never");
            }).await;
            log.add("never");
        }).await;
        assert!(value.is_none());
        log.assert(&["inner dropped", "outer dropped"]);
        assert!(outer.cancel_called() && outer.cancelled_caught());
        assert!(!inner.cancel_called() && !inner.cancelled_caught());
    }

    /// SCP-15
    async fn of_three_scopes_the_one_that_was_cancelled_catches() {
        let log = Log::new();
        let scopes: [CancelScope; 3] = std::array::from_fn(|_| open_cancel_scope());
        let value = scopes[0].run(async {
            scopes[1].run(async {
                scopes[2].run(async {
                    scopes[1].cancel();
                    coro_yield().await;
                }).await;
                log.add("never");
            }).await;
            log.add("outer goes on");
            coro_yield().await;
            5
        }).await;
        assert_eq!(value, Some(5));
        log.assert(&["outer goes on"]);
        assert_eq!(scopes.each_ref().map(|scope| scope.cancelled_caught()), [false, true, false]);
        assert_eq!(scopes.each_ref().map(|scope| scope.cancel_called()), [false, true, false]);
    }

    /// C4: whichever was cancelled first.
    async fn of_two_cancelled_scopes_the_outer_one_catches() {
        for inner_first in [true, false] {
            let log = Log::new();
            let (outer, inner) = (open_cancel_scope(), open_cancel_scope());
            let value = outer.run(async {
                inner.run(async {
                    let scopes = if inner_first { [&inner, &outer] } else { [&outer, &inner] };
                    scopes.into_iter().for_each(CancelScope::cancel);
                    coro_yield().await;
                }).await;
                log.add("never");
            }).await;
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
        let value = outer.run(async {
            inner.run(sleep(LONG)).await;
            log.add("never");
        }).await;
        assert!(value.is_none());
        assert!(outer.cancelled_caught() && !inner.cancelled_caught());
        assert!(move_on_at(deadline, async {
            move_on_at(deadline, sleep(LONG)).await;
            log.add("never");
        }).await.is_none());
        let deadline = current_time() + ms(2);
        assert!(move_on_at(deadline, async {
            move_on_at(deadline, sleep(LONG)).await;
            log.add("never");
        }).await.is_none());
        log.assert(&[]);
    }

    /// SCP-17, SCP-18
    async fn a_deadline_can_be_moved_from_inside(runner: Runner) {
        let watch = runner.stopwatch();
        let scope = open_cancel_scope_after(LONG);
        let value = scope.run(async {
            scope.reschedule(current_time() + ms(3));
            sleep_forever::<()>().await;
        }).await;
        assert!(value.is_none() && scope.cancelled_caught());
        watch.assert_reads(ms(3));

        let scope = open_cancel_scope_after(LONG);
        let value = scope.run(async {
            sleep(ms(1)).await;
            scope.clear_deadline();
            assert_eq!(scope.when(), None);
            sleep(ms(1)).await;
            5
        }).await;
        assert_eq!(value, Some(5));
        assert_eq!(scope.when(), None);
    }

    /// SCP-18: a task that is asleep is told.
    async fn a_deadline_can_be_moved_nearer_while_its_task_sleeps() {
        let scope = open_cancel_scope_after(LONG);
        let group: TaskGroup = create_task_group();
        group.run(async {
            let handle = scope.clone();
            group.start_soon(async move {
                sleep(ms(1)).await;
                handle.set_deadline(current_time() + ms(1));
            });
            assert!(scope.run(sleep_forever::<()>()).await.is_none());
        }).await.unwrap();
        assert!(scope.cancelled_caught());
    }

    /// Contract 9: to the past cancels at once.
    async fn a_deadline_moved_to_the_past_cancels_at_the_next_checkpoint() {
        let log = Log::new();
        let scope = open_cancel_scope_after(LONG);
        let value = scope.run(async {
            scope.reschedule(current_time() - ms(1));
            assert!(scope.cancel_called());
            log.add("before");
            coro_yield().await;
            log.add("after");
        }).await;
        assert!(value.is_none() && scope.cancelled_caught());
        log.assert(&["before"]);
    }

    /// SCP-19
    async fn a_deadline_can_be_moved_before_entering() {
        let scope = open_cancel_scope_after(LONG);
        scope.reschedule(current_time() + ms(1));
        assert!(scope.run(sleep_forever::<()>()).await.is_none());
        let scope = open_cancel_scope_after(ms(1));
        scope.reschedule(None);
        assert_eq!(scope.run(async { sleep(ms(3)).await; 5 }).await, Some(5));
        assert!(!scope.cancel_called());
    }

    /// SCP-20
    async fn a_deadline_too_large_for_the_clock_means_none() {
        let scope = open_cancel_scope_after(Duration::MAX);
        assert_eq!(scope.when(), None);
        assert_eq!(scope.run(async { sleep(ms(1)).await; 5 }).await, Some(5));
        assert!(!scope.cancel_called());
        for delay in [Duration::MAX, Duration::from_secs(u64::MAX / 2), Duration::from_secs(1 << 62)] {
            assert_eq!(move_on_after(delay, async { sleep(ms(1)).await; 5 }).await, Some(5));
        }
    }

    /// SCP-21, C1, C7
    async fn a_cancellation_that_is_observed_and_ignored_comes_back() {
        let log = Log::new();
        let scope = open_cancel_scope();
        let value = scope.run(async {
            scope.cancel();
            for _ in 0..3 {
                catch_cancelled(coro_yield()).await.unwrap_err();
                log.add("observed");
            }
            coro_yield().await;
            log.add("never");
        }).await;
        assert!(value.is_none() && scope.cancelled_caught());
        log.assert(&["observed", "observed", "observed"]);
    }

    /// SCP-22, C4
    async fn a_new_scope_in_a_cancelled_one_does_not_catch() {
        let log = Log::new();
        let (outer, inner) = (open_cancel_scope(), open_cancel_scope());
        outer.cancel();
        let value = outer.run(async {
            inner.cancel();
            inner.run(sleep(Duration::ZERO)).await;
            log.add("never");
        }).await;
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
        let value = scope.run(async {
            move_on_after(Duration::ZERO, coro_yield()).await;
            log.add("never");
        }).await;
        assert!(value.is_none());
        log.assert(&[]);
    }

    /// SCP-23, C2
    async fn an_error_leaves_a_cancelled_scope_that_had_no_checkpoint() {
        let scope = open_cancel_scope();
        let value = scope.run(async {
            scope.cancel();
            Err::<(), _>("E")?;
            coro_yield().await;
            Ok(())
        }).await;
        assert_eq!(value, Some(Err("E")));
        assert!(scope.cancel_called() && !scope.cancelled_caught());
    }

    /// Contract 3, 7: what the cleanup says wins.
    async fn an_error_in_the_cleanup_leaves_the_scope() {
        let scope = open_cancel_scope();
        scope.cancel();
        let value = scope.run(async {
            if catch_cancelled(coro_yield()).await.is_err() {
                ignore_cancellation(coro_yield()).await;
                return Err("cleanup");
            }
            Ok(())
        }).await;
        assert_eq!(value, Some(Err("cleanup")));
        assert!(!scope.cancelled_caught());
    }

    /// SCP-24
    async fn a_scope_in_a_child_concerns_nobody_else() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group.run(async {
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
        }).await.unwrap();
        log.assert_unordered(&["child", "parent", "sibling"]);
    }

    /// SCP-25
    async fn a_scope_left_by_its_deadline_was_asked() {
        let scope = open_cancel_scope_after(ms(1));
        assert!(scope.run(sleep(LONG)).await.is_none());
        assert!(scope.cancel_called() && scope.cancelled_caught());
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

    /// SCP-27
    async fn a_hundred_scopes_leave_no_residue() {
        for round in 0..100 {
            let scope = open_cancel_scope_after(Duration::from_micros(round * 10));
            assert!(scope.run(sleep_forever::<()>()).await.is_none());
            assert!(scope.cancelled_caught());
            assert!(move_on_after(Duration::from_micros(round * 10), sleep_forever::<()>()).await.is_none());
            assert!(!is_cancelled());
        }
        let before = current_time();
        sleep(ms(2)).await;
        assert!(current_time() >= before + ms(2));
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
        let mut running = Box::pin(scope.run(sleep_forever::<()>()));
        assert!(futures::poll!(running.as_mut()).is_pending());
        drop(running);
        assert!(!scope.cancel_called() && !scope.cancelled_caught());
        scope.cancel();
        assert!(scope.cancel_called() && !scope.cancelled_caught());
        coro_yield().await;
    }

    /// Contract 9: only what `when` answers changes.
    async fn a_cancelled_scope_stays_cancelled_when_it_is_rescheduled() {
        let scope = open_cancel_scope();
        let later = current_time() + LONG;
        let value = scope.run(async {
            scope.cancel();
            scope.reschedule(later);
            assert!(is_cancelled());
            assert_eq!(scope.when(), Some(later));
            coro_yield().await;
        }).await;
        assert!(value.is_none() && scope.cancelled_caught());
        assert_eq!(scope.when(), Some(later));
        scope.reschedule(None);
        assert_eq!(scope.when(), None);
        assert!(scope.cancel_called() && scope.cancelled_caught());
    }

    /// Contract 9: also one that its deadline has cancelled, and that a shield holds.
    async fn a_scope_that_has_expired_stays_cancelled_when_it_is_rescheduled() {
        let scope = open_cancel_scope_after(ms(1));
        let value = scope.run(async {
            ignore_cancellation(sleep(ms(3))).await;
            assert!(is_cancelled());
            scope.reschedule(None);
            assert!(is_cancelled());
            coro_yield().await;
        }).await;
        assert!(value.is_none() && scope.cancelled_caught() && scope.cancel_called());
    }

    /// Contract 9: after it was left nothing happens.
    async fn rescheduling_a_scope_that_was_left_is_of_no_consequence() {
        let scope = open_cancel_scope_after(LONG);
        assert_eq!(scope.run(async { coro_yield().await; 5 }).await, Some(5));
        scope.reschedule(current_time() - ms(1));
        assert!(!scope.cancel_called() && !scope.cancelled_caught());
        coro_yield().await;
    }

    /// Appendix B 30: the clock is asked.
    async fn a_deadline_that_has_passed_counts_before_anybody_has_noticed() {
        let scope = open_cancel_scope();
        let value = scope.run(async {
            scope.reschedule(current_time());
            assert!(scope.cancel_called() && !scope.cancelled_caught());
            5
        }).await;
        assert_eq!(value, Some(5));
        assert!(scope.cancel_called() && !scope.cancelled_caught());
    }

    /// Contract 9: a deadline that nobody has noticed can be moved still.
    async fn a_body_can_rescue_itself_before_its_next_checkpoint() {
        let scope = open_cancel_scope_after(LONG);
        let value = scope.run(async {
            scope.reschedule(current_time() - ms(1));
            scope.reschedule(None);
            coro_yield().await;
            cancel_shielded_coro_yield().await;
            5
        }).await;
        assert_eq!(value, Some(5));
        assert!(!scope.cancel_called());
    }

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
        }).await;
        assert_eq!(reason.text(), Some("first"));
    }

    /// C12: the parent's.
    async fn an_inherited_cancellation_has_the_reason_of_its_source() {
        let outer = open_cancel_scope();
        let reason = outer.run(async {
            open_cancel_scope().run(async {
                move_on_after(LONG, async {
                    outer.cancel_because("outer");
                    catch_cancelled(sleep_forever::<()>()).await.unwrap_err().reason().clone()
                }).await.unwrap()
            }).await.unwrap()
        }).await.unwrap();
        assert_eq!(reason.text(), Some("outer"));
    }

    /// C12
    async fn a_sibling_is_told_whose_failure_it_was() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        let error = group.run(async {
            let own = log.clone();
            group.start(async move {
                let cancelled = catch_cancelled(sleep_forever::<()>()).await.unwrap_err();
                own.add(cancelled.reason().failed_task().unwrap().name());
                Ok::<_, BoxError>(())
            }).await;
            group.named("culprit").start_soon(async { Err("E") });
        }).await.unwrap_err();
        assert_eq!(error.failures().len(), 1);
        log.assert(&["culprit"]);
    }

    /// C12: a task that was cancelled through its handle.
    async fn a_task_is_told_where_it_was_cancelled() {
        let group: TaskGroup = create_task_group();
        group.run(async {
            let task = group.start(async {
                let cancelled = catch_cancelled(sleep_forever::<()>()).await.unwrap_err();
                Ok::<_, BoxError>(cancelled.reason().location().map(|place| (place.file(), place.line())))
            }).await;
            task.cancel();
            assert_eq!(task.join().await.unwrap(), Some((file!(), line!() - 1)));
        }).await.unwrap();
    }

    async fn a_scope_shows_what_it_is() {
        let scope = open_cancel_scope();
        assert_eq!(format!("{scope:?}"), "CancelScope { deadline: None, phase: New, cancelled: false }");
        let other = scope.clone();
        other.cancel();
        assert!(scope.cancel_called(), "clones are one scope");
    }
}

/// The reason a body is given when `cancel` is called inside of its scope.
async fn reason_of(cancel: impl FnOnce(&CancelScope)) -> easynet::CancelReason {
    let scope = open_cancel_scope();
    let reason = scope.run(async {
        cancel(&scope);
        catch_cancelled(sleep_forever::<()>())
            .await
            .unwrap_err()
            .reason()
            .clone()
    });
    reason
        .await
        .expect("the body has no checkpoint after it was cancelled")
}
