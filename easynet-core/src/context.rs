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
//! 4. Scopes that nobody has needed a node of have no frames: they are [light](here). Below a frame without a node that is
//!    no boundary, no scope is light.

pub(crate) mod clock;
mod enter;
mod frame;
mod here;
pub(crate) mod host;
pub(crate) mod local;
mod pile;
mod tell;

use std::{
    cell::Cell,
    mem::{self, ManuallyDrop},
    sync::Arc,
    task::Waker,
    time::Instant,
};

use self::{
    clock::Others,
    enter::Lent,
    frame::{Frame, Kind, NONE},
    here::here,
    pile::Pile,
};
pub(crate) use self::{
    enter::{
        Caught, Entered, enter_catch, enter_group, enter_job, enter_program, enter_scope, enter_shield,
        enter_task,
    },
    frame::{Extra, TaskFrame},
};
use crate::{
    cancel::{
        CancelReason,
        node::{Attached, Node},
    },
    group::core::GroupCore,
    shared::AtThreadEnd,
    task::TaskInfo,
};

/// Which waker it is: two wakers with one identity wake the same.
pub(crate) type WakerIdentity = (usize, usize);

pub(crate) fn identity(waker: &Waker) -> WakerIdentity {
    (waker.data() as usize, std::ptr::from_ref(waker.vtable()) as usize)
}

#[derive(Default)]
struct Stack {
    frames: Pile<Frame>,
    tasks: Pile<TaskFrame>,
    /// Those who wait in the task of the runtime that is being polled with wakers of their own.
    others: Option<Box<Others>>,
}

thread_local! {
    /// Taken out by who does something with it, and made for the first who does. Without a destructor, which each access would have
    /// to look out for: `ROOM` is what gives it back.
    static STACK: ManuallyDrop<Cell<Option<Box<Stack>>>> = const { ManuallyDrop::new(Cell::new(None)) };

    /// There is one.
    static MADE: Cell<bool> = const { Cell::new(false) };

    static ROOM: AtThreadEnd = const { AtThreadEnd(give_room_back) };
}

/// Does something with the stack of this thread: nothing of a user's (Invariant 2).
#[inline(always)]
fn with<R>(f: impl FnOnce(&mut Stack) -> R) -> R {
    let mut stack = Stack::take();
    let result = f(&mut stack);
    stack.put();
    result
}

#[cold]
fn make_stack() -> Box<Stack> {
    assert!(
        !MADE.replace(true),
        "the stack is asked for while it is taken out"
    );
    // In the midst of the end of the thread it is lost, with the thread.
    let _ = ROOM.try_with(|_| ());
    Box::default()
}

fn give_room_back() {
    let Some(stack) = STACK.with(|stack| stack.take()) else {
        return;
    };
    // A process that ends in the midst of a task has what it is in yet.
    if !stack.is_empty() {
        return stack.put();
    }
    // What the thread drops after this may run tasks, or drop them: another stack is made then.
    MADE.set(false);
}

impl Stack {
    /// That of this thread. Nobody asks for it until it is [put](Self::put) back.
    #[inline(always)]
    fn take() -> Box<Self> {
        STACK.with(|stack| stack.take()).unwrap_or_else(make_stack)
    }

    #[inline(always)]
    fn put(self: Box<Self>) {
        // Nothing is there, so that nothing need be dropped.
        mem::forget(STACK.with(|stack| stack.replace(Some(self))));
    }

    fn is_empty(&self) -> bool {
        self.frames.depth() == 0 && self.tasks.depth() == 0 && self.others.is_none()
    }

    /// Pushes a frame, in a place of which nothing of value is left: it is written there field by field.
    #[inline(always)]
    fn push(&mut self, kind: impl Fn() -> Kind, due: bool, lent: Lent<'_>) {
        let index = self.frames.depth() as u32;
        let (mut nearest, mut outer) = (NONE, NONE);
        if kind().is_task() {
            outer = index;
        } else if !kind().is_boundary()
            && let Some(around) = self.frames.last()
        {
            (nearest, outer) = (around.nearest, around.outer);
        }
        if lent.node.is_some() {
            nearest = index;
        }
        let frame = self.frames.push(Frame::empty);
        frame.kind = kind();
        frame.due = due;
        frame.nearest = nearest;
        frame.outer = outer;
        std::mem::swap(&mut frame.node, lent.node);
        if let Some(group) = lent.group {
            std::mem::swap(&mut frame.group, group);
        }
    }

    /// Makes frames of the light scopes.
    #[cold]
    fn make_frames(&mut self) {
        for _ in 0..here::cover_light() {
            let lent = Lent {
                node: &mut None,
                group: None,
            };
            self.push(|| Kind::Scope, false, lent);
        }
    }

    #[inline(always)]
    fn pop(&mut self) -> &mut Frame {
        self.frames.pop().expect("a frame is popped by whoever pushed it")
    }

    #[inline(always)]
    fn pop_task(&mut self) -> &mut TaskFrame {
        self.tasks.pop().expect("a task is popped by whoever pushed it")
    }

    /// Whether a node says so: that of the nearest scope, or of the group of the task.
    #[inline]
    fn is_told(&self) -> bool {
        let Some(frame) = self.frames.last() else {
            return false;
        };
        let around = |index: u32| self.frames.all().get(index as usize);
        around(frame.nearest)
            .and_then(|frame| frame.node.as_ref())
            .is_some_and(|node| node.node().is_cancelled())
            || around(frame.outer)
                .and_then(|frame| frame.group.as_ref())
                .is_some_and(|group| group.is_cancelled())
    }

    /// The node of the innermost frame; it and those it hangs under are made if nobody needed them before.
    fn node(&mut self) -> Option<Arc<Node>> {
        self.make_frames();
        let frames = self.frames.all_mut();
        let last = frames.len().checked_sub(1)?;
        let mut first = last;
        while frames[first].node.is_none() && !frames[first].is_boundary() && first > 0 {
            first -= 1;
        }
        for index in first..=last {
            if frames[index].node.is_some() {
                continue;
            }
            let own = frames[index].own_reason();
            let attached = Attached::detached(match frames[index].kind {
                Kind::Scope => Node::of_scope(None),
                _ => Node::new(),
            });
            if !frames[index].is_boundary() && index > 0 {
                let parent = frames[index - 1]
                    .node
                    .as_ref()
                    .map(|parent| parent.node().clone());
                attached.attach(parent);
            }
            if let Some(reason) = own {
                attached.node().pass_on(reason);
            }
            frames[index].node = Some(attached);
            frames[index].nearest = index as u32;
        }
        frames[last].node.as_ref().map(|node| node.node().clone())
    }

    fn reason(&self) -> CancelReason {
        let Some(frame) = self.frames.last() else {
            return CancelReason::deadline();
        };
        let node = (frame.nearest != NONE)
            .then(|| self.frames.all()[frame.nearest as usize].node.as_ref())
            .flatten();
        let group = (frame.outer != NONE)
            .then(|| self.frames.all()[frame.outer as usize].group.as_ref())
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

/// Whether code that runs now is inside of any easynet scope, group or task.
#[inline]
pub(crate) fn is_hosted() -> bool {
    backend_name().is_some()
}

/// The name of the backend whose task is running.
#[inline]
pub(crate) fn backend_name() -> Option<&'static str> {
    here(|here| here.host.backend.get())
}

/// Time does not go on while a scope is entered: whether its deadline has passed was found then.
#[inline]
pub(crate) fn is_cancelled() -> bool {
    here::is_cancelled() || with(|stack| stack.is_told())
}

/// The node of the innermost scope, made if need be.
pub(crate) fn node() -> Arc<Node> {
    with(Stack::node).expect("guards and groups are polled inside of a host")
}

/// Whether the node of the innermost scope is the one at this address.
#[inline]
pub(crate) fn is_innermost(node: usize) -> bool {
    let innermost = || with(|stack| Some(Arc::as_ptr(stack.frames.last()?.node.as_ref()?.node()) as usize));
    !here::has_light() && innermost() == Some(node)
}

/// Whether a guard keeps the innermost frame from being dropped.
#[inline]
pub(crate) fn is_held() -> bool {
    let held = with(|stack| Some(stack.frames.last()?.node.as_ref()?.node().is_held()));
    held.unwrap_or(false)
}

/// Why the running code is cancelled.
pub(crate) fn reason() -> CancelReason {
    with(|stack| stack.reason())
}

/// Does something with the group that would adopt what is left behind here (C10): nothing of a user's.
pub(crate) fn with_nearest_group<R>(f: impl FnOnce(Option<&Arc<GroupCore>>) -> R) -> R {
    with(|stack| {
        let frames = stack.frames.all().iter().rev();
        f(frames.filter_map(|frame| frame.group.as_ref()).next())
    })
}

/// The group that would adopt what is left behind here.
pub(crate) fn nearest_group() -> Option<Arc<GroupCore>> {
    with_nearest_group(|group| group.cloned())
}

/// Whether the body of this group, or a child that it polls itself, is running on this thread.
pub(crate) fn is_inside(group: &Arc<GroupCore>) -> bool {
    with(|stack| stack.frames.all().iter().rev().any(|frame| frame.runs(group)))
}

/// The task that is running, if one is.
pub(crate) fn current_task() -> Option<TaskInfo> {
    with(|stack| stack.tasks.last().map(TaskFrame::info))
}

/// The values of task-locals that a task started here inherits.
pub(crate) fn locals() -> Option<Arc<local::Locals>> {
    with(|stack| stack.tasks.last().and_then(TaskFrame::locals))
}

pub(crate) fn replace_locals(locals: Option<Arc<local::Locals>>) -> Option<Arc<local::Locals>> {
    with(|stack| match stack.tasks.last_mut() {
        Some(task) => task.replace_locals(locals),
        None => locals,
    })
}

/// Whether a waker is that of the task of the runtime that is being polled.
pub(crate) fn is_own(waker: WakerIdentity) -> bool {
    here(|here| here.host.waker.get() == waker)
}

/// The task that is running, for the thread of a job that it starts.
pub(crate) fn copy_task() -> Option<TaskFrame> {
    with(|stack| stack.tasks.last().map(TaskFrame::copy))
}

/// The earliest deadline of the scopes around, up to a shield or the task.
pub(crate) fn deadline() -> Option<Instant> {
    here::limit()
}

/// How many deadlines of this task are noted with wakers that are not its own.
pub(crate) fn notes() -> usize {
    with(|stack| stack.others.as_ref().map_or(0, |others| others.notes()))
}
