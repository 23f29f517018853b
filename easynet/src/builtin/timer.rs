//! The timer of whichever backend runs.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use easynet_core::Timer;
#[cfg(any(feature = "tokio", feature = "sim"))]
use pin_project::pin_project;

use super::variants::{each, one_of};

one_of! {
    /// A timer of a built-in backend.
    #[cfg_attr(any(feature = "tokio", feature = "sim"), pin_project(project = Pinned))]
    #[derive(Debug)]
    pub enum BuiltinTimer {
        "tokio" => Tokio(#[pin] easynet_tokio::TokioTimer),
        "sim" => Sim(#[pin] easynet_sim::SimTimer),
    }
}

#[cfg(not(any(feature = "tokio", feature = "sim")))]
impl BuiltinTimer {
    fn project(self: Pin<&mut Self>) -> &mut Self {
        self.get_mut()
    }
}

impl Timer for BuiltinTimer {
    fn reset(self: Pin<&mut Self>, deadline: Instant) {
        each!(self.project(), Pinned, timer => timer.reset(deadline))
    }

    fn poll_elapsed(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        each!(self.project(), Pinned, timer => timer.poll_elapsed(cx))
    }

    fn is_elapsed(&self) -> bool {
        each!(self, timer => timer.is_elapsed())
    }
}
