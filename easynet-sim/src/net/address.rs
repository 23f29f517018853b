//! What names a socket.

use std::{fmt, net::SocketAddr};

#[cfg(unix)]
use easynet_core::net::UnixAddress;

/// The name of a socket of any kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name {
    Inet(SocketAddr),
    #[cfg(unix)]
    Unix(UnixAddress),
}

impl Name {
    /// The address of a TCP or UDP socket.
    pub(super) fn inet(&self) -> SocketAddr {
        match self {
            Self::Inet(address) => *address,
            #[cfg(unix)]
            Self::Unix(_) => unreachable!("a Unix socket has no address of the Internet"),
        }
    }

    /// Whether it names a Unix socket.
    pub(super) fn is_unix(&self) -> bool {
        !matches!(self, Self::Inet(_))
    }
}

impl From<SocketAddr> for Name {
    fn from(address: SocketAddr) -> Self {
        Self::Inet(address)
    }
}

#[cfg(unix)]
impl From<UnixAddress> for Name {
    fn from(address: UnixAddress) -> Self {
        Self::Unix(address)
    }
}

/// A type of addresses, and the names that are such.
pub(super) trait Named {
    /// The address in a name of this kind.
    fn from_name(name: Name) -> Self;

    /// As a name.
    fn to_name(&self) -> Name;
}

impl Named for SocketAddr {
    fn from_name(name: Name) -> Self {
        name.inet()
    }

    fn to_name(&self) -> Name {
        (*self).into()
    }
}

#[cfg(unix)]
impl Named for UnixAddress {
    fn from_name(name: Name) -> Self {
        match name {
            Name::Unix(address) => address,
            Name::Inet(_) => unreachable!("a Unix socket has a name of its own kind"),
        }
    }

    fn to_name(&self) -> Name {
        self.clone().into()
    }
}

/// What names the sockets of one kind: an address and a port, or the address of a Unix socket. Nothing else does.
#[allow(private_bounds)]
pub trait SimAddress: Named + fmt::Display + fmt::Debug + Clone + Send + Sync + Unpin + 'static {}

impl SimAddress for SocketAddr {}

#[cfg(unix)]
impl SimAddress for UnixAddress {}
