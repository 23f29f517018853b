//! The one task of a runtime on one thread that polls all of easynet's.

use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{
            AtomicBool,
            Ordering::{Acquire, Release},
        },
    },
    task::Poll,
};

use easynet_core::executor::{Executor, Spawner};
use tokio::task::{coop::has_budget_remaining, yield_now};

thread_local! {
    /// That of the runtime this thread drives, if [`run`] made it.
    static SPAWNER: RefCell<Option<Spawner>> = const { RefCell::new(None) };
}

/// What starts tasks in the host of this thread.
pub(crate) fn spawner() -> Option<Spawner> {
    SPAWNER
        .try_with(|spawner| spawner.borrow().clone())
        .ok()
        .flatten()
}

/// Starts a task in the host of this thread; gives it back where there is none.
pub(crate) fn spawn<F>(task: F) -> Result<(), F>
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut task = Some(task);
    let _ = SPAWNER.try_with(|spawner| {
        if let Some(spawner) = &*spawner.borrow() {
            task.take().into_iter().for_each(|task| spawner.spawn(task));
        }
    });
    task.map_or(Ok(()), Err)
}

/// This thread drives a runtime with a host, until this is dropped.
pub(crate) struct Driving {
    before: Option<Spawner>,
}

impl Driving {
    pub(crate) fn begin(executor: &Executor) -> Self {
        let spawner = Some(executor.spawner().clone());
        Self {
            before: SPAWNER.replace(spawner),
        }
    }
}

impl Drop for Driving {
    fn drop(&mut self) {
        SPAWNER.set(self.before.take());
    }
}

/// Polls the program, as a task among those it starts, until it has ended.
pub(crate) async fn host<F>(mut executor: Executor, main: F) -> F::Output
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let ended = Arc::new(Ended {
        output: Mutex::new(None),
        yes: AtomicBool::new(false),
    });
    let own = ended.clone();
    executor.spawner().spawn(async move {
        let output = main.await;
        *own.output.lock().unwrap_or_else(PoisonError::into_inner) = Some(output);
        own.yes.store(true, Release);
    });
    poll_fn(|cx| {
        let polled = executor.poll(cx, has_budget_remaining);
        if ended.yes.load(Acquire) {
            let output = ended.output.lock().unwrap_or_else(PoisonError::into_inner).take();
            return output.map_or(Poll::Pending, Poll::Ready);
        }
        if polled.is_pending() {
            return Poll::Pending;
        }
        // Not just woken: tasks of the runtime that wait for I/O or time are looked after first.
        let _ = pin!(yield_now()).poll(cx);
        Poll::Pending
    })
    .await
}

/// What the program yields.
struct Ended<T> {
    output: Mutex<Option<T>>,
    yes: AtomicBool,
}
