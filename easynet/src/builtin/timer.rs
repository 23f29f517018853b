//! The timer of whichever backend runs.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use easynet_core::Timer;

use super::variants::{each, one_of};

one_of! {
    /// A timer of a built-in backend.
    #[derive(Debug)]
    pub enum BuiltinTimer {
        "tokio" => Tokio(easynet_tokio::TokioTimer),
        "sim" => Sim(easynet_sim::SimTimer),
    }
}

impl Timer for BuiltinTimer {
    fn reset(self: Pin<&mut Self>, deadline: Instant) {
        each!(self.get_mut(), timer => Pin::new(timer).reset(deadline))
    }

    fn poll_elapsed(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        each!(self.get_mut(), timer => Pin::new(timer).poll_elapsed(cx))
    }

    fn is_elapsed(&self) -> bool {
        each!(self, timer => timer.is_elapsed())
    }
}
