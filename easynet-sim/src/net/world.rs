//! All hosts of a simulation, with their sockets.

mod datagrams;
mod streams;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    io::{self, ErrorKind},
    net::{IpAddr, SocketAddr},
    time::Instant,
};

use slab::Slab;

#[cfg(unix)]
use super::namespace::{Lease, Namespace};
use super::{
    addresses::{self, Addresses},
    backlog::Backlog,
    connection::Connection,
    mailbox::Mailbox,
    ports::Ports,
};

/// A connection or a datagram socket, even when another has got the same key since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Id {
    pub(super) key: usize,
    pub(super) serial: u64,
}

/// When something happens, and a number that tells what happens at one moment apart.
pub(super) type Key = (Instant, u64);

/// The name that a socket has taken, and gives back.
#[derive(Debug)]
pub(super) enum Bound {
    Nothing,
    Tcp {
        address: SocketAddr,
        shared: bool,
    },
    Udp {
        address: SocketAddr,
        shared: bool,
    },
    #[cfg(unix)]
    Unix(Lease),
}

/// One of the hosts.
#[derive(Default)]
pub(super) struct Machine {
    pub(super) addresses: Addresses,
    /// Each listener has taken its address, and each connection that of its client.
    tcp: Ports,
    udp: Ports,
    #[cfg(unix)]
    unix: Namespace,
}

/// Hosts, and the listeners, connections and datagram sockets of all of them, by their numbers.
pub(super) struct World {
    pub(super) hosts: Vec<Machine>,
    listeners: Slab<Backlog>,
    connections: Slab<Connection>,
    mailboxes: Slab<Mailbox>,
    /// The datagram sockets of each port.
    posts: BTreeMap<(usize, u16), Vec<usize>>,
    serial: u64,
}

impl Default for World {
    fn default() -> Self {
        Self {
            hosts: vec![Machine::default()],
            listeners: Slab::new(),
            connections: Slab::new(),
            mailboxes: Slab::new(),
            posts: BTreeMap::new(),
            serial: 0,
        }
    }
}

impl World {
    fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// Where what is sent to `address` goes: which host, and under which address; "any address" is the loopback one.
    fn route(&self, host: usize, address: SocketAddr) -> io::Result<(usize, SocketAddr)> {
        let ip = addresses::named(address.ip());
        let address = SocketAddr::new(ip, address.port());
        if self.hosts[host].addresses.has(ip) {
            return Ok((host, address));
        }
        Err(ErrorKind::NetworkUnreachable.into())
    }

    /// The address that what goes to `destination` comes from.
    fn source(&self, host: usize, destination: IpAddr) -> io::Result<IpAddr> {
        self.hosts[host].addresses.source(destination)
    }

    /// Takes the first of these addresses that can be taken, for what goes to `destination`; none if there is none.
    fn bind_first(
        &mut self,
        host: usize,
        wanted: &[SocketAddr],
        destination: IpAddr,
        ports: impl Fn(&mut Machine) -> &mut Ports,
    ) -> io::Result<Option<SocketAddr>> {
        let mut first = None;
        for address in wanted {
            let machine = &mut self.hosts[host];
            let bound = machine.addresses.bindable(*address).and_then(|mut wanted| {
                // "Any address" becomes that which the connection comes from.
                if wanted.ip().is_unspecified() {
                    wanted.set_ip(machine.addresses.source(destination)?);
                }
                let taken = ports(machine).take(wanted, false);
                taken.ok_or_else(|| ErrorKind::AddrInUse.into())
            });
            match bound {
                Ok(bound) => return Ok(Some(bound)),
                Err(error) => {
                    first.get_or_insert_with(|| {
                        io::Error::new(error.kind(), format!("cannot bind {address}: {error}"))
                    });
                }
            }
        }
        first.map_or(Ok(None), Err)
    }

    fn give_back(&mut self, host: usize, bound: Bound) {
        let machine = &mut self.hosts[host];
        match bound {
            Bound::Nothing => {}
            Bound::Tcp { address, shared } => machine.tcp.give_back(address, shared),
            Bound::Udp { address, shared } => machine.udp.give_back(address, shared),
            #[cfg(unix)]
            Bound::Unix(lease) => machine.unix.give_back(&lease),
        }
    }
}
