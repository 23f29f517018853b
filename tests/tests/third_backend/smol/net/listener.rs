//! Listeners.

use std::{
    io,
    task::{Context, Poll, ready},
};

use async_io::Async;
use easynet_core::net::{AsyncListener, socket::UnixFile};

use super::{Smol, Stream, kinds::ListeningSocket, open, poll_read};

/// A listener, until it is closed.
#[derive(Debug)]
pub(crate) struct Listener<S>(Option<Open<S>>);

/// The socket, and the file to be dropped after it.
#[derive(Debug)]
struct Open<S> {
    socket: Async<S>,
    _file: Option<UnixFile>,
}

impl<S: ListeningSocket> Listener<S> {
    pub(crate) fn new(socket: Async<S>, file: Option<UnixFile>) -> Self {
        Self(Some(Open { socket, _file: file }))
    }
}

impl<S: ListeningSocket> AsyncListener for Listener<S> {
    type Backend = Smol;
    type Stream = Stream<S::Stream>;

    fn backend(&self) -> Smol {
        Smol::new()
    }

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(Self::Stream, S::Address)>> {
        let (accepted, peer) = ready!(poll_read(&open(&self.0)?.socket, cx, S::take))?;
        Poll::Ready(Ok((Stream::new(Async::new(accepted)?), peer)))
    }

    fn local_address(&self) -> io::Result<S::Address> {
        open(&self.0)?.socket.get_ref().own_name()
    }

    fn abort(&mut self) {
        self.0 = None;
    }

    fn is_closing(&self) -> bool {
        self.0.is_none()
    }
}
