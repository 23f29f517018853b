//! Opening TCP connections.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    time::Duration,
};

use super::{
    eyeballs::{self, ordered},
    local::{LocalAddress, options_for},
};
use crate::{
    backend::AsyncBackend,
    net::{
        attempts::Failure,
        checkpoint::{opening_in_group, strict},
        dns::{AddressFamily, SocketKind},
        error::ConnectError,
        resolve::resolve,
    },
};

/// How long an attempt has the network to itself, by RFC 8305, section 5: a quarter of a second.
const DELAY: Duration = Duration::from_millis(250);

/// A TCP connection to be opened: await it. See [`AsyncBackend::create_tcp_connection`].
#[must_use = "nothing is connected unless it is awaited"]
pub struct CreateTcpConnection<'h, B> {
    backend: B,
    host: &'h str,
    port: u16,
    local: Option<LocalAddress<'h>>,
    delay: Duration,
}

impl<'h, B: AsyncBackend> CreateTcpConnection<'h, B> {
    pub(crate) fn new(backend: B, host: &'h str, port: u16) -> Self {
        Self {
            backend,
            host,
            port,
            local: None,
            delay: DELAY,
        }
    }

    /// Connects from this address: a host and a port, `("192.0.2.7", 0)`, or a [`SocketAddr`](std::net::SocketAddr). With port zero
    /// the kernel chooses one.
    ///
    /// A host may have several addresses: each attempt uses the first of its family that can be bound.
    pub fn local_address(mut self, address: impl Into<LocalAddress<'h>>) -> Self {
        self.local = Some(address.into());
        self
    }

    /// How long to wait for an attempt before the next address is tried as well: 250 ms if not said, as RFC 8305 recommends.
    ///
    /// With zero all are tried at once; with [`Duration::MAX`] each only when the one before has failed.
    pub fn happy_eyeballs_delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    async fn connect(self) -> Result<B::TcpStream, ConnectError> {
        let (backend, host, port) = (&self.backend, self.host, self.port);
        let fail = |failure| ConnectError::new(host, port, failure);
        let addresses = strict(resolve(
            backend,
            host,
            port,
            AddressFamily::Unspecified,
            SocketKind::Stream,
        ))
        .await
        .map_err(|error| fail(Failure::Lookup(error)))?;
        let local = match self.local {
            Some(local) => strict(local.resolve(backend, SocketKind::Stream))
                .await
                .map_err(|error| fail(Failure::Lookup(error)))?,
            None => Vec::new(),
        };
        let attempt = async |address| {
            let options = options_for(&local, address)?;
            backend.connect_tcp(address, &options).await
        };
        // One address needs no race.
        if let [address] = addresses[..] {
            let failed = |error| fail(Failure::attempts(vec![(address, error)]));
            return strict(attempt(address)).await.map_err(failed);
        }
        eyeballs::race(backend, ordered(addresses), self.delay, &local)
            .await
            .map_err(|attempts| fail(Failure::attempts(attempts)))
    }
}

impl<'h, B: AsyncBackend> IntoFuture for CreateTcpConnection<'h, B> {
    type Output = Result<B::TcpStream, ConnectError>;
    /// Boxed: opening a connection takes many times what an allocation does.
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'h>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(opening_in_group("create_tcp_connection", self.connect()))
    }
}

impl<B> fmt::Debug for CreateTcpConnection<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateTcpConnection")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("local", &self.local)
            .field("delay", &self.delay)
            .finish_non_exhaustive()
    }
}
