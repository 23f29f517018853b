//! Coroutines of many threads that call at once, started together.
//!
//! A task that is started from another thread wakes the event loop, each one. Where many threads wait, on an event loop of one thread, the first
//! has a task started which starts those of the others too, that have come by then.
//!
//! # Invariants
//!
//! 1. While there are tasks in the line, a [`Start`] is on its way. It starts them when it is polled; or dropped, by a runtime that has ended, which
//!    drops them as well then: whoever waits for one hears of it.
//! 2. Nobody else has to do anything: coroutines go on also while nobody polls the portal.

use std::{mem, sync::Arc};

use super::{Shared, Wanted};
use crate::{
    shared::Lock,
    task::remains,
    threads::{looped::AnyTask, park::is_crowded},
};

/// The line of those that are to be started.
#[derive(Default)]
pub(super) struct Starts(Lock<Vec<AnyTask>>);

impl Starts {
    /// Puts a task into the line; whether it is the first there.
    fn push(&self, task: AnyTask) -> bool {
        let mut line = self.0.lock();
        line.push(task);
        line.len() == 1
    }

    fn take(&self) -> Vec<AnyTask> {
        mem::take(&mut *self.0.lock())
    }
}

/// Starts all that are in the line, when it is dropped.
struct Start(Arc<Shared>);

impl Drop for Start {
    fn drop(&mut self) {
        for task in self.0.starts.take() {
            self.0.looped.start(task);
        }
    }
}

impl Shared {
    /// Has the task of a coroutine started, which counts in the group already.
    pub(super) fn start(self: &Arc<Self>, task: AnyTask, wanted: Wanted) {
        if wanted == Wanted::AtOnce && is_crowded() && self.looped.has_one_thread() {
            if self.starts.push(task) {
                let start = Start(self.clone());
                self.looped.start(Box::pin(async move { drop(start) }));
            }
        } else {
            self.looped.start(task);
        }
        remains::pass();
    }
}
