//! The two directions of a socket.

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    task::{Context, Poll},
};

use easynet_core::net::{AsyncStreamReadTransport, AsyncStreamWriteTransport};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::{open, stream};

/// What a [`TokioTcpStream`](super::TokioTcpStream) that was split receives with.
#[derive(Debug)]
pub struct TokioTcpReadHalf {
    /// None if the stream had been closed before it was split.
    inner: Option<OwnedReadHalf>,
}

/// What a [`TokioTcpStream`](super::TokioTcpStream) that was split sends with; dropping it is `send_eof`.
#[derive(Debug)]
pub struct TokioTcpWriteHalf {
    /// None if the stream had been closed before it was split.
    inner: Option<OwnedWriteHalf>,
}

impl TokioTcpReadHalf {
    pub(super) fn new(inner: Option<OwnedReadHalf>) -> Self {
        Self { inner }
    }

    pub(super) fn into_inner(self) -> Option<OwnedReadHalf> {
        self.inner
    }

    /// The address of our end.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        open(&self.inner)?.local_addr()
    }

    /// The address of the other end.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn peer_address(&self) -> io::Result<SocketAddr> {
        open(&self.inner)?.peer_addr()
    }
}

impl TokioTcpWriteHalf {
    pub(super) fn new(inner: Option<OwnedWriteHalf>) -> Self {
        Self { inner }
    }

    pub(super) fn into_inner(self) -> Option<OwnedWriteHalf> {
        self.inner
    }

    /// The address of our end.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        open(&self.inner)?.local_addr()
    }

    /// The address of the other end.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn peer_address(&self) -> io::Result<SocketAddr> {
        open(&self.inner)?.peer_addr()
    }
}

impl AsyncStreamReadTransport for TokioTcpReadHalf {
    #[inline]
    fn poll_recv(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        stream::poll_recv(&mut self.inner, cx, buffer)
    }
}

impl AsyncStreamWriteTransport for TokioTcpWriteHalf {
    #[inline]
    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        stream::poll_send(&mut self.inner, cx, data)
    }

    fn poll_send_vectored(
        &mut self,
        cx: &mut Context<'_>,
        chunks: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        stream::poll_send_vectored(&mut self.inner, cx, chunks)
    }

    fn poll_send_eof(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        stream::poll_send_eof(&mut self.inner, cx)
    }
}

easynet_core::futures_io_traits!(read TokioTcpReadHalf);
easynet_core::futures_io_traits!(write TokioTcpWriteHalf);
super::tokio_io::traits!(read TokioTcpReadHalf, inner);
super::tokio_io::traits!(write TokioTcpWriteHalf, inner);
