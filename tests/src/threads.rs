//! Code that is not of the event loop.

use std::{thread, time::Duration};

use easynet::{sim, threads::run_in_thread};
use futures::channel::oneshot;

/// What a blocking job does for so long: in a simulation in virtual time, elsewhere asleep.
pub fn work(time: Duration) {
    if sim::seed().is_some() {
        sim::takes(time);
    } else {
        thread::sleep(time);
    }
}

/// Works in small steps until that is so.
pub fn work_until(is_so: impl Fn() -> bool) {
    while !is_so() {
        work(Duration::from_millis(1));
        // A step of the simulation, so that others get their turn.
        let _ = easynet::cancel::is_cancelled();
    }
}

/// Calls something in a thread that easynet knows nothing of, and awaits its end.
///
/// # Panics
///
/// If it does; its message was printed.
pub async fn in_foreign_thread<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = oneshot::channel();
    thread::spawn(move || sender.send(call()));
    receiver.await.expect("the thread does not panic")
}

/// A thread that is not the event loop's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// One that easynet knows nothing of.
    Foreign,
    /// That of a job.
    Job,
}

impl Caller {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Foreign, Self::Job];

    /// Calls something there.
    pub async fn call<T: Send + 'static>(self, call: impl FnOnce() -> T + Send + 'static) -> T {
        match self {
            Self::Foreign => in_foreign_thread(call).await,
            Self::Job => run_in_thread(call).await,
        }
    }
}
