//! The futures that receive a datagram.

use std::{
    fmt,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{AsyncDatagramReadTransport, DatagramLength, room::with_room};
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
}

impl<'a, T> DatagramRecv<'a, T> {
    pub(super) fn new(transport: &'a mut T) -> Self {
        Self { transport }
    }
}

impl<T: AsyncDatagramReadTransport> Future for DatagramRecv<'_, T> {
    type Output = io::Result<Vec<u8>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let mut look = |cx: &mut Context<'_>, room: &mut [u8]| {
            let received = ready!(operation("recv", this.transport.poll_recv(cx, room)))?;
            Poll::Ready(Ok(room[..received.len()].to_vec()))
        };
        checkpoint(cx, |cx| with_room(|room| look(cx, room)))
    }
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
