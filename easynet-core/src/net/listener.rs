//! Listeners, and serving what they accept.

mod serve;

use std::{
    fmt,
    future::Future,
    io,
    panic::Location,
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{AsyncStreamTransport, checkpoint, checkpoint::checked, os_error};
use crate::{
    backend::AsyncBackend,
    group::{GroupError, GroupHandle},
    observe::operation,
};

/// What names the peer of a stream that `L` accepts.
type AddressOf<L> = <<L as AsyncListener>::Stream as AsyncStreamTransport>::Address;

/// What connections are accepted from.
///
/// Dropping a listener closes it.
///
/// # Implementing
///
/// - `poll_accept` yields a connection that is ready for use, options set. Errors are those of the operating
///   system, unchanged: what is to be skipped is decided here.
/// - A connection is taken only in a poll that returns it.
/// - Once closed, it answers with [`Closed`](super::Closed).
pub trait AsyncListener: Send + Unpin + Sized {
    /// What is accepted.
    type Stream: AsyncStreamTransport;

    /// Accepts a connection, with the address of its peer.
    ///
    /// Users call [`accept`](Self::accept).
    ///
    /// # Errors
    ///
    /// Those of the operating system; [`Closed`](super::Closed) after our own close.
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(Self::Stream, AddressOf<Self>)>>;

    /// The address that is listened on, with the port that was chosen if none was asked for.
    ///
    /// # Errors
    ///
    /// Those of the operating system; [`Closed`](super::Closed) after our own close.
    fn local_address(&self) -> io::Result<AddressOf<Self>>;

    /// Closes the listener at once: new connections are refused. Harmless if it is closed.
    fn abort(&mut self);

    /// Whether the listener was closed here.
    fn is_closing(&self) -> bool;

    /// Waits for the next connection, and yields it with the address of its peer.
    ///
    /// A connection that failed before it was accepted is skipped.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// Those of the operating system, for example when the process has too many files open;
    /// [`Closed`](super::Closed) after our own close.
    fn accept(&mut self) -> Accept<'_, Self> {
        Accept { listener: self }
    }

    /// Accepts connections for ever, and runs `handler` on each as a task of `group`.
    ///
    /// The tasks are named after their peer. They belong to the group, not to this call: cancelling it stops
    /// accepting, and leaves them alone. A handler that fails, fails the group; one that is to survive its
    /// connection handles the error itself. The error is that of the group, so that `Ok(())` at the end of a handler
    /// needs no type; a function with another one is called as `|stream| async { Ok(talk(stream).await?) }`.
    ///
    /// Connections that failed before they were accepted are skipped. When the machine has no room for another (too
    /// many open files, no memory), that is logged, and tried again after a tenth of a second.
    ///
    /// The listener is closed at the end. To keep it, serve a borrow of it: `(&mut listener).serve(..)`.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. It is how it ends.
    ///
    /// # Errors
    ///
    /// Those of [`accept`](Self::accept), but for those it survives. If the group has been cancelled, or has closed,
    /// an error that says so: there is nowhere left to run a handler. It never yields `Ok`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[easynet::main(backend = "tokio")]
    /// # async fn main() -> Result<(), easynet::BoxError> {
    /// use easynet::{net::*, prelude::*};
    ///
    /// let listener = create_tcp_listeners("localhost", 0).await?.remove(0);
    /// let address = listener.local_address()?;
    /// task_group!(|group| {
    ///     let service = group.spawn(listener.serve(&group.handle(), |mut stream| async move {
    ///         stream.send_all(b"hello").await?;
    ///         Ok(())
    ///     }));
    ///     let mut client = create_tcp_connection(&address.ip().to_string(), address.port()).await?;
    ///     assert_eq!(client.recv(16).await?, b"hello");
    ///     service.cancel();
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    fn serve<B, E, H, F>(
        self,
        group: &GroupHandle<B, E>,
        handler: H,
    ) -> impl Future<Output = io::Result<()>> + Send + use<Self, B, E, H, F>
    where
        B: AsyncBackend,
        E: GroupError,
        H: FnMut(Self::Stream) -> F + Send,
        F: Future<Output = Result<(), E>> + Send + 'static,
    {
        serve::serve(self, group.clone(), handler, Location::caller())
    }

    /// Closes the listener: new connections are refused. Harmless if it is closed.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. The listener is closed all the same. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// None at present.
    fn aclose(&mut self) -> impl Future<Output = io::Result<()>> + Send {
        async {
            self.abort();
            checked("aclose", async { Ok(()) }).await
        }
    }
}

/// A borrowed listener accepts too: what takes a listener can be lent one.
impl<L: AsyncListener> AsyncListener for &mut L {
    type Stream = L::Stream;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(L::Stream, AddressOf<L>)>> {
        (**self).poll_accept(cx)
    }

    fn local_address(&self) -> io::Result<AddressOf<L>> {
        (**self).local_address()
    }

    fn abort(&mut self) {
        (**self).abort();
    }

    fn is_closing(&self) -> bool {
        (**self).is_closing()
    }
}

/// Future of [`AsyncListener::accept`].
#[must_use = "nothing is accepted unless it is awaited"]
pub struct Accept<'a, L> {
    listener: &'a mut L,
}

impl<L: AsyncListener> Future for Accept<'_, L> {
    type Output = io::Result<(L::Stream, AddressOf<L>)>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        checkpoint(cx, |cx| {
            loop {
                match ready!(operation("accept", this.listener.poll_accept(cx))) {
                    Err(error) if os_error::is_of_one_connection(&error) => {}
                    other => return Poll::Ready(other),
                }
            }
        })
    }
}

impl<L> fmt::Debug for Accept<'_, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accept").finish_non_exhaustive()
    }
}
