//! UDP endpoints and listeners.

use std::io::ErrorKind;

use easynet::{move_on_after, net::*, task_group};
use easynet_tests::{over_network, over_sockets};

use super::{udp_endpoint, udp_listener};

over_network! {
    /// DGR-01
    async fn an_answer_comes_back_to_who_asked() {
        let (mut listener, address) = udp_listener().await;
        let mut endpoint = udp_endpoint(address).await;
        assert_eq!(endpoint.peer_address().unwrap(), address);
        endpoint.send(b"ping").await.unwrap();
        let (data, peer) = listener.recv_from().await.unwrap();
        assert_eq!((&data[..], peer), (&b"ping"[..], endpoint.local_address().unwrap()));
        listener.send_to(b"pong", &peer).await.unwrap();
        assert_eq!(endpoint.recv().await.unwrap(), b"pong");
    }

    /// DGR-02
    async fn boundaries_are_kept() {
        let (mut listener, address) = udp_listener().await;
        let mut endpoint = udp_endpoint(address).await;
        for data in [&b"one"[..], b"three"] {
            endpoint.send(data).await.unwrap();
        }
        assert_eq!(listener.recv_from().await.unwrap().0, b"one");
        assert_eq!(listener.recv_from().await.unwrap().0, b"three");
    }

    /// DGR-03
    async fn an_empty_datagram_arrives_and_is_not_the_end() {
        let (mut listener, address) = udp_listener().await;
        let mut endpoint = udp_endpoint(address).await;
        endpoint.send(b"").await.unwrap();
        let (data, peer) = listener.recv_from().await.unwrap();
        assert_eq!(data, b"");
        for data in [&b""[..], b"after"] {
            listener.send_to(data, &peer).await.unwrap();
        }
        let received = endpoint.recv_into(&mut [0; 8]).await.unwrap();
        assert!(received.is_empty() && !received.is_truncated());
        assert_eq!(endpoint.recv().await.unwrap(), b"after");
    }

    /// DGR-04
    async fn a_datagram_that_is_too_large_is_refused_at_once() {
        let (mut listener, address) = udp_listener().await;
        let mut endpoint = udp_endpoint(address).await;
        let error = endpoint.send(&[0; 70_000]).await.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(90), "EMSGSIZE: {error}");
        let error = listener.send_to(&[0; 70_000], &address).await.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(90), "EMSGSIZE: {error}");
        endpoint.send(b"small").await.unwrap();
        assert_eq!(listener.recv_from().await.unwrap().0, b"small");
    }

    /// DGR-05
    async fn a_large_datagram_arrives_whole() {
        let (mut listener, address) = udp_listener().await;
        let mut endpoint = udp_endpoint(address).await;
        let data: Vec<u8> = (0..65_000u32).map(|byte| byte as u8).collect();
        endpoint.send(&data).await.unwrap();
        assert_eq!(listener.recv_from().await.unwrap().0, data);
    }

    /// DGR-06
    async fn a_refusal_is_told_once() {
        let (listener, address) = udp_listener().await;
        let mut endpoint = udp_endpoint(address).await;
        drop(listener);
        endpoint.send(b"nobody").await.unwrap();
        let error = endpoint.recv().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        // Somebody may come.
        let mut listener = create_udp_listeners("127.0.0.1", address.port()).await.unwrap().remove(0);
        endpoint.send(b"somebody").await.unwrap();
        assert_eq!(listener.recv_from().await.unwrap().0, b"somebody");
    }

    /// DGR-07
    async fn an_endpoint_sends_from_the_address_it_is_given() {
        let (mut listener, address) = udp_listener().await;
        let mut endpoint = create_udp_endpoint("127.0.0.1", address.port())
            .local_address(("127.0.0.1", 0))
            .await
            .unwrap();
        endpoint.send(b"x").await.unwrap();
        let (_, peer) = listener.recv_from().await.unwrap();
        assert!(peer.ip().is_loopback());
        assert_ne!(peer.port(), 0);
        assert_eq!(peer, endpoint.local_address().unwrap());
    }

    /// DGR-08
    async fn what_is_closed_says_so() {
        let (mut listener, address) = udp_listener().await;
        let mut endpoint = udp_endpoint(address).await;
        let sender = listener.sender();
        for _ in 0..2 {
            endpoint.aclose().await.unwrap();
            listener.aclose().await.unwrap();
        }
        assert!(endpoint.is_closing() && listener.is_closing());
        for error in [
            endpoint.send(b"x").await.unwrap_err(),
            endpoint.recv().await.unwrap_err(),
            endpoint.local_address().unwrap_err(),
            listener.recv_from().await.unwrap_err(),
            listener.send_to(b"x", &address).await.unwrap_err(),
            sender.send_to(b"x", &address).await.unwrap_err(),
        ] {
            assert!(Closed::is(&error), "{error}");
        }
        // The port is free.
        create_udp_listeners("127.0.0.1", address.port()).await.unwrap();
    }

    async fn a_sender_goes_on_after_the_listener_was_dropped() {
        let (listener, address) = udp_listener().await;
        let mut endpoint = udp_endpoint(address).await;
        let sender = listener.sender();
        drop(listener);
        sender.send_to(b"late", &endpoint.local_address().unwrap()).await.unwrap();
        assert_eq!(endpoint.recv().await.unwrap(), b"late");
    }

    async fn truncation_is_told() {
        let (mut listener, address) = udp_listener().await;
        let mut endpoint = udp_endpoint(address).await;
        endpoint.send(b"12345").await.unwrap();
        endpoint.send(b"678").await.unwrap();
        let mut buffer = [0; 3];
        let (received, peer) = listener.recv_into_from(&mut buffer).await.unwrap();
        assert_eq!((received.len(), received.is_truncated(), &buffer), (3, true, b"123"));
        let (received, _) = listener.recv_into_from(&mut buffer).await.unwrap();
        assert_eq!((received.len(), received.is_truncated(), &buffer), (3, false, b"678"));
        for _ in 0..2 {
            listener.send_to(b"1234", &peer).await.unwrap();
        }
        assert!(endpoint.recv_into(&mut buffer).await.unwrap().is_truncated());
        assert!(endpoint.recv_into(&mut []).await.unwrap().is_truncated());
    }

    /// A connected endpoint has one peer.
    async fn others_than_the_peer_are_not_heard() {
        let (listener, address) = udp_listener().await;
        let (other, _) = udp_listener().await;
        let mut endpoint = udp_endpoint(address).await;
        let own = endpoint.local_address().unwrap();
        other.send_to(b"stranger", &own).await.unwrap();
        listener.send_to(b"peer", &own).await.unwrap();
        assert_eq!(endpoint.recv().await.unwrap(), b"peer");
    }

    async fn halves_go_both_ways_at_once_and_are_joined_again() {
        let (mut listener, address) = udp_listener().await;
        let (mut read, mut write) = udp_endpoint(address).await.split();
        task_group!(|group| {
            let echo = group.spawn_value(async move {
                for _ in 0..100 {
                    let (data, peer) = listener.recv_from().await.unwrap();
                    listener.send_to(&data, &peer).await.unwrap();
                }
            });
            let sending = group.spawn_value(async move {
                for number in 0..100u8 {
                    write.send(&[number]).await.unwrap();
                    // The kernel's buffer is bounded: datagrams that do not fit are lost.
                    easynet::time::coro_yield().await;
                }
                write
            });
            for number in 0..100u8 {
                assert_eq!(read.recv().await.unwrap(), [number]);
            }
            echo.await.unwrap();
            let endpoint = UdpEndpoint::reunite(read, sending.await.unwrap()).unwrap();
            assert_eq!(endpoint.peer_address().unwrap(), address);
            let (other, _) = udp_endpoint(address).await.split();
            let (_, write) = endpoint.split();
            let error = UdpEndpoint::reunite(other, write).unwrap_err();
            let (_read, _write) = error.into_halves();
        })
        .unwrap();
    }

    /// C3, and nothing is lost.
    async fn a_cancelled_receive_loses_nothing() {
        let (mut listener, address) = udp_listener().await;
        let mut endpoint = udp_endpoint(address).await;
        assert!(move_on_after!(1ms, listener.recv_from()).is_none());
        endpoint.send(b"kept").await.unwrap();
        // Ready, but cancelled.
        assert!(move_on_after!(0s, listener.recv_from()).is_none());
        assert_eq!(listener.recv_from().await.unwrap().0, b"kept");
    }

    /// LSO-01, LSO-02, for UDP
    async fn all_interfaces_are_v4_and_v6_each_with_a_port_of_its_own() {
        let listeners = create_udp_listeners(None, 0).await.unwrap();
        let ports: Vec<u16> = listeners.iter().map(|listener| listener.local_address().unwrap().port()).collect();
        assert!(ports.iter().all(|port| *port != 0));
        assert!(listeners[0].local_address().unwrap().is_ipv4());
        if let [_, v6] = &listeners[..] {
            assert!(v6.local_address().unwrap().is_ipv6());
        }
    }

    /// LSO-04, LSO-05, LSO-06, for UDP
    async fn a_port_is_shared_only_if_all_share_it() {
        let (_listener, address) = udp_listener().await;
        let error = create_udp_listeners(["127.0.0.1", "127.0.0.1"], address.port()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        assert_eq!(error.attempts().len(), 1);
        assert!(error.to_string().contains(&address.to_string()), "{error}");

        let shared = create_udp_listeners("127.0.0.1", 0).reuse_port(true).await.unwrap().remove(0);
        let port = shared.local_address().unwrap().port();
        create_udp_listeners("127.0.0.1", port).reuse_port(true).await.unwrap();
        create_udp_listeners("127.0.0.1", port).await.unwrap_err();
    }

    async fn a_family_can_be_asked_for() {
        let (_listener, address) = udp_listener().await;
        let endpoint = create_udp_endpoint("localhost", address.port())
            .family(AddressFamily::Ipv4)
            .await
            .unwrap();
        assert_eq!(endpoint.peer_address().unwrap(), address);
        let error = create_udp_endpoint("127.0.0.1", 1).family(AddressFamily::Ipv6).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.attempts().is_empty());
    }

    async fn an_unknown_host_is_the_error_of_the_resolver() {
        let error = create_udp_endpoint("no-such-host.invalid", 80).await.unwrap_err();
        assert!(error.attempts().is_empty());
        assert_eq!(error.to_string(), "cannot connect to no-such-host.invalid:80");
    }

    /// DGR-07
    async fn a_local_address_of_another_family_is_an_error_of_the_attempt() {
        let (_listener, address) = udp_listener().await;
        let error = create_udp_endpoint("127.0.0.1", address.port())
            .local_address(("::1", 0))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrNotAvailable);
        assert_eq!(error.attempts().len(), 1);
    }

    /// BKD-04
    async fn transports_tell_their_backend() {
        use easynet::AsyncBackend;
        let (listener, address) = udp_listener().await;
        let name = easynet::ensure_backend(None).unwrap().name();
        assert_eq!(listener.backend().name(), name);
        assert_eq!(udp_endpoint(address).await.backend().name(), name);
    }
}

over_sockets! {
    async fn options_of_the_socket_can_be_set() {
        let (listener, address) = udp_listener().await;
        listener.as_socket().unwrap().set_broadcast(true).unwrap();
        assert!(listener.as_socket().unwrap().broadcast().unwrap());
        let mut endpoint = udp_endpoint(address).await;
        endpoint.as_socket().unwrap().set_recv_buffer_size(4096).unwrap();
        endpoint.abort();
        assert!(Closed::is(&endpoint.as_socket().unwrap_err()));
    }
}
