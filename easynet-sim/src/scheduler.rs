//! The scheduler: picks one of the tasks that can run, polls it once, and repeats.
//!
//! Everything happens on the thread that runs the simulation. Other threads may call wakers and start tasks; they
//! only leave a note in the list.
//!
//! # Invariants
//!
//! 1. A task is in the list at most once: [`Cell::queued`](task::Cell) says whether it is.
//! 2. No user code (a future, a waker, a destructor) runs while the state is locked.
//! 3. Time moves only when the list is empty, and never back.
//! 4. What is chosen depends on the seed and on the order of what happened before, on nothing else.

mod choice;
mod kept;
mod queue;
pub(crate) mod task;
pub(crate) mod timers;

use std::{
    cell::{Cell as Slot, RefCell},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use easynet_core::observe::next_number;
use slab::Slab;

pub(crate) use self::{choice::Choice, kept::Kept};
use self::{
    queue::Queue,
    task::{Cell, Kind},
    timers::Timers,
};
use crate::{
    job::Threads,
    lock::lock,
    net::Network,
    plan::Plan,
    watch::{News, Profile, Watch},
};

/// A future whose type is forgotten.
pub(crate) type AnyFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The payload of a panic.
pub(crate) type Panic = Box<dyn std::any::Any + Send>;

/// One simulation, as its tasks, wakers, timers and handles see it.
pub(crate) struct Scheduler {
    state: Mutex<State>,
    /// Told when another thread has put something into the list, while the simulation waits for that.
    arrived: Condvar,
    waits: AtomicBool,
    network: Network,
    threads: Threads,
    /// What jobs have done since, to be told on the simulation's own thread.
    news: Mutex<Vec<News>>,
    seed: u64,
}

struct State {
    queue: Queue,
    choice: Choice,
    tasks: Slab<Arc<Cell>>,
    timers: Timers,
    /// How many tasks were started.
    started: u64,
    steps: u64,
    /// The key of the task that is polled, or was last.
    polled: Option<usize>,
    /// The simulation has ended: nothing is started any more.
    closed: bool,
    /// How many jobs may run at once, and those that wait for their turn.
    free_jobs: usize,
    waiting_jobs: std::collections::VecDeque<AnyFuture>,
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Scheduler>>> = const { RefCell::new(None) };
    /// The time of the current simulation: asked often, and cheaper to ask for than the scheduler.
    static NOW: Slot<Option<Instant>> = const { Slot::new(None) };
}

/// What the scheduler did.
pub(crate) enum Turn {
    /// It polled a task, which is pending.
    Pending(Arc<Cell>),
    /// It polled a task, which has ended.
    Ended(Arc<Cell>),
    /// It polled a task, which panicked: none of easynet's own, whose groups see to that.
    Panicked(Panic),
    /// Nothing could run, and time has passed.
    Passed,
    /// Nothing can run, and no timer is set.
    Stuck,
}

/// What a task did that was polled out of turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peek {
    Stays,
    /// It could not run, and went on all the same.
    GoesOn,
    Panics,
}

/// The simulation that runs on this thread.
pub(crate) fn current() -> Option<Arc<Scheduler>> {
    CURRENT
        .try_with(|current| current.borrow().clone())
        .ok()
        .flatten()
}

/// Whether a simulation runs on this thread.
pub(crate) fn is_current() -> bool {
    NOW.try_with(Slot::get).is_ok_and(|now| now.is_some())
}

/// The time of the simulation that runs on this thread.
pub(crate) fn current_time() -> Option<Instant> {
    NOW.try_with(Slot::get).ok().flatten()
}

/// Makes a time pass for the code that runs on this thread only, as in a job that takes long.
pub(crate) fn pretend(now: Instant) {
    NOW.set(Some(now));
}

/// A simulation is the current one of its thread as long as this lives.
pub(crate) struct Running(());

impl Drop for Running {
    fn drop(&mut self) {
        NOW.set(None);
        let scheduler = CURRENT.with_borrow_mut(Option::take);
        drop(scheduler);
    }
}

impl Scheduler {
    pub(crate) fn new(plan: &Plan, jobs: usize) -> Arc<Self> {
        let choice = Choice::new(plan.seed(), plan.schedule());
        Arc::new_cyclic(|scheduler| Self {
            state: Mutex::new(State {
                queue: Queue::new(plan.schedule()),
                choice,
                tasks: Slab::new(),
                timers: Timers::new(crate::epoch()),
                started: 0,
                steps: 0,
                polled: None,
                closed: false,
                free_jobs: jobs,
                waiting_jobs: std::collections::VecDeque::new(),
            }),
            arrived: Condvar::new(),
            waits: AtomicBool::new(false),
            network: Network::new(plan.seed(), scheduler.clone()),
            threads: Threads::default(),
            news: Mutex::default(),
            seed: plan.seed(),
        })
    }

    /// Makes this the simulation of the calling thread.
    pub(crate) fn enter(self: &Arc<Self>) -> Running {
        CURRENT.set(Some(self.clone()));
        NOW.set(Some(self.now()));
        Running(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(crate) fn network(&self) -> &Network {
        &self.network
    }

    pub(crate) fn threads(&self) -> &Threads {
        &self.threads
    }

    /// Notes what a job has done.
    pub(crate) fn note(&self, news: News) {
        lock(&self.news).push(news);
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    pub(crate) fn now(&self) -> Instant {
        self.lock().timers.now()
    }

    /// How many timers there are.
    pub(crate) fn timers(&self) -> usize {
        self.lock().timers.alive()
    }

    /// Calls a waker at a moment, which belongs to no task, and is no timer that is left when the program ends.
    pub(crate) fn set_alarm(&self, moment: Instant, waker: Waker) -> timers::Key {
        self.lock().timers.set_alarm(moment, waker)
    }

    /// Calls it no more.
    pub(crate) fn clear_alarm(&self, key: timers::Key) {
        let waker = self.lock().timers.clear_alarm(key);
        drop(waker);
    }

    /// The tasks that have not ended, in the order in which they were started.
    pub(crate) fn tasks(&self) -> Vec<Arc<Cell>> {
        let mut tasks: Vec<_> = self.lock().tasks.iter().map(|(_, cell)| cell.clone()).collect();
        tasks.sort_by_key(|cell| cell.number());
        tasks
    }

    /// How many tasks that are no jobs have not ended.
    pub(crate) fn live_tasks(&self) -> usize {
        let state = self.lock();
        state
            .tasks
            .iter()
            .filter(|(_, cell)| cell.kind() == Kind::Task)
            .count()
    }

    /// Whether a job has not ended.
    pub(crate) fn has_jobs(&self) -> bool {
        let state = self.lock();
        state.tasks.iter().any(|(_, cell)| cell.kind() == Kind::Job)
    }

    /// Starts a task; in a simulation that has ended, its future is dropped.
    ///
    pub(crate) fn spawn(self: &Arc<Self>, kind: Kind, profile: Option<Profile>, future: AnyFuture) {
        let cell = {
            let mut state = self.lock();
            if state.closed {
                drop(state);
                return drop(future);
            }
            state.started += 1;
            let number = match (kind, &profile) {
                (Kind::Main, _) => 1,
                (_, Some(profile)) => profile.task.id().number(),
                (_, None) => next_number(),
            };
            let priority = state.choice.priority();
            let entry = state.tasks.vacant_entry();
            let cell = Cell::new(self, entry.key(), number, kind, profile, priority, future);
            entry.insert(cell.clone());
            cell
        };
        cell.queue();
    }

    /// Starts a job now, or when one of those that run has ended.
    pub(crate) fn spawn_job(self: &Arc<Self>, job: AnyFuture) {
        {
            let mut state = self.lock();
            if state.free_jobs == 0 && !state.closed {
                state.waiting_jobs.push_back(job);
                return;
            }
            state.free_jobs = state.free_jobs.saturating_sub(1);
        }
        self.spawn(Kind::Job, None, job);
    }

    /// A job has ended: the one that has waited longest takes its place.
    pub(crate) fn end_job(self: &Arc<Self>) {
        let next = {
            let mut state = self.lock();
            let next = state.waiting_jobs.pop_front();
            if next.is_none() {
                state.free_jobs += 1;
            }
            next
        };
        if let Some(next) = next {
            self.spawn(Kind::Job, None, next);
        }
    }

    /// Puts a task into the list of those that can run.
    fn push(&self, cell: Arc<Cell>) {
        let dropped = {
            let mut state = self.lock();
            if state.closed {
                Some(cell)
            } else {
                let State {
                    queue,
                    choice,
                    polled,
                    ..
                } = &mut *state;
                if *polled == Some(cell.key()) {
                    queue.push_yielded(cell, choice);
                } else {
                    queue.push(cell);
                }
                None
            }
        };
        drop(dropped);
        if self.waits.load(Ordering::Relaxed) {
            self.arrived.notify_all();
        }
    }

    /// Picks a task and polls it, or lets time pass; and how many steps that makes.
    pub(crate) fn turn(&self, kept: &Kept, watch: &Watch) -> (Turn, u64) {
        loop {
            let (picked, step) = {
                let state = &mut *self.lock();
                let picked = state.queue.pick(&mut state.choice);
                state.steps += u64::from(picked.is_some());
                state.polled = picked.as_ref().map(|cell| cell.key());
                (picked, state.steps)
            };
            let Some(cell) = picked else {
                let turn = if self.pass_time() {
                    Turn::Passed
                } else {
                    Turn::Stuck
                };
                watch.turned(&turn);
                return (turn, step);
            };
            // Woken after it had ended: that is no step.
            let Some(future) = kept.take(&cell) else {
                self.lock().steps -= 1;
                continue;
            };
            watch.stepping(&cell, step);
            let turn = self.poll(cell, future, kept, watch);
            for news in std::mem::take(&mut *lock(&self.news)) {
                watch.hears(news);
            }
            watch.turned(&turn);
            return (turn, step);
        }
    }

    /// Polls a task out of turn, to see where it stands.
    pub(crate) fn peek(&self, kept: &Kept, cell: &Arc<Cell>) -> Peek {
        let Some(mut future) = kept.take(cell) else {
            return Peek::Stays;
        };
        let before = self.progress(cell);
        let waker = Waker::from(cell.clone());
        let mut cx = Context::from_waker(&waker);
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut cx)));
        kept.put_back(cell, future, None);
        let (could_run, ..) = before;
        match polled {
            Err(_) => Peek::Panics,
            _ if could_run => Peek::Stays,
            Ok(Poll::Pending) if self.progress(cell) == before => Peek::Stays,
            Ok(_) => Peek::GoesOn,
        }
    }

    /// What changes when a task goes on: whether it can run, how many tasks can, were started, and wait for a moment.
    fn progress(&self, cell: &Cell) -> (bool, usize, u64, usize) {
        let state = self.lock();
        (
            cell.is_queued(),
            state.queue.len(),
            state.started,
            state.timers.waiting(),
        )
    }

    fn poll(&self, cell: Arc<Cell>, mut future: AnyFuture, kept: &Kept, watch: &Watch) -> Turn {
        let waker = Waker::from(cell.clone());
        let mut cx = Context::from_waker(&waker);
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut cx))) {
            Ok(Poll::Pending) => {
                kept.put_back(&cell, future, watch.wait());
                Turn::Pending(cell)
            }
            Ok(Poll::Ready(())) => match catch_unwind(AssertUnwindSafe(|| drop(future))) {
                Ok(()) => {
                    kept.leave(&cell);
                    let _ = self.lock().tasks.try_remove(cell.key());
                    Turn::Ended(cell)
                }
                Err(panic) => Turn::Panicked(panic),
            },
            Err(panic) => {
                let _ = catch_unwind(AssertUnwindSafe(|| drop(future)));
                Turn::Panicked(panic)
            }
        }
    }

    /// Lets time come to the next timer, and wakes whoever waits for that moment.
    fn pass_time(&self) -> bool {
        let due = {
            let mut state = self.lock();
            if !state.queue.is_empty() {
                return true; // Another thread was faster.
            }
            let Some(due) = state.timers.pass() else {
                return false;
            };
            state.polled = None;
            NOW.set(Some(state.timers.now()));
            due
        };
        due.into_iter().for_each(Waker::wake);
        true
    }

    /// Waits, in real time, for another thread to wake a task; false if none did.
    pub(crate) fn wait_for_threads(&self, patience: Duration) -> bool {
        let state = self.lock();
        self.waits.store(true, Ordering::Relaxed);
        let waited = self
            .arrived
            .wait_timeout_while(state, patience, |state| state.queue.is_empty());
        let (state, _) = waited.unwrap_or_else(|poisoned| poisoned.into_inner());
        self.waits.store(false, Ordering::Relaxed);
        !state.queue.is_empty()
    }

    /// Ends the simulation: what is left is dropped, in the order in which it was started.
    pub(crate) fn close(&self, kept: &Kept) {
        let jobs = {
            let mut state = self.lock();
            state.closed = true;
            std::mem::take(&mut state.waiting_jobs)
        };
        for cell in self.tasks() {
            let future = kept.take(&cell);
            // A panic on the way out has no one to resume in; the hook has printed it.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(future)));
        }
        let _ = catch_unwind(AssertUnwindSafe(|| drop(jobs)));
        let left = {
            let mut state = self.lock();
            (
                std::mem::take(&mut state.tasks),
                state.queue.take(),
                state.timers.take(),
            )
        };
        let _ = catch_unwind(AssertUnwindSafe(|| drop(left)));
        self.threads.close();
    }
}
