//! An executor and the threads that poll its tasks.
//!
//! # Invariants
//!
//! 1. Only the threads own the executor: tasks hold values that are bound to it, and would keep it alive otherwise.
//! 2. A thread knows its runtime as long as it polls tasks of it, or runs a job for it.

use std::{
    cell::RefCell,
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, resume_unwind},
    sync::{Arc, Weak},
    thread,
};

use async_executor::Executor;
use async_io::block_on;
use easynet_core::{BootstrapError, Flavor, RunnerOptions};
use futures::{FutureExt, channel::oneshot};

use super::NAME;

thread_local! {
    static CURRENT: RefCell<Option<Runtime>> = const { RefCell::new(None) };
}

/// A runtime, as long as it runs; none of its owners.
#[derive(Clone)]
pub(super) struct Runtime(Weak<Executor<'static>>);

impl Runtime {
    fn of(executor: &Arc<Executor<'static>>) -> Self {
        Self(Arc::downgrade(executor))
    }

    /// That of the calling thread.
    pub(super) fn current() -> Option<Self> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Makes it that of the calling thread, until the guard is dropped.
    pub(super) fn enter(self) -> Entered {
        Entered {
            outer: CURRENT.replace(Some(self)),
        }
    }

    /// Starts a task. One that comes too late is dropped, as those are that were left.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(executor) = self.0.upgrade() {
            executor.spawn(task).detach();
        }
    }
}

impl PartialEq for Runtime {
    fn eq(&self, other: &Self) -> bool {
        self.0.ptr_eq(&other.0)
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").finish_non_exhaustive()
    }
}

/// The calling thread is one of a runtime.
#[must_use = "the thread is left at once if nobody keeps it"]
pub(super) struct Entered {
    outer: Option<Runtime>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.outer.take());
    }
}

/// Makes a runtime, and runs `main` in it as a task.
pub(super) fn run<F>(options: &RunnerOptions, main: F) -> Result<F::Output, BootstrapError>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    check(options)?;
    let executor = Arc::new(Executor::new());
    let main = executor.spawn(AssertUnwindSafe(main).catch_unwind());
    let ended = if options.chosen_flavor() == Flavor::CurrentThread {
        let _entered = Runtime::of(&executor).enter();
        let ended = block_on(executor.run(main));
        // Here: what is left is dropped in the runtime.
        drop(executor);
        ended
    } else {
        let _workers = Workers::start(executor, options).map_err(|error| BootstrapError::io(NAME, error))?;
        block_on(main)
    };
    Ok(ended.unwrap_or_else(|panic| resume_unwind(panic)))
}

/// Refuses what these parts cannot do.
fn check(options: &RunnerOptions) -> Result<(), BootstrapError> {
    let refuse = |text| Err(BootstrapError::options(NAME, text));
    if options.chosen_start_paused() {
        return refuse("its clock cannot stand still: run without `start_paused`");
    }
    if options.chosen_max_blocking_threads().is_some() {
        return refuse(
            "all runtimes share the threads for blocking jobs: set the environment variable `BLOCKING_MAX_THREADS` \
             instead of `max_blocking_threads`",
        );
    }
    match options.chosen_flavor() {
        Flavor::CurrentThread if options.chosen_worker_threads().is_some() => {
            refuse("`worker_threads` needs the multi-thread flavor")
        }
        Flavor::CurrentThread | Flavor::MultiThread => Ok(()),
        _ => refuse("it has no such flavor"),
    }
}

/// The worker threads; they are told to end when this is dropped, and not waited for.
struct Workers {
    _stop: oneshot::Sender<()>,
}

impl Workers {
    fn start(executor: Arc<Executor<'static>>, options: &RunnerOptions) -> std::io::Result<Self> {
        let threads = match options.chosen_worker_threads() {
            Some(threads) => threads,
            None => thread::available_parallelism()?,
        };
        let name = options.chosen_thread_name().unwrap_or(NAME);
        let (stop, stopped) = oneshot::channel();
        let stopped = stopped.shared();
        // Told to end with this one, also if not all of them can be started.
        let workers = Self { _stop: stop };
        for _ in 0..threads.get() {
            let (executor, stopped) = (executor.clone(), stopped.clone());
            thread::Builder::new().name(name.to_owned()).spawn(move || {
                let _entered = Runtime::of(&executor).enter();
                // Answers that it was cancelled: nothing is ever sent.
                let _ = block_on(executor.run(stopped));
                drop(executor);
            })?;
        }
        Ok(workers)
    }
}
