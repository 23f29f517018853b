//! A program, cancelled at each of its suspension points in turn, under a seed.

use std::{
    error::Error,
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, Location, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
};

use easynet_core::{
    cancel::CancelScope,
    testing::{Trial, Witness},
};

use crate::{SimBackend, Simulation, SimulationError, explore::Payload, lock::lock};

/// Runs `program` once to its end, and then once for each suspension point of what it gives to [`Cut::run`], cancelled
/// there; answers how many points there are.
///
/// A point is a step after which a task is suspended: any task, not only the one that calls. Each run is a simulation of
/// its own under the same seed, so that it goes exactly as the first up to its point; other seeds, and other schedules,
/// have other points.
///
/// What is given to `Cut::run` is the part that is cancelled. Nothing of it may be left when it has ended: no task, no
/// guard, no clone of the [`Witness`]. What the program does before and after is not cancelled: it is where state is
/// prepared, and where invariants are checked, by panics.
///
/// # Errors
///
/// [`InvariantError`] for the first point at which a run panics, leaves something behind, or does not come to its end.
///
/// # Panics
///
/// When the program gives nothing to `Cut::run`.
///
/// # Examples
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use easynet::{sim::{Simulation, cancel_at_every_await}, time::coro_yield};
///
/// // Money is taken from one account, then given to the other: what if it is cancelled in between?
/// let points = cancel_at_every_await(&Simulation::new(1), |cut| async move {
///     let accounts = Arc::new(Mutex::new((100, 0)));
///     let own = accounts.clone();
///     cut.run(async move {
///         own.lock().unwrap().0 -= 10;
///         coro_yield().await;
///         own.lock().unwrap().1 += 10;
///     })
///     .await;
///     let (one, other) = *accounts.lock().unwrap();
///     assert_eq!(one + other, 100, "money is lost");
/// });
/// let error = points.unwrap_err();
/// assert_eq!(error.point(), Some(0)); // `cancel_at` runs that one alone
/// assert!(error.to_string().contains("money is lost"));
/// ```
#[track_caller]
pub fn cancel_at_every_await<P, F>(simulation: &Simulation, program: P) -> Result<usize, InvariantError>
where
    P: Fn(Cut) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let simulation = simulation.clone().called_from(Location::caller());
    let points = trial(&simulation, None, &program)?;
    for point in 0..points {
        trial(&simulation, Some(point), &program)?;
    }
    Ok(points)
}

/// One run of [`cancel_at_every_await`]: cancelled at this one point, to see it alone.
///
/// With `EASYNET_TRACE=1` in the environment it prints each step.
///
/// # Errors
///
/// As there.
///
/// # Panics
///
/// As there.
#[track_caller]
pub fn cancel_at<P, F>(simulation: &Simulation, point: usize, program: P) -> Result<(), InvariantError>
where
    P: Fn(Cut) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let simulation = simulation.clone().called_from(Location::caller());
    trial(&simulation, Some(point), program).map(drop)
}

/// One run, cancelled at one point or not at all; how many points it came to.
fn trial<P, F>(simulation: &Simulation, point: Option<usize>, program: P) -> Result<usize, InvariantError>
where
    P: Fn(Cut) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let knife = Arc::new(Knife::new(point));
    let cut = Cut { knife: knife.clone() };
    let mut simulation = simulation.clone();
    simulation.plan.knife = Some(knife.clone());
    let fail = |failure| {
        let place = knife.lock().place.take();
        let seed = simulation.chosen_seed();
        Err(InvariantError(Box::new(Details {
            seed,
            point: point.filter(|_| place.is_some()),
            place,
            failure,
        })))
    };
    match catch_unwind(AssertUnwindSafe(|| simulation.run(program(cut)))) {
        Ok(Ok(())) => {}
        Ok(Err(error)) => return fail(Failure::Simulation(error)),
        Err(panic) => return fail(Failure::Panic(Payload::new(panic))),
    }
    assert!(
        knife.lock().phase != Phase::Waiting,
        "the program gives nothing to `Cut::run`: there is nothing to be cancelled"
    );
    Ok(knife.points.load(Ordering::Relaxed))
}

/// What a program of [`cancel_at_every_await`] gives the part to that is to be cancelled.
#[derive(Clone)]
pub struct Cut {
    knife: Arc<Knife>,
}

impl Cut {
    /// Runs what is to be cancelled; `None` if it was.
    ///
    /// # Cancellation
    ///
    /// It is what this is for. Cancelled from outside, it ends as any scope.
    ///
    /// # Panics
    ///
    /// When something of it is left in the end, naming what. And when it is called twice in one run.
    #[track_caller]
    pub fn run<F: Future>(&self, part: F) -> impl Future<Output = Option<F::Output>> {
        let trial = Trial::new(&SimBackend::new(), &self.knife.witness);
        async move {
            let _inside = self.knife.enter(trial.scope());
            trial.run(part).await
        }
    }

    /// A witness for the part that is cancelled: all clones must be gone when it has ended.
    pub fn witness(&self) -> Witness {
        self.knife.witness.clone()
    }
}

impl fmt::Debug for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cut")
            .field("point", &self.knife.point)
            .finish_non_exhaustive()
    }
}

/// What cancels at a point: told by the run of every suspension.
pub(crate) struct Knife {
    point: Option<usize>,
    witness: Witness,
    /// How many suspensions there were so far.
    points: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    phase: Phase,
    scope: Option<CancelScope<SimBackend>>,
    /// Where it cancelled.
    place: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Phase {
    #[default]
    Waiting,
    Inside,
    Done,
}

impl Knife {
    fn new(point: Option<usize>) -> Self {
        Self {
            point,
            witness: Witness::new(),
            points: AtomicUsize::new(0),
            state: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn enter(&self, scope: CancelScope<SimBackend>) -> Inside<'_> {
        let mut state = self.lock();
        let fresh = state.phase == Phase::Waiting;
        state.phase = Phase::Inside;
        state.scope = Some(scope);
        drop(state);
        assert!(
            fresh,
            "one part of the program is cancelled: `Cut::run` is called once in a run"
        );
        Inside(self)
    }

    fn leave(&self) {
        let mut state = self.lock();
        state.phase = Phase::Done;
        let scope = state.scope.take();
        drop(state);
        drop(scope);
    }

    /// A task has been suspended; at the point, cancels.
    pub(crate) fn suspended(&self, place: impl FnOnce() -> String) {
        if self.lock().phase != Phase::Inside {
            return;
        }
        let count = self.points.fetch_add(1, Ordering::Relaxed);
        if self.point != Some(count) {
            return;
        }
        let scope = {
            let mut state = self.lock();
            state.place = Some(place());
            state.scope.clone()
        };
        if let Some(scope) = scope {
            scope.cancel_because("cancelled at a suspension point, for a test");
        }
    }
}

/// What is to be cancelled runs as long as this lives.
struct Inside<'a>(&'a Knife);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

impl fmt::Debug for Knife {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Knife")
            .field("point", &self.point)
            .finish_non_exhaustive()
    }
}

/// A program does not stand being cancelled at some point: "cancelled at suspension point 3 under seed 1, after
/// task 2 `left`: ..".
pub struct InvariantError(Box<Details>);

struct Details {
    seed: u64,
    point: Option<usize>,
    place: Option<String>,
    failure: Failure,
}

enum Failure {
    Panic(Payload),
    Simulation(SimulationError),
}

impl InvariantError {
    /// The point, counted from zero; none if it fails without being cancelled.
    pub fn point(&self) -> Option<usize> {
        self.0.point
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.0.seed
    }

    /// Why the simulation did not come to its end, if that was the failure.
    pub fn simulation_error(&self) -> Option<&SimulationError> {
        match &self.0.failure {
            Failure::Simulation(error) => Some(error),
            Failure::Panic(_) => None,
        }
    }
}

impl fmt::Display for InvariantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seed = self.0.seed;
        match (self.0.point, &self.0.place) {
            (Some(point), Some(place)) => {
                write!(
                    f,
                    "cancelled at suspension point {point} under seed {seed}, after {place}: "
                )?;
            }
            _ => write!(f, "not cancelled at all, under seed {seed}: ")?,
        }
        match &self.0.failure {
            Failure::Panic(panic) => f.write_str(&panic.text()),
            Failure::Simulation(error) => error.fmt(f),
        }
    }
}

impl fmt::Debug for InvariantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for InvariantError {}
