//! Guards that go where they like.

use std::sync::Arc;

use easynet::{BoxError, prelude::*, sync::Event, time::coro_yield};
use futures::{FutureExt, poll};

use super::each_lock;

each_lock! {
    async fn an_owned_guard_goes_into_a_task() {
        let lock = Arc::new(AnyLock::new(vec![1]));
        let go_on = Arc::new(Event::new());
        task_group!(|group| {
            let mut guard = lock.acquire_owned().await;
            let going_on = go_on.clone();
            let task = group
                .start(async move {
                    going_on.wait().await;
                    guard.push(2);
                    drop(guard);
                    Ok::<_, BoxError>(())
                })
                .await;
            assert!(lock.locked() && lock.try_acquire().is_none() && lock.try_acquire_owned().is_none());
            go_on.set();
            task.wait().await;
        })
        .unwrap();
        assert_eq!(*lock.acquire().await, [1, 2]);
    }

    async fn guards_of_both_kinds_wait_for_each_other() {
        let lock = Arc::new(AnyLock::new(0));
        let owned = lock.acquire_owned().await;
        let mut borrowed = lock.acquire();
        assert!(poll!(&mut borrowed).is_pending());
        drop(owned);
        let mut guard = borrowed.now_or_never().expect("it was released");
        *guard += 1;
        let mut waits = Box::pin(lock.acquire_owned());
        assert!(poll!(&mut waits).is_pending());
        drop(guard);
        let mut owned = waits.now_or_never().expect("it was released");
        *owned += 1;
        assert_eq!(*owned, 2);
        assert_eq!(format!("{owned:?} {owned}"), "2 2");
        drop(owned);
        assert_eq!(*lock.try_acquire_owned().unwrap(), 2);
    }

    async fn a_task_that_fails_with_a_guard_puts_the_value_back() {
        let lock = Arc::new(AnyLock::new(vec![1]));
        let mut guard = lock.acquire_owned().await;
        let failed: Result<(), _> = task_group!(|group| {
            group.start_soon(async move {
                guard.push(2);
                coro_yield().await;
                Err("it fails")
            });
        });
        assert!(failed.is_err());
        let lock = Arc::into_inner(lock).expect("the guard is gone");
        assert_eq!(lock.into_inner(), [1, 2]);
    }

    async fn an_owned_waiter_that_leaves_passes_its_turn_on() {
        let lock = Arc::new(AnyLock::new(()));
        let held = lock.acquire_owned().await;
        let mut first = Box::pin(lock.acquire_owned());
        let mut second = Box::pin(lock.acquire_owned());
        assert!(poll!(&mut first).is_pending());
        assert!(poll!(&mut second).is_pending());
        drop(held);
        drop(first);
        assert!(second.now_or_never().is_some());
        assert!(!lock.locked());
    }
}
