//! A connected socket.

use std::{
    io::{self, IoSlice},
    marker::PhantomData,
    sync::Arc,
    task::{Context, Poll},
};

use easynet_core::net::{
    AsyncStreamReadTransport, AsyncStreamTransport, AsyncStreamWriteTransport, NotOneStream,
};

use super::{
    address::SimAddress,
    halves::{SimReadHalf, SimWriteHalf},
    open,
    socket::Socket,
};
use crate::SimBackend;

/// A TCP or Unix connection of a simulation: [`SimTcpStream`](crate::SimTcpStream), `SimUnixStream`.
///
/// It implements the I/O traits of `futures`; there too an operation in a cancelled scope stays pending.
#[derive(Debug)]
pub struct SimStream<A> {
    /// Gone once it was closed.
    inner: Option<Arc<Socket>>,
    _address: PhantomData<fn() -> A>,
}

impl<A: SimAddress> SimStream<A> {
    pub(super) fn new(socket: Socket) -> Self {
        Self::of(Some(Arc::new(socket)))
    }

    fn of(inner: Option<Arc<Socket>>) -> Self {
        Self {
            inner,
            _address: PhantomData,
        }
    }

    /// The socket, unless it was closed.
    #[cfg(unix)]
    pub(super) fn socket(&self) -> io::Result<&Socket> {
        open(&self.inner).map(|socket| &**socket)
    }
}

impl<A: SimAddress> AsyncStreamReadTransport for SimStream<A> {
    fn poll_recv(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        open(&self.inner)?.poll_recv(cx, buffer)
    }
}

impl<A: SimAddress> AsyncStreamWriteTransport for SimStream<A> {
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

impl<A: SimAddress> AsyncStreamTransport for SimStream<A> {
    type Backend = SimBackend;
    type Address = A;
    type ReadHalf = SimReadHalf<A>;
    type WriteHalf = SimWriteHalf<A>;

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

    fn local_address(&self) -> io::Result<A> {
        Ok(A::from_name(open(&self.inner)?.local_name()))
    }

    fn peer_address(&self) -> io::Result<A> {
        open(&self.inner)?.peer_name().map(A::from_name)
    }

    fn split(self) -> (SimReadHalf<A>, SimWriteHalf<A>) {
        (
            SimReadHalf::new(self.inner.clone()),
            SimWriteHalf::new(self.inner),
        )
    }

    fn reunite(
        read: SimReadHalf<A>,
        write: SimWriteHalf<A>,
    ) -> Result<Self, NotOneStream<SimReadHalf<A>, SimWriteHalf<A>>> {
        if !read.is_of_same_stream(&write) {
            return Err(NotOneStream::new(read, write));
        }
        Ok(Self::of(write.into_inner()))
    }
}

easynet_core::futures_io_traits!(read [A: SimAddress] SimStream<A>);
easynet_core::futures_io_traits!(write [A: SimAddress] SimStream<A>);
