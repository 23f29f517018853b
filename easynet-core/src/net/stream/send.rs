//! The futures that send.

use std::{
    fmt,
    future::Future,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::AsyncStreamWriteTransport;
use crate::{net::checkpoint, observe::operation};

/// Future of [`AsyncStreamWriteTransport::send_all`].
#[must_use = "nothing is sent unless it is awaited"]
pub struct SendAll<'a, T> {
    transport: &'a mut T,
    rest: &'a [u8],
}

impl<'a, T> SendAll<'a, T> {
    pub(super) fn new(transport: &'a mut T, data: &'a [u8]) -> Self {
        Self {
            transport,
            rest: data,
        }
    }
}

impl<T: AsyncStreamWriteTransport> Future for SendAll<'_, T> {
    type Output = io::Result<()>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        checkpoint(cx, |cx| {
            while !this.rest.is_empty() {
                let sent = ready!(operation("send_all", this.transport.poll_send(cx, this.rest)))?;
                if sent == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                this.rest = &this.rest[sent..];
            }
            Poll::Ready(Ok(()))
        })
    }
}

/// How many pieces are handed to the operating system at once: what POSIX systems take (`IOV_MAX`).
pub const MAX_PIECES: usize = 1024;

/// Future of [`AsyncStreamWriteTransport::send_all_from_iterable`].
#[must_use = "nothing is sent unless it is awaited"]
pub struct SendAllFromIterable<'a, T> {
    transport: &'a mut T,
    pieces: Vec<IoSlice<'a>>,
    /// How many of them have been sent.
    done: usize,
}

impl<'a, T> SendAllFromIterable<'a, T> {
    pub(super) fn new(transport: &'a mut T, pieces: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let pieces = pieces.into_iter().filter(|piece| !piece.is_empty());
        Self {
            transport,
            pieces: pieces.map(IoSlice::new).collect(),
            done: 0,
        }
    }
}

impl<T: AsyncStreamWriteTransport> Future for SendAllFromIterable<'_, T> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        checkpoint(cx, |cx| {
            while this.done < this.pieces.len() {
                let all = this.pieces.len();
                let mut rest = &mut this.pieces[this.done..];
                let at_once = &rest[..rest.len().min(MAX_PIECES)];
                let polled = this.transport.poll_send_vectored(cx, at_once);
                let sent = ready!(operation("send_all_from_iterable", polled))?;
                if sent == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                IoSlice::advance_slices(&mut rest, sent);
                this.done = all - rest.len();
            }
            Poll::Ready(Ok(()))
        })
    }
}

impl<T> fmt::Debug for SendAllFromIterable<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendAllFromIterable")
            .field("pieces", &(self.pieces.len() - self.done))
            .finish_non_exhaustive()
    }
}

/// Future of [`AsyncStreamWriteTransport::send_eof`].
#[must_use = "the peer is not told unless it is awaited"]
pub struct SendEof<'a, T> {
    transport: &'a mut T,
}

impl<'a, T> SendEof<'a, T> {
    pub(super) fn new(transport: &'a mut T) -> Self {
        Self { transport }
    }
}

impl<T: AsyncStreamWriteTransport> Future for SendEof<'_, T> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        checkpoint(cx, |cx| operation("send_eof", this.transport.poll_send_eof(cx)))
    }
}

impl<T> fmt::Debug for SendAll<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendAll")
            .field("rest", &self.rest.len())
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for SendEof<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendEof").finish_non_exhaustive()
    }
}
