//! A connected socket.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use easynet_core::net::{
    AsyncStreamReadTransport, AsyncStreamTransport, AsyncStreamWriteTransport, Closed, NotOneStream,
};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    StreamSocket,
    halves::{TokioReadHalf, TokioWriteHalf},
    open,
};
use crate::TokioBackend;

/// A TCP or Unix connection of the tokio runtime.
///
/// It implements the I/O traits of tokio and of `futures`; there too an operation in a cancelled scope stays pending.
#[derive(Debug)]
pub struct TokioStream<S> {
    /// Gone once it was closed.
    inner: Option<S>,
}

impl<S: StreamSocket> From<S> for TokioStream<S> {
    fn from(stream: S) -> Self {
        Self { inner: Some(stream) }
    }
}

impl<S: StreamSocket> TokioStream<S> {
    /// The socket, for its options.
    ///
    /// # Errors
    ///
    /// [`Closed`] after our own close.
    pub fn as_socket(&self) -> io::Result<SockRef<'_>> {
        open(&self.inner).map(StreamSocket::as_socket)
    }

    /// The socket of tokio.
    ///
    /// # Errors
    ///
    /// [`Closed`] after our own close.
    pub fn into_inner(self) -> io::Result<S> {
        self.inner.ok_or_else(|| Closed::new().into())
    }

    #[cfg(unix)]
    pub(super) fn inner(&self) -> io::Result<&S> {
        open(&self.inner)
    }
}

impl<S: StreamSocket> AsyncStreamReadTransport for TokioStream<S> {
    #[inline]
    fn poll_recv(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        poll_recv(&mut self.inner, cx, buffer)
    }
}

impl<S: StreamSocket> AsyncStreamWriteTransport for TokioStream<S> {
    #[inline]
    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        poll_send(&mut self.inner, cx, data)
    }

    fn poll_send_vectored(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        poll_send_vectored(&mut self.inner, cx, pieces)
    }

    fn poll_send_eof(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        poll_send_eof(&mut self.inner, cx)
    }
}

impl<S: StreamSocket> AsyncStreamTransport for TokioStream<S> {
    type Backend = TokioBackend;
    type Address = S::Address;
    type ReadHalf = TokioReadHalf<S>;
    type WriteHalf = TokioWriteHalf<S>;

    fn backend(&self) -> TokioBackend {
        TokioBackend::new()
    }

    fn poll_close(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The kernel has all that was sent, and delivers it.
        self.inner = None;
        Poll::Ready(Ok(()))
    }

    fn abort(&mut self) {
        self.inner = None;
    }

    fn is_closing(&self) -> bool {
        self.inner.is_none()
    }

    fn local_address(&self) -> io::Result<S::Address> {
        open(&self.inner)?.local()
    }

    fn peer_address(&self) -> io::Result<S::Address> {
        open(&self.inner)?.peer()
    }

    fn split(self) -> (TokioReadHalf<S>, TokioWriteHalf<S>) {
        let (read, write) = self.inner.map(S::into_halves).unzip();
        (TokioReadHalf::new(read), TokioWriteHalf::new(write))
    }

    fn reunite(
        read: TokioReadHalf<S>,
        write: TokioWriteHalf<S>,
    ) -> Result<Self, NotOneStream<TokioReadHalf<S>, TokioWriteHalf<S>>> {
        let (read, write) = match (read.into_inner(), write.into_inner()) {
            (Some(read), Some(write)) => match S::join(read, write) {
                Ok(stream) => return Ok(stream.into()),
                Err((read, write)) => (Some(read), Some(write)),
            },
            (None, None) => return Ok(Self { inner: None }),
            others => others,
        };
        Err(NotOneStream::new(
            TokioReadHalf::new(read),
            TokioWriteHalf::new(write),
        ))
    }
}

easynet_core::futures_io_traits!(read [S: StreamSocket] TokioStream<S>);
easynet_core::futures_io_traits!(write [S: StreamSocket] TokioStream<S>);
super::tokio_io::traits!(read [S: StreamSocket] TokioStream<S>);
super::tokio_io::traits!(write [S: StreamSocket] TokioStream<S>);

#[inline]
pub(super) fn poll_recv<T: AsyncRead + Unpin>(
    inner: &mut Option<T>,
    cx: &mut Context<'_>,
    buffer: &mut [u8],
) -> Poll<io::Result<usize>> {
    let Some(inner) = inner else {
        return Poll::Ready(Err(Closed::new().into()));
    };
    let mut buffer = ReadBuf::new(buffer);
    ready!(Pin::new(inner).poll_read(cx, &mut buffer))?;
    Poll::Ready(Ok(buffer.filled().len()))
}

#[inline]
pub(super) fn poll_send<T: AsyncWrite + Unpin>(
    inner: &mut Option<T>,
    cx: &mut Context<'_>,
    data: &[u8],
) -> Poll<io::Result<usize>> {
    let Some(inner) = inner else {
        return Poll::Ready(Err(Closed::new().into()));
    };
    Pin::new(inner).poll_write(cx, data)
}

pub(super) fn poll_send_vectored<T: AsyncWrite + Unpin>(
    inner: &mut Option<T>,
    cx: &mut Context<'_>,
    pieces: &[IoSlice<'_>],
) -> Poll<io::Result<usize>> {
    let Some(inner) = inner else {
        return Poll::Ready(Err(Closed::new().into()));
    };
    Pin::new(inner).poll_write_vectored(cx, pieces)
}

pub(super) fn poll_send_eof<T: AsyncWrite + Unpin>(
    inner: &mut Option<T>,
    cx: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    let Some(inner) = inner else {
        return Poll::Ready(Ok(()));
    };
    match ready!(Pin::new(inner).poll_shutdown(cx)) {
        // The peer is gone: there is nobody to tell.
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Poll::Ready(Ok(())),
        other => Poll::Ready(other),
    }
}
