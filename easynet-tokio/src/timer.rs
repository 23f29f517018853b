//! The timer of a task.

use std::{
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Instant,
};

use easynet_core::Timer;
use tokio::{task::coop::unconstrained, time::Sleep};

/// A timer of tokio's wheel.
#[derive(Debug)]
pub struct TokioTimer(Pin<Box<Sleep>>);

impl TokioTimer {
    pub(crate) fn new(deadline: Instant) -> Self {
        Self(Box::pin(tokio::time::sleep_until(deadline.into())))
    }
}

impl Timer for TokioTimer {
    fn reset(mut self: Pin<&mut Self>, deadline: Instant) {
        self.0.as_mut().reset(deadline.into());
    }

    fn poll_elapsed(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // A task that has used up its budget would be answered without its waker being registered.
        pin!(unconstrained(self.0.as_mut())).poll(cx)
    }

    fn is_elapsed(&self) -> bool {
        self.0.is_elapsed()
    }
}
