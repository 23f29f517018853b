//! Threads for the blocking jobs of a runtime that [`run`](crate::runner::run) has made.
//!
//! Tokio wakes a thread for every job. Here one thread is woken for the jobs that wait, and sends for another when it
//! leaves some behind: many short jobs cost few wake-ups, and long ones get a thread each all the same.
//!
//! A runtime that somebody else has made has limits, names and a shutdown of theirs: there, jobs run on tokio's threads.
//! So they do while the clock is paused, since only for these it does not run ahead of a job.
//!
//! # Invariants
//!
//! 1. While jobs wait, and the limit allows it, a thread is looking: it has none, and is awake or being woken. Whoever stops
//!    looking, since it has found a job, sends for another ([`Line::send_for_help`]).
//! 2. A thread sleeps exactly while it is in [`Line::sleeping`]. Whoever takes it out counts it as looking, and wakes it.
//! 3. No job, value or waker is run or dropped under a lock.

mod piece;
#[cfg(test)]
mod tests;

use std::{
    cell::RefCell,
    collections::VecDeque,
    future::pending,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{
            AtomicBool,
            Ordering::{AcqRel, Release},
        },
    },
    thread::{self, Thread},
    time::{Duration, Instant},
};

use easynet_core::RunnerOptions;
use tokio::runtime::Handle;

pub(crate) use self::piece::Running;
use self::piece::{Piece, Run};
use crate::clock;

/// How many threads there are at most, if nobody says otherwise: as many as tokio has.
const LIMIT: usize = 512;

/// How long an idle thread sleeps before it ends.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

thread_local! {
    /// That of the runtime this thread drives.
    static HERE: RefCell<Weak<Shared>> = const { RefCell::new(Weak::new()) };
}

/// Runs a job in the pool of the runtime that polls the caller; gives it back where there is none that fits.
pub(crate) fn run<J, T>(job: J) -> Result<Running<J, T>, J>
where
    J: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let here = HERE.try_with(|here| here.borrow().upgrade()).ok().flatten();
    let Some(pool) = here.filter(|pool| pool.serves_caller()) else {
        return Err(job);
    };
    let piece = Piece::new(job);
    pool.push(piece.clone());
    Ok(Running::new(piece))
}

/// Runs a job on a thread of tokio's; gives it back if this runtime ends before it has begun.
pub(crate) async fn run_on_tokio<J, T>(job: J) -> Result<thread::Result<T>, J>
where
    J: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let runtime = Handle::current().id();
    let piece = Piece::new(job);
    let running = piece.clone();
    let ended = tokio::task::spawn_blocking(move || running.run()).await;
    let is_here = || Handle::try_current().is_ok_and(|here| here.id() == runtime);
    if ended.is_err_and(|error| error.is_cancelled()) && is_here() {
        // The runtime is going away; so is whoever waits here.
        return pending().await;
    }
    piece.take_result().expect("it has ended, or never will begin")
}

/// The pool of one runtime. Dropped, it begins no more jobs: those that wait are given back, those that run go on, on threads that
/// end with them.
pub(crate) struct Pool(Arc<Shared>);

/// This thread drives the runtime of a pool, until this is dropped.
pub(crate) struct Entered {
    before: Weak<Shared>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        HERE.set(std::mem::take(&mut self.before));
    }
}

struct Shared {
    /// Set before the first job comes.
    runtime: OnceLock<Handle>,
    name: String,
    limit: usize,
    keep_alive: Duration,
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    jobs: VecDeque<Arc<dyn Run>>,
    /// The one that fell asleep last is woken first: its caches are warm, and the others may end.
    sleeping: Vec<Arc<Sleeper>>,
    threads: usize,
    looking: usize,
    closed: bool,
}

struct Sleeper {
    thread: Thread,
    woken: AtomicBool,
}

/// Who is to look for a job.
#[must_use]
enum Help {
    Nobody,
    Woken(Arc<Sleeper>),
    New,
}

impl Pool {
    pub(crate) fn new(options: &RunnerOptions) -> Self {
        let limit = options.chosen_max_blocking_threads();
        Self(Arc::new(Shared {
            runtime: OnceLock::new(),
            name: options.chosen_thread_name().unwrap_or("easynet-job").to_owned(),
            limit: limit.map_or(LIMIT, std::num::NonZero::get),
            keep_alive: KEEP_ALIVE,
            line: Mutex::default(),
        }))
    }

    /// The calling thread drives the runtime, until the guard is dropped.
    pub(crate) fn enter(&self) -> Entered {
        Entered {
            before: HERE.replace(Arc::downgrade(&self.0)),
        }
    }

    /// To be called by each thread of the runtime when it starts.
    pub(crate) fn enter_threads(&self) -> impl Fn() + Send + Sync + 'static + use<> {
        // Weak: the runtime keeps this, and the pool keeps the runtime's handle.
        let pool = Arc::downgrade(&self.0);
        move || HERE.set(pool.clone())
    }

    /// Jobs find this runtime entered.
    pub(crate) fn serve(&self, runtime: &Handle) {
        let _once = self.0.runtime.set(runtime.clone());
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let (jobs, sleeping) = {
            let mut line = self.0.lock();
            line.closed = true;
            line.looking += line.sleeping.len();
            (std::mem::take(&mut line.jobs), std::mem::take(&mut line.sleeping))
        };
        sleeping.iter().for_each(|sleeper| sleeper.wake());
        // Whoever still waits for one is polled in another runtime.
        jobs.into_iter().for_each(|job| job.give_back());
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serves_caller(&self) -> bool {
        let (Some(own), Ok(here)) = (self.runtime.get(), Handle::try_current()) else {
            return false;
        };
        own.id() == here.id() && !clock::is_paused()
    }

    fn push(self: &Arc<Self>, job: Arc<dyn Run>) {
        let help = {
            let mut line = self.lock();
            if line.closed {
                drop(line);
                return job.give_back();
            }
            line.jobs.push_back(job);
            line.send_for_help(self.limit)
        };
        if let Err(error) = self.fetch(help) {
            self.refuse(&error);
        }
    }

    /// No thread can be started. If there is none, nobody would come for the jobs that wait: neither for the one that has sent for a
    /// thread, nor for those that came meanwhile and have relied on it.
    #[cold]
    fn refuse(&self, error: &io::Error) {
        let jobs = {
            let mut line = self.lock();
            if line.threads > 0 {
                return;
            }
            std::mem::take(&mut line.jobs)
        };
        jobs.into_iter().for_each(|job| job.refuse(error));
    }

    fn fetch(self: &Arc<Self>, help: Help) -> io::Result<()> {
        match help {
            Help::Nobody => Ok(()),
            Help::Woken(sleeper) => {
                sleeper.wake();
                Ok(())
            }
            Help::New => {
                let pool = self.clone();
                let started = thread::Builder::new()
                    .name(self.name.clone())
                    .spawn(move || pool.work());
                started.map(drop).inspect_err(|_| {
                    let mut line = self.lock();
                    line.threads -= 1;
                    line.looking -= 1;
                })
            }
        }
    }

    /// What a thread does, from its start on.
    fn work(self: Arc<Self>) {
        let runtime = self.runtime.get().cloned();
        let _entered = runtime.as_ref().map(Handle::enter);
        HERE.set(Arc::downgrade(&self));
        let own = Arc::new(Sleeper {
            thread: thread::current(),
            woken: AtomicBool::new(false),
        });
        let mut looking = true;
        while let Some(job) = self.next(&own, &mut looking) {
            // The panic of a job is caught in it; what remains is that of a destructor, which the panic hook has reported.
            let _ = catch_unwind(AssertUnwindSafe(|| job.run()));
        }
    }

    /// The next job, or nothing if the thread is to end.
    fn next(self: &Arc<Self>, own: &Arc<Sleeper>, looking: &mut bool) -> Option<Arc<dyn Run>> {
        loop {
            let mut line = self.lock();
            if std::mem::take(looking) {
                line.looking -= 1;
            }
            if let Some(job) = line.jobs.pop_front() {
                let help = line.send_for_help(self.limit);
                drop(line);
                // If no thread can be started, this one comes back.
                let _ = self.fetch(help);
                return Some(job);
            }
            if line.closed {
                return None;
            }
            line.sleeping.push(own.clone());
            drop(line);
            if !own.sleep(Some(self.keep_alive)) {
                if self.lock().forget(own) {
                    return None;
                }
                // Invariant 2: whoever has taken it out is about to wake it.
                own.sleep(None);
            }
            *looking = true;
        }
    }
}

impl Line {
    /// See invariant 1.
    fn send_for_help(&mut self, limit: usize) -> Help {
        if self.jobs.is_empty() || self.looking > 0 {
            return Help::Nobody;
        }
        let help = match self.sleeping.pop() {
            Some(sleeper) => Help::Woken(sleeper),
            None if self.threads < limit => {
                self.threads += 1;
                Help::New
            }
            None => return Help::Nobody,
        };
        self.looking += 1;
        help
    }

    /// A thread ends that has slept for so long; false if it was woken at that moment.
    fn forget(&mut self, sleeper: &Arc<Sleeper>) -> bool {
        let Some(asleep) = self.sleeping.iter().position(|other| Arc::ptr_eq(other, sleeper)) else {
            return false;
        };
        self.sleeping.remove(asleep);
        self.threads -= 1;
        true
    }
}

impl Sleeper {
    fn wake(&self) {
        self.woken.store(true, Release);
        self.thread.unpark();
    }

    /// Waits until it is woken, or so long; true if it was woken.
    fn sleep(&self, limit: Option<Duration>) -> bool {
        let began = Instant::now();
        while !self.woken.swap(false, AcqRel) {
            match limit.map(|limit| limit.checked_sub(began.elapsed())) {
                None => thread::park(),
                Some(Some(left)) => thread::park_timeout(left),
                Some(None) => return false,
            }
        }
        true
    }
}
