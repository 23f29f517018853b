//! What a stream does.

use std::{io::ErrorKind, time::Duration};

use easynet::{
    net::{AsyncStreamReadTransport as _, AsyncStreamTransport as _, AsyncStreamWriteTransport as _, Closed},
    task_group,
    time::{move_on_after, sleep},
};
use easynet_tests::ms;

use super::pair;
use easynet_tests::over_network;

over_network! {
    /// STR-01
    async fn what_does_not_fit_stays() {
        let (mut client, mut server) = pair().await;
        client.send_all(b"hello").await.unwrap();
        assert_eq!(server.recv(3).await.unwrap(), b"hel");
        assert_eq!(server.recv(100).await.unwrap(), b"lo");
    }

    /// STR-02
    async fn receiving_nothing_does_not_wait() {
        let (_client, mut server) = pair().await;
        assert!(server.recv(0).await.unwrap().is_empty());
        assert_eq!(server.recv_into(&mut []).await.unwrap(), 0);
    }

    /// STR-03
    async fn sending_nothing_sends_nothing() {
        let (mut client, mut server) = pair().await;
        client.send_all(b"").await.unwrap();
        client.send_all(b"x").await.unwrap();
        assert_eq!(server.recv(2).await.unwrap(), b"x");
    }

    /// STR-05
    async fn sending_waits_for_a_peer_that_does_not_read() {
        let (mut client, mut server) = pair().await;
        let data = vec![7; 32 << 20];
        let mut sending = Box::pin(client.send_all(&data));
        assert!(move_on_after(ms(50), &mut sending).await.is_none());
        let reading = async {
            let (mut buffer, mut total) = (vec![0; 1 << 16], 0);
            while total < data.len() {
                total += server.recv_into(&mut buffer).await.unwrap();
            }
            total
        };
        let (sent, received) = futures::join!(sending, reading);
        sent.unwrap();
        assert_eq!(received, data.len());
    }

    /// STR-07
    async fn the_end_is_read_again_and_again() {
        let (mut client, mut server) = pair().await;
        client.send_eof().await.unwrap();
        for _ in 0..3 {
            assert!(server.recv(10).await.unwrap().is_empty());
        }
        server.send_all(b"still here").await.unwrap();
        assert_eq!(client.recv(100).await.unwrap(), b"still here");
    }

    /// STR-08, STR-09
    async fn ending_one_direction_leaves_the_other() {
        let (mut client, mut server) = pair().await;
        client.send_all(b"last").await.unwrap();
        client.send_eof().await.unwrap();
        client.send_eof().await.unwrap();
        assert_eq!(server.recv(100).await.unwrap(), b"last");
        assert!(server.recv(100).await.unwrap().is_empty());
        server.send_all(b"answer").await.unwrap();
        assert_eq!(client.recv(100).await.unwrap(), b"answer");
        assert_eq!(client.send_all(b"more").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
        assert!(!client.is_closing());
    }

    /// STR-10, STR-11, STR-12
    async fn a_closed_stream_says_so() {
        let (mut client, mut server) = pair().await;
        assert!(!client.is_closing());
        for _ in 0..2 {
            client.aclose().await.unwrap();
            assert!(client.is_closing());
        }
        assert!(Closed::is(&client.recv(1).await.unwrap_err()));
        assert!(Closed::is(&client.recv_into(&mut [0]).await.unwrap_err()));
        assert!(Closed::is(&client.send_all(b"x").await.unwrap_err()));
        assert!(Closed::is(&client.local_address().unwrap_err()));
        assert!(Closed::is(&client.peer_address().unwrap_err()));
        client.send_eof().await.unwrap();
        assert!(server.recv(1).await.unwrap().is_empty());
        assert!(!server.is_closing());
    }

    /// STR-16
    async fn aborting_closes_without_waiting() {
        let (mut client, mut server) = pair().await;
        client.abort();
        assert!(client.is_closing());
        assert!(server.recv(1).await.unwrap().is_empty());
    }

    /// STR-18
    async fn a_peer_that_is_gone_is_noticed_by_writing() {
        let (mut client, server) = pair().await;
        drop(server);
        let error = loop {
            if let Err(error) = client.send_all(b"anybody?").await {
                break error;
            }
        };
        assert!([ErrorKind::BrokenPipe, ErrorKind::ConnectionReset].contains(&error.kind()), "{error}");
        // Harmless: there is nobody to tell.
        client.send_eof().await.unwrap();
    }

    /// STR-19
    async fn dropping_closes() {
        let (client, mut server) = pair().await;
        drop(client);
        assert!(server.recv(1).await.unwrap().is_empty());
    }

    async fn what_was_not_received_is_a_reset_for_its_sender() {
        let (mut client, mut server) = pair().await;
        client.send_all(b"unread").await.unwrap();
        // It has arrived.
        assert_eq!(server.recv(1).await.unwrap(), b"u");
        drop(server);
        assert_eq!(client.recv(1).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert!(!client.is_closing());
    }

    /// STR-20
    async fn what_was_sent_arrives_before_the_end() {
        let (mut client, mut server) = pair().await;
        // As much as any backend takes before it is read.
        let data = vec![3; 60_000];
        client.send_all(&data).await.unwrap();
        client.aclose().await.unwrap();
        let mut received = Vec::new();
        loop {
            let piece = server.recv(4096).await.unwrap();
            if piece.is_empty() {
                break;
            }
            received.extend(piece);
        }
        assert_eq!(received, data);
    }

    /// STR-17
    async fn no_byte_is_lost_under_scopes_that_expire() {
        let (mut client, mut server) = pair().await;
        let data: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
        let mut received = Vec::new();
        task_group!(|group| {
            let sent = data.clone();
            group.start_soon(async move {
                for piece in sent.chunks(2_000) {
                    client.send_all(piece).await?;
                    sleep(Duration::from_micros(1_100)).await;
                }
                client.aclose().await
            });
            let mut expired = 0;
            loop {
                match move_on_after(Duration::from_micros(700), server.recv(777)).await {
                    None => expired += 1,
                    Some(piece) if piece.as_ref().unwrap().is_empty() => break,
                    Some(piece) => received.extend(piece.unwrap()),
                }
            }
            assert!(expired > 0);
        })
        .unwrap();
        assert!(received == data);
    }
}
