//! How long a job may take to end that was told to, before it is reported.
//!
//! An option of the run: it travels with the values of task-locals, and tasks of a run that says nothing carry nothing.

use std::{future::Future, time::Duration};

use crate::task::{TaskLocal, WithLocal};

/// If nobody says otherwise.
const GRACE: Duration = Duration::from_secs(10);

static CHOSEN: TaskLocal<Duration> = TaskLocal::new();

/// That of the run of the task that asks.
pub(super) fn current() -> Duration {
    CHOSEN.get().map_or(GRACE, |chosen| *chosen)
}

/// Runs a program with another one.
pub(crate) fn with<F: Future>(grace: Duration, program: F) -> WithLocal<F> {
    CHOSEN.scope(grace, program)
}
