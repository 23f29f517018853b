//! Code that reacts to a cancellation (C7).

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{
    Cancelled,
    node::{Attached, Guard, Node},
};
use crate::{
    backend::AsyncBackend,
    context::{self, clock::release_stranded, host::HostSlot},
    observe::GuardKind,
};

pin_project! {
    /// Future of [`AsyncBackend::catch_cancelled`].
    #[must_use = "nothing is run unless it is awaited"]
    pub struct CatchCancelled<B: AsyncBackend, F> {
        backend: B,
        host: HostSlot<B>,
        #[pin]
        catch: Catch<F>,
    }
}

impl<B: AsyncBackend, F: Future> CatchCancelled<B, F> {
    pub(crate) fn new(backend: B, body: F) -> Self {
        Self {
            backend,
            host: HostSlot::new(),
            catch: Catch {
                node: None,
                guard: None,
                told: false,
                body: Some(body),
            },
        }
    }
}

impl<B: AsyncBackend, F: Future> Future for CatchCancelled<B, F> {
    type Output = Result<F::Output, Cancelled>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        this.host
            .poll(this.backend, cx, |cx| this.catch.as_mut().poll(cx))
    }
}

pin_project! {
    struct Catch<F> {
        // Made at the first suspension: through it the catch is woken when a scope above is cancelled.
        node: Option<Attached>,
        guard: Option<Guard>,
        // The guards below have been polled since the cancellation.
        told: bool,
        #[pin]
        body: Option<F>,
    }
}

impl<F: Future> Future for Catch<F> {
    type Output = Result<F::Output, Cancelled>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let entered = context::enter_catch(this.node);
            let polled = this
                .body
                .as_mut()
                .as_pin_mut()
                .expect("not polled after it has ended")
                .poll(cx);
            entered.leave(this.node);
            if let Poll::Ready(value) = polled {
                *this.guard = None;
                *this.node = None;
                return Poll::Ready(Ok(value));
            }
            Guard::hold_here(this.guard, GuardKind::Catch);
            let node = this.node.get_or_insert_with(|| Attached::detached(Node::new()));
            node.attach_here();
            node.node().park(cx.waker());
            if !node.node().is_cancelled() && !context::is_cancelled() {
                return Poll::Pending;
            }
            if node.node().is_held() {
                if std::mem::replace(this.told, true) {
                    return Poll::Pending;
                }
                continue;
            }
            let reason = node.node().reason().unwrap_or_else(context::reason);
            let entered = context::enter_scope(this.node, None, true);
            this.body.set(None);
            entered.leave(this.node);
            *this.node = None;
            release_stranded();
            *this.guard = None;
            return Poll::Ready(Err(Cancelled::new(reason)));
        }
    }
}

impl<B: AsyncBackend, F> fmt::Debug for CatchCancelled<B, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CatchCancelled").finish_non_exhaustive()
    }
}
