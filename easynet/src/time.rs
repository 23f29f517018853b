//! Waiting for time to pass, on the clock of the running backend.
//!
//! All functions here panic with a clear message outside of any backend.

use std::{
    future::IntoFuture,
    time::{Duration, Instant},
};

use easynet_core::{
    AsyncBackend,
    cancel::{CancelShieldedCoroYield, MoveOn, Timeout},
    time::{Sleep, SleepForever},
};

use crate::{
    BuiltinBackend,
    builtin::{allowance, ambient},
};

/// See [`AsyncBackend::sleep`].
///
/// # Cancellation
///
/// Safe to cancel: nothing is lost.
#[track_caller]
pub fn sleep(delay: Duration) -> Sleep<BuiltinBackend> {
    ambient().sleep(delay)
}

/// See [`AsyncBackend::sleep_until`].
///
/// # Cancellation
///
/// Safe to cancel: nothing is lost.
#[track_caller]
pub fn sleep_until(deadline: Instant) -> Sleep<BuiltinBackend> {
    ambient().sleep_until(deadline)
}

/// See [`AsyncBackend::sleep_forever`].
///
/// # Cancellation
///
/// Safe to cancel: nothing is lost. It is the only way it ends.
#[track_caller]
pub fn sleep_forever() -> SleepForever<BuiltinBackend> {
    ambient().sleep_forever()
}

/// See [`AsyncBackend::coro_yield`].
///
/// # Cancellation
///
/// Safe to cancel: nothing is lost.
#[track_caller]
pub fn coro_yield() -> Sleep<BuiltinBackend> {
    ambient().coro_yield()
}

/// See [`AsyncBackend::cancel_shielded_coro_yield`].
///
/// # Cancellation
///
/// Shielded: finishes first.
#[track_caller]
pub fn cancel_shielded_coro_yield() -> CancelShieldedCoroYield<BuiltinBackend> {
    ambient().cancel_shielded_coro_yield()
}

/// See [`AsyncBackend::current_time`].
#[track_caller]
pub fn current_time() -> Instant {
    ambient().current_time()
}

/// See [`AsyncBackend::timeout`]; as a block: [`with_timeout!`](crate::with_timeout).
///
/// # Cancellation
///
/// As that of `body`.
///
/// # Errors
///
/// [`TimedOut`](crate::TimedOut) if the time was up.
#[inline(always)]
#[track_caller]
pub fn timeout<F: IntoFuture>(delay: Duration, body: F) -> Timeout<BuiltinBackend, F::IntoFuture> {
    allowance(delay).timeout(body)
}

/// See [`AsyncBackend::timeout_at`].
///
/// # Cancellation
///
/// As that of `body`.
///
/// # Errors
///
/// [`TimedOut`](crate::TimedOut) if the time was up.
#[track_caller]
pub fn timeout_at<F: IntoFuture>(
    deadline: impl Into<Option<Instant>>,
    body: F,
) -> Timeout<BuiltinBackend, F::IntoFuture> {
    ambient().timeout_at(deadline, body)
}

/// See [`AsyncBackend::move_on_after`]; as a block: [`move_on_after!`](crate::move_on_after).
///
/// # Cancellation
///
/// As that of `body`.
#[inline(always)]
#[track_caller]
pub fn move_on_after<F: IntoFuture>(delay: Duration, body: F) -> MoveOn<BuiltinBackend, F::IntoFuture> {
    allowance(delay).move_on(body)
}

/// See [`AsyncBackend::move_on_at`].
///
/// # Cancellation
///
/// As that of `body`.
#[track_caller]
pub fn move_on_at<F: IntoFuture>(
    deadline: impl Into<Option<Instant>>,
    body: F,
) -> MoveOn<BuiltinBackend, F::IntoFuture> {
    ambient().move_on_at(deadline, body)
}
