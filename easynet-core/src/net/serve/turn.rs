//! Handlers that begin in turn.
//!
//! Tasks that were started one after the other may be polled first in another order, on several threads. Each handler knows
//! the one before it, and begins only when that has.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::{Context, Poll},
};

use futures_util::task::AtomicWaker;
use pin_project_lite::pin_project;

/// Whether a handler has begun, and who is next.
#[derive(Default)]
struct Turn {
    is_over: AtomicBool,
    next: AtomicWaker,
}

impl Turn {
    fn end(&self) {
        self.is_over.store(true, SeqCst);
        self.next.wake();
    }

    fn poll_over(&self, cx: &Context<'_>) -> Poll<()> {
        if self.is_over.load(SeqCst) {
            return Poll::Ready(());
        }
        self.next.register(cx.waker());
        if self.is_over.load(SeqCst) {
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

/// The order in which handlers were started.
#[derive(Default)]
pub(super) struct Queue {
    last: Option<Arc<Turn>>,
}

impl Queue {
    /// Lets a handler begin after all that were put in line before.
    pub(super) fn line_up<F>(&mut self, handler: F) -> InTurn<F> {
        let own = Arc::new(Turn::default());
        InTurn {
            before: self.last.replace(own.clone()),
            own: Place(Some(own)),
            handler,
        }
    }
}

/// A place in the line, given up at the latest when it is dropped.
struct Place(Option<Arc<Turn>>);

impl Place {
    fn pass_on(&mut self) {
        if let Some(turn) = self.0.take() {
            turn.end();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.pass_on();
    }
}

pin_project! {
    /// A handler in line.
    pub(super) struct InTurn<F> {
        before: Option<Arc<Turn>>,
        own: Place,
        #[pin]
        handler: F,
    }
}

impl<F: Future> Future for InTurn<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if let Some(before) = this.before {
            if before.poll_over(cx).is_pending() {
                return Poll::Pending;
            }
            *this.before = None;
        }
        let polled = this.handler.poll(cx);
        this.own.pass_on();
        polled
    }
}

#[cfg(all(test, not(easynet_loom)))]
mod tests {
    use std::{cell::RefCell, task::Waker};

    use super::*;

    #[test]
    fn handlers_begin_in_turn_in_whatever_order_they_are_polled() {
        let (mut queue, log) = (Queue::default(), RefCell::new(Vec::new()));
        let mut handlers: Vec<_> = (0..4)
            .map(|number| {
                let log = &log;
                Box::pin(queue.line_up(async move { log.borrow_mut().push(number) }))
            })
            .collect();
        let mut cx = Context::from_waker(Waker::noop());
        for number in [3, 1, 0] {
            let is_first = number == 0;
            assert_eq!(handlers[number].as_mut().poll(&mut cx).is_ready(), is_first);
        }
        assert!(handlers[1].as_mut().poll(&mut cx).is_ready());
        assert!(handlers[3].as_mut().poll(&mut cx).is_pending());
        drop(handlers.remove(2));
        assert!(handlers[2].as_mut().poll(&mut cx).is_ready());
        assert_eq!(*log.borrow(), [0, 1, 3]);
    }
}
