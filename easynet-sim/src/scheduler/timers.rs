//! The virtual clock, and the timers that are set on it.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Instant,
};

use easynet_core::Timer;

use super::Scheduler;

/// A timer that is set: the moment, and a number that tells those of one moment apart.
pub(crate) type Key = (Instant, u64);

pub(super) struct Timers {
    now: Instant,
    set: BTreeMap<Key, Waker>,
    next: u64,
    alive: usize,
}

impl Timers {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            now,
            set: BTreeMap::new(),
            next: 0,
            alive: 0,
        }
    }

    pub(super) fn now(&self) -> Instant {
        self.now
    }

    pub(super) fn alive(&self) -> usize {
        self.alive
    }

    /// How many are set.
    pub(super) fn waiting(&self) -> usize {
        self.set.len()
    }

    /// Comes to the next moment that a timer is set to; whom to wake then.
    pub(super) fn pass(&mut self) -> Option<Vec<Waker>> {
        let (&(moment, _), _) = self.set.first_key_value()?;
        self.now = self.now.max(moment);
        let mut due = Vec::new();
        while let Some(entry) = self.set.first_entry() {
            if entry.key().0 > self.now {
                break;
            }
            due.push(entry.remove());
        }
        Some(due)
    }

    /// Calls a waker at a moment that is none of a task.
    pub(super) fn set_alarm(&mut self, moment: Instant, waker: Waker) -> Key {
        self.next += 1;
        let key = (moment, self.next);
        self.set.insert(key, waker);
        key
    }

    /// Calls it no more.
    pub(super) fn clear_alarm(&mut self, key: Key) -> Option<Waker> {
        self.set.remove(&key)
    }

    pub(super) fn take(&mut self) -> BTreeMap<Key, Waker> {
        std::mem::take(&mut self.set)
    }
}

/// A timer on the virtual clock.
pub struct SimTimer {
    scheduler: Arc<Scheduler>,
    deadline: Instant,
    /// Where it is noted, once it has been polled.
    key: Option<Key>,
}

impl SimTimer {
    pub(crate) fn new(scheduler: &Arc<Scheduler>, deadline: Instant) -> Self {
        scheduler.lock().timers.alive += 1;
        Self {
            scheduler: scheduler.clone(),
            deadline,
            key: None,
        }
    }

    fn forget(&mut self) {
        let Some(key) = self.key.take() else { return };
        let waker = self.scheduler.lock().timers.set.remove(&key);
        drop(waker);
    }
}

impl Timer for SimTimer {
    fn reset(mut self: Pin<&mut Self>, deadline: Instant) {
        self.forget();
        self.deadline = deadline;
    }

    fn poll_elapsed(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let waker = cx.waker().clone();
        let (polled, old) = {
            let timers = &mut this.scheduler.lock().timers;
            if timers.now >= this.deadline {
                (Poll::Ready(()), Some(waker))
            } else {
                let next = &mut timers.next;
                let key = *this.key.get_or_insert_with(|| {
                    *next += 1;
                    (this.deadline, *next)
                });
                (Poll::Pending, timers.set.insert(key, waker))
            }
        };
        drop(old);
        polled
    }

    fn is_elapsed(&self) -> bool {
        super::current_time().unwrap_or_else(|| self.scheduler.now()) >= self.deadline
    }
}

impl Drop for SimTimer {
    fn drop(&mut self) {
        self.forget();
        self.scheduler.lock().timers.alive -= 1;
    }
}

impl std::fmt::Debug for SimTimer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimTimer")
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
