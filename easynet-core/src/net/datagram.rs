//! Datagrams, to and from one peer; whole and split into halves.

mod recv;
pub(in crate::net) mod room;
mod send;

use std::{
    fmt, io,
    task::{Context, Poll},
};

pub use self::{
    recv::{DatagramRecv, DatagramRecvInto},
    send::DatagramSend,
};
use super::{NotOneStream, checkpoint::checked};
use crate::backend::AsyncBackend;

/// How many bytes a datagram may have, more than any that IP can carry: what [`recv`](AsyncDatagramReadTransport::recv)
/// has room for.
pub const MAX_DATAGRAM: usize = 65_536;

/// How much of a datagram was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DatagramLength {
    length: usize,
    truncated: bool,
}

impl DatagramLength {
    /// So many bytes were written to the buffer, and the rest, if there was one, is lost; for backends.
    pub const fn new(length: usize, truncated: bool) -> Self {
        Self { length, truncated }
    }

    /// How many bytes are in the buffer.
    pub const fn len(self) -> usize {
        self.length
    }

    /// Whether no byte is: an empty datagram, which is not the end of anything.
    pub const fn is_empty(self) -> bool {
        self.length == 0
    }

    /// Whether the datagram was longer than the buffer: its rest is lost.
    pub const fn is_truncated(self) -> bool {
        self.truncated
    }
}

/// What datagrams of one peer are received from: an endpoint, or its read half.
///
/// # Implementing
///
/// - `poll_recv` tries first, and waits for readiness only if there is nothing.
/// - It takes a datagram only in a poll that returns it.
/// - A pending error of the socket is reported once.
/// - Once closed, it answers with [`Closed`](super::Closed).
pub trait AsyncDatagramReadTransport: Send + Unpin {
    /// Receives one datagram into `buffer`; what it has no room for is lost, and said to be.
    ///
    /// Users call [`recv`](Self::recv) or [`recv_into`](Self::recv_into).
    ///
    /// # Errors
    ///
    /// Those of the operating system; [`Closed`](super::Closed) after our own close.
    fn poll_recv(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<DatagramLength>>;

    /// Waits for one datagram, and receives it into `buffer`.
    ///
    /// What `buffer` has no room for is lost; the [`DatagramLength`] says so. An empty datagram is one like any other: there is no
    /// end of a stream here.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// Those of the operating system, each once: for example, of kind [`ConnectionRefused`](io::ErrorKind::ConnectionRefused), that
    /// nobody was there to receive what was sent. The endpoint can be used afterwards. [`Closed`](super::Closed) after our own close.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[easynet::main(backend = "tokio")]
    /// # async fn main() -> Result<(), easynet::BoxError> {
    /// use easynet::{net::*, prelude::*};
    ///
    /// let mut listener = create_udp_listeners("127.0.0.1", 0).await?.remove(0);
    /// let mut endpoint = create_udp_endpoint("127.0.0.1", listener.local_address()?.port()).await?;
    /// endpoint.send(b"a question").await?;
    /// let (_, peer) = listener.recv_from().await?;
    /// listener.send_to(b"an answer", &peer).await?;
    ///
    /// let mut buffer = [0; 4];
    /// let received = endpoint.recv_into(&mut buffer).await?;
    /// assert_eq!(&buffer[..received.len()], b"an a");
    /// assert!(received.is_truncated());
    /// # Ok(())
    /// # }
    /// ```
    fn recv_into<'a>(&'a mut self, buffer: &'a mut [u8]) -> DatagramRecvInto<'a, Self>
    where
        Self: Sized,
    {
        DatagramRecvInto::new(self, buffer)
    }

    /// Waits for one datagram, and receives all of it, into a new vector.
    ///
    /// [`recv_into`](Self::recv_into) does without the allocation.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// As [`recv_into`](Self::recv_into).
    fn recv(&mut self) -> DatagramRecv<'_, Self>
    where
        Self: Sized,
    {
        DatagramRecv::new(self)
    }
}

/// What datagrams are sent to one peer with: an endpoint, or its write half.
///
/// # Implementing
///
/// - `poll_send` tries first, and waits for readiness only if there is no room.
/// - A datagram is sent whole or not at all; one that is too large is refused at once.
/// - Once closed, it answers with [`Closed`](super::Closed).
pub trait AsyncDatagramWriteTransport: Send + Unpin {
    /// Sends one datagram.
    ///
    /// Users call [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// Those of the operating system; [`Closed`](super::Closed) after our own close.
    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<()>>;

    /// Sends `data` as one datagram, which may be empty.
    ///
    /// It waits while there is no room: for UDP in the kernel's buffer, for a Unix socket in the peer's. That it was sent by UDP
    /// does not say that it arrives.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: the datagram was not sent. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// Those of the operating system: that the datagram is too large (`EMSGSIZE`), at once; or what became of one sent before,
    /// once. [`Closed`](super::Closed) after our own close.
    fn send<'a>(&'a mut self, data: &'a [u8]) -> DatagramSend<'a, Self>
    where
        Self: Sized,
    {
        DatagramSend::new(self, data)
    }
}

/// An endpoint that exchanges datagrams with one peer.
///
/// Methods take `&mut self`, so an endpoint has one reader and one writer at most: two at once do not compile. For both
/// directions at the same time, [`split`](Self::split) it.
///
/// Dropping an endpoint closes it.
///
/// # Implementing
///
/// - `abort` closes at once, and is harmless when repeated.
/// - The endpoint is closed when both of its halves have been dropped.
/// - Halves of what was closed make a closed one again.
pub trait AsyncDatagramTransport:
    AsyncDatagramReadTransport + AsyncDatagramWriteTransport + Sized + 'static
{
    /// The backend it belongs to.
    type Backend: AsyncBackend;

    /// What names one end.
    type Address: fmt::Display + fmt::Debug + Clone + Send + Sync + 'static;

    /// What receives, after a [`split`](Self::split).
    type ReadHalf: AsyncDatagramReadTransport + 'static;

    /// What sends, after a [`split`](Self::split).
    type WriteHalf: AsyncDatagramWriteTransport + 'static;

    /// The backend it belongs to.
    fn backend(&self) -> Self::Backend;

    /// Closes the endpoint at once. Harmless if it is closed.
    fn abort(&mut self);

    /// Whether the endpoint was closed here. What the peer does never changes the answer.
    fn is_closing(&self) -> bool;

    /// The address of our end.
    ///
    /// # Errors
    ///
    /// Those of the operating system; [`Closed`](super::Closed) after our own close.
    fn local_address(&self) -> io::Result<Self::Address>;

    /// The address of the peer.
    ///
    /// # Errors
    ///
    /// As [`local_address`](Self::local_address).
    fn peer_address(&self) -> io::Result<Self::Address>;

    /// Splits the endpoint, for both directions at the same time.
    ///
    /// Dropping both halves closes it; dropping one tells nobody. [`reunite`](Self::reunite) makes them one again.
    fn split(self) -> (Self::ReadHalf, Self::WriteHalf);

    /// Makes two halves one endpoint again.
    ///
    /// # Errors
    ///
    /// [`NotOneStream`], with the halves, if they are of different endpoints.
    fn reunite(
        read: Self::ReadHalf,
        write: Self::WriteHalf,
    ) -> Result<Self, NotOneStream<Self::ReadHalf, Self::WriteHalf>>;

    /// Closes the endpoint. Harmless if it is closed. What was sent is on its way.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. The endpoint is closed all the same. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// None at present.
    fn aclose(&mut self) -> impl Future<Output = io::Result<()>> + Send {
        async {
            self.abort();
            checked("aclose", async { Ok(()) }).await
        }
    }
}
