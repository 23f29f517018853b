//! What went wrong in a group: every failure, as a tree (T2).

use std::{
    any::Any,
    error::Error,
    fmt::{self, Display, Write},
    panic::{AssertUnwindSafe, Location, catch_unwind},
};

use crate::{cancel::CancelReason, task::TaskInfo};

/// The error of a group that was given no type: any error, `&str`, `String`, or `anyhow::Error` becomes one by `?`.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// What can be the error type of a group.
///
/// Implemented for all that can be printed and sent to another thread.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error type of a task group",
    note = "it must be `Display + Debug + Send + 'static`; leave the type out for `Box<dyn Error + Send + Sync>`"
)]
pub trait GroupError: fmt::Display + fmt::Debug + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<E: fmt::Display + fmt::Debug + Send + 'static> GroupError for E {}

/// An error whose type only the group knows.
trait Erased: Display + Send {
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send>;
}

impl<E: GroupError> Erased for E {
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// A failure on its way from the child to the group.
pub(crate) struct Failure {
    task: TaskInfo,
    error: Box<dyn Erased>,
}

impl Failure {
    pub(crate) fn new<E: GroupError>(task: TaskInfo, error: E) -> Self {
        Self {
            task,
            error: Box::new(error),
        }
    }

    pub(crate) fn task(&self) -> &TaskInfo {
        &self.task
    }

    /// For a failure that nobody is left to receive. How an error prints is user code, and may panic.
    pub(crate) fn log(&self) {
        let error = catch_unwind(AssertUnwindSafe(|| self.error.to_string()));
        let error = error
            .as_deref()
            .unwrap_or("(it panicked while it was being printed)");
        tracing::error!(target: "easynet", task = %self.task, error, "a task failed and nobody is left to be told");
    }

    fn typed<E: GroupError>(self) -> TaskFailure<E> {
        let error = self
            .error
            .into_any()
            .downcast::<E>()
            .expect("a group has one error type");
        TaskFailure {
            task: self.task,
            error: *error,
            body: false,
        }
    }
}

/// One failure in a group: which task, and its error.
pub struct TaskFailure<E = BoxError> {
    task: TaskInfo,
    error: E,
    /// The body of the group, not a child.
    body: bool,
}

impl<E> TaskFailure<E> {
    /// The task that failed; for the body of the group, the task it ran in.
    pub fn task(&self) -> &TaskInfo {
        &self.task
    }

    /// Its error.
    pub fn error(&self) -> &E {
        &self.error
    }

    /// Takes its error.
    pub fn into_error(self) -> E {
        self.error
    }

    /// Whether it is the body of the group that failed, by leaving it with an error.
    pub fn is_body(&self) -> bool {
        self.body
    }
}

/// Some tasks of a group failed; the group has ended.
///
/// Holds every failure in the order in which they happened, those of cleanup and of the body included. It
/// prints as a tree, one line for each failure, also with `{:?}`, which is what `main` prints.
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() {
/// use easynet::prelude::*;
///
/// let error = task_group!(|group| {
///     group.named("db").start_soon(async { Err("connection refused") });
/// })
/// .unwrap_err();
/// assert_eq!(error.failures().len(), 1);
/// assert!(error.to_string().contains("`db`"));
/// assert!(error.to_string().contains("connection refused"));
/// # }
/// ```
pub struct TaskGroupError<E = BoxError> {
    failures: Vec<TaskFailure<E>>,
    interrupted: Option<CancelReason>,
    location: &'static Location<'static>,
}

impl<E> TaskGroupError<E> {
    /// Every failure, the first one first.
    ///
    /// Empty only where the future of the group was moved to another task meanwhile: the group was interrupted by a scope that it is no
    /// longer in, or a task of it was dropped with a runtime that the group is no longer in.
    pub fn failures(&self) -> &[TaskFailure<E>] {
        &self.failures
    }

    /// Takes every failure, the first one first.
    pub fn into_failures(self) -> Vec<TaskFailure<E>> {
        self.failures
    }

    /// The error of the first failure.
    pub fn into_first_error(self) -> Option<E> {
        self.failures.into_iter().next().map(TaskFailure::into_error)
    }

    /// Why the group was interrupted, if there is no failure.
    pub fn interrupted(&self) -> Option<&CancelReason> {
        self.interrupted.as_ref()
    }

    /// Where the group was opened.
    pub fn location(&self) -> &'static Location<'static> {
        self.location
    }
}

impl<E: GroupError> TaskGroupError<E> {
    pub(crate) fn failed(failures: Vec<Failure>, location: &'static Location<'static>) -> Self {
        let failures = failures.into_iter().map(Failure::typed).collect();
        Self {
            failures,
            interrupted: None,
            location,
        }
    }

    pub(crate) fn interrupted_by(reason: CancelReason, location: &'static Location<'static>) -> Self {
        Self {
            failures: Vec::new(),
            interrupted: Some(reason),
            location,
        }
    }

    /// Adds the error with which the body left.
    pub(crate) fn with_body(mut self, task: TaskInfo, error: E) -> Self {
        self.failures.push(TaskFailure {
            task,
            error,
            body: true,
        });
        self
    }
}

/// The lines of an error and what caused it; a group in a group is indented by whoever prints it.
fn describe<E: GroupError>(error: &E) -> String {
    let mut text = error.to_string();
    let mut cause = (error as &dyn Any)
        .downcast_ref::<BoxError>()
        .and_then(|error| error.source());
    while let Some(error) = cause {
        let line = error.to_string();
        // Some errors print their cause themselves.
        if !text.contains(&line) {
            let _ = write!(text, ": {line}");
        }
        cause = error.source();
    }
    text
}

impl<E: GroupError> fmt::Display for TaskGroupError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.failures.len(), &self.interrupted) {
            (_, Some(reason)) => {
                return write!(f, "the group opened at {} was cancelled: {reason}", self.location);
            }
            (1, _) => write!(f, "1 task failed in the group opened at {}", self.location)?,
            (n, _) => write!(f, "{n} tasks failed in the group opened at {}", self.location)?,
        }
        for (index, failure) in self.failures.iter().enumerate() {
            let last = index + 1 == self.failures.len();
            let (branch, below) = if last {
                ("└─ ", "   ")
            } else {
                ("├─ ", "│  ")
            };
            let text = describe(&failure.error);
            let mut lines = text.lines();
            let body = if failure.body { "the body, in " } else { "" };
            write!(
                f,
                "\n{branch}{body}{}: {}",
                failure.task,
                lines.next().unwrap_or_default()
            )?;
            for line in lines {
                write!(f, "\n{below}{line}")?;
            }
        }
        Ok(())
    }
}

impl<E: GroupError> fmt::Debug for TaskGroupError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

impl<E: GroupError> Error for TaskGroupError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let first = (&self.failures.first()?.error as &dyn Any).downcast_ref::<BoxError>()?;
        Some(&**first)
    }
}

impl<E: GroupError> fmt::Debug for TaskFailure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.task, describe(&self.error))
    }
}

impl<E: GroupError> fmt::Display for TaskFailure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
