//! Byte streams, whole and split into halves.

mod close;
mod recv;
mod send;

use std::{
    error::Error,
    fmt,
    io::{self, IoSlice},
    task::{Context, Poll},
};

pub use self::{
    close::{Aclose, Closed},
    recv::{Recv, RecvInto},
    send::{MAX_PIECES, SendAll, SendAllFromIterable, SendEof},
};
use crate::backend::AsyncBackend;

/// What bytes are received from: a stream, or its read half.
///
/// # Implementing
///
/// - `poll_recv` tries first, and waits for readiness only if there is nothing; then the waker of the last call is woken.
/// - It takes bytes only in a poll that returns them.
/// - The end of the stream is reported again and again.
/// - Once closed, it answers with [`Closed`].
pub trait AsyncStreamReadTransport: Send + Unpin {
    /// Receives into `buffer`, which is not empty; zero bytes are the end of the stream.
    ///
    /// Users call [`recv_into`](Self::recv_into).
    ///
    /// # Errors
    ///
    /// Those of the operating system; [`Closed`] after our own close.
    fn poll_recv(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>>;

    /// Receives what there is into `buffer`, and waits if there is nothing yet.
    ///
    /// Yields how many bytes it were. Zero is the end of the stream: the peer sends no more. With an empty `buffer` it
    /// is zero at once.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// Those of the operating system; [`Closed`] after our own close.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[easynet::main(backend = "tokio")]
    /// # async fn main() -> Result<(), easynet::BoxError> {
    /// # use easynet::net::{AsyncListener, AsyncStreamReadTransport, AsyncStreamWriteTransport};
    /// # let mut listener = easynet::net::create_tcp_listeners("127.0.0.1", 0).await?.remove(0);
    /// # let mut peer = easynet::net::create_tcp_connection("127.0.0.1", listener.local_address()?.port()).await?;
    /// # let (mut stream, _) = listener.accept().await?;
    /// peer.send_all(b"hello").await?;
    /// peer.send_eof().await?;
    ///
    /// let mut buffer = [0; 16];
    /// let n = stream.recv_into(&mut buffer).await?;
    /// assert_eq!(&buffer[..n], b"hello");
    /// assert_eq!(stream.recv_into(&mut buffer).await?, 0);
    /// # Ok(())
    /// # }
    /// ```
    fn recv_into<'a>(&'a mut self, buffer: &'a mut [u8]) -> RecvInto<'a, Self>
    where
        Self: Sized,
    {
        RecvInto::new(self, buffer)
    }

    /// Receives what there is, at most `max` bytes, into a new vector.
    ///
    /// An empty one is the end of the stream. With `max` of zero it is empty at once.
    /// [`recv_into`](Self::recv_into) does without the allocation.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// As [`recv_into`](Self::recv_into).
    fn recv(&mut self, max: usize) -> Recv<'_, Self>
    where
        Self: Sized,
    {
        Recv::new(self, max)
    }
}

/// What bytes are sent to: a stream, or its write half.
///
/// # Implementing
///
/// - `poll_send` tries first, and waits for readiness only if there is no room.
/// - Bytes it has counted are out of our hands: nothing is buffered, there is no flush.
/// - Ending twice is harmless, as is ending what is closed, by us or by the peer: the system's `ENOTCONN` is no error then.
/// - Once closed, sending answers with [`Closed`]; once ended, with
///   [`BrokenPipe`](io::ErrorKind::BrokenPipe).
pub trait AsyncStreamWriteTransport: Send + Unpin {
    /// Sends the first bytes of `data`, which is not empty, and yields how many.
    ///
    /// Users call [`send_all`](Self::send_all).
    ///
    /// # Errors
    ///
    /// Those of the operating system; [`Closed`] after our own close.
    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>>;

    /// Like [`poll_send`](Self::poll_send), from several places in turn.
    ///
    /// It is given [`MAX_PIECES`](super::MAX_PIECES) at most, and the first is not empty.
    ///
    /// # Errors
    ///
    /// As [`poll_send`](Self::poll_send).
    fn poll_send_vectored(
        &mut self,
        cx: &mut Context<'_>,
        chunks: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match chunks.iter().find(|chunk| !chunk.is_empty()) {
            Some(chunk) => self.poll_send(cx, chunk),
            None => Poll::Ready(Ok(0)),
        }
    }

    /// Tells the peer that no more is sent; it reads the end of the stream after what was sent before.
    ///
    /// Users call [`send_eof`](Self::send_eof).
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    fn poll_send_eof(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Sends all of `data`, and yields once the kernel has taken it.
    ///
    /// It waits while the peer does not read. Nothing is sent for empty data.
    ///
    /// # Cancellation
    ///
    /// Cancelling loses how much of `data` was sent. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// Those of the operating system, after which it is unknown how much was sent; [`Closed`] after our own close.
    fn send_all<'a>(&'a mut self, data: &'a [u8]) -> SendAll<'a, Self>
    where
        Self: Sized,
    {
        SendAll::new(self, data)
    }

    /// Sends all of several pieces, one after the other as if they were one, without copying them together.
    ///
    /// There may be any number, and some may be empty. It yields once the kernel has taken all.
    ///
    /// # Cancellation
    ///
    /// Cancelling loses how much was sent. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// As [`send_all`](Self::send_all).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[easynet::main(backend = "tokio")]
    /// # async fn main() -> Result<(), easynet::BoxError> {
    /// # use easynet::net::{AsyncListener, AsyncStreamReadTransport, AsyncStreamWriteTransport};
    /// # let mut listener = easynet::net::create_tcp_listeners("127.0.0.1", 0).await?.remove(0);
    /// # let mut peer = easynet::net::create_tcp_connection("127.0.0.1", listener.local_address()?.port()).await?;
    /// # let (mut stream, _) = listener.accept().await?;
    /// let body = vec![b'x'; 3];
    /// peer.send_all_from_iterable([&b"length: 3\r\n"[..], b"\r\n", &body]).await?;
    /// assert_eq!(stream.recv(64).await?, b"length: 3\r\n\r\nxxx");
    /// # Ok(())
    /// # }
    /// ```
    fn send_all_from_iterable<'a, I>(&'a mut self, pieces: I) -> SendAllFromIterable<'a, Self>
    where
        Self: Sized,
        I: IntoIterator<Item = &'a [u8]>,
    {
        SendAllFromIterable::new(self, pieces)
    }

    /// Tells the peer that no more is sent, while it may go on sending.
    ///
    /// Harmless if it was done before, or if the stream is closed.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    fn send_eof(&mut self) -> SendEof<'_, Self>
    where
        Self: Sized,
    {
        SendEof::new(self)
    }
}

/// A connection that bytes are sent and received on, in order.
///
/// Methods take `&mut self`, so a stream has one reader and one writer at most: two at once do not compile. For both
/// directions at the same time, [`split`](Self::split) it.
///
/// Dropping a stream closes it.
///
/// # Implementing
///
/// - `poll_close` finishes what is under way and closes; `abort` closes at once. Both are harmless when repeated. A backend that
///   keeps nothing in user space, as none should, has nothing under way: to close is to abort.
/// - The stream is closed when both of its halves have been dropped; when the write half is dropped, the peer reads
///   the end of the stream.
/// - What was closed can be split, and halves of what was closed are of one stream: they make a closed one again.
/// - Receiving and sending may wait at once, in different tasks; so there are two wakers to keep, and never more.
pub trait AsyncStreamTransport:
    AsyncStreamReadTransport + AsyncStreamWriteTransport + Sized + 'static
{
    /// The backend it belongs to.
    type Backend: AsyncBackend;

    /// What names one end of the connection.
    type Address: fmt::Display + fmt::Debug + Clone + Send + Sync + 'static;

    /// What receives, after a [`split`](Self::split).
    type ReadHalf: AsyncStreamReadTransport + 'static;

    /// What sends, after a [`split`](Self::split).
    type WriteHalf: AsyncStreamWriteTransport + 'static;

    /// The backend it belongs to.
    fn backend(&self) -> Self::Backend;

    /// Closes the stream gracefully.
    ///
    /// Users call [`aclose`](Self::aclose).
    ///
    /// # Errors
    ///
    /// When what was still to be sent cannot be; the stream is closed all the same.
    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Closes the stream at once, whatever is under way. Harmless if it is closed.
    fn abort(&mut self);

    /// Whether the stream was closed here. What the peer does never changes the answer.
    fn is_closing(&self) -> bool;

    /// The address of our end.
    ///
    /// # Errors
    ///
    /// Those of the operating system; [`Closed`] after our own close.
    fn local_address(&self) -> io::Result<Self::Address>;

    /// The address of the other end.
    ///
    /// # Errors
    ///
    /// As [`local_address`](Self::local_address); also when the connection is gone.
    fn peer_address(&self) -> io::Result<Self::Address>;

    /// Splits the stream, for both directions at the same time.
    ///
    /// Dropping the write half tells the peer that no more is sent; dropping both closes the stream.
    /// [`reunite`](Self::reunite) makes them one again.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[easynet::main(backend = "tokio")]
    /// # async fn main() -> Result<(), easynet::BoxError> {
    /// use easynet::net::*;
    ///
    /// # let mut listener = easynet::net::create_tcp_listeners("127.0.0.1", 0).await?.remove(0);
    /// # let mut peer = easynet::net::create_tcp_connection("127.0.0.1", listener.local_address()?.port()).await?;
    /// # let (stream, _) = listener.accept().await?;
    /// let (mut reader, mut writer) = stream.split();
    /// easynet::task_group!(|group| {
    ///     group.start_soon(async move { writer.send_all(b"ping").await });
    ///     peer.send_all(b"pong").await?;
    ///     assert_eq!(reader.recv(16).await?, b"pong");
    /// })?;
    /// assert_eq!(peer.recv(16).await?, b"ping");
    /// # Ok(())
    /// # }
    /// ```
    fn split(self) -> (Self::ReadHalf, Self::WriteHalf);

    /// Makes two halves one stream again.
    ///
    /// # Errors
    ///
    /// [`NotOneStream`], with the halves, if they are of different streams.
    fn reunite(
        read: Self::ReadHalf,
        write: Self::WriteHalf,
    ) -> Result<Self, NotOneStream<Self::ReadHalf, Self::WriteHalf>>;

    /// Closes the stream, after what is under way. Harmless if it is closed.
    ///
    /// # Cancellation
    ///
    /// Cancelling loses what is under way: the stream is closed at once. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// When what was still to be sent cannot be; the stream is closed all the same.
    fn aclose(&mut self) -> Aclose<'_, Self> {
        Aclose::new(self)
    }
}

/// Two halves are not of one stream: "these halves belong to different streams".
pub struct NotOneStream<R, W> {
    halves: (R, W),
}

impl<R, W> NotOneStream<R, W> {
    /// The error about two halves; for backends.
    pub fn new(read: R, write: W) -> Self {
        Self {
            halves: (read, write),
        }
    }

    /// The halves, as they were given.
    pub fn into_halves(self) -> (R, W) {
        self.halves
    }
}

impl<R, W> fmt::Display for NotOneStream<R, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("these halves belong to different streams")
    }
}

impl<R, W> fmt::Debug for NotOneStream<R, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotOneStream").finish_non_exhaustive()
    }
}

impl<R, W> Error for NotOneStream<R, W> {}
