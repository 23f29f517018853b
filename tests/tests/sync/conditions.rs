//! CND: waiting for what others do with a lock.

use std::{sync::Arc, task::Context};

use easynet::{
    AsyncBackend as _,
    cancel::{ignore_cancellation, open_cancel_scope},
    ensure_backend,
    prelude::*,
    sync::{Condition, FairLock, Lock},
    time::{coro_yield, move_on_after, sleep},
};
use easynet_tests::{Log, each_backend, ms};
use futures::{FutureExt, poll};

use super::{Woken, each_lock};

each_lock! {
    /// CND-01
    async fn while_one_waits_others_have_the_lock() {
        let (lock, condition) = (AnyLock::new(0), Condition::new());
        let mut waits = condition.wait(lock.acquire().await);
        assert!(lock.locked(), "nothing happens before it is awaited");
        assert!(poll!(&mut waits).is_pending());
        assert!(!lock.locked());
        *lock.acquire().now_or_never().expect("it is free") += 1;
        condition.notify(1);
        let value = waits.now_or_never().expect("it was notified");
        assert_eq!(*value, 1);
        assert!(lock.locked());
        drop(value);
        assert!(!lock.locked());
    }

    /// CND-02
    async fn as_many_as_were_asked_for_go_on_the_oldest_first() {
        let (lock, condition) = (AnyLock::new(()), Condition::new());
        let mut all: Vec<_> = (0..4)
            .map(|_| Box::pin(condition.wait(lock.try_acquire().unwrap())))
            .map(|mut waits| {
                assert!((&mut waits).now_or_never().is_none());
                waits
            })
            .collect();
        let mut rounds = Vec::new();
        for n in [1, 2, 0, 10] {
            condition.notify(n);
            let mut went_on = Vec::new();
            // Whoever is asked in the wrong order does not go on for that.
            for (at, waits) in all.iter_mut().enumerate().rev() {
                if let std::task::Poll::Ready(guard) = poll!(waits) {
                    drop(guard);
                    went_on.push(at);
                }
            }
            went_on.iter().for_each(|at| drop(all.remove(*at)));
            rounds.push(went_on.len());
            assert!(went_on.iter().all(|at| *at < went_on.len()), "the oldest first: {went_on:?}");
        }
        assert_eq!(rounds, [1, 2, 0, 1]);
    }

    /// CND-03
    async fn all_go_on() {
        let shared = Arc::new((AnyLock::new(0), Condition::new()));
        task_group!(|group| {
            for _ in 0..5 {
                let shared = shared.clone();
                group.start_soon(async move {
                    let (lock, condition) = &*shared;
                    let guard = lock.acquire().await;
                    let mut guard = condition.wait_while(guard, |value| *value == 0).await;
                    *guard += 1;
                });
            }
            for _ in 0..5 {
                coro_yield().await;
            }
            *shared.0.acquire().await = 1;
            shared.1.notify_all();
        })
        .unwrap();
        assert_eq!(*shared.0.acquire().await, 6);
    }

    /// CND-05
    async fn who_was_notified_runs_after_the_notifier_has_released_the_lock() {
        let (lock, condition) = (AnyLock::new(Vec::new()), Condition::new());
        let mut waits = condition.wait(lock.acquire().await);
        assert!(poll!(&mut waits).is_pending());
        let mut guard = lock.acquire().await;
        condition.notify(1);
        for _ in 0..3 {
            assert!(poll!(&mut waits).is_pending());
        }
        guard.push("the notifier");
        drop(guard);
        let mut guard = waits.now_or_never().expect("the lock is free");
        guard.push("the waiter");
        assert_eq!(*guard, ["the notifier", "the waiter"]);
    }

    /// CND-06
    async fn each_condition_of_a_lock_has_its_own_waiters() {
        let lock = AnyLock::new(());
        let (left, right) = (Condition::new(), Condition::new());
        let mut one = left.wait(lock.acquire().await);
        assert!(poll!(&mut one).is_pending());
        let mut two = right.wait(lock.acquire().await);
        assert!(poll!(&mut two).is_pending());
        right.notify_all();
        assert!(poll!(&mut one).is_pending());
        drop(two.now_or_never().expect("it was notified"));
        assert!(poll!(&mut one).is_pending());
        left.notify(1);
        assert!(one.now_or_never().is_some());
    }

    /// CND-07
    async fn a_waiter_whose_time_is_up_leaves_the_lock_free() {
        let (lock, condition) = (AnyLock::new(()), Condition::new());
        let guard = lock.acquire().await;
        assert!(move_on_after(ms(2), condition.wait(guard)).await.is_none());
        assert!(!lock.locked());
        // And a notification does not go to one who has left.
        let mut waits = condition.wait(lock.acquire().await);
        assert!(poll!(&mut waits).is_pending());
        condition.notify(1);
        assert!(waits.now_or_never().is_some());
    }

    /// CND-07, C3
    async fn in_a_cancelled_scope_the_lock_is_released_and_not_acquired_again() {
        let (lock, condition) = (AnyLock::new(()), Condition::new());
        let scope = open_cancel_scope();
        let log = Log::new();
        let left = scope
            .run(async {
                let guard = lock.acquire().await;
                scope.cancel();
                drop(condition.wait(guard).await);
                log.add("never");
            })
            .await;
        assert!(left.is_none());
        assert!(!lock.locked());
        log.assert(&[]);
    }

    async fn a_notified_waiter_that_is_cancelled_passes_it_on() {
        let (lock, condition) = (AnyLock::new(()), Condition::new());
        let scope = open_cancel_scope();
        let mut first = Box::pin(scope.run(async { drop(condition.wait(lock.acquire().await).await) }));
        assert!(poll!(&mut first).is_pending());
        let mut second = condition.wait(lock.acquire().await);
        assert!(poll!(&mut second).is_pending());
        condition.notify(1);
        assert!(poll!(&mut second).is_pending());
        scope.cancel();
        assert!(first.await.is_none());
        assert!(second.now_or_never().is_some());
        assert!(!lock.locked());
    }

    async fn a_notified_waiter_that_is_dropped_while_it_waits_for_the_lock_passes_it_on() {
        let (lock, condition) = (AnyLock::new(()), Condition::new());
        let mut first = Box::pin(condition.wait(lock.acquire().await));
        assert!(poll!(&mut first).is_pending());
        let mut second = condition.wait(lock.acquire().await);
        assert!(poll!(&mut second).is_pending());
        let held = lock.acquire().await;
        condition.notify(1);
        assert!(poll!(&mut first).is_pending());
        drop(first);
        drop(held);
        assert!(second.now_or_never().is_some());
        assert!(!lock.locked());
    }

    /// C3, C6
    async fn a_cancelled_waiter_that_a_guard_keeps_alive_never_has_the_lock_again() {
        let (lock, condition) = (AnyLock::new(()), Condition::new());
        let scope = open_cancel_scope();
        let mut first = Box::pin(scope.run(async {
            let guard = lock.acquire().await;
            let shielded = ignore_cancellation(sleep(ms(20)));
            futures::join!(shielded, async { drop(condition.wait(guard).await) });
        }));
        assert!(poll!(&mut first).is_pending());
        let mut second = condition.wait(lock.acquire().await);
        assert!(poll!(&mut second).is_pending());
        let held = lock.acquire().await;
        condition.notify(1);
        assert!(poll!(&mut first).is_pending());
        scope.cancel();
        assert!(poll!(&mut first).is_pending());
        drop(held);
        assert!(poll!(&mut first).is_pending());
        drop(second.now_or_never().expect("it was passed on, and the lock is free"));
        assert!(first.await.is_none());
    }

    async fn what_was_for_all_is_not_passed_on_to_those_who_come_later() {
        let (lock, condition) = (AnyLock::new(()), Condition::new());
        let mut first = Box::pin(condition.wait(lock.acquire().await));
        assert!(poll!(&mut first).is_pending());
        condition.notify_all();
        let mut later = condition.wait(lock.acquire().await);
        assert!(poll!(&mut later).is_pending());
        drop(first);
        assert!(poll!(&mut later).is_pending());
    }

    async fn nothing_is_kept_for_those_who_come_later() {
        let (lock, condition) = (AnyLock::new(()), Condition::new());
        condition.notify(3);
        condition.notify_all();
        let mut waits = condition.wait(lock.acquire().await);
        assert!(poll!(&mut waits).is_pending());
        assert!(poll!(&mut waits).is_pending());
    }

    async fn a_wait_with_an_owned_guard_yields_one() {
        let (lock, condition) = (Arc::new(AnyLock::new(0)), Arc::new(Condition::new()));
        task_group!(|group| {
            let guard = lock.acquire_owned().await;
            let mut waits = Box::pin({
                let condition = condition.clone();
                async move { condition.wait_while(guard, |value| *value < 2).await }
            });
            assert!(poll!(&mut waits).is_pending());
            group.start_soon(async move {
                let mut guard = waits.await;
                *guard += 10;
            });
            for _ in 0..2 {
                *lock.acquire().await += 1;
                condition.notify_all();
                coro_yield().await;
            }
        })
        .unwrap();
        assert_eq!(*lock.acquire().await, 12);
    }

    async fn what_is_true_already_is_not_waited_for() {
        let (lock, condition) = (AnyLock::new(1), Condition::new());
        let guard = lock.acquire().await;
        let mut waits = Box::pin(condition.wait_while(guard, |value| *value == 0));
        assert!(poll!(&mut waits).is_ready());
        assert!(!lock.locked(), "the guard was dropped with the answer");
    }

    /// C8
    async fn whoever_is_polled_with_another_waker_is_woken_by_that() {
        let (lock, condition) = (AnyLock::new(()), Condition::new());
        let ((old, one), (new, two)) = (Woken::new(), Woken::new());
        let mut waits = condition.wait(lock.acquire().await);
        assert!(waits.poll_unpin(&mut Context::from_waker(&one)).is_pending());
        assert!(waits.poll_unpin(&mut Context::from_waker(&two)).is_pending());
        condition.notify(1);
        assert_eq!((old.times(), new.times()), (0, 1));
    }

    /// C8: it may go on without a notification then, and has the lock.
    async fn a_wait_that_survives_its_cancelled_scope_has_the_lock_again_outside() {
        let (lock, condition) = (AnyLock::new(()), Condition::new());
        let mut waits = condition.wait(lock.acquire().await);
        let scope = open_cancel_scope();
        let left = scope
            .run(async {
                assert!(poll!(&mut waits).is_pending());
                scope.cancel();
                drop((&mut waits).await);
            })
            .await;
        assert!(left.is_none());
        let guard = waits.await;
        assert!(lock.locked());
        drop(guard);
    }
}

each_backend! {
    /// A condition does not belong to a lock.
    async fn waiters_with_different_locks_each_have_their_own_again() {
        let (one, two) = (Lock::new(1), FairLock::new(2));
        let condition = ensure_backend(None).unwrap().create_condition_var();
        let mut first = condition.wait(one.acquire().await);
        let mut second = condition.wait(two.acquire().await);
        assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending());
        condition.notify_all();
        let (first, second) = (first.await, second.await);
        assert_eq!((*first, *second), (1, 2));
        assert!(one.locked() && two.locked());
    }

    /// A queue between tasks, as one writes it.
    async fn nothing_is_lost_between_those_who_bring_and_those_who_fetch() {
        let shared = Arc::new((Lock::new(Vec::new()), Condition::new()));
        let sum = task_group!(|group| {
            let fetchers: Vec<_> = (0..4)
                .map(|_| {
                    let shared = shared.clone();
                    group.spawn_value(async move {
                        let mut sum = 0;
                        for _ in 0..50 {
                            let jobs = shared.0.acquire().await;
                            let mut jobs = shared.1.wait_while(jobs, |jobs| jobs.is_empty()).await;
                            sum += jobs.pop().unwrap();
                        }
                        sum
                    })
                })
                .collect();
            for _ in 0..4 {
                let shared = shared.clone();
                group.start_soon(async move {
                    for n in 0..50 {
                        shared.0.acquire().await.push(n);
                        shared.1.notify(1);
                        coro_yield().await;
                    }
                });
            }
            let mut sum = 0;
            for fetcher in fetchers {
                sum += fetcher.await.unwrap();
            }
            sum
        });
        assert_eq!(sum.unwrap(), 4 * (0..50).sum::<i32>());
    }
}
