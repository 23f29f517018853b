//! From a host, which is a name or an IP address, to the addresses to use.

use std::{
    io,
    net::{IpAddr, SocketAddr, SocketAddrV6},
};

use super::dns::{AddrInfoQuery, AddressFamily, SocketKind};
use crate::backend::AsyncBackend;

/// The addresses of a host, in the order of the resolver, which is not asked about an IP address.
pub(super) async fn resolve<B: AsyncBackend>(
    backend: &B,
    host: &str,
    port: u16,
    family: AddressFamily,
    kind: SocketKind,
) -> io::Result<Vec<SocketAddr>> {
    if let Some(address) = literal(host, port) {
        if !family.contains(&address) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the address is of another family than was asked for",
            ));
        }
        return Ok(vec![address]);
    }
    let query = AddrInfoQuery::internal(host, port, family, kind);
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for answer in query.ask(backend).await? {
        if !addresses.contains(&answer.address()) {
            addresses.push(answer.address());
        }
    }
    if addresses.is_empty() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address"));
    }
    Ok(addresses)
}

/// The address that a host is, if it is one.
pub(super) fn literal(host: &str, port: u16) -> Option<SocketAddr> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Some(SocketAddr::new(ip, port));
    }
    // With the number of an interface: `fe80::1%2`.
    let (ip, scope) = host.split_once('%')?;
    Some(SocketAddrV6::new(ip.parse().ok()?, port, 0, scope.parse().ok()?).into())
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn addresses_are_told_from_names() {
        assert_eq!(literal("127.0.0.1", 1).unwrap().to_string(), "127.0.0.1:1");
        assert_eq!(literal("::1", 2).unwrap().to_string(), "[::1]:2");
        assert_eq!(literal("fe80::1%7", 3).unwrap().to_string(), "[fe80::1%7]:3");
        for name in ["localhost", "127.0.0", "fe80::1%lo", "[::1]", ""] {
            assert!(literal(name, 4).is_none(), "{name}");
        }
    }
}
