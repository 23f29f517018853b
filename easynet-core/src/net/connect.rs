//! Opening TCP connections.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
};

use super::{attempts::Failure, checkpoint::checked, error::ConnectError, resolve::resolve};
use crate::backend::AsyncBackend;

/// A TCP connection to be opened: await it. See [`AsyncBackend::create_tcp_connection`].
#[must_use = "nothing is connected unless it is awaited"]
pub struct CreateTcpConnection<'h, B> {
    backend: B,
    host: &'h str,
    port: u16,
}

impl<'h, B: AsyncBackend> CreateTcpConnection<'h, B> {
    pub(crate) fn new(backend: B, host: &'h str, port: u16) -> Self {
        Self { backend, host, port }
    }

    /// Tries the addresses one after the other.
    async fn connect(self) -> Result<B::TcpStream, ConnectError> {
        let fail = |failure| ConnectError::new(self.host, self.port, failure);
        let addresses = resolve(&self.backend, self.host, self.port)
            .await
            .map_err(|error| fail(Failure::Lookup(error)))?;
        let mut attempts = Vec::new();
        for address in addresses {
            match self.backend.connect_tcp(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => attempts.push((address, error)),
            }
        }
        Err(fail(Failure::attempts(attempts)))
    }
}

impl<'h, B: AsyncBackend> IntoFuture for CreateTcpConnection<'h, B> {
    type Output = Result<B::TcpStream, ConnectError>;
    /// Boxed: opening a connection takes many times what an allocation does.
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'h>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(checked("create_tcp_connection", self.connect()))
    }
}

impl<B> fmt::Debug for CreateTcpConnection<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateTcpConnection")
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}
