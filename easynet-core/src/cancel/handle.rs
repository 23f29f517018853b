//! The handle to a scope.

use std::{
    fmt,
    future::Future,
    panic::Location,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use pin_project_lite::pin_project;

use super::{
    CancelReason, TimedOut,
    deadline::Known,
    node::{Attached, Node},
    scope::{Limit, Scope},
    timeout::Allowance,
};
use crate::{backend::AsyncBackend, context::host::HostSlot, shared::atomic::Ordering};

/// A scope that can be cancelled and rescheduled from anywhere.
///
/// Clones are handles to the same scope, and may be used from any thread. What is to run inside is given to
/// [`run`](Self::run), once.
///
/// A cancellation ends what runs inside at its next suspension point; it is not a promise, since the body may
/// have completed by then (C2). It is not a shield either: there is
/// [`ignore_cancellation`](crate::AsyncBackend::ignore_cancellation) for that.
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() {
/// use easynet::cancel::open_cancel_scope;
///
/// let scope = open_cancel_scope();
/// let handle = scope.clone();
/// let value = scope
///     .run(async {
///         handle.cancel();
///         easynet::time::sleep_forever().await
///     })
///     .await;
/// assert!(value.is_none());
/// assert!(scope.cancel_called() && scope.cancelled_caught());
/// # }
/// ```
pub struct CancelScope<B: AsyncBackend> {
    backend: B,
    node: Arc<Node>,
}

/// It has been entered.
const ENTERED: u8 = 1;
/// It has been left ..
const LEFT: u8 = 2;
/// .. after it had been asked to cancel ..
const CALLED: u8 = 4;
/// .. which it caught.
const CAUGHT: u8 = 8;

/// The scope of this node is entered; false if it has been before.
pub(crate) fn enter(node: &Node) -> bool {
    node.phase.fetch_or(ENTERED, Ordering::AcqRel) == 0
}

/// Moves the deadline of the scope of this node.
pub(crate) fn reschedule(node: &Node, when: Option<Instant>) {
    let nearer = node.deadline.set(when);
    // Exchanged, not just read: either it is seen here that the scope has been entered, or who enters it from here on sees the deadline.
    if nearer && node.phase.fetch_or(0, Ordering::AcqRel) & (ENTERED | LEFT) == ENTERED {
        // The body's task has a timer for the old deadline at best.
        node.wake_owner();
    }
}

/// The deadline in a node, as its scope knows it.
struct Movable<'a> {
    node: &'a Node,
    known: &'a mut Known,
}

impl Limit for Movable<'_> {
    const MOVES: bool = true;

    #[inline]
    fn deadline(&mut self) -> Option<Instant> {
        self.node.deadline.get(self.known)
    }
}

impl<B: AsyncBackend> CancelScope<B> {
    pub(crate) fn new(backend: B, allowance: Allowance) -> Self {
        let node = Node::of_scope(allowance.end(&backend));
        Self { backend, node }
    }

    /// Runs `body` in this scope; `None` if the scope caught its own cancellation.
    ///
    /// A scope that is cancelled already, or whose deadline has passed, ends the body at its first suspension
    /// point.
    ///
    /// # Cancellation
    ///
    /// As that of `body`. Cancelled by its own handle or deadline, the scope yields `None` once nothing below it
    /// holds it any more: a group has ended, a shield has finished (C6).
    ///
    /// # Panics
    ///
    /// When the scope has been entered before: it works only once. Open a new one.
    #[track_caller]
    pub fn run<F: Future>(&self, body: F) -> RunScope<B, F> {
        assert!(
            enter(&self.node),
            "this cancel scope has been entered before: a scope works once, open a new one"
        );
        let due = self.has_passed();
        let node = Attached::detached(self.node.clone());
        RunScope {
            host: HostSlot::new(),
            leave: Leave {
                scope: self.clone(),
                done: false,
            },
            known: Known::default(),
            scope: Scope::new(Some(node), due, body),
        }
    }

    fn has_passed(&self) -> bool {
        let deadline = self.when();
        deadline.is_some_and(|deadline| deadline <= self.backend.current_time())
    }

    fn phase(&self) -> u8 {
        self.node.phase.load(Ordering::SeqCst)
    }

    /// Like [`run`](Self::run), but yields [`TimedOut`] where that yields `None`.
    ///
    /// # Cancellation
    ///
    /// As [`run`](Self::run).
    ///
    /// # Errors
    ///
    /// [`TimedOut`] when the scope caught its cancellation, also one that was asked for by a call.
    ///
    /// # Panics
    ///
    /// As [`run`](Self::run).
    #[track_caller]
    pub fn run_or_time_out<F: Future>(
        &self,
        body: F,
    ) -> impl Future<Output = Result<F::Output, TimedOut>> + use<B, F> {
        let run = self.run(body);
        async move { run.await.ok_or(TimedOut::new()) }
    }

    /// Asks what runs inside to end.
    ///
    /// Any number of times, from any thread, before the scope is entered and after it was left. In the latter
    /// case only [`cancel_called`](Self::cancel_called) changes.
    #[track_caller]
    pub fn cancel(&self) {
        self.node.cancel(CancelReason::explicit(Location::caller(), None));
    }

    /// Like [`cancel`](Self::cancel), with a text for whoever catches it: [`CancelReason::text`].
    #[track_caller]
    pub fn cancel_because(&self, text: &str) {
        self.node
            .cancel(CancelReason::explicit(Location::caller(), Some(text.into())));
    }

    /// Whether the scope was asked to cancel, or its deadline has passed.
    ///
    /// A deadline counts as soon as the clock says so, even if nothing has been cancelled yet. One that passes after
    /// the scope was left does not.
    pub fn cancel_called(&self) -> bool {
        if self.node.is_own_cancelled() {
            return true;
        }
        let phase = self.phase();
        if phase & LEFT != 0 {
            phase & CALLED != 0
        } else {
            self.has_passed()
        }
    }

    /// Whether the scope's own cancellation ended its body.
    ///
    /// False as long as the scope runs, when the body completed all the same, and when an enclosing scope ended it.
    pub fn cancelled_caught(&self) -> bool {
        self.phase() & CAUGHT != 0
    }

    pub(crate) fn is_held(&self) -> bool {
        self.node.is_held()
    }

    /// The deadline, on the clock of the backend; `None` for no limit.
    pub fn when(&self) -> Option<Instant> {
        self.node.deadline.get(&mut Known::default())
    }

    /// Moves the deadline; `None` removes it.
    ///
    /// A deadline in the past cancels at the next suspension point. Moving a deadline that has passed, but has
    /// not been noticed by any suspension yet, rescues the body. A scope that has been cancelled stays so: only
    /// what [`when`](Self::when) answers changes.
    pub fn reschedule(&self, when: impl Into<Option<Instant>>) {
        reschedule(&self.node, when.into());
    }

    /// Moves the deadline to `delay` from now, as [`reschedule`](Self::reschedule) does.
    ///
    /// For what may take long as a whole but must not stand still. A delay too large to represent removes the deadline.
    ///
    /// Now is that of the runtime that calls. A thread that belongs to none has the time of the system: where the clock of the runtime stands still, or is
    /// simulated, call this inside of it.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[easynet::main(backend = "sim")]
    /// # async fn main() {
    /// use std::time::Duration;
    ///
    /// use easynet::{cancel::open_cancel_scope_after, time::sleep};
    ///
    /// const IDLE: Duration = Duration::from_secs(30);
    ///
    /// let scope = open_cancel_scope_after(IDLE);
    /// let messages = async {
    ///     for _ in 0..3 {
    ///         sleep(Duration::from_secs(20)).await;
    ///         scope.reschedule_after(IDLE);
    ///     }
    /// };
    /// assert!(scope.run(messages).await.is_some());
    /// # }
    /// ```
    pub fn reschedule_after(&self, delay: Duration) {
        self.reschedule(Allowance::after(&self.backend, delay).end(&self.backend));
    }

    /// The deadline, as [`when`](Self::when).
    pub fn deadline(&self) -> Option<Instant> {
        self.when()
    }

    /// Sets the deadline, as [`reschedule`](Self::reschedule).
    pub fn set_deadline(&self, deadline: Instant) {
        self.reschedule(deadline);
    }

    /// Removes the deadline, as [`reschedule`](Self::reschedule) with `None`.
    pub fn clear_deadline(&self) {
        self.reschedule(None);
    }
}

impl<B: AsyncBackend> Clone for CancelScope<B> {
    fn clone(&self) -> Self {
        Self {
            backend: self.backend.clone(),
            node: self.node.clone(),
        }
    }
}

impl<B: AsyncBackend> fmt::Debug for CancelScope<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phase = match self.phase() {
            0 => "New",
            phase if phase & LEFT == 0 => "Entered",
            phase if phase & CAUGHT != 0 => "Caught",
            _ => "Left",
        };
        f.debug_struct("CancelScope")
            .field("deadline", &self.when())
            .field("phase", &format_args!("{phase}"))
            .field("cancelled", &self.node.is_own_cancelled())
            .finish()
    }
}

/// Notes how the scope was left, also when its future is dropped.
struct Leave<B: AsyncBackend> {
    scope: CancelScope<B>,
    done: bool,
}

impl<B: AsyncBackend> Leave<B> {
    fn leave(&mut self, caught: bool) {
        self.done = true;
        let called = self.scope.node.is_own_cancelled() || self.scope.has_passed();
        let called = if called { CALLED } else { 0 };
        let caught = if caught { CAUGHT } else { 0 };
        let left = ENTERED | LEFT | called | caught;
        self.scope.node.phase.store(left, Ordering::Release);
    }
}

impl<B: AsyncBackend> Drop for Leave<B> {
    fn drop(&mut self) {
        if !self.done {
            self.leave(false);
        }
    }
}

pin_project! {
    /// Future of [`CancelScope::run`].
    #[must_use = "nothing is run unless it is awaited"]
    pub struct RunScope<B: AsyncBackend, F> {
        host: HostSlot<B>,
        known: Known,
        #[pin]
        scope: Scope<F>,
        leave: Leave<B>,
    }
}

impl<B: AsyncBackend, F: Future> Future for RunScope<B, F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let CancelScope { backend, node } = &this.leave.scope;
        let polled = this.host.poll(backend, cx, |cx| {
            let known = &mut *this.known;
            this.scope.as_mut().poll(cx, Movable { node, known })
        });
        if let Poll::Ready(value) = &polled {
            let caught = value.is_none();
            this.leave.leave(caught);
        }
        polled
    }
}

impl<B: AsyncBackend, F> fmt::Debug for RunScope<B, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunScope").finish_non_exhaustive()
    }
}
