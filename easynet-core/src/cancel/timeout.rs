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
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    deadline: Option<Instant>,
    used_up: bool,
}

impl Allowance {
    /// A delay too large to represent is no limit.
    #[inline(always)]
    pub(crate) fn after<B: AsyncBackend>(backend: &B, delay: Duration) -> Self {
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

    /// No limit, unless a handle sets one.
    pub(crate) const fn unlimited() -> Self {
        Self {
            deadline: None,
            used_up: false,
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    pub(crate) fn used_up(&self) -> bool {
        self.used_up
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
        backend: B,
        deadline: Option<Instant>,
    }
}

impl<B: AsyncBackend, F: Future> MoveOn<B, F> {
    #[inline(always)]
    pub(crate) fn new(backend: B, allowance: Allowance, body: F) -> Self {
        let scope = Scope::new(None, allowance.used_up, body);
        Self {
            backend,
            host: HostSlot::new(),
            deadline: allowance.deadline,
            scope,
        }
    }
}

impl<B: AsyncBackend, F: Future> Future for MoveOn<B, F> {
    type Output = Option<F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        this.host.poll(this.backend, cx, |cx| {
            this.scope.as_mut().poll(cx, *this.deadline)
        })
    }
}

pin_project! {
    /// Future of [`AsyncBackend::timeout`] and [`AsyncBackend::timeout_at`].
    #[must_use = "nothing is run unless it is awaited"]
    pub struct Timeout<B: AsyncBackend, F> {
        #[pin]
        inner: MoveOn<B, F>,
    }
}

impl<B: AsyncBackend, F: Future> Timeout<B, F> {
    #[inline(always)]
    pub(crate) fn new(backend: B, allowance: Allowance, body: F) -> Self {
        Self {
            inner: MoveOn::new(backend, allowance, body),
        }
    }
}

impl<B: AsyncBackend, F: Future> Future for Timeout<B, F> {
    type Output = Result<F::Output, TimedOut>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project()
            .inner
            .poll(cx)
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
            .field("deadline", &self.inner.deadline)
            .finish_non_exhaustive()
    }
}
