//! Waiting for datagrams, and for errors.
//!
//! Tokio's polled readiness of a socket leaves errors out, such as that nobody was there to receive a datagram: they come with no
//! datagram, and would be waited for in vain. Its future of readiness knows them; it is kept between polls, in one allocation for
//! each receiver.

use std::{
    fmt, io,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::io::Interest;
use tokio_util::sync::ReusableBoxFuture;

use crate::net::DatagramSocket;

/// What can be received: datagrams and errors.
const INCOMING: Interest = Interest::READABLE.add(Interest::ERROR);

/// A socket, and its one receiver's wait.
pub(in crate::net) struct Incoming<S> {
    socket: Arc<S>,
    /// Made when something is received for the first time.
    wait: Option<ReusableBoxFuture<'static, io::Result<()>>>,
    waits: bool,
}

impl<S: DatagramSocket> Incoming<S> {
    pub(super) fn new(socket: Arc<S>) -> Self {
        Self {
            socket,
            wait: None,
            waits: false,
        }
    }

    pub(in crate::net) fn socket(&self) -> &Arc<S> {
        &self.socket
    }

    /// Gives the socket up.
    pub(super) fn into_socket(self) -> Arc<S> {
        let Self { socket, wait, .. } = self;
        drop(wait); // It holds the socket too.
        socket
    }

    /// Receives, and waits for readiness for as long as there is nothing.
    pub(in crate::net) fn poll_receive<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut receive: impl FnMut(&S) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        loop {
            ready!(self.poll_ready(cx))?;
            // One kind of readiness at a time, which is forgotten if it was in vain.
            for interest in [Interest::READABLE, Interest::ERROR] {
                match self.socket.attempt(interest, || receive(&self.socket)) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    other => return Poll::Ready(other),
                }
            }
        }
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.waits {
            let wait = incoming(self.socket.clone());
            match &mut self.wait {
                Some(place) => place.set(wait),
                None => self.wait = Some(ReusableBoxFuture::new(wait)),
            }
            self.waits = true;
        }
        let wait = self.wait.as_mut().expect("it was made above");
        let ready = ready!(wait.poll(cx));
        self.waits = false;
        Poll::Ready(ready)
    }
}

async fn incoming<S: DatagramSocket>(socket: Arc<S>) -> io::Result<()> {
    socket.ready(INCOMING).await
}

impl<S: fmt::Debug> fmt::Debug for Incoming<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("socket", &self.socket)
            .field("waits", &self.waits)
            .finish_non_exhaustive()
    }
}
