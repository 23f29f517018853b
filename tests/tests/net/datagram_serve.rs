//! Serving datagrams.

use std::{
    io,
    sync::{Arc, Mutex},
};

use easynet::{
    BoxError, TaskGroupError,
    net::*,
    shield, task_group,
    time::{coro_yield, sleep_forever},
};
use easynet_tests::{DropFlag, over_network};
use futures::{StreamExt, channel::mpsc};

use super::{udp_endpoint, udp_listener};

over_network! {
    /// DGR-01
    async fn handlers_answer_with_a_sender() {
        let (listener, address) = udp_listener().await;
        let sender = listener.sender();
        task_group!(|group| {
            let service = group.spawn(listener.serve(&group.handle(), move |data, peer| {
                let sender = sender.clone();
                async move { Ok(sender.send_to(&data, &peer).await?) }
            }));
            let mut endpoint = udp_endpoint(address).await;
            for data in [&b"one"[..], b"two", b""] {
                endpoint.send(data).await.unwrap();
                assert_eq!(endpoint.recv().await.unwrap(), data);
            }
            service.cancel();
        })
        .unwrap();
    }

    /// DGR-09, DGR-10
    async fn handlers_begin_in_the_order_of_arrival_even_of_what_came_before() {
        let (listener, address) = udp_listener().await;
        let mut endpoint = udp_endpoint(address).await;
        for number in 0..100u8 {
            endpoint.send(&[number]).await.unwrap();
        }
        let begun = Arc::new(Mutex::new(Vec::new()));
        let (ended, mut ends) = mpsc::unbounded();
        task_group!(|group| {
            let log = begun.clone();
            let service = group.spawn(listener.serve(&group.handle(), move |data, _| {
                let (log, ended) = (log.clone(), ended.clone());
                async move {
                    log.lock().unwrap().push(data[0]);
                    coro_yield().await;
                    ended.unbounded_send(()).unwrap();
                    Ok(())
                }
            }));
            for _ in 0..100 {
                ends.next().await.unwrap();
            }
            service.cancel();
        })
        .unwrap();
        assert_eq!(*begun.lock().unwrap(), (0..100).collect::<Vec<u8>>());
    }

    async fn a_failing_handler_fails_the_group() {
        let (listener, address) = udp_listener().await;
        let error = task_group!(|group| {
            group.start_soon(listener.serve(&group.handle(), |data, _| async move {
                match &data[..] {
                    b"fail" => Err("told to fail".into()),
                    _ => Ok(()),
                }
            }));
            udp_endpoint(address).await.send(b"fail").await.unwrap();
        })
        .unwrap_err();
        assert_eq!(error.failures()[0].error().to_string(), "told to fail");
    }

    /// LSV-03, for datagrams: not an endless loop, and not a cancellation.
    async fn serving_ends_when_it_is_closed_and_handlers_go_on() {
        let (listener, address) = udp_listener().await;
        let sender = listener.sender();
        let (begun, mut begins) = mpsc::unbounded();
        let (go_on, may_go_on) = futures::channel::oneshot::channel::<()>();
        let mut may_go_on = Some(may_go_on);
        task_group!(|group| {
            let serve = listener.serve(&group.handle(), move |data, peer| {
                let (sender, begun, may_go_on) = (sender.clone(), begun.clone(), may_go_on.take());
                async move {
                    begun.unbounded_send(()).unwrap();
                    may_go_on.unwrap().await.unwrap();
                    Ok(sender.send_to(&data, &peer).await?)
                }
            });
            let closer = serve.closer();
            let service = group.spawn_value(serve);
            let mut endpoint = udp_endpoint(address).await;
            endpoint.send(b"last").await.unwrap();
            begins.next().await.unwrap();
            assert_eq!(closer.live_handlers(), 1);
            closer.close();
            let error = service.join().await.unwrap().unwrap_err();
            assert!(Closed::is(&error), "{error}");
            go_on.send(()).unwrap();
            assert_eq!(endpoint.recv().await.unwrap(), b"last");
        })
        .unwrap();
    }

    /// LSV-04, for datagrams
    async fn a_closed_listener_serves_nobody() {
        let (mut listener, _) = udp_listener().await;
        listener.abort();
        task_group!(|group| {
            let served = listener.serve(&group.handle(), |_, _| async { Ok(()) }).await;
            assert!(Closed::is(&served.unwrap_err()));
        })
        .unwrap();
    }

    async fn no_more_handlers_run_than_may() {
        let (listener, address) = udp_listener().await;
        let (begun, mut begins) = mpsc::unbounded();
        task_group!(|group| {
            let serve = listener.serve(&group.handle(), move |_, _| {
                let (go_on, may_go_on) = futures::channel::oneshot::channel::<()>();
                begun.unbounded_send(go_on).unwrap();
                async move { Ok(may_go_on.await?) }
            });
            let serve = serve.max_concurrent(3);
            let closer = serve.closer();
            let service = group.spawn(serve);
            let mut endpoint = udp_endpoint(address).await;
            for _ in 0..5 {
                endpoint.send(b"x").await.unwrap();
            }
            let mut running = Vec::new();
            for _ in 0..3 {
                running.push(begins.next().await.unwrap());
            }
            for _ in 0..2 {
                for _ in 0..10 {
                    coro_yield().await;
                }
                assert!(begins.try_recv().is_err(), "one more than may run");
                assert_eq!(closer.live_handlers(), 3);
                running.remove(0).send(()).unwrap();
                running.push(begins.next().await.unwrap());
            }
            for go_on in running {
                go_on.send(()).unwrap();
            }
            service.cancel();
        })
        .unwrap();
    }

    async fn a_private_group_ends_with_serving() {
        let (listener, address) = udp_listener().await;
        let dropped = DropFlag::new();
        let mut guard = Some(dropped.guard());
        let served = listener.serve_in_private_group(move |data, _| {
            let guard = guard.take();
            async move {
                if &data[..] == b"fail" {
                    return Err(BoxError::from("told to fail"));
                }
                let _guard = guard;
                sleep_forever().await
            }
        });
        let mut endpoint = udp_endpoint(address).await;
        endpoint.send(b"wait").await.unwrap();
        endpoint.send(b"fail").await.unwrap();
        let error: TaskGroupError = served.await.unwrap_err();
        assert!(dropped.is_set());
        assert!(error.failures().iter().any(|failure| failure.error().to_string() == "told to fail"));
    }

    async fn a_borrowed_listener_can_be_served_again() {
        let (mut listener, address) = udp_listener().await;
        let mut endpoint = udp_endpoint(address).await;
        for round in 0..3u8 {
            let (arrived, mut arrivals) = mpsc::unbounded();
            task_group!(|group| {
                let serve = (&mut listener).serve(&group.handle(), move |data, _| {
                    arrived.unbounded_send(data).unwrap();
                    async { Ok(()) }
                });
                let serve = group.scoped().spawn(serve);
                endpoint.send(&[round]).await.unwrap();
                assert_eq!(arrivals.next().await.unwrap(), [round]);
                serve.cancel();
            })
            .unwrap();
        }
        shield!({ endpoint.send(b"left").await }).unwrap();
        assert_eq!(listener.recv_from().await.unwrap().0, b"left");
    }

    async fn a_cancelled_group_takes_no_more_handlers() {
        let (listener, address) = udp_listener().await;
        let mut endpoint = udp_endpoint(address).await;
        endpoint.send(b"x").await.unwrap();
        let handle = {
            let mut outer = None;
            task_group!(|group| { outer = Some(group.handle()) }).unwrap();
            outer.unwrap()
        };
        let error = listener.serve(&handle, |_, _| async { Ok(()) }).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Other);
        assert!(error.to_string().contains("group"), "{error}");
    }
}
