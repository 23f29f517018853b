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

use tokio::{io::Interest, task::coop::poll_proceed};
use tokio_util::sync::ReusableBoxFuture;

use crate::net::{DatagramSocket, kinds::done};

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

    /// Receives, and waits for readiness for as long as there is nothing. Tried first: where datagrams come faster than they are received,
    /// nothing is made to wait with.
    pub(in crate::net) fn poll_receive<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut receive: impl FnMut(&S) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        loop {
            // Who always finds something lets others have their turn too, as with all that tokio receives itself. So does who is told again and again that
            // there is something, and finds nothing, as where the socket was shut down.
            let turn = ready!(poll_proceed(cx));
            if !self.waits
                && let Some(received) = self.attempt(&mut receive)
            {
                turn.made_progress();
                return Poll::Ready(received);
            }
            ready!(self.poll_ready(cx))?;
            turn.made_progress();
        }
    }

    /// Receives, or fails; nothing if there is nothing.
    fn attempt<T>(&self, receive: &mut impl FnMut(&S) -> io::Result<T>) -> Option<io::Result<T>> {
        // One kind of readiness at a time, which is forgotten if it was in vain.
        [Interest::READABLE, Interest::ERROR]
            .into_iter()
            .find_map(|interest| done(self.socket.attempt(interest, || receive(&self.socket))))
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
