//! An executor for backends on one thread: many tasks of easynet in one task of the runtime.
//!
//! A task of a runtime is made to be moved between threads, aborted from outside and asked for its output. The tasks of easynet need
//! none of that, since their group looks after them: on one thread, starting one here costs a fraction. The runtime stays
//! what tells of time and of I/O, and its other tasks have their turn.

pub(crate) mod places;
pub(crate) mod queue;
pub(crate) mod row;
mod spare;

use std::{
    fmt,
    future::Future,
    sync::Arc,
    task::{Context, Poll},
};

use self::{
    places::Places,
    queue::{Queue, Rest},
};
use crate::observe::inspects;

/// How many tasks are polled before other tasks of the runtime have their turn.
pub(crate) const TURN: usize = 256;

/// How many rounds follow each other before they do, where few tasks take turns: as often as tokio looks for I/O among tasks of its own.
const ROUNDS: usize = 61;

/// Polls the tasks that were started by its [`Spawner`]s.
///
/// A backend has one task of its runtime [`poll`](Self::poll) it. Tasks that have not ended when it is dropped are dropped.
///
/// # Examples
///
/// ```
/// use std::{future::poll_fn, task::Poll};
/// use easynet_core::executor::Executor;
///
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() {
/// let mut executor = Executor::new();
/// let (said, heard) = std::sync::mpsc::channel();
/// executor.spawner().spawn(async move { said.send(42).unwrap() });
/// poll_fn(|cx| {
///     let _ = executor.poll(cx, || true);
///     Poll::Ready(())
/// })
/// .await;
/// assert_eq!(heard.recv(), Ok(42));
/// # }
/// ```
pub struct Executor {
    places: Places<'static>,
    spawner: Spawner,
}

impl Executor {
    /// An executor without tasks.
    pub fn new() -> Self {
        let places = Places::new();
        let spawner = Spawner(places.queue().clone());
        Self { places, spawner }
    }

    /// What starts tasks here.
    pub fn spawner(&self) -> &Spawner {
        &self.spawner
    }

    /// Polls the tasks that were woken or started since, and those that are while it does: some hundreds at most, and each at most a few times.
    ///
    /// It stops earlier when `goes_on` says no: it is asked before the first and after every eighth, and is the place to look at the budget that a runtime
    /// gives to its task for one poll.
    ///
    /// Pending when nobody is to be polled: the task is woken when there is somebody again. Ready when there is somebody already: the
    /// caller polls again, once others have had their turn.
    ///
    /// # Panics
    ///
    /// A panic of a task resumes here. The tasks of easynet have none.
    pub fn poll(&mut self, cx: &mut Context<'_>, goes_on: impl Fn() -> bool) -> Poll<()> {
        if inspects() {
            self.places.poll_all(cx, |_| {}, &mut None);
            return Poll::Pending;
        }
        match self.places.poll_turn(cx, |_| {}, &mut None, goes_on, ROUNDS) {
            Rest::Asleep => Poll::Pending,
            Rest::Busy => Poll::Ready(()),
        }
    }
}

impl Default for Executor {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor").finish_non_exhaustive()
    }
}

/// Starts tasks on an [`Executor`], from any thread.
#[derive(Clone)]
pub struct Spawner(Arc<Queue>);

impl Spawner {
    /// Starts a task: one allocation, and one more if so many have not been waiting before.
    ///
    /// Where the executor has gone, the task is dropped instead, as a runtime does that is shutting down.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        drop(self.0.start(Box::pin(task)));
    }

    /// Whether both start tasks on one executor.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Spawner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spawner").finish_non_exhaustive()
    }
}
