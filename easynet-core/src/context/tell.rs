//! What an observer that inspects is told of what surrounds the running code.

use std::time::Instant;

use super::{current_task, frame::Kind, here, is_cancelled, with};
use crate::observe::{Surrounding, inspects, keep, tell};

/// Tells the observer of what was entered last, with its own deadline. A program is a task and a group, one after the other.
#[cold]
pub(super) fn tell_entered(deadline: Option<Instant>) {
    let cancelled = is_cancelled();
    if here::has_light() {
        return tell(|observer| observer.entered(&Surrounding::Scope { deadline, cancelled }));
    }
    let task = current_task();
    let entered = with(|stack| {
        let frame = stack.frames.last()?;
        frame.group.iter().for_each(keep);
        let surrounding = frame.surrounding(deadline, cancelled, task.as_ref());
        Some((frame.kind == Kind::Program, surrounding))
    });
    let Some((program, surrounding)) = entered else {
        return;
    };
    if let Some(task) = task.as_ref().filter(|_| program) {
        tell(|observer| observer.entered(&Surrounding::Task { task, group: None }));
    }
    tell(|observer| observer.entered(&surrounding));
}

/// Tells the observer that something was left.
#[inline]
pub(super) fn tell_left() {
    if inspects() {
        tell(|observer| observer.left());
    }
}
