//! Scopes, shields, and code that reacts to a cancellation.
//!
//! All functions here but [`is_cancelled`], [`check_cancelled`] and [`current_effective_deadline`] panic with a clear message
//! outside of any backend.

use std::{
    future::IntoFuture,
    time::{Duration, Instant},
};

pub use easynet_core::cancel::{
    CancelReason, Cancelled, TimedOut, check_cancelled, current_effective_deadline, is_cancelled,
};
use easynet_core::{
    AsyncBackend,
    cancel::{CatchCancelled, IgnoreCancellation},
};

use crate::{BuiltinBackend, builtin::ambient};

/// A scope that can be cancelled and rescheduled from anywhere: see [`easynet_core::cancel::CancelScope`].
pub type CancelScope<B = BuiltinBackend> = easynet_core::cancel::CancelScope<B>;

/// See [`AsyncBackend::open_cancel_scope`]; as a block: [`cancel_scope!`](crate::cancel_scope).
#[track_caller]
pub fn open_cancel_scope() -> CancelScope {
    ambient().open_cancel_scope()
}

/// See [`AsyncBackend::open_cancel_scope_after`].
#[track_caller]
pub fn open_cancel_scope_after(delay: Duration) -> CancelScope {
    ambient().open_cancel_scope_after(delay)
}

/// See [`AsyncBackend::open_cancel_scope_at`].
#[track_caller]
pub fn open_cancel_scope_at(deadline: impl Into<Option<Instant>>) -> CancelScope {
    ambient().open_cancel_scope_at(deadline)
}

/// See [`AsyncBackend::ignore_cancellation`]; as a block: [`shield!`](crate::shield).
///
/// # Cancellation
///
/// Shielded: finishes first.
#[track_caller]
pub fn ignore_cancellation<F: IntoFuture>(body: F) -> IgnoreCancellation<BuiltinBackend, F::IntoFuture> {
    ambient().ignore_cancellation(body)
}

/// See [`AsyncBackend::catch_cancelled`]; as a block: [`catch_cancelled!`](crate::catch_cancelled).
///
/// # Cancellation
///
/// Yields, instead of being dropped itself.
///
/// # Errors
///
/// [`Cancelled`], with the reason.
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() {
/// use easynet::{cancel::catch_cancelled, prelude::*, time::sleep_forever};
///
/// let mut cleaned = false;
/// let value = move_on_after!(1ms, {
///     if catch_cancelled(sleep_forever()).await.is_err() {
///         shield!({ cleaned = true });
///     }
/// });
/// assert!(cleaned);
/// // No suspension point came after the cleanup, so the block has run to its end.
/// assert!(value.is_some());
/// # }
/// ```
#[track_caller]
pub fn catch_cancelled<F: IntoFuture>(body: F) -> CatchCancelled<BuiltinBackend, F::IntoFuture> {
    ambient().catch_cancelled(body)
}
