//! The future of a scope: polls its body, and ends it where it is suspended.
//!
//! # Invariants
//!
//! 1. The body is polled before anything is decided (C2), with the cancellation visible to it (C3).
//! 2. The body is dropped only when no guard below holds the scope (C6), and inside of the scope's context.
//! 3. A scope whose body was dropped yields only once nothing around it is cancelled: the outermost
//!    catches (C4).

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use pin_project_lite::pin_project;

use super::{CancelReason, deadline::is_nearer, node::Attached};
use crate::context::{
    self,
    clock::{Note, note, release_stranded, strand},
};

pin_project! {
    /// A body under a scope of its own, which yields `None` if the scope caught its cancellation.
    ///
    /// In this order: what is nothing at first lies together, apart from the rest. A scope is made, and then moved to where it is polled: so it is
    /// read in the parts that it was written in, for which no processor waits.
    #[repr(C)]
    pub(crate) struct Scope<F> {
        node: Option<Attached>,
        note: Note,
        #[pin]
        body: Option<F>,
        // The deadline has passed, or the scope was made with none left.
        due: bool,
        // The guards below have been polled since the scope was cancelled.
        told: bool,
        // The task has let others have their turn since the scope was entered.
        suspended: bool,
    }
}

/// The deadline of a scope at one moment: fixed, or as its handle says.
pub(crate) trait Limit {
    /// Whether it may change while the body is polled.
    const MOVES: bool;

    fn deadline(&mut self) -> Option<Instant>;
}

impl Limit for Option<Instant> {
    const MOVES: bool = false;

    #[inline]
    fn deadline(&mut self) -> Option<Instant> {
        *self
    }
}

impl<F: Future> Scope<F> {
    /// A scope; `due` if it is cancelled from the start.
    #[inline(always)]
    pub(crate) fn new(node: Option<Attached>, due: bool, body: F) -> Self {
        Self {
            node,
            note: Note::default(),
            due,
            told: false,
            suspended: false,
            body: Some(body),
        }
    }

    #[inline]
    pub(crate) fn poll<L: Limit>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut limit: L,
    ) -> Poll<Option<F::Output>> {
        loop {
            let mut this = self.as_mut().project();
            let Some(body) = this.body.as_mut().as_pin_mut() else {
                return poll_ended(cx, this.suspended);
            };
            if let Some(node) = this.node.as_ref() {
                node.attach_here();
                if *this.due {
                    node.node().cancel(CancelReason::deadline());
                }
                // The guard that held it was taken elsewhere since: polling would only take it back, and so on.
                if *this.told && node.node().is_own_cancelled() && !node.node().is_held() {
                    self.as_mut().end();
                    continue;
                }
            }
            let deadline = limit.deadline();
            let entered = context::enter_scope(this.node, deadline, *this.due);
            let polled = body.poll(cx);
            *this.due |= entered.leave(this.node);
            if let Poll::Ready(value) = polled {
                if *this.due || this.node.as_ref().is_some_and(is_cancelled) {
                    release_stranded();
                }
                return Poll::Ready(Some(value));
            }
            // Parked first: a handle that cancels or reschedules from here on finds whom to wake.
            if let Some(node) = this.node.as_ref() {
                node.node().park(cx.waker());
            }
            let moved = if L::MOVES { limit.deadline() } else { deadline };
            if L::MOVES && is_nearer(moved, deadline) {
                // While the body was polled: a job below that has been told the old one is to be told the new one.
                cx.waker().wake_by_ref();
            }
            if !*this.due
                && let Some(deadline) = moved
                && note(deadline, cx.waker(), this.note)
            {
                *this.due = true;
            }
            let cancelled = *this.due || this.node.as_ref().is_some_and(is_cancelled);
            if !cancelled || self.as_mut().is_to_wait() {
                *self.project().suspended = true;
                return Poll::Pending;
            }
        }
    }

    /// Whether a body that is cancelled is to be waited for all the same. Otherwise it is dropped, or polled once more.
    #[cold]
    fn is_to_wait(mut self: Pin<&mut Self>) -> bool {
        let this = self.as_mut().project();
        let node = this.node.as_ref().map(Attached::node);
        if *this.due
            && let Some(node) = node
        {
            node.cancel(CancelReason::deadline());
        }
        if node.is_some_and(|node| node.is_held()) {
            // Guards with wakers of their own have been woken; those with ours see it in one more poll.
            return std::mem::replace(this.told, true);
        }
        self.end();
        false
    }

    /// Drops the body where it is suspended, in the context of its scope.
    #[cold]
    fn end(self: Pin<&mut Self>) {
        let mut this = self.project();
        let entered = context::enter_scope(this.node, None, true);
        this.body.set(None);
        entered.leave(this.node);
        release_stranded();
    }
}

#[inline]
fn is_cancelled(node: &Attached) -> bool {
    node.node().is_own_cancelled()
}

/// The body was dropped.
#[cold]
fn poll_ended<T>(cx: &Context<'_>, suspended: &mut bool) -> Poll<Option<T>> {
    // Invariant 3.
    if strand(cx.waker()) {
        return Poll::Pending;
    }
    // A loop of scopes without any time left is to let go of the thread now and then (C3).
    if !std::mem::replace(suspended, true) {
        cx.waker().wake_by_ref();
        return Poll::Pending;
    }
    Poll::Ready(None)
}
