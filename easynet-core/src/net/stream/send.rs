//! The futures that send.

use std::{
    fmt,
    future::Future,
    io,
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
