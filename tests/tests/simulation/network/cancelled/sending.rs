//! Sending bytes: of what was cancelled a part may have been sent, and of what was not all; the stream is as usable as before.

use std::ops::Range;

use easynet::{task_group, time::sleep};

use super::*;

/// More than there is room for on the way.
const TOTAL: usize = 150_000;

/// How it is sent.
#[derive(Clone, Copy)]
enum Way {
    SendAll,
    /// In more pieces than go at once, some of which are empty.
    InPieces,
    Futures,
}

const WAYS: [Way; 3] = [Way::SendAll, Way::InPieces, Way::Futures];

/// Sends all, and notes what is on its way: so much has been sent, and so much more may have been.
async fn send<W>(way: Way, writer: &mut W, data: &[u8], sent: &mut Range<usize>)
where
    W: AsyncStreamWriteTransport + futures::AsyncWrite,
{
    for part in data.chunks(70_000) {
        sent.end = sent.start + part.len();
        match way {
            Way::SendAll => writer.send_all(part).await.unwrap(),
            Way::InPieces => {
                let pieces = part.chunks(50).flat_map(|piece| [piece, b""]);
                writer.send_all_from_iterable(pieces).await.unwrap();
            }
            Way::Futures => futures::AsyncWriteExt::write_all(writer, part).await.unwrap(),
        }
        sent.start = sent.end;
    }
}

async fn program<W, R>(way: Way, cut: Cut, mut writer: W, reader: R)
where
    W: AsyncStreamWriteTransport + futures::AsyncWrite,
    R: AsyncStreamReadTransport + 'static,
{
    let (data, mut sent) = (bytes(TOTAL), 0..0);
    let mut received = task_group!(|group| {
        let receiver = group.spawn_value(slowly(reader, 20_000));
        let cancelled = cut.run(send(way, &mut writer, &data, &mut sent)).await.is_none();
        assert!(cancelled || sent == (TOTAL..TOTAL));
        writer.send_all(&[LAST]).await.unwrap();
        writer.send_eof().await.unwrap();
        receiver.join().await.unwrap()
    })
    .unwrap();
    assert_eq!(received.pop(), Some(LAST), "it cannot be used any more");
    let length = received.len();
    assert!(
        sent.start <= length && length <= sent.end,
        "{length} bytes instead of {sent:?}"
    );
    assert!(received == data[..length], "bytes are doubled, or left out");
}

#[test]
fn what_was_sent_is_the_beginning_of_it() {
    for way in WAYS {
        on_each_wire!(|cut, client, server| program(way, cut, client, server));
    }
}

/// The same with one half; its other half, and those of the peer, are held.
async fn program_of_halves<S>(way: Way, cut: Cut, client: S, server: S)
where
    S: AsyncStreamTransport<WriteHalf: futures::AsyncWrite>,
{
    let ((_client, writer), (reader, _server)) = (client.split(), server.split());
    program(way, cut, writer, reader).await;
}

#[test]
fn halves_send_as_streams_do() {
    for way in WAYS {
        on_each_wire!(|cut, client, server| program_of_halves(way, cut, client, server));
    }
}

/// Both directions at the same time, by halves in one task; afterwards the stream is one again, and all that was sent has come back.
async fn program_of_both<S: AsyncStreamTransport>(cut: Cut, client: S, mut server: S) {
    let (data, mut received) = (bytes(TOTAL), Vec::new());
    let echoed = task_group!(|group| {
        let echo = group.spawn_value(async move {
            let mut echoed = Vec::new();
            loop {
                let piece = server.recv(20_000).await.unwrap();
                if piece.is_empty() {
                    return echoed;
                }
                server.send_all(&piece).await.unwrap();
                echoed.extend(piece);
            }
        });
        let (mut reader, mut writer) = client.split();
        let sending = async {
            for part in data.chunks(30_000) {
                writer.send_all(part).await.unwrap();
                sleep(ms(1)).await;
            }
        };
        let receiving = async {
            while received.len() < TOTAL {
                received.extend(reader.recv(10_000).await.unwrap());
            }
        };
        cut.run(async { futures::join!(sending, receiving) }).await;
        let mut client = S::reunite(reader, writer).expect("they are of one stream");
        client.send_eof().await.unwrap();
        received.extend(slowly(client, 50_000).await);
        echo.join().await.unwrap()
    })
    .unwrap();
    assert!(data.starts_with(&echoed));
    assert_eq!(received.len(), echoed.len());
    assert!(received == echoed);
}

#[test]
fn halves_of_which_both_are_cancelled_make_one_stream_again() {
    on_each_wire!(program_of_both);
}

/// A stapled transport sends as the one does that it sends with.
async fn program_of_two<S>(cut: Cut, client: S, server: S)
where
    S: AsyncStreamTransport,
{
    let (_peer, back) = near().await;
    let (data, mut done) = (bytes(TOTAL), 0);
    let mut both = StapledStreamTransport::new(client, back);
    let received = task_group!(|group| {
        let receiver = group.spawn_value(slowly(server, 20_000));
        cut.run(async {
            for part in data.chunks(50_000) {
                both.send_all_from_iterable(part.chunks(999)).await.unwrap();
                done += part.len();
            }
        })
        .await;
        both.send_eof().await.unwrap();
        receiver.join().await.unwrap()
    })
    .unwrap();
    assert!(done <= received.len() && data.starts_with(&received));
}

#[test]
fn two_streams_as_one_send_as_one_does() {
    on_each_wire!(program_of_two);
}

/// The end is told, or it is not: nothing that was sent before is lost, and it can be told again.
async fn program_of_ends<S: AsyncStreamTransport>(cut: Cut, mut client: S, mut server: S) {
    let (data, mut answer) = (bytes(1000), Vec::new());
    let asked = task_group!(|group| {
        let asked = group.spawn_value(async move {
            let mut asked = Vec::new();
            loop {
                let piece = server.recv(300).await.unwrap();
                if piece.is_empty() {
                    server.send_all(b"answer").await.unwrap();
                    server.aclose().await.unwrap();
                    return asked;
                }
                asked.extend(piece);
            }
        });
        client.send_all(&data).await.unwrap();
        cut.run(async {
            sleep(ms(1)).await;
            client.send_eof().await.unwrap();
            client.send_eof().await.unwrap();
            answer.extend(client.recv(3).await.unwrap());
            answer.extend(client.recv(3).await.unwrap());
        })
        .await;
        client.send_eof().await.unwrap();
        answer.extend(slowly(client, 2).await);
        asked.join().await.unwrap()
    })
    .unwrap();
    assert!(asked == data);
    assert_eq!(answer, b"answer");
}

#[test]
fn an_end_that_was_cancelled_can_be_told_again() {
    on_each_wire!(program_of_ends);
}
