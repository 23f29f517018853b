//! A connected socket of whichever backend runs.

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    task::{Context, Poll},
};

use easynet_core::net::{
    AsyncStreamReadTransport, AsyncStreamTransport, AsyncStreamWriteTransport, NotOneStream,
};

use super::halves::{TcpReadHalf, TcpWriteHalf};
use crate::builtin::variants::{each, one_of};

one_of! {
    /// A TCP connection of a built-in backend.
    ///
    /// Opened by [`create_tcp_connection`](super::create_tcp_connection), or accepted by a
    /// [`TcpListener`](super::TcpListener). Dropping it closes it.
    #[derive(Debug)]
    pub enum TcpStream {
        "tokio" => Tokio(easynet_tokio::TokioTcpStream),
        "sim" => Sim(easynet_sim::SimTcpStream),
    }
}

#[cfg(feature = "tokio")]
impl From<tokio::net::TcpStream> for TcpStream {
    fn from(stream: tokio::net::TcpStream) -> Self {
        Self::Tokio(stream.into())
    }
}

/// Gives the socket up, as one that blocks.
///
/// Fails if the stream was closed, and if it is of a simulation, where there is no socket.
#[cfg(feature = "tokio")]
impl TryFrom<TcpStream> for std::net::TcpStream {
    type Error = io::Error;

    fn try_from(stream: TcpStream) -> io::Result<Self> {
        match stream {
            TcpStream::Tokio(inner) => inner.try_into(),
            #[cfg(feature = "sim")]
            TcpStream::Sim(inner) if inner.is_closing() => Err(easynet_core::net::Closed::new().into()),
            #[cfg(feature = "sim")]
            TcpStream::Sim(_) => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "a stream of a simulation is no socket of the operating system",
            )),
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
            (read.into(), write.into())
        })
    }

    fn reunite(
        read: TcpReadHalf,
        write: TcpWriteHalf,
    ) -> Result<Self, NotOneStream<TcpReadHalf, TcpWriteHalf>> {
        match (read, write) {
            #[cfg(feature = "tokio")]
            (TcpReadHalf::Tokio(read), TcpWriteHalf::Tokio(write)) => {
                reunite::<easynet_tokio::TokioTcpStream>(read, write)
            }
            #[cfg(feature = "sim")]
            (TcpReadHalf::Sim(read), TcpWriteHalf::Sim(write)) => {
                reunite::<easynet_sim::SimTcpStream>(read, write)
            }
            #[allow(unreachable_patterns, reason = "there may be only one backend")]
            (read, write) => Err(NotOneStream::new(read, write)),
        }
    }
}

easynet_core::futures_io_traits!(read TcpStream);
easynet_core::futures_io_traits!(write TcpStream);
#[cfg(feature = "tokio")]
super::tokio_io_traits!(read TcpStream);
#[cfg(feature = "tokio")]
super::tokio_io_traits!(write TcpStream);

/// Makes two halves of one backend a stream again.
fn reunite<S>(
    read: S::ReadHalf,
    write: S::WriteHalf,
) -> Result<TcpStream, NotOneStream<TcpReadHalf, TcpWriteHalf>>
where
    S: AsyncStreamTransport + Into<TcpStream>,
    S::ReadHalf: Into<TcpReadHalf>,
    S::WriteHalf: Into<TcpWriteHalf>,
{
    S::reunite(read, write).map(Into::into).map_err(|error| {
        let (read, write) = error.into_halves();
        NotOneStream::new(read.into(), write.into())
    })
}
