//! A connected socket.

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
};

use easynet_core::net::{
    AsyncStreamReadTransport, AsyncStreamTransport, AsyncStreamWriteTransport, NotOneStream,
};

use super::{
    halves::{SimTcpReadHalf, SimTcpWriteHalf},
    open,
    socket::Socket,
};
use crate::SimBackend;

/// A TCP connection of a simulation.
///
/// It implements the I/O traits of `futures`; there too an operation in a cancelled scope stays pending.
#[derive(Debug)]
pub struct SimTcpStream {
    /// Gone once it was closed.
    inner: Option<Arc<Socket>>,
}

impl SimTcpStream {
    pub(super) fn new(socket: Socket) -> Self {
        Self {
            inner: Some(Arc::new(socket)),
        }
    }
}

impl AsyncStreamReadTransport for SimTcpStream {
    fn poll_recv(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        open(&self.inner)?.poll_recv(cx, buffer)
    }
}

impl AsyncStreamWriteTransport for SimTcpStream {
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

impl AsyncStreamTransport for SimTcpStream {
    type Backend = SimBackend;
    type Address = SocketAddr;
    type ReadHalf = SimTcpReadHalf;
    type WriteHalf = SimTcpWriteHalf;

    fn backend(&self) -> SimBackend {
        SimBackend::new()
    }

    fn poll_close(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The network has all that was sent, and delivers it.
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
        open(&self.inner)?.local_address()
    }

    fn peer_address(&self) -> io::Result<SocketAddr> {
        open(&self.inner)?.peer_address()
    }

    fn split(self) -> (SimTcpReadHalf, SimTcpWriteHalf) {
        (
            SimTcpReadHalf::new(self.inner.clone()),
            SimTcpWriteHalf::new(self.inner),
        )
    }

    fn reunite(
        read: SimTcpReadHalf,
        write: SimTcpWriteHalf,
    ) -> Result<Self, NotOneStream<SimTcpReadHalf, SimTcpWriteHalf>> {
        if !read.is_of_same_stream(&write) {
            return Err(NotOneStream::new(read, write));
        }
        Ok(Self {
            inner: write.into_inner(),
        })
    }
}

easynet_core::futures_io_traits!(read SimTcpStream);
easynet_core::futures_io_traits!(write SimTcpStream);
