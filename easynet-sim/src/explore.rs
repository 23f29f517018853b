//! Looking for a seed under which a program fails.

use std::{
    any::Any,
    error::Error,
    fmt,
    future::Future,
    ops::{Range, RangeInclusive},
    panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind},
    sync::Mutex,
};

use crate::{Simulation, SimulationError, environment, lock::lock};

/// Which seeds to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seeds(RangeInclusive<u64>);

impl Seeds {
    /// The first so many.
    pub fn first(count: u64) -> Self {
        (0..count).into()
    }

    /// Just this one.
    pub fn only(seed: u64) -> Self {
        Self(seed..=seed)
    }

    /// These, unless the environment says otherwise: `EASYNET_SEED=7` is one seed, `EASYNET_SEEDS=1000` the first
    /// thousand, `EASYNET_SEEDS=1000..2000` the next.
    ///
    /// # Panics
    ///
    /// When it says something else than numbers.
    pub fn or_environment(self) -> Self {
        match (environment::seed(), environment::seeds()) {
            (Some(seed), _) => Self::only(seed),
            (None, Some(seeds)) => seeds.into(),
            (None, None) => self,
        }
    }
}

impl IntoIterator for Seeds {
    type Item = u64;
    type IntoIter = RangeInclusive<u64>;

    fn into_iter(self) -> RangeInclusive<u64> {
        self.0
    }
}

impl From<Range<u64>> for Seeds {
    fn from(seeds: Range<u64>) -> Self {
        match seeds.end.checked_sub(1) {
            Some(last) if !seeds.is_empty() => Self(seeds.start..=last),
            _ => Self(RangeInclusive::new(1, 0)),
        }
    }
}

/// Runs a program, made anew by `program`, under each seed in turn, up to the first under which it fails.
///
/// It fails when it panics, when it returns what `is_failure` says is one, and when the simulation does not come to its
/// end. The answer is the output of the last run, if none failed; none at all if there was no seed.
///
/// # Errors
///
/// [`FailingSeed`], with what went wrong.
///
/// # Examples
///
/// ```
/// use easynet::{prelude::*, sim::{Simulation, explore}};
/// use std::sync::{Arc, Mutex};
///
/// // Which of two tasks is first is left to the seed.
/// let race = || async {
///     let first = Arc::new(Mutex::new(None));
///     task_group!(|group| {
///         for name in ["left", "right"] {
///             let first = first.clone();
///             group.start_soon(async move { _ = first.lock().unwrap().get_or_insert(name) });
///         }
///     })
///     .unwrap();
///     first.lock().unwrap().unwrap()
/// };
/// let failing = explore(&Simulation::new(0), 0..100, race, |first| *first == "right").unwrap_err();
/// // Under that seed it is so each time.
/// assert_eq!(easynet::sim::run(failing.seed(), race()).unwrap(), "right");
/// ```
#[track_caller]
pub fn explore<F, P>(
    simulation: &Simulation,
    seeds: impl Into<Seeds>,
    mut program: P,
    is_failure: impl Fn(&F::Output) -> bool,
) -> Result<Option<F::Output>, FailingSeed<F::Output>>
where
    P: FnMut() -> F,
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let simulation = simulation.clone().called_from(Location::caller());
    let mut last = None;
    for seed in seeds.into() {
        let simulation = simulation.clone().seed(seed);
        let fail = |failure| Err(FailingSeed { seed, failure });
        last = match catch_unwind(AssertUnwindSafe(|| simulation.run(program()))) {
            Ok(Ok(output)) if is_failure(&output) => return fail(Failure::Output(output)),
            Ok(Ok(output)) => Some(output),
            Ok(Err(error)) => return fail(Failure::Simulation(error)),
            Err(panic) => return fail(Failure::Panic(Payload::new(panic))),
        };
    }
    Ok(last)
}

/// A program fails under this seed: "fails under seed 17: ..".
pub struct FailingSeed<T> {
    seed: u64,
    failure: Failure<T>,
}

enum Failure<T> {
    Output(T),
    Panic(Payload),
    Simulation(SimulationError),
}

impl<T> FailingSeed<T> {
    /// The seed: another run under it fails in the same way.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// What the program returned, if that was the failure.
    pub fn output(&self) -> Option<&T> {
        match &self.failure {
            Failure::Output(output) => Some(output),
            _ => None,
        }
    }

    /// Why the simulation did not come to its end, if that was the failure.
    pub fn simulation_error(&self) -> Option<&SimulationError> {
        match &self.failure {
            Failure::Simulation(error) => Some(error),
            _ => None,
        }
    }

    /// Fails as the program did: resumes its panic, or panics with the report of the simulation.
    ///
    /// # Errors
    ///
    /// What the program returned, if that was the failure.
    pub fn resume(self) -> Result<std::convert::Infallible, T> {
        match self.failure {
            Failure::Output(output) => Err(output),
            Failure::Panic(panic) => resume_unwind(panic.into_inner()),
            Failure::Simulation(error) => panic!("{error}"),
        }
    }
}

impl<T> fmt::Display for FailingSeed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fails under seed {}: ", self.seed)?;
        match &self.failure {
            Failure::Output(_) => f.write_str("it returns a failure"),
            Failure::Panic(panic) => write!(f, "it panics: {}", panic.text()),
            Failure::Simulation(error) => error.fmt(f),
        }
    }
}

impl<T> fmt::Debug for FailingSeed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<T> Error for FailingSeed<T> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.failure {
            Failure::Simulation(error) => error.source(),
            _ => None,
        }
    }
}

/// What a panic was raised with; behind a lock, so that errors that hold one can be shared by threads.
pub(crate) struct Payload(Mutex<Box<dyn Any + Send>>);

impl Payload {
    pub(crate) fn new(panic: Box<dyn Any + Send>) -> Self {
        Self(Mutex::new(panic))
    }

    fn into_inner(self) -> Box<dyn Any + Send> {
        self.0
            .into_inner()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// What the panic says.
    pub(crate) fn text(&self) -> String {
        let panic = lock(&self.0);
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        text.unwrap_or("a panic without text").to_owned()
    }
}
