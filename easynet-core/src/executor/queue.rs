//! Who is to be polled next, told by any thread to the one that polls.
//!
//! # Invariants
//!
//! 1. What is put in while the queue is `asleep` wakes the waker it went to sleep with (C8).
//! 2. Nothing is put into a closed queue.

use std::{collections::VecDeque, mem, task::Waker};

use crate::{
    cancel::node::{remember, wake},
    shared::Lock,
};

/// What a poll has left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Rest {
    /// Nothing: the waker of the poll is woken when there is.
    Asleep,
    /// Somebody is to be polled, and nobody is woken for that.
    Busy,
}

pub(crate) struct Queue<T>(Lock<State<T>>);

struct State<T> {
    items: VecDeque<T>,
    waker: Option<Waker>,
    /// The waker is to be woken for the next item.
    asleep: bool,
    closed: bool,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self(Lock::new(State {
            items: VecDeque::new(),
            waker: None,
            asleep: false,
            closed: false,
        }))
    }
}

impl<T> Queue<T> {
    /// Puts an item in; gives it back if the queue is closed.
    pub(crate) fn put(&self, item: T) -> Option<T> {
        let waker = {
            let mut state = self.0.lock();
            if state.closed {
                return Some(item);
            }
            state.items.push_back(item);
            if mem::take(&mut state.asleep) {
                state.waker.clone()
            } else {
                None
            }
        };
        if let Some(waker) = waker {
            wake(waker);
        }
        None
    }

    /// Takes what is there, behind what is left of the last turn.
    pub(crate) fn take(&self, turn: &mut VecDeque<T>) {
        let mut state = self.0.lock();
        state.asleep = false;
        if turn.is_empty() {
            mem::swap(&mut state.items, turn);
        } else {
            turn.append(&mut state.items);
        }
    }

    /// Goes to sleep, unless something was put in meanwhile.
    pub(crate) fn sleep(&self, waker: &Waker) -> Rest {
        let mut state = self.0.lock();
        if !state.items.is_empty() {
            return Rest::Busy;
        }
        state.asleep = true;
        let old = remember(&mut state.waker, waker);
        drop(state);
        drop(old);
        Rest::Asleep
    }

    /// Lets go of all that is there, and of who slept, for good.
    pub(crate) fn close(&self) {
        let left = {
            let mut state = self.0.lock();
            state.closed = true;
            (mem::take(&mut state.items), state.waker.take())
        };
        drop(left);
    }
}
