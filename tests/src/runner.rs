//! One backend in one flavour, and the watch over what runs on it.

use std::{
    future::Future,
    panic::resume_unwind,
    sync::mpsc::{RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use easynet::{AsyncBackend, BuiltinBackend, Flavor, RunnerOptions, new_builtin_backend};

use crate::clock::Stopwatch;

/// How long a test may take: a deadlock is a failure, not a wait without end.
const PATIENCE: Duration = Duration::from_secs(60);

/// One backend in one flavour.
#[derive(Debug, Clone, Copy)]
pub struct Runner {
    backend: &'static str,
    flavor: Flavor,
    worker_threads: Option<usize>,
    virtual_time: bool,
}

impl Runner {
    /// Tokio with two worker threads, in real time.
    pub const TOKIO_MULTI_THREAD: Self = Self {
        backend: "tokio",
        flavor: Flavor::MultiThread,
        worker_threads: Some(2),
        virtual_time: false,
    };

    /// Tokio on one thread, in virtual time.
    pub const TOKIO_CURRENT_THREAD: Self = Self {
        backend: "tokio",
        flavor: Flavor::CurrentThread,
        worker_threads: None,
        virtual_time: true,
    };

    /// A new value of the backend.
    pub fn backend(self) -> BuiltinBackend {
        new_builtin_backend(self.backend).expect("the suite enables every backend")
    }

    /// The options of this flavour.
    pub fn options(self) -> RunnerOptions {
        let options = RunnerOptions::new()
            .flavor(self.flavor)
            .start_paused(self.virtual_time);
        match self.worker_threads {
            Some(threads) => options.worker_threads(threads),
            None => options,
        }
    }

    /// Whether moments are exact, and no two tasks run at once.
    pub fn has_virtual_time(self) -> bool {
        self.virtual_time
    }

    /// A stopwatch on the clock of the backend that is running.
    pub fn stopwatch(self) -> Stopwatch {
        Stopwatch::start(self.virtual_time)
    }

    /// Runs a program on the backend.
    pub fn run<F>(self, main: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.backend()
            .bootstrap_with(&self.options(), main)
            .expect("nothing runs here yet")
    }

    /// Calls a test in a thread of its own, and fails if it does not come to an end.
    ///
    /// # Panics
    ///
    /// As the test does, and when it takes longer than a minute.
    pub fn watch<T: Send + 'static>(self, test: impl FnOnce(Self) -> T + Send + 'static) -> T {
        let name = thread::current().name().unwrap_or("test").to_owned();
        let (alive, ended) = channel::<()>();
        let thread = thread::Builder::new()
            .name(name)
            .spawn(move || {
                let _alive = alive;
                test(self)
            })
            .expect("there is a thread for the test");
        match ended.recv_timeout(PATIENCE) {
            Err(RecvTimeoutError::Timeout) => {
                panic!("the test has not ended after {PATIENCE:?}: a deadlock?")
            }
            _ => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
        }
    }
}
