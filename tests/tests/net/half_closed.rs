//! Peers that send no more, and still receive.

use std::io::ErrorKind;

use easynet::{BoxError, net::*, task_group, time::timeout};
use easynet_tests::{LONG, over_network};

use super::unix_pair;

/// The two ends of a TCP connection.
async fn tcp_pair() -> (TcpStream, TcpStream) {
    let mut listener = create_tcp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
    let port = listener.local_address().unwrap().port();
    let client = create_tcp_connection("127.0.0.1", port).await.unwrap();
    (client, listener.accept().await.unwrap().0)
}

fn bytes(length: usize) -> Vec<u8> {
    let mut bytes = Vec::from_iter(0..251).repeat(length / 251 + 1);
    bytes.truncate(length);
    bytes
}

async fn to_the_end<R: AsyncStreamReadTransport>(reader: &mut R) -> Vec<u8> {
    let mut received = Vec::new();
    loop {
        let piece = reader.recv(50_000).await.unwrap();
        if piece.is_empty() {
            return received;
        }
        received.extend(piece);
    }
}

/// More than there is room for on the way, in either direction.
const TOTAL: usize = 8 << 20;

/// A question that is as long as it is, then the answer.
async fn exchange<S: AsyncStreamTransport>(mut client: S, mut server: S) {
    task_group!(|group| {
        group.start_soon(async move {
            let question = to_the_end(&mut server).await;
            assert!(question == bytes(TOTAL));
            server.send_all(&question).await?;
            server.aclose().await
        });
        client.send_all(&bytes(TOTAL)).await.unwrap();
        client.send_eof().await.unwrap();
        assert!(to_the_end(&mut client).await == bytes(TOTAL));
        // Both directions have ended; it is closed by whoever has it.
        assert!(!client.is_closing());
    })
    .unwrap();
}

/// One direction of a proxy.
async fn copy<R, W>(mut from: R, mut to: W) -> Result<(), BoxError>
where
    R: AsyncStreamReadTransport,
    W: AsyncStreamWriteTransport,
{
    let mut buffer = vec![0; 16 * 1024];
    loop {
        match from.recv_into(&mut buffer).await? {
            0 => return Ok(to.send_eof().await?),
            length => to.send_all(&buffer[..length]).await?,
        }
    }
}

over_network! {
    /// STR-07, STR-08
    async fn a_question_that_ends_is_answered_in_full() {
        let (client, server) = tcp_pair().await;
        exchange(client, server).await;
    }

    async fn so_it_is_over_unix_sockets() {
        let (client, server) = unix_pair().await;
        exchange(client, server).await;
    }

    async fn an_end_passes_through_a_proxy_in_one_direction() {
        let (client, front) = tcp_pair().await;
        let (back, server) = unix_pair().await;
        let ((front_read, front_write), (back_read, back_write)) = (front.split(), back.split());
        task_group!(|group| {
            group.start_soon(copy(front_read, back_write));
            group.start_soon(copy(back_read, front_write));
            group.start_soon(async move {
                let mut server = server;
                let question = to_the_end(&mut server).await;
                server.send_all(&question).await?;
                server.aclose().await?;
                Ok::<_, BoxError>(())
            });
            let mut client = client;
            client.send_all(&bytes(100_000)).await.unwrap();
            client.send_eof().await.unwrap();
            assert!(to_the_end(&mut client).await == bytes(100_000));
        })
        .unwrap();
    }

    /// The end is told at once: an idle timeout has nothing to wait for.
    async fn an_end_is_no_silence() {
        let (mut client, mut server) = tcp_pair().await;
        client.send_eof().await.unwrap();
        for _ in 0..3 {
            assert!(timeout(LONG, server.recv(1)).await.expect("no time passes").unwrap().is_empty());
        }
        server.send_all(b"still here").await.unwrap();
        assert_eq!(client.recv(16).await.unwrap(), b"still here");
    }

    /// Whoever goes, without having received what it said it would, is noticed by sending.
    async fn a_half_closed_peer_that_goes_is_noticed_by_sending() {
        let (mut client, mut server) = tcp_pair().await;
        client.send_eof().await.unwrap();
        assert!(server.recv(1).await.unwrap().is_empty());
        drop(client);
        let data = vec![7; 100_000];
        let error = loop {
            if let Err(error) = server.send_all(&data).await {
                break error;
            }
        };
        assert!([ErrorKind::BrokenPipe, ErrorKind::ConnectionReset].contains(&error.kind()), "{error}");
    }
}
