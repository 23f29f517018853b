//! The threads that jobs run on, which take turns with the simulation.
//!
//! A job is a task of the scheduler: polled, it has the turn, and runs on a thread of its own while the simulation's thread waits. It gives the
//! turn back when it has ended, when it blocks, and when it has come to a point where others may go first. So there is never
//! more than one of all these threads that runs, and the seed decides which.
//!
//! # Invariants
//!
//! 1. Whoever does not have the turn touches nothing but its baton.
//! 2. A job that the simulation drops is unwound before the drop returns: nothing of it is left, on no thread.
//! 3. Threads belong to one simulation and end with it, so that no thread-local of one run is seen in another.

use std::{
    cell::RefCell,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::{Arc, Condvar, Mutex},
    task::{Context, Poll, Waker},
    thread::{self, JoinHandle},
    time::Instant,
};

use easynet_core::observe::{Numbers, Wait, give_numbers, observe, take_numbers, waits};

use crate::{
    lock::lock,
    scheduler::{self, Scheduler},
    watch::Recorder,
};

/// A job, without the types of it.
pub(super) type AnyJob = Box<dyn FnOnce() + Send>;

/// The turn, as one thread and the simulation pass it on.
#[derive(Default)]
struct Baton {
    state: Mutex<State>,
    passed: Condvar,
}

#[derive(Default)]
struct State {
    turn: Turn,
    numbers: Option<Numbers>,
}

#[derive(Default)]
enum Turn {
    /// Taken by the one who has it.
    #[default]
    Out,
    /// The thread is to begin with a job.
    Begin(AnyJob, Arc<Scheduler>, Given),
    /// The thread is to go on.
    GoOn(Given),
    /// The thread is to end.
    Quit,
    /// The simulation is to go on.
    Back(Pause),
}

/// What a thread gets with the turn.
struct Given {
    waker: Waker,
    now: Instant,
    /// The simulation has ended: the job is to be unwound.
    aborted: bool,
}

/// Why a thread gave the turn back.
#[derive(Clone, Copy)]
enum Pause {
    Ended,
    /// It is to be woken.
    Waits(Option<&'static str>),
}

impl Baton {
    fn pass(&self, turn: Turn) {
        {
            let mut state = lock(&self.state);
            state.numbers = Some(take_numbers());
            state.turn = turn;
        }
        self.passed.notify_all();
    }

    /// Waits for a turn that `accepts`.
    fn receive(&self, accepts: impl Fn(&Turn) -> bool) -> Turn {
        let state = self
            .passed
            .wait_while(lock(&self.state), |state| !accepts(&state.turn));
        let mut state = state.unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(numbers) = state.numbers.take() {
            give_numbers(numbers);
        }
        std::mem::take(&mut state.turn)
    }

    /// Gives a thread the turn, until it gives it back.
    fn resume(&self, turn: Turn) -> Pause {
        self.pass(turn);
        match self.receive(|turn| matches!(turn, Turn::Back(_))) {
            Turn::Back(pause) => pause,
            _ => unreachable!("it was looked at"),
        }
    }
}

/// The threads of one simulation.
#[derive(Default)]
pub(crate) struct Threads(Mutex<Pool>);

#[derive(Default)]
struct Pool {
    idle: Vec<Arc<Baton>>,
    handles: Vec<JoinHandle<()>>,
}

impl Threads {
    /// A thread that has nothing to do.
    fn take(&self) -> Arc<Baton> {
        let mut pool = lock(&self.0);
        if let Some(idle) = pool.idle.pop() {
            return idle;
        }
        let baton = Arc::new(Baton::default());
        let own = baton.clone();
        let handle = thread::Builder::new()
            .name("simulated job".into())
            .spawn(move || work(&own))
            .expect("a simulation needs a thread for each job that runs at once");
        pool.handles.push(handle);
        baton
    }

    fn put(&self, baton: Arc<Baton>) {
        lock(&self.0).idle.push(baton);
    }

    /// Ends all threads; none has a job any more.
    pub(crate) fn close(&self) {
        let pool = std::mem::take(&mut *lock(&self.0));
        for baton in pool.idle {
            baton.pass(Turn::Quit);
        }
        for handle in pool.handles {
            let _ = handle.join();
        }
    }
}

/// What a thread does: one job after the other.
fn work(baton: &Arc<Baton>) {
    let recorder = Recorder::new();
    let _observing = observe(recorder.clone());
    loop {
        let has_work = |turn: &Turn| matches!(turn, Turn::Begin(..) | Turn::Quit);
        let Turn::Begin(job, scheduler, given) = baton.receive(has_work) else {
            return;
        };
        let running = scheduler.enter();
        recorder.serve(Some(scheduler));
        PLACE.set(Some(Place {
            baton: baton.clone(),
            given,
        }));
        // It catches its own panic; what is left is that of a destructor.
        let _ = catch_unwind(AssertUnwindSafe(job));
        PLACE.set(None);
        recorder.serve(None);
        drop(running);
        baton.pass(Turn::Back(Pause::Ended));
    }
}

thread_local! {
    /// On the thread of a job: its place in the order of turns.
    static PLACE: RefCell<Option<Place>> = const { RefCell::new(None) };
}

struct Place {
    baton: Arc<Baton>,
    given: Given,
}

/// The simulation has ended before the job.
struct Aborted;

/// Whether the calling thread runs a job of this simulation.
pub(super) fn is_own(scheduler: &Arc<Scheduler>) -> bool {
    PLACE.with_borrow(Option::is_some)
        && scheduler::current().is_some_and(|current| Arc::ptr_eq(&current, scheduler))
}

/// The waker of the job that runs on this thread.
pub(super) fn waker() -> Waker {
    PLACE.with_borrow(|place| {
        let place = place.as_ref().expect("only jobs ask for their waker");
        place.given.waker.clone()
    })
}

/// Gives the turn back until the job is polled again. False if it never is, and the thread unwinds already.
///
/// Unwinds if the simulation has ended.
pub(super) fn pause(wait: Option<&'static str>) -> bool {
    let (baton, mut aborted) = PLACE.with_borrow(|place| {
        let place = place.as_ref().expect("only jobs pause");
        (place.baton.clone(), place.given.aborted)
    });
    if !aborted {
        baton.pass(Turn::Back(Pause::Waits(wait)));
        let Turn::GoOn(given) = baton.receive(|turn| matches!(turn, Turn::GoOn(_))) else {
            unreachable!("a job that pauses is gone on with");
        };
        aborted = given.aborted;
        scheduler::pretend(given.now);
        let old = PLACE.with_borrow_mut(|place| {
            let place = place.as_mut().expect("only jobs pause");
            std::mem::replace(&mut place.given, given)
        });
        drop(old);
    }
    if !aborted {
        return true;
    }
    if !thread::panicking() {
        resume_unwind(Box::new(Aborted));
    }
    false
}

/// A job on its thread, as the simulation polls it.
pub(super) struct OnThread {
    scheduler: Arc<Scheduler>,
    job: Option<AnyJob>,
    baton: Option<Arc<Baton>>,
}

impl OnThread {
    pub(super) fn new(scheduler: &Arc<Scheduler>, job: AnyJob) -> Self {
        Self {
            scheduler: scheduler.clone(),
            job: Some(job),
            baton: None,
        }
    }

    fn given(&self, waker: &Waker, aborted: bool) -> Given {
        Given {
            waker: waker.clone(),
            now: self.scheduler.now(),
            aborted,
        }
    }
}

impl Future for OnThread {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let given = self.given(cx.waker(), false);
        let turn = match self.job.take() {
            None => Turn::GoOn(given),
            Some(job) => {
                self.baton = Some(self.scheduler.threads().take());
                Turn::Begin(job, self.scheduler.clone(), given)
            }
        };
        let baton = self
            .baton
            .clone()
            .expect("a job is not polled after it has ended");
        match baton.resume(turn) {
            Pause::Ended => {
                self.baton = None;
                self.scheduler.threads().put(baton);
                Poll::Ready(())
            }
            Pause::Waits(None) => Poll::Pending,
            Pause::Waits(Some(what)) => waits(Poll::Pending, || Wait::Shared(what)),
        }
    }
}

impl Drop for OnThread {
    fn drop(&mut self) {
        let Some(baton) = self.baton.take() else { return };
        // Invariant 2.
        let given = self.given(Waker::noop(), true);
        if let Pause::Waits(_) = baton.resume(Turn::GoOn(given)) {
            unreachable!("a job that is aborted does not pause");
        }
        self.scheduler.threads().put(baton);
    }
}
