//! Two transports as one.

use std::{
    io::{self, IoSlice},
    task::{Context, Poll, ready},
};

use super::{AsyncStreamReadTransport, AsyncStreamTransport, AsyncStreamWriteTransport, NotOneStream};

/// Two transports that are used as one: it sends with the first, and receives with the second.
///
/// For halves of two streams, the two ends of a pair of pipes, or one direction wrapped into something. What it sends and what
/// it receives have nothing to do with each other.
///
/// Of two whole streams it is a stream too, whose addresses are those of the one that receives. Closing it closes both, the one
/// that sends first; dropping it drops both.
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() -> Result<(), easynet::BoxError> {
/// # use easynet::{net::*, prelude::*};
/// # let mut listener = create_tcp_listeners("127.0.0.1", 0).await?.remove(0);
/// # let port = listener.local_address()?.port();
/// # let requests = create_tcp_connection("127.0.0.1", port).await?;
/// # let (mut requested, _) = listener.accept().await?;
/// # let answers = create_tcp_connection("127.0.0.1", port).await?;
/// # let (mut answered, _) = listener.accept().await?;
/// let mut both = StapledStreamTransport::new(requests, answers);
/// both.send_all(b"request").await?;
/// assert_eq!(requested.recv(16).await?, b"request");
/// answered.send_all(b"answer").await?;
/// assert_eq!(both.recv(16).await?, b"answer");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct StapledStreamTransport<W, R> {
    send: W,
    receive: R,
}

impl<W: AsyncStreamWriteTransport, R: AsyncStreamReadTransport> StapledStreamTransport<W, R> {
    /// Sends with `send`, and receives with `receive`.
    pub fn new(send: W, receive: R) -> Self {
        Self { send, receive }
    }

    /// The one that sends, and the one that receives.
    pub fn into_parts(self) -> (W, R) {
        (self.send, self.receive)
    }
}

impl<W: Send + Unpin, R: AsyncStreamReadTransport> AsyncStreamReadTransport for StapledStreamTransport<W, R> {
    fn poll_recv(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.receive.poll_recv(cx, buffer)
    }
}

impl<W: AsyncStreamWriteTransport, R: Send + Unpin> AsyncStreamWriteTransport
    for StapledStreamTransport<W, R>
{
    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.send.poll_send(cx, data)
    }

    fn poll_send_vectored(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.send.poll_send_vectored(cx, pieces)
    }

    fn poll_send_eof(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.send.poll_send_eof(cx)
    }
}

impl<W, R> AsyncStreamTransport for StapledStreamTransport<W, R>
where
    W: AsyncStreamTransport,
    R: AsyncStreamTransport,
{
    type Backend = R::Backend;
    type Address = R::Address;
    type ReadHalf = R;
    type WriteHalf = W;

    fn backend(&self) -> R::Backend {
        self.receive.backend()
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let sent = ready!(self.send.poll_close(cx));
        let received = ready!(self.receive.poll_close(cx));
        Poll::Ready(sent.and(received))
    }

    fn abort(&mut self) {
        self.send.abort();
        self.receive.abort();
    }

    fn is_closing(&self) -> bool {
        self.send.is_closing() && self.receive.is_closing()
    }

    fn local_address(&self) -> io::Result<R::Address> {
        self.receive.local_address()
    }

    fn peer_address(&self) -> io::Result<R::Address> {
        self.receive.peer_address()
    }

    fn split(self) -> (R, W) {
        (self.receive, self.send)
    }

    /// Any two make one.
    fn reunite(read: R, write: W) -> Result<Self, NotOneStream<R, W>> {
        Ok(Self::new(write, read))
    }
}
