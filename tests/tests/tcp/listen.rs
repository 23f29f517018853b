//! Opening listeners.

use std::{
    collections::HashSet,
    error::Error,
    io::{self, ErrorKind},
    net::SocketAddr,
};

use easynet::net::{
    AsyncListener as _, AsyncStreamReadTransport as _, AsyncStreamWriteTransport as _, BindError,
    TcpListener, create_tcp_connection, create_tcp_listeners,
};

use super::{connect, listener};
use easynet_tests::over_network;

fn addresses(listeners: &[TcpListener]) -> Vec<SocketAddr> {
    listeners
        .iter()
        .map(|listener| listener.local_address().unwrap())
        .collect()
}

over_network! {
    /// LSO-01
    async fn no_host_is_all_interfaces_by_v4_and_by_v6() {
        let mut listeners = create_tcp_listeners(None, 0).await.unwrap();
        let addresses = addresses(&listeners);
        let families: Vec<_> = addresses.iter().map(SocketAddr::is_ipv6).collect();
        assert!(families == [false, true] || families == [false], "{addresses:?}");
        assert!(addresses.iter().all(|address| address.ip().is_unspecified()));
        for (listener, host) in listeners.iter_mut().zip(["127.0.0.1", "::1"]) {
            let port = listener.local_address().unwrap().port();
            let mut client = create_tcp_connection(host, port).await.unwrap();
            client.send_all(b"x").await.unwrap();
            let (mut server, _) = listener.accept().await.unwrap();
            assert_eq!(server.recv(2).await.unwrap(), b"x");
        }
        assert_eq!(create_tcp_listeners("", 0).await.unwrap().len(), listeners.len());
    }

    /// LSO-02
    async fn port_zero_is_a_port_for_each() {
        let listeners = create_tcp_listeners(["127.0.0.1", "127.0.0.2", "127.0.0.3"], 0).await.unwrap();
        let ports: HashSet<_> = addresses(&listeners).iter().map(SocketAddr::port).collect();
        assert!(!ports.contains(&0));
        assert_eq!(listeners.len(), 3);
    }

    /// LSO-03
    async fn a_v6_listener_takes_v6_only() {
        let Ok(listeners) = create_tcp_listeners("::", 0).await else { return };
        let port = listeners[0].local_address().unwrap().port();
        assert!(create_tcp_connection("::1", port).await.is_ok());
        let error = create_tcp_connection("127.0.0.1", port).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        // The same port is free for IPv4.
        create_tcp_listeners("0.0.0.0", port).await.unwrap();
    }

    /// LSO-04
    async fn a_host_named_twice_is_listened_on_once() {
        let hosts = vec!["127.0.0.1".to_owned(), "127.0.0.1".to_owned()];
        assert_eq!(create_tcp_listeners(hosts, 0).await.unwrap().len(), 1);
        assert!(create_tcp_listeners(Vec::<String>::new(), 0).await.unwrap().is_empty());
    }

    async fn v4_comes_before_v6_whatever_the_order_of_the_hosts() {
        let Ok(listeners) = create_tcp_listeners(["::1", "127.0.0.1"], 0).await else { return };
        let families: Vec<_> = addresses(&listeners).iter().map(SocketAddr::is_ipv6).collect();
        assert_eq!(families, [false, true]);
    }

    /// LSO-05
    async fn a_port_in_use_is_named_and_nothing_stays_open() {
        let (_used, address) = listener().await;
        let error = create_tcp_listeners(["127.0.0.2", "127.0.0.1"], address.port()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        assert_eq!(error.to_string(), format!("cannot listen on {address}"));
        let shown = format!("cannot listen on {address}: {}", error.source().unwrap());
        assert_eq!(format!("{error:?}"), shown, "what main prints has the cause");
        let [(failed, cause)] = error.attempts() else { panic!("{:?}", error.attempts()) };
        assert_eq!((*failed, cause.kind()), (address, ErrorKind::AddrInUse));
        // What was opened before it has been closed again.
        let again = create_tcp_listeners("127.0.0.2", address.port()).await.unwrap();
        drop(again);

        let error = io::Error::from(error);
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        assert!(error.get_ref().unwrap().is::<BindError>());
    }

    /// LSO-05, with several
    async fn every_address_that_fails_is_named() {
        let (_used, address) = listener().await;
        let port = address.port();
        let _also = create_tcp_listeners("127.0.0.2", port).await.unwrap();
        let error = create_tcp_listeners(["127.0.0.1", "127.0.0.2"], port).await.unwrap_err();
        assert_eq!(error.to_string(), format!("cannot listen on 127.0.0.1:{port}, 127.0.0.2:{port}"));
        let cause = error.source().unwrap().to_string();
        assert!(error.attempts().iter().all(|(failed, _)| cause.contains(&failed.to_string())), "{cause}");
    }

    /// LSO-06
    async fn a_port_can_be_shared_if_both_allow_it() {
        let first = create_tcp_listeners("127.0.0.1", 0).reuse_port(true).await.unwrap();
        let port = first[0].local_address().unwrap().port();
        let second = create_tcp_listeners("127.0.0.1", port).reuse_port(true).await.unwrap();
        assert_eq!(addresses(&first), addresses(&second));
        let error = create_tcp_listeners("127.0.0.1", port).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
    }

    async fn an_address_of_another_machine_is_not_available() {
        // Of the network that documentation uses.
        let error = create_tcp_listeners("192.0.2.1", 0).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrNotAvailable);
    }

    /// LSO-07
    async fn an_unknown_host_is_the_error_of_the_resolver() {
        let error = create_tcp_listeners(["127.0.0.1", "no such host"], 0).await.unwrap_err();
        assert!(error.attempts().is_empty());
        assert_eq!(error.to_string(), "cannot listen on no such host:0");
        assert!(error.source().unwrap().is::<io::Error>());
    }

    /// LSO-08
    async fn a_backlog_of_zero_is_a_backlog_of_one() {
        let mut listener = create_tcp_listeners("127.0.0.1", 0).backlog(0).await.unwrap().remove(0);
        let _client = connect(listener.local_address().unwrap()).await;
        listener.accept().await.unwrap();
    }

    async fn what_was_not_accepted_is_reset_with_its_listener() {
        let (listener, address) = listener().await;
        let mut client = connect(address).await;
        drop(listener);
        assert_eq!(client.recv(1).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    }

    async fn a_port_that_was_in_use_a_moment_ago_can_be_used_again() {
        let (mut listener, address) = listener().await;
        let client = connect(address).await;
        let (server, _) = listener.accept().await.unwrap();
        // Closing here first leaves a connection behind that the kernel remembers for a while.
        drop((server, listener));
        drop(client);
        create_tcp_listeners("127.0.0.1", address.port()).await.unwrap();
    }
}
