//! What a call through a portal and the handle to it share.
//!
//! # Invariants
//!
//! 1. A call ends once; what comes after that is dropped.
//! 2. A plain call that was cancelled before it has begun never runs; one that runs cannot be cancelled.
//! 3. No value, waker or payload is dropped under the lock.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    task::{Context, Poll, Waker},
};

use super::error::PortalError;
use crate::{
    cancel::{
        CancelReason,
        node::{Attached, Node, remember, wake},
    },
    context::{self, local::Locals},
    group::{
        core::{GroupCore, Panic},
        error::Failure,
    },
    shared::Lock,
    task::{TaskInfo, local::Restore, receive::Receive, state::Status},
};

pub(crate) struct Call<T> {
    /// Through which the task of a coroutine is cancelled. A plain call has none.
    node: Option<Arc<Node>>,
    slot: Lock<Slot<T>>,
}

struct Slot<T> {
    stage: Stage<T>,
    waker: Option<Waker>,
    /// The handle is gone.
    unwanted: bool,
}

enum Stage<T> {
    Waiting,
    Running,
    Ended(Outcome<T>),
    Taken,
}

pub(crate) enum Outcome<T> {
    Returned(T),
    Panicked(Panic),
    Cancelled(CancelReason),
}

impl<T> Call<T> {
    /// A call without a task that its handle could cancel: of a plain function, or of a coroutine that whoever makes it waits for at once.
    pub(crate) fn plain() -> Arc<Self> {
        Self::new(None)
    }

    /// A call of a coroutine that its handle may cancel.
    pub(crate) fn of_task() -> Arc<Self> {
        Self::new(Some(Node::new()))
    }

    fn new(node: Option<Arc<Node>>) -> Arc<Self> {
        Arc::new(Self {
            node,
            slot: Lock::new(Slot {
                stage: Stage::Waiting,
                waker: None,
                unwanted: false,
            }),
        })
    }

    /// Whether a plain call may run now: it has not been cancelled.
    pub(crate) fn begin(&self) -> bool {
        let mut slot = self.slot.lock();
        let waits = matches!(slot.stage, Stage::Waiting);
        if waits {
            slot.stage = Stage::Running;
        }
        waits
    }

    pub(crate) fn end(&self, outcome: Outcome<T>) {
        let mut slot = self.slot.lock();
        if matches!(slot.stage, Stage::Ended(_) | Stage::Taken) {
            drop(slot);
            return drop(outcome);
        }
        let lost = slot.unwanted && matches!(outcome, Outcome::Panicked(_));
        slot.stage = Stage::Ended(outcome);
        let waker = slot.waker.take();
        drop(slot);
        if lost {
            tracing::error!(target: "easynet", "a call through a portal panicked, and nobody waits for it");
        }
        if let Some(waker) = waker {
            wake(waker);
        }
    }

    /// Asks the call to end; true if that counts.
    pub(crate) fn cancel(&self, reason: CancelReason) -> bool {
        match &self.node {
            Some(node) => {
                let ended = self.is_done();
                if !ended {
                    node.cancel(reason);
                }
                !ended
            }
            None => self.cancel_waiting(reason),
        }
    }

    fn cancel_waiting(&self, reason: CancelReason) -> bool {
        let mut slot = self.slot.lock();
        if !matches!(slot.stage, Stage::Waiting) {
            return false;
        }
        slot.stage = Stage::Ended(Outcome::Cancelled(reason));
        let waker = slot.waker.take();
        drop(slot);
        if let Some(waker) = waker {
            wake(waker);
        }
        true
    }

    pub(crate) fn is_done(&self) -> bool {
        matches!(self.slot.lock().stage, Stage::Ended(_) | Stage::Taken)
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        matches!(self.slot.lock().stage, Stage::Ended(Outcome::Cancelled(_)))
    }

    /// Ready once the call has ended.
    pub(crate) fn poll_done(&self, cx: &Context<'_>) -> Poll<()> {
        let mut slot = self.slot.lock();
        if matches!(slot.stage, Stage::Ended(_) | Stage::Taken) {
            return Poll::Ready(());
        }
        let old = remember(&mut slot.waker, cx.waker());
        drop(slot);
        drop(old);
        Poll::Pending
    }

    /// Takes the outcome of a call that has ended.
    pub(crate) fn take(&self) -> Result<Result<T, Panic>, PortalError> {
        let mut slot = self.slot.lock();
        if let Stage::Ended(Outcome::Cancelled(reason)) = &slot.stage {
            return Err(PortalError::cancelled(reason.clone()));
        }
        match std::mem::replace(&mut slot.stage, Stage::Taken) {
            Stage::Ended(Outcome::Returned(value)) => Ok(Ok(value)),
            Stage::Ended(Outcome::Panicked(panic)) => Ok(Err(panic)),
            _ => Err(PortalError::taken()),
        }
    }

    /// Nobody will ask any more.
    pub(crate) fn forget(&self) {
        let mut slot = self.slot.lock();
        slot.unwanted = true;
        let waker = slot.waker.take();
        drop(slot);
        drop(waker);
    }
}

/// Receives what becomes of a coroutine, in place of its group: neither its error nor its panic is the group's.
pub(crate) struct Caller<T> {
    call: Option<Arc<Call<T>>>,
    group: Arc<GroupCore>,
}

impl<T> Caller<T> {
    pub(crate) fn new(call: Arc<Call<T>>, group: Arc<GroupCore>) -> Self {
        Self {
            call: Some(call),
            group,
        }
    }

    fn call(&self) -> &Arc<Call<T>> {
        self.call
            .as_ref()
            .expect("a coroutine lets go of its call when it has ended")
    }
}

impl<T: Send> Receive<T> for Caller<T> {
    fn node(&self) -> Option<Attached> {
        self.call().node.clone().map(Attached::detached)
    }

    fn returned(&mut self, output: T, _task: impl FnOnce() -> TaskInfo) -> Option<Failure> {
        self.call().end(Outcome::Returned(output));
        None
    }

    fn panicked(&self, panic: Panic) -> Option<Panic> {
        self.call().end(Outcome::Panicked(panic));
        None
    }

    fn ended(&self, status: Status) {
        if status == Status::Cancelled {
            let node = self.call().node.as_ref();
            let reason = node
                .and_then(|node| node.reason())
                .or_else(|| self.group.node().reason())
                .unwrap_or_else(CancelReason::let_go);
            self.call().end(Outcome::Cancelled(reason));
        }
    }

    fn let_go(&mut self) {
        self.call = None;
    }
}

/// A plain call in the line. One that is dropped there counts as cancelled.
pub(crate) struct Plain<F, T> {
    function: Option<F>,
    call: Arc<Call<T>>,
    /// The task-locals of the thread that has made the call, if it has any.
    locals: Option<Arc<Locals>>,
}

/// A plain call, whatever it calls.
pub(crate) trait Run: Send {
    fn run(self: Box<Self>);
}

impl<F, T> Plain<F, T>
where
    F: FnOnce() -> T + Send,
    T: Send,
{
    pub(crate) fn new(function: F, call: Arc<Call<T>>) -> Self {
        Self {
            function: Some(function),
            call,
            locals: context::locals(),
        }
    }
}

impl<F, T> Run for Plain<F, T>
where
    F: FnOnce() -> T + Send,
    T: Send,
{
    fn run(mut self: Box<Self>) {
        if !self.call.begin() {
            return;
        }
        let Some(function) = self.function.take() else {
            return;
        };
        let locals = self.locals.take();
        let outcome = catch_unwind(AssertUnwindSafe(|| match locals {
            None => function(),
            Some(locals) => {
                let _restore = Restore::instead(Some(locals));
                function()
            }
        }));
        self.call.end(match outcome {
            Ok(value) => Outcome::Returned(value),
            Err(panic) => Outcome::Panicked(panic),
        });
    }
}

impl<F, T> Drop for Plain<F, T> {
    fn drop(&mut self) {
        self.call.end(Outcome::Cancelled(CancelReason::let_go()));
    }
}
