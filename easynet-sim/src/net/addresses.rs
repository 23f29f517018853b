//! The addresses of the machine.

use std::{
    io::{self, ErrorKind},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

/// Where a connection to `address` goes: "any address" is the loopback one.
pub(super) fn destination(address: SocketAddr) -> io::Result<SocketAddr> {
    let ip = address.ip();
    if !ip.is_loopback() && !ip.is_unspecified() {
        return Err(ErrorKind::NetworkUnreachable.into());
    }
    Ok((named(ip), address.port()).into())
}

/// The address itself; for "any address" the loopback one.
pub(super) fn named(ip: IpAddr) -> IpAddr {
    if ip.is_unspecified() { loopback(ip) } else { ip }
}

/// The address that a connection to `destination` comes from.
pub(super) fn source(destination: IpAddr) -> IpAddr {
    loopback(destination)
}

/// What a socket that is bound to `address` has: one of the machine's, or all.
pub(super) fn bindable(address: SocketAddr) -> io::Result<SocketAddr> {
    let ip = address.ip();
    if !ip.is_loopback() && !ip.is_unspecified() {
        return Err(ErrorKind::AddrNotAvailable.into());
    }
    Ok((ip, address.port()).into())
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

    fn at(address: &str) -> SocketAddr {
        address.parse().unwrap()
    }

    #[test]
    fn only_the_loopback_network_can_be_reached() {
        assert_eq!(destination(at("127.1.2.3:7")).unwrap(), at("127.1.2.3:7"));
        assert_eq!(destination(at("0.0.0.0:7")).unwrap(), at("127.0.0.1:7"));
        assert_eq!(destination(at("[::]:7")).unwrap(), at("[::1]:7"));
        for foreign in ["10.0.0.1:7", "[fe80::1]:7"] {
            assert_eq!(
                destination(at(foreign)).unwrap_err().kind(),
                ErrorKind::NetworkUnreachable
            );
            assert_eq!(
                bindable(at(foreign)).unwrap_err().kind(),
                ErrorKind::AddrNotAvailable
            );
        }
    }
}
