//! The sockets of one machine.

#[cfg(test)]
mod tests;

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    task::Poll,
};

use easynet_core::net::ListenOptions;
use slab::Slab;

use super::{
    addresses,
    backlog::Backlog,
    connection::{Connection, Side},
    ports::Ports,
    wakeups::Wakeups,
};

/// Listeners and connections, by their numbers.
#[derive(Default)]
pub(super) struct Machine {
    /// Each listener has taken its address, and each connection that of its client.
    ports: Ports,
    listeners: Slab<Backlog>,
    connections: Slab<Connection>,
}

impl Machine {
    pub(super) fn listen(&mut self, address: SocketAddr, options: &ListenOptions) -> io::Result<usize> {
        let (address, shared) = (addresses::bindable(address)?, options.reuse_port());
        let address = self.ports.take(address, shared).ok_or(ErrorKind::AddrInUse)?;
        Ok(self
            .listeners
            .insert(Backlog::new(address, shared, options.backlog())))
    }

    pub(super) fn listener_address(&self, listener: usize) -> SocketAddr {
        self.listeners[listener].address
    }

    /// Takes the oldest connection that waits for the listener, with the address of its client.
    pub(super) fn poll_accept(
        &mut self,
        listener: usize,
        wakeups: &mut Wakeups,
    ) -> Poll<(usize, SocketAddr)> {
        let backlog = &mut self.listeners[listener];
        let Some(accepted) = backlog.pop(wakeups) else {
            return Poll::Pending;
        };
        if let Some(next) = backlog.last_with_room() {
            self.connections[next].establish(wakeups);
        }
        let client = self.connections[accepted].local_address(Side::Client);
        Poll::Ready((accepted, client))
    }

    /// Closes a listener: what was not accepted is reset, what waits for room is refused.
    pub(super) fn close_listener(&mut self, listener: usize, wakeups: &mut Wakeups) {
        let backlog = self.listeners.remove(listener);
        self.ports.give_back(backlog.address, backlog.shared);
        for key in backlog.close(wakeups) {
            let connection = &mut self.connections[key];
            if connection.waits_at().is_some() {
                connection.refuse(wakeups);
            } else {
                connection.abandon(Side::Server, wakeups);
            }
            self.remove_if_closed(key);
        }
    }

    /// Begins a connection, from the first of the `local` addresses that can be bound, if there are any; it is
    /// established if the backlog of the listener has room for it.
    pub(super) fn connect(
        &mut self,
        address: SocketAddr,
        local: &[SocketAddr],
        wakeups: &mut Wakeups,
    ) -> io::Result<usize> {
        let bound = self.bind_first(local)?;
        let reached = self.reached(address);
        if let (Err(_), Some(bound)) = (&reached, bound) {
            self.ports.give_back(bound, false);
        }
        let (address, listeners) = reached?;
        let source = match bound {
            Some(bound) => bound,
            None => {
                let source = SocketAddr::new(addresses::source(address.ip()), 0);
                let source = self.ports.take(source, false);
                source.ok_or(ErrorKind::AddrNotAvailable)?
            }
        };
        // Those that share an address take turns.
        let listener = listeners[usize::from(source.port()) % listeners.len()];
        let backlog = &mut self.listeners[listener];
        let waits_at = (!backlog.has_room()).then_some(listener);
        let connection = self
            .connections
            .insert(Connection::new(source, address, waits_at));
        backlog.push(connection, wakeups);
        Ok(connection)
    }

    /// Takes the first of these addresses that can be taken; none if there is none.
    fn bind_first(&mut self, addresses: &[SocketAddr]) -> io::Result<Option<SocketAddr>> {
        let mut first = None;
        for address in addresses {
            let bound = addresses::bindable(*address).and_then(|wanted| {
                // "Any address" becomes that which the connection comes from.
                let wanted = SocketAddr::new(addresses::named(wanted.ip()), wanted.port());
                self.ports
                    .take(wanted, false)
                    .ok_or_else(|| ErrorKind::AddrInUse.into())
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

    /// Where a connection to `address` goes, and who listens there.
    fn reached(&self, address: SocketAddr) -> io::Result<(SocketAddr, Vec<usize>)> {
        let address = addresses::destination(address)?;
        let listeners = self.listening_at(address);
        if listeners.is_empty() {
            return Err(ErrorKind::ConnectionRefused.into());
        }
        Ok((address, listeners))
    }

    /// A connection of which somebody holds an end.
    pub(super) fn connection(&mut self, connection: usize) -> &mut Connection {
        &mut self.connections[connection]
    }

    /// Closes one end of a connection.
    pub(super) fn close(&mut self, key: usize, side: Side, wakeups: &mut Wakeups) {
        let connection = &mut self.connections[key];
        connection.close(side, wakeups);
        if let Some(listener) = connection.waits_at() {
            self.listeners[listener].remove(key);
            connection.refuse(wakeups);
        }
        self.remove_if_closed(key);
    }

    /// Who listens at an address: those that name it, or else those that listen at all.
    fn listening_at(&self, address: SocketAddr) -> Vec<usize> {
        let at = |address: SocketAddr| -> Vec<usize> {
            let listening = self.listeners.iter();
            let listening = listening.filter(|(_, backlog)| backlog.address == address);
            listening.map(|(listener, _)| listener).collect()
        };
        let listeners = at(address);
        if !listeners.is_empty() {
            return listeners;
        }
        at((addresses::unspecified(address.ip()), address.port()).into())
    }

    fn remove_if_closed(&mut self, key: usize) {
        if !self.connections[key].is_closed() {
            return;
        }
        // Its wakers were taken when its ends were closed.
        let mut connection = self.connections.remove(key);
        self.ports
            .give_back(connection.local_address(Side::Client), false);
    }
}
