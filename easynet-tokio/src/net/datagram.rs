//! Datagram sockets.

pub(super) mod endpoint;
mod incoming;
pub(super) mod listener;
