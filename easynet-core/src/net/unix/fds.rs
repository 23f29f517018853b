//! File descriptors that arrive with data.

use std::os::fd::OwnedFd;

/// How many descriptors can travel with one message, by Linux's rule (`SCM_MAX_FD`).
pub const MAX_FDS: usize = 253;

/// What was received beside the data.
///
/// The descriptors are ours: those that are not taken out are closed. They are not inherited by programs that this one starts.
#[derive(Debug, Default)]
pub struct ReceivedFds {
    length: usize,
    fds: Vec<OwnedFd>,
    data_truncated: bool,
    fds_truncated: bool,
}

impl ReceivedFds {
    /// So many bytes, with descriptors; for backends.
    pub fn new(length: usize, fds: Vec<OwnedFd>) -> Self {
        Self {
            length,
            fds,
            data_truncated: false,
            fds_truncated: false,
        }
    }

    /// Whether part of the datagram was lost; for backends.
    pub fn data_truncated(mut self, truncated: bool) -> Self {
        self.data_truncated = truncated;
        self
    }

    /// Whether descriptors were lost; for backends.
    pub fn fds_truncated(mut self, truncated: bool) -> Self {
        self.fds_truncated = truncated;
        self
    }

    /// How many bytes are in the buffer. On a stream, zero is its end.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether no byte is.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The descriptors, in the order in which they were sent.
    pub fn fds(&self) -> &[OwnedFd] {
        &self.fds
    }

    /// Takes the descriptors.
    pub fn into_fds(self) -> Vec<OwnedFd> {
        self.fds
    }

    /// Whether a datagram was longer than the buffer: its rest is lost.
    pub fn is_truncated(&self) -> bool {
        self.data_truncated
    }

    /// Whether descriptors were lost: there was no room for them, or this process has too many files open.
    pub fn are_fds_truncated(&self) -> bool {
        self.fds_truncated
    }
}
