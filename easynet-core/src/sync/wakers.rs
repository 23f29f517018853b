//! Those who are to be woken once a lock has been left.

use std::task::Waker;

use crate::cancel::node::wake;

/// Mostly one, and that one takes no allocation.
pub(super) struct Wakers {
    first: Option<Waker>,
    rest: Vec<Waker>,
}

impl Wakers {
    pub(super) const fn new() -> Self {
        Self {
            first: None,
            rest: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, waker: Waker) {
        if self.first.is_none() {
            self.first = Some(waker);
        } else {
            self.rest.push(waker);
        }
    }

    /// Wakes all, in order.
    pub(super) fn wake(self) {
        if let Some(first) = self.first {
            wake(first);
        }
        self.rest.into_iter().for_each(wake);
    }
}
