//! What a listener has not accepted yet.

use std::{collections::VecDeque, task::Waker};

use super::{address::Name, wakeups::Wakeups, world::Bound};

/// A listener, as the world knows it: its name, and the connections that wait to be accepted.
///
/// Connections beyond its capacity wait too, for room in it; whoever opens one of them waits until then.
pub(super) struct Backlog {
    /// The host it is on.
    pub(super) host: usize,
    pub(super) name: Name,
    /// What is given back when it is closed.
    pub(super) bound: Bound,
    capacity: usize,
    /// The oldest first.
    connections: VecDeque<Waiting>,
    acceptor: Option<Waker>,
}

struct Waiting {
    connection: usize,
    /// Whether there is room for it.
    admitted: bool,
    /// Whether it can be accepted: those are not that have to wait for room, or that the client does not know to be open yet.
    ready: bool,
}

impl Backlog {
    pub(super) fn new(host: usize, name: Name, bound: Bound, capacity: u32) -> Self {
        Self {
            host,
            name,
            bound,
            capacity: capacity.max(1).try_into().unwrap_or(usize::MAX),
            connections: VecDeque::new(),
            acceptor: None,
        }
    }

    pub(super) fn push(&mut self, connection: usize) {
        self.connections.push_back(Waiting {
            connection,
            admitted: false,
            ready: false,
        });
    }

    /// It can be accepted.
    pub(super) fn ready(&mut self, connection: usize, wakeups: &mut Wakeups) {
        if let Some(waiting) = self
            .connections
            .iter_mut()
            .find(|waiting| waiting.connection == connection)
        {
            waiting.ready = true;
            wakeups.wake(&mut self.acceptor);
        }
    }

    /// Takes the oldest connection that can be accepted; none if there is none, and then the polling task waits for one.
    pub(super) fn pop(&mut self, wakeups: &mut Wakeups) -> Option<usize> {
        let Some(index) = self.connections.iter().position(|waiting| waiting.ready) else {
            wakeups.park(&mut self.acceptor);
            return None;
        };
        self.connections.remove(index).map(|waiting| waiting.connection)
    }

    /// The next connection that there is room for by now, and was not before.
    pub(super) fn next_with_room(&mut self) -> Option<usize> {
        let mut with_room = self.connections.iter_mut().take(self.capacity);
        let next = with_room.find(|waiting| !waiting.admitted)?;
        next.admitted = true;
        Some(next.connection)
    }

    pub(super) fn remove(&mut self, connection: usize) {
        self.connections
            .retain(|waiting| waiting.connection != connection);
    }

    /// Closes the listener; the connections that nobody accepts now, and what is to be given back.
    pub(super) fn close(mut self, wakeups: &mut Wakeups) -> (Vec<usize>, Bound) {
        wakeups.forget(&mut self.acceptor);
        let left = self.connections.into_iter();
        (left.map(|waiting| waiting.connection).collect(), self.bound)
    }
}
