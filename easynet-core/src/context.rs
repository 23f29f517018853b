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
mod pile;

use std::{
    cell::{Cell, RefCell},
    sync::Arc,
    task::Waker,
    time::Instant,
};

pub(crate) use self::frame::{Extra, TaskFrame};
use self::{
    clock::Clock,
    frame::{Frame, Kind, NONE, State},
    pile::Pile,
};
use crate::{
    cancel::{
        CancelReason,
        node::{Attached, Node},
    },
    group::core::GroupCore,
    observe::{Surrounding, inspects, keep, tell},
    task::TaskInfo,
};

/// Which waker it is: two wakers with one identity wake the same.
pub(crate) type WakerIdentity = (usize, usize);

pub(crate) fn identity(waker: &Waker) -> WakerIdentity {
    (waker.data() as usize, std::ptr::from_ref(waker.vtable()) as usize)
}

struct Stack {
    frames: Pile<Frame>,
    tasks: Pile<TaskFrame>,
    hosts: Pile<HostFrame>,
}

/// The task of the runtime that is being polled: its own waker, and its deadlines.
struct HostFrame {
    waker: WakerIdentity,
    clock: Clock,
}

thread_local! {
    static STACK: RefCell<Stack> =
        const { RefCell::new(Stack { frames: Pile::new(), tasks: Pile::new(), hosts: Pile::new() }) };

    /// The name of the backend of the innermost host: asked often, and cheaper to ask for than the stack.
    static BACKEND: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// The stack of this thread, or nothing while the thread is being torn down.
#[inline]
fn with<R>(f: impl FnOnce(&mut Stack) -> R) -> Option<R> {
    STACK.try_with(|stack| f(&mut stack.borrow_mut())).ok()
}

impl Stack {
    /// Pushes a frame, in a place of which nothing of value is left: it is written there field by field.
    #[inline(always)]
    fn push(&mut self, kind: Kind, limit: Option<Instant>, due: bool, lent: Lent<'_>) {
        let index = self.frames.depth() as u32;
        let due = due || limit.is_some_and(|limit| self.has_come(limit));
        let mut state = State {
            kind,
            cancelled: due,
            due,
            nearest: NONE,
            outer: if kind == Kind::Task { index } else { NONE },
            limit,
        };
        if !kind.is_boundary()
            && let Some(around) = self.frames.last()
        {
            state.cancelled |= around.cancelled;
            state.limit = earliest(limit, around.limit);
            (state.nearest, state.outer) = (around.nearest, around.outer);
        }
        if let Some(node) = lent.node {
            state.cancelled |= kind != Kind::Shield && node.node().is_cancelled();
            state.nearest = index;
        }
        let frame = self.frames.push(Frame::empty);
        frame.state = state;
        std::mem::swap(&mut frame.node, lent.node);
        if let Some(group) = lent.group {
            std::mem::swap(&mut frame.group, group);
        }
    }

    #[inline(always)]
    fn enter(&mut self, kind: Kind, limit: Option<Instant>, due: bool, lent: Lent<'_>) -> Entered {
        let entered = self.depths();
        self.push(kind, limit, due, lent);
        entered
    }

    #[inline(always)]
    fn enter_task(&mut self, fill: impl FnOnce(&mut TaskFrame), kind: Kind, lent: Lent<'_>) -> Entered {
        let entered = self.depths();
        fill(self.tasks.push(TaskFrame::empty));
        self.push(kind, None, false, lent);
        entered
    }

    #[inline(always)]
    fn pop(&mut self) -> &mut Frame {
        self.frames.pop().expect("a frame is popped by whoever pushed it")
    }

    #[inline(always)]
    fn pop_task(&mut self) -> &mut TaskFrame {
        self.tasks.pop().expect("a task is popped by whoever pushed it")
    }

    #[inline(always)]
    fn depths(&self) -> Entered {
        Entered {
            frames: self.frames.depth(),
            tasks: self.tasks.depth(),
        }
    }

    /// Whether time is known to have come so far.
    #[inline(always)]
    fn has_come(&self, moment: Instant) -> bool {
        self.hosts.last().is_some_and(|host| host.clock.has_come(moment))
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
            let attached = Attached::detached(Node::new());
            if !frames[index].is_boundary() && index > 0 {
                let parent = frames[index - 1]
                    .node
                    .as_ref()
                    .map(|parent| parent.node().clone());
                attached.attach(parent.as_ref());
            }
            if let Some(reason) = own {
                attached.node().pass_on(reason);
            }
            frames[index].node = Some(attached);
            frames[index].state.nearest = index as u32;
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

/// A pushed frame, popped by [`leave`](Self::leave), or when dropped on the way of a panic.
#[must_use]
pub(crate) struct Entered {
    frames: usize,
    tasks: usize,
}

/// Gives what was lent to a frame back to its owner, who has had nothing in its place since.
#[inline(always)]
fn give_back<T>(owner: &mut Option<T>, lent: &mut Option<T>) {
    debug_assert!(owner.is_none());
    std::mem::swap(owner, lent);
}

/// What an owner lends to its frame, and has back when it is popped.
struct Lent<'a> {
    node: &'a mut Option<Attached>,
    group: Option<&'a mut Option<Arc<GroupCore>>>,
}

/// Enters a scope with this deadline, or whose time is up.
#[inline(always)]
pub(crate) fn enter_scope(node: &mut Option<Attached>, deadline: Option<Instant>, due: bool) -> Entered {
    let lent = Lent { node, group: None };
    // A closure of its own in each of these: the compiler makes of `push` what is needed for that kind.
    let entered = STACK.with_borrow_mut(|stack| stack.enter(Kind::Scope, deadline, due, lent));
    entered.told(deadline)
}

/// Enters `catch_cancelled`.
pub(crate) fn enter_catch(node: &mut Option<Attached>) -> Entered {
    let lent = Lent { node, group: None };
    let entered = STACK.with_borrow_mut(|stack| stack.enter(Kind::Catch, None, false, lent));
    entered.told(None)
}

/// Enters a shield.
pub(crate) fn enter_shield(node: &mut Option<Attached>) -> Entered {
    let lent = Lent { node, group: None };
    let entered = STACK.with_borrow_mut(|stack| stack.enter(Kind::Shield, None, false, lent));
    entered.told(None)
}

/// Enters the body of a group.
#[inline(always)]
pub(crate) fn enter_group(node: &mut Option<Attached>, group: &mut Option<Arc<GroupCore>>) -> Entered {
    let group = Some(group);
    let lent = Lent { node, group };
    let entered = STACK.with_borrow_mut(|stack| stack.enter(Kind::Group, None, false, lent));
    entered.told(None)
}

/// Enters a task of this group, which is written into its place: nothing of what is around it counts.
#[inline(always)]
pub(crate) fn enter_task(
    fill: impl FnOnce(&mut TaskFrame),
    node: &mut Option<Attached>,
    group: &mut Option<Arc<GroupCore>>,
) -> Entered {
    let group = Some(group);
    let lent = Lent { node, group };
    let entered = STACK.with_borrow_mut(|stack| stack.enter_task(fill, Kind::Task, lent));
    entered.told(None)
}

/// Enters the task that a program is, and the group that it is as well.
#[inline(always)]
pub(crate) fn enter_program(
    fill: impl FnOnce(&mut TaskFrame),
    node: &mut Option<Attached>,
    group: &mut Option<Arc<GroupCore>>,
) -> Entered {
    let group = Some(group);
    let lent = Lent { node, group };
    let entered = STACK.with_borrow_mut(|stack| stack.enter_task(fill, Kind::Program, lent));
    if inspects() {
        tell_entered_program();
    }
    entered
}

/// Enters a blocking job of a task, whose group would adopt what the job leaves behind.
pub(crate) fn enter_job(task: TaskFrame, mut group: Option<Arc<GroupCore>>) -> Entered {
    let lent = Lent {
        node: &mut None,
        group: Some(&mut group),
    };
    STACK.with_borrow_mut(|stack| stack.enter_task(|place| place.fill(task), Kind::Job, lent))
}

/// Tells the observer of the task, and then of its group.
#[cold]
fn tell_entered_program() {
    if let Some(task) = &current_task() {
        tell(|observer| observer.entered(&Surrounding::Task { task, group: None }));
    }
    tell_entered(None);
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
    /// Tells the observer, if there is one.
    #[inline(always)]
    fn told(self, deadline: Option<Instant>) -> Self {
        if inspects() {
            tell_entered(deadline);
        }
        self
    }

    /// Leaves a frame: its node comes back to `node`, which is empty. True if its deadline had passed when it was pushed.
    #[inline(always)]
    pub(crate) fn leave(self, node: &mut Option<Attached>) -> bool {
        let due = STACK.with_borrow_mut(|stack| {
            let frame = stack.pop();
            give_back(node, &mut frame.node);
            frame.due
        });
        self.over();
        due
    }

    /// Leaves the frame of a group's body.
    #[inline(always)]
    pub(crate) fn leave_group(self, node: &mut Option<Attached>, group: &mut Option<Arc<GroupCore>>) {
        STACK.with_borrow_mut(|stack| {
            let frame = stack.pop();
            give_back(node, &mut frame.node);
            give_back(group, &mut frame.group);
        });
        self.over();
    }

    /// Leaves a task, and its frame.
    #[inline(always)]
    pub(crate) fn leave_task(
        self,
        extra: &mut Option<Arc<Extra>>,
        node: &mut Option<Attached>,
        group: &mut Option<Arc<GroupCore>>,
    ) {
        let locals = STACK.with_borrow_mut(|stack| {
            let task = stack.pop_task();
            give_back(extra, &mut task.extra);
            let locals = task.locals.take();
            let frame = stack.pop();
            give_back(node, &mut frame.node);
            give_back(group, &mut frame.group);
            locals
        });
        self.over();
        drop(locals);
    }

    /// Leaves the task that a program is, and the frame of its group.
    #[inline(always)]
    pub(crate) fn leave_program(
        self,
        extra: &mut Option<Arc<Extra>>,
        node: &mut Option<Attached>,
        group: &mut Option<Arc<GroupCore>>,
    ) {
        self.leave_task(extra, node, group);
        tell_left();
    }

    #[inline(always)]
    fn over(self) {
        std::mem::forget(self);
        tell_left();
    }
}

impl Drop for Entered {
    #[cold]
    fn drop(&mut self) {
        // One by one, and dropped outside: what is in them may look around.
        let frame = |stack: &mut Stack| {
            (stack.frames.depth() > self.frames).then(|| {
                let frame = stack.pop();
                (frame.node.take(), frame.group.take())
            })
        };
        let task = |stack: &mut Stack| {
            (stack.tasks.depth() > self.tasks).then(|| {
                let task = stack.pop_task();
                (task.extra.take(), task.locals.take())
            })
        };
        while let Some(left) = with(frame).flatten() {
            tell_left();
            drop(left);
        }
        while let Some(left) = with(task).flatten() {
            drop(left);
        }
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

/// Whether a guard keeps the innermost frame from being dropped.
#[inline]
pub(crate) fn is_held() -> bool {
    let held = with(|stack| Some(stack.frames.last()?.node.as_ref()?.node().is_held()));
    held.flatten().unwrap_or(false)
}

/// Why the running code is cancelled.
pub(crate) fn reason() -> CancelReason {
    with(|stack| stack.reason()).unwrap_or_else(CancelReason::deadline)
}

/// Does something with the group that would adopt what is left behind here (C10): nothing of a user's.
pub(crate) fn with_nearest_group<R>(f: impl FnOnce(Option<&Arc<GroupCore>>) -> R) -> Option<R> {
    with(|stack| {
        let frames = stack.frames.all().iter().rev();
        f(frames.filter_map(|frame| frame.group.as_ref()).next())
    })
}

/// The group that would adopt what is left behind here.
pub(crate) fn nearest_group() -> Option<Arc<GroupCore>> {
    with_nearest_group(|group| group.cloned()).flatten()
}

/// Whether the body of this group, or a child that it polls itself, is running on this thread.
pub(crate) fn is_inside(group: &Arc<GroupCore>) -> bool {
    with(|stack| stack.frames.all().iter().rev().any(|frame| frame.runs(group))).unwrap_or(false)
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
    with(|stack| stack.hosts.last().map(|host| host.clock.notes()))
        .flatten()
        .unwrap_or(0)
}
