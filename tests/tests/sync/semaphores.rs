//! A number of permits.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use easynet::{
    AsyncBackend as _,
    cancel::{ignore_cancellation, open_cancel_scope},
    ensure_backend,
    prelude::*,
    sync::Semaphore,
    time::{coro_yield, move_on_after, sleep, sleep_forever},
};
use easynet_tests::{each_backend, ms};
use futures::{FutureExt, poll};

each_backend! {
    async fn no_more_at_once_than_there_are_permits() {
        let (semaphore, inside) = (Arc::new(Semaphore::new(3)), Arc::new(AtomicUsize::new(0)));
        task_group!(|group| {
            for _ in 0..20 {
                let (semaphore, inside) = (semaphore.clone(), inside.clone());
                group.start_soon(async move {
                    let permit = semaphore.acquire(1).await;
                    assert!(inside.fetch_add(1, Ordering::SeqCst) < 3);
                    coro_yield().await;
                    inside.fetch_sub(1, Ordering::SeqCst);
                    drop(permit);
                });
            }
        })
        .unwrap();
        assert_eq!(semaphore.available_permits(), 3);
    }

    async fn who_asks_for_many_is_not_overtaken() {
        let semaphore = Semaphore::new(2);
        let held = semaphore.acquire(1).await;
        let mut many = Box::pin(semaphore.acquire(2));
        assert!(poll!(&mut many).is_pending());
        assert!(semaphore.try_acquire(1).is_none());
        let mut few = Box::pin(semaphore.acquire(1));
        assert!(poll!(&mut few).is_pending());
        drop(held);
        assert!(poll!(&mut few).is_pending());
        let permits = many.now_or_never().expect("both are there");
        assert_eq!(permits.count(), 2);
        drop(permits);
        assert!(few.now_or_never().is_some());
        assert_eq!(semaphore.available_permits(), 2);
    }

    async fn when_the_one_who_asked_for_many_leaves_the_next_goes_on() {
        let semaphore = Semaphore::new(1);
        let mut many = Box::pin(semaphore.acquire(2));
        let mut few = Box::pin(semaphore.acquire(1));
        assert!(poll!(&mut many).is_pending());
        assert!(poll!(&mut few).is_pending());
        drop(many);
        assert!(few.now_or_never().is_some());
        assert_eq!(semaphore.available_permits(), 1);
    }

    async fn what_was_granted_to_one_who_leaves_goes_to_the_next() {
        let semaphore = Arc::new(Semaphore::new(1));
        let held = semaphore.acquire_owned(1).await;
        let (mut first, mut second) = (Box::pin(semaphore.acquire_owned(1)), Box::pin(semaphore.acquire_owned(1)));
        assert!(poll!(&mut first).is_pending());
        assert!(poll!(&mut second).is_pending());
        drop(held);
        assert!(poll!(&mut second).is_pending());
        drop(first);
        assert!(second.now_or_never().is_some());
        assert_eq!(semaphore.available_permits(), 1);
    }

    async fn permits_are_added_and_forgotten() {
        let semaphore = Arc::new(ensure_backend(None).unwrap().create_semaphore(0));
        let (mut one, mut two) = (Box::pin(semaphore.acquire_owned(1)), Box::pin(semaphore.acquire_owned(2)));
        assert!(poll!(&mut one).is_pending());
        assert!(poll!(&mut two).is_pending());
        semaphore.add_permits(3);
        let (one, two) = (one.now_or_never().unwrap(), two.now_or_never().unwrap());
        one.forget();
        assert_eq!(two.count(), 2);
        drop(two);
        assert_eq!(semaphore.available_permits(), 2);
        semaphore.try_acquire(2).unwrap().forget();
        assert_eq!(semaphore.available_permits(), 0);
        assert!(semaphore.try_acquire_owned(1).is_none());
        assert!(semaphore.try_acquire(0).is_some());
    }

    async fn a_try_that_fails_changes_nothing() {
        let semaphore = Arc::new(Semaphore::new(2));
        assert!(semaphore.try_acquire(3).is_none());
        assert!(semaphore.try_acquire_owned(3).is_none());
        assert_eq!(semaphore.available_permits(), 2);
    }

    /// C3
    async fn permits_that_are_there_are_taken_in_a_cancelled_scope_and_none_are_waited_for() {
        let semaphore = Semaphore::new(1);
        let scope = open_cancel_scope();
        let left = scope
            .run(async {
                scope.cancel();
                let _permit = semaphore.acquire(1).await;
                assert_eq!(semaphore.available_permits(), 0);
                drop(semaphore.acquire(1).await);
            })
            .await;
        assert!(left.is_none());
        assert_eq!(semaphore.available_permits(), 1);
    }

    async fn a_waiter_that_is_cancelled_takes_no_permit_that_comes_meanwhile() {
        let semaphore = Semaphore::new(0);
        let scope = open_cancel_scope();
        let mut waits = Box::pin(scope.run(async {
            let _permit = semaphore.acquire(1).await;
            sleep_forever().await
        }));
        assert!(poll!(&mut waits).is_pending());
        semaphore.add_permits(1);
        scope.cancel();
        assert!(waits.await.is_none());
        assert_eq!(semaphore.available_permits(), 1);
    }

    /// C3, C6
    async fn a_cancelled_waiter_that_a_guard_keeps_alive_takes_no_permit() {
        let semaphore = Semaphore::new(0);
        let scope = open_cancel_scope();
        let mut waits = Box::pin(scope.run(async {
            let shielded = ignore_cancellation(sleep(ms(20)));
            futures::join!(shielded, async { drop(semaphore.acquire(1).await) });
        }));
        assert!(poll!(&mut waits).is_pending());
        scope.cancel();
        assert!(poll!(&mut waits).is_pending());
        semaphore.add_permits(1);
        assert!(poll!(&mut waits).is_pending());
        assert_eq!(semaphore.available_permits(), 1);
        assert!(waits.await.is_none());
    }

    async fn a_timeout_ends_a_wait_and_nothing_of_it_is_left() {
        let semaphore = Semaphore::new(0);
        assert!(move_on_after(ms(2), semaphore.acquire(1)).await.is_none());
        semaphore.add_permits(1);
        assert!(semaphore.acquire(1).now_or_never().is_some());
    }
}

#[test]
#[should_panic(expected = "too many permits")]
fn too_many_permits_are_refused() {
    let semaphore = Semaphore::new(1);
    semaphore.add_permits(usize::MAX);
}
