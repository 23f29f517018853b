//! A datagram socket that has one peer.

use std::{
    io,
    marker::PhantomData,
    sync::Arc,
    task::{Context, Poll, ready},
};

use easynet_core::net::{
    AsyncDatagramReadTransport, AsyncDatagramTransport, AsyncDatagramWriteTransport, DatagramLength,
    NotOneStream,
};

use super::post::Post;
use crate::{
    SimBackend,
    net::{address::SimAddress, inbox::Fds, open},
};

/// A UDP or Unix datagram socket of a simulation that has one peer: [`SimUdpEndpoint`](crate::SimUdpEndpoint),
/// `SimUnixDatagramEndpoint`.
#[derive(Debug)]
pub struct SimDatagramEndpoint<A> {
    /// Gone once it was closed.
    inner: Option<Arc<Post>>,
    _address: PhantomData<fn() -> A>,
}

/// What a [`SimDatagramEndpoint`] that was split receives with.
#[derive(Debug)]
pub struct SimDatagramReadHalf<A> {
    /// None if the endpoint had been closed before it was split.
    inner: Option<Arc<Post>>,
    _address: PhantomData<fn() -> A>,
}

/// What a [`SimDatagramEndpoint`] that was split sends with.
#[derive(Debug)]
pub struct SimDatagramWriteHalf<A> {
    /// None if the endpoint had been closed before it was split.
    inner: Option<Arc<Post>>,
    _address: PhantomData<fn() -> A>,
}

impl<A: SimAddress> SimDatagramEndpoint<A> {
    pub(in crate::net) fn new(post: Post) -> Self {
        Self::of(Some(Arc::new(post)))
    }

    fn of(inner: Option<Arc<Post>>) -> Self {
        Self {
            inner,
            _address: PhantomData,
        }
    }

    /// The socket, unless it was closed.
    #[cfg(unix)]
    pub(in crate::net) fn post(&self) -> io::Result<&Post> {
        open(&self.inner).map(|post| &**post)
    }
}

impl<A: SimAddress> AsyncDatagramReadTransport for SimDatagramEndpoint<A> {
    fn poll_recv(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<DatagramLength>> {
        poll_recv(&self.inner, cx, buffer)
    }
}

impl<A: SimAddress> AsyncDatagramWriteTransport for SimDatagramEndpoint<A> {
    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<()>> {
        poll_send(&self.inner, cx, data)
    }
}

impl<A: SimAddress> AsyncDatagramReadTransport for SimDatagramReadHalf<A> {
    fn poll_recv(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<DatagramLength>> {
        poll_recv(&self.inner, cx, buffer)
    }
}

impl<A: SimAddress> AsyncDatagramWriteTransport for SimDatagramWriteHalf<A> {
    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<()>> {
        poll_send(&self.inner, cx, data)
    }
}

fn poll_recv(
    inner: &Option<Arc<Post>>,
    cx: &Context<'_>,
    buffer: &mut [u8],
) -> Poll<io::Result<DatagramLength>> {
    // The descriptors that came with it are closed.
    let (length, ..) = ready!(open(inner)?.poll_recv(cx, buffer))?;
    Poll::Ready(Ok(length))
}

fn poll_send(inner: &Option<Arc<Post>>, cx: &Context<'_>, data: &[u8]) -> Poll<io::Result<()>> {
    open(inner)?.poll_send(cx, data, &mut Fds::new(), None)
}

impl<A: SimAddress> AsyncDatagramTransport for SimDatagramEndpoint<A> {
    type Backend = SimBackend;
    type Address = A;
    type ReadHalf = SimDatagramReadHalf<A>;
    type WriteHalf = SimDatagramWriteHalf<A>;

    fn backend(&self) -> SimBackend {
        SimBackend::new()
    }

    fn abort(&mut self) {
        self.inner = None;
    }

    fn is_closing(&self) -> bool {
        self.inner.is_none()
    }

    fn local_address(&self) -> io::Result<A> {
        open(&self.inner)?.local_name().map(A::from_name)
    }

    fn peer_address(&self) -> io::Result<A> {
        open(&self.inner)?.peer_name().map(A::from_name)
    }

    fn split(self) -> (SimDatagramReadHalf<A>, SimDatagramWriteHalf<A>) {
        let read = SimDatagramReadHalf {
            inner: self.inner.clone(),
            _address: PhantomData,
        };
        let write = SimDatagramWriteHalf {
            inner: self.inner,
            _address: PhantomData,
        };
        (read, write)
    }

    fn reunite(
        read: SimDatagramReadHalf<A>,
        write: SimDatagramWriteHalf<A>,
    ) -> Result<Self, NotOneStream<SimDatagramReadHalf<A>, SimDatagramWriteHalf<A>>> {
        let same = match (&read.inner, &write.inner) {
            (Some(read), Some(write)) => Arc::ptr_eq(read, write),
            (read, write) => read.is_none() && write.is_none(),
        };
        match same {
            true => Ok(Self::of(read.inner)),
            false => Err(NotOneStream::new(read, write)),
        }
    }
}
