//! The line of plain calls, between the threads that make them and the event loop that runs them.
//!
//! # Invariants
//!
//! 1. A call that was taken in is handed out, once, in the order in which calls came: before the line is closed, or by
//!    [`Calls::next`] afterwards. One that was refused is given back.
//! 2. Whoever found the line empty is woken by the next call.
//! 3. No call is run or dropped, and no waker called, under the lock.

use std::{collections::VecDeque, task::Waker};

use crate::{
    cancel::node::{remember, wake},
    shared::Lock,
};

pub(crate) struct Calls<C>(Lock<Line<C>>);

struct Line<C> {
    stage: Stage,
    waiting: VecDeque<C>,
    /// Of the one who runs the calls, while there are none.
    waker: Option<Waker>,
}

/// Whether calls are taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    New,
    Open,
    Closed,
}

impl<C> Calls<C> {
    pub(crate) fn new() -> Self {
        Self(Lock::new(Line {
            stage: Stage::New,
            waiting: VecDeque::new(),
            waker: None,
        }))
    }

    pub(crate) fn stage(&self) -> Stage {
        self.0.lock().stage
    }

    /// Takes calls in from now on; false if it has done so before.
    pub(crate) fn open(&self) -> bool {
        let mut line = self.0.lock();
        let fresh = line.stage == Stage::New;
        if fresh {
            line.stage = Stage::Open;
        }
        fresh
    }

    /// Puts a call at the end of the line.
    ///
    /// # Errors
    ///
    /// The call, if none is taken in; and why.
    pub(crate) fn push(&self, call: C) -> Result<(), (C, Stage)> {
        let waker = {
            let mut line = self.0.lock();
            if line.stage != Stage::Open {
                let stage = line.stage;
                drop(line);
                return Err((call, stage));
            }
            line.waiting.push_back(call);
            line.waker.take()
        };
        if let Some(waker) = waker {
            wake(waker);
        }
        Ok(())
    }

    /// The call that has waited longest.
    pub(crate) fn next(&self) -> Option<C> {
        self.0.lock().waiting.pop_front()
    }

    /// As [`next`](Self::next); if there is none, the waker is woken when there is.
    pub(crate) fn next_or_park(&self, waker: &Waker) -> Option<C> {
        let mut line = self.0.lock();
        if let Some(call) = line.waiting.pop_front() {
            return Some(call);
        }
        let old = remember(&mut line.waker, waker);
        drop(line);
        drop(old);
        None
    }

    /// Takes no more calls in. Those that wait are still to be handed out.
    pub(crate) fn close(&self) {
        let waker = {
            let mut line = self.0.lock();
            line.stage = Stage::Closed;
            line.waker.take()
        };
        drop(waker);
    }
}
