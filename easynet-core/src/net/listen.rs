//! Opening TCP and UDP listeners.

mod hosts;

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
};

pub use self::hosts::Hosts;
use super::{checkpoint::opening, dns::SocketKind, error::BindError};
use crate::backend::AsyncBackend;

/// How a listener is opened; what [`AsyncBackend::listen_tcp`] is told.
#[derive(Debug, Clone)]
pub struct ListenOptions {
    backlog: u32,
    reuse_port: bool,
}

impl ListenOptions {
    /// The options of a listener that was asked for none.
    pub fn new() -> Self {
        Self {
            backlog: 1024,
            reuse_port: false,
        }
    }

    /// How many connections may wait to be accepted: one at least.
    pub fn backlog(&self) -> u32 {
        self.backlog
    }

    /// Whether others may listen on the same port.
    pub fn reuse_port(&self) -> bool {
        self.reuse_port
    }
}

impl Default for ListenOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// How a UDP listener is opened; what [`AsyncBackend::bind_udp`] is told.
#[derive(Debug, Clone, Default)]
pub struct BindOptions {
    reuse_port: bool,
}

impl BindOptions {
    /// The options of a listener that was asked for none.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether others may listen on the same port.
    pub fn reuse_port(&self) -> bool {
        self.reuse_port
    }
}

/// TCP listeners to be opened: await it. See [`AsyncBackend::create_tcp_listeners`].
#[must_use = "nobody listens unless it is awaited"]
pub struct CreateTcpListeners<B> {
    backend: B,
    hosts: Hosts,
    port: u16,
    options: ListenOptions,
}

impl<B: AsyncBackend> CreateTcpListeners<B> {
    pub(crate) fn new(backend: B, hosts: Hosts, port: u16) -> Self {
        Self {
            backend,
            hosts,
            port,
            options: ListenOptions::new(),
        }
    }

    /// How many connections may wait to be accepted, 1024 if not said. Zero counts as one.
    pub fn backlog(mut self, connections: u32) -> Self {
        self.options.backlog = connections.max(1);
        self
    }

    /// Lets others listen on the same port, if they allow it too; the kernel spreads the connections.
    ///
    /// Opening fails where the operating system has no such option.
    pub fn reuse_port(mut self, reuse: bool) -> Self {
        self.options.reuse_port = reuse;
        self
    }

    async fn open(self) -> Result<Vec<B::TcpListener>, BindError> {
        let open = |address| self.backend.listen_tcp(address, &self.options);
        self.hosts
            .open(&self.backend, self.port, SocketKind::Stream, open)
            .await
    }
}

impl<B: AsyncBackend> IntoFuture for CreateTcpListeners<B> {
    type Output = Result<Vec<B::TcpListener>, BindError>;
    /// Boxed: it happens once for each listener.
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(opening("create_tcp_listeners", self.open()))
    }
}

/// UDP listeners to be opened: await it. See [`AsyncBackend::create_udp_listeners`].
#[must_use = "nobody listens unless it is awaited"]
pub struct CreateUdpListeners<B> {
    backend: B,
    hosts: Hosts,
    port: u16,
    options: BindOptions,
}

impl<B: AsyncBackend> CreateUdpListeners<B> {
    pub(crate) fn new(backend: B, hosts: Hosts, port: u16) -> Self {
        Self {
            backend,
            hosts,
            port,
            options: BindOptions::new(),
        }
    }

    /// Lets others listen on the same port, if they allow it too; the kernel spreads the datagrams, by sender.
    ///
    /// Opening fails where the operating system has no such option.
    pub fn reuse_port(mut self, reuse: bool) -> Self {
        self.options.reuse_port = reuse;
        self
    }

    async fn open(self) -> Result<Vec<B::UdpListener>, BindError> {
        let open = |address| self.backend.bind_udp(address, &self.options);
        self.hosts
            .open(&self.backend, self.port, SocketKind::Datagram, open)
            .await
    }
}

impl<B: AsyncBackend> IntoFuture for CreateUdpListeners<B> {
    type Output = Result<Vec<B::UdpListener>, BindError>;
    /// Boxed: it happens once for each listener.
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(opening("create_udp_listeners", self.open()))
    }
}

impl<B> fmt::Debug for CreateUdpListeners<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateUdpListeners")
            .field("hosts", &self.hosts)
            .field("port", &self.port)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl<B> fmt::Debug for CreateTcpListeners<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateTcpListeners")
            .field("hosts", &self.hosts)
            .field("port", &self.port)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
