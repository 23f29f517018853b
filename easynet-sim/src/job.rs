//! Blocking jobs: run on the simulation's own thread, at a step that the seed chooses.
//!
//! A job is a task of the scheduler that runs to its end in its first poll. How long it takes is what it says by
//! [`takes`]; until that time has passed, its value is not handed out, and it keeps one of the virtual threads
//! (`max_blocking_threads`) busy.
//!
//! What a job may not do is to wait for the simulation: nothing else runs while it does. Jobs that call back into the
//! event loop and block on the answer will need a thread of their own that takes turns with this one; they enter
//! by [`Scheduler::spawn_job`] as well.

use std::{
    cell::Cell,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::pin,
    sync::{Arc, Mutex},
    task::{Poll, Waker},
    thread,
    time::{Duration, Instant},
};

use easynet_core::{Timer, observe};

use crate::{
    lock::lock,
    scheduler::{self, Scheduler, timers::SimTimer},
};

thread_local! {
    /// How long the job that runs has worked so far, if one runs.
    static WORKED: Cell<Option<Work>> = const { Cell::new(None) };
}

#[derive(Clone, Copy)]
enum Work {
    Until(Instant),
    ForEver,
}

/// Says that the job that runs takes so long, in virtual time.
///
/// For jobs of [`run_blocking`](easynet_core::AsyncBackend::run_blocking): their value comes when that time has passed. What a job does, it
/// does at once, also one that a timeout gives up before its time has passed. Calls add up, and the clock that
/// the job reads goes on accordingly. A time too large to represent is for ever. Outside of a simulation it does nothing, so that it may stay where it is.
///
/// # Panics
///
/// In a task of a simulation: a task takes no time; let it sleep instead.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use easynet::{AsyncBackend, time::current_time};
///
/// easynet::sim::run(1, async {
///     let start = current_time();
///     let backend = easynet::ensure_backend(None).unwrap();
///     let answer = backend.run_blocking(|| {
///         easynet::sim::takes(Duration::from_secs(2));
///         42
///     });
///     assert_eq!(answer.await, 42);
///     assert_eq!(current_time() - start, Duration::from_secs(2));
/// })
/// .unwrap();
/// ```
#[track_caller]
pub fn takes(time: Duration) {
    if !scheduler::is_current() {
        return;
    }
    let worked = WORKED.get();
    let worked =
        worked.expect("sim::takes is for blocking jobs: a task of a simulation takes no time, let it sleep");
    let Work::Until(now) = worked else { return };
    match now.checked_add(time) {
        Some(then) => {
            WORKED.set(Some(Work::Until(then)));
            scheduler::pretend(then);
        }
        None => WORKED.set(Some(Work::ForEver)),
    }
}

/// What a job and the one who waits for it share.
struct Desk<T> {
    value: Option<thread::Result<T>>,
    waker: Option<Waker>,
}

/// Runs a job; a panic of it resumes here.
pub(crate) fn run<J, T>(scheduler: &Arc<Scheduler>, job: J) -> impl Future<Output = T> + Send + use<J, T>
where
    J: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let desk = Arc::new(Mutex::new(Desk {
        value: None,
        waker: None,
    }));
    let own = desk.clone();
    let threads = Seat(scheduler.clone());
    scheduler.spawn_job(Box::pin(async move {
        let (value, worked) = work(job);
        let Work::Until(end) = worked else {
            return std::future::pending().await;
        };
        if Some(end) != scheduler::current_time() {
            let mut timer = pin!(SimTimer::new(&threads.0, end));
            poll_fn(|cx| timer.as_mut().poll_elapsed(cx)).await;
        }
        let waker = {
            let mut desk = lock(&own);
            desk.value = Some(value);
            desk.waker.take()
        };
        drop(threads);
        if let Some(waker) = waker {
            waker.wake();
        }
    }));
    async move {
        let done = poll_fn(|cx| {
            let waker = cx.waker().clone();
            let mut desk = lock(&desk);
            let value = desk.value.take();
            let old = if value.is_none() {
                desk.waker.replace(waker)
            } else {
                Some(waker)
            };
            drop(desk);
            drop(old);
            observe::operation("a blocking job", value.map_or(Poll::Pending, Poll::Ready))
        });
        done.await.unwrap_or_else(|panic| resume_unwind(panic))
    }
}

/// Runs the job now; how long it works.
fn work<T>(job: impl FnOnce() -> T) -> (thread::Result<T>, Work) {
    let now = scheduler::current_time().expect("a job is polled by its simulation");
    WORKED.set(Some(Work::Until(now)));
    let value = catch_unwind(AssertUnwindSafe(job));
    scheduler::pretend(now);
    (value, WORKED.take().expect("it was set above"))
}

/// One of the virtual threads, given to the next job when this one is done with it.
struct Seat(Arc<Scheduler>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.end_job();
    }
}
