//! A listening socket.

use std::{
    io,
    task::{Context, Poll, ready},
};

use easynet_core::net::AsyncListener;
#[cfg(unix)]
use easynet_core::net::socket::UnixFile;
use socket2::SockRef;

use super::{ListenerSocket, StreamSocket as _, TokioStream, kinds::AddressOf, open};
use crate::TokioBackend;

/// A TCP or Unix listener of the tokio runtime.
#[derive(Debug)]
pub struct TokioListener<L> {
    /// Gone once it was closed.
    inner: Option<L>,
    /// What is removed when it is closed.
    #[cfg(unix)]
    file: Option<UnixFile>,
}

impl<L: ListenerSocket> From<L> for TokioListener<L> {
    fn from(listener: L) -> Self {
        Self {
            inner: Some(listener),
            #[cfg(unix)]
            file: None,
        }
    }
}

impl<L: ListenerSocket> TokioListener<L> {
    #[cfg(unix)]
    pub(super) fn with_file(mut self, file: Option<UnixFile>) -> Self {
        self.file = file;
        self
    }

    /// The socket, for its options.
    ///
    /// # Errors
    ///
    /// [`Closed`](easynet_core::net::Closed) after our own close.
    pub fn as_socket(&self) -> io::Result<SockRef<'_>> {
        open(&self.inner).map(ListenerSocket::as_socket)
    }
}

impl<L: ListenerSocket> AsyncListener for TokioListener<L> {
    type Backend = TokioBackend;
    type Stream = TokioStream<L::Stream>;

    fn backend(&self) -> TokioBackend {
        TokioBackend::new()
    }

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(Self::Stream, AddressOf<L>)>> {
        let (stream, peer) = ready!(open(&self.inner)?.poll_accept(cx))?;
        // It fails for a connection that is gone already; whoever reads from that is told.
        let _ = stream.prepare();
        Poll::Ready(Ok((stream.into(), peer)))
    }

    fn local_address(&self) -> io::Result<AddressOf<L>> {
        open(&self.inner)?.local()
    }

    fn abort(&mut self) {
        self.inner = None;
        #[cfg(unix)]
        drop(self.file.take());
    }

    fn is_closing(&self) -> bool {
        self.inner.is_none()
    }
}
