//! Threads: blocking jobs that tasks start, and portals through which threads call into an event loop.
//!
//! [`run_in_thread`](crate::AsyncBackend::run_in_thread) is the way out of the event loop, a [portal](ThreadsPortal) the way in.
//!
//! # How a job goes
//!
//! ```text
//! task ─ polls ─▶ RunJob ─ run_blocking ─▶ thread ─ Job::run ─▶ the user's function
//!                   │                                                │
//!                   ├─ the node of the scope around it ◀─ asks ─ check_cancelled
//!                   └─ the portal of the job, once it is used ◀─ calls ─ current_portal
//! ```
//!
//! - `RunJob` is the future. It is a guard from its first suspension on (C6), unless the job is to be abandoned, and notes which scope is
//!   around it, so that the job can ask whether that is cancelled. Before that it checks for cancellation, and waits for a token of the limiter.
//! - `Job` is what both sides share: a slot that holds the function, then the value. Who takes the function out first decides whether the
//!   job runs: its thread, or a cancellation.
//! - When the future is dropped and the job runs on, the nearest group counts it until it has ended (C10).
//! - A job that was told to end and has not after a [time of grace](crate::RunnerOptions::job_grace) is reported.
//!
//! # How a call goes
//!
//! ```text
//! thread ─ run_coroutine ─▶ Child in the portal's group ─ spawn ─▶ runtime
//!        ─ run_sync ──────▶ line of plain calls ─ wakes ─▶ Serve, in the portal's task
//!        ◀─ PortalFuture ── Call: the outcome, and whom to wake
//! ```
//!
//! A portal is a task group and a line of plain calls. It is open while the body of its `run` does. A thread that
//! waits does so by [`block_thread`](crate::AsyncBackend::block_thread), so that a simulation, whose threads take turns, lets the others go on; each
//! call is a point where others may go first.

pub(crate) mod call;
mod error;
mod future;
mod grace;
pub(crate) mod job;
mod looped;
mod park;
mod plain;
mod portal;
mod run_in_thread;

use std::future::Future;

#[cfg(all(test, easynet_loom))]
pub(crate) use self::portal::calls;
pub use self::{
    error::PortalError,
    future::PortalFuture,
    park::park_thread,
    plain::PlainValue,
    portal::{NamedCall, PortalHandle, ThreadsPortal},
    run_in_thread::{RunInThread, RunJob},
};
pub(crate) use self::{
    grace::with as with_grace,
    job::{deadline as job_deadline, is_told as is_job_told, reason as job_reason},
};

/// The way back into the event loop, from a job of [`run_in_thread`](crate::AsyncBackend::run_in_thread).
///
/// It needs no setup, and is open as long as whoever waits for the job: what is started through it has ended before the job's value is
/// handed out. In a job that is not to be abandoned it is shielded, as the job is.
///
/// # Errors
///
/// Outside of a job.
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() {
/// use std::time::Duration;
///
/// use easynet::{threads::{current_portal, run_in_thread}, time::sleep};
///
/// let job = || {
///     let portal = current_portal().expect("this is a job");
///     portal.run_coroutine(async {
///         sleep(Duration::from_millis(1)).await;
///         42
///     })
/// };
/// assert_eq!(run_in_thread(job).await, Ok(42));
/// # }
/// ```
pub fn current_portal() -> Result<PortalHandle, PortalError> {
    job::portal().ok_or(PortalError::no_job())
}

/// From a job: [`PortalHandle::run_coroutine`] of its [portal](current_portal).
///
/// # Errors
///
/// As there, and outside of a job.
///
/// # Panics
///
/// A panic of the coroutine resumes here.
#[track_caller]
pub fn run_coroutine<F>(coroutine: F) -> Result<F::Output, PortalError>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    // Not in a closure: the location is the caller's.
    let portal = current_portal()?;
    portal.run_coroutine(coroutine)
}

/// From a job: [`PortalHandle::run_sync`] of its [portal](current_portal).
///
/// # Errors
///
/// As there, and outside of a job.
///
/// # Panics
///
/// A panic of the function resumes here.
pub fn run_sync<F, T>(function: F) -> Result<T, PortalError>
where
    F: FnOnce() -> T + Send + 'static,
    T: PlainValue + Send + 'static,
{
    current_portal()?.run_sync(function)
}
