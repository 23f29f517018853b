//! Cancellation: scopes, deadlines, shields, and code that reacts.
//!
//! A future is cancelled by dropping it, as everywhere in Rust. What a scope adds is who drops, when, and what
//! is waited for first: see the rules of the crate's [module on cancellation](crate#cancellation).

mod catch;
pub(crate) mod deadline;
pub(crate) mod handle;
pub(crate) mod node;
pub(crate) mod parked;
pub(crate) mod race;
mod reason;
pub(crate) mod registered;
pub(crate) mod scope;
mod shield;
pub(crate) mod timeout;

pub use self::{
    catch::CatchCancelled,
    handle::{CancelScope, RunScope},
    race::{Branches, Field, Race},
    reason::{CancelReason, Cancelled},
    shield::{CancelShieldedCoroYield, IgnoreCancellation},
    timeout::{MoveOn, TimedOut, Timeout},
};

/// Whether the code that asks is cancelled: its next suspension point will not return, unless it is shielded.
///
/// Long computations ask this between steps. One atomic load, whatever the depth (C11); outside of any
/// scope the answer is no. In a job of [`run_in_thread`](crate::AsyncBackend::run_in_thread) it is whether whoever waits for the job
/// is cancelled, or has let go of it.
#[inline]
pub fn is_cancelled() -> bool {
    if crate::context::is_hosted() {
        crate::context::is_cancelled()
    } else {
        crate::threads::is_job_told()
    }
}

/// Fails if the code that asks is cancelled, as [`is_cancelled`] says.
///
/// For blocking jobs above all: between two steps of one, `check_cancelled()?` ends it early.
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
/// use easynet::{cancel::{check_cancelled, open_cancel_scope}, threads::run_in_thread};
///
/// let scope = open_cancel_scope();
/// let handle = scope.clone();
/// let search = move || {
///     for step in 0.. {
///         check_cancelled()?; // .. and then the next step.
///         if step == 3 {
///             handle.cancel(); // By whomever.
///         }
///     }
///     Ok::<(), easynet::Cancelled>(())
/// };
/// let found = scope.run(async { run_in_thread(search).await }).await;
/// assert!(found.expect("the job ended by itself").is_err());
/// # }
/// ```
pub fn check_cancelled() -> Result<(), Cancelled> {
    if !is_cancelled() {
        return Ok(());
    }
    let reason = if crate::context::is_hosted() {
        crate::context::reason()
    } else {
        crate::threads::job_reason().unwrap_or_else(CancelReason::let_go)
    };
    Err(Cancelled::new(reason))
}

/// The moment at which the code that asks is cancelled by a deadline: the earliest of the scopes around it, in its task and
/// up to a shield. In a job, that of whoever waits for it, as of when it was last polled.
///
/// On the clock of the backend; `None` for no limit.
pub fn current_effective_deadline() -> Option<std::time::Instant> {
    if crate::context::is_hosted() {
        crate::context::deadline()
    } else {
        crate::threads::job_deadline()
    }
}
