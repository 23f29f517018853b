//! The two directions of a socket, of whichever backend runs.

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    task::{Context, Poll},
};

use easynet_core::net::{AsyncStreamReadTransport, AsyncStreamWriteTransport};

use crate::builtin::variants::{each, one_of};

one_of! {
    /// What a [`TcpStream`](super::TcpStream) that was split receives with.
    #[derive(Debug)]
    pub enum TcpReadHalf {
        "tokio" => Tokio(easynet_tokio::TokioTcpReadHalf),
        "sim" => Sim(easynet_sim::SimTcpReadHalf),
    }
}

one_of! {
    /// What a [`TcpStream`](super::TcpStream) that was split sends with.
    ///
    /// Dropping it tells the peer that no more is sent, as `send_eof` does.
    #[derive(Debug)]
    pub enum TcpWriteHalf {
        "tokio" => Tokio(easynet_tokio::TokioTcpWriteHalf),
        "sim" => Sim(easynet_sim::SimTcpWriteHalf),
    }
}

impl TcpReadHalf {
    /// The address of our end.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        each!(self, inner => inner.local_address())
    }

    /// The address of the other end.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn peer_address(&self) -> io::Result<SocketAddr> {
        each!(self, inner => inner.peer_address())
    }
}

impl TcpWriteHalf {
    /// The address of our end.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        each!(self, inner => inner.local_address())
    }

    /// The address of the other end.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn peer_address(&self) -> io::Result<SocketAddr> {
        each!(self, inner => inner.peer_address())
    }
}

impl AsyncStreamReadTransport for TcpReadHalf {
    #[inline]
    fn poll_recv(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        each!(self, inner => inner.poll_recv(cx, buffer))
    }
}

impl AsyncStreamWriteTransport for TcpWriteHalf {
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

easynet_core::futures_io_traits!(read TcpReadHalf);
easynet_core::futures_io_traits!(write TcpWriteHalf);
#[cfg(feature = "tokio")]
super::tokio_io_traits!(read TcpReadHalf);
#[cfg(feature = "tokio")]
super::tokio_io_traits!(write TcpWriteHalf);
