//! How long a job may take to end that was told to, before it is reported.
//!
//! An option of the run: it travels with the values of task-locals, and tasks of a run that says nothing carry nothing.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use pin_project_lite::pin_project;

use crate::{
    context::{self, local::Locals},
    task::{TaskLocal, local::Restore},
};

/// If nobody says otherwise.
const GRACE: Duration = Duration::from_secs(10);

static CHOSEN: TaskLocal<Duration> = TaskLocal::new();

/// That of the run of the task that asks.
pub(super) fn current() -> Duration {
    CHOSEN.get().map_or(GRACE, |chosen| *chosen)
}

pin_project! {
    /// A program with a time of grace of its own, if one was chosen.
    pub(crate) struct Graced<F> {
        chosen: Option<Arc<Duration>>,
        #[pin]
        program: F,
    }
}

/// Runs a program with another one.
pub(crate) fn with<F: Future>(chosen: Option<Duration>, program: F) -> Graced<F> {
    Graced {
        chosen: chosen.map(Arc::new),
        program,
    }
}

impl<F: Future> Future for Graced<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _restore = this.chosen.as_ref().map(|chosen| {
            let inside = Locals::with(context::locals(), CHOSEN.key(), chosen.clone());
            Restore::instead(Some(inside))
        });
        this.program.poll(cx)
    }
}
