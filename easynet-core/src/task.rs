//! Tasks: who they are, and the handle to one whose result somebody wants (T7).

pub(crate) mod child;
pub(crate) mod info;
mod join;
pub(crate) mod local;
pub(crate) mod receive;
pub(crate) mod remains;
pub(crate) mod state;

use std::{fmt, future::IntoFuture, sync::Arc};

pub(crate) use self::info::{Numbering, TaskName, shorten};
use self::state::TaskState;
pub use self::{
    info::{TaskId, TaskInfo},
    join::{Join, JoinError, JoinOrCancel, Wait},
    local::{TaskLocal, WithLocal},
};

/// The task that is running.
///
/// # Panics
///
/// Outside of any easynet task; [`try_get_current_task`] asks first.
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() {
/// let me = easynet::task::get_current_task();
/// assert_eq!(me, easynet::task::get_current_task());
/// # }
/// ```
#[track_caller]
pub fn get_current_task() -> TaskInfo {
    try_get_current_task().expect("get_current_task: this code runs outside of any easynet task")
}

/// The task that is running, if there is one.
pub fn try_get_current_task() -> Option<TaskInfo> {
    crate::context::current_task()
}

/// The name of the backend whose task is running, if one is: what finds the running backend asks this first.
#[inline]
pub fn current_backend_name() -> Option<&'static str> {
    crate::context::backend_name()
}

/// A task whose result can be had.
///
/// Only a handle: the group owns the task, so dropping this changes nothing, and the group waits for the task
/// with or without it.
///
/// Awaiting a task joins it.
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() -> Result<(), easynet::TaskGroupError> {
/// use easynet::prelude::*;
///
/// task_group!(|group| {
///     let task = group.spawn_value(async { 42 });
///     task.wait().await;
///     assert!(task.done() && !task.cancelled());
///     assert_eq!(task.await.expect("it was not cancelled"), 42);
/// })
/// # }
/// ```
pub struct Task<T> {
    state: Arc<TaskState<T>>,
}

impl<T> Task<T> {
    pub(crate) fn new(state: Arc<TaskState<T>>) -> Self {
        Self { state }
    }

    /// Who the task is; also after it has ended.
    pub fn info(&self) -> &TaskInfo {
        self.state.info()
    }

    /// Whether the task has ended: by returning, failing, panicking, or being cancelled.
    pub fn done(&self) -> bool {
        self.state.is_done()
    }

    /// Asks the task to end at its next suspension point; true if the request counts, false if the task has
    /// ended already.
    ///
    /// A task that is shielded, or catches the cancellation, may still return a value. One that has not been
    /// polled yet never runs (T10).
    #[track_caller]
    pub fn cancel(&self) -> bool {
        self.state.cancel(std::panic::Location::caller())
    }

    /// Whether the task ended because it was cancelled.
    pub fn cancelled(&self) -> bool {
        self.state.is_cancelled()
    }

    /// Waits until the task has ended, however it did.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost, and the task goes on.
    ///
    /// # Panics
    ///
    /// When a task waits for itself: that would never end.
    pub fn wait(&self) -> Wait<T> {
        Wait::new(&self.state)
    }

    /// Waits for the task, and takes its value.
    ///
    /// The value is handed out once; who asks again is told so. Any number may [`wait`](Self::wait).
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. The task goes on, and can be joined again. In a cancelled scope, joining a task
    /// that was cancelled never completes: the scope ends it.
    ///
    /// # Errors
    ///
    /// When the task was cancelled, failed (the group has the error) or panicked, when its value was taken before,
    /// and when a task joins itself.
    pub fn join(&self) -> Join<T> {
        Join::new(&self.state)
    }

    /// Like [`join`](Self::join), but whoever is cancelled while waiting here takes the task along: it is cancelled
    /// too, and has ended before the waiting does.
    ///
    /// # Cancellation
    ///
    /// The task is cancelled, and waited for. If it returned a value all the same, that value is yielded, and the
    /// cancellation takes effect at the next suspension point.
    ///
    /// # Errors
    ///
    /// As [`join`](Self::join).
    pub fn join_or_cancel(&self) -> JoinOrCancel<T> {
        JoinOrCancel::new(&self.state)
    }
}

impl<T: Clone> Task<T> {
    /// Waits for the task and clones its value, so that others can have it as well.
    ///
    /// `Clone` must not use a handle to the same task, nor wait for somebody who does: all others wait until the value has been cloned.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost.
    ///
    /// # Errors
    ///
    /// As [`join`](Self::join).
    pub async fn join_cloned(&self) -> Result<T, JoinError> {
        if self.state.is_self() {
            return Err(self.state.error(join::Cause::Itself));
        }
        self.wait().await;
        if self.cancelled() && crate::cancel::is_cancelled() {
            std::future::pending().await // As `join`.
        }
        self.state.peek()
    }
}

impl<T> IntoFuture for &Task<T> {
    type Output = Result<T, JoinError>;
    type IntoFuture = Join<T>;

    fn into_future(self) -> Join<T> {
        self.join()
    }
}

impl<T> IntoFuture for Task<T> {
    type Output = Result<T, JoinError>;
    type IntoFuture = Join<T>;

    fn into_future(self) -> Join<T> {
        self.join()
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("info", self.info())
            .field("status", &self.state.status())
            .finish()
    }
}
