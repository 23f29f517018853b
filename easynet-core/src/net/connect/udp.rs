//! Opening UDP endpoints.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
};

use super::local::{LocalAddress, options_for};
use crate::{
    backend::AsyncBackend,
    net::{
        attempts::Failure,
        checkpoint::opening,
        dns::{AddressFamily, SocketKind},
        error::ConnectError,
        resolve::resolve,
    },
};

/// A UDP endpoint to be opened: await it. See [`AsyncBackend::create_udp_endpoint`].
#[must_use = "nothing is opened unless it is awaited"]
pub struct CreateUdpEndpoint<'h, B> {
    backend: B,
    host: &'h str,
    port: u16,
    local: Option<LocalAddress<'h>>,
    family: AddressFamily,
}

impl<'h, B: AsyncBackend> CreateUdpEndpoint<'h, B> {
    pub(crate) fn new(backend: B, host: &'h str, port: u16) -> Self {
        Self {
            backend,
            host,
            port,
            local: None,
            family: AddressFamily::Unspecified,
        }
    }

    /// Sends from this address: a host and a port, `("192.0.2.7", 0)`, or a [`SocketAddr`](std::net::SocketAddr). With port zero, and
    /// without this, the kernel chooses a port.
    pub fn local_address(mut self, address: impl Into<LocalAddress<'h>>) -> Self {
        self.local = Some(address.into());
        self
    }

    /// Uses addresses of one family only.
    pub fn family(mut self, family: AddressFamily) -> Self {
        self.family = family;
        self
    }

    /// Tries the addresses one after the other: there is no answer to race for.
    async fn open(self) -> Result<B::UdpEndpoint, ConnectError> {
        let fail = |failure| ConnectError::new(self.host, self.port, failure);
        let (backend, kind) = (&self.backend, SocketKind::Datagram);
        let addresses = resolve(backend, self.host, self.port, self.family, kind)
            .await
            .map_err(|error| fail(Failure::Lookup(error)))?;
        let local = match self.local {
            Some(local) => local
                .resolve(backend, kind)
                .await
                .map_err(|error| fail(Failure::Lookup(error)))?,
            None => Vec::new(),
        };
        let mut attempts = Vec::new();
        for address in addresses {
            let opened =
                options_for(&local, address).and_then(|options| backend.connect_udp(address, &options));
            match opened {
                Ok(endpoint) => return Ok(endpoint),
                Err(error) => attempts.push((address, error)),
            }
        }
        Err(fail(Failure::attempts(attempts)))
    }
}

impl<'h, B: AsyncBackend> IntoFuture for CreateUdpEndpoint<'h, B> {
    type Output = Result<B::UdpEndpoint, ConnectError>;
    /// Boxed: opening a socket takes many times what an allocation does.
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'h>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(opening("create_udp_endpoint", self.open()))
    }
}

impl<B> fmt::Debug for CreateUdpEndpoint<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateUdpEndpoint")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("local", &self.local)
            .field("family", &self.family)
            .finish_non_exhaustive()
    }
}
