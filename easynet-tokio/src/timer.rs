//! The timer of a task.

use std::{
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Instant,
};

use easynet_core::Timer;
use pin_project_lite::pin_project;
use tokio::{task::coop::unconstrained, time::Sleep};

pin_project! {
    /// A timer of tokio's wheel.
    #[derive(Debug)]
    pub struct TokioTimer {
        #[pin]
        sleep: Sleep,
    }
}

impl TokioTimer {
    pub(crate) fn new(deadline: Instant) -> Self {
        Self {
            sleep: tokio::time::sleep_until(deadline.into()),
        }
    }
}

impl Timer for TokioTimer {
    fn reset(self: Pin<&mut Self>, deadline: Instant) {
        self.project().sleep.reset(deadline.into());
    }

    fn poll_elapsed(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // A task that has used up its budget would be answered without its waker being registered.
        pin!(unconstrained(self.project().sleep)).poll(cx)
    }

    fn is_elapsed(&self) -> bool {
        self.sleep.is_elapsed()
    }
}
