//! Why a simulation did not come to its end.

use std::{error::Error, fmt};

use easynet_core::BootstrapError;

use crate::trace::moment;

/// A simulation came to no good end: a deadlock, too many steps, or something left behind.
///
/// What it prints, also as `Debug`, is the [`report`](Self::report): the reason, and the tree of groups, tasks and
/// scopes at that moment.
#[derive(Clone)]
pub struct SimulationError {
    kind: Kind,
    seed: u64,
    report: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Deadlock,
    StepLimit,
    Leak,
    Bootstrap,
}

impl SimulationError {
    pub(crate) fn new(kind: Kind, seed: u64, report: String) -> Self {
        Self { kind, seed, report }
    }

    /// From what `bootstrap` says: the error of a simulation that is inside, or that there was none.
    pub(crate) fn from_bootstrap(error: BootstrapError, seed: u64) -> Self {
        let text = error.to_string();
        let source = error.into_source();
        match source.map(|source| source.downcast::<Self>()) {
            Some(Ok(own)) => *own,
            _ => Self::new(Kind::Bootstrap, seed, text),
        }
    }

    /// Whether nothing could run any more, and no timer was set.
    pub fn is_deadlock(&self) -> bool {
        self.kind == Kind::Deadlock
    }

    /// Whether it took more steps than the limit: a livelock, perhaps.
    pub fn is_step_limit(&self) -> bool {
        self.kind == Kind::StepLimit
    }

    /// Whether the program ended while a task, a guard or a timer was left.
    pub fn is_leak(&self) -> bool {
        self.kind == Kind::Leak
    }

    /// The seed of the run.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The reason, and the tree of groups, tasks and scopes: the same text for the same program and seed.
    pub fn report(&self) -> &str {
        &self.report
    }
}

impl fmt::Display for SimulationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.report)
    }
}

impl fmt::Debug for SimulationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.report)
    }
}

impl Error for SimulationError {}

/// The first line of a report.
pub(crate) fn headline(kind: Kind, seed: u64, steps: u64, now: std::time::Instant) -> String {
    let what = match kind {
        Kind::Deadlock => "deadlock: nothing can run, and no timer is set",
        Kind::StepLimit => "the step limit is reached: a livelock, or a limit that is too low",
        Kind::Leak => "the program has ended, and something of it is left",
        Kind::Bootstrap => "the simulation could not be run",
    };
    format!("{what} (seed {seed}, step {steps}, virtual time {})", moment(now))
}
