//! Serving datagrams: one that was received is handled, and one that was not can still be received; none is both, and they keep their
//! order.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use easynet::{BoxError, task_group, time::sleep};

use super::*;

const NUMBER: u8 = 8;

/// Sends what is numbered, from another task.
async fn send<W: AsyncDatagramWriteTransport>(mut endpoint: W) -> Result<(), BoxError> {
    for number in 0..NUMBER {
        endpoint.send(&[number]).await?;
        sleep(ms(u64::from(number % 3))).await;
    }
    Ok(())
}

/// A listener and an endpoint, of UDP.
async fn udp() -> (UdpListener, UdpEndpoint) {
    let listener = create_udp_listeners("127.0.0.1", 80).await.unwrap().remove(0);
    (listener, create_udp_endpoint("127.0.0.1", 80).await.unwrap())
}

async fn unix() -> (UnixDatagramListener, UnixDatagramEndpoint) {
    let listener = create_unix_datagram_listener("/listener").await.unwrap();
    let endpoint = create_unix_datagram_endpoint("/listener").local_path("/endpoint");
    (listener, endpoint.await.unwrap())
}

/// The listener is lent: what serving has left is received afterwards.
async fn lent<L, E>(cut: Cut, mut listener: L, endpoint: E)
where
    L: AsyncDatagramListener,
    E: AsyncDatagramTransport,
{
    let (seen, mut left) = (Arc::new(Mutex::new(Vec::new())), Vec::new());
    task_group!(|group| {
        group.start_soon(send(endpoint));
        let handled = seen.clone();
        let serve = (&mut listener).serve(&group.handle(), move |data, _| {
            let handled = handled.clone();
            async move {
                handled.lock().unwrap().extend(data);
                Ok(())
            }
        });
        let (closer, handled) = (serve.closer(), seen.clone());
        let watching = async move {
            while handled.lock().unwrap().len() < NUMBER.into() {
                sleep(ms(1)).await;
            }
            closer.close();
        };
        cut.run(async { futures::join!(serve, watching).0.unwrap_err() })
            .await;
        while let Some(received) = easynet::move_on_after!(1s, listener.recv_from()) {
            left.extend(received.unwrap().0);
        }
    })
    .unwrap();
    let mut all = seen.lock().unwrap().clone();
    all.extend(left);
    assert_eq!(all, Vec::from_iter(0..NUMBER));
}

#[test]
fn what_was_not_handled_can_still_be_received() {
    at_every_await(|cut| async move {
        let (listener, endpoint) = udp().await;
        lent(cut, listener, endpoint).await;
    });
    at_every_await(|cut| async move {
        let (listener, endpoint) = unix().await;
        lent(cut, listener, endpoint).await;
    });
}

/// The listener is dropped with serving; handlers that run answer all the same, and then the port is free.
#[test]
fn answers_under_way_are_sent() {
    at_every_await(|cut| async move {
        let (listener, mut endpoint) = udp().await;
        let (sender, begun) = (listener.sender(), Arc::new(AtomicUsize::new(0)));
        let answers = task_group!(|group| {
            let counted = begun.clone();
            let serve = listener.serve(&group.handle(), move |data, peer| {
                counted.fetch_add(1, SeqCst);
                let sender = sender.clone();
                async move {
                    sleep(ms(5)).await;
                    Ok(sender.send_to(&data, &peer).await?)
                }
            });
            let closer = serve.closer();
            // What is sent when nobody listens any more is refused: it does not matter here.
            for number in 0..3 {
                endpoint.send(&[number]).await.unwrap();
            }
            group.start_soon(async move {
                sleep(ms(50)).await;
                closer.close();
            });
            cut.run(serve).await;
            let mut answers = Vec::new();
            while let Some(answer) = easynet::move_on_after!(1s, endpoint.recv()) {
                answers.extend(answer.unwrap());
            }
            answers.sort_unstable();
            answers
        })
        .unwrap();
        assert_eq!(answers, Vec::from_iter(0..begun.load(SeqCst) as u8));
        create_udp_listeners("127.0.0.1", 80).await.unwrap();
    });
}

/// LSV-06, for datagrams.
#[test]
fn a_private_group_has_ended_with_its_service() {
    at_every_await(|cut| async move {
        let (listener, endpoint) = udp().await;
        let witness = cut.witness();
        task_group!(|group| {
            group.start_soon(send_whatever_becomes_of_it(endpoint));
            let serve = listener.serve_in_private_group(move |data, _| {
                let witness = witness.clone();
                async move {
                    sleep(ms(3)).await;
                    drop(witness);
                    match data[..] {
                        [7] => Err(BoxError::from("enough")),
                        _ => Ok(()),
                    }
                }
            });
            // That no handler is left is seen by the witness.
            if let Some(ended) = cut.run(serve).await {
                assert_eq!(ended.unwrap_err().failures()[0].error().to_string(), "enough");
            }
            create_udp_listeners("127.0.0.1", 80).await.unwrap();
        })
        .unwrap();
    });
}

/// Nobody may be there any more.
async fn send_whatever_becomes_of_it(mut endpoint: UdpEndpoint) {
    for number in 0..NUMBER {
        let _ = endpoint.send(&[number]).await;
        sleep(ms(1)).await;
    }
}
