//! Whose turn it is with a lock: who has to wait for it, and who is told that it is free.
//!
//! The lock itself is a cell, which whoever finds it closed may open. What is here is the line of those who found it open.
//!
//! # Invariants
//!
//! 1. Who releases closes the cell, and looks into the line then. It leaves the line alone only if it could write that nobody is in it. Who
//!    waits has written the opposite, or been called, when it looks at the cell for the last time, under the lock of the line. So either it
//!    sees the cell closed, or the one who releases sees that it waits.
//! 2. The state is zero exactly while nobody is in the line. It changes under the lock of the line, and by the one who is
//!    `CALLED` when it comes: nobody else changes it then.
//! 3. While somebody is in the line and the cell is closed, somebody is called, or about to be by who closed it. It is the
//!    first in the line: it comes and opens the cell, or comes in vain and takes the call back, or leaves and passes it on.
//! 4. Who has come stays the first in the line until the lock is released: an entry that was called, while the state says that nobody
//!    is. So coming takes no lock.
//! 5. While `DUE` is set, nobody opens the cell but the one who is called. In a fair lock it is set for each who waits.
//! 6. No waker is called, cloned or dropped under the lock of the line.

use std::{
    ops::DerefMut,
    task::{Context, Poll, Waker},
};

use super::queue::{Key, Place, Queue};
use crate::{
    cancel::node::wake,
    context::clock::strand,
    shared::{
        Lock,
        atomic::{AtomicUsize, Ordering},
        const_fn,
    },
};

/// Somebody is in the line.
const WAITERS: usize = 1;
/// The first in the line was overtaken often enough.
const DUE: usize = 2;
/// The first in the line was woken, and has not come yet. Its key is in the bits above.
const CALLED: usize = 4;
const KEY: u32 = 3;

/// How often the first in the line may come in vain. Being overtaken is what makes a lock fast: whoever has it can take it
/// again before a waiter is awake.
const PATIENCE: u8 = if cfg!(easynet_loom) { 1 } else { 32 };

pub(super) struct Turns {
    state: AtomicUsize,
    patience: u8,
    line: Lock<Queue<Waiter>>,
}

struct Waiter {
    stand: Stand,
    /// How often it came in vain.
    overtaken: u8,
}

enum Stand {
    Waiting(Waker),
    /// It was woken, and may try; or has come (Invariant 4).
    Called,
}

const fn called(key: Key) -> usize {
    CALLED | key << KEY
}

const fn is_called(state: usize, key: Key) -> bool {
    state & CALLED != 0 && state >> KEY == key
}

impl Turns {
    const_fn! {
        pub(super) const fn new(fair: bool) -> Self {
            Self {
                state: AtomicUsize::new(0),
                patience: if fair { 0 } else { PATIENCE },
                line: Lock::new(Queue::new()),
            }
        }
    }

    /// Whether the lock is for the first in the line, and nobody else, also while it is not held.
    #[inline]
    pub(super) fn is_due(&self) -> bool {
        self.state.load(Ordering::Relaxed) & DUE != 0
    }

    /// What the state says of a line with this one at its head.
    fn head(&self, waiter: &Waiter) -> usize {
        let due = waiter.overtaken >= self.patience;
        WAITERS | if due { DUE } else { 0 }
    }

    /// Waits until it may open the cell, and is called then: it has to [come](Self::come), or [in vain](Self::come_in_vain).
    pub(super) fn poll_called(
        &self,
        place: &mut Place,
        cx: &Context<'_>,
        is_open: &dyn Fn() -> bool,
    ) -> Poll<()> {
        // C3: what has to wait does not complete in a cancelled scope, and keeps nobody else waiting meanwhile.
        if strand(cx.waker()) {
            self.leave(place);
            *place = Place::Left;
            return Poll::Pending;
        }
        match *place {
            Place::None | Place::Left => self.join_line(place, cx.waker(), is_open),
            Place::In(key) => self.stay(key, cx.waker()),
        }
    }

    /// Goes to the end of the line, and is called if there was none and the cell is closed.
    fn join_line(&self, place: &mut Place, waker: &Waker, is_open: &dyn Fn() -> bool) -> Poll<()> {
        let waiter = Waiter {
            stand: Stand::Waiting(waker.clone()),
            overtaken: 0,
        };
        let head = self.head(&waiter);
        let mut line = self.line.lock();
        let alone = line.is_empty();
        let key = line.push(waiter);
        *place = Place::In(key);
        // A line that is there already goes on by itself (Invariant 3).
        if !alone {
            return Poll::Pending;
        }
        // Invariant 1.
        self.state.swap(head, Ordering::AcqRel);
        self.look_again(line, is_open)
    }

    /// The first in the line, for which the state says that it waits, looks at the cell for the last time: it is called if that is closed.
    fn look_again(
        &self,
        mut line: impl DerefMut<Target = Queue<Waiter>>,
        is_open: &dyn Fn() -> bool,
    ) -> Poll<()> {
        if is_open() {
            return Poll::Pending;
        }
        let waker = self.call(&mut line);
        drop(line);
        drop(waker);
        Poll::Ready(())
    }

    /// Whether it was called; if not, `waker` is woken when it is.
    fn stay(&self, key: Key, waker: &Waker) -> Poll<()> {
        if is_called(self.state.load(Ordering::Acquire), key) {
            return Poll::Ready(());
        }
        match &self.line.lock().get(key).stand {
            Stand::Called => return Poll::Ready(()),
            Stand::Waiting(known) if known.will_wake(waker) => return Poll::Pending,
            Stand::Waiting(_) => {}
        }
        let waker = waker.clone();
        let mut line = self.line.lock();
        let (polled, old) = match &mut line.get(key).stand {
            Stand::Called => (Poll::Ready(()), waker),
            Stand::Waiting(old) => (Poll::Pending, std::mem::replace(old, waker)),
        };
        drop(line);
        drop(old);
        polled
    }

    /// The one who was called has opened the cell.
    pub(super) fn come(&self, place: &mut Place) {
        *place = Place::None;
        // Invariant 2: nobody else changes it now.
        let state = self.state.load(Ordering::Relaxed);
        self.state.store(state & (WAITERS | DUE), Ordering::Release);
    }

    /// The one who was called has found the cell open: it takes the call back. Ready if it is closed by now, and the call stands.
    pub(super) fn come_in_vain(&self, place: &Place, waker: &Waker, is_open: &dyn Fn() -> bool) -> Poll<()> {
        let Place::In(key) = *place else {
            unreachable!("who is called is in the line")
        };
        let waker = waker.clone();
        let mut line = self.line.lock();
        let waiter = line.get(key);
        waiter.stand = Stand::Waiting(waker);
        waiter.overtaken = waiter.overtaken.saturating_add(1);
        self.state.store(self.head(waiter), Ordering::Release);
        // Invariant 1.
        self.look_again(line, is_open)
    }

    /// Calls the first in the line who has not come, if nobody is called. It is to be woken when the lock of the line is left.
    fn call(&self, line: &mut Queue<Waiter>) -> Option<Waker> {
        if self.state.load(Ordering::Relaxed) & CALLED != 0 {
            return None;
        }
        let first = line.first()?;
        if let Stand::Called = line.get(first).stand {
            // Invariant 4.
            line.remove(first);
        }
        let (state, waker) = self.next(line);
        self.state.store(state, Ordering::Release);
        waker
    }

    /// What the state is when the first in the line is called, and whom to wake then.
    fn next(&self, line: &mut Queue<Waiter>) -> (usize, Option<Waker>) {
        let Some(first) = line.first() else {
            return (0, None);
        };
        let waiter = line.get(first);
        let state = self.head(waiter) | called(first);
        match std::mem::replace(&mut waiter.stand, Stand::Called) {
            Stand::Waiting(waker) => (state, Some(waker)),
            Stand::Called => (state, None),
        }
    }

    /// Gives up a place in the line, and passes a call on.
    pub(super) fn leave(&self, place: &mut Place) {
        let Some(key) = place.leave() else { return };
        let mut line = self.line.lock();
        let first = line.first() == Some(key);
        let waiter = line.remove(key);
        let mut next = None;
        match waiter.stand {
            Stand::Called => {
                let (state, waker) = self.next(&mut line);
                self.state.store(state, Ordering::Release);
                next = waker;
            }
            Stand::Waiting(_) if first => {
                let state = line.first().map_or(0, |first| self.head(line.get(first)));
                self.state.store(state, Ordering::Release);
            }
            Stand::Waiting(_) => {}
        }
        drop(line);
        drop(waiter);
        if let Some(next) = next {
            wake(next);
        }
    }

    /// The cell has been closed.
    #[inline]
    pub(super) fn release(&self) {
        // Invariant 1. Looked at first: where somebody waits there is more to do.
        if self.state.load(Ordering::Relaxed) != 0
            || self
                .state
                .compare_exchange(0, 0, Ordering::AcqRel, Ordering::Relaxed)
                .is_err()
        {
            self.release_to_line();
        }
    }

    #[cold]
    fn release_to_line(&self) {
        let mut line = self.line.lock();
        let waker = self.call(&mut line);
        drop(line);
        if let Some(waker) = waker {
            wake(waker);
        }
    }
}
