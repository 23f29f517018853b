//! Vectored sends.

use easynet::{move_on_after, net::*, task_group};
use easynet_tests::over_network;

use super::unix_pair;

/// The two ends of a connection: who connected, who accepted.
async fn pair() -> (TcpStream, TcpStream) {
    let mut listener = create_tcp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
    let port = listener.local_address().unwrap().port();
    let client = create_tcp_connection("127.0.0.1", port).await.unwrap();
    (client, listener.accept().await.unwrap().0)
}

/// Sends pieces of many sizes, more than the operating system takes at once, to a peer that reads bit by bit.
async fn many<S: AsyncStreamTransport>(mut client: S, mut server: S) {
    let text: Vec<u8> = (0..1_000_000u32).map(|number| number as u8).collect();
    let sizes = [0, 1, 7, 0, 1000, 3, 64].into_iter().cycle();
    task_group!(|group| {
        let sent = text.clone();
        group.start_soon(async move {
            let mut rest = &sent[..];
            let pieces = sizes.map_while(|size| {
                let (piece, others) = rest.split_at(rest.len().min(size));
                (!rest.is_empty()).then(|| {
                    rest = others;
                    piece
                })
            });
            let pieces: Vec<&[u8]> = pieces.collect();
            assert!(pieces.len() > 2 * 1024, "more than the system takes");
            client.send_all_from_iterable(pieces).await
        });
        let mut received = Vec::new();
        loop {
            let some = server.recv(5_000).await.unwrap();
            if some.is_empty() {
                break;
            }
            received.extend(some);
        }
        assert!(received == text);
    })
    .unwrap();
}

over_network! {
    /// STR-04
    async fn pieces_arrive_as_one() {
        let (mut client, mut server) = pair().await;
        client.send_all_from_iterable([&b"a"[..], b"", b"bc"]).await.unwrap();
        assert_eq!(server.recv(16).await.unwrap(), b"abc");
        client.send_all_from_iterable([]).await.unwrap();
        client.send_all_from_iterable([&b""[..], b""]).await.unwrap();
        client.send_eof().await.unwrap();
        assert_eq!(server.recv(16).await.unwrap(), b"");
    }

    async fn more_pieces_than_the_system_takes_arrive_over_tcp() {
        let (client, server) = pair().await;
        many(client, server).await;
    }

    async fn more_pieces_than_the_system_takes_arrive_over_unix_sockets() {
        let (client, server) = unix_pair().await;
        many(client, server).await;
    }

    async fn a_closed_stream_takes_no_pieces() {
        let (mut client, _server) = pair().await;
        client.abort();
        let error = client.send_all_from_iterable([&b"x"[..]]).await.unwrap_err();
        assert!(Closed::is(&error));
    }

    /// C3
    async fn a_cancelled_send_sends_nothing() {
        let (mut client, mut server) = pair().await;
        assert!(move_on_after!(0s, client.send_all_from_iterable([&b"lost"[..]])).is_none());
        client.send_all(b"x").await.unwrap();
        assert_eq!(server.recv(16).await.unwrap(), b"x");
    }
}
