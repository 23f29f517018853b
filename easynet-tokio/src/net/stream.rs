//! A connected socket.

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
};

use easynet_core::net::{
    AsyncStreamReadTransport, AsyncStreamTransport, AsyncStreamWriteTransport, Closed, NotOneStream, socket,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::{
    halves::{TokioTcpReadHalf, TokioTcpWriteHalf},
    open,
};

/// A TCP connection of the tokio runtime.
///
/// It implements the I/O traits of tokio and of `futures`; there too an operation in a cancelled scope stays pending.
#[derive(Debug)]
pub struct TokioTcpStream {
    /// Gone once it was closed.
    inner: Option<TcpStream>,
}

impl From<TcpStream> for TokioTcpStream {
    fn from(stream: TcpStream) -> Self {
        Self { inner: Some(stream) }
    }
}

/// Takes a socket that is connected, in the runtime that runs the calling code.
impl TryFrom<std::net::TcpStream> for TokioTcpStream {
    type Error = io::Error;

    fn try_from(stream: std::net::TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        socket::prepare_stream(&stream)?;
        Ok(TcpStream::from_std(stream)?.into())
    }
}

/// Gives the socket up, as one that blocks; fails if the stream was closed.
impl TryFrom<TokioTcpStream> for std::net::TcpStream {
    type Error = io::Error;

    fn try_from(stream: TokioTcpStream) -> io::Result<Self> {
        let stream = stream.inner.ok_or(Closed::new())?.into_std()?;
        stream.set_nonblocking(false)?;
        Ok(stream)
    }
}

impl AsyncStreamReadTransport for TokioTcpStream {
    #[inline]
    fn poll_recv(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        poll_recv(&mut self.inner, cx, buffer)
    }
}

impl AsyncStreamWriteTransport for TokioTcpStream {
    #[inline]
    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        poll_send(&mut self.inner, cx, data)
    }

    fn poll_send_vectored(
        &mut self,
        cx: &mut Context<'_>,
        chunks: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        poll_send_vectored(&mut self.inner, cx, chunks)
    }

    fn poll_send_eof(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        poll_send_eof(&mut self.inner, cx)
    }
}

impl AsyncStreamTransport for TokioTcpStream {
    type Address = SocketAddr;
    type ReadHalf = TokioTcpReadHalf;
    type WriteHalf = TokioTcpWriteHalf;

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

    fn local_address(&self) -> io::Result<SocketAddr> {
        open(&self.inner)?.local_addr()
    }

    fn peer_address(&self) -> io::Result<SocketAddr> {
        open(&self.inner)?.peer_addr()
    }

    fn split(self) -> (TokioTcpReadHalf, TokioTcpWriteHalf) {
        let (read, write) = self.inner.map(TcpStream::into_split).unzip();
        (TokioTcpReadHalf::new(read), TokioTcpWriteHalf::new(write))
    }

    fn reunite(
        read: TokioTcpReadHalf,
        write: TokioTcpWriteHalf,
    ) -> Result<Self, NotOneStream<TokioTcpReadHalf, TokioTcpWriteHalf>> {
        match (read.into_inner(), write.into_inner()) {
            (Some(read), Some(write)) => match read.reunite(write) {
                Ok(stream) => Ok(stream.into()),
                Err(error) => Err(NotOneStream::new(
                    TokioTcpReadHalf::new(Some(error.0)),
                    TokioTcpWriteHalf::new(Some(error.1)),
                )),
            },
            (None, None) => Ok(Self { inner: None }),
            (read, write) => Err(NotOneStream::new(
                TokioTcpReadHalf::new(read),
                TokioTcpWriteHalf::new(write),
            )),
        }
    }
}

easynet_core::futures_io_traits!(read TokioTcpStream);
easynet_core::futures_io_traits!(write TokioTcpStream);
super::tokio_io::traits!(read TokioTcpStream, inner);
super::tokio_io::traits!(write TokioTcpStream, inner);

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
    chunks: &[IoSlice<'_>],
) -> Poll<io::Result<usize>> {
    let Some(inner) = inner else {
        return Poll::Ready(Err(Closed::new().into()));
    };
    Pin::new(inner).poll_write_vectored(cx, chunks)
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
