//! UDP between hosts.

use std::{future::IntoFuture, net::SocketAddr};

use easynet::{move_on_after, time::sleep};

use super::*;

/// A listener on `b`, and an endpoint on `a` that sends to it.
async fn udp(link: Link) -> (Host, Host, UdpListener, UdpEndpoint) {
    let (a, b) = linked(link);
    let listener = b
        .run(async { create_udp_listeners("0.0.0.0", 53).await.unwrap().remove(0) })
        .await;
    let address = b.ipv4().unwrap().to_string();
    let endpoint = a
        .run(async move { create_udp_endpoint(&address, 53).await.unwrap() })
        .await;
    (a, b, listener, endpoint)
}

/// What has arrived after a while, in this order.
async fn arrived(listener: &mut UdpListener) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    while let Some(received) = move_on_after!(1min, listener.recv_from()) {
        all.push(received.unwrap().0);
    }
    all
}

#[test]
fn a_datagram_takes_the_latency_and_comes_from_the_host() {
    simulate(async {
        let (a, _, mut listener, mut endpoint) = udp(Link::new().latency(ms(10))).await;
        endpoint.send(b"ping").await.unwrap();
        let (received, took) = timed(listener.recv_from()).await;
        let (data, peer) = received.unwrap();
        assert_eq!(
            (data, peer.ip(), took),
            (b"ping".to_vec(), a.ipv4().unwrap().into(), ms(10))
        );
        listener.send_to(b"pong", &peer).await.unwrap();
        let (answer, took) = timed(endpoint.recv()).await;
        assert_eq!((answer.unwrap(), took), (b"pong".to_vec(), ms(10)));
    });
}

#[test]
fn a_refusal_comes_back_after_a_round_trip() {
    simulate(async {
        let (_, b, listener, mut endpoint) = udp(Link::new().latency(ms(10))).await;
        drop(listener);
        endpoint.send(b"x").await.unwrap();
        let (error, took) = timed(endpoint.recv()).await;
        assert_eq!(
            (error.unwrap_err().kind(), took),
            (ErrorKind::ConnectionRefused, ms(20))
        );
        b.black_hole(53);
        endpoint.send(b"x").await.unwrap();
        assert!(move_on_after!(1h, endpoint.recv()).is_none());
    });
}

#[test]
fn a_port_that_refuses_or_swallows_hears_nothing() {
    simulate(async {
        let (_, b, mut listener, mut endpoint) = udp(Link::new()).await;
        b.refuse(53);
        endpoint.send(b"x").await.unwrap();
        assert_eq!(
            endpoint.send(b"x").await.unwrap_err().kind(),
            ErrorKind::ConnectionRefused
        );
        b.black_hole(53);
        endpoint.send(b"x").await.unwrap();
        b.admit(53);
        endpoint.send(b"heard").await.unwrap();
        assert_eq!(arrived(&mut listener).await, [b"heard"]);
    });
}

#[test]
fn in_a_partition_datagrams_are_lost() {
    simulate(async {
        let (a, b, mut listener, mut endpoint) = udp(Link::new().latency(ms(10))).await;
        endpoint.send(b"under way").await.unwrap();
        sleep(ms(5)).await;
        network().partition(&a, &b);
        endpoint.send(b"sent").await.unwrap();
        sleep(ms(20)).await;
        network().heal(&a, &b);
        endpoint.send(b"after").await.unwrap();
        assert_eq!(arrived(&mut listener).await, [b"after"]);
    });
}

/// How many of a hundred datagrams arrive, each once or more.
fn counts(link: Link, seed: u64) -> Vec<usize> {
    let program = async {
        let (_, _, mut listener, mut endpoint) = udp(link).await;
        for number in 0..100u8 {
            endpoint.send(&[number]).await.unwrap();
        }
        let mut counts = vec![0; 100];
        for data in arrived(&mut listener).await {
            counts[usize::from(data[0])] += 1;
        }
        counts
    };
    run(seed, program).unwrap()
}

#[test]
fn some_are_lost_by_the_seed() {
    let link = || Link::new().loss(0.3);
    let first = counts(link(), 1);
    let lost = first.iter().filter(|count| **count == 0).count();
    assert!((10..60).contains(&lost), "{lost}");
    assert_eq!(first, counts(link(), 1));
    assert_ne!(first, counts(link(), 2));
    assert_eq!(counts(Link::new().loss(1.0), 1), vec![0; 100]);
}

#[test]
fn some_arrive_twice() {
    let counts = counts(Link::new().duplication(0.3), 1);
    assert!(counts.iter().all(|count| [1, 2].contains(count)));
    let twice = counts.iter().filter(|count| **count == 2).count();
    assert!((10..60).contains(&twice), "{twice}");
}

/// The order in which fifty datagrams arrive.
fn order(link: Link) -> Vec<u8> {
    simulate(async {
        let (_, _, mut listener, mut endpoint) = udp(link).await;
        for number in 0..50u8 {
            endpoint.send(&[number]).await.unwrap();
        }
        arrived(&mut listener).await.concat()
    })
}

#[test]
fn the_order_changes_only_if_it_is_to() {
    let sorted: Vec<u8> = (0..50).collect();
    assert_eq!(order(Link::new().latency(ms(1)..=ms(90))), sorted);
    let mut changed = order(Link::new().latency(ms(10)).reordering(0.2));
    assert_ne!(changed, sorted);
    changed.sort_unstable();
    assert_eq!(changed, sorted);
    assert_ne!(
        order(Link::new().reordering(0.5)),
        sorted,
        "without a latency too"
    );
}

#[test]
fn datagrams_wait_for_the_bandwidth() {
    simulate(async {
        let (_, _, mut listener, mut endpoint) = udp(Link::new().latency(ms(10)).bandwidth(1_000_000)).await;
        for _ in 0..2 {
            endpoint.send(&[0; 5_000]).await.unwrap();
        }
        assert_eq!(timed(listener.recv_from()).await.1, ms(15));
        assert_eq!(timed(listener.recv_from()).await.1, ms(5));
    });
}

#[test]
fn what_there_is_no_room_for_is_lost() {
    simulate(async {
        let (_, _, mut listener, mut endpoint) = udp(Link::new()).await;
        for _ in 0..10 {
            endpoint.send(&[0; 60_000]).await.unwrap();
        }
        assert_eq!(
            arrived(&mut listener).await.len(),
            3,
            "a socket has room for 208 KiB"
        );
    });
    simulate(async {
        let (_, _, mut listener, mut endpoint) = udp(Link::new().latency(ms(10))).await;
        for _ in 0..10_000 {
            endpoint.send(&[0; 60_000]).await.unwrap();
        }
        assert_eq!(arrived(&mut listener).await.len(), 3);
    });
}

/// DGR-12
#[test]
fn an_endpoint_is_opened_at_the_first_address_that_can_be() {
    simulate(async {
        let b = host("b");
        let a = host("a");
        a.ipv4_only();
        let mut listener = b
            .run(async { create_udp_listeners("0.0.0.0", 53).await.unwrap().remove(0) })
            .await;
        let addresses = [b.ipv6().unwrap().into(), b.ipv4().unwrap().into()];
        network().name("service", addresses);
        let mut endpoint = a
            .run(create_udp_endpoint("service", 53).into_future())
            .await
            .unwrap();
        assert_eq!(
            endpoint.peer_address().unwrap(),
            SocketAddr::from((b.ipv4().unwrap(), 53))
        );
        endpoint.send(b"x").await.unwrap();
        assert_eq!(listener.recv_from().await.unwrap().0, b"x");
    });
}
