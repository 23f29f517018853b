//! What an observer that inspects is told of what surrounds the running code.

use std::time::Instant;

use super::{current_task, here, is_cancelled, with};
use crate::observe::{Surrounding, inspects, keep, tell};

/// Tells the observer of the task, and then of its group.
#[cold]
pub(super) fn tell_entered_program() {
    if let Some(task) = &current_task() {
        tell(|observer| observer.entered(&Surrounding::Task { task, group: None }));
    }
    tell_entered(None);
}

/// Tells the observer of what was entered last, with its own deadline.
#[cold]
pub(super) fn tell_entered(deadline: Option<Instant>) {
    let cancelled = is_cancelled();
    if here::has_light() {
        return tell(|observer| observer.entered(&Surrounding::Scope { deadline, cancelled }));
    }
    let task = current_task();
    let surrounding = with(|stack| {
        let frame = stack.frames.last()?;
        frame.group.iter().for_each(keep);
        Some(frame.surrounding(deadline, cancelled, task.as_ref()))
    });
    if let Some(surrounding) = surrounding {
        tell(|observer| observer.entered(&surrounding));
    }
}

/// Tells the observer that something was left.
#[inline]
pub(super) fn tell_left() {
    if inspects() {
        tell(|observer| observer.left());
    }
}
