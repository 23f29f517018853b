//! Datagram sockets.

pub(super) mod endpoint;
pub(super) mod listener;
