use std::task::{Context, Poll};

use super::*;

/// Polls with a waker that nobody listens to.
fn polling<T>(poll: impl FnOnce(&mut Wakeups) -> T) -> T {
    let mut wakeups = Wakeups::of(&Context::from_waker(Waker::noop()));
    let value = poll(&mut wakeups);
    wakeups.settle();
    value
}

fn kind<T>(polled: Poll<io::Result<T>>) -> Poll<Result<T, ErrorKind>> {
    polled.map_err(|error| error.kind())
}

impl Connection {
    fn recv(&mut self, side: Side, max: usize) -> Poll<Result<Vec<u8>, ErrorKind>> {
        let mut buffer = vec![0; max];
        let polled = polling(|wakeups| self.poll_recv(side, &mut buffer, wakeups));
        kind(polled.map_ok(|(received, _)| buffer[..received].to_vec()))
    }

    fn send(&mut self, side: Side, data: &[u8]) -> Poll<Result<usize, ErrorKind>> {
        kind(polling(|wakeups| {
            self.poll_send(side, &[IoSlice::new(data)], &mut Fds::new(), wakeups)
        }))
    }
}

fn connection() -> Connection {
    let [client, server] = ["127.0.0.1:1", "127.0.0.1:2"].map(|address| {
        let address: std::net::SocketAddr = address.parse().unwrap();
        End::new(0, address.into())
    });
    let mut connection = Connection::new(client, server, Bound::Nothing, 0);
    polling(|wakeups| connection.admit(wakeups));
    connection
}

fn received<const N: usize>(bytes: &[u8; N]) -> Poll<Result<Vec<u8>, ErrorKind>> {
    Poll::Ready(Ok(bytes.to_vec()))
}

fn sent(bytes: usize) -> Poll<Result<usize, ErrorKind>> {
    Poll::Ready(Ok(bytes))
}

fn fails<T>(kind: ErrorKind) -> Poll<Result<T, ErrorKind>> {
    Poll::Ready(Err(kind))
}

use ErrorKind::{BrokenPipe, ConnectionReset, NotConnected};
use Side::{Client, Server};

#[test]
fn a_sender_waits_while_there_is_no_room() {
    let mut connection = connection();
    assert_eq!(connection.send(Client, &[1; CAPACITY + 1]), sent(CAPACITY));
    assert_eq!(connection.send(Client, &[2; 2]), Poll::Pending);
    assert!(connection.client.writer.is_some());
    assert_eq!(connection.recv(Server, 1), received(&[1]));
    assert!(connection.client.writer.is_none());
    assert_eq!(connection.send(Client, &[2; 2]), sent(1));
    assert_eq!(connection.send(Client, &[]), sent(0));
}

#[test]
fn several_chunks_are_sent_as_one() {
    let mut connection = connection();
    let filling = vec![0; CAPACITY - 4];
    assert_eq!(connection.send(Client, &filling), sent(CAPACITY - 4));
    let chunks = [&b"ab"[..], b"", b"cde", b"f"].map(IoSlice::new);
    let polled = polling(|wakeups| connection.poll_send(Client, &chunks, &mut Fds::new(), wakeups));
    assert_eq!(kind(polled), sent(4));
    assert_eq!(connection.recv(Server, CAPACITY - 4), Poll::Ready(Ok(filling)));
    assert_eq!(connection.recv(Server, 9), received(b"abcd"));
}

#[test]
fn where_bytes_are_in_the_ring_does_not_show() {
    let mut connection = connection();
    let mut bytes = (0..=u8::MAX).cycle();
    let mut expected = bytes.clone();
    let mut piece = |length| bytes.by_ref().take(length).collect::<Vec<_>>();
    assert_eq!(connection.send(Client, &piece(100)), sent(100));
    for _ in 0..100 {
        assert_eq!(connection.send(Client, &piece(700)), sent(700));
        let received = expected.by_ref().take(700).collect();
        assert_eq!(connection.recv(Server, 700), Poll::Ready(Ok(received)));
    }
}

#[test]
fn a_reset_is_told_of_once_and_after_what_has_arrived() {
    let mut connection = connection();
    assert!(connection.send(Client, b"hello").is_ready());
    assert!(connection.send(Server, b"unread").is_ready());
    polling(|wakeups| connection.close(Client, wakeups));
    assert_eq!(connection.recv(Server, 2), received(b"he"));
    assert_eq!(connection.recv(Server, 9), received(b"llo"));
    assert_eq!(connection.recv(Server, 9), fails(ConnectionReset));
    assert_eq!(connection.recv(Server, 9), received(b""));
    assert_eq!(connection.send(Server, b"x"), fails(BrokenPipe));
    assert_eq!(connection.peer_name(Server).unwrap_err().kind(), NotConnected);
}

#[test]
fn a_writer_is_told_of_a_reset_in_place_of_a_reader() {
    let mut connection = connection();
    assert!(connection.send(Server, b"unread").is_ready());
    polling(|wakeups| connection.close(Client, wakeups));
    assert_eq!(connection.send(Server, b"x"), fails(ConnectionReset));
    assert_eq!(connection.send(Server, b"x"), fails(BrokenPipe));
    assert_eq!(connection.recv(Server, 9), received(b""));
}

#[test]
fn a_closed_end_is_noticed_by_the_second_write() {
    let mut connection = connection();
    assert!(connection.send(Client, b"last").is_ready());
    polling(|wakeups| connection.close(Client, wakeups));
    assert!(connection.peer_name(Server).is_ok());
    assert_eq!(connection.send(Server, b"x"), sent(1));
    assert_eq!(connection.send(Server, b"x"), fails(BrokenPipe));
    assert_eq!(connection.recv(Server, 9), received(b"last"));
    assert_eq!(connection.recv(Server, 9), received(b""));
    assert!(connection.peer_name(Server).is_err());
}

#[test]
fn a_reset_after_the_end_reads_as_the_end() {
    let mut connection = connection();
    assert!(connection.send(Client, b"last").is_ready());
    polling(|wakeups| connection.finish(Client, wakeups));
    assert!(connection.send(Server, b"unread").is_ready());
    polling(|wakeups| connection.close(Client, wakeups));
    assert_eq!(connection.send(Server, b"x"), fails(BrokenPipe));
    assert_eq!(connection.recv(Server, 9), received(b"last"));
    assert_eq!(connection.recv(Server, 9), received(b""));
}

#[test]
fn a_connection_that_both_have_ended_has_no_peer() {
    let mut connection = connection();
    polling(|wakeups| connection.finish(Client, wakeups));
    assert!(connection.peer_name(Client).is_ok());
    assert_eq!(connection.send(Client, b"x"), fails(BrokenPipe));
    polling(|wakeups| connection.close(Server, wakeups));
    assert!(connection.peer_name(Client).is_err());
    assert_eq!(connection.local_name(Client).inet().port(), 1);
    assert!(!connection.is_closed());
}
