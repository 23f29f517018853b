//! One backend in one flavour, and the watch over what runs on it.

use std::{
    fmt::Debug,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::mpsc::{RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use easynet::{
    AsyncBackend, BuiltinBackend, Flavor, RunnerOptions, new_builtin_backend,
    sim::{Schedule, Seeds, Simulation},
};

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
    /// Of the simulation.
    seed: u64,
}

/// How many seeds each test is run under in the simulation; `EASYNET_SEEDS` says otherwise.
const SEEDS: u64 = 16;

/// How long the simulation waits for a thread that a test has started.
const THREADS: Duration = Duration::from_secs(10);

/// What a test returns.
pub trait Verdict {
    /// Fails if the test did.
    fn check(&self);
}

impl Verdict for () {
    fn check(&self) {}
}

impl<T, E: Debug> Verdict for Result<T, E> {
    #[track_caller]
    fn check(&self) {
        if let Err(error) = self {
            panic!("{error:?}");
        }
    }
}

impl Runner {
    /// Tokio with two worker threads, in real time.
    pub const TOKIO_MULTI_THREAD: Self = Self {
        backend: "tokio",
        flavor: Flavor::MultiThread,
        worker_threads: Some(2),
        virtual_time: false,
        seed: 0,
    };

    /// Tokio on one thread, in virtual time.
    pub const TOKIO_CURRENT_THREAD: Self = Self {
        backend: "tokio",
        flavor: Flavor::CurrentThread,
        worker_threads: None,
        virtual_time: true,
        seed: 0,
    };

    /// Tokio on one thread, in real time: its virtual time stands still as long as a blocking job runs.
    pub const TOKIO_CURRENT_THREAD_IN_REAL_TIME: Self = Self {
        virtual_time: false,
        ..Self::TOKIO_CURRENT_THREAD
    };

    /// The simulation: one thread, virtual time, and an order that the seed chooses.
    pub const SIM: Self = Self {
        backend: "sim",
        flavor: Flavor::CurrentThread,
        worker_threads: None,
        virtual_time: true,
        seed: 0,
    };

    /// A new value of the backend.
    pub fn backend(self) -> BuiltinBackend {
        if self.is_simulated() {
            return self.simulation().backend().into();
        }
        new_builtin_backend(self.backend).expect("the suite enables every backend")
    }

    /// Whether a seed decides who runs when.
    pub fn is_simulated(self) -> bool {
        self.backend == "sim"
    }

    /// The simulation of the present seed; every fourth goes by priorities.
    pub fn simulation(self) -> Simulation {
        let schedule = if self.seed % 4 == 3 {
            Schedule::pct()
        } else {
            Schedule::Uniform
        };
        Simulation::new(self.seed)
            .schedule(schedule)
            .wait_for_threads(THREADS)
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

    /// Calls a test as [`watch`](Self::watch) does; in the simulation under several seeds, up to the first it fails under.
    ///
    /// # Panics
    ///
    /// As [`watch`](Self::watch).
    pub fn watch_each<T: Verdict + Send + 'static>(self, test: impl Fn(Self) -> T + Send + 'static) -> T {
        let seeds = Seeds::first(SEEDS).or_environment().into_iter();
        // As much for each round of seeds as for one run elsewhere.
        let rounds = (seeds.end() - seeds.start()) / SEEDS + 1;
        let patience = PATIENCE.saturating_mul(u32::try_from(rounds).unwrap_or(u32::MAX));
        self.watch_for(patience, move |runner| {
            if !runner.is_simulated() {
                return test(runner);
            }
            let mut last = None;
            for seed in seeds.clone() {
                let ended = catch_unwind(AssertUnwindSafe(|| {
                    let verdict = test(Self { seed, ..runner });
                    verdict.check();
                    verdict
                }));
                last = Some(ended.unwrap_or_else(|panic| {
                    eprintln!(
                        "it fails under seed {seed}: EASYNET_SEED={seed} runs it under that seed alone"
                    );
                    resume_unwind(panic)
                }));
            }
            last.expect("there is one seed at least")
        })
    }

    /// Calls a test in a thread of its own, and fails if it does not come to an end.
    ///
    /// # Panics
    ///
    /// As the test does, and when it takes longer than a minute.
    pub fn watch<T: Send + 'static>(self, test: impl FnOnce(Self) -> T + Send + 'static) -> T {
        self.watch_for(PATIENCE, test)
    }

    fn watch_for<T: Send + 'static>(
        self,
        patience: Duration,
        test: impl FnOnce(Self) -> T + Send + 'static,
    ) -> T {
        watched_for(patience, move || test(self))
    }
}

/// Calls a test in a thread of its own, and fails if it does not come to an end: for what has no [`Runner`].
///
/// # Panics
///
/// As the test does, and when it takes longer than a minute.
pub fn watched<T: Send + 'static>(test: impl FnOnce() -> T + Send + 'static) -> T {
    watched_for(PATIENCE, test)
}

fn watched_for<T: Send + 'static>(patience: Duration, test: impl FnOnce() -> T + Send + 'static) -> T {
    let name = thread::current().name().unwrap_or("test").to_owned();
    let (alive, ended) = channel::<()>();
    let thread = thread::Builder::new()
        .name(name)
        .spawn(move || {
            let _alive = alive;
            test()
        })
        .expect("there is a thread for the test");
    match ended.recv_timeout(patience) {
        Err(RecvTimeoutError::Timeout) => {
            panic!("the test has not ended after {patience:?}: a deadlock?")
        }
        _ => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
    }
}
