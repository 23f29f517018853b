//! A listening socket.

use std::{
    io,
    net::SocketAddr,
    task::{Context, Poll, ready},
};

use easynet_core::net::{AsyncListener, ListenOptions};

use super::{Network, SimTcpStream, connection::Side, open, socket::Socket};
use crate::SimBackend;

/// A TCP listener of a simulation.
#[derive(Debug)]
pub struct SimTcpListener {
    /// Gone once it was closed.
    inner: Option<Listening>,
}

/// An open listener; dropping it closes that.
#[derive(Debug)]
struct Listening {
    network: Network,
    listener: usize,
}

impl SimTcpListener {
    pub(super) fn open(network: Network, address: SocketAddr, options: &ListenOptions) -> io::Result<Self> {
        let listener = network.change(|machine, _| machine.listen(address, options))?;
        Ok(Self {
            inner: Some(Listening { network, listener }),
        })
    }
}

impl AsyncListener for SimTcpListener {
    type Backend = SimBackend;
    type Stream = SimTcpStream;

    fn backend(&self) -> SimBackend {
        SimBackend::new()
    }

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(SimTcpStream, SocketAddr)>> {
        let Listening { network, listener } = open(&self.inner)?;
        let accepted = network.poll(cx, |machine, wakeups| machine.poll_accept(*listener, wakeups));
        let (connection, peer) = ready!(accepted);
        let socket = Socket::new(network.clone(), connection, Side::Server);
        Poll::Ready(Ok((SimTcpStream::new(socket), peer)))
    }

    fn local_address(&self) -> io::Result<SocketAddr> {
        let Listening { network, listener } = open(&self.inner)?;
        Ok(network.change(|machine, _| machine.listener_address(*listener)))
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
            .change(|machine, wakeups| machine.close_listener(self.listener, wakeups));
    }
}
