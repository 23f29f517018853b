//! The rules of cancellation, C1 to C12, sentence by sentence.
#![forbid(unsafe_code)]

use easynet::{
    TaskGroup,
    task::{create_task_group, gather},
    time::{coro_yield, current_time, move_on_after, move_on_at, sleep, sleep_forever},
};
use easynet_tests::{Log, Runner, each_backend, each_virtual_backend, ms};
use futures::{FutureExt, StreamExt, stream::FuturesUnordered};
use std::{future::Future, pin::Pin, task::Poll};

/// Polls a future to its first suspension.
async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|cx| match std::pin::Pin::new(&mut *future).poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

each_backend! {
    /// C8, C9: what a combinator with wakers of its own waits for outlives the task that polled it first.
    async fn sleeps_in_futures_unordered_end_in_another_task() {
        let group: TaskGroup = create_task_group();
        let ended = group.run(async {
            let first = group.spawn_value(async {
                let mut sleeps: FuturesUnordered<_> = (1..4).map(|n| sleep(ms(n))).collect();
                assert!(poll_once(&mut sleeps.next()).await.is_none());
                sleeps
            });
            let mut sleeps = first.await.unwrap();
            let mut ended = 0;
            while sleeps.next().await.is_some() {
                ended += 1;
            }
            ended
        }).await.unwrap();
        assert_eq!(ended, 3);
    }

    /// C8, C9: the same for the borrowing children of a group, which it polls with wakers of its own.
    async fn scoped_children_that_sleep_end_in_another_task() {
        let group: TaskGroup = create_task_group();
        let values = group.run(async {
            let first = group.spawn_value(async {
                let mut gathered = gather((1..4).map(|n| async move { sleep(ms(n)).await; n }));
                assert!(poll_once(&mut gathered).await.is_none());
                gathered
            });
            first.await.unwrap().await
        }).await.unwrap();
        assert_eq!(values, [1, 2, 3]);
    }

    /// C8: a future that several tasks share is woken though the one that polled it first has ended.
    async fn a_shared_sleep_ends_for_whoever_is_left() {
        let group: TaskGroup = create_task_group();
        group.run(async {
            let shared = sleep(ms(5)).shared();
            let mut own = shared.clone();
            let first = group.spawn_value(async move { poll_once(&mut own).await.is_none() });
            assert!(first.await.unwrap());
            shared.await;
        }).await.unwrap();
    }

    /// C1, C3: scopes that end at once are places where the outer one can end too.
    async fn a_loop_of_expired_scopes_can_be_cancelled() {
        let past = current_time();
        let value = move_on_after(ms(5), async {
            loop {
                move_on_at(past, sleep_forever::<()>()).await;
            }
        }).await;
        assert!(value.is_none() as bool);
    }
}
