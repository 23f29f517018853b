//! A listening socket.

use std::{
    io,
    marker::PhantomData,
    task::{Context, Poll, ready},
};

use easynet_core::net::AsyncListener;

use super::{Network, SimStream, address::SimAddress, connection::Side, open, socket::Socket};
use crate::SimBackend;

/// A TCP or Unix listener of a simulation: [`SimTcpListener`](crate::SimTcpListener), `SimUnixListener`.
#[derive(Debug)]
pub struct SimListener<A> {
    /// Gone once it was closed.
    inner: Option<Listening>,
    _address: PhantomData<fn() -> A>,
}

/// An open listener; dropping it closes that.
#[derive(Debug)]
struct Listening {
    network: Network,
    listener: usize,
}

impl<A: SimAddress> SimListener<A> {
    pub(super) fn new(network: Network, listener: usize) -> Self {
        Self {
            inner: Some(Listening { network, listener }),
            _address: PhantomData,
        }
    }
}

impl<A: SimAddress> AsyncListener for SimListener<A> {
    type Backend = SimBackend;
    type Stream = SimStream<A>;

    fn backend(&self) -> SimBackend {
        SimBackend::new()
    }

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(SimStream<A>, A)>> {
        let Listening { network, listener } = open(&self.inner)?;
        let accepted = network.poll(cx, |world, wakeups| world.poll_accept(*listener, wakeups));
        let (connection, peer) = ready!(accepted);
        let socket = Socket::new(network.clone(), connection, Side::Server);
        Poll::Ready(Ok((SimStream::new(socket), A::from_name(peer))))
    }

    fn local_address(&self) -> io::Result<A> {
        let Listening { network, listener } = open(&self.inner)?;
        let name = network.change(|world, _| world.listener_name(*listener));
        Ok(A::from_name(name))
    }

    fn abort(&mut self) {
        self.inner = None;
    }

    fn is_closing(&self) -> bool {
        self.inner.is_none()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.network
            .change(|world, wakeups| world.close_listener(self.listener, wakeups));
    }
}
