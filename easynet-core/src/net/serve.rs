//! Serving: a listener's loop, which starts a handler for each connection or datagram.

mod connections;
mod control;
mod datagrams;
mod private;
mod turn;

use std::{
    fmt,
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use self::control::Control;
pub use self::private::ServeInPrivateGroup;
pub(super) use self::{connections::connections, datagrams::datagrams};

/// How long to wait for room, when the machine has none for another connection or datagram.
const PAUSE: Duration = Duration::from_millis(100);

/// A listener being served: await it, or start it as a task.
///
/// See [`AsyncListener::serve`](super::AsyncListener::serve) and
/// [`AsyncDatagramListener::serve`](super::AsyncDatagramListener::serve).
///
/// # Cancellation
///
/// Safe to cancel: nothing is lost that was accepted or received. It is how it ends, unless it is [closed](Self::closer). What still
/// waits at the listener shares its fate: it is there for the next one if the listener was lent, and is gone if it is closed.
#[must_use = "nobody is served unless it is awaited"]
pub struct Serve<'l> {
    control: Arc<Control>,
    /// Boxed: it happens once for each listener.
    serving: Pin<Box<dyn Future<Output = io::Result<()>> + Send + 'l>>,
}

impl<'l> Serve<'l> {
    pub(super) fn new<F>(serve: impl FnOnce(Arc<Control>) -> F) -> Self
    where
        F: Future<Output = io::Result<()>> + Send + 'l,
    {
        let control = Arc::new(Control::default());
        Self {
            serving: Box::pin(serve(control.clone())),
            control,
        }
    }

    /// Lets at most so many handlers run at the same time. Zero counts as one.
    ///
    /// While so many run, nothing is accepted or received: what comes waits in the kernel, whose room is bounded, and those who send or
    /// connect are held up there. A handler counts from its start until its future has been dropped.
    pub fn max_concurrent(self, handlers: usize) -> Self {
        self.control.limit(handlers);
        self
    }

    /// What ends serving from elsewhere, without cancelling anything.
    ///
    /// # Examples
    ///
    /// Handlers that run go on; the group waits for them.
    ///
    /// ```
    /// # #[easynet::main(backend = "tokio")]
    /// # async fn main() -> Result<(), easynet::BoxError> {
    /// use easynet::{net::*, prelude::*};
    ///
    /// let listener = create_tcp_listeners("localhost", 0).await?.remove(0);
    /// task_group!(|group| {
    ///     let serve = listener.serve(&group.handle(), |stream| async move {
    ///         drop(stream);
    ///         Ok(())
    ///     });
    ///     let closer = serve.closer();
    ///     let service = group.spawn_value(serve);
    ///     closer.close();
    ///     assert!(Closed::is(&service.join().await?.unwrap_err()));
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn closer(&self) -> Closer {
        Closer {
            control: self.control.clone(),
        }
    }
}

impl Future for Serve<'_> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.serving.as_mut().poll(cx)
    }
}

impl fmt::Debug for Serve<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve")
            .field("control", &self.control)
            .finish_non_exhaustive()
    }
}

/// Ends serving from any task or thread: a graceful stop.
///
/// Clones end the same.
#[derive(Clone)]
pub struct Closer {
    control: Arc<Control>,
}

impl Closer {
    /// Ends serving: it yields [`Closed`](super::Closed), and its listener is closed. Handlers that run are left alone.
    ///
    /// Connections that wait to be accepted are handled first, as far as there is [room](Serve::max_concurrent): their clients may have sent a
    /// request already. Those for which there is none are reset. Datagrams that wait are dropped.
    ///
    /// Harmless if it has ended. If it has not begun, that is all it does then.
    pub fn close(&self) {
        self.control.close();
    }

    /// Whether it was asked to end.
    pub fn is_closing(&self) -> bool {
        self.control.is_closed()
    }

    /// How many handlers run at the moment.
    pub fn live_handlers(&self) -> usize {
        self.control.live_handlers()
    }
}

impl fmt::Debug for Closer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closer").field("control", &self.control).finish()
    }
}

fn no_group() -> io::Error {
    io::Error::other("the task group that was to run the handlers has been cancelled or has closed")
}
