//! The futures that receive a datagram.

use std::{
    fmt,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{AsyncDatagramReadTransport, DatagramLength, MAX_DATAGRAM};
use crate::{net::checkpoint, observe::operation};

/// Future of [`AsyncDatagramReadTransport::recv_into`].
#[must_use = "nothing is received unless it is awaited"]
pub struct DatagramRecvInto<'a, T> {
    transport: &'a mut T,
    buffer: &'a mut [u8],
}

impl<'a, T> DatagramRecvInto<'a, T> {
    pub(super) fn new(transport: &'a mut T, buffer: &'a mut [u8]) -> Self {
        Self { transport, buffer }
    }
}

impl<T: AsyncDatagramReadTransport> Future for DatagramRecvInto<'_, T> {
    type Output = io::Result<DatagramLength>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        checkpoint(cx, |cx| {
            operation("recv_into", this.transport.poll_recv(cx, this.buffer))
        })
    }
}

/// Future of [`AsyncDatagramReadTransport::recv`].
#[must_use = "nothing is received unless it is awaited"]
pub struct DatagramRecv<'a, T> {
    transport: &'a mut T,
    /// Made when it is polled.
    buffer: Vec<u8>,
}

impl<'a, T> DatagramRecv<'a, T> {
    pub(super) fn new(transport: &'a mut T) -> Self {
        Self {
            transport,
            buffer: Vec::new(),
        }
    }
}

impl<T: AsyncDatagramReadTransport> Future for DatagramRecv<'_, T> {
    type Output = io::Result<Vec<u8>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        checkpoint(cx, |cx| {
            if this.buffer.is_empty() {
                this.buffer = vec![0; MAX_DATAGRAM];
            }
            let received = ready!(operation("recv", this.transport.poll_recv(cx, &mut this.buffer)))?;
            Poll::Ready(Ok(taken(&mut this.buffer, received)))
        })
    }
}

/// What was received, without the room that was kept for more.
pub(in crate::net) fn taken(buffer: &mut Vec<u8>, received: DatagramLength) -> Vec<u8> {
    let mut bytes = std::mem::take(buffer);
    bytes.truncate(received.len());
    bytes.shrink_to_fit();
    bytes
}

impl<T> fmt::Debug for DatagramRecvInto<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatagramRecvInto")
            .field("room", &self.buffer.len())
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for DatagramRecv<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatagramRecv").finish_non_exhaustive()
    }
}
