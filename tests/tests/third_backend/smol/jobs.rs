//! Blocking jobs.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use futures::channel::oneshot;

use super::runtime::Runtime;

/// Runs a job on a thread that may block, which counts as one of the runtime meanwhile.
///
/// Dropping the future lets the job go on.
pub(super) async fn run<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> T {
    let runtime = Runtime::current();
    let (ended, end) = oneshot::channel();
    let thread = blocking::unblock(move || {
        let _entered = runtime.map(Runtime::enter);
        // Nobody may be there to hear of it any more.
        let _ = ended.send(catch_unwind(AssertUnwindSafe(job)));
    });
    // Its handle would cancel it.
    thread.detach();
    let ended = end.await.expect("a job that was started comes to its end");
    ended.unwrap_or_else(|panic| resume_unwind(panic))
}
