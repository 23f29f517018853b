//! Opening connections.

use std::{
    error::Error,
    io,
    net::{SocketAddr, TcpStream as StdTcpStream},
};

use easynet::net::{
    AsyncListener as _, AsyncStreamReadTransport as _, AsyncStreamTransport as _,
    AsyncStreamWriteTransport as _, ConnectError, TcpStream, create_tcp_connection, create_tcp_listeners,
};

use super::{connect, listener, pair};
use easynet_tests::{over_network, over_sockets};

/// An address that nobody listens on, as long as the client that uses it is there.
fn unused(client: &TcpStream) -> SocketAddr {
    client.local_address().unwrap()
}

over_network! {
    /// TCP-01
    async fn both_ends_exchange_data_and_see_each_other() {
        let (mut listener, address) = listener().await;
        let mut client = connect(address).await;
        let (mut server, peer) = listener.accept().await.unwrap();
        client.send_all(b"ping").await.unwrap();
        assert_eq!(server.recv(16).await.unwrap(), b"ping");
        server.send_all(b"pong").await.unwrap();
        assert_eq!(client.recv(16).await.unwrap(), b"pong");

        assert_eq!(client.peer_address().unwrap(), address);
        assert_eq!(server.local_address().unwrap(), address);
        assert_eq!(client.local_address().unwrap(), peer);
        assert_eq!(server.peer_address().unwrap(), peer);
    }

    /// TCP-02
    async fn a_refused_connection_names_the_address() {
        let (client, _server) = pair().await;
        let address = unused(&client);
        let error = create_tcp_connection("127.0.0.1", address.port()).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(error.to_string(), format!("cannot connect to {address}"));
        let [(tried, answer)] = error.attempts() else { panic!("{:?}", error.attempts()) };
        assert_eq!((*tried, answer.kind()), (address, io::ErrorKind::ConnectionRefused));
        assert!(error.source().unwrap().to_string().contains("refused"));
        let shown = format!("cannot connect to {address}: {}", error.source().unwrap());
        assert_eq!(format!("{error:?}"), shown, "what main prints has the cause");

        let error = io::Error::from(error);
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert!(error.get_ref().unwrap().is::<ConnectError>());
    }

    /// HEB-06, as far as attempts are made one after the other
    async fn every_attempt_can_be_read_from_the_error() {
        let (client, _server) = pair().await;
        let address = unused(&client);
        let error = create_tcp_connection("localhost", address.port()).await.unwrap_err();
        assert_eq!(error.to_string(), format!("cannot connect to localhost:{}", address.port()));
        assert!(error.attempts().iter().any(|(tried, _)| *tried == address));
        let cause = error.source().unwrap().to_string();
        assert_eq!(error.kind(), error.attempts()[0].1.kind());
        if error.attempts().len() > 1 {
            assert!(error.attempts().iter().all(|(tried, answer)| cause.contains(&format!("{tried}: {answer}"))));
        }
    }

    /// HEB-08, as far as attempts are made one after the other
    async fn the_first_address_that_answers_is_used() {
        // `localhost` may be ::1 as well, where nobody listens.
        let (mut listener, address) = listener().await;
        let client = create_tcp_connection("localhost", address.port()).await.unwrap();
        let (_, peer) = listener.accept().await.unwrap();
        assert_eq!(client.local_address().unwrap(), peer);
    }

    /// DNS-03
    async fn an_unknown_host_is_the_error_of_the_resolver() {
        let error = create_tcp_connection("no such host", 80).await.unwrap_err();
        assert!(error.attempts().is_empty());
        assert_eq!(error.to_string(), "cannot connect to no such host:80");
        let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
        assert_eq!(source.kind(), error.kind());
    }

    /// TCP-06
    async fn a_v6_listener_can_be_connected_to() {
        let Ok(mut listeners) = create_tcp_listeners("::1", 0).await else {
            return; // This machine has no IPv6.
        };
        let address = listeners[0].local_address().unwrap();
        let client = create_tcp_connection("::1", address.port()).await.unwrap();
        let (_, peer) = listeners[0].accept().await.unwrap();
        assert!(peer.is_ipv6());
        assert_eq!(client.peer_address().unwrap(), address);
    }

    async fn a_connection_can_be_opened_in_a_task_of_its_own() {
        let (mut listener, address) = listener().await;
        easynet::task_group!(|group| {
            let host = String::from("127.0.0.1");
            let client = group.spawn(async move { create_tcp_connection(&host, address.port()).await });
            let (mut server, _) = listener.accept().await.unwrap();
            drop(client.await.unwrap());
            assert!(server.recv(1).await.unwrap().is_empty());
        })
        .unwrap();
    }
}

over_sockets! {
    /// TCP-05
    async fn small_messages_are_sent_at_once_by_both_ends() {
        let (client, server) = pair().await;
        for stream in [client, server] {
            assert!(StdTcpStream::try_from(stream).unwrap().nodelay().unwrap());
        }
    }
}
