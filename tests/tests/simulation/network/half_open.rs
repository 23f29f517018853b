//! Peers that vanish without a word: nothing is heard of them any more, and only a timeout ends the wait.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use easynet::{BoxError, move_on_after, task_group, time::sleep, with_timeout};

use super::*;

const IDLE: Duration = Duration::from_secs(30);

/// Answers until nothing has come for a while.
async fn serve_while_busy(mut stream: TcpStream, timed_out: Arc<AtomicUsize>) -> Result<(), BoxError> {
    loop {
        let Ok(question) = with_timeout!(30s, { stream.recv(64).await? }) else {
            timed_out.fetch_add(1, SeqCst);
            return Ok(());
        };
        if question.is_empty() {
            return Ok(());
        }
        stream.send_all(&question).await?;
    }
}

#[test]
fn an_idle_timeout_ends_what_a_vanished_peer_has_left() {
    simulate(async {
        let (a, b) = linked(Link::new().latency(ms(10)));
        let listener = listen(&b, 80).await;
        let timed_out = Arc::new(AtomicUsize::new(0));
        task_group!(|group| {
            let counted = timed_out.clone();
            let serve = listener.serve(&group.handle(), move |stream| {
                serve_while_busy(stream, counted.clone())
            });
            let closer = serve.closer();
            group.start_soon(async move {
                // It is closed, in the end.
                let _ = serve.await;
            });
            let mut clients = Vec::new();
            for _ in 0..3 {
                let mut client = connect(&a, &b, 80).await.unwrap();
                client.send_all(b"ping").await.unwrap();
                assert_eq!(client.recv(8).await.unwrap(), b"ping");
                clients.push(client);
            }
            network().partition(&a, &b);
            // None of them is heard, whatever they do.
            drop(clients.pop());
            clients[0].send_all(b"anybody?").await.unwrap();
            clients[1].send_eof().await.unwrap();
            sleep(IDLE - ms(100)).await;
            assert_eq!((closer.live_handlers(), timed_out.load(SeqCst)), (3, 0));
            sleep(ms(100)).await;
            assert_eq!((closer.live_handlers(), timed_out.load(SeqCst)), (0, 3));
            assert_eq!(
                network().sockets(),
                1 + 2,
                "the listener, and the clients that are left"
            );
            // They do not know, and wait: for ever, if nobody says otherwise.
            assert!(move_on_after!(1h, clients[0].recv(8)).is_none());
            network().heal(&a, &b);
            assert_eq!(clients[1].recv(8).await.unwrap(), b"");
            let mut lost = clients.swap_remove(0);
            assert_eq!(lost.recv(8).await.unwrap(), b"");
            sleep(ms(20)).await;
            assert_eq!(
                lost.send_all(b"x").await.unwrap_err().kind(),
                ErrorKind::BrokenPipe
            );
            closer.close();
        })
        .unwrap();
        assert_eq!(network().sockets(), 0);
    });
}

#[test]
fn a_peer_that_is_back_in_time_has_lost_nothing() {
    simulate(async {
        let (a, b, mut client, server) = pair(Link::new().latency(ms(10))).await;
        let timed_out = Arc::new(AtomicUsize::new(0));
        task_group!(|group| {
            group.start_soon(serve_while_busy(server, timed_out.clone()));
            network().partition(&a, &b);
            client.send_all(b"ping").await.unwrap();
            sleep(IDLE - ms(100)).await;
            network().heal(&a, &b);
            assert_eq!(client.recv(8).await.unwrap(), b"ping");
            client.aclose().await.unwrap();
        })
        .unwrap();
        assert_eq!(timed_out.load(SeqCst), 0);
    });
}

/// What is under way is bounded: whoever goes on sending is held up, and is told by a timeout.
#[test]
fn whoever_sends_to_a_vanished_peer_is_held_up() {
    simulate(async {
        let (a, b, mut client, mut server) = pair(Link::new().latency(ms(10))).await;
        network().partition(&a, &b);
        let data = vec![7; 1 << 20];
        let (sent, took) = timed(async { with_timeout!(5s, client.send_all(&data)) }).await;
        assert!(sent.is_err());
        assert_eq!(took, Duration::from_secs(5));
        let (closed, took) = timed(client.aclose()).await;
        closed.unwrap();
        assert_eq!(took, Duration::ZERO, "closing does not wait for a peer");
        assert_eq!(network().sockets(), 1, "the peer's end");
        // A part of it is what the peer gets, once it is back, and then the end.
        network().heal(&a, &b);
        let mut received = 0;
        loop {
            let piece = server.recv(1 << 16).await.unwrap();
            if piece.is_empty() {
                break;
            }
            received += piece.len();
        }
        assert!(0 < received && received < data.len());
    });
}

/// A peer that has said that it sends no more, and vanishes while it is answered.
#[test]
fn a_half_closed_peer_that_vanishes_is_given_up() {
    simulate(async {
        let (a, b, mut client, mut server) = pair(Link::new().latency(ms(10))).await;
        client.send_all(b"question").await.unwrap();
        client.send_eof().await.unwrap();
        assert_eq!(server.recv(64).await.unwrap(), b"question");
        assert_eq!(server.recv(64).await.unwrap(), b"");
        network().partition(&a, &b);
        let answering = async {
            loop {
                server.send_all(&[7; 4096]).await.unwrap();
                sleep(ms(100)).await;
            }
        };
        assert!(move_on_after!(1min, answering).is_none());
        // The end of the peer is no sign of life: it is read again and again.
        let (received, took) = timed(server.recv(64)).await;
        assert_eq!((received.unwrap(), took), (Vec::new(), Duration::ZERO));
        drop((client, server));
        assert_eq!(network().sockets(), 0);
    });
}

/// One that vanishes between connecting and being accepted.
#[test]
fn a_peer_that_vanished_before_it_was_accepted_is_accepted_all_the_same() {
    simulate(async {
        let (a, b) = linked(Link::new().latency(ms(10)));
        let mut listener = listen(&b, 80).await;
        let mut client = connect(&a, &b, 80).await.unwrap();
        client.send_all(b"lost").await.unwrap();
        sleep(ms(5)).await;
        network().partition(&a, &b);
        assert!(
            with_timeout!(1min, listener.accept()).is_err(),
            "the last word of the opening is lost"
        );
        network().heal(&a, &b);
        let (mut server, _) = listener.accept().await.unwrap();
        assert_eq!(server.recv(8).await.unwrap(), b"lost");
    });
}

/// Datagrams know no connection: whoever waits for an answer asks again, and gives up.
#[test]
fn a_question_to_a_vanished_peer_is_asked_again_and_given_up() {
    simulate(async {
        let (a, b) = linked(Link::new().latency(ms(10)));
        let open = create_udp_listeners("0.0.0.0", 80);
        let mut listener = b.run(async { open.await.unwrap().remove(0) }).await;
        let address = b.ipv4().unwrap().to_string();
        let mut endpoint = a
            .run(async { create_udp_endpoint(&address, 80).await.unwrap() })
            .await;
        network().partition(&a, &b);
        let asking = async {
            for _ in 0..3 {
                endpoint.send(b"anybody?").await.unwrap();
                if let Some(answer) = move_on_after!(1s, endpoint.recv()) {
                    return Some(answer.unwrap());
                }
            }
            None
        };
        let (answer, took) = timed(asking).await;
        assert_eq!((answer, took), (None, Duration::from_secs(3)));
        network().heal(&a, &b);
        assert!(
            move_on_after!(1min, listener.recv_from()).is_none(),
            "datagrams do not wait"
        );
    });
}
