//! The two directions of a stream.

use easynet::{
    BoxError,
    net::{
        AsyncStreamReadTransport as _, AsyncStreamTransport as _, AsyncStreamWriteTransport as _, Closed,
        TcpStream,
    },
    task_group,
};
use easynet_tests::Runner;

use super::pair;
use easynet_tests::over_network;

over_network! {
    /// STR-06, STR-21
    async fn both_directions_work_at_the_same_time() {
        let (client, mut server) = pair().await;
        let data: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 253) as u8).collect();
        task_group!(|group| {
            group.start_soon(async move {
                let mut buffer = [0; 8192];
                loop {
                    let n = server.recv_into(&mut buffer).await?;
                    if n == 0 {
                        return Ok::<_, BoxError>(());
                    }
                    server.send_all(&buffer[..n]).await?;
                }
            });
            let (mut reader, mut writer) = client.split();
            let sent = data.clone();
            group.start_soon(async move {
                writer.send_all(&sent).await?;
                writer.send_eof().await
            });
            let mut received = Vec::new();
            loop {
                let piece = reader.recv(10_000).await.unwrap();
                if piece.is_empty() {
                    break;
                }
                received.extend(piece);
            }
            assert!(received == data);
        })
        .unwrap();
    }

    async fn dropping_the_write_half_ends_that_direction_only() {
        let (client, mut server) = pair().await;
        let (mut reader, writer) = client.split();
        drop(writer);
        assert!(server.recv(1).await.unwrap().is_empty());
        server.send_all(b"x").await.unwrap();
        assert_eq!(reader.recv(1).await.unwrap(), b"x");
    }

    async fn dropping_both_halves_closes() {
        let (client, mut server) = pair().await;
        drop(client.split());
        assert!(server.recv(1).await.unwrap().is_empty());
        while server.send_all(b"anybody?").await.is_ok() {}
    }

    async fn halves_know_their_addresses() {
        let (client, server) = pair().await;
        let (reader, writer) = client.split();
        assert_eq!(reader.local_address().unwrap(), server.peer_address().unwrap());
        assert_eq!(writer.peer_address().unwrap(), server.local_address().unwrap());
    }

    async fn halves_can_be_one_stream_again() {
        let (client, mut server) = pair().await;
        let (reader, writer) = client.split();
        let mut client = TcpStream::reunite(reader, writer).unwrap();
        client.send_all(b"one").await.unwrap();
        assert_eq!(server.recv(4).await.unwrap(), b"one");
    }

    async fn halves_of_two_streams_are_given_back() {
        let (client, mut server) = pair().await;
        let (other, _peer) = pair().await;
        let ((reader, writer), (other_reader, other_writer)) = (client.split(), other.split());
        let error = TcpStream::reunite(reader, other_writer).unwrap_err();
        assert_eq!(error.to_string(), "these halves belong to different streams");
        let (reader, other_writer) = error.into_halves();
        let mut client = TcpStream::reunite(reader, writer).unwrap();
        TcpStream::reunite(other_reader, other_writer).unwrap();
        server.send_all(b"one").await.unwrap();
        assert_eq!(client.recv(4).await.unwrap(), b"one");
    }

    async fn halves_of_a_closed_stream_are_closed() {
        let (mut client, _server) = pair().await;
        client.aclose().await.unwrap();
        let (mut reader, mut writer) = client.split();
        assert!(Closed::is(&reader.recv(1).await.unwrap_err()));
        assert!(Closed::is(&writer.send_all(b"x").await.unwrap_err()));
        writer.send_eof().await.unwrap();
        assert!(TcpStream::reunite(reader, writer).unwrap().is_closing());
    }
}

#[test]
fn halves_of_two_backends_are_given_back() {
    let [simulated, real] = [Runner::SIM, Runner::TOKIO_CURRENT_THREAD].map(|runner| runner.run(pair()).0);
    let ((reader, _), (_, writer)) = (simulated.split(), real.split());
    let (reader, writer) = TcpStream::reunite(reader, writer).unwrap_err().into_halves();
    assert!(reader.local_address().is_ok() && writer.local_address().is_ok());
}
