//! How a simulation is to go.

use std::{panic::Location, time::Duration};

use easynet_core::RunnerOptions;

/// How the task to be polled next is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Schedule {
    /// Each task that can run is as likely as any other.
    #[default]
    Uniform,
    /// Probabilistic concurrency testing: each task gets a priority at random, and the highest one runs; at a few points
    /// it is overtaken by all others.
    ///
    /// It finds bugs that need one task to fall far behind, which uniform choice hardly ever does. Of a bug that `depth`
    /// events in a certain order bring about it finds one in `n * k^(depth - 1)` runs at least, with `n` tasks and `k`
    /// steps (Burckhardt and others, "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs",
    /// ASPLOS 2010). A task that yields goes behind all others, so that no loop of yields starves them.
    Pct {
        /// How many events the bug needs; one less is the number of points.
        depth: u32,
    },
}

impl Schedule {
    /// [`Pct`](Self::Pct) with a depth of three, which most bugs do with.
    pub const fn pct() -> Self {
        Self::Pct { depth: 3 }
    }
}

/// The options of one simulation.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) seed: Option<u64>,
    pub(crate) schedule: Schedule,
    pub(crate) step_limit: u64,
    pub(crate) patience: Duration,
    pub(crate) options: RunnerOptions,
    /// Where the program was started, if `bootstrap` cannot know.
    pub(crate) location: Option<&'static Location<'static>>,
    pub(crate) trace: crate::trace::Sink,
    pub(crate) knife: Option<std::sync::Arc<crate::every_await::Knife>>,
}

impl Plan {
    /// The plan of a backend that nobody has said anything about.
    pub(crate) fn new() -> Self {
        Self {
            seed: None,
            schedule: Schedule::Uniform,
            step_limit: STEP_LIMIT,
            patience: Duration::ZERO,
            options: RunnerOptions::new(),
            location: None,
            trace: crate::trace::Sink::from_environment(),
            knife: None,
        }
    }

    /// The seed that was chosen, or else that of the environment, or else zero.
    pub(crate) fn seed(&self) -> u64 {
        self.seed.or_else(crate::environment::seed).unwrap_or(0)
    }

    pub(crate) fn schedule(&self) -> Schedule {
        self.schedule
    }
}

/// More steps than a test needs, and a second or two at most.
const STEP_LIMIT: u64 = 10_000_000;
