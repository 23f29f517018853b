//! What a fair lock promises beyond others.

use std::sync::Arc;

use easynet::{prelude::*, sync::FairLock, time::coro_yield};
use easynet_tests::{Log, each_backend};
use futures::{FutureExt, poll};

each_backend! {
    async fn nobody_overtakes_the_one_who_waits() {
        let lock = FairLock::new(());
        let held = lock.acquire().await;
        let mut first = lock.acquire();
        assert!(poll!(&mut first).is_pending());
        drop(held);
        // It is the first one's already, which has not been polled since.
        assert!(lock.locked());
        assert!(lock.try_acquire().is_none());
        let mut second = lock.acquire();
        assert!(poll!(&mut second).is_pending());
        drop(first.now_or_never().expect("it was handed over"));
        assert!(second.now_or_never().is_some());
        assert!(!lock.locked());
    }

    async fn who_releases_and_asks_again_goes_behind_those_who_wait() {
        let (lock, log) = (Arc::new(FairLock::new(())), Log::new());
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
            let _guard = lock.acquire().await;
            log.add("the first again");
        })
        .unwrap();
        log.assert(&["one", "two", "three", "the first again"]);
    }

    async fn tasks_take_turns() {
        let lock = Arc::new(FairLock::new(Vec::new()));
        let begun = Arc::new(easynet::sync::Event::new());
        task_group!(|group| {
            let held = lock.acquire().await;
            for name in 0..3 {
                let (lock, begun) = (lock.clone(), begun.clone());
                let mut acquire = Box::pin(lock.acquire_owned());
                assert!(poll!(&mut acquire).is_pending());
                group.start_soon(async move {
                    begun.wait().await;
                    let mut next = Some(acquire);
                    for _ in 0..5 {
                        let mut order = match next.take() {
                            Some(first) => first.await,
                            None => lock.acquire_owned().await,
                        };
                        order.push(name);
                        // The others wait by then: they ask again as soon as they have released it.
                        for _ in 0..10 {
                            coro_yield().await;
                        }
                    }
                });
            }
            drop(held);
            begun.set();
        })
        .unwrap();
        let order = lock.acquire().await.clone();
        assert_eq!(order[..3], [0, 1, 2]);
        assert_eq!(order.len(), 15);
        assert!((0..3).all(|name| order.iter().filter(|at| **at == name).count() == 5));
    }

    async fn a_turn_that_was_handed_over_to_one_who_leaves_goes_to_the_next() {
        let lock = FairLock::new(());
        let held = lock.acquire().await;
        let mut first = Box::pin(lock.acquire());
        let (mut second, mut third) = (lock.acquire(), lock.acquire());
        assert!(poll!(&mut first).is_pending());
        assert!(poll!(&mut second).is_pending());
        assert!(poll!(&mut third).is_pending());
        drop(held);
        drop(first);
        assert!(poll!(&mut third).is_pending());
        let held = second.now_or_never().expect("it is the next");
        assert!(poll!(&mut third).is_pending());
        drop(held);
        assert!(third.now_or_never().is_some());
    }
}
