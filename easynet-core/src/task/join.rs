//! Waiting for a task.

use std::{
    error::Error,
    fmt,
    future::Future,
    panic::Location,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::{
    TaskInfo,
    state::{TaskState, WaiterKey},
};
use crate::{
    cancel::node::{Attached, Guard, Node},
    context::{self, clock::strand},
    observe::{GuardKind, Wait as Waits, waits},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    Cancelled,
    Failed,
    Panicked,
    Taken,
    Itself,
}

/// There is no value to join: "task 7 `worker` started at src/main.rs:10:5 was cancelled".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinError {
    task: TaskInfo,
    cause: Cause,
}

impl JoinError {
    pub(crate) fn new(task: TaskInfo, cause: Cause) -> Self {
        Self { task, cause }
    }

    /// The task that was joined.
    pub fn task(&self) -> &TaskInfo {
        &self.task
    }

    /// Whether the task was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.cause == Cause::Cancelled
    }

    /// Whether the task returned an error, which its group reports.
    pub fn is_failed(&self) -> bool {
        self.cause == Cause::Failed
    }

    /// Whether the task panicked; the panic resumes in the parent of its group.
    pub fn is_panicked(&self) -> bool {
        self.cause == Cause::Panicked
    }

    /// Whether somebody else has taken the value.
    pub fn is_taken(&self) -> bool {
        self.cause == Cause::Taken
    }

    /// Whether the task tried to join itself.
    pub fn is_itself(&self) -> bool {
        self.cause == Cause::Itself
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.cause {
            Cause::Cancelled => "was cancelled",
            Cause::Failed => "failed; its group reports the error",
            Cause::Panicked => "panicked; the panic resumes in the parent of its group",
            Cause::Taken => "has been joined before, and its value was taken",
            Cause::Itself => "cannot wait for itself",
        };
        write!(f, "{} {what}", self.task)
    }
}

impl Error for JoinError {}

/// What is waited for.
#[derive(Clone, Copy)]
enum For {
    Begin,
    End,
}

/// A place among the waiters of a task.
struct Waiting<T> {
    state: Arc<TaskState<T>>,
    place: Option<WaiterKey>,
}

impl<T> Waiting<T> {
    fn poll(&mut self, cx: &Context<'_>, what: For) -> Poll<()> {
        let came = |state: &TaskState<T>| match what {
            For::Begin => state.has_begun(),
            For::End => state.is_done(),
        };
        if came(&self.state) || self.state.register(&mut self.place, cx.waker(), came) {
            return Poll::Ready(());
        }
        waits(Poll::Pending, || match what {
            For::Begin => Waits::Start(self.state.info()),
            For::End => Waits::Join(self.state.info()),
        })
    }
}

impl<T> Drop for Waiting<T> {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.state.unregister(place);
        }
    }
}

/// Future of [`Task::wait`](super::Task::wait).
#[must_use = "nothing is waited for unless it is awaited"]
pub struct Wait<T>(Waiting<T>);

impl<T> Wait<T> {
    pub(super) fn new(state: &Arc<TaskState<T>>) -> Self {
        Self(Waiting {
            state: state.clone(),
            place: None,
        })
    }

    /// Waits until the task has begun to run (T5).
    pub(crate) fn poll_begun(&mut self, cx: &Context<'_>) -> Poll<()> {
        self.0.poll(cx, For::Begin)
    }
}

impl<T> Future for Wait<T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let waiting = &mut self.0;
        assert!(!waiting.state.is_self(), "{}", waiting.state.error(Cause::Itself));
        waiting.poll(cx, For::End)
    }
}

/// Future of [`Task::join`](super::Task::join).
#[must_use = "nothing is joined unless it is awaited"]
pub struct Join<T>(Waiting<T>);

impl<T> Join<T> {
    pub(super) fn new(state: &Arc<TaskState<T>>) -> Self {
        Self(Waiting {
            state: state.clone(),
            place: None,
        })
    }
}

impl<T> Future for Join<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let waiting = &mut self.0;
        if waiting.state.is_self() {
            return Poll::Ready(Err(waiting.state.error(Cause::Itself)));
        }
        std::task::ready!(waiting.poll(cx, For::End));
        // Both were cancelled, by one scope perhaps: the joiner's own cancellation goes first, whoever is polled first.
        if waiting.state.is_cancelled() && strand(cx.waker()) {
            return Poll::Pending;
        }
        Poll::Ready(waiting.state.take())
    }
}

/// Future of [`Task::join_or_cancel`](super::Task::join_or_cancel).
#[must_use = "nothing is joined unless it is awaited"]
pub struct JoinOrCancel<T> {
    waiting: Waiting<T>,
    location: &'static Location<'static>,
    /// Told when the one who waits is cancelled, under a combinator with wakers of its own too (C8).
    node: Option<Attached>,
    /// Who waits is not dropped before the task has ended (C6).
    guard: Option<Guard>,
    ended: bool,
}

impl<T> JoinOrCancel<T> {
    #[track_caller]
    pub(super) fn new(state: &Arc<TaskState<T>>) -> Self {
        Self {
            waiting: Waiting {
                state: state.clone(),
                place: None,
            },
            location: Location::caller(),
            node: None,
            guard: None,
            ended: false,
        }
    }

    /// Makes the scopes above wait, and takes note of their cancellation.
    fn hold(&mut self, cx: &Context<'_>) {
        if !context::is_hosted() {
            return;
        }
        Guard::hold_here(&mut self.guard, GuardKind::JoinOrCancel);
        let node = self.node.get_or_insert_with(|| Attached::detached(Node::new()));
        node.attach_here();
        node.node().park(cx.waker());
    }
}

impl<T> Future for JoinOrCancel<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if this.waiting.state.is_self() {
            return Poll::Ready(Err(this.waiting.state.error(Cause::Itself)));
        }
        loop {
            if this.waiting.poll(cx, For::End).is_ready() {
                this.guard = None;
                this.node = None;
                // The cancellation of the one who waits goes first; there is no value to be lost (C4).
                if this.waiting.state.is_cancelled() && strand(cx.waker()) {
                    return Poll::Pending;
                }
                this.ended = true;
                return Poll::Ready(this.waiting.state.take());
            }
            this.hold(cx);
            let told = context::is_cancelled();
            if !told {
                return Poll::Pending;
            }
            this.waiting.state.cancel(this.location);
            if !this.waiting.state.is_done() {
                return Poll::Pending;
            }
        }
    }
}

impl<T> Drop for JoinOrCancel<T> {
    fn drop(&mut self) {
        // Dropped by a `select!` or the like: the group waits for the task (C10).
        if !self.ended && (self.guard.is_some() || self.node.is_some()) {
            self.waiting.state.cancel(self.location);
        }
    }
}

impl<T> fmt::Debug for Wait<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Wait").field(self.0.state.info()).finish()
    }
}

impl<T> fmt::Debug for Join<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Join").field(self.0.state.info()).finish()
    }
}

impl<T> fmt::Debug for JoinOrCancel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JoinOrCancel")
            .field(self.waiting.state.info())
            .finish()
    }
}
