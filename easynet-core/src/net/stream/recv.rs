//! The futures that receive.

use std::{
    fmt,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::AsyncStreamReadTransport;
use crate::{net::checkpoint, observe::operation};

/// Future of [`AsyncStreamReadTransport::recv_into`].
#[must_use = "nothing is received unless it is awaited"]
pub struct RecvInto<'a, T> {
    transport: &'a mut T,
    buffer: &'a mut [u8],
}

impl<'a, T> RecvInto<'a, T> {
    pub(super) fn new(transport: &'a mut T, buffer: &'a mut [u8]) -> Self {
        Self { transport, buffer }
    }
}

impl<T: AsyncStreamReadTransport> Future for RecvInto<'_, T> {
    type Output = io::Result<usize>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        checkpoint(cx, |cx| {
            if this.buffer.is_empty() {
                return Poll::Ready(Ok(0));
            }
            operation("recv_into", this.transport.poll_recv(cx, this.buffer))
        })
    }
}

/// Future of [`AsyncStreamReadTransport::recv`].
#[must_use = "nothing is received unless it is awaited"]
pub struct Recv<'a, T> {
    transport: &'a mut T,
    max: usize,
    /// Made when it is polled.
    buffer: Vec<u8>,
}

impl<'a, T> Recv<'a, T> {
    pub(super) fn new(transport: &'a mut T, max: usize) -> Self {
        Self {
            transport,
            max,
            buffer: Vec::new(),
        }
    }
}

impl<T: AsyncStreamReadTransport> Future for Recv<'_, T> {
    type Output = io::Result<Vec<u8>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<Vec<u8>>> {
        let this = self.get_mut();
        checkpoint(cx, |cx| {
            if this.max == 0 {
                return Poll::Ready(Ok(Vec::new()));
            }
            if this.buffer.is_empty() {
                this.buffer = vec![0; this.max];
            }
            let received = ready!(operation("recv", this.transport.poll_recv(cx, &mut this.buffer)))?;
            let mut bytes = std::mem::take(&mut this.buffer);
            bytes.truncate(received);
            Poll::Ready(Ok(bytes))
        })
    }
}

impl<T> fmt::Debug for RecvInto<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvInto")
            .field("room", &self.buffer.len())
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Recv<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recv")
            .field("max", &self.max)
            .finish_non_exhaustive()
    }
}
