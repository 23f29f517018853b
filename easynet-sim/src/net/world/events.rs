//! What is under way, and arrives when its time has come.

use std::time::Instant;

use super::{Guard, Id, Key, World};
use crate::net::{
    connection::{Message, Side},
    mailbox::Datagram,
    paths::{Delivery, Pair},
    wakeups::Wakeups,
};

/// Something that is to happen.
pub(super) enum Event {
    /// A message of a connection arrives.
    Message {
        connection: Id,
        to: Side,
        number: u64,
        message: Message,
    },
    /// A datagram arrives.
    Datagram {
        way: Pair,
        sender: Id,
        address: std::net::SocketAddr,
        datagram: Datagram,
    },
    /// The sender of a datagram is told that nobody was there.
    Refusal { way: Pair, sender: Id },
    /// A connection has not been opened in time.
    Timeout { connection: Id },
}

impl World {
    /// When the next thing happens.
    pub(in crate::net) fn next_moment(&self) -> Option<Instant> {
        self.events.first_key_value().map(|((moment, _), _)| *moment)
    }

    /// Lets everything happen whose time has come.
    pub(in crate::net) fn pass(&mut self, wakeups: &mut Wakeups) {
        while let Some(entry) = self.events.first_entry() {
            if entry.key().0 > self.now {
                break;
            }
            let event = entry.remove();
            self.happen(event, wakeups);
        }
    }

    /// Notes that something is to happen.
    pub(super) fn schedule(&mut self, moment: Instant, event: Event) -> Key {
        let key = (moment, self.next_serial());
        self.events.insert(key, event);
        key
    }

    fn happen(&mut self, event: Event, wakeups: &mut Wakeups) {
        match event {
            Event::Message {
                connection,
                to,
                number,
                message,
            } => self.arrive(connection, to, number, message, wakeups),
            Event::Datagram {
                way,
                sender,
                address,
                datagram,
            } => {
                self.paths.arrived(way, datagram.data.len());
                if !self.paths.is_cut(way) {
                    self.deliver_udp(sender, way, address, datagram, wakeups);
                }
            }
            Event::Refusal { way, sender } => {
                if !self.paths.is_cut(way) {
                    self.refuse_udp(sender, wakeups);
                }
            }
            Event::Timeout { connection } => self.time_out(connection, wakeups),
        }
    }

    /// Sends a message of a connection.
    pub(super) fn transmit(&mut self, key: usize, to: Side, message: Message, wakeups: &mut Wakeups) {
        let number = self.connections[key].coming(to).number();
        self.dispatch(key, to, number, message, wakeups);
    }

    /// Sends a message on its way; if there is none, it waits for one.
    fn dispatch(&mut self, key: usize, to: Side, number: u64, message: Message, wakeups: &mut Wakeups) {
        let connection = &mut self.connections[key];
        let (id, way) = (connection.id(key), connection.way(to));
        if self.paths.is_cut(way) {
            connection.coming(to).held.push((number, message));
            return;
        }
        let (bytes, delivery) = match &message {
            Message::Data(data, _) => (data.len(), Delivery::Reliable),
            Message::Open | Message::Opened | Message::Settled | Message::End => (0, Delivery::Reliable),
            Message::Room(_) | Message::Reset => (0, Delivery::Free),
        };
        let arrival = self.paths.message(way, self.now, bytes, delivery);
        if arrival <= self.now {
            self.sort(key, to, number, message, wakeups);
            return;
        }
        let event = Event::Message {
            connection: id,
            to,
            number,
            message,
        };
        self.schedule(arrival, event);
    }

    /// A message arrives, unless there is no way any more.
    fn arrive(&mut self, id: Id, to: Side, number: u64, message: Message, wakeups: &mut Wakeups) {
        let found = self.connections.get_mut(id.key);
        // Otherwise nobody holds either end any more.
        let Some(connection) = found.filter(|found| found.serial == id.serial) else {
            return;
        };
        if self.paths.is_cut(connection.way(to)) {
            connection.coming(to).held.push((number, message));
            return;
        }
        self.sort(id.key, to, number, message, wakeups);
        self.settle(id.key, wakeups);
    }

    /// A message has arrived: what comes next is heard.
    fn sort(&mut self, key: usize, to: Side, number: u64, message: Message, wakeups: &mut Wakeups) {
        self.connections[key].coming(to).put(number, message);
        while let Some(next) = self.connections[key].coming(to).next() {
            self.hear(key, to, next, wakeups);
        }
    }

    /// One end hears something.
    fn hear(&mut self, key: usize, to: Side, message: Message, wakeups: &mut Wakeups) {
        match message {
            Message::Open => self.open_at_server(key, wakeups),
            Message::Settled => {
                if let Some(listener) = self.connections[key].listener {
                    self.listeners[listener].ready(key, wakeups);
                }
            }
            other => self.connections[key].hear(to, other, wakeups),
        }
    }

    /// A client wants a connection.
    fn open_at_server(&mut self, key: usize, wakeups: &mut Wakeups) {
        let connection = &mut self.connections[key];
        if !connection.is_opening() {
            return; // It comes too late.
        }
        let (_, server) = connection.hosts();
        let (client, address) = (
            connection.local_name(Side::Client).inet(),
            connection.local_name(Side::Server).inet(),
        );
        let guard = self.hosts[server].guards.get(&address.port()).copied();
        if guard == Some(Guard::Swallows) {
            return;
        }
        let listeners = self.listening_at(server, address);
        if guard == Some(Guard::Refuses) || listeners.is_empty() {
            self.connections[key].refuse();
            return;
        }
        // Those that share an address take turns.
        let listener = listeners[usize::from(client.port()) % listeners.len()];
        self.knock(key, listener, wakeups);
    }

    fn time_out(&mut self, id: Id, wakeups: &mut Wakeups) {
        let Some(connection) = self
            .connections
            .get_mut(id.key)
            .filter(|found| found.serial == id.serial)
        else {
            return;
        };
        connection.timeout = None;
        self.fail_opening(id.key, std::io::ErrorKind::TimedOut, wakeups);
        self.settle(id.key, wakeups);
    }

    /// Whoever opens a connection is told of a failure; no listener has it any more.
    fn fail_opening(&mut self, key: usize, error: std::io::ErrorKind, wakeups: &mut Wakeups) {
        self.connections[key].fail(error, wakeups);
        self.leave_backlog(key, wakeups);
    }

    /// Sends what has waited for a way.
    pub(crate) fn heal(&mut self, pair: Pair, wakeups: &mut Wakeups) {
        self.paths.heal(pair);
        for key in self.between(pair) {
            for to in [Side::Client, Side::Server] {
                for (number, message) in std::mem::take(&mut self.connections[key].coming(to).held) {
                    self.dispatch(key, to, number, message, wakeups);
                }
            }
            self.settle(key, wakeups);
        }
    }

    /// Breaks all connections between two hosts off.
    pub(crate) fn reset(&mut self, pair: Pair, wakeups: &mut Wakeups) {
        for key in self.between(pair) {
            if self.connections[key].is_opening() {
                self.fail_opening(key, std::io::ErrorKind::ConnectionReset, wakeups);
            } else {
                self.connections[key].break_off(wakeups);
                // That the client knows is lost too: whoever accepts it is told of the reset.
                if let Some(listener) = self.connections[key].listener {
                    self.listeners[listener].ready(key, wakeups);
                }
            }
            self.settle(key, wakeups);
        }
    }

    /// The connections between two hosts.
    fn between(&self, (a, b): Pair) -> Vec<usize> {
        let connections = self.connections.iter();
        let found = connections.filter(|(_, connection)| [(a, b), (b, a)].contains(&connection.hosts()));
        found.map(|(key, _)| key).collect()
    }
}
