//! How long things take: latency, bandwidth, jitter, and readers that are slow.

use std::collections::BTreeSet;

use easynet::{move_on_after, task_group, time::sleep};

use super::*;

#[test]
fn opening_takes_a_round_trip_and_accepting_half_of_one_more() {
    simulate(async {
        let (a, b) = linked(Link::new().latency(ms(10)));
        let mut listener = listen(&b, 80).await;
        task_group!(|group| {
            let accepting = group.spawn_value(async move { timed(listener.accept()).await.1 });
            let (stream, took) = timed(connect(&a, &b, 80)).await;
            assert_eq!((stream.is_ok(), took), (true, ms(20)));
            assert_eq!(accepting.await.unwrap(), ms(30));
        })
        .unwrap();
    });
}

#[test]
fn data_and_its_end_take_the_latency() {
    simulate(async {
        let (_, _, mut client, mut server) = pair(Link::new().latency(ms(10))).await;
        client.send_all(b"x").await.unwrap();
        let (data, took) = timed(server.recv(8)).await;
        assert_eq!((data.unwrap(), took), (b"x".to_vec(), ms(10)));
        sleep(ms(5)).await;
        drop(client);
        let (data, took) = timed(server.recv(8)).await;
        assert_eq!((data.unwrap(), took), (Vec::new(), ms(10)));
    });
}

#[test]
fn each_direction_may_have_a_latency_of_its_own() {
    simulate(async {
        let (a, b) = linked(Link::new().latency(ms(10)));
        network().link_one_way(&b, &a, Link::new().latency(ms(50)));
        let _listener = listen(&b, 80).await;
        assert_eq!(timed(connect(&a, &b, 80)).await.1, ms(60));
    });
}

#[test]
fn the_default_link_is_between_all_others_and_within_no_host() {
    simulate(async {
        network().default_link(Link::new().latency(ms(10)));
        let (a, b) = linked(Link::new());
        let c = host("c");
        let _b = listen(&b, 80).await;
        let _c = listen(&c, 80).await;
        assert_eq!(timed(connect(&a, &b, 80)).await.1, ms(0));
        assert_eq!(timed(connect(&a, &c, 80)).await.1, ms(20));
        assert_eq!(timed(connect(&c, &c, 80)).await.1, ms(0));
    });
}

#[test]
fn what_is_sent_waits_for_the_bandwidth() {
    simulate(async {
        // A kilobyte per millisecond.
        let (_, _, mut client, mut server) = pair(Link::new().latency(ms(10)).bandwidth(1_000_000)).await;
        client.send_all(&[1; 5_000]).await.unwrap();
        client.send_all(&[2; 3_000]).await.unwrap();
        let mut buffer = [0; 10_000];
        let (first, took) = timed(server.recv_into(&mut buffer)).await;
        assert_eq!((first.unwrap(), took), (5_000, ms(15)));
        let (second, took) = timed(server.recv_into(&mut buffer)).await;
        assert_eq!((second.unwrap(), took), (3_000, ms(3)));
    });
}

#[test]
fn connections_share_the_bandwidth() {
    simulate(async {
        let (a, b) = linked(Link::new().bandwidth(1_000_000));
        let mut listener = listen(&b, 80).await;
        let mut streams = Vec::new();
        for _ in 0..2 {
            let client = connect(&a, &b, 80).await.unwrap();
            streams.push((client, listener.accept().await.unwrap().0));
        }
        let begin = current_time();
        for (client, _) in &mut streams {
            client.send_all(&[1; 5_000]).await.unwrap();
        }
        for ((_, server), moment) in streams.iter_mut().zip([5, 10]) {
            server.recv(5_000).await.unwrap();
            assert_eq!(current_time() - begin, ms(moment));
        }
    });
}

/// When each of some messages arrives.
fn arrivals(seed: u64) -> Vec<Duration> {
    let program = async {
        let (_, _, mut client, mut server) = pair(Link::new().latency(ms(10)..=ms(20))).await;
        let mut arrivals = Vec::new();
        for number in 0..5 {
            client.send_all(&[number]).await.unwrap();
            let (data, took) = timed(server.recv(1)).await;
            assert_eq!(data.unwrap(), [number]);
            arrivals.push(took);
        }
        arrivals
    };
    run(seed, program).unwrap()
}

#[test]
fn jitter_is_drawn_from_the_range_by_the_seed() {
    let first = arrivals(1);
    assert_eq!(first, arrivals(1), "one seed");
    assert!(
        first.iter().all(|took| (ms(10)..=ms(20)).contains(took)),
        "{first:?}"
    );
    assert!(first.iter().collect::<BTreeSet<_>>().len() > 1, "{first:?}");
    assert_ne!(first, arrivals(2), "another seed");
}

#[test]
fn jitter_does_not_change_the_order_of_bytes() {
    for seed in 0..20 {
        let program = async {
            let (_, _, mut client, mut server) = pair(Link::new().latency(ms(0)..=ms(50))).await;
            let sent: Vec<u8> = (0..100).collect();
            for byte in &sent {
                client.send_all(&[*byte]).await.unwrap();
            }
            drop(client);
            let mut received = Vec::new();
            loop {
                let some = server.recv(64).await.unwrap();
                if some.is_empty() {
                    break;
                }
                received.extend(some);
            }
            assert_eq!(received, sent);
        };
        run(seed, program).unwrap();
    }
}

#[test]
fn loss_delays_a_connection_and_loses_nothing() {
    simulate(async {
        let (a, b, mut client, mut server) = pair(Link::new()).await;
        network().link(&a, &b, Link::new().loss(0.5));
        let (mut sent, begin) = (0, current_time());
        for number in 0..50u8 {
            client.send_all(&[number]).await.unwrap();
            assert_eq!(server.recv(1).await.unwrap(), [number]);
            sent += 1;
        }
        let took = current_time() - begin;
        assert_eq!(sent, 50);
        // Each loss costs 200 ms, or a multiple of that.
        assert!(
            took >= ms(200) && took.as_millis().is_multiple_of(200),
            "{took:?}"
        );
    });
}

#[test]
fn a_slow_reader_holds_the_sender_up_until_it_hears_of_the_room() {
    simulate(async {
        let (_, _, mut client, mut server) = pair(Link::new().latency(ms(10))).await;
        let data = vec![7; 300_000];
        assert!(move_on_after!(1h, client.send_all(&data)).is_none());
        let mut buffer = vec![0; 300_000];
        let waiting = server.recv_into(&mut buffer).await.unwrap();
        assert_eq!(waiting, 64 * 1024, "what may be under way");
        // That there is room is known after the latency.
        let (sent, took) = timed(client.send_all(b"more")).await;
        sent.unwrap();
        assert_eq!(took, ms(10));
        let (more, took) = timed(server.recv(16)).await;
        assert_eq!((more.unwrap(), took), (b"more".to_vec(), ms(10)));
    });
}

#[test]
fn what_is_under_way_at_the_end_is_no_leak_and_in_a_deadlock_no_hope() {
    simulate(async {
        let (_, _, mut client, server) = pair(Link::new().latency(ms(10))).await;
        client.send_all(b"nobody waits for it").await.unwrap();
        std::mem::drop((client, server));
    });
    let stuck = run(7, async {
        let (_, _, mut client, mut server) = pair(Link::new().latency(ms(10))).await;
        client.send_all(b"x").await.unwrap();
        server.recv(8).await.unwrap();
        server.recv(8).await.unwrap();
    })
    .unwrap_err();
    assert!(stuck.is_deadlock());
    assert!(stuck.to_string().contains("waits in `recv`"), "{stuck}");
}

#[test]
fn a_backlog_that_is_full_is_waited_for_over_the_network_too() {
    simulate(async {
        let (a, b) = linked(Link::new().latency(ms(10)));
        let mut listener = b
            .run(async {
                create_tcp_listeners("0.0.0.0", 80)
                    .backlog(1)
                    .await
                    .unwrap()
                    .remove(0)
            })
            .await;
        let _first = connect(&a, &b, 80).await.unwrap();
        assert!(move_on_after!(1s, connect(&a, &b, 80)).is_none());
        assert_eq!(
            timed(async { connect(&a, &b, 80).await.map(drop) }).await,
            (Err(ErrorKind::TimedOut), Duration::from_secs(127))
        );
        task_group!(|group| {
            group.start_soon(async move {
                sleep(ms(100)).await;
                listener.accept().await?;
                listener.accept().await.map(drop)
            });
            let (second, took) = timed(connect(&a, &b, 80)).await;
            assert_eq!((second.is_ok(), took), (true, ms(110)));
        })
        .unwrap();
    });
}
