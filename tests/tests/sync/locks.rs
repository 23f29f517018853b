//! What both kinds of lock promise.

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    task::{Context, Poll},
};

use easynet::{
    AsyncBackend as _, BoxError,
    cancel::{catch_cancelled, open_cancel_scope},
    ensure_backend,
    prelude::*,
    sync::{FairLock, Lock},
    time::{coro_yield, move_on_after, sleep, sleep_forever, timeout},
};
use easynet_tests::{LONG, Log, ms};
use futures::{FutureExt, poll};

use super::{Woken, each_lock};

each_lock! {
    /// LCK-01
    async fn nothing_is_lost_of_what_is_counted_under_a_lock() {
        let total = Arc::new(AnyLock::new(0));
        task_group!(|group| {
            for _ in 0..10 {
                let total = total.clone();
                group.start_soon(async move {
                    for _ in 0..100 {
                        let mut total = total.acquire().await;
                        let before = *total;
                        coro_yield().await;
                        *total = before + 1;
                    }
                });
            }
        })
        .unwrap();
        assert_eq!(*total.acquire().await, 1_000);
    }

    /// LCK-02
    async fn a_holder_that_fails_leaves_the_lock_free() {
        let lock = Arc::new(AnyLock::new(0));
        let held = lock.clone();
        let failed: Result<(), _> = task_group!(|group| {
            group.start_soon(async move {
                let mut value = held.acquire().await;
                *value = 1;
                coro_yield().await;
                Err("it fails")
            });
        });
        assert!(failed.is_err());
        assert!(!lock.locked());
        // There is no poisoning: the value is as it was left.
        assert_eq!(*lock.acquire().await, 1);
    }

    /// LCK-02
    async fn a_holder_that_panics_leaves_the_lock_free() {
        let lock = AnyLock::new(0);
        let panics = async {
            let mut value = lock.acquire().await;
            *value = 1;
            coro_yield().await;
            panic!("it panics");
        };
        assert!(AssertUnwindSafe(panics).catch_unwind().await.is_err());
        assert!(!lock.locked());
        assert_eq!(*lock.try_acquire().unwrap(), 1);
    }

    /// LCK-02
    async fn a_holder_that_is_cancelled_leaves_the_lock_free() {
        let lock = AnyLock::new(0);
        let timed_out = timeout(ms(1), async {
            let mut value = lock.acquire().await;
            *value = 1;
            sleep_forever().await
        })
        .await;
        assert!(timed_out.is_err());
        assert!(!lock.locked());
        assert_eq!(*lock.acquire().await, 1);
    }

    /// LCK-03
    async fn a_lock_is_locked_from_its_acquisition_to_its_release() {
        let lock = AnyLock::new(());
        assert!(!lock.locked());
        let guard = lock.acquire().await;
        assert!(lock.locked());
        assert!(lock.try_acquire().is_none());
        drop(guard);
        assert!(!lock.locked());
        let guard = lock.try_acquire().unwrap();
        assert!(lock.locked());
        drop(guard);
        assert!(!lock.locked());
    }

    /// LCK-04
    async fn those_who_wait_have_the_lock_in_the_order_in_which_they_came() {
        let lock = AnyLock::new(());
        let held = lock.acquire().await;
        let (mut one, mut two, mut three) = (lock.acquire(), lock.acquire(), lock.acquire());
        assert!(poll!(&mut one).is_pending());
        assert!(poll!(&mut two).is_pending());
        assert!(poll!(&mut three).is_pending());
        drop(held);
        let held = one.now_or_never().expect("it is the first");
        assert!(poll!(&mut three).is_pending() && poll!(&mut two).is_pending());
        drop(held);
        let held = two.now_or_never().expect("it is the next");
        assert!(poll!(&mut three).is_pending());
        drop(held);
        assert!(three.now_or_never().is_some());
    }

    /// LCK-04
    async fn tasks_have_the_lock_in_the_order_in_which_they_came() {
        let (lock, log) = (Arc::new(AnyLock::new(())), Log::new());
        task_group!(|group| {
            let held = lock.acquire().await;
            for name in ["one", "two", "three"] {
                let mut acquire = Box::pin(lock.acquire_owned());
                assert!(poll!(&mut acquire).is_pending());
                let log = log.clone();
                group.start_soon(async move {
                    let _guard = acquire.await;
                    coro_yield().await;
                    log.add(name);
                });
            }
            drop(held);
        })
        .unwrap();
        log.assert(&["one", "two", "three"]);
    }

    /// LCK-05
    async fn taking_a_free_lock_lets_nobody_else_run() {
        let lock = AnyLock::new(0);
        // What is ready at its first poll has not suspended.
        *lock.acquire().now_or_never().expect("it is free") += 1;
        *lock.acquire().now_or_never().expect("it is free again") += 1;
        assert_eq!(lock.into_inner(), 2);
    }

    /// LCK-07, C3
    async fn a_free_lock_is_acquired_in_a_cancelled_scope() {
        let lock = AnyLock::new(0);
        let scope = open_cancel_scope();
        let left = scope
            .run(async {
                scope.cancel();
                let mut value = lock.acquire().await;
                *value += 1;
                assert!(lock.locked());
                sleep_forever().await
            })
            .await;
        assert!(left.is_none());
        assert!(!lock.locked());
        assert_eq!(*lock.acquire().await, 1);
    }

    /// LCK-07, C3
    async fn a_lock_that_others_have_is_never_acquired_in_a_cancelled_scope() {
        let lock = AnyLock::new(());
        let held = lock.acquire().await;
        let scope = open_cancel_scope();
        let left = scope
            .run(async {
                scope.cancel();
                drop(lock.acquire().await);
            })
            .await;
        assert!(left.is_none());
        assert!(lock.locked());
        drop(held);
        assert!(!lock.locked());
    }

    /// LCK-07: at the moment in which it is cancelled the lock is released too.
    async fn a_waiter_that_is_cancelled_takes_no_lock_that_is_released_meanwhile() {
        let lock = AnyLock::new(());
        let held = lock.acquire().await;
        let scope = open_cancel_scope();
        let mut waits = Box::pin(scope.run(async {
            let _guard = lock.acquire().await;
            panic!("it was cancelled before");
        }));
        assert!(poll!(&mut waits).is_pending());
        let mut next = lock.acquire();
        assert!(poll!(&mut next).is_pending());
        scope.cancel();
        drop(held);
        let left: Option<()> = waits.await;
        assert!(left.is_none());
        drop(next.now_or_never().expect("the turn was passed on"));
        assert!(!lock.locked());
    }

    /// C3, C6: as long as something holds the scope, its waiter keeps nobody else waiting.
    async fn a_cancelled_waiter_that_a_guard_keeps_alive_does_not_keep_its_turn() {
        let lock = AnyLock::new(());
        let held = lock.acquire().await;
        let scope = open_cancel_scope();
        let mut waits = Box::pin(scope.run(async {
            let shielded = easynet::cancel::ignore_cancellation(sleep(ms(20)));
            futures::join!(shielded, async { drop(lock.acquire().await) });
        }));
        assert!(poll!(&mut waits).is_pending());
        scope.cancel();
        assert!(poll!(&mut waits).is_pending());
        drop(held);
        assert!(poll!(&mut waits).is_pending());
        drop(lock.acquire().now_or_never().expect("nobody waits for it any more"));
        assert!(waits.await.is_none());
    }

    /// C8, C9: a future that others hold as well may go on elsewhere, and waits anew there.
    async fn a_waiter_that_survives_its_cancelled_scope_goes_on_outside() {
        let lock = AnyLock::new(());
        let held = lock.acquire().await;
        let mut acquire = lock.acquire();
        let scope = open_cancel_scope();
        let left = scope
            .run(async {
                scope.cancel();
                drop((&mut acquire).await);
            })
            .await;
        assert!(left.is_none());
        assert!(poll!(&mut acquire).is_pending());
        drop(held);
        drop(acquire.await);
        assert!(!lock.locked());
    }

    /// LCK-08
    async fn a_waiter_that_is_cancelled_leaves_the_lock_with_its_holder() {
        let lock = Arc::new(AnyLock::new(()));
        task_group!(|group| {
            let held = lock.acquire().await;
            let mut acquire = Box::pin(lock.acquire_owned());
            assert!(poll!(&mut acquire).is_pending());
            let task = group
                .start(async move {
                    drop(acquire.await);
                    Ok::<_, BoxError>(())
                })
                .await;
            assert!(task.cancel());
            task.wait().await;
            assert!(task.cancelled());
            assert!(lock.locked());
            drop(held);
            assert!(!lock.locked());
        })
        .unwrap();
    }

    async fn a_waiter_may_catch_its_cancellation_and_clean_up() {
        let lock = AnyLock::new(());
        let held = lock.acquire().await;
        let scope = open_cancel_scope();
        let mut waits = Box::pin(scope.run(async {
            assert!(catch_cancelled(lock.acquire()).await.is_err());
            assert!(lock.locked());
        }));
        assert!(poll!(&mut waits).is_pending());
        scope.cancel();
        waits.await;
        drop(held);
        assert!(!lock.locked());
    }

    async fn waiters_that_leave_are_forgotten_and_the_rest_keep_their_order() {
        let lock = AnyLock::new(());
        let held = lock.acquire().await;
        let mut all: Vec<_> = (0..5).map(|_| Box::pin(lock.acquire())).collect();
        for acquire in &mut all {
            assert!(poll!(acquire).is_pending());
        }
        drop(all.remove(4));
        drop(all.remove(2));
        drop(all.remove(0));
        drop(held);
        let mut last = all.pop().unwrap();
        let first = all.pop().unwrap();
        let held = first.now_or_never().expect("it came before the other");
        assert!(poll!(&mut last).is_pending());
        drop(held);
        assert!(last.now_or_never().is_some());
        assert!(!lock.locked());
    }

    async fn a_waiter_that_was_chosen_and_leaves_passes_its_turn_on() {
        let lock = AnyLock::new(());
        let held = lock.acquire().await;
        let ((woken, one), (next, two)) = (Woken::new(), Woken::new());
        let mut first = Box::pin(lock.acquire());
        let mut second = Box::pin(lock.acquire());
        assert!(first.poll_unpin(&mut Context::from_waker(&one)).is_pending());
        assert!(second.poll_unpin(&mut Context::from_waker(&two)).is_pending());
        drop(held);
        assert_eq!((woken.times(), next.times()), (1, 0));
        drop(first);
        assert_eq!((woken.times(), next.times()), (1, 1));
        assert!(second.now_or_never().is_some());
        assert!(!lock.locked());
    }

    async fn the_last_waiter_that_was_chosen_and_leaves_leaves_the_lock_free() {
        let lock = AnyLock::new(());
        let held = lock.acquire().await;
        let mut only = Box::pin(lock.acquire());
        assert!(poll!(&mut only).is_pending());
        drop(held);
        drop(only);
        assert!(!lock.locked());
        assert!(lock.try_acquire().is_some());
    }

    /// C8
    async fn whoever_is_polled_with_another_waker_is_woken_by_that() {
        let lock = AnyLock::new(());
        let held = lock.acquire().await;
        let ((old, one), (new, two)) = (Woken::new(), Woken::new());
        let mut acquire = lock.acquire();
        assert!(acquire.poll_unpin(&mut Context::from_waker(&one)).is_pending());
        assert!(acquire.poll_unpin(&mut Context::from_waker(&two)).is_pending());
        drop(held);
        assert_eq!((old.times(), new.times()), (0, 1));
        assert!(matches!(acquire.poll_unpin(&mut Context::from_waker(&two)), Poll::Ready(_)));
    }

    async fn a_timeout_ends_a_wait_and_nothing_of_it_is_left() {
        let lock = AnyLock::new(());
        let held = lock.acquire().await;
        assert!(move_on_after(ms(2), lock.acquire()).await.is_none());
        drop(held);
        assert!(move_on_after(LONG, lock.acquire()).await.is_some());
        assert!(!lock.locked());
    }

    async fn the_value_is_had_without_waiting_by_whoever_owns_the_lock() {
        let mut lock = AnyLock::from(1);
        *lock.get_mut() += 1;
        *lock.acquire().await += 1;
        assert_eq!(format!("{:?}", lock.acquire().await), "3");
        assert_eq!(lock.acquire().await.to_string(), "3");
        assert_eq!(lock.into_inner(), 3);
        assert_eq!(*AnyLock::<u8>::default().acquire().await, 0);
    }

    async fn a_lock_says_whether_it_is_locked() {
        let lock = AnyLock::new(());
        assert!(format!("{lock:?}").contains("locked: false"));
        let _held = lock.acquire().await;
        assert!(format!("{lock:?}").contains("locked: true"));
    }

    async fn a_guard_can_be_forgotten_and_the_owner_still_has_the_value() {
        let mut lock = AnyLock::new(7);
        std::mem::forget(lock.acquire().await);
        assert!(lock.locked());
        assert_eq!(*lock.get_mut(), 7);
        assert_eq!(lock.into_inner(), 7);
    }
}

easynet_tests::each_backend! {
    async fn a_backend_makes_locks() {
        let backend = ensure_backend(None).unwrap();
        let (lock, fair): (Lock<u8>, FairLock<u8>) = (backend.create_lock(1), backend.create_fair_lock(2));
        assert_eq!((*lock.acquire().await, *fair.acquire().await), (1, 2));
    }

    async fn a_lock_that_is_released_is_free_for_whoever_is_faster_than_the_one_who_waits() {
        let lock = Lock::new(());
        let held = lock.acquire().await;
        let mut slow = lock.acquire();
        assert!(poll!(&mut slow).is_pending());
        drop(held);
        assert!(!lock.locked());
        let fast = lock.try_acquire().expect("nobody has it");
        assert!(poll!(&mut slow).is_pending());
        drop(fast);
        assert!(slow.now_or_never().is_some());
    }

    async fn nobody_is_overtaken_for_ever() {
        let lock = Lock::new(());
        let mut held = Some(lock.acquire().await);
        let mut slow = lock.acquire();
        let mut overtaken = 0;
        while poll!(&mut slow).is_pending() {
            drop(held.take());
            held = lock.try_acquire();
            overtaken += 1;
            assert!(overtaken < 1_000, "it is overtaken for ever");
        }
        assert!(held.is_none() && overtaken > 1);
    }

    /// The one who is to be next gives up: the one behind it waits for its turn as usual.
    async fn a_turn_that_is_due_is_passed_on_too() {
        let lock = Lock::new(());
        let mut held = Some(lock.acquire().await);
        let mut slow = Box::pin(lock.acquire());
        while held.is_some() {
            assert!(poll!(&mut slow).is_pending());
            let mut behind = lock.acquire();
            assert!(poll!(&mut behind).is_pending());
            drop(behind);
            drop(held.take());
            held = lock.try_acquire();
        }
        assert!(lock.locked(), "it was handed over");
        let mut behind = lock.acquire();
        assert!(poll!(&mut behind).is_pending());
        drop(slow);
        assert!(behind.now_or_never().is_some());
        assert!(!lock.locked());
    }
}
