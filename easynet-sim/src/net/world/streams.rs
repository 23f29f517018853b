//! Listeners and connections.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    task::Poll,
    time::Duration,
};

use easynet_core::net::ListenOptions;
#[cfg(unix)]
use easynet_core::net::{UnixAddress, UnixBindOptions};

use super::{Bound, Guard, Machine, World, events::Event};
#[cfg(unix)]
use crate::net::namespace::Owner;
use crate::net::{
    address::Name,
    addresses,
    backlog::Backlog,
    connection::{Connection, End, Side},
    os_error::os_error,
    wakeups::Wakeups,
};

/// How long opening a connection takes at most, as by Linux with its usual settings: six retries.
const OPENING: Duration = Duration::from_secs(127);

impl World {
    pub(in crate::net) fn listen(
        &mut self,
        host: usize,
        address: SocketAddr,
        options: &ListenOptions,
    ) -> io::Result<usize> {
        let machine = &mut self.hosts[host];
        let (address, shared) = (machine.addresses.bindable(address)?, options.reuse_port());
        let address = machine
            .tcp
            .take(address, shared)
            .ok_or_else(|| os_error(ErrorKind::AddrInUse))?;
        let bound = Bound::Tcp { address, shared };
        let backlog = Backlog::new(host, address.into(), bound, options.backlog());
        Ok(self.listeners.insert(backlog))
    }

    #[cfg(unix)]
    pub(in crate::net) fn listen_unix(
        &mut self,
        host: usize,
        address: &UnixAddress,
        options: &UnixBindOptions,
    ) -> io::Result<usize> {
        let lease = self.hosts[host].unix.take(address, options)?;
        let entry = self.listeners.vacant_entry();
        self.hosts[host].unix.assign(&lease, Owner::Listener(entry.key()));
        let key = entry.key();
        let name = lease.name.clone().into();
        entry.insert(Backlog::new(host, name, Bound::Unix(lease), options.backlog()));
        Ok(key)
    }

    pub(in crate::net) fn listener_name(&self, listener: usize) -> Name {
        self.listeners[listener].name.clone()
    }

    /// Takes the oldest connection that waits for the listener, with the name of its client.
    pub(in crate::net) fn poll_accept(
        &mut self,
        listener: usize,
        wakeups: &mut Wakeups,
    ) -> Poll<(usize, Name)> {
        let backlog = &mut self.listeners[listener];
        let Some(accepted) = backlog.pop(wakeups) else {
            return Poll::Pending;
        };
        self.admit(listener, wakeups);
        let connection = &mut self.connections[accepted];
        connection.listener = None;
        Poll::Ready((accepted, connection.local_name(Side::Client)))
    }

    /// Closes a listener: what was not accepted is reset, what waits for room is refused.
    pub(in crate::net) fn close_listener(&mut self, listener: usize, wakeups: &mut Wakeups) {
        let backlog = self.listeners.remove(listener);
        let host = backlog.host;
        let (left, bound) = backlog.close(wakeups);
        self.give_back(host, bound);
        for key in left {
            let connection = &mut self.connections[key];
            connection.listener = None;
            connection.abandon(Side::Server, wakeups);
            self.settle(key, wakeups);
        }
    }

    /// Begins a connection, from the first of the `local` addresses that can be bound, if there are any; it is
    /// open if the backlog of the listener has room for it.
    pub(in crate::net) fn connect(
        &mut self,
        host: usize,
        address: SocketAddr,
        local: &[SocketAddr],
        wakeups: &mut Wakeups,
    ) -> io::Result<usize> {
        let destination = addresses::named(address.ip());
        let bound = self.bind_first(host, local, destination, |machine: &mut Machine| &mut machine.tcp)?;
        let reached = self.reached(host, address);
        if let (Err(_), Some(bound)) = (&reached, bound) {
            self.hosts[host].tcp.give_back(bound, false);
        }
        let (server, address, reached) = reached?;
        let source = match bound {
            Some(bound) => bound,
            None => {
                let source = SocketAddr::new(self.source(host, address.ip())?, 0);
                let source = self.hosts[host].tcp.take(source, false);
                source.ok_or_else(|| os_error(ErrorKind::AddrNotAvailable))?
            }
        };
        let bound = Bound::Tcp {
            address: source,
            shared: false,
        };
        let (client, server) = (End::new(host, source.into()), End::new(server, address.into()));
        let key = self.begin(client, server, bound);
        let connection = &mut self.connections[key];
        match reached {
            Reached::Listeners(listeners) => {
                // Those that share an address take turns.
                let listener = listeners[usize::from(source.port()) % listeners.len()];
                self.knock(key, listener, wakeups);
                return Ok(key);
            }
            Reached::Network => connection.ask(),
            Reached::Nothing => connection.lose(),
        }
        let connection = connection.id(key);
        let timeout = self.schedule(self.now + OPENING, Event::Timeout { connection });
        self.connections[key].timeout = Some(timeout);
        self.settle(key, wakeups);
        Ok(key)
    }

    /// Begins a connection to a Unix socket; see [`connect`](Self::connect).
    #[cfg(unix)]
    pub(in crate::net) fn connect_unix(
        &mut self,
        host: usize,
        address: &UnixAddress,
        local: Option<&UnixAddress>,
        wakeups: &mut Wakeups,
    ) -> io::Result<usize> {
        let namespace = &mut self.hosts[host].unix;
        let lease = match local {
            Some(local) => Some(namespace.take(local, &UnixBindOptions::new())?),
            None => None,
        };
        let listener = match namespace.find(address) {
            Ok(Owner::Listener(listener)) => Ok(listener),
            Ok(Owner::Client) => Err(os_error(ErrorKind::ConnectionRefused)),
            Ok(Owner::Mailbox(_)) => Err(rustix::io::Errno::PROTOTYPE.into()),
            Err(error) => Err(error),
        };
        let listener = match (listener, &lease) {
            (Err(error), Some(lease)) => {
                namespace.forget(lease);
                return Err(error);
            }
            (listener, _) => listener?,
        };
        let (name, bound) = match lease {
            Some(lease) => {
                namespace.assign(&lease, Owner::Client);
                (lease.name.clone(), Bound::Unix(lease))
            }
            None => (UnixAddress::unnamed(), Bound::Nothing),
        };
        let server = self.listener_name(listener);
        let (client, server) = (End::new(host, name.into()), End::new(host, server));
        let key = self.begin(client, server, bound);
        self.knock(key, listener, wakeups);
        Ok(key)
    }

    /// A connection that nobody listens for yet.
    fn begin(&mut self, client: End, server: End, bound: Bound) -> usize {
        let serial = self.next_serial();
        self.connections
            .insert(Connection::new(client, server, bound, serial))
    }

    /// A connection comes to a listener.
    pub(super) fn knock(&mut self, key: usize, listener: usize, wakeups: &mut Wakeups) {
        self.connections[key].hold_server(listener);
        self.listeners[listener].push(key);
        self.admit(listener, wakeups);
    }

    /// Lets connections in that the backlog has room for.
    fn admit(&mut self, listener: usize, wakeups: &mut Wakeups) {
        while let Some(key) = self.listeners[listener].next_with_room() {
            let connection = &mut self.connections[key];
            connection.admit(wakeups);
            if connection.is_direct() {
                self.listeners[listener].ready(key, wakeups);
            } else {
                self.settle(key, wakeups);
            }
        }
    }

    /// No listener has the connection any more.
    pub(super) fn leave_backlog(&mut self, key: usize, wakeups: &mut Wakeups) {
        if let Some(listener) = self.connections[key].listener.take() {
            self.listeners[listener].remove(key);
            self.admit(listener, wakeups);
        }
    }

    /// Where a connection to `address` goes, and what is there.
    fn reached(&self, host: usize, address: SocketAddr) -> io::Result<(usize, SocketAddr, Reached)> {
        let (server, address) = self.route(host, address)?;
        if server != host {
            return Ok((server, address, Reached::Network));
        }
        let guard = self.hosts[host].guards.get(&address.port());
        if guard == Some(&Guard::Swallows) {
            return Ok((server, address, Reached::Nothing));
        }
        let listeners = self.listening_at(server, address);
        if guard == Some(&Guard::Refuses) || listeners.is_empty() {
            return Err(os_error(ErrorKind::ConnectionRefused));
        }
        Ok((server, address, Reached::Listeners(listeners)))
    }

    /// A connection of which somebody holds an end.
    pub(in crate::net) fn connection(&mut self, connection: usize) -> &mut Connection {
        &mut self.connections[connection]
    }

    /// Closes one end of a connection.
    pub(in crate::net) fn close(&mut self, key: usize, side: Side, wakeups: &mut Wakeups) {
        let connection = &mut self.connections[key];
        if side == Side::Client && !connection.was_handed_out() {
            // Nothing came of it: a name does not wait for the other end.
            let (client, _) = connection.hosts();
            let bound = std::mem::replace(&mut connection.bound, Bound::Nothing);
            self.take_back(client, bound);
        }
        let connection = &mut self.connections[key];
        if connection.is_opening() && side == Side::Client {
            connection.give_up(wakeups);
            self.leave_backlog(key, wakeups);
        } else {
            connection.close(side, wakeups);
        }
        self.settle(key, wakeups);
    }

    /// Who listens at an address: those that name it, or else those that listen at all.
    pub(super) fn listening_at(&self, host: usize, address: SocketAddr) -> Vec<usize> {
        let at = |address: SocketAddr| -> Vec<usize> {
            let name = Name::from(address);
            let listening = self.listeners.iter();
            let listening = listening.filter(|(_, backlog)| backlog.host == host && backlog.name == name);
            listening.map(|(listener, _)| listener).collect()
        };
        let listeners = at(address);
        if !listeners.is_empty() {
            return listeners;
        }
        at((addresses::unspecified(address.ip()), address.port()).into())
    }

    /// What is to be done after each change of a connection: what it has said is sent, and it is forgotten if nobody holds it.
    pub(in crate::net) fn settle(&mut self, key: usize, wakeups: &mut Wakeups) {
        loop {
            let said = std::mem::take(&mut self.connections[key].outbox);
            if said.is_empty() {
                break;
            }
            for (to, message) in said {
                self.transmit(key, to, message, wakeups);
            }
        }
        let connection = &mut self.connections[key];
        let is_decided = !connection.is_opening() || connection.is_closed();
        if is_decided && let Some(timeout) = connection.timeout.take() {
            self.events.remove(&timeout);
        }
        if !self.connections[key].is_closed() {
            return;
        }
        // Its wakers were taken when its ends were closed.
        let connection = self.connections.remove(key);
        let (client, _) = connection.hosts();
        self.give_back(client, connection.bound);
    }
}

/// What a connection comes to first.
enum Reached {
    /// Listeners of the same host.
    Listeners(Vec<usize>),
    /// A way to another host.
    Network,
    /// A port that swallows all.
    Nothing,
}
