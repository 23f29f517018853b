//! Which ports are taken.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
};

/// The first of the ports that are given to who asks for none; they go up to the last one.
const FIRST: u16 = 49152;

/// The ports of one protocol, with the addresses they are taken on.
pub(super) struct Ports {
    /// An address is here more than once only if all who took it share it.
    taken: BTreeMap<u16, Vec<Lease>>,
    /// The port to be given next, unless it is taken.
    next: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lease {
    ip: IpAddr,
    shared: bool,
}

impl Default for Ports {
    fn default() -> Self {
        Self {
            taken: BTreeMap::new(),
            next: FIRST,
        }
    }
}

impl Ports {
    /// Takes an address; with port zero, one that is free. None if it is taken, or if no port is free.
    ///
    /// Several may take the same if all of them share it.
    pub(super) fn take(&mut self, address: SocketAddr, shared: bool) -> Option<SocketAddr> {
        let lease = Lease {
            ip: address.ip(),
            shared,
        };
        let port = match address.port() {
            0 => self.free(lease)?,
            port if self.is_taken(port, lease) => return None,
            port => port,
        };
        self.taken.entry(port).or_default().push(lease);
        Some(SocketAddr::new(lease.ip, port))
    }

    /// Gives back what was taken.
    pub(super) fn give_back(&mut self, address: SocketAddr, shared: bool) {
        let lease = Lease {
            ip: address.ip(),
            shared,
        };
        let leases = self
            .taken
            .get_mut(&address.port())
            .expect("what is given back was taken");
        let index = leases.iter().position(|taken| *taken == lease);
        leases.remove(index.expect("what is given back was taken"));
        if leases.is_empty() {
            self.taken.remove(&address.port());
        }
    }

    /// Counts up, so that a port is not used again soon.
    fn free(&mut self, lease: Lease) -> Option<u16> {
        for _ in FIRST..=u16::MAX {
            let port = self.next;
            self.next = port.checked_add(1).unwrap_or(FIRST);
            // Nobody who asks for any port wants to share one.
            if !self.is_taken(
                port,
                Lease {
                    shared: false,
                    ..lease
                },
            ) {
                return Some(port);
            }
        }
        None
    }

    fn is_taken(&self, port: u16, lease: Lease) -> bool {
        let leases = self.taken.get(&port).map_or(&[][..], Vec::as_slice);
        leases.iter().any(|taken| taken.excludes(lease))
    }
}

impl Lease {
    fn excludes(self, other: Self) -> bool {
        let same = self.ip == other.ip || self.ip.is_unspecified() || other.ip.is_unspecified();
        self.ip.is_ipv4() == other.ip.is_ipv4() && same && !(self.shared && other.shared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> SocketAddr {
        address.parse().unwrap()
    }

    #[test]
    fn free_ports_count_up_and_start_again() {
        let mut ports = Ports::default();
        ports.take(at("127.0.0.1:49153"), false).unwrap();
        assert_eq!(ports.take(at("127.0.0.1:0"), false), Some(at("127.0.0.1:49152")));
        assert_eq!(ports.take(at("127.0.0.1:0"), false), Some(at("127.0.0.1:49154")));
        ports.next = u16::MAX;
        assert_eq!(ports.take(at("127.0.0.1:0"), false), Some(at("127.0.0.1:65535")));
        ports.give_back(at("127.0.0.1:49152"), false);
        assert_eq!(ports.take(at("127.0.0.1:0"), false), Some(at("127.0.0.1:49152")));
    }

    #[test]
    fn no_port_is_free_once_all_are_taken() {
        let mut ports = Ports::default();
        for _ in FIRST..=u16::MAX {
            ports.take(at("[::1]:0"), false).unwrap();
        }
        assert_eq!(ports.take(at("[::1]:0"), false), None);
        assert!(ports.take(at("127.0.0.1:0"), false).is_some());
    }

    #[test]
    fn all_addresses_are_one_more_of_their_family() {
        let mut ports = Ports::default();
        ports.take(at("0.0.0.0:7"), false).unwrap();
        assert_eq!(ports.take(at("127.0.0.1:7"), false), None);
        ports.take(at("[::1]:7"), false).unwrap();
        assert_eq!(ports.take(at("[::]:7"), false), None);
    }

    #[test]
    fn a_port_is_shared_if_all_share_it() {
        let mut ports = Ports::default();
        for _ in 0..2 {
            ports.take(at("127.0.0.1:7"), true).unwrap();
        }
        assert_eq!(ports.take(at("127.0.0.1:7"), false), None);
        for _ in 0..2 {
            ports.give_back(at("127.0.0.1:7"), true);
        }
        ports.take(at("127.0.0.1:7"), false).unwrap();
        assert_eq!(ports.take(at("127.0.0.1:7"), true), None);
    }
}
