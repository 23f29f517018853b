//! The network of a simulation: TCP between sockets of one machine, in memory.
//!
//! It behaves as the loopback interface of a Linux machine that has 127.0.0.0/8 and ::1 does, down to which error comes
//! when, since what is tested here is to run there. Nothing takes time yet: what is sent has arrived.
//!
//! A socket is a number and a [`Network`]; all that is to be known about it is in the one [`Machine`], so that delays,
//! losses and several machines have a place to be added at.
//!
//! # Invariants
//!
//! 1. No user code runs while the machine is locked: wakers are cloned before, woken and dropped after ([`Wakeups`]).
//! 2. What happens depends on the order of the calls and on nothing else.
//! 3. A connection is known to the machine as long as somebody holds one of its ends: a socket, or a backlog.

mod absent;
mod addresses;
mod backlog;
mod connection;
mod halves;
mod listener;
mod machine;
mod names;
mod ports;
mod socket;
mod stream;
mod wakeups;

use std::{
    fmt,
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
    task::Context,
};

use easynet_core::net::{Closed, ConnectOptions, ListenOptions, WrapError};

pub(crate) use self::absent::unsupported;
#[cfg(unix)]
pub use self::absent::{
    SimUnixDatagramEndpoint, SimUnixDatagramListener, SimUnixDatagramReadHalf, SimUnixDatagramSender,
    SimUnixDatagramWriteHalf, SimUnixListener, SimUnixReadHalf, SimUnixStream, SimUnixWriteHalf,
};
pub(crate) use self::names::{lookup_addresses, lookup_names};
pub use self::{
    absent::{SimUdpEndpoint, SimUdpListener, SimUdpReadHalf, SimUdpSender, SimUdpWriteHalf},
    halves::{SimTcpReadHalf, SimTcpWriteHalf},
    listener::SimTcpListener,
    stream::SimTcpStream,
};
use self::{connection::Side, machine::Machine, socket::Socket, wakeups::Wakeups};
use crate::scheduler::Scheduler;

/// The network, as the simulation and each of its sockets hold it.
#[derive(Clone, Default)]
pub(crate) struct Network {
    machine: Arc<Mutex<Machine>>,
}

impl Network {
    /// Changes something; who is to learn of it is woken afterwards.
    fn change<T>(&self, change: impl FnOnce(&mut Machine, &mut Wakeups) -> T) -> T {
        self.change_then(Wakeups::new(), change)
    }

    /// Like [`change`](Self::change), for what the polling task may have to wait for.
    fn poll<T>(&self, cx: &Context<'_>, change: impl FnOnce(&mut Machine, &mut Wakeups) -> T) -> T {
        self.change_then(Wakeups::of(cx), change)
    }

    fn change_then<T>(
        &self,
        mut wakeups: Wakeups,
        change: impl FnOnce(&mut Machine, &mut Wakeups) -> T,
    ) -> T {
        let mut machine = self
            .machine
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let value = change(&mut machine, &mut wakeups);
        // Invariant 1.
        drop(machine);
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

/// Opens a connection; waits while the backlog of the listener is full.
pub(crate) fn connect(
    scheduler: &Arc<Scheduler>,
    address: SocketAddr,
    options: &ConnectOptions,
) -> impl Future<Output = io::Result<SimTcpStream>> + Send {
    let network = scheduler.network().clone();
    async move {
        let connect =
            |machine: &mut Machine, wakeups: &mut Wakeups| machine.connect(address, options.local(), wakeups);
        let connection = network.change(connect)?;
        let socket = Socket::new(network, connection, Side::Client);
        poll_fn(|cx| socket.poll_connected(cx)).await?;
        Ok(SimTcpStream::new(socket))
    }
}

pub(crate) fn listen(
    scheduler: &Arc<Scheduler>,
    address: SocketAddr,
    options: &ListenOptions,
) -> io::Result<SimTcpListener> {
    SimTcpListener::open(scheduler.network().clone(), address, options)
}

/// What is inside, unless it was closed.
fn open<T>(inner: &Option<T>) -> io::Result<&T> {
    inner.as_ref().ok_or_else(|| Closed::new().into())
}
