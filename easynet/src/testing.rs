//! Tests of cancellation, on the running backend.

use std::future::Future;

pub use easynet_core::testing::Witness;

use crate::builtin::ambient;

/// See [`easynet_core::testing::cancel_at_every_await`].
///
/// # Cancellation
///
/// Cancelling ends the run at hand, and then this.
///
/// # Panics
///
/// When something is left, naming what and after which point; when a run panics; and outside of any backend.
pub async fn cancel_at_every_await<P, F>(program: P) -> usize
where
    P: Fn(Witness) -> F,
    F: Future,
{
    easynet_core::testing::cancel_at_every_await(&ambient(), program).await
}
