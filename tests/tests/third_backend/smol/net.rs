//! Sockets: each tries, and waits for what the reactor says if it would have to wait.

mod datagram;
mod datagram_listener;
mod kinds;
mod listener;
mod stream;

use std::{
    io,
    os::fd::OwnedFd,
    sync::Arc,
    task::{Context, Poll, ready},
};

use async_io::Async;
use easynet_core::net::{Closed, WrapError};

pub(crate) use self::{
    datagram::Endpoint, datagram_listener::DatagramListener, listener::Listener, stream::Stream,
};
use super::Smol;

/// A socket that the reactor watches, or else the socket.
pub(super) fn watched_or_back<S>(socket: S) -> Result<Async<S>, WrapError<S>>
where
    S: std::os::fd::AsFd + From<OwnedFd>,
{
    // The reactor keeps what it is given also when it fails: it is given a copy.
    let copied = socket.as_fd().try_clone_to_owned();
    match copied.and_then(|copy| Async::new(S::from(copy))) {
        Ok(watched) => Ok(watched),
        Err(error) => Err(WrapError::new(socket, error)),
    }
}

/// What was not closed yet.
fn open<T>(open: &Option<T>) -> io::Result<&T> {
    open.as_ref().ok_or_else(|| Closed::new().into())
}

/// Whether two halves are those of one socket.
fn is_one<S>(reader: &Option<Arc<Async<S>>>, writer: &Option<Arc<Async<S>>>) -> bool {
    match (reader, writer) {
        (Some(reader), Some(writer)) => Arc::ptr_eq(reader, writer),
        // Halves of what was closed before it was split: nothing tells them apart.
        (None, None) => true,
        _ => false,
    }
}

/// Receives, once there is something.
fn poll_read<S, T>(
    socket: &Async<S>,
    cx: &mut Context<'_>,
    mut read: impl FnMut(&S) -> io::Result<T>,
) -> Poll<io::Result<T>> {
    loop {
        match read(socket.get_ref()) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready!(socket.poll_readable(cx))?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return Poll::Ready(done),
        }
    }
}

/// Sends, once there is room.
fn poll_write<S, T>(
    socket: &Async<S>,
    cx: &mut Context<'_>,
    mut write: impl FnMut(&S) -> io::Result<T>,
) -> Poll<io::Result<T>> {
    loop {
        match write(socket.get_ref()) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready!(socket.poll_writable(cx))?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return Poll::Ready(done),
        }
    }
}
