//! The handle to a call through a portal.

use std::{
    fmt,
    future::Future,
    panic::{Location, resume_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use super::{call::Call, error::PortalError, portal::Shared};
use crate::{
    cancel::CancelReason,
    context::clock::strand,
    observe::{Wait, waits},
};

/// A call through a portal that may not have ended yet.
///
/// It can be blocked on, by [`wait`](Self::wait), or awaited, on any runtime. Dropping it changes nothing: the call goes
/// on, and the portal waits for it. Only one that was awaited, and is dropped before the call has ended, cancels it:
/// whoever is cancelled while it awaits a call takes the call along.
///
/// # Cancellation
///
/// The call is cancelled.
///
/// # Errors
///
/// [`PortalError`], when the call was cancelled.
///
/// # Panics
///
/// A panic of the call resumes where it is waited for, or awaited.
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() {
/// use easynet::threads::{create_threads_portal, run_in_thread};
///
/// let portal = create_threads_portal();
/// let answer = portal
///     .run(async {
///         let portal = portal.handle();
///         run_in_thread(move || {
///             let first = portal.run_coroutine_soon(async { 40 })?;
///             let second = portal.run_sync_soon(|| 2)?;
///             Ok::<_, easynet::threads::PortalError>(first.wait()? + second.wait()?)
///         })
///         .await
///     })
///     .await;
/// assert_eq!(answer, Ok(42));
/// # }
/// ```
pub struct PortalFuture<T> {
    call: Arc<Call<T>>,
    portal: Arc<Shared>,
    awaited: bool,
}

impl<T> PortalFuture<T> {
    pub(super) fn new(call: Arc<Call<T>>, portal: Arc<Shared>) -> Self {
        Self {
            call,
            portal,
            awaited: false,
        }
    }

    /// Blocks the thread until the call has ended, and takes its value.
    ///
    /// # Errors
    ///
    /// When the call was cancelled; and at once, when a task of the portal's own event loop asks: it would wait for itself.
    ///
    /// # Panics
    ///
    /// A panic of the call resumes here.
    pub fn wait(mut self) -> Result<T, PortalError> {
        self.block(None)
    }

    /// Like [`wait`](Self::wait), for so long at most. What was not in time can be waited for again.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait), and when the time was up. The value is handed out once: who asks again is told so.
    ///
    /// # Panics
    ///
    /// A panic of the call resumes here.
    pub fn wait_timeout(&mut self, limit: Duration) -> Result<T, PortalError> {
        self.block(Some(limit))
    }

    fn block(&mut self, limit: Option<Duration>) -> Result<T, PortalError> {
        if !self.call.is_done() {
            self.portal.check_blocking()?;
            let ended = self.portal.block(limit, &mut |cx| self.call.poll_done(cx));
            if !ended && !self.call.is_done() {
                return Err(match limit {
                    Some(_) => PortalError::timed_out(),
                    None => PortalError::closed(),
                });
            }
        }
        self.call.take()?.map_err(|panic| resume_unwind(panic))
    }

    /// Asks the call to end; true if the request counts.
    ///
    /// A plain call that has not begun never does; one that runs, or has ended, is not affected. A coroutine ends at its next suspension
    /// point, as any task that is cancelled; if it returns a value all the same, that is the outcome.
    #[track_caller]
    pub fn cancel(&self) -> bool {
        self.call.cancel(CancelReason::explicit(Location::caller(), None))
    }

    /// Whether the call has ended, however it did.
    pub fn done(&self) -> bool {
        self.call.is_done()
    }

    /// Whether the call ended because it was cancelled.
    pub fn cancelled(&self) -> bool {
        self.call.is_cancelled()
    }
}

impl<T> Future for PortalFuture<T> {
    type Output = Result<T, PortalError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.awaited = true;
        if self.call.poll_done(cx).is_pending() {
            return waits(Poll::Pending, || Wait::Shared("a call through a portal"));
        }
        // As `Task::join`: what was cancelled with whoever awaits it has nothing to say to it.
        if self.call.is_cancelled() && strand(cx.waker()) {
            return Poll::Pending;
        }
        Poll::Ready(self.call.take()?.map_err(|panic| resume_unwind(panic)))
    }
}

impl<T> Drop for PortalFuture<T> {
    fn drop(&mut self) {
        if self.awaited {
            self.call.cancel(CancelReason::let_go());
        }
        self.call.forget();
    }
}

impl<T> fmt::Debug for PortalFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PortalFuture")
            .field("done", &self.done())
            .field("cancelled", &self.cancelled())
            .finish()
    }
}
