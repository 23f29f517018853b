//! A datagram socket that anybody may send to.

use std::{
    future::poll_fn,
    io,
    marker::PhantomData,
    sync::{Arc, Mutex},
    task::{Context, Poll, ready},
};

use easynet_core::net::{AsyncDatagramListener, AsyncDatagramSender, DatagramLength};

use super::post::Post;
use crate::{
    SimBackend,
    lock::lock,
    net::{address::SimAddress, inbox::Fds, open},
};

/// The socket of a listener and of all of its senders, until it is closed for all.
///
/// Who sends holds it: it stays until the datagram has been sent, also if it was closed meanwhile.
type Shared = Arc<Mutex<Option<Arc<Post>>>>;

/// A UDP or Unix datagram socket of a simulation that anybody may send to: [`SimUdpListener`](crate::SimUdpListener),
/// `SimUnixDatagramListener`.
#[derive(Debug)]
pub struct SimDatagramListener<A> {
    shared: Shared,
    _address: PhantomData<fn() -> A>,
}

/// What sends from the socket of a [`SimDatagramListener`].
#[derive(Debug)]
pub struct SimDatagramSender<A> {
    shared: Shared,
    _address: PhantomData<fn() -> A>,
}

impl<A> Clone for SimDatagramSender<A> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            _address: PhantomData,
        }
    }
}

impl<A: SimAddress> SimDatagramListener<A> {
    pub(in crate::net) fn new(post: Post) -> Self {
        Self {
            shared: Arc::new(Mutex::new(Some(Arc::new(post)))),
            _address: PhantomData,
        }
    }

    /// The socket, unless it was closed.
    pub(in crate::net) fn post(&self) -> io::Result<Arc<Post>> {
        open(&lock(&self.shared)).cloned()
    }
}

impl<A: SimAddress> SimDatagramSender<A> {
    /// The socket, unless it was closed.
    pub(in crate::net) fn post(&self) -> io::Result<Arc<Post>> {
        open(&lock(&self.shared)).cloned()
    }
}

impl<A: SimAddress> AsyncDatagramListener for SimDatagramListener<A> {
    type Backend = SimBackend;
    type Address = A;
    type Sender = SimDatagramSender<A>;

    fn backend(&self) -> SimBackend {
        SimBackend::new()
    }

    fn poll_recv_from(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<(DatagramLength, A)>> {
        // The descriptors that came with it are closed.
        let (length, _, from) = ready!(self.post()?.poll_recv(cx, buffer))?;
        Poll::Ready(Ok((length, A::from_name(from))))
    }

    fn sender(&self) -> SimDatagramSender<A> {
        SimDatagramSender {
            shared: self.shared.clone(),
            _address: PhantomData,
        }
    }

    fn local_address(&self) -> io::Result<A> {
        self.post()?.local_name().map(A::from_name)
    }

    fn abort(&mut self) {
        let closed = lock(&self.shared).take();
        drop(closed);
    }

    fn is_closing(&self) -> bool {
        lock(&self.shared).is_none()
    }
}

impl<A: SimAddress> AsyncDatagramSender for SimDatagramSender<A> {
    type Address = A;

    async fn transmit<'a>(&'a self, data: &'a [u8], address: &'a A) -> io::Result<()> {
        let (post, name) = (self.post()?, address.to_name());
        poll_fn(|cx| post.poll_send(cx, data, &mut Fds::new(), Some(&name))).await
    }
}
