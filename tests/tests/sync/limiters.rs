//! A limit on how many do something at once.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use easynet::{AsyncBackend as _, ensure_backend, prelude::*, sync::CapacityLimiter, time::coro_yield};
use easynet_tests::each_backend;
use futures::{FutureExt, poll};

each_backend! {
    async fn no_more_tasks_at_once_than_there_are_tokens() {
        let (limiter, inside) = (Arc::new(CapacityLimiter::new(3)), Arc::new(AtomicUsize::new(0)));
        task_group!(|group| {
            for _ in 0..20 {
                let token = limiter.acquire_owned().await;
                let inside = inside.clone();
                group.start_soon(async move {
                    assert!(inside.fetch_add(1, Ordering::SeqCst) < 3);
                    coro_yield().await;
                    inside.fetch_sub(1, Ordering::SeqCst);
                    drop(token);
                });
            }
        })
        .unwrap();
        assert_eq!((limiter.total_tokens(), limiter.borrowed_tokens()), (3, 0));
    }

    async fn it_says_what_is_out_and_what_is_there() {
        let limiter = ensure_backend(None).unwrap().create_capacity_limiter(2);
        let token = limiter.acquire().await;
        assert_eq!(
            (limiter.total_tokens(), limiter.borrowed_tokens(), limiter.available_tokens()),
            (2, 1, 1)
        );
        let other = limiter.try_acquire().unwrap();
        assert!(limiter.try_acquire().is_none());
        assert_eq!(
            format!("{limiter:?}"),
            "CapacityLimiter { total_tokens: 2, borrowed_tokens: 2 }"
        );
        drop((token, other));
        assert_eq!(limiter.available_tokens(), 2);
    }

    async fn a_limit_that_is_raised_lets_those_in_who_wait() {
        let limiter = Arc::new(CapacityLimiter::new(0));
        let mut all: Vec<_> = (0..3).map(|_| Box::pin(limiter.acquire_owned())).collect();
        for acquire in &mut all {
            assert!(poll!(acquire).is_pending());
        }
        limiter.set_total_tokens(2);
        let mut last = all.pop().unwrap();
        assert!(poll!(&mut last).is_pending());
        let tokens: Vec<_> = all.into_iter().map(|acquire| acquire.now_or_never().unwrap()).collect();
        assert_eq!(limiter.borrowed_tokens(), 2);
        drop(tokens);
        assert!(last.now_or_never().is_some());
    }

    async fn a_limit_that_is_lowered_below_what_is_out_waits_for_enough_to_come_back() {
        let limiter = CapacityLimiter::new(3);
        let mut tokens = vec![limiter.acquire().await, limiter.acquire().await, limiter.acquire().await];
        limiter.set_total_tokens(1);
        assert_eq!(
            (limiter.total_tokens(), limiter.borrowed_tokens(), limiter.available_tokens()),
            (1, 3, 0)
        );
        let mut next = Box::pin(limiter.acquire());
        assert!(poll!(&mut next).is_pending());
        tokens.pop();
        assert!(poll!(&mut next).is_pending());
        tokens.pop();
        assert!(poll!(&mut next).is_pending());
        tokens.pop();
        assert!(next.now_or_never().is_some());
        assert_eq!(limiter.available_tokens(), 1);
    }

    async fn what_a_cancelled_waiter_was_given_goes_to_the_next() {
        let limiter = Arc::new(CapacityLimiter::new(1));
        let held = limiter.try_acquire_owned().unwrap();
        let (mut first, mut second) = (Box::pin(limiter.acquire_owned()), Box::pin(limiter.acquire()));
        assert!(poll!(&mut first).is_pending());
        assert!(poll!(&mut second).is_pending());
        drop(held);
        drop(first);
        assert!(second.now_or_never().is_some());
        assert_eq!(limiter.borrowed_tokens(), 0);
    }
}
