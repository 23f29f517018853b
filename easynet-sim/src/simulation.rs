//! One simulation: a seed, options, and a program to run.

use std::{future::Future, panic::Location, time::Duration};

use easynet_core::{AsyncBackend, RunnerOptions};

use crate::{
    SimBackend, SimulationError,
    lock::lock,
    plan::{Plan, Schedule},
    scheduler,
    trace::Sink,
};

/// A simulation with a seed and options; what it runs goes the same way each time.
///
/// # Examples
///
/// ```
/// use easynet::sim::{Schedule, Simulation};
///
/// let simulation = Simulation::new(7).schedule(Schedule::pct()).step_limit(10_000);
/// let (value, trace) = simulation.run_traced(async { 42 });
/// assert_eq!(value.unwrap(), 42);
/// assert_eq!(simulation.run_traced(async { 42 }).1, trace);
/// ```
#[derive(Debug, Clone)]
#[must_use = "a simulation does nothing before it runs a program"]
pub struct Simulation {
    pub(crate) plan: Plan,
}

impl Simulation {
    /// A simulation in which `seed` decides all that is left to chance.
    pub fn new(seed: u64) -> Self {
        let plan = Plan {
            seed: Some(seed),
            ..Plan::new()
        };
        Self { plan }
    }

    /// The seed, in place of the one it was made with.
    pub fn seed(mut self, seed: u64) -> Self {
        self.plan.seed = Some(seed);
        self
    }

    /// The seed that the environment names by `EASYNET_SEED`, if it names one.
    ///
    /// # Panics
    ///
    /// When that is no number.
    pub fn seed_from_environment(self) -> Self {
        match crate::environment::seed() {
            Some(seed) => self.seed(seed),
            None => self,
        }
    }

    /// How the task to be polled next is chosen; uniformly, unless said otherwise.
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.plan.schedule = schedule;
        self
    }

    /// After how many steps the run is given up; ten million, unless said otherwise.
    ///
    /// A step is one poll of one task. The run ends with a [`SimulationError`] then, which shows what the tasks are doing.
    pub fn step_limit(mut self, steps: u64) -> Self {
        self.plan.step_limit = steps;
        self
    }

    /// How long, in real time, a run that cannot go on waits for other threads to wake a task; not at all, unless said
    /// otherwise.
    ///
    /// Threads of the program's own are not simulated: a run that depends on them is not the same each time.
    pub fn wait_for_threads(mut self, patience: Duration) -> Self {
        self.plan.patience = patience;
        self
    }

    /// The options of a runner. Of those only `max_blocking_threads` matters here: it bounds how many jobs run at once. There
    /// is one thread, whatever they say, and time is always virtual.
    pub fn runner_options(mut self, options: RunnerOptions) -> Self {
        self.plan.options = options;
        self
    }

    /// Where the program is said to have been started, in place of the call of `run`.
    pub(crate) fn called_from(mut self, location: &'static Location<'static>) -> Self {
        self.plan.location.get_or_insert(location);
        self
    }

    /// See [`seed`](Self::seed).
    pub fn chosen_seed(&self) -> u64 {
        self.plan.seed()
    }

    /// The backend that runs programs in such simulations, for code that takes any.
    pub fn backend(&self) -> SimBackend {
        SimBackend::planned(self.plan.clone())
    }

    /// Runs a program, and returns its output once it and everything it started have ended.
    ///
    /// # Errors
    ///
    /// When nothing can run any more, at the step limit, and when something is left in the end. Also inside of a
    /// running backend.
    ///
    /// # Panics
    ///
    /// A panic of the program resumes here.
    #[track_caller]
    pub fn run<F>(&self, program: F) -> Result<F::Output, SimulationError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.backend()
            .bootstrap_with(&self.plan.options, program)
            .map_err(|error| SimulationError::from_bootstrap(error, self.chosen_seed()))
    }

    /// Like [`run`](Self::run), with the trace: a line for every step, and for what happened in it.
    ///
    /// Each line begins with the virtual time. Tasks are numbered in the order in which they were started. The same
    /// program under the same seed has the same trace, on every machine.
    ///
    /// # Panics
    ///
    /// A panic of the program resumes here; `EASYNET_TRACE=1` prints the lines as they come.
    #[track_caller]
    pub fn run_traced<F>(&self, program: F) -> (Result<F::Output, SimulationError>, String)
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let mut traced = self.clone();
        let (sink, text) = Sink::text();
        traced.plan.trace = sink;
        let output = traced.run(program);
        let text = std::mem::take(&mut *lock(&text));
        (output, text)
    }
}

/// Runs a program under a seed: [`Simulation::run`] without options.
///
/// # Errors
///
/// As [`Simulation::run`].
///
/// # Panics
///
/// A panic of the program resumes here.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use easynet::time::sleep;
///
/// // An hour passes at once.
/// easynet::sim::run(7, async { sleep(Duration::from_secs(3600)).await }).unwrap();
///
/// let stuck = easynet::sim::run(7, std::future::pending::<()>()).unwrap_err();
/// assert!(stuck.is_deadlock());
/// ```
#[track_caller]
pub fn run<F>(seed: u64, program: F) -> Result<F::Output, SimulationError>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    Simulation::new(seed).run(program)
}

/// The seed of the simulation that runs the calling code, if one does: for random numbers of the program's own.
///
/// # Examples
///
/// ```
/// assert_eq!(easynet::sim::run(7, async { easynet::sim::seed() }).unwrap(), Some(7));
/// assert_eq!(easynet::sim::seed(), None);
/// ```
pub fn seed() -> Option<u64> {
    scheduler::current().map(|scheduler| scheduler.seed())
}
