//! A connection: two ends, and what is under way to each.
//!
//! # Invariants
//!
//! 1. What has arrived can be received, whatever happens afterwards; a reset is told of after it.
//! 2. An error is told once. After that a connection that was reset reads as ended, and cannot be written to.

#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, IoSlice, Read},
    net::SocketAddr,
    task::{Poll, Waker},
};

use super::wakeups::Wakeups;

/// How many bytes may be under way in one direction; then the sender waits.
const CAPACITY: usize = 64 * 1024;

/// One of the two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Who connected.
    Client,
    /// Who accepted.
    Server,
}

pub(super) struct Connection {
    client: End,
    server: End,
    /// The listener whose backlog has no room for it yet.
    waits_at: Option<usize>,
    /// Broken off: nothing arrives any more.
    reset: bool,
}

struct End {
    address: SocketAddr,
    /// Sent by the other end, and not received.
    inbox: VecDeque<u8>,
    /// The other end sends no more.
    ended: bool,
    /// Nobody holds it any more.
    closed: bool,
    /// What the next operation is to be told.
    error: Option<ErrorKind>,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl End {
    fn new(address: SocketAddr) -> Self {
        Self {
            address,
            inbox: VecDeque::new(),
            ended: false,
            closed: false,
            error: None,
            reader: None,
            writer: None,
        }
    }
}

impl Connection {
    /// A connection that is established, unless it has to wait for room in the backlog of a listener.
    pub(super) fn new(client: SocketAddr, server: SocketAddr, waits_at: Option<usize>) -> Self {
        Self {
            client: End::new(client),
            server: End::new(server),
            waits_at,
            reset: false,
        }
    }

    /// One end, and the other.
    fn ends(&mut self, side: Side) -> (&mut End, &mut End) {
        match side {
            Side::Client => (&mut self.client, &mut self.server),
            Side::Server => (&mut self.server, &mut self.client),
        }
    }

    pub(super) fn local_address(&mut self, side: Side) -> SocketAddr {
        self.ends(side).0.address
    }

    /// The address of the other end, while there is a connection.
    pub(super) fn peer_address(&mut self, side: Side) -> io::Result<SocketAddr> {
        if self.reset || (self.client.ended && self.server.ended) {
            return Err(ErrorKind::NotConnected.into());
        }
        Ok(self.ends(side).1.address)
    }

    pub(super) fn waits_at(&self) -> Option<usize> {
        self.waits_at
    }

    /// The backlog has room for it.
    pub(super) fn establish(&mut self, wakeups: &mut Wakeups) {
        self.waits_at = None;
        wakeups.wake(&mut self.client.writer);
    }

    /// Ready once it is established.
    pub(super) fn poll_established(&mut self, wakeups: &mut Wakeups) -> Poll<io::Result<()>> {
        let client = &mut self.client;
        if let Some(error) = client.error.take() {
            return Poll::Ready(Err(error.into()));
        }
        if self.waits_at.is_none() {
            return Poll::Ready(Ok(()));
        }
        wakeups.park(&mut client.writer);
        Poll::Pending
    }

    pub(super) fn poll_recv(
        &mut self,
        side: Side,
        buffer: &mut [u8],
        wakeups: &mut Wakeups,
    ) -> Poll<io::Result<usize>> {
        let reset = self.reset;
        let (own, peer) = self.ends(side);
        if !own.inbox.is_empty() {
            wakeups.wake(&mut peer.writer);
            return Poll::Ready(take(&mut own.inbox, buffer));
        }
        if own.ended {
            return Poll::Ready(Ok(0));
        }
        if let Some(error) = own.error.take() {
            return Poll::Ready(Err(error.into()));
        }
        if reset {
            return Poll::Ready(Ok(0));
        }
        wakeups.park(&mut own.reader);
        Poll::Pending
    }

    pub(super) fn poll_send(
        &mut self,
        side: Side,
        chunks: &[IoSlice<'_>],
        wakeups: &mut Wakeups,
    ) -> Poll<io::Result<usize>> {
        let reset = self.reset;
        let (own, peer) = self.ends(side);
        if let Some(error) = own.error.take() {
            return Poll::Ready(Err(error.into()));
        }
        if reset || peer.ended {
            return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
        }
        if chunks.iter().all(|chunk| chunk.is_empty()) {
            return Poll::Ready(Ok(0));
        }
        let room = CAPACITY - peer.inbox.len();
        if room == 0 {
            wakeups.park(&mut own.writer);
            return Poll::Pending;
        }
        let sent = put(&mut peer.inbox, room, chunks);
        if peer.closed {
            // The answer to it is a reset: the next operation is told.
            peer.inbox = VecDeque::new();
            self.reset(side, wakeups);
        } else {
            wakeups.wake(&mut peer.reader);
        }
        Poll::Ready(Ok(sent))
    }

    /// Says that this side sends no more. Harmless if it was said before.
    pub(super) fn finish(&mut self, side: Side, wakeups: &mut Wakeups) {
        if self.reset {
            return;
        }
        let (_, peer) = self.ends(side);
        peer.ended = true;
        wakeups.wake(&mut peer.reader);
    }

    /// Closes one end: the other one reads the end, or is reset if something has not been received here.
    pub(super) fn close(&mut self, side: Side, wakeups: &mut Wakeups) {
        let unread = !self.ends(side).0.inbox.is_empty();
        if unread {
            self.abandon(side, wakeups);
        } else {
            self.finish(side, wakeups);
            self.let_go(side, wakeups);
        }
    }

    /// Closes one end, and resets the other.
    pub(super) fn abandon(&mut self, side: Side, wakeups: &mut Wakeups) {
        self.let_go(side, wakeups);
        if !self.reset {
            self.reset(side.other(), wakeups);
        }
    }

    /// Closes the server's end before it was established.
    pub(super) fn refuse(&mut self, wakeups: &mut Wakeups) {
        self.waits_at = None;
        self.reset = true;
        self.client.error = Some(ErrorKind::ConnectionRefused);
        wakeups.wake(&mut self.client.writer);
        self.let_go(Side::Server, wakeups);
    }

    /// Whether nobody holds either end.
    pub(super) fn is_closed(&self) -> bool {
        self.client.closed && self.server.closed
    }

    /// Breaks the connection off, as this side is to be told.
    fn reset(&mut self, side: Side, wakeups: &mut Wakeups) {
        self.reset = true;
        let (own, _) = self.ends(side);
        own.error = Some(if own.ended {
            ErrorKind::BrokenPipe
        } else {
            ErrorKind::ConnectionReset
        });
        wakeups.wake(&mut own.reader);
        wakeups.wake(&mut own.writer);
    }

    fn let_go(&mut self, side: Side, wakeups: &mut Wakeups) {
        let (own, _) = self.ends(side);
        own.closed = true;
        own.inbox = VecDeque::new();
        wakeups.forget(&mut own.reader);
        wakeups.forget(&mut own.writer);
    }
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// Takes what fits into `buffer`.
fn take(inbox: &mut VecDeque<u8>, buffer: &mut [u8]) -> io::Result<usize> {
    // One read yields what lies together in memory; the second what is left at the other end of the ring.
    let first = inbox.read(buffer)?;
    let second = inbox.read(&mut buffer[first..])?;
    Ok(first + second)
}

/// Puts as much in as there is room for; how much it was.
fn put(inbox: &mut VecDeque<u8>, room: usize, chunks: &[IoSlice<'_>]) -> usize {
    let before = inbox.len();
    for chunk in chunks {
        let left = room - (inbox.len() - before);
        inbox.extend(&chunk[..chunk.len().min(left)]);
    }
    inbox.len() - before
}
