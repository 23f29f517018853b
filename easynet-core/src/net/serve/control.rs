//! What a serving loop shares with its closers and its handlers.

use std::{
    future::{Future, poll_fn},
    io,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, ready},
};

use futures_util::task::AtomicWaker;
use pin_project_lite::pin_project;

use crate::net::{Closed, checkpoint};

/// Whether to go on, and how many handlers run.
#[derive(Debug)]
pub(in crate::net) struct Control {
    closed: AtomicBool,
    limit: AtomicUsize,
    live: AtomicUsize,
    /// That of the loop.
    waker: AtomicWaker,
}

impl Default for Control {
    fn default() -> Self {
        Self {
            closed: AtomicBool::new(false),
            limit: AtomicUsize::new(usize::MAX),
            live: AtomicUsize::new(0),
            waker: AtomicWaker::new(),
        }
    }
}

impl Control {
    pub(super) fn limit(&self, handlers: usize) {
        self.limit.store(handlers.max(1), SeqCst);
    }

    pub(super) fn close(&self) {
        self.closed.store(true, SeqCst);
        self.waker.wake();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(SeqCst)
    }

    pub(super) fn live_handlers(&self) -> usize {
        self.live.load(SeqCst)
    }

    pub(super) fn has_room(&self) -> bool {
        self.live.load(SeqCst) < self.limit.load(SeqCst)
    }

    /// Runs `future` unless the loop is closed first.
    pub(super) async fn unless_closed<F: Future>(&self, future: F) -> io::Result<F::Output> {
        let mut future = pin!(future);
        poll_fn(|cx| {
            checkpoint(cx, |cx| {
                ready!(self.poll_open(cx, || true))?;
                future.as_mut().poll(cx).map(Ok)
            })
        })
        .await
    }

    /// Like [`unless_closed`](Self::unless_closed), but not before another handler may run.
    pub(super) async fn with_room<T>(&self, future: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        let mut future = pin!(future);
        poll_fn(|cx| {
            checkpoint(cx, |cx| {
                ready!(self.poll_open(cx, || self.has_room()))?;
                future.as_mut().poll(cx)
            })
        })
        .await
    }

    /// Ready once `may_go_on`; fails if the loop is closed.
    fn poll_open(&self, cx: &Context<'_>, may_go_on: impl Fn() -> bool) -> Poll<io::Result<()>> {
        self.waker.register(cx.waker());
        if self.is_closed() {
            return Poll::Ready(Err(Closed::new().into()));
        }
        match may_go_on() {
            true => Poll::Ready(Ok(())),
            false => Poll::Pending,
        }
    }

    /// Counts a handler for as long as it lives.
    pub(super) fn count<F>(self: &Arc<Self>, handler: F) -> Counted<F> {
        self.live.fetch_add(1, SeqCst);
        Counted {
            handler,
            _place: Place(self.clone()),
        }
    }
}

/// One of the handlers that run.
struct Place(Arc<Control>);

impl Drop for Place {
    fn drop(&mut self) {
        let before = self.0.live.fetch_sub(1, SeqCst);
        if before >= self.0.limit.load(SeqCst) {
            self.0.waker.wake();
        }
    }
}

pin_project! {
    /// A handler that is counted. It is dropped before it ceases to be.
    pub(super) struct Counted<F> {
        #[pin]
        handler: F,
        _place: Place,
    }
}

impl<F: Future> Future for Counted<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().handler.poll(cx)
    }
}
