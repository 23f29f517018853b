//! Blocking jobs: run on threads that take turns with the simulation, at steps that the seed chooses.
//!
//! A job is a task of the scheduler. Polled, it runs, up to its end or up to where it blocks: in a call through a portal. How long
//! it takes is what it says by [`takes`]. It does what it does at once all the same, but before the event loop could see that, in a call
//! through a portal or when it asks whether it is cancelled, the time has to pass; and until all of it has passed, its
//! value is not handed out, and it keeps one of the virtual threads (`max_blocking_threads`) busy.

mod thread;

use std::{
    cell::Cell,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::{Pin, pin},
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    thread::Result as Caught,
    time::{Duration, Instant},
};

use easynet_core::{Timer, observe};

use self::thread::OnThread;
pub(crate) use self::thread::Threads;
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
/// For jobs of [`run_in_thread`](easynet_core::AsyncBackend::run_in_thread): their value comes when that time has passed, and so do their calls
/// through a portal, and the answer whether they are cancelled. All else that a job does, it does at once, also one that a
/// timeout gives up before its time has passed. Calls add up, and the clock that the job reads goes on accordingly. A time too large to represent is for ever. Outside of a simulation it does nothing, so that it may stay where it is.
///
/// # Panics
///
/// In a task of a simulation: a task takes no time; let it sleep instead.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use easynet::{threads::run_in_thread, time::current_time};
///
/// easynet::sim::run(1, async {
///     let start = current_time();
///     let answer = run_in_thread(|| {
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
    value: Option<Caught<T>>,
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
        let worked = Arc::new(Mutex::new(None));
        let answer = worked.clone();
        OnThread::new(
            &threads.0,
            Box::new(move || {
                let ended = work(job);
                *lock(&answer) = Some(ended);
            }),
        )
        .await;
        let (value, worked) = lock(&worked).take().expect("the job has ended");
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
fn work<T>(job: impl FnOnce() -> T) -> (Caught<T>, Work) {
    let now = scheduler::current_time().expect("a job runs in its simulation");
    WORKED.set(Some(Work::Until(now)));
    let value = catch_unwind(AssertUnwindSafe(job));
    (value, WORKED.take().expect("it was set above"))
}

/// Lets the time pass that the job has worked, for the event loop too; true if there was any. False as well if the simulation has ended.
fn catch_up(scheduler: &Arc<Scheduler>) -> bool {
    let passed = match WORKED.get() {
        Some(Work::Until(then)) if then > scheduler.now() => {
            let mut timer = pin!(SimTimer::new(scheduler, then));
            block_until(None, &mut |cx| timer.as_mut().poll_elapsed(cx))
        }
        Some(Work::ForEver) => block_until(None, &mut |_| Poll::Pending),
        _ => return false,
    };
    begin_anew(scheduler);
    passed
}

/// What the job works from here on begins now.
fn begin_anew(scheduler: &Arc<Scheduler>) {
    if let Some(Work::Until(_)) = WORKED.get() {
        WORKED.set(Some(Work::Until(scheduler.now())));
    }
}

/// Polls until that is ready, and gives the turn away in between. False if the simulation has ended.
fn block_until(what: Option<&'static str>, poll: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>) -> bool {
    loop {
        let waker = thread::waker();
        if poll(&mut Context::from_waker(&waker)).is_ready() {
            return true;
        }
        if !thread::pause(what) {
            return false;
        }
    }
}

/// Blocks the job that runs on this thread; nothing if none of this simulation does.
pub(crate) fn block(
    scheduler: &Arc<Scheduler>,
    limit: Option<Duration>,
    poll: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>,
) -> Option<bool> {
    if !thread::is_own(scheduler) {
        return None;
    }
    catch_up(scheduler);
    let deadline = limit.and_then(|limit| scheduler.now().checked_add(limit));
    let mut timer = deadline.map(|deadline| Box::pin(SimTimer::new(scheduler, deadline)));
    let mut ready = false;
    let alive = block_until(Some("a call through a portal"), &mut |cx| {
        ready = poll(cx).is_ready();
        let is_over = |timer: &mut Pin<Box<SimTimer>>| timer.as_mut().poll_elapsed(cx).is_ready();
        if ready || timer.as_mut().is_some_and(is_over) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    });
    begin_anew(scheduler);
    Some(alive && ready)
}

/// Lets others go first, if a job runs on this thread.
pub(crate) fn checkpoint(scheduler: &Arc<Scheduler>) {
    if thread::is_own(scheduler) && !catch_up(scheduler) {
        thread::waker().wake();
        thread::pause(None);
    }
}

/// One of the virtual threads, given to the next job when this one is done with it.
struct Seat(Arc<Scheduler>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.end_job();
    }
}
