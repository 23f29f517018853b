//! How a runtime is to be made, and why it was not.

use std::{error::Error, fmt, io, num::NonZeroUsize, sync::Arc, time::Duration};

/// Which threads a runtime uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Flavor {
    /// Several worker threads, which take work from each other.
    #[default]
    MultiThread,
    /// The calling thread only.
    CurrentThread,
}

/// Options for [`bootstrap_with`](crate::AsyncBackend::bootstrap_with).
///
/// # Examples
///
/// ```
/// use easynet::{AsyncBackend, Flavor, RunnerOptions};
///
/// # fn main() -> Result<(), easynet::BootstrapError> {
/// let options = RunnerOptions::new().flavor(Flavor::MultiThread).worker_threads(2).thread_name("worker");
/// let backend = easynet::new_builtin_backend("tokio").expect("the feature is on by default");
/// let thread = backend.bootstrap_with(&options, async { std::thread::current().name().map(str::to_owned) })?;
/// assert_eq!(thread.as_deref(), Some("worker"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct RunnerOptions {
    flavor: Flavor,
    worker_threads: Option<NonZeroUsize>,
    thread_name: Option<Arc<str>>,
    max_blocking_threads: Option<NonZeroUsize>,
    start_paused: bool,
    job_grace: Option<Duration>,
}

impl RunnerOptions {
    /// The defaults of the runtime: several threads, one for each processor.
    pub fn new() -> Self {
        Self::default()
    }

    /// Which threads to use.
    pub fn flavor(mut self, flavor: Flavor) -> Self {
        self.flavor = flavor;
        self
    }

    /// How many worker threads the multi-thread flavor has.
    ///
    /// # Panics
    ///
    /// If `threads` is zero.
    pub fn worker_threads(mut self, threads: usize) -> Self {
        self.worker_threads =
            Some(NonZeroUsize::new(threads).expect("worker_threads: a runtime needs at least one thread"));
        self
    }

    /// The name of the threads of the runtime.
    pub fn thread_name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.thread_name = Some(name.into());
        self
    }

    /// How many threads may run blocking jobs at once: 512 if not said.
    ///
    /// Threads that a runtime of its own has for other blocking work, such as tokio's for files, are counted apart.
    ///
    /// # Panics
    ///
    /// If `threads` is zero.
    pub fn max_blocking_threads(mut self, threads: usize) -> Self {
        self.max_blocking_threads = Some(
            NonZeroUsize::new(threads).expect("max_blocking_threads: blocking jobs need at least one thread"),
        );
        self
    }

    /// Whether the clock stands still and jumps to the next timer whenever nothing else can run: for tests.
    ///
    /// Only with the current-thread flavor, and the feature `test-util`.
    pub fn start_paused(mut self, paused: bool) -> Self {
        self.start_paused = paused;
        self
    }

    /// How long a blocking job may take to end that was told to, before it is reported: ten seconds if not said.
    ///
    /// A program cannot end before its jobs have. One that is stuck is told of, once, with its name and where it was started: by
    /// `tracing`, and on stderr if nobody listens to that.
    pub fn job_grace(mut self, grace: Duration) -> Self {
        self.job_grace = Some(grace);
        self
    }

    /// See [`flavor`](Self::flavor).
    pub fn chosen_flavor(&self) -> Flavor {
        self.flavor
    }

    /// See [`worker_threads`](Self::worker_threads).
    pub fn chosen_worker_threads(&self) -> Option<NonZeroUsize> {
        self.worker_threads
    }

    /// See [`thread_name`](Self::thread_name).
    pub fn chosen_thread_name(&self) -> Option<&str> {
        self.thread_name.as_deref()
    }

    /// See [`max_blocking_threads`](Self::max_blocking_threads).
    pub fn chosen_max_blocking_threads(&self) -> Option<NonZeroUsize> {
        self.max_blocking_threads
    }

    /// See [`start_paused`](Self::start_paused).
    pub fn chosen_start_paused(&self) -> bool {
        self.start_paused
    }

    /// See [`job_grace`](Self::job_grace).
    pub fn chosen_job_grace(&self) -> Option<Duration> {
        self.job_grace
    }
}

/// A program could not be run.
pub struct BootstrapError(Kind);

enum Kind {
    Nested {
        backend: &'static str,
    },
    Options {
        backend: &'static str,
        text: String,
    },
    Io {
        backend: &'static str,
        source: io::Error,
    },
    Stopped {
        backend: &'static str,
        source: Box<dyn Error + Send + Sync>,
    },
}

impl BootstrapError {
    pub(crate) fn nested(backend: &'static str) -> Self {
        Self(Kind::Nested { backend })
    }

    /// For a backend whose runtime cannot have these options; `text` says what to change.
    pub fn options(backend: &'static str, text: impl Into<String>) -> Self {
        Self(Kind::Options {
            backend,
            text: text.into(),
        })
    }

    /// For a backend whose runtime could not be made.
    pub fn io(backend: &'static str, source: io::Error) -> Self {
        Self(Kind::Io { backend, source })
    }

    /// For a backend that ran the program, and did not bring it to its end; `source` says why.
    pub fn stopped(backend: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Kind::Stopped {
            backend,
            source: source.into(),
        })
    }

    /// Whether the program was run, and did not come to its end: a simulation that found a deadlock.
    pub fn is_stopped(&self) -> bool {
        matches!(self.0, Kind::Stopped { .. })
    }

    /// What the backend said, if it did not bring the program to its end.
    pub fn into_source(self) -> Option<Box<dyn Error + Send + Sync>> {
        match self.0 {
            Kind::Stopped { source, .. } => Some(source),
            _ => None,
        }
    }

    /// Whether it was called inside of a running backend.
    pub fn is_nested(&self) -> bool {
        matches!(self.0, Kind::Nested { .. })
    }

    /// Whether the options do not fit the backend.
    pub fn is_options(&self) -> bool {
        matches!(self.0, Kind::Options { .. })
    }
}

impl fmt::Display for BootstrapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Nested { backend } => write!(
                f,
                "cannot bootstrap the {backend} backend inside of a running one: await the future here, \
                 or start it in a task group"
            ),
            Kind::Options { backend, text } => write!(f, "cannot run the {backend} backend: {text}"),
            Kind::Stopped { backend, source } => {
                write!(f, "the {backend} backend gave the program up: {source}")
            }
            Kind::Io { backend, .. } => write!(f, "cannot start the runtime of the {backend} backend"),
        }
    }
}

impl fmt::Debug for BootstrapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BootstrapError({self})")
    }
}

impl Error for BootstrapError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Kind::Io { source, .. } => Some(source),
            Kind::Stopped { source, .. } => source.source(),
            _ => None,
        }
    }
}
