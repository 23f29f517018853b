//! UDP.

use std::{io::ErrorKind, net::SocketAddr};

use easynet_core::{AsyncBackend, BoxError, net::*};
use easynet_tests::ms;

use crate::on_each;

async fn listener<B: AsyncBackend>(backend: &B) -> (B::UdpListener, SocketAddr) {
    let listener = backend
        .create_udp_listeners("127.0.0.1", 0)
        .await
        .unwrap()
        .remove(0);
    let address = listener.local_address().unwrap();
    (listener, address)
}

on_each! {
    async fn datagrams_go_both_ways(backend) {
        let (mut listener, address) = listener(&backend).await;
        let mut endpoint = backend.create_udp_endpoint("127.0.0.1", address.port()).await.unwrap();
        assert_eq!(endpoint.peer_address().unwrap(), address);
        for sent in [&b"ping"[..], b""] {
            endpoint.send(sent).await.unwrap();
            let (data, peer) = listener.recv_from().await.unwrap();
            assert_eq!((&data[..], peer), (sent, endpoint.local_address().unwrap()));
            listener.send_to(b"an answer", &peer).await.unwrap();
            let mut buffer = [0; 2];
            let received = endpoint.recv_into(&mut buffer).await.unwrap();
            assert!(received.len() == 2 && received.is_truncated() && buffer == *b"an");
        }
    }

    async fn datagrams_are_served(backend) {
        let (listener, address) = listener(&backend).await;
        let sender = listener.sender();
        let group = backend.create_task_group::<BoxError>();
        group
            .run(async {
                let service = group.spawn(listener.serve(&group.handle(), move |mut data, peer| {
                    let sender = sender.clone();
                    async move {
                        data.reverse();
                        sender.send_to(&data, &peer).await?;
                        Ok(())
                    }
                }));
                let mut endpoint = backend.create_udp_endpoint("127.0.0.1", address.port()).await.unwrap();
                endpoint.send(b"abc").await.unwrap();
                assert_eq!(endpoint.recv().await.unwrap(), b"cba");
                service.cancel();
            })
            .await
            .unwrap();
    }

    async fn halves_of_an_endpoint_are_made_one_again(backend) {
        let (mut listener, address) = listener(&backend).await;
        let endpoint = backend.create_udp_endpoint("127.0.0.1", address.port()).await.unwrap();
        let (mut reader, mut writer) = endpoint.split();
        let (received, ()) = futures::join!(reader.recv(), async {
            writer.send(b"ping").await.unwrap();
            let (_, peer) = listener.recv_from().await.unwrap();
            listener.send_to(b"pong", &peer).await.unwrap();
        });
        assert_eq!(received.unwrap(), b"pong");
        let mut endpoint = B::UdpEndpoint::reunite(reader, writer).ok().unwrap();
        endpoint.aclose().await.unwrap();
        assert!(endpoint.is_closing() && Closed::is(&endpoint.send(b"x").await.unwrap_err()));
        assert!(Closed::is(&endpoint.recv().await.unwrap_err()));
    }

    async fn a_datagram_that_is_too_large_is_refused_and_nobody_there_is_told_once(backend) {
        let (listener, address) = listener(&backend).await;
        let mut endpoint = backend.create_udp_endpoint("127.0.0.1", address.port()).await.unwrap();
        assert!(endpoint.send(&[0; 70_000]).await.is_err());
        drop(listener);
        endpoint.send(b"x").await.unwrap();
        assert_eq!(endpoint.recv().await.err().unwrap().kind(), ErrorKind::ConnectionRefused);
        assert!(backend.move_on_after(ms(2), endpoint.recv()).await.is_none());
    }

    async fn senders_go_on_without_the_listener_until_it_is_closed(backend) {
        let (dropped, address) = listener(&backend).await;
        let (mut closed, _) = listener(&backend).await;
        let (mut other, to) = listener(&backend).await;
        let (sender, refused) = (dropped.sender(), closed.sender());
        drop(dropped);
        sender.send_to(b"still", &to).await.unwrap();
        assert_eq!(other.recv_from().await.unwrap(), (b"still".to_vec(), address));
        closed.aclose().await.unwrap();
        assert!(closed.is_closing());
        assert!(Closed::is(&refused.send_to(b"x", &to).await.unwrap_err()));
        assert!(Closed::is(&closed.recv_from().await.unwrap_err()));
        assert!(Closed::is(&closed.local_address().unwrap_err()));
    }
}
