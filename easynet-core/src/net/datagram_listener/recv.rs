//! The futures that receive a datagram of anybody.

use std::{
    fmt,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::AsyncDatagramListener;
use crate::{
    net::{
        checkpoint,
        datagram::{DatagramLength, room::with_room},
    },
    observe::operation,
};

/// Future of [`AsyncDatagramListener::recv_from`].
#[must_use = "nothing is received unless it is awaited"]
pub struct RecvFrom<'a, L> {
    listener: &'a mut L,
}

impl<'a, L> RecvFrom<'a, L> {
    pub(super) fn new(listener: &'a mut L) -> Self {
        Self { listener }
    }
}

impl<L: AsyncDatagramListener> Future for RecvFrom<'_, L> {
    type Output = io::Result<(Vec<u8>, L::Address)>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let mut look = |cx: &mut Context<'_>, room: &mut [u8]| {
            let polled = this.listener.poll_recv_from(cx, room);
            let (received, peer) = ready!(operation("recv_from", polled))?;
            Poll::Ready(Ok((room[..received.len()].to_vec(), peer)))
        };
        checkpoint(cx, |cx| with_room(|room| look(cx, room)))
    }
}

/// Future of [`AsyncDatagramListener::recv_into_from`].
#[must_use = "nothing is received unless it is awaited"]
pub struct RecvIntoFrom<'a, L> {
    listener: &'a mut L,
    buffer: &'a mut [u8],
}

impl<'a, L> RecvIntoFrom<'a, L> {
    pub(super) fn new(listener: &'a mut L, buffer: &'a mut [u8]) -> Self {
        Self { listener, buffer }
    }
}

impl<L: AsyncDatagramListener> Future for RecvIntoFrom<'_, L> {
    type Output = io::Result<(DatagramLength, L::Address)>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        checkpoint(cx, |cx| {
            operation("recv_into_from", this.listener.poll_recv_from(cx, this.buffer))
        })
    }
}

impl<L> fmt::Debug for RecvFrom<'_, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvFrom").finish_non_exhaustive()
    }
}

impl<L> fmt::Debug for RecvIntoFrom<'_, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvIntoFrom")
            .field("room", &self.buffer.len())
            .finish_non_exhaustive()
    }
}
