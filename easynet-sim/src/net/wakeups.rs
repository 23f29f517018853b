//! Wakers, while the machine is locked and after.

use std::task::{Context, Waker};

/// The wakers that one change of the network has to do with.
///
/// A waker is user code, as is its destructor: none is called before [`settle`](Self::settle).
pub(super) struct Wakeups {
    /// That of the task that polls, unless it was parked.
    own: Option<Waker>,
    due: Vec<Waker>,
    /// No longer needed.
    spent: Vec<Waker>,
}

impl Wakeups {
    /// For a change that nobody waits for.
    pub(super) fn new() -> Self {
        Self {
            own: None,
            due: Vec::new(),
            spent: Vec::new(),
        }
    }

    /// For a change that the polling task waits for if it cannot be made yet.
    pub(super) fn of(cx: &Context<'_>) -> Self {
        Self {
            own: Some(cx.waker().clone()),
            ..Self::new()
        }
    }

    /// Lets the polling task wait, in place of whoever waited here before.
    pub(super) fn park(&mut self, place: &mut Option<Waker>) {
        self.spent.extend(std::mem::replace(place, self.own.take()));
    }

    /// Wakes who waits here, if somebody does.
    pub(super) fn wake(&mut self, place: &mut Option<Waker>) {
        self.due.extend(place.take());
    }

    /// Lets nobody wait here any more.
    pub(super) fn forget(&mut self, place: &mut Option<Waker>) {
        self.spent.extend(place.take());
    }

    /// Wakes all who are to be woken; to be called when the machine is unlocked.
    pub(super) fn settle(self) {
        self.due.into_iter().for_each(Waker::wake);
    }
}
