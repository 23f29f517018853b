//! Listeners, and serving what they accept.

use std::{
    fmt,
    future::Future,
    io,
    panic::Location,
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{
    AsyncStreamTransport, Serve, ServeInPrivateGroup, checkpoint, checkpoint::checked, os_error, serve,
};
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
/// - A file that is to be removed with the listener is dropped after its socket.
/// - Once closed, it answers with [`Closed`](super::Closed).
pub trait AsyncListener: Send + Unpin + Sized {
    /// The backend it belongs to.
    type Backend: AsyncBackend;

    /// What is accepted.
    type Stream: AsyncStreamTransport;

    /// The backend it belongs to.
    fn backend(&self) -> Self::Backend;

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
    /// [`max_concurrent`](Serve::max_concurrent) bounds how many handlers run at once, and [`closer`](Serve::closer) ends serving from
    /// elsewhere. [`serve_in_private_group`](Self::serve_in_private_group) needs no group.
    ///
    /// Connections that failed before they were accepted are skipped. When the machine has no room for another (too
    /// many open files, no memory), that is logged, and tried again after a tenth of a second.
    ///
    /// The listener is closed at the end. To keep it, serve a borrow of it: `(&mut listener).serve(..)`.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost that was accepted. It is how it ends, unless it is [closed](Serve::closer). The listener is
    /// closed with it, which resets connections that still wait; those of one that was lent wait for whoever accepts next.
    ///
    /// # Errors
    ///
    /// Those of [`accept`](Self::accept), but for those it survives; [`Closed`](super::Closed) once it was closed. If the group has
    /// been cancelled, or has closed, an error that says so: there is nowhere left to run a handler. It never yields `Ok`.
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
    fn serve<'l, B, E, H, F>(self, group: &GroupHandle<B, E>, handler: H) -> Serve<'l>
    where
        Self: 'l,
        B: AsyncBackend,
        E: GroupError,
        H: FnMut(Self::Stream) -> F + Send + 'l,
        F: Future<Output = Result<(), E>> + Send + 'static,
    {
        let (group, location) = (group.clone(), Location::caller());
        Serve::new(|control| serve::connections(self, group, handler, location, control))
    }

    /// Like [`serve`](Self::serve), with a group of its own: no handler is left when it ends.
    ///
    /// A handler that fails cancels the others, and ends serving. [`max_concurrent`](ServeInPrivateGroup::max_concurrent) bounds how many
    /// run at once.
    ///
    /// # Cancellation
    ///
    /// Cancelling loses what the handlers were at: they are cancelled, and have ended before the enclosing scope does (C6).
    ///
    /// # Errors
    ///
    /// The failures of the handlers, and that of [`serve`](Self::serve). It never yields `Ok`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[easynet::main(backend = "tokio")]
    /// # async fn main() -> Result<(), easynet::BoxError> {
    /// use easynet::{BoxError, net::*, prelude::*};
    ///
    /// let listener = create_tcp_listeners("localhost", 0).await?.remove(0);
    /// # let address = listener.local_address()?;
    /// # let _client = create_tcp_connection(&address.ip().to_string(), address.port()).await?;
    /// let served = listener.serve_in_private_group(|_stream| async { Err("not today".into()) });
    /// let error: easynet::TaskGroupError = served.await.unwrap_err();
    /// assert_eq!(error.failures()[0].error().to_string(), "not today");
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    fn serve_in_private_group<'l, E, H, F>(self, handler: H) -> ServeInPrivateGroup<'l, E>
    where
        Self: 'l,
        E: GroupError + From<io::Error>,
        H: FnMut(Self::Stream) -> F + Send + 'l,
        F: Future<Output = Result<(), E>> + Send + 'static,
    {
        let group = self.backend().create_task_group::<E>();
        let serve = self.serve(&group.handle(), handler);
        ServeInPrivateGroup::new(group, serve)
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
    type Backend = L::Backend;
    type Stream = L::Stream;

    fn backend(&self) -> L::Backend {
        (**self).backend()
    }

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
