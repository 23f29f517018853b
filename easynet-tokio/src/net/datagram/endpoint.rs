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
    net::{DatagramSocket, kinds::whole, open},
};

/// A UDP or Unix datagram socket of the tokio runtime that has one peer.
#[derive(Debug)]
pub struct TokioDatagramEndpoint<S> {
    /// Gone once it was closed.
    inner: Option<S>,
}

/// What a [`TokioDatagramEndpoint`] that was split receives with.
#[derive(Debug)]
pub struct TokioDatagramReadHalf<S> {
    /// None if the endpoint had been closed before it was split.
    inner: Option<Arc<S>>,
}

/// What a [`TokioDatagramEndpoint`] that was split sends with.
#[derive(Debug)]
pub struct TokioDatagramWriteHalf<S> {
    /// None if the endpoint had been closed before it was split.
    inner: Option<Arc<S>>,
}

impl<S: DatagramSocket> From<S> for TokioDatagramEndpoint<S> {
    fn from(socket: S) -> Self {
        Self { inner: Some(socket) }
    }
}

impl<S: DatagramSocket> TokioDatagramEndpoint<S> {
    /// The socket, for its options.
    ///
    /// # Errors
    ///
    /// [`Closed`] after our own close.
    pub fn as_socket(&self) -> io::Result<SockRef<'_>> {
        open(&self.inner).map(DatagramSocket::as_socket)
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
    pub(in crate::net) fn inner(&self) -> io::Result<&S> {
        open(&self.inner)
    }
}

impl<S: DatagramSocket> AsyncDatagramReadTransport for TokioDatagramEndpoint<S> {
    fn poll_recv(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<DatagramLength>> {
        poll_recv(open(&self.inner)?, cx, buffer)
    }
}

impl<S: DatagramSocket> AsyncDatagramWriteTransport for TokioDatagramEndpoint<S> {
    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<()>> {
        poll_send(open(&self.inner)?, cx, data)
    }
}

impl<S: DatagramSocket> AsyncDatagramReadTransport for TokioDatagramReadHalf<S> {
    fn poll_recv(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<DatagramLength>> {
        poll_recv(&**open(&self.inner)?, cx, buffer)
    }
}

impl<S: DatagramSocket> AsyncDatagramWriteTransport for TokioDatagramWriteHalf<S> {
    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<()>> {
        poll_send(&**open(&self.inner)?, cx, data)
    }
}

fn poll_recv<S: DatagramSocket>(
    socket: &S,
    cx: &mut Context<'_>,
    buffer: &mut [u8],
) -> Poll<io::Result<DatagramLength>> {
    socket.poll_receive(cx, || socket.receive(buffer))
}

fn poll_send<S: DatagramSocket>(socket: &S, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<()>> {
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
        open(&self.inner)?.local()
    }

    fn peer_address(&self) -> io::Result<S::Address> {
        open(&self.inner)?.peer()
    }

    fn split(self) -> (TokioDatagramReadHalf<S>, TokioDatagramWriteHalf<S>) {
        let inner = self.inner.map(Arc::new);
        let read = TokioDatagramReadHalf { inner: inner.clone() };
        (read, TokioDatagramWriteHalf { inner })
    }

    fn reunite(
        read: TokioDatagramReadHalf<S>,
        write: TokioDatagramWriteHalf<S>,
    ) -> Result<Self, NotOneStream<TokioDatagramReadHalf<S>, TokioDatagramWriteHalf<S>>> {
        match (read.inner, write.inner) {
            (Some(read), Some(write)) if Arc::ptr_eq(&read, &write) => {
                drop(read);
                let inner = Some(Arc::into_inner(write).expect("an endpoint has two halves"));
                Ok(Self { inner })
            }
            (None, None) => Ok(Self { inner: None }),
            (read, write) => Err(NotOneStream::new(
                TokioDatagramReadHalf { inner: read },
                TokioDatagramWriteHalf { inner: write },
            )),
        }
    }
}
