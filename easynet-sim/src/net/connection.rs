//! A connection: two ends, and what goes from one to the other.
//!
//! Within a host what is said is heard at once. Between two it is a [`Message`] in the outbox, which the
//! [world](super::world) takes over.
//!
//! # Invariants
//!
//! 1. What has arrived can be received, whatever happens afterwards; a reset is told of after it.
//! 2. An error is told once. After that a connection that was reset reads as ended, and cannot be written to.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    io::{self, ErrorKind, IoSlice},
    task::{Poll, Waker},
};

use super::{
    address::Name,
    inbox::{Fds, Inbox},
    os_error::os_error,
    wakeups::Wakeups,
    world::{Bound, Id, Key},
};

/// How many bytes may be under way in one direction, or wait to be received; then the sender waits.
pub(super) const CAPACITY: usize = 64 * 1024;

/// One of the two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Who connected.
    Client,
    /// Who accepted.
    Server,
}

/// What one end tells the other.
pub(super) enum Message {
    /// The client wants a connection.
    Open,
    /// The server has room for it.
    Opened,
    /// The client knows that.
    Settled,
    Data(Vec<u8>, Fds),
    /// So many bytes were received, and others may be sent.
    Room(usize),
    /// No more is sent.
    End,
    /// The connection is broken off.
    Reset,
}

pub(super) struct Connection {
    client: End,
    server: End,
    /// Tells it from others that had the same key.
    pub(super) serial: u64,
    /// The client has not been told yet whether it is open.
    opening: bool,
    /// Whoever opens it has been told that it is open, and has it.
    handed_out: bool,
    /// The listener that has not accepted it yet.
    pub(super) listener: Option<usize>,
    /// Both ends are on one host.
    direct: bool,
    /// What is given back when nobody holds it any more.
    pub(super) bound: Bound,
    /// When opening it is given up.
    pub(super) timeout: Option<Key>,
    /// What is to be told to whom, in this order.
    pub(super) outbox: Vec<(Side, Message)>,
}

pub(super) struct End {
    pub(super) host: usize,
    name: Name,
    /// Sent by the other end, and not received.
    inbox: Inbox,
    /// How many bytes we have sent, and not heard to have been received.
    unreceived: usize,
    /// The other end sends no more.
    ended: bool,
    /// This one sends no more.
    finished: bool,
    /// Nobody holds it any more.
    closed: bool,
    /// Broken off: nothing arrives any more.
    reset: bool,
    /// What the next operation is to be told.
    error: Option<ErrorKind>,
    reader: Option<Waker>,
    writer: Option<Waker>,
    coming: Coming,
}

/// What is on its way to one end. Messages are numbered, and heard in that order, however they arrive.
#[derive(Default)]
pub(super) struct Coming {
    /// How many were sent.
    sent: u64,
    /// How many were heard.
    heard: u64,
    /// Those that have arrived before others that were sent earlier.
    early: BTreeMap<u64, Message>,
    /// Those that wait for the end of a partition.
    pub(super) held: Vec<(u64, Message)>,
}

impl Coming {
    /// The number of a message that is sent.
    pub(super) fn number(&mut self) -> u64 {
        self.sent += 1;
        self.sent - 1
    }

    /// A message has arrived.
    pub(super) fn put(&mut self, number: u64, message: Message) {
        self.early.insert(number, message);
    }

    /// What is to be heard now.
    pub(super) fn next(&mut self) -> Option<Message> {
        let next = self.early.remove(&self.heard)?;
        self.heard += 1;
        Some(next)
    }
}

impl End {
    pub(super) fn new(host: usize, name: Name) -> Self {
        Self {
            host,
            name,
            inbox: Inbox::default(),
            unreceived: 0,
            ended: false,
            finished: false,
            closed: false,
            reset: false,
            error: None,
            reader: None,
            writer: None,
            coming: Coming::default(),
        }
    }
}

impl Connection {
    /// A connection that is to be opened.
    pub(super) fn new(client: End, server: End, bound: Bound, serial: u64) -> Self {
        let direct = client.host == server.host;
        Self {
            client,
            server,
            serial,
            opening: true,
            handed_out: false,
            listener: None,
            direct,
            bound,
            timeout: None,
            outbox: Vec::new(),
        }
    }

    /// What it is called from outside.
    pub(super) fn id(&self, key: usize) -> Id {
        Id {
            key,
            serial: self.serial,
        }
    }

    /// One end, and the other.
    fn ends(&mut self, side: Side) -> (&mut End, &mut End) {
        match side {
            Side::Client => (&mut self.client, &mut self.server),
            Side::Server => (&mut self.server, &mut self.client),
        }
    }

    /// The hosts of the client and the server.
    pub(super) fn hosts(&self) -> (usize, usize) {
        (self.client.host, self.server.host)
    }

    /// From which host to which goes what this end is told.
    pub(super) fn way(&self, to: Side) -> (usize, usize) {
        match to {
            Side::Client => (self.server.host, self.client.host),
            Side::Server => (self.client.host, self.server.host),
        }
    }

    pub(super) fn coming(&mut self, to: Side) -> &mut Coming {
        &mut self.ends(to).0.coming
    }

    /// How many of its ends are held.
    pub(super) fn held(&self) -> usize {
        usize::from(!self.client.closed) + usize::from(!self.server.closed)
    }

    pub(super) fn local_name(&mut self, side: Side) -> Name {
        self.ends(side).0.name.clone()
    }

    /// The address of the other end, while there is a connection.
    pub(super) fn peer_name(&mut self, side: Side) -> io::Result<Name> {
        let (own, peer) = self.ends(side);
        // The end of a Unix connection knows its peer for ever.
        if !own.name.is_unix() && (own.reset || (own.ended && own.finished)) {
            return Err(os_error(ErrorKind::NotConnected));
        }
        Ok(peer.name.clone())
    }

    pub(super) fn is_opening(&self) -> bool {
        self.opening
    }

    /// Whether somebody has got it who wanted it.
    pub(super) fn was_handed_out(&self) -> bool {
        self.handed_out
    }

    /// The server has room for it.
    pub(super) fn admit(&mut self, wakeups: &mut Wakeups) {
        self.say(Side::Client, Message::Opened, wakeups);
    }

    /// Whether it goes through a network.
    pub(super) fn is_direct(&self) -> bool {
        self.direct
    }

    /// Ready once it is open.
    pub(super) fn poll_established(&mut self, wakeups: &mut Wakeups) -> Poll<io::Result<()>> {
        let client = &mut self.client;
        if let Some(error) = client.error.take() {
            return Poll::Ready(Err(os_error(error)));
        }
        if !self.opening {
            self.handed_out = true;
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
    ) -> Poll<io::Result<(usize, Fds)>> {
        let (own, peer) = self.ends(side);
        if !own.inbox.is_empty() {
            let (received, fds) = own.inbox.take(buffer);
            let is_told = !own.reset && !peer.closed;
            if is_told && received > 0 {
                self.say(side.other(), Message::Room(received), wakeups);
            }
            return Poll::Ready(Ok((received, fds)));
        }
        if own.ended {
            return Poll::Ready(Ok((0, Fds::new())));
        }
        if let Some(error) = own.error.take() {
            return Poll::Ready(Err(os_error(error)));
        }
        if own.reset {
            return Poll::Ready(Ok((0, Fds::new())));
        }
        wakeups.park(&mut own.reader);
        Poll::Pending
    }

    /// Sends as much as there is room for, with all of the descriptors; they are taken if something is sent.
    pub(super) fn poll_send(
        &mut self,
        side: Side,
        chunks: &[IoSlice<'_>],
        fds: &mut Fds,
        wakeups: &mut Wakeups,
    ) -> Poll<io::Result<usize>> {
        let direct = self.direct;
        let (own, peer) = self.ends(side);
        if let Some(error) = own.error.take() {
            return Poll::Ready(Err(os_error(error)));
        }
        // A Unix socket sees at once that its peer is gone.
        if own.reset || own.finished || (own.name.is_unix() && peer.closed) {
            return Poll::Ready(Err(os_error(ErrorKind::BrokenPipe)));
        }
        if chunks.iter().all(|chunk| chunk.is_empty()) {
            return Poll::Ready(Ok(0));
        }
        let room = CAPACITY - own.unreceived;
        if room == 0 {
            wakeups.park(&mut own.writer);
            return Poll::Pending;
        }
        let sent = if direct && !peer.closed {
            wakeups.wake(&mut peer.reader);
            peer.inbox.put(room, chunks, std::mem::take(fds))
        } else {
            let data = gathered(room, chunks);
            let length = data.len();
            let message = Message::Data(data, std::mem::take(fds));
            own.unreceived += length;
            self.say(side.other(), message, wakeups);
            return Poll::Ready(Ok(length));
        };
        own.unreceived += sent;
        Poll::Ready(Ok(sent))
    }

    /// Says that this side sends no more. Harmless if it was said before.
    pub(super) fn finish(&mut self, side: Side, wakeups: &mut Wakeups) {
        let (own, _) = self.ends(side);
        if own.reset || own.finished {
            return;
        }
        own.finished = true;
        self.say(side.other(), Message::End, wakeups);
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
        if !self.ends(side).0.reset {
            self.say(side.other(), Message::Reset, wakeups);
        }
    }

    /// The client gives up: nobody holds either end.
    pub(super) fn give_up(&mut self, wakeups: &mut Wakeups) {
        self.outbox.clear();
        self.let_go(Side::Client, wakeups);
        self.let_go(Side::Server, wakeups);
    }

    /// Whoever opens it is told of a failure.
    pub(super) fn fail(&mut self, error: ErrorKind, wakeups: &mut Wakeups) {
        self.opening = false;
        self.let_go(Side::Server, wakeups);
        self.client.reset = true;
        self.client.error = Some(error);
        wakeups.wake(&mut self.client.writer);
    }

    /// Whether nobody holds either end.
    pub(super) fn is_closed(&self) -> bool {
        self.client.closed && self.server.closed
    }

    /// Asks the server for the connection, by the network.
    pub(super) fn ask(&mut self) {
        // Nobody holds that end until a listener has it.
        self.server.closed = true;
        self.outbox.push((Side::Server, Message::Open));
    }

    /// The server does not want it.
    pub(super) fn refuse(&mut self) {
        self.outbox.push((Side::Client, Message::Reset));
    }

    /// The server's end vanishes in its own host.
    pub(super) fn lose(&mut self) {
        self.server.closed = true;
    }

    /// Breaks it off at both ends; what is under way is not heard.
    pub(super) fn break_off(&mut self, wakeups: &mut Wakeups) {
        for side in [Side::Client, Side::Server] {
            self.hear(side, Message::Reset, wakeups);
        }
    }

    /// A listener has the server's end from now on.
    pub(super) fn hold_server(&mut self, listener: usize) {
        self.server.closed = false;
        self.listener = Some(listener);
    }

    /// Tells one end something, now or by the network.
    fn say(&mut self, to: Side, message: Message, wakeups: &mut Wakeups) {
        if self.direct {
            self.hear(to, message, wakeups);
        } else {
            self.outbox.push((to, message));
        }
    }

    /// One end hears something.
    pub(super) fn hear(&mut self, side: Side, message: Message, wakeups: &mut Wakeups) {
        let opening = self.opening;
        let (own, _) = self.ends(side);
        if own.reset {
            return;
        }
        match message {
            // These are the world's: the listener is asked.
            Message::Open | Message::Settled => {}
            Message::Opened => {
                if std::mem::take(&mut self.opening) {
                    wakeups.wake(&mut self.client.writer);
                    self.say(Side::Server, Message::Settled, wakeups);
                }
            }
            Message::Data(..) if own.closed => self.say(side.other(), Message::Reset, wakeups),
            Message::Data(data, fds) => {
                own.inbox.put(data.len(), &[IoSlice::new(&data)], fds);
                wakeups.wake(&mut own.reader);
            }
            Message::Room(bytes) => {
                own.unreceived -= bytes;
                wakeups.wake(&mut own.writer);
            }
            Message::End => {
                own.ended = true;
                wakeups.wake(&mut own.reader);
            }
            Message::Reset => {
                own.reset = true;
                own.error = Some(if opening && side == Side::Client {
                    ErrorKind::ConnectionRefused
                } else if own.ended && !own.name.is_unix() {
                    ErrorKind::BrokenPipe
                } else {
                    ErrorKind::ConnectionReset
                });
                wakeups.wake(&mut own.reader);
                wakeups.wake(&mut own.writer);
                if side == Side::Client {
                    self.opening = false;
                }
            }
        }
    }

    fn let_go(&mut self, side: Side, wakeups: &mut Wakeups) {
        let (own, _) = self.ends(side);
        own.closed = true;
        own.inbox = Inbox::default();
        wakeups.forget(&mut own.reader);
        wakeups.forget(&mut own.writer);
    }
}

impl Side {
    pub(super) fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// As many bytes as there is room for.
fn gathered(room: usize, chunks: &[IoSlice<'_>]) -> Vec<u8> {
    let mut data = Vec::new();
    for chunk in chunks {
        let left = room - data.len();
        data.extend_from_slice(&chunk[..chunk.len().min(left)]);
    }
    data
}
