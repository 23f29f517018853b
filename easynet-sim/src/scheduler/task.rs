//! A task of the simulation, and its waker.

use std::{
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::Wake,
};

use super::{AnyFuture, Scheduler};
use crate::{lock::lock, watch::Waiting};

/// What is polled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The program itself.
    Main,
    /// A task, started by anyone.
    Task,
    /// A blocking job.
    Job,
}

pub(crate) struct Cell {
    scheduler: Arc<Scheduler>,
    key: usize,
    number: u64,
    kind: Kind,
    /// Of the schedules that know priorities; changed only while the task is not in the list.
    priority: AtomicU64,
    queued: AtomicBool,
    /// Polled at least once.
    begun: AtomicBool,
    /// Taken out while it is polled, and gone once it has ended.
    future: Mutex<Option<AnyFuture>>,
    /// What it was last known to wait for.
    wait: Mutex<Option<Waiting>>,
}

impl Cell {
    pub(super) fn new(
        scheduler: &Arc<Scheduler>,
        key: usize,
        number: u64,
        kind: Kind,
        priority: u64,
        future: AnyFuture,
    ) -> Arc<Self> {
        Arc::new(Self {
            scheduler: scheduler.clone(),
            key,
            number,
            kind,
            priority: AtomicU64::new(priority),
            queued: AtomicBool::new(false),
            begun: AtomicBool::new(false),
            future: Mutex::new(Some(future)),
            wait: Mutex::new(None),
        })
    }

    pub(super) fn key(&self) -> usize {
        self.key
    }

    /// Which task it is, counted from one in the order in which they were started.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }

    pub(super) fn priority(&self) -> u64 {
        self.priority.load(Ordering::Relaxed)
    }

    pub(super) fn set_priority(&self, priority: u64) {
        self.priority.store(priority, Ordering::Relaxed);
    }

    pub(super) fn is_queued(&self) -> bool {
        self.queued.load(Ordering::Acquire)
    }

    /// Says that the task was taken off the list.
    pub(super) fn unqueue(&self) {
        self.queued.store(false, Ordering::Release);
    }

    /// Puts the task into the list, unless it is there.
    pub(super) fn queue(self: Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            let scheduler = self.scheduler.clone();
            scheduler.push(self);
        }
    }

    fn future(&self) -> MutexGuard<'_, Option<AnyFuture>> {
        lock(&self.future)
    }

    /// Takes the future out, to be polled or dropped.
    pub(crate) fn take(&self) -> Option<AnyFuture> {
        self.begun.store(true, Ordering::Relaxed);
        self.future().take()
    }

    pub(crate) fn put_back(&self, future: AnyFuture) {
        *self.future() = Some(future);
    }
}

impl Cell {
    pub(crate) fn wait(&self) -> Option<Waiting> {
        *lock(&self.wait)
    }

    pub(crate) fn set_wait(&self, wait: Option<Waiting>) {
        *lock(&self.wait) = wait;
    }
}

impl Wake for Cell {
    fn wake(self: Arc<Self>) {
        self.queue();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_queued() {
            self.clone().queue();
        }
    }
}
