//! What surrounds the code that is running: its scopes, its task, its group, and the one timer of its task.
//!
//! A stack for each thread. Whoever polls user code pushes a frame, and pops it when the poll returns or
//! panics (C9): nothing about the context is captured when a future is made, so a future that is moved to
//! another task finds itself there with its next poll.
//!
//! # Invariants
//!
//! 1. Frames are popped in the order opposite to pushing; [`Entered`] does so on a panic too.
//! 2. Nothing that could run user code (a waker, a destructor) is called while the stack is borrowed.
//! 3. A frame at a boundary (a task, a shield) inherits no cancellation through this stack: a shield none
//!    at all, a task only that of its group.

pub(crate) mod clock;
mod frame;
pub(crate) mod host;
pub(crate) mod local;

use std::{
    cell::{Cell, RefCell},
    sync::Arc,
    task::Waker,
    time::Instant,
};

pub(crate) use self::frame::{Extra, Frame, TaskFrame};
use self::{clock::Clock, frame::NONE};
use crate::{
    cancel::{
        CancelReason,
        node::{Attached, Node},
    },
    group::core::GroupCore,
    observe::{inspects, keep, tell},
    task::TaskInfo,
};

/// Which waker it is: two wakers with one identity wake the same.
pub(crate) type WakerIdentity = (usize, usize);

pub(crate) fn identity(waker: &Waker) -> WakerIdentity {
    (waker.data() as usize, std::ptr::from_ref(waker.vtable()) as usize)
}

struct Stack {
    frames: Vec<Frame>,
    tasks: Vec<TaskFrame>,
    hosts: Vec<HostFrame>,
}

/// The task of the runtime that is being polled: its timer and its own waker.
struct HostFrame {
    clock: Option<Box<Clock>>,
    waker: WakerIdentity,
}

thread_local! {
    static STACK: RefCell<Stack> =
        const { RefCell::new(Stack { frames: Vec::new(), tasks: Vec::new(), hosts: Vec::new() }) };

    /// The name of the backend of the innermost host: asked often, and cheaper to ask for than the stack.
    static BACKEND: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// The stack of this thread, or nothing while the thread is being torn down.
#[inline]
fn with<R>(f: impl FnOnce(&mut Stack) -> R) -> Option<R> {
    STACK.try_with(|stack| f(&mut stack.borrow_mut())).ok()
}

impl Stack {
    /// The frame of a task or a job: nothing of what is around it counts.
    #[inline]
    fn push_task(&mut self, task: TaskFrame, mut frame: Frame) {
        let index = self.frames.len() as u32;
        frame.outer = if frame.is_task() { index } else { NONE };
        frame.nearest = if frame.node.is_some() { index } else { NONE };
        self.tasks.push(task);
        self.frames.push(frame);
    }

    /// The frame of a scope, a shield or the body of a group.
    #[inline]
    fn push(&mut self, mut frame: Frame) {
        let index = self.frames.len() as u32;
        if let Some(limit) = frame.limit
            && self.known().is_some_and(|known| limit <= known)
        {
            frame.due = true;
            frame.cancelled = true;
        }
        if !frame.is_boundary()
            && let Some(outer) = self.frames.last()
        {
            frame.cancelled |= outer.cancelled;
            frame.limit = earliest(frame.limit, outer.limit);
            frame.nearest = outer.nearest;
            frame.outer = outer.outer;
        }
        if frame.node.is_some() {
            frame.nearest = index;
        }
        self.frames.push(frame);
    }

    #[inline]
    fn pop(&mut self) -> Left {
        let Frame { node, group, due, .. } =
            self.frames.pop().expect("a frame is popped by whoever pushed it");
        Left { node, group, due }
    }

    fn known(&self) -> Option<Instant> {
        self.hosts.last()?.clock.as_ref()?.known
    }

    /// Time does not go on while a frame is on the stack: whether its deadline has passed was found when it was pushed.
    #[inline]
    fn is_cancelled(&self) -> bool {
        let Some(frame) = self.frames.last() else {
            return false;
        };
        if frame.cancelled {
            return true;
        }
        let around = |index: u32| self.frames.get(index as usize);
        around(frame.nearest)
            .and_then(|frame| frame.node.as_ref())
            .is_some_and(|node| node.node().is_cancelled())
            || around(frame.outer)
                .and_then(|frame| frame.group.as_ref())
                .is_some_and(|group| group.is_cancelled())
    }

    /// The node of the innermost frame; it and those it hangs under are made if nobody needed them before.
    fn node(&mut self) -> Option<Arc<Node>> {
        let last = self.frames.len().checked_sub(1)?;
        let mut first = last;
        while self.frames[first].node.is_none() && !self.frames[first].is_boundary() && first > 0 {
            first -= 1;
        }
        for index in first..=last {
            if self.frames[index].node.is_some() {
                continue;
            }
            let own = self.frames[index].own_reason();
            let attached = Attached::detached(Node::new());
            if !self.frames[index].is_boundary() && index > 0 {
                let parent = self.frames[index - 1]
                    .node
                    .as_ref()
                    .map(|parent| parent.node().clone());
                attached.attach(parent.as_ref());
            }
            if let Some(reason) = own {
                attached.node().pass_on(reason);
            }
            self.frames[index].node = Some(attached);
            self.frames[index].nearest = index as u32;
        }
        self.frames[last].node.as_ref().map(|node| node.node().clone())
    }

    fn reason(&self) -> CancelReason {
        let Some(frame) = self.frames.last() else {
            return CancelReason::deadline();
        };
        let node = (frame.nearest != NONE)
            .then(|| self.frames[frame.nearest as usize].node.as_ref())
            .flatten();
        let group = (frame.outer != NONE)
            .then(|| self.frames[frame.outer as usize].group.as_ref())
            .flatten();
        group
            .and_then(|group| group.node().reason())
            .or_else(|| node.and_then(|node| node.node().reason()))
            .unwrap_or_else(CancelReason::deadline)
    }
}

pub(crate) fn earliest(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// A pushed frame, popped by [`leave`](Self::leave), or when dropped on the way of a panic.
#[must_use]
pub(crate) struct Entered {
    frames: usize,
    tasks: usize,
}

/// What is kept of a frame that was popped.
pub(crate) struct Left {
    pub(crate) node: Option<Attached>,
    pub(crate) group: Option<Arc<GroupCore>>,
    /// The deadline of the frame had passed when it was pushed.
    pub(crate) due: bool,
}

/// Pushes a frame, which is made where it is to lie.
#[inline]
pub(crate) fn enter(frame: impl FnOnce() -> Frame) -> Entered {
    let (entered, deadline) = STACK.with_borrow_mut(|stack| {
        let entered = Entered {
            frames: stack.frames.len(),
            tasks: stack.tasks.len(),
        };
        let frame = frame();
        let deadline = frame.limit;
        stack.push(frame);
        (entered, deadline)
    });
    if inspects() {
        tell_entered(deadline);
    }
    entered
}

/// Pushes a task, and its frame.
#[inline]
pub(crate) fn enter_task(parts: impl FnOnce() -> (TaskFrame, Frame)) -> Entered {
    let entered = STACK.with_borrow_mut(|stack| {
        let entered = Entered {
            frames: stack.frames.len(),
            tasks: stack.tasks.len(),
        };
        let (task, frame) = parts();
        stack.push_task(task, frame);
        entered
    });
    if inspects() {
        tell_entered(None);
    }
    entered
}

/// Tells the observer of the frame that was pushed last, with its own deadline.
#[cold]
fn tell_entered(deadline: Option<Instant>) {
    let task = current_task();
    let surrounding = with(|stack| {
        let frame = stack.frames.last()?;
        frame.group.iter().for_each(keep);
        Some(frame.surrounding(deadline, task.as_ref()))
    });
    if let Some(surrounding) = surrounding.flatten() {
        tell(|observer| observer.entered(&surrounding));
    }
}

impl Entered {
    #[inline]
    pub(crate) fn leave(self) -> Left {
        let left = STACK.with_borrow_mut(Stack::pop);
        std::mem::forget(self);
        tell_left();
        left
    }

    #[inline]
    pub(crate) fn leave_task(self) -> (Option<Arc<Extra>>, Left) {
        let (extra, locals, left) = STACK.with_borrow_mut(|stack| {
            let task = stack.tasks.pop().expect("a task is popped by whoever pushed it");
            (task.extra, task.locals, stack.pop())
        });
        std::mem::forget(self);
        tell_left();
        drop(locals);
        (extra, left)
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let frames = with(|stack| stack.frames.split_off(self.frames.min(stack.frames.len())));
        let tasks = with(|stack| stack.tasks.split_off(self.tasks.min(stack.tasks.len())));
        frames.iter().flatten().for_each(|_| tell_left());
        drop((frames, tasks));
    }
}

/// Tells the observer that a frame was popped.
#[inline]
fn tell_left() {
    if inspects() {
        tell(|observer| observer.left());
    }
}

/// Whether code that runs now is inside of any easynet scope, group or task.
pub(crate) fn is_hosted() -> bool {
    BACKEND.get().is_some()
}

/// The name of the backend whose task is running.
pub(crate) fn backend_name() -> Option<&'static str> {
    BACKEND.get()
}

#[inline]
pub(crate) fn is_cancelled() -> bool {
    with(|stack| stack.is_cancelled()).unwrap_or(false)
}

/// The node of the innermost scope, made if need be.
pub(crate) fn node() -> Arc<Node> {
    with(Stack::node)
        .flatten()
        .expect("guards and groups are polled inside of a host")
}

/// Whether the node of the innermost scope is the one at this address.
#[inline]
pub(crate) fn is_innermost(node: usize) -> bool {
    let here = with(|stack| Some(Arc::as_ptr(stack.frames.last()?.node.as_ref()?.node()) as usize));
    here.flatten() == Some(node)
}

/// Why the running code is cancelled.
pub(crate) fn reason() -> CancelReason {
    with(|stack| stack.reason()).unwrap_or_else(CancelReason::deadline)
}

/// The group that would adopt what is left behind here (C10).
pub(crate) fn nearest_group() -> Option<Arc<GroupCore>> {
    with(|stack| stack.frames.iter().rev().find_map(|frame| frame.group.clone())).flatten()
}

/// Whether the body of this group, or a child that it polls itself, is running on this thread.
pub(crate) fn is_inside(group: &Arc<GroupCore>) -> bool {
    with(|stack| stack.frames.iter().rev().any(|frame| frame.runs(group))).unwrap_or(false)
}

/// The task that is running, if one is.
pub(crate) fn current_task() -> Option<TaskInfo> {
    with(|stack| stack.tasks.last().map(TaskFrame::info)).flatten()
}

/// The values of task-locals that a task started here inherits.
pub(crate) fn locals() -> Option<Arc<local::Locals>> {
    with(|stack| stack.tasks.last().and_then(TaskFrame::locals)).flatten()
}

pub(crate) fn replace_locals(locals: Option<Arc<local::Locals>>) -> Option<Arc<local::Locals>> {
    with(|stack| match stack.tasks.last_mut() {
        Some(task) => task.replace_locals(locals),
        None => locals,
    })
    .flatten()
}

/// Whether a waker is that of the task of the runtime that is being polled.
pub(crate) fn is_own(waker: WakerIdentity) -> bool {
    with(|stack| stack.hosts.last().is_some_and(|host| host.waker == waker)).unwrap_or(false)
}

/// The task that is running, for the thread of a job that it starts.
pub(crate) fn copy_task() -> Option<TaskFrame> {
    with(|stack| stack.tasks.last().map(TaskFrame::copy)).flatten()
}

/// The earliest deadline of the scopes around, up to a shield or the task.
pub(crate) fn deadline() -> Option<Instant> {
    with(|stack| stack.frames.last()?.limit).flatten()
}

/// How many deadlines of this task are noted with wakers that are not its own.
pub(crate) fn notes() -> usize {
    with(|stack| stack.hosts.last()?.clock.as_ref().map(|clock| clock.notes()))
        .flatten()
        .unwrap_or(0)
}
