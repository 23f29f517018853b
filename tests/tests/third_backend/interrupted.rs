//! Cancelled, an operation does nothing, and what it waits for is not lost (C3).

use std::{future::Future, io::Write, os::unix::net::UnixStream};

use easynet_core::{AsyncBackend, net::*};
use easynet_tests::{LONG, ms};
use futures::poll;

use crate::{
    Directory, on_each, on_sockets,
    streams::{listener, pair},
};

/// Runs an operation in a scope that is cancelled already.
async fn in_a_cancelled_scope<B: AsyncBackend>(backend: &B, operation: impl Future) {
    let scope = backend.open_cancel_scope();
    scope.cancel();
    assert!(scope.run(operation).await.is_none(), "it has completed");
}

/// Runs an operation until its time is up.
async fn for_a_moment<B: AsyncBackend>(backend: &B, operation: impl Future) {
    assert!(
        backend.move_on_after(ms(2), operation).await.is_none(),
        "it has completed"
    );
}

on_each! {
    async fn a_receive_loses_nothing(backend) {
        let (mut client, mut server) = pair(&backend).await;
        for_a_moment(&backend, server.recv(8)).await;
        client.send_all(b"hello").await.unwrap();
        assert_eq!(server.recv(1).await.unwrap(), b"h");
        in_a_cancelled_scope(&backend, server.recv(8)).await;
        assert_eq!(server.recv(8).await.unwrap(), b"ello");
    }

    async fn a_send_that_has_not_begun_sends_nothing(backend) {
        let (mut client, mut server) = pair(&backend).await;
        in_a_cancelled_scope(&backend, client.send_all(b"lost")).await;
        in_a_cancelled_scope(&backend, client.send_eof()).await;
        client.send_all(b"sent").await.unwrap();
        assert_eq!(server.recv(8).await.unwrap(), b"sent");
    }

    async fn a_send_that_waits_is_let_go_of(backend) {
        let (mut client, mut server) = pair(&backend).await;
        let message = vec![7; 8_000_000];
        for_a_moment(&backend, client.send_all(&message)).await;
        drop(client);
        let mut length = 0;
        loop {
            let piece = server.recv(65_536).await.unwrap();
            if piece.is_empty() {
                break;
            }
            assert!(piece.iter().all(|byte| *byte == 7));
            length += piece.len();
        }
        assert!(0 < length && length < message.len());
    }

    async fn a_connection_that_waits_is_accepted_later(backend) {
        let (mut listener, address) = listener(&backend).await;
        for_a_moment(&backend, listener.accept()).await;
        let mut client = backend.create_tcp_connection("127.0.0.1", address.port()).await.unwrap();
        in_a_cancelled_scope(&backend, listener.accept()).await;
        client.send_all(b"x").await.unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        assert_eq!(server.recv(1).await.unwrap(), b"x");
    }

    async fn nothing_is_opened(backend) {
        let (mut listener, address) = listener(&backend).await;
        in_a_cancelled_scope(&backend, backend.create_tcp_connection("127.0.0.1", address.port()).into_future()).await;
        in_a_cancelled_scope(&backend, backend.create_tcp_listeners("127.0.0.1", 0).into_future()).await;
        in_a_cancelled_scope(&backend, backend.create_udp_listeners("127.0.0.1", 0).into_future()).await;
        in_a_cancelled_scope(&backend, backend.create_udp_endpoint("127.0.0.1", 1).into_future()).await;
        in_a_cancelled_scope(&backend, backend.getaddrinfo("localhost", 80).into_future()).await;
        for_a_moment(&backend, listener.accept()).await;
        let directory = Directory::new();
        let path = directory.path("none");
        in_a_cancelled_scope(&backend, backend.create_unix_stream_listener(&path).into_future()).await;
        in_a_cancelled_scope(&backend, backend.create_unix_datagram_listener(&path).into_future()).await;
        assert_eq!(
            backend.create_unix_stream_connection(&path).await.err().unwrap().kind(),
            std::io::ErrorKind::NotFound
        );
    }

    async fn a_close_that_is_cancelled_closes(backend) {
        let (mut client, mut server) = pair(&backend).await;
        in_a_cancelled_scope(&backend, client.aclose()).await;
        assert!(client.is_closing());
        assert!(server.recv(1).await.unwrap().is_empty());
    }

    async fn a_datagram_is_received_or_left(backend) {
        let mut listener = backend.create_udp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
        let port = listener.local_address().unwrap().port();
        let mut endpoint = backend.create_udp_endpoint("127.0.0.1", port).await.unwrap();
        for_a_moment(&backend, listener.recv_from()).await;
        for_a_moment(&backend, endpoint.recv()).await;
        in_a_cancelled_scope(&backend, endpoint.send(b"lost")).await;
        endpoint.send(b"one").await.unwrap();
        backend.sleep(ms(1)).await;
        in_a_cancelled_scope(&backend, listener.recv_from()).await;
        let (data, peer) = listener.recv_from().await.unwrap();
        assert_eq!(data, b"one");
        in_a_cancelled_scope(&backend, listener.send_to(b"lost", &peer)).await;
        listener.send_to(b"two", &peer).await.unwrap();
        assert_eq!(endpoint.recv().await.unwrap(), b"two");
    }

    async fn a_datagram_that_waits_for_room_was_not_sent(backend) {
        let directory = Directory::new();
        let path = directory.path("full");
        let mut listener = backend.create_unix_datagram_listener(&path).await.unwrap();
        let mut endpoint = backend.create_unix_datagram_endpoint(&path).await.unwrap();
        let mut sent = 0;
        while backend.move_on_after(ms(2), endpoint.send(b"one")).await.is_some() {
            sent += 1;
        }
        for _ in 0..sent {
            assert_eq!(listener.recv_from().await.unwrap().0, b"one");
        }
        for_a_moment(&backend, listener.recv_from()).await;
    }

    /// An operation that was left behind with its waker does not keep the next one from being woken.
    async fn the_next_who_waits_is_woken(backend) {
        let (mut client, mut server) = pair(&backend).await;
        {
            let mut left = std::pin::pin!(server.recv(8));
            assert!(poll!(left.as_mut()).is_pending());
        }
        let (received, ()) = futures::join!(backend.timeout(LONG, server.recv(8)), async {
            backend.sleep(ms(1)).await;
            client.send_all(b"x").await.unwrap();
        });
        assert_eq!(received.unwrap().unwrap(), b"x");
    }
}

on_sockets! {
    /// A transport is woken in the task that awaits it, also if that is another than before.
    async fn a_stream_that_moved_to_another_task_wakes_that_one(backend) {
        let (left, mut right) = UnixStream::pair().unwrap();
        let mut left = backend.wrap_stream_socket(left).unwrap();
        for_a_moment(&backend, left.recv(8)).await;
        let group = backend.create_task_group::<easynet_core::BoxError>();
        let received = group
            .run(async {
                let task = group.spawn(async move { left.recv(8).await });
                backend.sleep(ms(1)).await;
                right.write_all(b"x").unwrap();
                task.join().await.unwrap()
            })
            .await
            .unwrap();
        assert_eq!(received, b"x");
    }
}
