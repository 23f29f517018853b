//! Time.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use easynet_core::Timer;

/// A timer of the reactor.
#[derive(Debug)]
pub(crate) struct SmolTimer {
    deadline: Instant,
    inner: async_io::Timer,
}

impl SmolTimer {
    pub(super) fn at(deadline: Instant) -> Self {
        Self {
            deadline,
            inner: async_io::Timer::at(deadline),
        }
    }
}

impl Timer for SmolTimer {
    fn reset(mut self: Pin<&mut Self>, deadline: Instant) {
        self.deadline = deadline;
        self.inner.set_at(deadline);
    }

    fn poll_elapsed(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // The timer of the reactor is ready once, this one from then on.
        if self.is_elapsed() {
            return Poll::Ready(());
        }
        Pin::new(&mut self.inner).poll(cx).map(|_| ())
    }

    fn is_elapsed(&self) -> bool {
        Instant::now() >= self.deadline
    }
}
