//! The names and the addresses of the machine.

use std::{
    io::{self, ErrorKind},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

/// The addresses of a host name; IP addresses never come here.
pub(crate) fn lookup(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    if host.eq_ignore_ascii_case("localhost") {
        return Ok(vec![
            (Ipv4Addr::LOCALHOST, port).into(),
            (Ipv6Addr::LOCALHOST, port).into(),
        ]);
    }
    Err(io::Error::new(
        ErrorKind::NotFound,
        format!("the simulation knows no host `{host}`: its only name is `localhost`"),
    ))
}

/// Where a connection to `address` goes: "any address" is the loopback one.
pub(super) fn destination(address: SocketAddr) -> io::Result<SocketAddr> {
    let ip = address.ip();
    if ip.is_unspecified() {
        return Ok((loopback(ip), address.port()).into());
    }
    if !ip.is_loopback() {
        return Err(ErrorKind::NetworkUnreachable.into());
    }
    Ok((ip, address.port()).into())
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
    fn localhost_is_the_only_name() {
        for name in ["localhost", "LocalHost"] {
            assert_eq!(lookup(name, 7).unwrap(), [at("127.0.0.1:7"), at("[::1]:7")]);
        }
        let error = lookup("example.org", 7).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("`example.org`"), "{error}");
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
