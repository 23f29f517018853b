//! Unix streams: what they can do that TCP cannot.

use std::{
    fmt,
    future::Future,
    io::{self, IoSlice},
    os::fd::BorrowedFd,
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{PeerCredentials, ReceivedFds, UnixAddress};
use crate::{
    net::{AsyncStreamTransport, MAX_PIECES, checkpoint},
    observe::operation,
};

/// A Unix stream: a connection between processes of one machine, which carries file descriptors too.
///
/// Receiving without [`recv_with_fds`](Self::recv_with_fds) drops the descriptors that come with the data.
///
/// # Implementing
///
/// - Descriptors that are received are closed on `exec`.
/// - Bytes with descriptors are never received in one with bytes that were sent after them.
pub trait AsyncUnixStreamTransport: AsyncStreamTransport<Address = UnixAddress> {
    /// Receives bytes into `buffer`, which is not empty, and what descriptors come with them.
    ///
    /// Users call [`recv_with_fds`](Self::recv_with_fds).
    ///
    /// # Errors
    ///
    /// As [`poll_recv`](crate::net::AsyncStreamReadTransport::poll_recv).
    fn poll_recv_with_fds(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<ReceivedFds>>;

    /// Sends the first bytes of what is in `pieces`, with all of the descriptors; yields how many.
    ///
    /// It is given [`MAX_PIECES`] at most, and one byte at least.
    ///
    /// # Errors
    ///
    /// As [`poll_send`](crate::net::AsyncStreamWriteTransport::poll_send).
    fn poll_send_with_fds(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
        fds: &[BorrowedFd<'_>],
    ) -> Poll<io::Result<usize>>;

    /// Which process is at the other end, as the kernel noted when the connection was opened (`SO_PEERCRED`).
    ///
    /// # Errors
    ///
    /// Those of the operating system; [`Closed`](crate::net::Closed) after our own close.
    fn peer_credentials(&self) -> io::Result<PeerCredentials>;

    /// Receives what there is into `buffer`, with the file descriptors that were sent with it.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// As [`recv_into`](crate::net::AsyncStreamReadTransport::recv_into).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[easynet::main(backend = "tokio")]
    /// # async fn main() -> Result<(), easynet::BoxError> {
    /// use std::{fs::File, io::{Read, Write}, os::{fd::AsFd, unix::net::UnixStream}};
    /// use easynet::{net::*, prelude::*};
    ///
    /// let (left, right) = UnixStream::pair()?;
    /// let (mut left, mut right) = (wrap_stream_socket(left)?, wrap_stream_socket(right)?);
    /// let (mut reader, writer) = std::io::pipe()?;
    ///
    /// left.send_all_with_fds([&b"take "[..], b"this"], &[writer.as_fd()]).await?;
    /// drop(writer);
    ///
    /// let mut buffer = [0; 16];
    /// let received = right.recv_with_fds(&mut buffer).await?;
    /// assert_eq!(&buffer[..received.len()], b"take this");
    /// for fd in received.into_fds() {
    ///     File::from(fd).write_all(b"through the pipe")?;
    /// }
    /// let mut text = String::new();
    /// reader.read_to_string(&mut text)?;
    /// assert_eq!(text, "through the pipe");
    /// # Ok(())
    /// # }
    /// ```
    fn recv_with_fds<'a>(&'a mut self, buffer: &'a mut [u8]) -> RecvWithFds<'a, Self> {
        RecvWithFds {
            transport: self,
            buffer,
        }
    }

    /// Sends all of several pieces, and file descriptors with the first of their bytes.
    ///
    /// The descriptors are copied by the kernel: ours stay open. They travel with data only, so that without a byte to
    /// send it is an error to send any.
    ///
    /// # Cancellation
    ///
    /// Cancelling loses how much was sent, and whether the descriptors were. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// As [`send_all`](crate::net::AsyncStreamWriteTransport::send_all). Of kind [`InvalidInput`](io::ErrorKind::InvalidInput) for
    /// descriptors without data, and for more than [`MAX_FDS`](super::MAX_FDS).
    fn send_all_with_fds<'a, I>(
        &'a mut self,
        pieces: I,
        fds: &'a [BorrowedFd<'a>],
    ) -> SendAllWithFds<'a, Self>
    where
        I: IntoIterator<Item = &'a [u8]>,
    {
        let pieces = pieces.into_iter().filter(|piece| !piece.is_empty());
        SendAllWithFds {
            transport: self,
            pieces: pieces.map(IoSlice::new).collect(),
            done: 0,
            fds,
        }
    }
}

/// Future of [`AsyncUnixStreamTransport::recv_with_fds`].
#[must_use = "nothing is received unless it is awaited"]
pub struct RecvWithFds<'a, T> {
    transport: &'a mut T,
    buffer: &'a mut [u8],
}

impl<T: AsyncUnixStreamTransport> Future for RecvWithFds<'_, T> {
    type Output = io::Result<ReceivedFds>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        checkpoint(cx, |cx| {
            if this.buffer.is_empty() {
                return Poll::Ready(Ok(ReceivedFds::default()));
            }
            let polled = this.transport.poll_recv_with_fds(cx, this.buffer);
            operation("recv_with_fds", polled)
        })
    }
}

/// Future of [`AsyncUnixStreamTransport::send_all_with_fds`].
#[must_use = "nothing is sent unless it is awaited"]
pub struct SendAllWithFds<'a, T> {
    transport: &'a mut T,
    pieces: Vec<IoSlice<'a>>,
    /// How many of them have been sent.
    done: usize,
    /// Empty once they have been sent.
    fds: &'a [BorrowedFd<'a>],
}

impl<T: AsyncUnixStreamTransport> SendAllWithFds<'_, T> {
    fn check(&self) -> io::Result<()> {
        if self.fds.is_empty() {
            return Ok(());
        }
        if self.pieces.is_empty() {
            return Err(invalid(
                "file descriptors are sent with data: there is none to send",
            ));
        }
        check_number(self.fds.len())
    }
}

impl<T: AsyncUnixStreamTransport> Future for SendAllWithFds<'_, T> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        checkpoint(cx, |cx| {
            this.check()?;
            while this.done < this.pieces.len() {
                let all = this.pieces.len();
                let mut rest = &mut this.pieces[this.done..];
                let at_once = &rest[..rest.len().min(MAX_PIECES)];
                let polled = if this.fds.is_empty() {
                    this.transport.poll_send_vectored(cx, at_once)
                } else {
                    this.transport.poll_send_with_fds(cx, at_once, this.fds)
                };
                let sent = ready!(operation("send_all_with_fds", polled))?;
                if sent == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                this.fds = &[];
                IoSlice::advance_slices(&mut rest, sent);
                this.done = all - rest.len();
            }
            Poll::Ready(Ok(()))
        })
    }
}

pub(super) fn check_number(fds: usize) -> io::Result<()> {
    if fds > super::MAX_FDS {
        return Err(invalid("too many file descriptors for one message"));
    }
    Ok(())
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

impl<T> fmt::Debug for RecvWithFds<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvWithFds")
            .field("room", &self.buffer.len())
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for SendAllWithFds<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendAllWithFds")
            .field("pieces", &(self.pieces.len() - self.done))
            .field("fds", &self.fds.len())
            .finish_non_exhaustive()
    }
}
