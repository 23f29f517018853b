//! An executor for backends on one thread: many tasks of easynet in one task of the runtime.
//!
//! A task of a runtime is made to be moved between threads, aborted from outside and asked for its output. The tasks of easynet need
//! none of that, since their group looks after them: on one thread, starting one here costs a fraction. The runtime stays
//! what tells of time and of I/O, and its other tasks have their turn.

pub(crate) mod queue;

use std::{
    collections::VecDeque,
    fmt,
    future::Future,
    sync::Arc,
    task::{Context, Poll},
};

use async_task::Runnable;

use self::queue::{Queue, Rest};

/// How many tasks are polled before other tasks of the runtime have their turn.
pub(crate) const TURN: usize = 256;

/// Polls the tasks that were started by its [`Spawner`]s.
///
/// A backend has one task of its runtime [`poll`](Self::poll) it. Tasks that are to be polled when it is dropped are dropped; those that wait for
/// something are when their wakers are.
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
    turn: VecDeque<Runnable>,
    spawner: Spawner,
}

impl Executor {
    /// An executor without tasks.
    pub fn new() -> Self {
        Self {
            turn: VecDeque::new(),
            spawner: Spawner(Arc::default()),
        }
    }

    /// What starts tasks here.
    pub fn spawner(&self) -> &Spawner {
        &self.spawner
    }

    /// Polls the tasks that were woken or started since; each at most once, and some hundreds at most.
    ///
    /// It stops earlier when `goes_on` says no: it is asked before each task, and is the place to look at the budget that a runtime
    /// gives to its task for one poll.
    ///
    /// Pending when nobody is to be polled: the task is woken when there is somebody again. Ready when there is somebody already: the
    /// caller polls again, once others have had their turn.
    ///
    /// # Panics
    ///
    /// A panic of a task resumes here. The tasks of easynet have none.
    pub fn poll(&mut self, cx: &mut Context<'_>, goes_on: impl Fn() -> bool) -> Poll<()> {
        let queue = &self.spawner.0;
        queue.take(&mut self.turn);
        let mut polled = 0;
        while polled < TURN && goes_on() {
            let Some(task) = self.turn.pop_front() else {
                return match queue.sleep(cx.waker()) {
                    Rest::Asleep => Poll::Pending,
                    Rest::Busy => Poll::Ready(()),
                };
            };
            polled += 1;
            task.run();
        }
        Poll::Ready(())
    }
}

impl Default for Executor {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        // From here on tasks are dropped by who starts or wakes them.
        self.spawner.0.close();
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor").finish_non_exhaustive()
    }
}

/// Starts tasks on an [`Executor`], from any thread.
#[derive(Clone)]
pub struct Spawner(Arc<Queue<Runnable>>);

impl Spawner {
    /// Starts a task: one allocation.
    ///
    /// Where the executor has gone, the task is dropped instead, as a runtime does that is shutting down.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let queue = self.0.clone();
        let (task, handle) = async_task::spawn(task, move |task| drop(queue.put(task)));
        handle.detach();
        task.schedule();
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
