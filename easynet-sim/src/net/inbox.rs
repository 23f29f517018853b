//! Bytes that have arrived, and the file descriptors that came with them.

use std::{
    collections::VecDeque,
    io::{IoSlice, Read},
};

/// File descriptors that travel with data.
#[cfg(unix)]
pub(super) type Fds = Vec<std::os::fd::OwnedFd>;

/// There are none.
#[cfg(not(unix))]
pub(super) type Fds = Vec<std::convert::Infallible>;

/// What one end of a connection has not received yet.
#[derive(Default)]
pub(super) struct Inbox {
    bytes: VecDeque<u8>,
    /// How many bytes have been taken so far.
    taken: u64,
    /// Those that belong to bytes which have not been taken, the first in front.
    fds: VecDeque<Attached>,
}

/// File descriptors, and the bytes they came with, counted from the first that ever arrived.
struct Attached {
    start: u64,
    end: u64,
    fds: Fds,
}

impl Inbox {
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Puts in as much as there is room for; how much it was. The descriptors belong to all of it.
    pub(super) fn put(&mut self, room: usize, chunks: &[IoSlice<'_>], fds: Fds) -> usize {
        let before = self.bytes.len();
        for chunk in chunks {
            let left = room - (self.bytes.len() - before);
            self.bytes.extend(&chunk[..chunk.len().min(left)]);
        }
        let put = self.bytes.len() - before;
        if !fds.is_empty() {
            let start = self.taken + before as u64;
            self.fds.push_back(Attached {
                start,
                end: start + put as u64,
                fds,
            });
        }
        put
    }

    /// Takes what fits into `buffer`, up to the end of the first bytes that have descriptors, and those.
    pub(super) fn take(&mut self, buffer: &mut [u8]) -> (usize, Fds) {
        let bounds = self.fds.front().map(|attached| (attached.start, attached.end));
        let most = bounds.map_or(usize::MAX, |(_, end)| {
            usize::try_from(end - self.taken).unwrap_or(usize::MAX)
        });
        let length = buffer.len().min(most);
        let buffer = &mut buffer[..length];
        // One read yields what lies together in memory; the second what is left at the other end of the ring.
        let first = self.bytes.read(buffer).expect("memory can be read");
        let second = self.bytes.read(&mut buffer[first..]).expect("memory can be read");
        self.taken += (first + second) as u64;
        let reached = bounds.is_some_and(|(start, _)| start < self.taken);
        let attached = if reached { self.fds.pop_front() } else { None };
        let fds = attached.map_or_else(Fds::new, |attached| attached.fds);
        (first + second, fds)
    }
}
