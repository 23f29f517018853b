//! Opening TCP listeners.

mod hosts;

use std::{
    fmt,
    future::{Future, IntoFuture},
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
};

use futures_util::future::try_join_all;

pub use self::hosts::Hosts;
use super::{checkpoint::checked, error::BindError, os_error, resolve::resolve};
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
        let (mut opened, mut failed, mut skipped) = (Vec::new(), Vec::new(), Vec::new());
        for address in self.addresses().await? {
            match self.backend.listen_tcp(address, &self.options) {
                Ok(listener) => opened.push(listener),
                Err(error) if self.may_skip(address, &error) => skipped.push((address, error)),
                Err(error) => failed.push((address, error)),
            }
        }
        if opened.is_empty() {
            failed.append(&mut skipped);
        }
        if failed.is_empty() {
            Ok(opened)
        } else {
            Err(BindError::attempts_failed(failed))
        }
    }

    /// Where to listen: every address once, IPv4 before IPv6.
    async fn addresses(&self) -> Result<Vec<SocketAddr>, BindError> {
        let Hosts::Named(names) = &self.hosts else {
            return Ok(vec![
                (Ipv4Addr::UNSPECIFIED, self.port).into(),
                (Ipv6Addr::UNSPECIFIED, self.port).into(),
            ]);
        };
        let lookups = names.iter().map(async |name| {
            resolve(&self.backend, name, self.port)
                .await
                .map_err(|error| BindError::lookup(name, self.port, error))
        });
        let mut addresses: Vec<SocketAddr> = Vec::new();
        for address in try_join_all(lookups).await?.into_iter().flatten() {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        addresses.sort_by_key(SocketAddr::is_ipv6);
        Ok(addresses)
    }

    /// Whether the machine lacks what the address belongs to, and nobody asked for just that address.
    fn may_skip(&self, address: SocketAddr, error: &io::Error) -> bool {
        let all = matches!(self.hosts, Hosts::All);
        os_error::is_unsupported_family(error)
            || (all && address.is_ipv6() && error.kind() == io::ErrorKind::AddrNotAvailable)
    }
}

impl<B: AsyncBackend> IntoFuture for CreateTcpListeners<B> {
    type Output = Result<Vec<B::TcpListener>, BindError>;
    /// Boxed: it happens once for each listener.
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(checked("create_tcp_listeners", self.open()))
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
