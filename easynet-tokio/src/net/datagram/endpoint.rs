//! A datagram socket that has one peer.

use std::{
    io,
    sync::Arc,
    task::{Context, Poll, ready},
};

use easynet_core::net::{
    AsyncDatagramReadTransport, AsyncDatagramTransport, AsyncDatagramWriteTransport, Closed, DatagramLength,
    NotOneStream,
};
use socket2::SockRef;

use crate::{
    TokioBackend,
    net::{DatagramSocket, datagram::incoming::Incoming, kinds::whole, open, open_mut},
};

/// A UDP or Unix datagram socket of the tokio runtime that has one peer.
#[derive(Debug)]
pub struct TokioDatagramEndpoint<S> {
    /// Gone once it was closed.
    inner: Option<Incoming<S>>,
}

/// What a [`TokioDatagramEndpoint`] that was split receives with.
#[derive(Debug)]
pub struct TokioDatagramReadHalf<S> {
    /// None if the endpoint had been closed before it was split.
    inner: Option<Incoming<S>>,
}

/// What a [`TokioDatagramEndpoint`] that was split sends with.
#[derive(Debug)]
pub struct TokioDatagramWriteHalf<S> {
    /// None if the endpoint had been closed before it was split.
    inner: Option<Arc<S>>,
}

impl<S: DatagramSocket> From<S> for TokioDatagramEndpoint<S> {
    fn from(socket: S) -> Self {
        Self {
            inner: Some(Incoming::new(Arc::new(socket))),
        }
    }
}

impl<S: DatagramSocket> TokioDatagramEndpoint<S> {
    /// The socket, for its options.
    ///
    /// # Errors
    ///
    /// [`Closed`] after our own close.
    pub fn as_socket(&self) -> io::Result<SockRef<'_>> {
        open(&self.inner).map(|inner| inner.socket().as_socket())
    }

    /// The socket of tokio.
    ///
    /// # Errors
    ///
    /// [`Closed`] after our own close.
    pub fn into_inner(self) -> io::Result<S> {
        let inner = self.inner.ok_or(Closed::new())?;
        Ok(Arc::into_inner(inner.into_socket()).expect("an endpoint that is not split has its socket alone"))
    }

    #[cfg(unix)]
    pub(in crate::net) fn inner(&mut self) -> io::Result<&mut Incoming<S>> {
        open_mut(&mut self.inner)
    }
}

impl<S: DatagramSocket> AsyncDatagramReadTransport for TokioDatagramEndpoint<S> {
    fn poll_recv(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<DatagramLength>> {
        open_mut(&mut self.inner)?.poll_receive(cx, |socket| socket.receive(buffer))
    }
}

impl<S: DatagramSocket> AsyncDatagramWriteTransport for TokioDatagramEndpoint<S> {
    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<()>> {
        poll_send(open(&self.inner)?.socket(), cx, data)
    }
}

impl<S: DatagramSocket> AsyncDatagramReadTransport for TokioDatagramReadHalf<S> {
    fn poll_recv(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<DatagramLength>> {
        open_mut(&mut self.inner)?.poll_receive(cx, |socket| socket.receive(buffer))
    }
}

impl<S: DatagramSocket> AsyncDatagramWriteTransport for TokioDatagramWriteHalf<S> {
    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<()>> {
        poll_send(open(&self.inner)?, cx, data)
    }
}

fn poll_send<S: DatagramSocket>(socket: &Arc<S>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<()>> {
    let sent = ready!(socket.poll_send_once(cx, data))?;
    Poll::Ready(whole(sent, data.len()))
}

impl<S: DatagramSocket> AsyncDatagramTransport for TokioDatagramEndpoint<S> {
    type Backend = TokioBackend;
    type Address = S::Address;
    type ReadHalf = TokioDatagramReadHalf<S>;
    type WriteHalf = TokioDatagramWriteHalf<S>;

    fn backend(&self) -> TokioBackend {
        TokioBackend::new()
    }

    fn abort(&mut self) {
        self.inner = None;
    }

    fn is_closing(&self) -> bool {
        self.inner.is_none()
    }

    fn local_address(&self) -> io::Result<S::Address> {
        open(&self.inner)?.socket().local()
    }

    fn peer_address(&self) -> io::Result<S::Address> {
        open(&self.inner)?.socket().peer()
    }

    fn split(self) -> (TokioDatagramReadHalf<S>, TokioDatagramWriteHalf<S>) {
        let write = self.inner.as_ref().map(|inner| inner.socket().clone());
        (
            TokioDatagramReadHalf { inner: self.inner },
            TokioDatagramWriteHalf { inner: write },
        )
    }

    fn reunite(
        read: TokioDatagramReadHalf<S>,
        write: TokioDatagramWriteHalf<S>,
    ) -> Result<Self, NotOneStream<TokioDatagramReadHalf<S>, TokioDatagramWriteHalf<S>>> {
        let same = match (&read.inner, &write.inner) {
            (Some(read), Some(write)) => Arc::ptr_eq(read.socket(), write),
            (read, write) => read.is_none() && write.is_none(),
        };
        match same {
            true => Ok(Self { inner: read.inner }),
            false => Err(NotOneStream::new(read, write)),
        }
    }
}
