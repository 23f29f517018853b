//! A datagram socket: what has arrived at it, and who may send to it.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind},
    sync::Arc,
    task::{Poll, Waker},
};

use easynet_core::net::DatagramLength;

use super::{
    address::Name,
    inbox::Fds,
    os_error::os_error,
    wakeups::Wakeups,
    world::{Bound, Id},
};

/// How much may wait to be received by UDP, as Linux has it; what comes then is lost.
const ROOM: usize = 212_992;

/// What Linux counts for a datagram besides its bytes, about.
const OVERHEAD: usize = 768;

/// How many datagrams may wait at a Unix socket; whoever sends another waits.
const QUEUE: usize = 10;

/// One datagram, and where it comes from.
pub(super) struct Datagram {
    pub(super) from: Name,
    pub(super) data: Arc<[u8]>,
    /// Only those of Unix sockets have any, and they never go through a network.
    pub(super) fds: Fds,
}

impl Datagram {
    /// Another of the kind that goes through a network.
    pub(super) fn copy(&self) -> Self {
        Self {
            from: self.from.clone(),
            data: self.data.clone(),
            fds: Fds::new(),
        }
    }
}

/// Whom a socket exchanges datagrams with, if that is one only.
pub(super) struct Peer {
    pub(super) name: Name,
    /// A Unix socket is connected to a socket, not to its name.
    pub(super) socket: Option<Id>,
}

pub(super) struct Mailbox {
    pub(super) host: usize,
    pub(super) name: Name,
    pub(super) bound: Bound,
    /// Tells it from others that had the same key.
    pub(super) serial: u64,
    pub(super) peer: Option<Peer>,
    queue: VecDeque<Datagram>,
    /// How much room is taken.
    taken: usize,
    /// What the next operation is to be told.
    error: Option<ErrorKind>,
    reader: Option<Waker>,
    /// Those that wait for room in the queue.
    senders: Vec<Waker>,
}

impl Mailbox {
    pub(super) fn new(host: usize, name: Name, bound: Bound, serial: u64, peer: Option<Peer>) -> Self {
        Self {
            host,
            name,
            bound,
            serial,
            peer,
            queue: VecDeque::new(),
            taken: 0,
            error: None,
            reader: None,
            senders: Vec::new(),
        }
    }

    /// Takes the oldest datagram.
    pub(super) fn poll_recv(&mut self, wakeups: &mut Wakeups) -> Poll<io::Result<Datagram>> {
        self.take_error()?;
        let Some(datagram) = self.queue.pop_front() else {
            wakeups.park(&mut self.reader);
            return Poll::Pending;
        };
        self.taken -= datagram.data.len() + OVERHEAD;
        wakeups.wake_all(&mut self.senders);
        Poll::Ready(Ok(datagram))
    }

    /// The error that is to be told, once.
    pub(super) fn take_error(&mut self) -> io::Result<()> {
        self.error.take().map_or(Ok(()), |error| Err(os_error(error)))
    }

    /// Ready if a Unix datagram has room; otherwise the polling task waits until it has.
    pub(super) fn poll_room(&mut self, wakeups: &mut Wakeups) -> Poll<()> {
        if self.queue.len() < QUEUE {
            return Poll::Ready(());
        }
        wakeups.park_among(&mut self.senders);
        Poll::Pending
    }

    /// Puts a datagram in that has room.
    pub(super) fn put(&mut self, datagram: Datagram, wakeups: &mut Wakeups) {
        self.taken += datagram.data.len() + OVERHEAD;
        self.queue.push_back(datagram);
        wakeups.wake(&mut self.reader);
    }

    /// Puts a datagram in, if there is room.
    pub(super) fn offer(&mut self, datagram: Datagram, wakeups: &mut Wakeups) {
        if self.taken + datagram.data.len() + OVERHEAD <= ROOM {
            self.put(datagram, wakeups);
        }
    }

    /// The next operation is told of an error.
    pub(super) fn fail(&mut self, error: ErrorKind, wakeups: &mut Wakeups) {
        self.error = Some(error);
        wakeups.wake(&mut self.reader);
    }

    /// Whether it hears datagrams of this sender.
    pub(super) fn hears(&self, from: &Name) -> bool {
        self.peer.as_ref().is_none_or(|peer| peer.name == *from)
    }

    /// Closes it; what is to be given back.
    pub(super) fn close(mut self, wakeups: &mut Wakeups) -> Bound {
        wakeups.forget(&mut self.reader);
        wakeups.wake_all(&mut self.senders);
        self.bound
    }
}

/// Copies what there is room for.
pub(super) fn fill(buffer: &mut [u8], data: &[u8]) -> DatagramLength {
    let length = data.len().min(buffer.len());
    buffer[..length].copy_from_slice(&data[..length]);
    DatagramLength::new(length, data.len() > length)
}
