//! Partitions, resets, ports that refuse and ports that swallow.

use easynet::{task_group, time::sleep, with_timeout};

use super::*;

const OPENING: Duration = Duration::from_secs(127);

#[test]
fn a_refusal_takes_a_round_trip() {
    simulate(async {
        let (a, b) = linked(Link::new().latency(ms(10)));
        let refused = Err(ErrorKind::ConnectionRefused);
        assert_eq!(
            timed(async { connect(&a, &b, 80).await.map(drop) }).await,
            (refused, ms(20))
        );
        let _listener = listen(&b, 80).await;
        b.refuse(80);
        assert_eq!(
            timed(async { connect(&a, &b, 80).await.map(drop) }).await,
            (refused, ms(20))
        );
        b.admit(80);
        connect(&a, &b, 80).await.unwrap();
    });
}

#[test]
fn a_port_refuses_its_own_host_too() {
    simulate(async {
        let a = host("a");
        let _listener = listen(&a, 80).await;
        a.refuse(80);
        assert_eq!(
            connect(&a, &a, 80).await.map(drop),
            Err(ErrorKind::ConnectionRefused)
        );
        a.black_hole(80);
        assert_eq!(
            timed(async { connect(&a, &a, 80).await.map(drop) }).await,
            (Err(ErrorKind::TimedOut), OPENING)
        );
        assert_eq!(network().sockets(), 1, "the listener");
    });
}

#[test]
fn a_black_hole_is_told_of_after_the_time_it_says() {
    simulate(async {
        let (a, b) = linked(Link::new().latency(ms(10)));
        let mut listener = listen(&b, 80).await;
        let mut open = connect(&a, &b, 80).await.unwrap();
        b.black_hole(80);
        assert_eq!(
            timed(async { connect(&a, &b, 80).await.map(drop) }).await,
            (Err(ErrorKind::TimedOut), OPENING)
        );
        // What is open is left alone.
        let (mut server, _) = listener.accept().await.unwrap();
        open.send_all(b"x").await.unwrap();
        assert_eq!(server.recv(8).await.unwrap(), b"x");
        assert_eq!(network().sockets(), 3);
    });
}

#[test]
fn a_connection_waits_for_the_end_of_a_partition() {
    simulate(async {
        let (a, b, mut client, mut server) = pair(Link::new().latency(ms(10))).await;
        client.send_all(b"under way, ").await.unwrap();
        network().partition(&a, &b);
        sleep(ms(100)).await;
        client.send_all(b"and later").await.unwrap();
        assert!(with_timeout!(1h, server.recv(64)).is_err());
        network().heal(&a, &b);
        let mut received = Vec::new();
        let begin = current_time();
        while received.len() < 20 {
            received.extend(server.recv(64).await.unwrap());
        }
        assert_eq!(
            (received, current_time() - begin),
            (b"under way, and later".to_vec(), ms(10))
        );
        server.send_all(b"answer").await.unwrap();
        assert_eq!(client.recv(64).await.unwrap(), b"answer");
    });
}

#[test]
fn opening_waits_for_the_end_of_a_partition_or_times_out() {
    simulate(async {
        let (a, b) = linked(Link::new().latency(ms(10)));
        let mut listener = listen(&b, 80).await;
        network().partition(&a, &b);
        assert_eq!(
            timed(async { connect(&a, &b, 80).await.map(drop) }).await,
            (Err(ErrorKind::TimedOut), OPENING)
        );
        task_group!(|group| {
            let healing = (a.clone(), b.clone());
            group.start_soon(async move {
                sleep(ms(1000)).await;
                network().heal(&healing.0, &healing.1);
            });
            let (stream, took) = timed(connect(&a, &b, 80)).await;
            assert_eq!((stream.is_ok(), took), (true, ms(1020)));
        })
        .unwrap();
        listener.accept().await.unwrap();
        assert_eq!(network().sockets(), 1, "what timed out is no connection");
    });
}

#[test]
fn a_request_is_tried_again_until_the_partition_ends() {
    simulate(async {
        let (a, b) = linked(Link::new().latency(ms(10)));
        let mut listener = listen(&b, 80).await;
        network().partition(&a, &b);
        task_group!(|group| {
            group.start_soon(async move {
                loop {
                    let (mut stream, _) = listener.accept().await?;
                    // One that was given up has ended.
                    if !stream.recv(8).await.unwrap_or_default().is_empty() {
                        stream.send_all(b"pong").await?;
                        return std::io::Result::Ok(());
                    }
                }
            });
            let healing = (a.clone(), b.clone());
            group.start_soon(async move {
                sleep(ms(3500)).await;
                network().heal(&healing.0, &healing.1);
            });
            let request = async || {
                let mut stream = connect(&a, &b, 80).await.unwrap();
                stream.send_all(b"ping").await.unwrap();
                stream.recv(8).await.unwrap()
            };
            let begin = current_time();
            let mut attempts = 1;
            let answer = loop {
                match with_timeout!(1s, request()) {
                    Ok(answer) => break answer,
                    Err(_) => attempts += 1,
                }
            };
            assert_eq!((answer, attempts), (b"pong".to_vec(), 4));
            assert_eq!(current_time() - begin, ms(3540));
        })
        .unwrap();
        assert_eq!(network().sockets(), 0);
    });
}

#[test]
fn a_partition_is_between_two_hosts_only() {
    simulate(async {
        let (a, b, c) = (host("a"), host("b"), host("c"));
        let _b = listen(&b, 80).await;
        let _c = listen(&c, 80).await;
        network().partition(&a, &b);
        connect(&a, &c, 80).await.unwrap();
        connect(&c, &b, 80).await.unwrap();
        network().heal(&b, &a);
        connect(&a, &b, 80).await.unwrap();
    });
}

#[test]
fn a_reset_is_told_of_at_both_ends_after_what_has_arrived() {
    simulate(async {
        let (a, b, mut client, mut server) = pair(Link::new().latency(ms(10))).await;
        client.send_all(b"arrived").await.unwrap();
        sleep(ms(10)).await;
        client.send_all(b"lost").await.unwrap();
        network().reset(&b, &a);
        assert_eq!(server.recv(64).await.unwrap(), b"arrived");
        for stream in [&mut client, &mut server] {
            assert_eq!(
                stream.recv(64).await.unwrap_err().kind(),
                ErrorKind::ConnectionReset
            );
            assert_eq!(
                stream.send_all(b"x").await.unwrap_err().kind(),
                ErrorKind::BrokenPipe
            );
            assert!(stream.peer_address().is_err());
        }
        drop((client, server));
        assert_eq!(network().sockets(), 0);
        let _listener = listen(&b, 80).await;
        connect(&a, &b, 80).await.unwrap();
    });
}

#[test]
fn a_reset_reaches_who_waits() {
    simulate(async {
        let (a, b, mut client, _server) = pair(Link::new()).await;
        b.black_hole(81);
        task_group!(|group| {
            let (from, to) = (a.clone(), b.clone());
            let opening = group.spawn_value(async move { connect(&from, &to, 81).await.map(drop) });
            let reading = group.spawn_value(async move { client.recv(8).await.unwrap_err().kind() });
            sleep(ms(1)).await;
            network().reset(&a, &b);
            assert_eq!(reading.await.unwrap(), ErrorKind::ConnectionReset);
            assert_eq!(opening.await.unwrap(), Err(ErrorKind::ConnectionReset));
        })
        .unwrap();
    });
}

#[test]
fn a_connection_that_is_reset_before_it_was_accepted_is_accepted_all_the_same() {
    simulate(async {
        let (a, b) = linked(Link::new().latency(ms(10)));
        let mut listener = listen(&b, 80).await;
        let client = connect(&a, &b, 80).await.unwrap();
        network().partition(&a, &b);
        network().reset(&a, &b);
        drop(client);
        let (mut server, _) = listener.accept().await.unwrap();
        assert_eq!(
            server.recv(8).await.unwrap_err().kind(),
            ErrorKind::ConnectionReset
        );
        drop(server);
        assert_eq!(network().sockets(), 1);
    });
}

#[test]
fn data_for_a_closed_end_comes_back_as_a_reset() {
    simulate(async {
        let (_, _, mut client, server) = pair(Link::new().latency(ms(10))).await;
        drop(server);
        client.send_all(b"x").await.unwrap();
        assert_eq!(client.recv(8).await.unwrap(), b"");
        sleep(ms(10)).await;
        assert_eq!(
            client.send_all(b"x").await.unwrap_err().kind(),
            ErrorKind::BrokenPipe
        );
    });
}

#[test]
fn a_listener_that_closes_resets_who_was_not_accepted() {
    simulate(async {
        let (a, b) = linked(Link::new().latency(ms(10)));
        let listener = listen(&b, 80).await;
        let mut client = connect(&a, &b, 80).await.unwrap();
        drop(listener);
        let (received, took) = timed(client.recv(8)).await;
        assert_eq!(
            (received.unwrap_err().kind(), took),
            (ErrorKind::ConnectionReset, ms(10))
        );
        drop(client);
        assert_eq!(network().sockets(), 0);
    });
}

#[test]
#[should_panic(expected = "no network within a host")]
fn there_is_no_link_within_a_host() {
    simulate(async {
        network().partition(&host("a"), &host("a"));
    });
}
