//! A datagram socket that anybody may send to.

use std::{
    future::poll_fn,
    io,
    marker::PhantomData,
    sync::Arc,
    task::{Context, Poll, ready},
};

use easynet_core::net::{AsyncDatagramListener, AsyncDatagramSender, DatagramLength};

use super::post::Post;
use crate::{
    SimBackend,
    net::{address::SimAddress, inbox::Fds},
};

/// A UDP or Unix datagram socket of a simulation that anybody may send to: [`SimUdpListener`](crate::SimUdpListener),
/// `SimUnixDatagramListener`.
#[derive(Debug)]
pub struct SimDatagramListener<A> {
    post: Arc<Post>,
    _address: PhantomData<fn() -> A>,
}

/// What sends from the socket of a [`SimDatagramListener`].
#[derive(Debug)]
pub struct SimDatagramSender<A> {
    post: Arc<Post>,
    _address: PhantomData<fn() -> A>,
}

impl<A> Clone for SimDatagramSender<A> {
    fn clone(&self) -> Self {
        Self {
            post: self.post.clone(),
            _address: PhantomData,
        }
    }
}

impl<A: SimAddress> SimDatagramListener<A> {
    pub(in crate::net) fn new(post: Post) -> Self {
        Self {
            post: Arc::new(post),
            _address: PhantomData,
        }
    }

    #[cfg(unix)]
    pub(in crate::net) fn post(&self) -> &Post {
        &self.post
    }
}

impl<A: SimAddress> SimDatagramSender<A> {
    #[cfg(unix)]
    pub(in crate::net) fn post(&self) -> &Post {
        &self.post
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
        let (length, _, from) = ready!(self.post.poll_recv(cx, buffer))?;
        Poll::Ready(Ok((length, A::from_name(from))))
    }

    fn sender(&self) -> SimDatagramSender<A> {
        SimDatagramSender {
            post: self.post.clone(),
            _address: PhantomData,
        }
    }

    fn local_address(&self) -> io::Result<A> {
        self.post.local_name().map(A::from_name)
    }

    fn abort(&mut self) {
        self.post.close();
    }

    fn is_closing(&self) -> bool {
        !self.post.is_open()
    }
}

impl<A: SimAddress> AsyncDatagramSender for SimDatagramSender<A> {
    type Address = A;

    async fn transmit<'a>(&'a self, data: &'a [u8], address: &'a A) -> io::Result<()> {
        let name = address.to_name();
        poll_fn(|cx| self.post.poll_send(cx, data, &mut Fds::new(), Some(&name))).await
    }
}
