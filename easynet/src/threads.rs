//! Threads: blocking jobs that tasks start, and portals through which threads call into an event loop.
//!
//! [`run_in_thread`] is the way out of the event loop, a [portal](create_threads_portal) the way in. Code that is no task at all, in a
//! program that is not asynchronous, starts an event loop in the background: [`BlockingPortal`].

mod blocking;

use easynet_core::AsyncBackend;
pub use easynet_core::{
    cancel::{check_cancelled, current_effective_deadline},
    threads::{
        NamedCall, PlainValue, PortalError, PortalFuture, PortalHandle, RunJob, current_portal,
        run_coroutine, run_sync,
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
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() {
/// use easynet::{prelude::*, threads::run_in_thread};
///
/// let text = String::from("a long computation");
/// let words = with_timeout!(1min, run_in_thread(move || text.split(' ').count()));
/// assert_eq!(words, Ok(3));
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
