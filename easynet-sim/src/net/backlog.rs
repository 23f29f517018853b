//! What a listener has not accepted yet.

use std::{collections::VecDeque, net::SocketAddr, task::Waker};

use super::wakeups::Wakeups;

/// A listener, as the machine knows it: its address, and the connections that wait to be accepted.
///
/// Connections beyond its capacity wait too, for room in it; whoever opens one of them waits until then.
pub(super) struct Backlog {
    pub(super) address: SocketAddr,
    /// Whether others may listen on the same address.
    pub(super) shared: bool,
    capacity: usize,
    /// The oldest first.
    connections: VecDeque<usize>,
    acceptor: Option<Waker>,
}

impl Backlog {
    pub(super) fn new(address: SocketAddr, shared: bool, capacity: u32) -> Self {
        Self {
            address,
            shared,
            capacity: capacity.max(1).try_into().unwrap_or(usize::MAX),
            connections: VecDeque::new(),
            acceptor: None,
        }
    }

    pub(super) fn has_room(&self) -> bool {
        self.connections.len() < self.capacity
    }

    pub(super) fn push(&mut self, connection: usize, wakeups: &mut Wakeups) {
        self.connections.push_back(connection);
        wakeups.wake(&mut self.acceptor);
    }

    /// Takes the oldest connection; none if there is none, and then the polling task waits for one.
    pub(super) fn pop(&mut self, wakeups: &mut Wakeups) -> Option<usize> {
        let oldest = self.connections.pop_front();
        if oldest.is_none() {
            wakeups.park(&mut self.acceptor);
        }
        oldest
    }

    /// The connection that came in last of those that it has room for, if it is full.
    pub(super) fn last_with_room(&self) -> Option<usize> {
        self.connections.get(self.capacity - 1).copied()
    }

    pub(super) fn remove(&mut self, connection: usize) {
        self.connections.retain(|waiting| *waiting != connection);
    }

    /// Closes the listener; the connections that nobody accepts now.
    pub(super) fn close(mut self, wakeups: &mut Wakeups) -> VecDeque<usize> {
        wakeups.forget(&mut self.acceptor);
        self.connections
    }
}
