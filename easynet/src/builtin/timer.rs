//! The timer of whichever backend runs.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use easynet_core::Timer;

/// A timer of a built-in backend.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuiltinTimer {
    /// Of the tokio backend.
    #[cfg(feature = "tokio")]
    Tokio(easynet_tokio::TokioTimer),
}

impl Timer for BuiltinTimer {
    fn reset(self: Pin<&mut Self>, deadline: Instant) {
        match self.get_mut() {
            #[cfg(feature = "tokio")]
            Self::Tokio(timer) => Pin::new(timer).reset(deadline),
            #[cfg(not(feature = "tokio"))]
            _ => unreachable!("a timer is of an enabled feature: {deadline:?}"),
        }
    }

    fn poll_elapsed(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.get_mut() {
            #[cfg(feature = "tokio")]
            Self::Tokio(timer) => Pin::new(timer).poll_elapsed(cx),
            #[cfg(not(feature = "tokio"))]
            _ => unreachable!("a timer is of an enabled feature: {cx:?}"),
        }
    }

    fn is_elapsed(&self) -> bool {
        match self {
            #[cfg(feature = "tokio")]
            Self::Tokio(timer) => timer.is_elapsed(),
            #[cfg(not(feature = "tokio"))]
            _ => unreachable!("a timer is of an enabled feature"),
        }
    }
}
