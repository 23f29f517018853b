//! The two directions of a socket.

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
};

use easynet_core::net::{AsyncStreamReadTransport, AsyncStreamWriteTransport};

use super::{open, socket::Socket};

/// What a [`SimTcpStream`](super::SimTcpStream) that was split receives with.
#[derive(Debug)]
pub struct SimTcpReadHalf {
    /// None if the stream had been closed before it was split.
    inner: Option<Arc<Socket>>,
}

/// What a [`SimTcpStream`](super::SimTcpStream) that was split sends with; dropping it is `send_eof`.
#[derive(Debug)]
pub struct SimTcpWriteHalf {
    /// None if the stream had been closed before it was split.
    inner: Option<Arc<Socket>>,
}

impl SimTcpReadHalf {
    pub(super) fn new(inner: Option<Arc<Socket>>) -> Self {
        Self { inner }
    }

    pub(super) fn is_of_same_stream(&self, write: &SimTcpWriteHalf) -> bool {
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
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        open(&self.inner)?.local_address()
    }

    /// The address of the other end.
    ///
    /// # Errors
    ///
    /// As [`local_address`](Self::local_address); also when the connection is gone.
    pub fn peer_address(&self) -> io::Result<SocketAddr> {
        open(&self.inner)?.peer_address()
    }
}

impl SimTcpWriteHalf {
    pub(super) fn new(inner: Option<Arc<Socket>>) -> Self {
        Self { inner }
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
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        open(&self.inner)?.local_address()
    }

    /// The address of the other end.
    ///
    /// # Errors
    ///
    /// As [`local_address`](Self::local_address); also when the connection is gone.
    pub fn peer_address(&self) -> io::Result<SocketAddr> {
        open(&self.inner)?.peer_address()
    }
}

impl AsyncStreamReadTransport for SimTcpReadHalf {
    fn poll_recv(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        open(&self.inner)?.poll_recv(cx, buffer)
    }
}

impl AsyncStreamWriteTransport for SimTcpWriteHalf {
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

impl Drop for SimTcpWriteHalf {
    fn drop(&mut self) {
        if let Some(socket) = &self.inner {
            socket.finish();
        }
    }
}

easynet_core::futures_io_traits!(read SimTcpReadHalf);
easynet_core::futures_io_traits!(write SimTcpWriteHalf);
