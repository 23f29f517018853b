//! What a task and the handle to it share.
//!
//! # Invariants
//!
//! 1. The status leaves `Running` once, under the lock of the slot, after the future of the task was dropped
//!    and its value was put into the slot.
//! 2. A waiter that registered under the lock before that is woken; one that comes later sees the status.

use std::{panic::Location, sync::Arc, task::Waker};

use slab::Slab;

use super::{
    TaskInfo,
    join::{Cause, JoinError},
};
use crate::{
    cancel::{
        CancelReason,
        node::{Node, wake},
    },
    observe::End,
    shared::{
        Lock,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Status {
    Running,
    Returned,
    Cancelled,
    Failed,
    Panicked,
}

impl Status {
    /// How a task that has ended did.
    pub(crate) fn as_end(self) -> End {
        match self {
            Self::Running | Self::Returned => End::Returned,
            Self::Cancelled => End::Cancelled,
            Self::Failed => End::Failed,
            Self::Panicked => End::Panicked,
        }
    }

    const ALL: [Self; 5] = [
        Self::Running,
        Self::Returned,
        Self::Cancelled,
        Self::Failed,
        Self::Panicked,
    ];
}

pub(crate) struct TaskState<T> {
    info: TaskInfo,
    /// The node of the task itself, through which the handle cancels it.
    node: Arc<Node>,
    status: AtomicU8,
    /// The task has been polled, or has ended.
    begun: AtomicBool,
    slot: Lock<Slot<T>>,
}

struct Slot<T> {
    value: Option<T>,
    /// How often all waiters were woken; keys of another epoch belong to nobody.
    epoch: u32,
    waiters: Slab<Waker>,
}

/// The place of a waiter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WaiterKey {
    epoch: u32,
    key: usize,
}

impl<T> Slot<T> {
    fn take_waiters(&mut self) -> Slab<Waker> {
        self.epoch += 1;
        std::mem::take(&mut self.waiters)
    }

    fn remove(&mut self, place: WaiterKey) -> Option<Waker> {
        (place.epoch == self.epoch)
            .then(|| self.waiters.try_remove(place.key))
            .flatten()
    }
}

impl<T> TaskState<T> {
    pub(crate) fn new(info: TaskInfo) -> Arc<Self> {
        Arc::new(Self {
            info,
            node: Node::new(),
            status: AtomicU8::new(Status::Running as u8),
            begun: AtomicBool::new(false),
            slot: Lock::new(Slot {
                value: None,
                epoch: 0,
                waiters: Slab::new(),
            }),
        })
    }

    pub(crate) fn info(&self) -> &TaskInfo {
        &self.info
    }

    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    pub(crate) fn status(&self) -> Status {
        Status::ALL[self.status.load(Ordering::Acquire) as usize]
    }

    pub(crate) fn is_done(&self) -> bool {
        self.status() != Status::Running
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.status() == Status::Cancelled
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Acquire)
    }

    /// Whether the one who asks is the task itself.
    pub(crate) fn is_self(&self) -> bool {
        !self.is_done() && super::try_get_current_task().is_some_and(|task| task == self.info)
    }

    pub(crate) fn cancel(&self, location: &'static Location<'static>) -> bool {
        if self.is_done() {
            return false;
        }
        self.node.cancel(CancelReason::explicit(location, None));
        true
    }

    /// The task has been polled for the first time.
    pub(crate) fn begin(&self) {
        let waiters = {
            let mut slot = self.slot.lock();
            self.begun.store(true, Ordering::Release);
            slot.take_waiters()
        };
        wake_all(waiters);
    }

    /// The task has ended.
    pub(crate) fn end(&self, status: Status, value: Option<T>) {
        let waiters = {
            let mut slot = self.slot.lock();
            slot.value = value;
            self.begun.store(true, Ordering::Release);
            self.status.store(status as u8, Ordering::Release);
            slot.take_waiters()
        };
        wake_all(waiters);
    }

    /// Registers a waiter, in the place of its former registration; true if what it waits for has come.
    pub(crate) fn register(
        &self,
        place: &mut Option<WaiterKey>,
        waker: &Waker,
        came: impl Fn(&Self) -> bool,
    ) -> bool {
        let waker = waker.clone();
        let mut slot = self.slot.lock();
        let old = place.take().and_then(|place| slot.remove(place));
        let came = came(self);
        let unused = if came {
            Some(waker)
        } else {
            *place = Some(WaiterKey {
                epoch: slot.epoch,
                key: slot.waiters.insert(waker),
            });
            None
        };
        drop(slot);
        drop((old, unused));
        came
    }

    pub(crate) fn unregister(&self, place: WaiterKey) {
        let old = self.slot.lock().remove(place);
        drop(old);
    }

    /// Takes the value of a task that is done.
    pub(crate) fn take(&self) -> Result<T, JoinError> {
        self.check()?;
        let value = self.slot.lock().value.take();
        value.ok_or_else(|| self.error(Cause::Taken))
    }

    pub(crate) fn peek(&self) -> Result<T, JoinError>
    where
        T: Clone,
    {
        self.check()?;
        let slot = self.slot.lock();
        slot.value.clone().ok_or_else(|| self.error(Cause::Taken))
    }

    fn check(&self) -> Result<(), JoinError> {
        match self.status() {
            Status::Running | Status::Returned => Ok(()),
            Status::Cancelled => Err(self.error(Cause::Cancelled)),
            Status::Failed => Err(self.error(Cause::Failed)),
            Status::Panicked => Err(self.error(Cause::Panicked)),
        }
    }

    pub(crate) fn error(&self, cause: Cause) -> JoinError {
        JoinError::new(self.info.clone(), cause)
    }
}

fn wake_all(waiters: Slab<Waker>) {
    for (_, waker) in waiters {
        wake(waker);
    }
}
