//! A task of the simulation, and its waker.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::Wake,
};

use super::{AnyFuture, Scheduler};
use crate::{lock::lock, watch::Profile};

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
    /// Of a task that was started in a group.
    profile: Option<Profile>,
    /// Of the schedules that know priorities; changed only while the task is not in the list.
    priority: AtomicU64,
    queued: AtomicBool,
    /// It has been polled.
    begun: AtomicBool,
    ended: AtomicBool,
    /// The future, before the first poll.
    future: Mutex<Option<AnyFuture>>,
}

impl Cell {
    pub(super) fn new(
        scheduler: &Arc<Scheduler>,
        key: usize,
        number: u64,
        kind: Kind,
        profile: Option<Profile>,
        priority: u64,
        future: AnyFuture,
    ) -> Arc<Self> {
        Arc::new(Self {
            scheduler: scheduler.clone(),
            key,
            number,
            kind,
            profile,
            priority: AtomicU64::new(priority),
            queued: AtomicBool::new(false),
            begun: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            future: Mutex::new(Some(future)),
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

    pub(crate) fn profile(&self) -> Option<&Profile> {
        self.profile.as_ref()
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

    pub(crate) fn is_queued(&self) -> bool {
        self.queued.load(Ordering::Acquire)
    }

    /// Says that the task was taken off the list.
    pub(super) fn unqueue(&self) {
        self.queued.store(false, Ordering::Release);
    }

    /// Puts the task into the list, unless it is there.
    pub(super) fn queue(self: &Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            self.scheduler.push(self.clone());
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    /// Takes the future out for the first poll.
    pub(super) fn begin(&self) -> Option<AnyFuture> {
        self.begun.store(true, Ordering::Relaxed);
        lock(&self.future).take()
    }

    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

impl Wake for Cell {
    fn wake(self: Arc<Self>) {
        self.queue();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.queue();
    }
}
