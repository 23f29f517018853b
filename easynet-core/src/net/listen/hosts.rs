//! Where to listen.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use futures_util::future::try_join_all;

use crate::{
    backend::AsyncBackend,
    net::{
        dns::{AddressFamily, SocketKind},
        error::BindError,
        os_error,
        resolve::resolve,
    },
};

/// The hosts to listen on: names or IP addresses, or all interfaces of the machine.
///
/// Whatever reads well where a host is expected becomes one: `None`, `"localhost"`, `["127.0.0.1", "::1"]`, a
/// vector of strings, an IP address. The empty string stands for all interfaces, like `None`; an empty list for no listener.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hosts {
    /// Every interface, IPv4 and IPv6.
    All,
    /// Names and IP addresses.
    Named(Vec<String>),
}

impl Hosts {
    /// Opens a listener on each address, or none at all.
    pub(super) async fn open<B: AsyncBackend, L>(
        &self,
        backend: &B,
        port: u16,
        kind: SocketKind,
        open: impl Fn(SocketAddr) -> io::Result<L>,
    ) -> Result<Vec<L>, BindError> {
        let (mut opened, mut failed, mut skipped) = (Vec::new(), Vec::new(), Vec::new());
        for address in self.addresses(backend, port, kind).await? {
            match open(address) {
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
    async fn addresses<B: AsyncBackend>(
        &self,
        backend: &B,
        port: u16,
        kind: SocketKind,
    ) -> Result<Vec<SocketAddr>, BindError> {
        let Self::Named(names) = self else {
            return Ok(vec![
                (Ipv4Addr::UNSPECIFIED, port).into(),
                (Ipv6Addr::UNSPECIFIED, port).into(),
            ]);
        };
        let lookups = names.iter().map(async |name| {
            resolve(backend, name, port, AddressFamily::Unspecified, kind)
                .await
                .map_err(|error| BindError::lookup(name, port, error))
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
        let all = matches!(self, Self::All);
        os_error::is_unsupported_family(error)
            || (all && address.is_ipv6() && error.kind() == io::ErrorKind::AddrNotAvailable)
    }
}

impl From<Option<&str>> for Hosts {
    fn from(host: Option<&str>) -> Self {
        host.map_or(Self::All, Self::from)
    }
}

impl From<IpAddr> for Hosts {
    fn from(address: IpAddr) -> Self {
        Self::Named(vec![address.to_string()])
    }
}

impl From<&str> for Hosts {
    fn from(host: &str) -> Self {
        Self::from(host.to_owned())
    }
}

impl From<String> for Hosts {
    fn from(host: String) -> Self {
        if host.is_empty() {
            Self::All
        } else {
            Self::Named(vec![host])
        }
    }
}

impl From<&String> for Hosts {
    fn from(host: &String) -> Self {
        Self::from(host.as_str())
    }
}

impl<S: Into<String>> From<Vec<S>> for Hosts {
    fn from(hosts: Vec<S>) -> Self {
        hosts.into_iter().collect()
    }
}

impl<S: Into<String>, const N: usize> From<[S; N]> for Hosts {
    fn from(hosts: [S; N]) -> Self {
        hosts.into_iter().collect()
    }
}

impl<S: AsRef<str>, const N: usize> From<&[S; N]> for Hosts {
    fn from(hosts: &[S; N]) -> Self {
        Self::from(hosts.as_slice())
    }
}

impl<S: AsRef<str>> From<&[S]> for Hosts {
    fn from(hosts: &[S]) -> Self {
        hosts.iter().map(AsRef::as_ref).collect()
    }
}

impl<S: Into<String>> FromIterator<S> for Hosts {
    fn from_iter<I: IntoIterator<Item = S>>(hosts: I) -> Self {
        Self::Named(hosts.into_iter().map(Into::into).collect())
    }
}
