//! The addresses of a host.

use std::{
    io::{self, ErrorKind},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use super::os_error::os_error;

/// The addresses of one host, besides 127.0.0.0/8 and ::1, which every host has.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Addresses {
    pub(crate) v4: Option<Ipv4Addr>,
    pub(crate) v6: Option<Ipv6Addr>,
}

impl Addresses {
    /// Whether a packet to this address stays on the host.
    pub(super) fn has(self, ip: IpAddr) -> bool {
        ip.is_loopback()
            || match ip {
                IpAddr::V4(ip) => self.v4 == Some(ip),
                IpAddr::V6(ip) => self.v6 == Some(ip),
            }
    }

    /// The address that what is sent to `destination` comes from.
    pub(super) fn source(self, destination: IpAddr) -> io::Result<IpAddr> {
        if destination.is_loopback() || destination.is_unspecified() {
            return Ok(loopback(destination));
        }
        let own = match destination {
            IpAddr::V4(_) => self.v4.map(IpAddr::from),
            IpAddr::V6(_) => self.v6.map(IpAddr::from),
        };
        own.ok_or_else(|| os_error(ErrorKind::NetworkUnreachable))
    }

    /// What a socket that is bound to `address` has: one of the host's, or all.
    pub(super) fn bindable(self, address: SocketAddr) -> io::Result<SocketAddr> {
        let ip = address.ip();
        if !self.has(ip) && !ip.is_unspecified() {
            return Err(os_error(ErrorKind::AddrNotAvailable));
        }
        Ok((ip, address.port()).into())
    }

    /// All of them, the first family first.
    pub(super) fn all(self) -> Vec<IpAddr> {
        let v4 = self.v4.map(IpAddr::from);
        v4.into_iter().chain(self.v6.map(IpAddr::from)).collect()
    }
}

/// The address itself; for "any address" the loopback one.
pub(super) fn named(ip: IpAddr) -> IpAddr {
    if ip.is_unspecified() { loopback(ip) } else { ip }
}

/// All addresses of the family of `ip`.
pub(super) fn unspecified(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    }
}

fn loopback(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_host_can_be_bound() {
        let host = Addresses {
            v4: Some([10, 0, 0, 1].into()),
            v6: None,
        };
        for own in ["10.0.0.1:7", "127.1.2.3:7", "0.0.0.0:7", "[::]:7", "[::1]:7"] {
            let own = own.parse().unwrap();
            assert_eq!(host.bindable(own).unwrap(), own);
        }
        for foreign in ["10.0.0.2:7", "[fe80::1]:7", "[fd00::1]:7"] {
            let error = host.bindable(foreign.parse().unwrap()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::AddrNotAvailable);
        }
    }

    #[test]
    fn what_is_sent_comes_from_an_address_of_the_same_family() {
        let host = Addresses {
            v4: Some([10, 0, 0, 1].into()),
            v6: None,
        };
        let source = |ip: &str| host.source(ip.parse().unwrap()).map(|ip| ip.to_string()).ok();
        assert_eq!(source("127.0.0.9").as_deref(), Some("127.0.0.1"));
        assert_eq!(source("0.0.0.0").as_deref(), Some("127.0.0.1"));
        assert_eq!(source("10.0.0.2").as_deref(), Some("10.0.0.1"));
        assert_eq!(source("::1").as_deref(), Some("::1"));
        assert_eq!(source("fd00::2"), None);
    }
}
