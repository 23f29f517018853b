//! Shields: what runs to its end whatever happens outside (C5).

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::node::{Attached, Guard};
use crate::{
    backend::AsyncBackend,
    context::{self, host::HostSlot},
    observe::{GuardKind, Wait, waits},
};

pin_project! {
    /// Future of [`AsyncBackend::ignore_cancellation`].
    #[must_use = "nothing is shielded, or run, unless it is awaited"]
    pub struct IgnoreCancellation<B: AsyncBackend, F> {
        backend: B,
        host: HostSlot<B>,
        #[pin]
        shield: Shield<F>,
    }
}

impl<B: AsyncBackend, F: Future> IgnoreCancellation<B, F> {
    pub(crate) fn new(backend: B, body: F) -> Self {
        Self {
            backend,
            host: HostSlot::new(),
            shield: Shield {
                node: None,
                guard: None,
                body,
            },
        }
    }
}

impl<B: AsyncBackend, F: Future> Future for IgnoreCancellation<B, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        this.host
            .poll(this.backend, cx, |cx| this.shield.as_mut().poll(cx))
    }
}

pin_project! {
    struct Shield<F> {
        // What is opened inside hangs here, out of reach of the outside.
        node: Option<Attached>,
        // Held from the first suspension on: a shield that never suspends costs nothing.
        guard: Option<Guard>,
        #[pin]
        body: F,
    }
}

impl<F: Future> Future for Shield<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let entered = context::enter_shield(this.node);
        let polled = this.body.poll(cx);
        entered.leave(this.node);
        if polled.is_ready() {
            *this.guard = None;
            return polled;
        }
        Guard::hold_here(this.guard, GuardKind::Shield);
        polled
    }
}

pin_project! {
    /// Future of [`AsyncBackend::cancel_shielded_coro_yield`].
    #[must_use = "nothing is yielded unless it is awaited"]
    pub struct CancelShieldedCoroYield<B: AsyncBackend> {
        #[pin]
        shield: IgnoreCancellation<B, YieldOnce>,
    }
}

/// Suspends once.
pub(crate) struct YieldOnce(pub(crate) bool);

impl Future for YieldOnce {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        waits(Poll::Pending, || Wait::Turn)
    }
}

impl<B: AsyncBackend> CancelShieldedCoroYield<B> {
    pub(crate) fn new(backend: B) -> Self {
        Self {
            shield: IgnoreCancellation::new(backend, YieldOnce(false)),
        }
    }
}

impl<B: AsyncBackend> Future for CancelShieldedCoroYield<B> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().shield.poll(cx)
    }
}

impl<B: AsyncBackend, F> fmt::Debug for IgnoreCancellation<B, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IgnoreCancellation").finish_non_exhaustive()
    }
}

impl<B: AsyncBackend> fmt::Debug for CancelShieldedCoroYield<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelShieldedCoroYield").finish_non_exhaustive()
    }
}
