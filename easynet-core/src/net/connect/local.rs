//! The local end of what is opened.

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use crate::{
    backend::AsyncBackend,
    net::{
        dns::{AddressFamily, SocketKind},
        resolve::resolve,
    },
};

/// The address that a connection or an endpoint is to come from: a host, or an IP address, and a port.
///
/// With port zero the kernel chooses one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LocalAddress<'h> {
    /// A name or an IP address, with a port.
    Host(&'h str, u16),
    /// An address with a port.
    Address(SocketAddr),
}

impl<'h> From<(&'h str, u16)> for LocalAddress<'h> {
    fn from((host, port): (&'h str, u16)) -> Self {
        Self::Host(host, port)
    }
}

impl From<SocketAddr> for LocalAddress<'_> {
    fn from(address: SocketAddr) -> Self {
        Self::Address(address)
    }
}

impl From<(IpAddr, u16)> for LocalAddress<'_> {
    fn from(address: (IpAddr, u16)) -> Self {
        Self::Address(address.into())
    }
}

impl LocalAddress<'_> {
    pub(super) async fn resolve<B: AsyncBackend>(
        self,
        backend: &B,
        kind: SocketKind,
    ) -> io::Result<Vec<SocketAddr>> {
        match self {
            Self::Host(host, port) => resolve(backend, host, port, AddressFamily::Unspecified, kind).await,
            Self::Address(address) => Ok(vec![address]),
        }
    }
}

/// How a connection or an endpoint is opened; what the required methods of [`AsyncBackend`] are told.
#[derive(Debug, Clone, Default)]
pub struct ConnectOptions {
    local: Vec<SocketAddr>,
}

impl ConnectOptions {
    /// The options of what was asked for none.
    pub fn new() -> Self {
        Self::default()
    }

    /// With the first of these as the local address that can be bound.
    pub fn with_local(local: Vec<SocketAddr>) -> Self {
        Self { local }
    }

    /// The local addresses to bind, of the family of the remote one: the first that can be. Any, if there is none.
    pub fn local(&self) -> &[SocketAddr] {
        &self.local
    }
}

/// What one attempt is told of the local addresses: those of its family.
///
/// # Errors
///
/// If there are local addresses, but none of the family.
pub(super) fn options_for(local: &[SocketAddr], remote: SocketAddr) -> io::Result<ConnectOptions> {
    let same = |local: &&SocketAddr| local.is_ipv4() == remote.is_ipv4();
    let own: Vec<SocketAddr> = local.iter().filter(same).copied().collect();
    if own.is_empty() && !local.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::AddrNotAvailable,
            "the local address is of another family",
        ));
    }
    Ok(ConnectOptions::with_local(own))
}
