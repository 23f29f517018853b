//! Entering and leaving what surrounds the running code.

use std::{mem, sync::Arc, time::Instant};

use super::{
    Stack,
    frame::{Extra, Frame, Kind, TaskFrame},
    here::{self, Around},
    tell::{tell_entered, tell_left},
    with,
};
use crate::{cancel::node::Attached, group::core::GroupCore, observe::inspects};

/// What was entered, left by one of its methods, or when dropped on the way of a panic.
#[must_use]
pub(crate) struct Entered(Caught);

/// What an owner lends to its frame, and has back when it is popped.
pub(super) struct Lent<'a> {
    pub(super) node: &'a mut Option<Attached>,
    pub(super) group: Option<&'a mut Option<Arc<GroupCore>>>,
}

/// Gives what was lent to a frame back to its owner, who has had nothing in its place since.
#[inline(always)]
fn give_back<T>(owner: &mut Option<T>, lent: &mut Option<T>) {
    debug_assert!(owner.is_none());
    mem::swap(owner, lent);
}

/// Enters a scope with this deadline, or whose time is up.
#[inline(always)]
pub(crate) fn enter_scope(node: &mut Option<Attached>, deadline: Option<Instant>, due: bool) -> Entered {
    let due = due || deadline.is_some_and(here::has_come);
    let mut around = here::around();
    if node.is_none() && !due {
        here::enter_light();
    } else {
        around.light = enter_heavy(node, due);
    }
    here::narrow(deadline);
    if inspects() {
        tell_entered(deadline);
    }
    Entered(Caught {
        around: Some(around),
        due,
        task: false,
    })
}

/// A scope that has a node, or is due. How many light scopes are around it.
fn enter_heavy(node: &mut Option<Attached>, due: bool) -> u32 {
    let light = with(|stack| {
        if node.is_none() {
            stack.make_frames();
        }
        let light = here::cover_light();
        stack.push(|| Kind::Scope, due, Lent { node, group: None });
        light
    });
    if due {
        here::cancel();
    }
    light
}

/// Enters `catch_cancelled`.
pub(crate) fn enter_catch(node: &mut Option<Attached>) -> Entered {
    if node.is_none() {
        with(Stack::make_frames);
    }
    enter_frame(|| Kind::Catch, Lent { node, group: None }).guarded()
}

/// Enters a shield.
pub(crate) fn enter_shield(node: &mut Option<Attached>) -> Entered {
    enter_frame(|| Kind::Shield, Lent { node, group: None }).guarded()
}

/// Enters the body of a group.
#[inline(always)]
pub(crate) fn enter_group(node: &mut Option<Attached>, group: &mut Option<Arc<GroupCore>>) -> Caught {
    let group = Some(group);
    enter_frame(|| Kind::Group, Lent { node, group })
}

/// Enters a task of this group, which is written into its place: nothing of what is around it counts. It `borrows` if the group itself polls it.
#[inline(always)]
pub(crate) fn enter_task(
    borrows: bool,
    fill: impl FnOnce(&mut TaskFrame),
    node: &mut Option<Attached>,
    group: &mut Option<Arc<GroupCore>>,
) -> Caught {
    let group = Some(group);
    let kind = || if borrows { Kind::Borrower } else { Kind::Task };
    push_task(fill, kind, Lent { node, group })
}

/// Enters the task that a program is, and the group that it is as well.
#[inline(always)]
pub(crate) fn enter_program(
    fill: impl FnOnce(&mut TaskFrame),
    node: &mut Option<Attached>,
    group: &mut Option<Arc<GroupCore>>,
) -> Caught {
    let group = Some(group);
    push_task(fill, || Kind::Program, Lent { node, group })
}

/// Enters a blocking job of a task, whose group would adopt what the job leaves behind.
pub(crate) fn enter_job(task: TaskFrame, mut group: Option<Arc<GroupCore>>) -> Entered {
    let lent = Lent {
        node: &mut None,
        group: Some(&mut group),
    };
    push_task(|place| place.fill(task), || Kind::Shield, lent).guarded()
}

/// Pushes a frame; of this kind, which the compiler is to know.
#[inline(always)]
fn enter_frame(kind: impl Fn() -> Kind, lent: Lent<'_>) -> Caught {
    let around = here::enter_frame(kind().is_boundary());
    let mut stack = Stack::take();
    stack.push(kind, false, lent);
    stack.put();
    if inspects() {
        tell_entered(None);
    }
    Caught {
        around: Some(around),
        due: false,
        task: false,
    }
}

#[inline(always)]
fn push_task(fill: impl FnOnce(&mut TaskFrame), kind: impl Fn() -> Kind, lent: Lent<'_>) -> Caught {
    let mut stack = Stack::take();
    let outermost = stack.frames.depth() == 0 && !here::has_light();
    let around = (!outermost).then(|| here::enter_frame(true));
    fill(stack.tasks.push(TaskFrame::empty));
    stack.push(kind, false, lent);
    stack.put();
    if inspects() {
        tell_entered(None);
    }
    Caught {
        around,
        due: false,
        task: true,
    }
}

impl Entered {
    /// From here on no panic is to be expected.
    #[inline]
    pub(crate) fn caught(self) -> Caught {
        let Caught { around, due, task } = self.0;
        mem::forget(self);
        Caught { around, due, task }
    }

    /// Leaves a scope or a frame: its node comes back to `node`, which is empty. True if its deadline had passed when it was entered.
    #[inline]
    pub(crate) fn leave(self, node: &mut Option<Attached>) -> bool {
        let Caught { around, due, .. } = self.caught();
        if !here::leave_light(around) {
            leave_frame(around, node);
        }
        tell_left();
        due
    }
}

/// As [`Entered`], without a destructor: for one who catches panics, and leaves in any case.
#[must_use]
pub(crate) struct Caught {
    /// Nothing for the outermost.
    around: Option<Around>,
    /// The deadline of the scope had passed.
    due: bool,
    /// A task was entered, beside its frame.
    task: bool,
}

impl Caught {
    /// It may be left by a panic.
    #[inline(always)]
    pub(crate) fn guarded(self) -> Entered {
        Entered(self)
    }

    /// Leaves the frame of a group's body.
    #[inline(always)]
    pub(crate) fn leave_group(self, node: &mut Option<Attached>, group: &mut Option<Arc<GroupCore>>) {
        let mut stack = Stack::take();
        stack.pop().give_back(node, group);
        stack.put();
        here::leave_frame(self.around);
        tell_left();
    }

    /// Leaves a task, and its frame.
    #[inline(always)]
    pub(crate) fn leave_task(
        self,
        extra: &mut Option<Arc<Extra>>,
        node: &mut Option<Attached>,
        group: &mut Option<Arc<GroupCore>>,
    ) {
        let mut stack = Stack::take();
        let task = stack.pop_task();
        give_back(extra, &mut task.extra);
        let locals = task.locals.take();
        stack.pop().give_back(node, group);
        stack.put();
        here::leave_frame(self.around);
        tell_left();
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
}

impl Frame {
    #[inline(always)]
    fn give_back(&mut self, node: &mut Option<Attached>, group: &mut Option<Arc<GroupCore>>) {
        give_back(node, &mut self.node);
        give_back(group, &mut self.group);
    }
}

/// Leaves a scope that has a frame.
fn leave_frame(around: Option<Around>, node: &mut Option<Attached>) {
    with(|stack| give_back(node, &mut stack.pop().node));
    here::leave_frame(around);
}

impl Drop for Entered {
    /// What is in the frame is dropped outside: it may look around.
    #[cold]
    fn drop(&mut self) {
        if here::leave_light(self.0.around) {
            return tell_left();
        }
        let left = with(|stack| {
            let frame = stack.pop();
            (frame.node.take(), frame.group.take())
        });
        let task = self.0.task.then(|| {
            with(|stack| {
                let task = stack.pop_task();
                (task.extra.take(), task.locals.take())
            })
        });
        here::leave_frame(self.0.around);
        tell_left();
        drop((left, task));
    }
}
