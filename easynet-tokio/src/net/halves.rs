//! The two directions of a socket.

use std::{
    io::{self, IoSlice},
    task::{Context, Poll},
};

use easynet_core::net::{AsyncStreamReadTransport, AsyncStreamWriteTransport};

use super::{StreamSocket, open, stream};

/// What a [`TokioStream`](super::TokioStream) that was split receives with.
#[derive(Debug)]
pub struct TokioReadHalf<S: StreamSocket> {
    /// None if the stream had been closed before it was split.
    inner: Option<S::Read>,
}

/// What a [`TokioStream`](super::TokioStream) that was split sends with; dropping it is `send_eof`.
#[derive(Debug)]
pub struct TokioWriteHalf<S: StreamSocket> {
    /// None if the stream had been closed before it was split.
    inner: Option<S::Write>,
}

impl<S: StreamSocket> TokioReadHalf<S> {
    pub(super) fn new(inner: Option<S::Read>) -> Self {
        Self { inner }
    }

    pub(super) fn into_inner(self) -> Option<S::Read> {
        self.inner
    }

    /// The address of our end.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn local_address(&self) -> io::Result<S::Address> {
        open(&self.inner)?.as_ref().local()
    }

    /// The address of the other end.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn peer_address(&self) -> io::Result<S::Address> {
        open(&self.inner)?.as_ref().peer()
    }
}

impl<S: StreamSocket> TokioWriteHalf<S> {
    pub(super) fn new(inner: Option<S::Write>) -> Self {
        Self { inner }
    }

    pub(super) fn into_inner(self) -> Option<S::Write> {
        self.inner
    }

    /// The address of our end.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn local_address(&self) -> io::Result<S::Address> {
        open(&self.inner)?.as_ref().local()
    }

    /// The address of the other end.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn peer_address(&self) -> io::Result<S::Address> {
        open(&self.inner)?.as_ref().peer()
    }
}

impl<S: StreamSocket> AsyncStreamReadTransport for TokioReadHalf<S> {
    #[inline]
    fn poll_recv(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        stream::poll_recv(&mut self.inner, cx, buffer)
    }
}

impl<S: StreamSocket> AsyncStreamWriteTransport for TokioWriteHalf<S> {
    #[inline]
    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        stream::poll_send(&mut self.inner, cx, data)
    }

    fn poll_send_vectored(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        stream::poll_send_vectored(&mut self.inner, cx, pieces)
    }

    fn poll_send_eof(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        stream::poll_send_eof(&mut self.inner, cx)
    }
}

easynet_core::futures_io_traits!(read [S: StreamSocket] TokioReadHalf<S>);
easynet_core::futures_io_traits!(write [S: StreamSocket] TokioWriteHalf<S>);
super::tokio_io::traits!(read [S: StreamSocket] TokioReadHalf<S>);
super::tokio_io::traits!(write [S: StreamSocket] TokioWriteHalf<S>);
