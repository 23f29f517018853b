//! A connected socket of whichever backend runs.

#![cfg_attr(
    not(feature = "tokio"),
    expect(unused_variables, reason = "there is no stream without a backend")
)]

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    task::{Context, Poll},
};

use easynet_core::net::{
    AsyncStreamReadTransport, AsyncStreamTransport, AsyncStreamWriteTransport, NotOneStream,
};

use super::{
    each,
    halves::{TcpReadHalf, TcpWriteHalf},
};

/// A TCP connection of a built-in backend.
///
/// Opened by [`create_tcp_connection`](super::create_tcp_connection), or accepted by a
/// [`TcpListener`](super::TcpListener). Dropping it closes it.
#[derive(Debug)]
#[non_exhaustive]
pub enum TcpStream {
    /// Of the tokio backend.
    #[cfg(feature = "tokio")]
    Tokio(easynet_tokio::TokioTcpStream),
}

#[cfg(feature = "tokio")]
impl From<easynet_tokio::TokioTcpStream> for TcpStream {
    fn from(stream: easynet_tokio::TokioTcpStream) -> Self {
        Self::Tokio(stream)
    }
}

#[cfg(feature = "tokio")]
impl From<tokio::net::TcpStream> for TcpStream {
    fn from(stream: tokio::net::TcpStream) -> Self {
        Self::Tokio(stream.into())
    }
}

/// Gives the socket up, as one that blocks; fails if the stream was closed.
#[cfg(feature = "tokio")]
impl TryFrom<TcpStream> for std::net::TcpStream {
    type Error = io::Error;

    fn try_from(stream: TcpStream) -> io::Result<Self> {
        match stream {
            TcpStream::Tokio(inner) => inner.try_into(),
        }
    }
}

impl AsyncStreamReadTransport for TcpStream {
    #[inline]
    fn poll_recv(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        each!(self, inner => inner.poll_recv(cx, buffer))
    }
}

impl AsyncStreamWriteTransport for TcpStream {
    #[inline]
    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        each!(self, inner => inner.poll_send(cx, data))
    }

    fn poll_send_vectored(
        &mut self,
        cx: &mut Context<'_>,
        chunks: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        each!(self, inner => inner.poll_send_vectored(cx, chunks))
    }

    fn poll_send_eof(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, inner => inner.poll_send_eof(cx))
    }
}

impl AsyncStreamTransport for TcpStream {
    type Address = SocketAddr;
    type ReadHalf = TcpReadHalf;
    type WriteHalf = TcpWriteHalf;

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, inner => inner.poll_close(cx))
    }

    fn abort(&mut self) {
        each!(self, inner => inner.abort())
    }

    fn is_closing(&self) -> bool {
        each!(self, inner => inner.is_closing())
    }

    fn local_address(&self) -> io::Result<SocketAddr> {
        each!(self, inner => inner.local_address())
    }

    fn peer_address(&self) -> io::Result<SocketAddr> {
        each!(self, inner => inner.peer_address())
    }

    fn split(self) -> (TcpReadHalf, TcpWriteHalf) {
        each!(self, inner => {
            let (read, write) = inner.split();
            (TcpReadHalf::Tokio(read), TcpWriteHalf::Tokio(write))
        })
    }

    fn reunite(
        read: TcpReadHalf,
        write: TcpWriteHalf,
    ) -> Result<Self, NotOneStream<TcpReadHalf, TcpWriteHalf>> {
        match (read, write) {
            #[cfg(feature = "tokio")]
            (TcpReadHalf::Tokio(read), TcpWriteHalf::Tokio(write)) => {
                easynet_tokio::TokioTcpStream::reunite(read, write)
                    .map(Self::Tokio)
                    .map_err(|error| {
                        let (read, write) = error.into_halves();
                        NotOneStream::new(TcpReadHalf::Tokio(read), TcpWriteHalf::Tokio(write))
                    })
            }
            #[cfg(not(feature = "tokio"))]
            _ => unreachable!("a transport is of an enabled feature"),
        }
    }
}

easynet_core::futures_io_traits!(read TcpStream);
easynet_core::futures_io_traits!(write TcpStream);
#[cfg(feature = "tokio")]
super::tokio_io_traits!(read TcpStream);
#[cfg(feature = "tokio")]
super::tokio_io_traits!(write TcpStream);
