//! The channels that are re-exported keep the rules of the others.

use easynet::{
    cancel::open_cancel_scope,
    prelude::*,
    sync::channel::bounded,
    testing::cancel_at_every_await,
    time::{coro_yield, move_on_after, sleep_forever},
};
use easynet_tests::{each_backend, ms};
use futures::{FutureExt, poll};

each_backend! {
    async fn who_sends_waits_as_long_as_the_channel_is_full() {
        let (sender, receiver) = bounded(2);
        sender.send(1).await.unwrap();
        sender.send(2).await.unwrap();
        let mut third = Box::pin(sender.send(3));
        assert!(poll!(&mut third).is_pending());
        assert_eq!(receiver.recv().await, Ok(1));
        third.now_or_never().expect("there is room").unwrap();
        drop(sender);
        assert_eq!((receiver.recv().await, receiver.recv().await), (Ok(2), Ok(3)));
        assert!(receiver.recv().await.is_err());
    }

    /// C3
    async fn a_message_that_is_there_is_received_in_a_cancelled_scope() {
        let (sender, receiver) = bounded(2);
        sender.send(1).await.unwrap();
        let scope = open_cancel_scope();
        let received = scope
            .run(async {
                scope.cancel();
                assert_eq!(receiver.recv().await, Ok(1));
                let _ = receiver.recv().await;
                sleep_forever().await
            })
            .await;
        assert!(received.is_none());
        sender.send(2).await.unwrap();
        assert_eq!(receiver.recv().await, Ok(2));
    }

    async fn a_receiver_that_leaves_while_a_message_comes_leaves_it_to_the_next() {
        let (sender, receiver) = bounded(1);
        let (mut first, mut second) = (Box::pin(receiver.recv()), Box::pin(receiver.recv()));
        assert!(poll!(&mut first).is_pending());
        assert!(poll!(&mut second).is_pending());
        sender.send(1).await.unwrap();
        drop(first);
        assert_eq!(second.now_or_never(), Some(Ok(1)));
    }

    async fn no_message_is_lost_to_those_whose_time_is_up() {
        let (sender, receiver) = bounded(1);
        let received = task_group!(|group| {
            group.start_soon(async move {
                for n in 0..50 {
                    sender.send(n).await?;
                    coro_yield().await;
                }
                Ok::<_, easynet::BoxError>(())
            });
            let mut received = Vec::new();
            loop {
                match move_on_after(ms(0), receiver.recv()).await {
                    Some(Ok(n)) => received.push(n),
                    Some(Err(_)) => break received,
                    None => {}
                }
            }
        });
        assert_eq!(received.unwrap(), (0..50).collect::<Vec<_>>());
    }

    async fn tasks_with_a_channel_leave_nothing() {
        let points = cancel_at_every_await(|witness| async move {
            task_group!(|group| {
                let (sender, receiver) = bounded(1);
                for n in 0..2 {
                    let (sender, witness) = (sender.clone(), witness.clone());
                    group.start_soon(async move {
                        for _ in 0..3 {
                            let _ = sender.send((n, witness.clone())).await;
                        }
                    });
                }
                drop(sender);
                while receiver.recv().await.is_ok() {}
            })
            .expect("nothing fails");
        })
        .await;
        assert!(points >= 1, "{points}");
    }
}
