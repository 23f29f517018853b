//! Threads: blocking jobs that tasks start, and portals through which threads call into an event loop.
//!
//! [`run_in_thread`] is the way out of the event loop, a [portal](create_threads_portal) the way in. Code that is no task at all, in a
//! program that is not asynchronous, starts an event loop in the background: [`BlockingPortal`].

mod blocking;

use easynet_core::AsyncBackend;
pub use easynet_core::{
    cancel::{check_cancelled, current_effective_deadline},
    threads::{
        NamedCall, PortalError, PortalFuture, PortalHandle, RunJob, current_portal, run_coroutine, run_sync,
    },
};

pub use self::blocking::BlockingPortal;
use crate::{BuiltinBackend, builtin::ambient};

/// A blocking job to be run: see [`easynet_core::threads::RunInThread`].
pub type RunInThread<J> = easynet_core::threads::RunInThread<BuiltinBackend, J>;

/// Lets threads run code in an event loop: see [`easynet_core::threads::ThreadsPortal`].
pub type ThreadsPortal = easynet_core::threads::ThreadsPortal<BuiltinBackend>;

/// See [`AsyncBackend::run_in_thread`].
///
/// # Cancellation
///
/// Shielded: finishes first. The job is told: [`check_cancelled`]. With
/// [`abandon_on_cancel`](easynet_core::threads::RunInThread::abandon_on_cancel) it lets go.
///
/// # Panics
///
/// Outside of any backend. A panic of the job resumes here.
///
/// # Examples
///
/// A job that takes part in a timeout:
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() {
/// use easynet::{prelude::*, threads::{check_cancelled, run_in_thread}};
///
/// let job = || loop {
///     if check_cancelled().is_err() {
///         break "given up";
///     }
/// };
/// let ended = with_timeout!(5ms, run_in_thread(job));
/// assert_eq!(ended, Ok("given up")); // It completed, so that the timeout has nothing to cancel.
/// # }
/// ```
#[track_caller]
pub fn run_in_thread<J, T>(job: J) -> RunInThread<J>
where
    J: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    ambient().run_in_thread(job)
}

/// See [`AsyncBackend::create_threads_portal`].
///
/// # Panics
///
/// Outside of any backend, and in a job of [`run_in_thread`], which has a portal already: [`current_portal`].
#[track_caller]
pub fn create_threads_portal() -> ThreadsPortal {
    ambient().create_threads_portal()
}
