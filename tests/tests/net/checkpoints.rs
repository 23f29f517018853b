//! C3: in a cancelled scope nothing is begun, even what could complete at once. TCP streams have their own in the tests of TCP.

use std::{
    future::{Future, IntoFuture},
    io::Read,
    os::fd::AsFd,
};

use easynet::{cancel::open_cancel_scope, net::*, task_group};
use easynet_tests::over_network;
use futures::poll;

use super::{Directory, udp_endpoint, udp_listener, unix_pair};

/// Runs an operation in a scope that is cancelled already.
async fn cancelled<F: Future>(operation: F) {
    let scope = open_cancel_scope();
    scope.cancel();
    assert!(scope.run(operation).await.is_none(), "it has completed");
}

over_network! {
    async fn an_endpoint_neither_sends_nor_receives() {
        let (mut listener, address) = udp_listener().await;
        let mut endpoint = udp_endpoint(address).await;
        cancelled(endpoint.send(b"lost")).await;
        endpoint.send(b"sent").await.unwrap();
        let (data, peer) = listener.recv_from().await.unwrap();
        assert_eq!(data, b"sent");

        // One more, so that the others are known to have arrived.
        for data in [&b"one"[..], b"two", b"three"] {
            listener.send_to(data, &peer).await.unwrap();
        }
        assert_eq!(endpoint.recv().await.unwrap(), b"one");
        let mut buffer = [0; 8];
        cancelled(endpoint.recv()).await;
        cancelled(endpoint.recv_into(&mut buffer)).await;
        assert_eq!(buffer, [0; 8]);
        let (mut reader, mut writer) = endpoint.split();
        cancelled(reader.recv()).await;
        cancelled(writer.send(b"lost")).await;
        assert_eq!(reader.recv().await.unwrap(), b"two");
        assert_eq!(reader.recv().await.unwrap(), b"three");
        writer.send(b"last").await.unwrap();
        assert_eq!(listener.recv_from().await.unwrap().0, b"last");
    }

    async fn a_listener_neither_sends_nor_receives() {
        let (mut listener, address) = udp_listener().await;
        let mut endpoint = udp_endpoint(address).await;
        for data in [&b"one"[..], b"two", b"three"] {
            endpoint.send(data).await.unwrap();
        }
        let (_, peer) = listener.recv_from().await.unwrap();
        let mut buffer = [0; 8];
        cancelled(listener.recv_from()).await;
        cancelled(listener.recv_into_from(&mut buffer)).await;
        assert_eq!(buffer, [0; 8]);
        task_group!(|group| {
            cancelled((&mut listener).serve(&group.handle(), |_, _| async { panic!("it was handled") })).await;
        })
        .unwrap();
        assert_eq!(listener.recv_from().await.unwrap().0, b"two");
        assert_eq!(listener.recv_from().await.unwrap().0, b"three");

        let sender = listener.sender();
        cancelled(listener.send_to(b"lost", &peer)).await;
        cancelled(sender.send_to(b"lost", &peer)).await;
        sender.send_to(b"sent", &peer).await.unwrap();
        assert_eq!(endpoint.recv().await.unwrap(), b"sent");
    }

    async fn a_unix_stream_neither_sends_nor_receives() {
        let (mut client, mut server) = unix_pair().await;
        let (mut reader, writer) = std::io::pipe().unwrap();
        cancelled(client.send_all(b"lost")).await;
        cancelled(client.send_all_from_iterable([&b"lost"[..]])).await;
        cancelled(client.send_all_with_fds([&b"lost"[..]], &[writer.as_fd()])).await;
        cancelled(client.send_eof()).await;
        client.send_all_with_fds([&b"sent"[..]], &[writer.as_fd()]).await.unwrap();
        drop(writer);
        let mut buffer = [0; 8];
        cancelled(server.recv(8)).await;
        cancelled(server.recv_into(&mut buffer)).await;
        cancelled(server.recv_with_fds(&mut buffer)).await;
        assert_eq!(buffer, [0; 8]);
        let message = server.recv_with_fds(&mut buffer).await.unwrap();
        assert_eq!((&buffer[..message.len()], message.into_fds().len()), (&b"sent"[..], 1));
        // No copy is left: what is read from the pipe is its end.
        assert_eq!(reader.read(&mut buffer).unwrap(), 0);
    }

    async fn unix_datagrams_keep_their_descriptors() {
        let directory = Directory::new();
        let (to, own) = (directory.path("to"), directory.path("own"));
        let mut listener = create_unix_datagram_listener(&to).await.unwrap();
        let mut endpoint = create_unix_datagram_endpoint(&to).local_path(&own).await.unwrap();
        let (sender, own) = (listener.sender(), UnixAddress::from(own));
        let (mut reader, writer) = std::io::pipe().unwrap();
        let mut buffer = [0; 8];

        cancelled(endpoint.send_with_fds(b"lost", &[writer.as_fd()])).await;
        endpoint.send_with_fds(b"sent", &[writer.as_fd()]).await.unwrap();
        cancelled(listener.recv_from()).await;
        cancelled(listener.recv_from_with_fds(&mut buffer)).await;
        let (message, _) = listener.recv_from_with_fds(&mut buffer).await.unwrap();
        assert_eq!((&buffer[..message.len()], message.into_fds().len()), (&b"sent"[..], 1));

        cancelled(sender.send_to_with_fds(b"lost", &[writer.as_fd()], &own)).await;
        sender.send_to_with_fds(b"back", &[writer.as_fd()], &own).await.unwrap();
        drop(writer);
        cancelled(endpoint.recv()).await;
        cancelled(endpoint.recv_with_fds(&mut buffer)).await;
        let message = endpoint.recv_with_fds(&mut buffer).await.unwrap();
        assert_eq!((&buffer[..message.len()], message.into_fds().len()), (&b"back"[..], 1));
        assert_eq!(reader.read(&mut buffer).unwrap(), 0);
    }

    async fn two_streams_as_one_neither_send_nor_receive() {
        let ((out, mut out_peer), (back, mut back_peer)) = (unix_pair().await, unix_pair().await);
        let mut both = StapledStreamTransport::new(out, back);
        back_peer.send_all(b"answer").await.unwrap();
        cancelled(both.recv(8)).await;
        cancelled(both.send_all(b"lost")).await;
        cancelled(both.send_eof()).await;
        both.send_all(b"sent").await.unwrap();
        assert_eq!(out_peer.recv(8).await.unwrap(), b"sent");
        assert_eq!(both.recv(8).await.unwrap(), b"answer");
        cancelled(both.aclose()).await;
        assert!(both.is_closing());
    }

    async fn a_unix_connection_that_waits_is_not_accepted() {
        let directory = Directory::new();
        let path = directory.path("listener");
        let mut listener = create_unix_stream_listener(&path).await.unwrap();
        let mut client = create_unix_stream_connection(&path).await.unwrap();
        cancelled(listener.accept()).await;
        task_group!(|group| {
            cancelled((&mut listener).serve(&group.handle(), |_| async { panic!("it was handled") })).await;
            cancelled((&mut listener).serve_in_private_group(|_| async { Err("it was handled".into()) as Result<(), easynet::BoxError> })).await;
        })
        .unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        server.send_all(b"x").await.unwrap();
        assert_eq!(client.recv(8).await.unwrap(), b"x");
    }

    async fn nothing_is_opened_for_datagrams() {
        let (listener, address) = udp_listener().await;
        cancelled(create_udp_endpoint("localhost", address.port()).into_future()).await;
        cancelled(create_udp_endpoint("127.0.0.1", address.port()).local_address(("127.0.0.1", 0)).into_future()).await;
        drop(listener);
        cancelled(create_udp_listeners("127.0.0.1", address.port()).into_future()).await;
        cancelled(create_udp_listeners("localhost", address.port()).into_future()).await;
        create_udp_listeners("127.0.0.1", address.port()).await.unwrap();
    }

    async fn nothing_is_opened_at_a_path() {
        let directory = Directory::new();
        let (streams, datagrams, own) = (directory.path("streams"), directory.path("datagrams"), directory.path("own"));
        cancelled(create_unix_stream_listener(&streams).into_future()).await;
        cancelled(create_unix_datagram_listener(&datagrams).into_future()).await;
        let mut stream_listener = create_unix_stream_listener(&streams).await.unwrap();
        let _datagram_listener = create_unix_datagram_listener(&datagrams).await.unwrap();
        cancelled(create_unix_stream_connection(&streams).local_path(&own).into_future()).await;
        cancelled(create_unix_datagram_endpoint(&datagrams).local_path(&own).into_future()).await;
        assert!(poll!(stream_listener.accept()).is_pending());
        create_unix_datagram_endpoint(&datagrams).local_path(&own).await.unwrap();
    }

    async fn nobody_is_asked_for_names() {
        cancelled(getaddrinfo("127.0.0.1", 80).into_future()).await;
        cancelled(getaddrinfo("localhost", 80).into_future()).await;
        cancelled(getnameinfo(([127, 0, 0, 1], 80)).into_future()).await;
        cancelled(getnameinfo(([127, 0, 0, 1], 80)).numeric_host(true).into_future()).await;
    }
}
