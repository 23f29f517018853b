//! How many tasks were started, and how many are left.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

/// Counts futures, from when they are handed over until they are dropped.
#[derive(Clone, Default)]
pub(crate) struct Tally(Arc<Counts>);

#[derive(Default)]
struct Counts {
    started: AtomicUsize,
    left: AtomicUsize,
}

impl Tally {
    /// The same future, counted.
    pub(crate) fn count<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        self.0.started.fetch_add(1, SeqCst);
        self.0.left.fetch_add(1, SeqCst);
        let left = Left(self.0.clone());
        async move {
            let _left = left;
            future.await
        }
    }
}

/// One that has not been dropped.
struct Left(Arc<Counts>);

impl Drop for Left {
    fn drop(&mut self) {
        self.0.left.fetch_sub(1, SeqCst);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "tasks     {} started, {} left",
            self.0.started.load(SeqCst),
            self.0.left.load(SeqCst)
        )
    }
}
