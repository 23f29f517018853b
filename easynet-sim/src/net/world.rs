//! All hosts of a simulation, with their sockets.

mod datagrams;
mod events;
mod streams;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    io::{self, ErrorKind},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Instant,
};

use slab::Slab;

use self::events::Event;
#[cfg(unix)]
use super::namespace::{Lease, Namespace};
use super::{
    addresses::{self, Addresses},
    backlog::Backlog,
    connection::Connection,
    mailbox::Mailbox,
    names::LOCALHOST,
    os_error::os_error,
    paths::{Pair, Paths},
    ports::Ports,
    resolver::Resolver,
};
use crate::Link;

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

/// What becomes of what comes to a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    /// It is refused, whoever listens.
    Refuses,
    /// It vanishes.
    Swallows,
}

/// One of the hosts.
#[derive(Default)]
pub(super) struct Machine {
    pub(super) name: String,
    guards: BTreeMap<u16, Guard>,
    pub(super) addresses: Addresses,
    /// Each listener has taken its address, and each connection that of its client.
    tcp: Ports,
    udp: Ports,
    #[cfg(unix)]
    unix: Namespace,
}

/// Hosts, and the listeners, connections and datagram sockets of all of them, by their numbers.
pub(crate) struct World {
    pub(super) hosts: Vec<Machine>,
    listeners: Slab<Backlog>,
    connections: Slab<Connection>,
    mailboxes: Slab<Mailbox>,
    /// The datagram sockets of each port.
    posts: BTreeMap<(usize, u16), Vec<usize>>,
    /// The host of each address.
    routes: BTreeMap<IpAddr, usize>,
    paths: Paths,
    pub(crate) resolver: Resolver,
    /// What is under way.
    events: BTreeMap<Key, Event>,
    /// The time of the change that is made.
    pub(super) now: Instant,
    serial: u64,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let mut world = Self {
            hosts: Vec::new(),
            listeners: Slab::new(),
            connections: Slab::new(),
            mailboxes: Slab::new(),
            posts: BTreeMap::new(),
            routes: BTreeMap::new(),
            paths: Paths::new(seed),
            resolver: Resolver::default(),
            events: BTreeMap::new(),
            now: crate::epoch(),
            serial: 0,
        };
        world.host(LOCALHOST);
        world
    }

    /// The host of this name, made if there is none.
    pub(super) fn host(&mut self, name: &str) -> usize {
        if let Some(host) = self.host_named(name) {
            return host;
        }
        let index = self.hosts.len();
        let number = u16::try_from(index + 1).expect("a simulation has at most 65535 hosts");
        let [high, low] = number.to_be_bytes();
        let addresses = Addresses {
            v4: Some(Ipv4Addr::new(10, 0, high, low)),
            v6: Some(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, number)),
        };
        self.hosts.push(Machine {
            name: name.to_owned(),
            addresses,
            ..Machine::default()
        });
        self.routes
            .extend(addresses.all().into_iter().map(|ip| (ip, index)));
        index
    }

    /// The host of this name, if there is one.
    pub(super) fn host_named(&self, name: &str) -> Option<usize> {
        self.hosts.iter().position(|machine| machine.name == name)
    }

    /// The host of an address that is no loopback one.
    pub(super) fn host_at(&self, ip: IpAddr) -> Option<usize> {
        self.routes.get(&ip).copied()
    }

    /// Changes the addresses of a host.
    pub(super) fn change_addresses(&mut self, host: usize, change: impl FnOnce(&mut Addresses)) {
        change(&mut self.hosts[host].addresses);
        let left = self.hosts[host].addresses;
        self.routes.retain(|ip, found| *found != host || left.has(*ip));
    }

    /// Says what becomes of what comes to a port.
    pub(super) fn guard(&mut self, host: usize, port: u16, guard: Option<Guard>) {
        let guards = &mut self.hosts[host].guards;
        match guard {
            Some(guard) => guards.insert(port, guard),
            None => guards.remove(&port),
        };
    }

    pub(crate) fn set_link(&mut self, pair: Pair, link: Link) {
        self.paths.set(pair, link);
    }

    pub(crate) fn set_default_link(&mut self, link: Link) {
        self.paths.set_default(link);
    }

    pub(crate) fn cut(&mut self, pair: Pair) {
        self.paths.cut(pair);
    }

    /// How many sockets are open.
    pub(crate) fn sockets(&self) -> usize {
        let ends: usize = self
            .connections
            .iter()
            .map(|(_, connection)| connection.held())
            .sum();
        self.listeners.len() + self.mailboxes.len() + ends
    }

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
        let other = self
            .host_at(ip)
            .ok_or_else(|| os_error(ErrorKind::NetworkUnreachable))?;
        // Without an address of that family there is no way.
        self.source(host, ip)?;
        Ok((other, address))
    }

    /// The address that what goes to `destination` comes from.
    fn source(&self, host: usize, destination: IpAddr) -> io::Result<IpAddr> {
        let own = self.hosts[host].addresses;
        // What stays on the host comes from where it goes.
        if own.has(destination) && !destination.is_loopback() {
            return Ok(destination);
        }
        own.source(destination)
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
        let source = self.source(host, destination).map_err(|error| error.kind());
        let stays = self.hosts[host].addresses.has(destination);
        for address in wanted {
            let machine = &mut self.hosts[host];
            let bound = machine.addresses.bindable(*address).and_then(|mut wanted| {
                // "Any address" becomes that which the connection comes from.
                if wanted.ip().is_unspecified() {
                    wanted.set_ip(source.map_err(os_error)?);
                }
                // From a loopback address nothing leaves the host.
                if wanted.ip().is_loopback() && !stays {
                    return Err(os_error(ErrorKind::InvalidInput));
                }
                let taken = ports(machine).take(wanted, false);
                taken.ok_or_else(|| os_error(ErrorKind::AddrInUse))
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

    /// Gives back what nothing came of: a path does not stay.
    fn take_back(&mut self, host: usize, bound: Bound) {
        match bound {
            #[cfg(unix)]
            Bound::Unix(lease) => self.hosts[host].unix.forget(&lease),
            other => self.give_back(host, other),
        }
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
