//! The two directions of a socket.

use std::{
    io::{self, IoSlice},
    marker::PhantomData,
    sync::Arc,
    task::{Context, Poll},
};

use easynet_core::net::{AsyncStreamReadTransport, AsyncStreamWriteTransport};

use super::{address::SimAddress, open, socket::Socket};

/// What a [`SimStream`](super::SimStream) that was split receives with.
#[derive(Debug)]
pub struct SimReadHalf<A> {
    /// None if the stream had been closed before it was split.
    inner: Option<Arc<Socket>>,
    _address: PhantomData<fn() -> A>,
}

/// What a [`SimStream`](super::SimStream) that was split sends with; dropping it is `send_eof`.
#[derive(Debug)]
pub struct SimWriteHalf<A> {
    /// None if the stream had been closed before it was split.
    inner: Option<Arc<Socket>>,
    _address: PhantomData<fn() -> A>,
}

impl<A: SimAddress> SimReadHalf<A> {
    pub(super) fn new(inner: Option<Arc<Socket>>) -> Self {
        Self {
            inner,
            _address: PhantomData,
        }
    }

    pub(super) fn is_of_same_stream(&self, write: &SimWriteHalf<A>) -> bool {
        match (&self.inner, &write.inner) {
            (Some(read), Some(write)) => Arc::ptr_eq(read, write),
            (read, write) => read.is_none() && write.is_none(),
        }
    }

    /// The address of our end.
    ///
    /// # Errors
    ///
    /// [`Closed`](easynet_core::net::Closed) if the stream was closed before it was split.
    pub fn local_address(&self) -> io::Result<A> {
        Ok(A::from_name(open(&self.inner)?.local_name()))
    }

    /// The address of the other end.
    ///
    /// # Errors
    ///
    /// As [`local_address`](Self::local_address); also when the connection is gone.
    pub fn peer_address(&self) -> io::Result<A> {
        open(&self.inner)?.peer_name().map(A::from_name)
    }
}

impl<A: SimAddress> SimWriteHalf<A> {
    pub(super) fn new(inner: Option<Arc<Socket>>) -> Self {
        Self {
            inner,
            _address: PhantomData,
        }
    }

    /// Takes the socket out, which is not told that no more is sent.
    pub(super) fn into_inner(mut self) -> Option<Arc<Socket>> {
        self.inner.take()
    }

    /// The address of our end.
    ///
    /// # Errors
    ///
    /// [`Closed`](easynet_core::net::Closed) if the stream was closed before it was split.
    pub fn local_address(&self) -> io::Result<A> {
        Ok(A::from_name(open(&self.inner)?.local_name()))
    }

    /// The address of the other end.
    ///
    /// # Errors
    ///
    /// As [`local_address`](Self::local_address); also when the connection is gone.
    pub fn peer_address(&self) -> io::Result<A> {
        open(&self.inner)?.peer_name().map(A::from_name)
    }
}

impl<A: SimAddress> AsyncStreamReadTransport for SimReadHalf<A> {
    fn poll_recv(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        open(&self.inner)?.poll_recv(cx, buffer)
    }
}

impl<A: SimAddress> AsyncStreamWriteTransport for SimWriteHalf<A> {
    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        open(&self.inner)?.poll_send(cx, &[IoSlice::new(data)])
    }

    fn poll_send_vectored(
        &mut self,
        cx: &mut Context<'_>,
        chunks: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        open(&self.inner)?.poll_send(cx, chunks)
    }

    fn poll_send_eof(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(socket) = &self.inner {
            socket.finish();
        }
        Poll::Ready(Ok(()))
    }
}

impl<A> Drop for SimWriteHalf<A> {
    fn drop(&mut self) {
        if let Some(socket) = &self.inner {
            socket.finish();
        }
    }
}

easynet_core::futures_io_traits!(read [A: SimAddress] SimReadHalf<A>);
easynet_core::futures_io_traits!(write [A: SimAddress] SimWriteHalf<A>);
