//! Closing: whatever is cancelled, it is closed, and what was sent arrives.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use easynet::{task_group, time::sleep};

use super::*;

/// A stream that takes its time to close, as one does that has something to say before: TLS, for example.
struct Lingering<S> {
    stream: S,
    closing: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl<S> Lingering<S> {
    fn new(stream: S) -> Self {
        Self {
            stream,
            closing: None,
        }
    }
}

impl<S: AsyncStreamTransport> AsyncStreamReadTransport for Lingering<S> {
    fn poll_recv(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.stream.poll_recv(cx, buffer)
    }
}

impl<S: AsyncStreamTransport> AsyncStreamWriteTransport for Lingering<S> {
    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.stream.poll_send(cx, data)
    }

    fn poll_send_vectored(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream.poll_send_vectored(cx, pieces)
    }

    fn poll_send_eof(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.poll_send_eof(cx)
    }
}

impl<S: AsyncStreamTransport> AsyncStreamTransport for Lingering<S> {
    type Backend = S::Backend;
    type Address = S::Address;
    type ReadHalf = S::ReadHalf;
    type WriteHalf = S::WriteHalf;

    fn backend(&self) -> S::Backend {
        self.stream.backend()
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let closing = self.closing.get_or_insert_with(|| Box::pin(sleep(ms(3))));
        ready!(closing.as_mut().poll(cx));
        self.stream.poll_close(cx)
    }

    fn abort(&mut self) {
        self.stream.abort();
    }

    fn is_closing(&self) -> bool {
        self.stream.is_closing()
    }

    fn local_address(&self) -> io::Result<S::Address> {
        self.stream.local_address()
    }

    fn peer_address(&self) -> io::Result<S::Address> {
        self.stream.peer_address()
    }

    fn split(self) -> (S::ReadHalf, S::WriteHalf) {
        self.stream.split()
    }

    fn reunite(
        read: S::ReadHalf,
        write: S::WriteHalf,
    ) -> Result<Self, NotOneStream<S::ReadHalf, S::WriteHalf>> {
        S::reunite(read, write).map(Self::new)
    }
}

/// STR-15
async fn program<S: AsyncStreamTransport>(cut: Cut, client: S, server: S) {
    let (mut client, mut begun) = (Lingering::new(client), false);
    let received = task_group!(|group| {
        let receiver = group.spawn_value(slowly(server, 700));
        client.send_all(&bytes(1000)).await.unwrap();
        cut.run(async {
            sleep(ms(1)).await;
            begun = true;
            client.aclose().await.unwrap();
            assert!(client.is_closing());
        })
        .await;
        assert_eq!(client.is_closing(), begun);
        // Harmless, or the one that counts.
        client.aclose().await.unwrap();
        receiver.join().await.unwrap()
    })
    .unwrap();
    assert!(received == bytes(1000));
    assert!(Closed::is(&client.recv(1).await.unwrap_err()));
    assert!(Closed::is(&client.send_all(b"x").await.unwrap_err()));
}

#[test]
fn a_stream_is_closed_once_closing_has_begun() {
    on_each_wire!(program);
}

/// STP-01
async fn program_of_two<S: AsyncStreamTransport>(cut: Cut, client: S, mut server: S) {
    let (back, mut peer) = near().await;
    let mut both = StapledStreamTransport::new(Lingering::new(client), Lingering::new(back));
    let mut begun = false;
    both.send_all(b"last").await.unwrap();
    cut.run(async {
        sleep(ms(1)).await;
        begun = true;
        both.aclose().await.unwrap();
    })
    .await;
    assert_eq!(both.is_closing(), begun);
    both.aclose().await.unwrap();
    let (write, read) = both.into_parts();
    assert!(write.is_closing() && read.is_closing());
    assert_eq!(server.recv(8).await.unwrap(), b"last");
    assert_eq!(server.recv(8).await.unwrap(), b"");
    assert_eq!(peer.recv(8).await.unwrap(), b"");
}

#[test]
fn two_streams_as_one_are_both_closed() {
    on_each_wire!(program_of_two);
}

/// Closing what has nothing under way does not wait: it is closed before it can be cancelled.
#[test]
fn listeners_and_endpoints_are_closed_at_once() {
    at_every_await(|cut| async move {
        let mut listener = create_tcp_listeners("0.0.0.0", 80).await.unwrap().remove(0);
        let mut datagrams = create_udp_listeners("0.0.0.0", 80).await.unwrap().remove(0);
        let mut endpoint = create_udp_endpoint("localhost", 80).await.unwrap();
        let mut begun = 0;
        cut.run(async {
            for close in 0..3 {
                sleep(ms(1)).await;
                begun += 1;
                match close {
                    0 => listener.aclose().await.unwrap(),
                    1 => datagrams.aclose().await.unwrap(),
                    _ => endpoint.aclose().await.unwrap(),
                }
            }
        })
        .await;
        let closed = [
            listener.is_closing(),
            datagrams.is_closing(),
            endpoint.is_closing(),
        ];
        assert_eq!(closed, [begun > 0, begun > 1, begun > 2]);
        if begun > 1 {
            create_tcp_listeners("0.0.0.0", 80).await.unwrap();
            create_udp_listeners("0.0.0.0", 80).await.unwrap();
        }
    });
}
