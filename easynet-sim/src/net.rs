//! The network of a simulation: TCP, UDP and Unix sockets of several hosts, in memory.
//!
//! A host behaves as a Linux machine does, down to which error comes when, since what is tested here is to run there. What it sends to
//! itself has arrived at once; what it sends to another goes by a link, and may take time, wait or be lost.
//!
//! A socket is a number and a [`Network`]; all that is to be known about it is in the one [`World`]. What is under way is there too,
//! and one alarm of the virtual clock is set to the next moment at which something arrives: no task sees to that.
//!
//! # Invariants
//!
//! 1. No user code runs while the world is locked: wakers are cloned before, woken and dropped after ([`Wakeups`]).
//! 2. What happens depends on the order of the calls and on nothing else.
//! 3. A connection is known to the world as long as somebody holds one of its ends: a socket, or a backlog.

mod address;
mod addresses;
mod alarm;
mod backlog;
mod connection;
mod datagram;
mod halves;
mod inbox;
mod listener;
mod mailbox;
mod names;
#[cfg(unix)]
mod namespace;
mod open;
mod os_error;
mod paths;
mod ports;
mod resolver;
mod socket;
mod stream;
#[cfg(unix)]
mod unix;
mod wakeups;
mod world;

use std::{
    fmt, io,
    net::SocketAddr,
    sync::{Arc, Mutex, Weak},
    task::Context,
};

#[cfg(unix)]
use easynet_core::net::UnixAddress;
use easynet_core::net::{Closed, WrapError};

#[cfg(unix)]
pub(crate) use self::open::{bind_unix_datagram, connect_unix, connect_unix_datagram, listen_unix};
pub(crate) use self::world::Guard;
pub use self::{
    address::SimAddress,
    datagram::{
        SimDatagramEndpoint, SimDatagramListener, SimDatagramReadHalf, SimDatagramSender,
        SimDatagramWriteHalf,
    },
    halves::{SimReadHalf, SimWriteHalf},
    listener::SimListener,
    stream::SimStream,
};
use self::{addresses::Addresses, alarm::Alarm, wakeups::Wakeups, world::World};
pub(crate) use self::{
    names::{lookup_addresses, lookup_names},
    open::{bind_udp, connect_tcp, connect_udp, listen_tcp},
};
use crate::{lock::lock, scheduler::Scheduler};

/// A TCP connection of a simulation.
pub type SimTcpStream = SimStream<SocketAddr>;
/// What a [`SimTcpStream`] that was split receives with.
pub type SimTcpReadHalf = SimReadHalf<SocketAddr>;
/// What a [`SimTcpStream`] that was split sends with.
pub type SimTcpWriteHalf = SimWriteHalf<SocketAddr>;
/// A TCP listener of a simulation.
pub type SimTcpListener = SimListener<SocketAddr>;
/// A UDP socket of a simulation that has one peer.
pub type SimUdpEndpoint = SimDatagramEndpoint<SocketAddr>;
/// What a [`SimUdpEndpoint`] that was split receives with.
pub type SimUdpReadHalf = SimDatagramReadHalf<SocketAddr>;
/// What a [`SimUdpEndpoint`] that was split sends with.
pub type SimUdpWriteHalf = SimDatagramWriteHalf<SocketAddr>;
/// A UDP socket of a simulation that anybody may send to.
pub type SimUdpListener = SimDatagramListener<SocketAddr>;
/// What sends from a [`SimUdpListener`].
pub type SimUdpSender = SimDatagramSender<SocketAddr>;
/// A Unix connection of a simulation.
#[cfg(unix)]
pub type SimUnixStream = SimStream<UnixAddress>;
/// What a [`SimUnixStream`] that was split receives with.
#[cfg(unix)]
pub type SimUnixReadHalf = SimReadHalf<UnixAddress>;
/// What a [`SimUnixStream`] that was split sends with.
#[cfg(unix)]
pub type SimUnixWriteHalf = SimWriteHalf<UnixAddress>;
/// A Unix listener of a simulation.
#[cfg(unix)]
pub type SimUnixListener = SimListener<UnixAddress>;
/// A Unix datagram socket of a simulation that has one peer.
#[cfg(unix)]
pub type SimUnixDatagramEndpoint = SimDatagramEndpoint<UnixAddress>;
/// What a [`SimUnixDatagramEndpoint`] that was split receives with.
#[cfg(unix)]
pub type SimUnixDatagramReadHalf = SimDatagramReadHalf<UnixAddress>;
/// What a [`SimUnixDatagramEndpoint`] that was split sends with.
#[cfg(unix)]
pub type SimUnixDatagramWriteHalf = SimDatagramWriteHalf<UnixAddress>;
/// A Unix datagram socket of a simulation that anybody may send to.
#[cfg(unix)]
pub type SimUnixDatagramListener = SimDatagramListener<UnixAddress>;
/// What sends from a [`SimUnixDatagramListener`].
#[cfg(unix)]
pub type SimUnixDatagramSender = SimDatagramSender<UnixAddress>;

/// The network, as the simulation and each of its sockets hold it.
#[derive(Clone)]
pub(crate) struct Network {
    shared: Arc<Shared>,
}

struct Shared {
    world: Mutex<World>,
    alarm: Alarm,
}

impl Network {
    /// The network of a simulation, which tells the time.
    pub(crate) fn new(seed: u64, scheduler: Weak<Scheduler>) -> Self {
        let shared = Shared {
            world: Mutex::new(World::new(seed)),
            alarm: Alarm::new(scheduler),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Whether it is the same network.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// The host of this name, made if there is none.
    pub(crate) fn host(&self, name: &str) -> usize {
        self.change(|world, _| world.host(name))
    }

    pub(crate) fn addresses(&self, host: usize) -> Addresses {
        self.change(|world, _| world.hosts[host].addresses)
    }

    pub(crate) fn change_addresses(&self, host: usize, change: impl FnOnce(&mut Addresses)) {
        self.change(|world, _| world.change_addresses(host, change));
    }

    pub(crate) fn guard(&self, host: usize, port: u16, guard: Option<Guard>) {
        self.change(|world, _| world.guard(host, port, guard));
    }

    /// Changes something; who is to learn of it is woken afterwards.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut World, &mut Wakeups) -> T) -> T {
        self.change_then(Wakeups::new(), change)
    }

    /// Like [`change`](Self::change), for what the polling task may have to wait for.
    fn poll<T>(&self, cx: &Context<'_>, change: impl FnOnce(&mut World, &mut Wakeups) -> T) -> T {
        self.change_then(Wakeups::of(cx), change)
    }

    fn change_then<T>(&self, mut wakeups: Wakeups, change: impl FnOnce(&mut World, &mut Wakeups) -> T) -> T {
        let mut world = lock(&self.shared.world);
        world.now = self.shared.alarm.now().unwrap_or(world.now);
        let value = change(&mut world, &mut wakeups);
        self.shared.alarm.set(world.next_moment(), &self.shared);
        // Invariant 1.
        drop(world);
        wakeups.settle();
        value
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").finish_non_exhaustive()
    }
}

/// The error about a socket of the operating system.
pub(crate) fn no_sockets<S>(socket: S) -> WrapError<S> {
    let error = io::Error::new(
        io::ErrorKind::Unsupported,
        "a simulation has no sockets of the operating system",
    );
    WrapError::new(socket, error)
}

/// What is inside, unless it was closed.
fn open<T>(inner: &Option<T>) -> io::Result<&T> {
    inner.as_ref().ok_or_else(|| Closed::new().into())
}
