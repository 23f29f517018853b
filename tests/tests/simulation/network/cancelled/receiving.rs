//! Receiving bytes: those that were not returned are still there.

use easynet::{
    task_group,
    time::{move_on_after, sleep},
};

use super::*;

/// How it is received.
#[derive(Clone, Copy)]
enum Way {
    Recv,
    RecvInto,
    /// Under deadlines that strike often (STR-17).
    Hastily,
    Futures,
}

const WAYS: [Way; 4] = [Way::Recv, Way::RecvInto, Way::Hastily, Way::Futures];

/// Receives up to the end.
async fn receive<R>(way: Way, reader: &mut R, received: &mut Vec<u8>)
where
    R: AsyncStreamReadTransport + futures::AsyncRead,
{
    let mut buffer = [0; 128];
    loop {
        let length = match way {
            Way::Recv => {
                let piece = reader.recv(buffer.len()).await.unwrap();
                buffer[..piece.len()].copy_from_slice(&piece);
                piece.len()
            }
            Way::RecvInto => reader.recv_into(&mut buffer).await.unwrap(),
            Way::Hastily => {
                match move_on_after(Duration::from_micros(700), reader.recv_into(&mut buffer)).await {
                    Some(length) => length.unwrap(),
                    None => continue,
                }
            }
            Way::Futures => futures::AsyncReadExt::read(reader, &mut buffer).await.unwrap(),
        };
        if length == 0 {
            return;
        }
        received.extend(&buffer[..length]);
    }
}

/// Sends some bytes, in pieces, and no more.
async fn send<W: AsyncStreamWriteTransport>(mut writer: W, data: Vec<u8>) -> std::io::Result<()> {
    for piece in data.chunks(150) {
        writer.send_all(piece).await?;
        sleep(ms(1)).await;
    }
    writer.send_eof().await
}

async fn program<W, R>(way: Way, cut: Cut, writer: W, mut reader: R)
where
    W: AsyncStreamWriteTransport + 'static,
    R: AsyncStreamReadTransport + futures::AsyncRead,
{
    let mut received = Vec::new();
    task_group!(|group| {
        group.start_soon(send(writer, bytes(600)));
        cut.run(receive(way, &mut reader, &mut received)).await;
        receive(way, &mut reader, &mut received).await;
    })
    .unwrap();
    assert!(
        received == bytes(600),
        "bytes were lost: {} of 600",
        received.len()
    );
}

#[test]
fn what_was_not_returned_can_still_be_received() {
    for way in WAYS {
        on_each_wire!(|cut, client, server| program(way, cut, client, server));
    }
}

/// The same between halves; the other two are held, and do nothing.
async fn program_of_halves<S>(way: Way, cut: Cut, client: S, server: S)
where
    S: AsyncStreamTransport<ReadHalf: futures::AsyncRead>,
{
    let ((_client, writer), (reader, _server)) = (client.split(), server.split());
    program(way, cut, writer, reader).await;
}

#[test]
fn halves_keep_it_too() {
    for way in WAYS {
        on_each_wire!(|cut, client, server| program_of_halves(way, cut, client, server));
    }
}

/// Two streams as one, which has no I/O traits of other crates.
async fn program_of_two<S: AsyncStreamTransport>(cut: Cut, client: S, server: S) {
    let (out, _peer) = near().await;
    let mut both = StapledStreamTransport::new(out, server);
    let mut received = Vec::new();
    task_group!(|group| {
        group.start_soon(send(client, bytes(600)));
        cut.run(receive_simply(&mut both, &mut received)).await;
        receive_simply(&mut both, &mut received).await;
    })
    .unwrap();
    assert!(
        received == bytes(600),
        "bytes were lost: {} of 600",
        received.len()
    );
}

async fn receive_simply<R: AsyncStreamReadTransport>(reader: &mut R, received: &mut Vec<u8>) {
    loop {
        let piece = reader.recv(100).await.unwrap();
        if piece.is_empty() {
            return;
        }
        received.extend(piece);
    }
}

#[test]
fn two_streams_as_one_keep_it_too() {
    on_each_wire!(program_of_two);
}
