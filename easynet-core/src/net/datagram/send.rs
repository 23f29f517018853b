//! The future that sends a datagram.

use std::{
    fmt,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use super::AsyncDatagramWriteTransport;
use crate::{net::checkpoint, observe::operation};

/// Future of [`AsyncDatagramWriteTransport::send`].
#[must_use = "nothing is sent unless it is awaited"]
pub struct DatagramSend<'a, T> {
    transport: &'a mut T,
    data: &'a [u8],
}

impl<'a, T> DatagramSend<'a, T> {
    pub(super) fn new(transport: &'a mut T, data: &'a [u8]) -> Self {
        Self { transport, data }
    }
}

impl<T: AsyncDatagramWriteTransport> Future for DatagramSend<'_, T> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        checkpoint(cx, |cx| {
            operation("send", this.transport.poll_send(cx, this.data))
        })
    }
}

impl<T> fmt::Debug for DatagramSend<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatagramSend")
            .field("length", &self.data.len())
            .finish_non_exhaustive()
    }
}
