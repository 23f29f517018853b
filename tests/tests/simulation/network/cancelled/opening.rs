//! Opening, and looking names up: what was open is closed, and its port is free.

use easynet::time::sleep;

use super::*;

/// Names take a while.
fn slow_names() {
    network().lookup_latency(ms(5));
    network().name("all", ["0.0.0.0".parse().unwrap(), "::".parse().unwrap()]);
    network().name("other", ["127.0.0.2".parse().unwrap()]);
}

#[test]
fn listeners_that_are_not_handed_out_listen_no_more() {
    at_every_await(|cut| async move {
        slow_names();
        let opened = cut.run(async {
            let tcp = create_tcp_listeners(["localhost", "other", "127.0.0.1"], 80)
                .await
                .unwrap();
            let udp = create_udp_listeners("all", 80).await.unwrap();
            sleep(ms(1)).await;
            (tcp, udp)
        });
        if let Some((tcp, udp)) = opened.await {
            assert_eq!((tcp.len(), udp.len()), (3, 2));
        }
        assert_eq!(network().sockets(), 0);
        create_tcp_listeners(None, 80).await.unwrap();
        create_udp_listeners(None, 80).await.unwrap();
    });
}

#[test]
fn an_endpoint_that_is_not_handed_out_gives_its_port_back() {
    at_every_await(|cut| async move {
        slow_names();
        let _peer = create_udp_listeners("127.0.0.1", 80).await.unwrap();
        let opened = cut.run(async {
            let open = create_udp_endpoint("localhost", 80).local_address(("other", 4000));
            let endpoint = open.await.unwrap();
            sleep(ms(1)).await;
            endpoint
        });
        if let Some(endpoint) = opened.await {
            assert_eq!(endpoint.local_address().unwrap().port(), 4000);
        }
        assert_eq!(network().sockets(), 1, "the peer");
        create_udp_listeners(None, 4000).await.unwrap();
    });
}

/// A connection to one address, which is not raced: it answers, it does not, or its backlog is full.
#[test]
fn a_connection_that_is_not_handed_out_is_closed() {
    for answers in [true, false] {
        at_every_await(|cut| async move {
            let (a, b) = linked(wire());
            slow_names();
            network().name("one", [b.ipv4().unwrap().into()]);
            let mut listener = listen(&b, 80).await;
            if !answers {
                b.black_hole(80);
            }
            let own = a.ipv4().unwrap().to_string();
            let opened = cut.run(a.run(async move {
                let open = create_tcp_connection("one", 80).local_address((own.as_str(), 4000));
                let stream = easynet::move_on_after!(1min, { open.await.unwrap() });
                sleep(ms(1)).await;
                stream
            }));
            if let Some(stream) = opened.await {
                assert_eq!(stream.is_some(), answers);
            }
            // One that the peer knows of has ended.
            while let Some(accepted) = easynet::move_on_after!(1s, listener.accept()) {
                let (mut stream, _) = accepted.unwrap();
                assert_eq!(stream.recv(1).await.unwrap_or_default(), b"");
            }
            assert_eq!(network().sockets(), 1, "the listener");
            let again = a.run(async { create_tcp_listeners("0.0.0.0", 4000).await });
            again.await.unwrap();
        });
    }
}

#[test]
fn who_waits_for_room_in_a_backlog_leaves_it() {
    at_every_await(|cut| async move {
        let open = create_tcp_listeners("127.0.0.1", 80).backlog(1);
        let mut listener = open.await.unwrap().remove(0);
        let first = create_tcp_connection("127.0.0.1", 80).await.unwrap();
        let waiting = cut.run(async {
            let waits = create_tcp_connection("127.0.0.1", 80).local_address(("127.0.0.1", 4000));
            assert!(easynet::move_on_after!(10ms, waits).is_none());
            sleep(ms(1)).await;
        });
        waiting.await;
        let (_, peer) = listener.accept().await.unwrap();
        assert_eq!(peer, first.local_address().unwrap());
        assert!(
            easynet::move_on_after!(1s, listener.accept()).is_none(),
            "it is still there"
        );
        create_tcp_listeners("127.0.0.1", 4000).await.unwrap();
    });
}

/// Whatever becomes of a question, the next is answered.
#[test]
fn names_can_be_asked_for_again() {
    async fn ask() -> (usize, String) {
        let answers = getaddrinfo("all", 80).kind(SocketKind::Stream).await.unwrap();
        let (name, port) = getnameinfo(([127, 0, 0, 1], 80)).await.unwrap();
        assert_eq!(port, "80");
        (answers.len(), name)
    }

    at_every_await(|cut| async move {
        slow_names();
        let expected = (2, "localhost".to_owned());
        if let Some(answer) = cut.run(async { (ask().await, ask().await).0 }).await {
            assert_eq!(answer, expected);
        }
        assert_eq!(ask().await, expected);
    });
}
