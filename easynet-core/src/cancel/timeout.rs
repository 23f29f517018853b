//! Scopes with a deadline that nobody holds a handle to: they allocate nothing (C11).

use std::{
    error::Error,
    fmt,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use pin_project_lite::pin_project;

use super::scope::Scope;
use crate::{backend::AsyncBackend, context::host::HostSlot};

/// The time was up before the body had ended: "timed out".
///
/// Only ever the deadline of the scope that yields it: one of an enclosing scope ends that scope, not this
/// (C4). Converts into an [`io::Error`] of kind [`TimedOut`](io::ErrorKind::TimedOut).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimedOut {
    _private: (),
}

impl TimedOut {
    pub(crate) const fn new() -> Self {
        Self { _private: () }
    }
}

impl fmt::Debug for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TimedOut")
    }
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("timed out")
    }
}

impl Error for TimedOut {}

impl From<TimedOut> for io::Error {
    fn from(error: TimedOut) -> Self {
        io::Error::new(io::ErrorKind::TimedOut, error)
    }
}

/// What is left of a delay that starts now: a deadline, none, or nothing.
///
/// It comes before the body that it is for: a body is written just before it is limited, part by part, and then moved as a whole, for which a processor waits
/// until all parts are there. To look at the time takes as long, so that is done before anything is moved.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    deadline: Option<Instant>,
    used_up: bool,
}

impl Allowance {
    /// A delay too large to represent is no limit.
    #[inline(always)]
    pub fn after<B: AsyncBackend>(backend: &B, delay: Duration) -> Self {
        if delay.is_zero() {
            return Self {
                deadline: None,
                used_up: true,
            };
        }
        Self {
            deadline: backend.deadline_after(delay),
            used_up: false,
        }
    }

    pub(crate) fn until<B: AsyncBackend>(backend: &B, deadline: Option<Instant>) -> Self {
        let used_up = deadline.is_some_and(|deadline| deadline <= backend.current_time());
        Self { deadline, used_up }
    }

    /// The body, which yields an error if nothing is left.
    #[inline(always)]
    pub fn timeout<B: AsyncBackend, F: IntoFuture>(self, body: F) -> Timeout<B, F::IntoFuture> {
        Timeout {
            host: HostSlot::new(),
            scope: Scope::new(None, self.used_up, body.into_future()),
            deadline: self.deadline,
        }
    }

    /// The body, which yields nothing if nothing is left.
    #[inline(always)]
    pub fn move_on<B: AsyncBackend, F: IntoFuture>(self, body: F) -> MoveOn<B, F::IntoFuture> {
        MoveOn {
            host: HostSlot::new(),
            scope: Scope::new(None, self.used_up, body.into_future()),
            deadline: self.deadline,
        }
    }

    /// No limit, unless a handle sets one.
    pub(crate) const fn unlimited() -> Self {
        Self {
            deadline: None,
            used_up: false,
        }
    }

    /// The moment from which on nothing is left; that is now if nothing was from the start.
    pub(crate) fn end<B: AsyncBackend>(self, backend: &B) -> Option<Instant> {
        match self.deadline {
            None if self.used_up => Some(backend.current_time()),
            deadline => deadline,
        }
    }
}

pin_project! {
    /// Future of [`AsyncBackend::move_on_after`] and [`AsyncBackend::move_on_at`].
    #[must_use = "nothing is run unless it is awaited"]
    // In this order: see `Scope`.
    #[repr(C)]
    pub struct MoveOn<B: AsyncBackend, F> {
        host: HostSlot<B>,
        #[pin]
        scope: Scope<F>,
        deadline: Option<Instant>,
    }
}

impl<B: AsyncBackend, F: Future> Future for MoveOn<B, F> {
    type Output = Option<F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        this.host
            .poll_here(cx, |cx| this.scope.as_mut().poll(cx, *this.deadline))
    }
}

pin_project! {
    /// Future of [`AsyncBackend::timeout`] and [`AsyncBackend::timeout_at`].
    #[must_use = "nothing is run unless it is awaited"]
    // Not around a `MoveOn`: the compiler looks only so deep into what is in each other.
    #[repr(C)]
    pub struct Timeout<B: AsyncBackend, F> {
        host: HostSlot<B>,
        #[pin]
        scope: Scope<F>,
        deadline: Option<Instant>,
    }
}

impl<B: AsyncBackend, F: Future> Future for Timeout<B, F> {
    type Output = Result<F::Output, TimedOut>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        this.host
            .poll_here(cx, |cx| this.scope.as_mut().poll(cx, *this.deadline))
            .map(|value| value.ok_or(TimedOut::new()))
    }
}

impl<B: AsyncBackend, F> fmt::Debug for MoveOn<B, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MoveOn")
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

impl<B: AsyncBackend, F> fmt::Debug for Timeout<B, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeout")
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
