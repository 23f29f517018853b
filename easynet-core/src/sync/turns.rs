//! Whose turn it is with a lock.
//!
//! # Invariants
//!
//! 1. `HELD` belongs to one at a time: whoever set it, or was given it in the line, clears it or hands it over.
//! 2. The other flags change only under the lock of the line. `WAITERS` is set exactly while somebody is in the line,
//!    and was set while the lock was held: so whoever releases it from then on sees it, and looks into the line.
//! 3. While somebody is in the line and the lock is not held, `CALLED` is set: the first in the line was woken, and
//!    has not come yet. When it comes, or leaves, it takes the lock, leaves the call to who holds it, or calls the next.
//!    Nobody else in the line takes it, so that those who wait keep their order.
//! 4. In a fair lock, and while `DUE` is set, a lock with a line is not released but handed over to the first in it.
//! 5. No waker is called, cloned or dropped under the lock of the line.

use std::task::{Context, Poll, Waker};

use super::queue::{Key, Place, Queue};
use crate::{
    cancel::node::wake,
    context::clock::strand,
    observe::{Wait, waits},
    shared::{
        Lock,
        atomic::{AtomicUsize, Ordering},
        const_fn,
    },
};

/// Somebody has the lock.
const HELD: usize = 1;
/// Somebody is in the line.
const WAITERS: usize = 2;
/// The first in the line was woken, and has not come yet.
const CALLED: usize = 4;
/// The first in the line was overtaken often enough.
const DUE: usize = 8;

/// How often the first in the line may come in vain. Being overtaken is what makes a lock fast: whoever has it can take it
/// again before a waiter is awake.
const PATIENCE: u8 = if cfg!(easynet_loom) { 1 } else { 32 };

pub(super) struct Turns {
    state: AtomicUsize,
    fair: bool,
    line: Lock<Queue<Waiter>>,
}

struct Waiter {
    stand: Stand,
    /// How often it came in vain.
    overtaken: u8,
}

enum Stand {
    Waiting(Waker),
    /// It was woken, and may try.
    Called,
    /// It has the lock, and is out of the line.
    Chosen,
}

impl Turns {
    const_fn! {
        pub(super) const fn new(fair: bool) -> Self {
            Self {
                state: AtomicUsize::new(0),
                fair,
                line: Lock::new(Queue::new()),
            }
        }
    }

    pub(super) fn is_held(&self) -> bool {
        self.state.load(Ordering::Acquire) & HELD != 0
    }

    #[inline]
    pub(super) fn try_take(&self) -> bool {
        // Looked at first: a lock that others have is best left alone.
        match self.state.load(Ordering::Relaxed) {
            0 => self
                .state
                .compare_exchange(0, HELD, Ordering::Acquire, Ordering::Relaxed)
                .is_ok(),
            state => state & HELD == 0 && self.overtake(),
        }
    }

    /// Takes a lock that is free before those who wait for it (never so in a fair lock: Invariant 4).
    #[cold]
    fn overtake(&self) -> bool {
        self.update(|state| (state & HELD == 0).then_some(state | HELD))
            .is_ok()
    }

    /// Changes the state, unless `change` answers with nothing; the state before.
    fn update(&self, change: impl FnMut(usize) -> Option<usize>) -> Result<usize, usize> {
        self.state
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, change)
    }

    #[inline]
    pub(super) fn poll_take(&self, place: &mut Place, cx: &Context<'_>) -> Poll<()> {
        if *place == Place::None && self.try_take() {
            return Poll::Ready(());
        }
        self.poll_in_line(place, cx)
    }

    #[cold]
    fn poll_in_line(&self, place: &mut Place, cx: &Context<'_>) -> Poll<()> {
        // C3: what has to wait does not complete in a cancelled scope, and keeps nobody else waiting meanwhile.
        if strand(cx.waker()) {
            self.leave(place);
            *place = Place::Left;
            return Poll::Pending;
        }
        let polled = match *place {
            Place::None | Place::Left => self.join_line(place, cx.waker()),
            Place::In(key) => self.try_in_line(key, place, cx.waker()),
        };
        waits(polled, || Wait::Shared("a lock"))
    }

    /// Goes to the end of the line, unless the lock is free.
    fn join_line(&self, place: &mut Place, waker: &Waker) -> Poll<()> {
        let waker = waker.clone();
        let mut line = self.line.lock();
        // A line that is there already goes on by itself (Invariants 3 and 4). The first in it must be seen by who holds the
        // lock.
        let before = self.update(|state| match (state & HELD != 0, state & WAITERS != 0) {
            (false, _) => Some(state | HELD),
            (true, false) => Some(state | WAITERS),
            (true, true) => None,
        });
        if before.is_ok_and(|before| before & HELD == 0) {
            drop(line);
            return Poll::Ready(());
        }
        *place = Place::In(line.push(Waiter {
            stand: Stand::Waiting(waker),
            overtaken: 0,
        }));
        Poll::Pending
    }

    /// Tries again, from the line.
    fn try_in_line(&self, key: Key, place: &mut Place, waker: &Waker) -> Poll<()> {
        // Cloned only if it turns out to be needed, and then without the lock.
        let mut spare = None;
        loop {
            let mut line = self.line.lock();
            let waiter = line.get(key);
            match &waiter.stand {
                Stand::Chosen => {
                    line.remove(key);
                    drop(line);
                    *place = Place::None;
                    return Poll::Ready(());
                }
                Stand::Waiting(known) if known.will_wake(waker) => return Poll::Pending,
                Stand::Waiting(_) => {}
                Stand::Called => {
                    let due = waiter.overtaken + 1 >= PATIENCE;
                    // Invariant 3: the call is given back only to one who holds the lock, and sees so when it releases it.
                    let before = self.update(|state| {
                        if state & HELD == 0 {
                            return Some(state & !CALLED | HELD);
                        }
                        let given_back = state & !CALLED | if due { DUE } else { 0 };
                        spare.is_some().then_some(given_back)
                    });
                    if before.is_ok_and(|before| before & HELD == 0) {
                        self.remove(&mut line, key);
                        drop(line);
                        *place = Place::None;
                        return Poll::Ready(());
                    }
                    if spare.is_some() {
                        waiter.overtaken = if due { 0 } else { waiter.overtaken + 1 };
                    }
                }
            }
            let Some(spare) = spare.take() else {
                drop(line);
                spare = Some(waker.clone());
                continue;
            };
            let old = std::mem::replace(&mut waiter.stand, Stand::Waiting(spare));
            drop(line);
            drop(old);
            return Poll::Pending;
        }
    }

    /// Removes who is in the line, and clears what is true no longer.
    fn remove(&self, line: &mut Queue<Waiter>, key: Key) -> Waiter {
        let mut gone = 0;
        if line.first() == Some(key) {
            gone |= DUE;
        }
        let waiter = line.remove(key);
        if line.is_empty() {
            gone |= WAITERS;
        }
        if gone & self.state.load(Ordering::Relaxed) != 0 {
            self.state.fetch_and(!gone, Ordering::AcqRel);
        }
        waiter
    }

    /// Gives up a place in the line, and passes on what was given to it.
    pub(super) fn leave(&self, place: &mut Place) {
        let Some(key) = place.leave() else { return };
        let mut line = self.line.lock();
        if let Stand::Chosen = line.get(key).stand {
            line.remove(key);
            drop(line);
            return self.release();
        }
        let waiter = self.remove(&mut line, key);
        let next = match waiter.stand {
            Stand::Called => self.pass_on(&mut line),
            _ => None,
        };
        drop(line);
        drop(waiter);
        if let Some(next) = next {
            wake(next);
        }
    }

    /// Who was called leaves: who holds the lock calls the next, or nobody does and it is called here (Invariant 3).
    fn pass_on(&self, line: &mut Queue<Waiter>) -> Option<Waker> {
        let free = self.update(|state| {
            let free = state & HELD == 0 && state & WAITERS != 0;
            (!free).then_some(state & !CALLED)
        });
        free.is_err().then(|| call(line)).flatten()
    }

    #[inline]
    pub(super) fn release(&self) {
        if self.state.load(Ordering::Relaxed) != HELD
            || self
                .state
                .compare_exchange(HELD, 0, Ordering::Release, Ordering::Relaxed)
                .is_err()
        {
            self.release_to_line();
        }
    }

    #[cold]
    fn release_to_line(&self) {
        // Somebody was called, and will come: nothing more is to be done, and the line is left alone.
        let come = |state| (state & (CALLED | DUE) == CALLED).then_some(state & !HELD);
        if self.update(come).is_ok() {
            return;
        }
        let mut line = self.line.lock();
        let state = self.state.load(Ordering::Acquire);
        // No flag but `HELD` changes without the lock of the line, and that is ours.
        let waker = if state & WAITERS == 0 {
            self.state.fetch_and(!HELD, Ordering::AcqRel);
            None
        } else if self.fair || state & DUE != 0 {
            self.hand_over(&mut line, state)
        } else {
            self.state.store(state & !HELD | CALLED, Ordering::Release);
            call(&mut line)
        };
        drop(line);
        if let Some(waker) = waker {
            wake(waker);
        }
    }

    /// Gives the lock to the first in the line, without releasing it.
    fn hand_over(&self, line: &mut Queue<Waiter>, state: usize) -> Option<Waker> {
        let first = line.first().expect("the flag says that there is a line");
        line.unlink(first);
        let gone = if line.is_empty() { WAITERS | DUE } else { DUE };
        if state & gone != 0 {
            self.state.store(state & !gone, Ordering::Release);
        }
        match std::mem::replace(&mut line.get(first).stand, Stand::Chosen) {
            Stand::Waiting(waker) => Some(waker),
            _ => None, // It was woken already, and finds that it was chosen.
        }
    }
}

/// Calls the first in the line.
fn call(line: &mut Queue<Waiter>) -> Option<Waker> {
    let first = line.first()?;
    match std::mem::replace(&mut line.get(first).stand, Stand::Called) {
        Stand::Waiting(waker) => Some(waker),
        called => {
            line.get(first).stand = called;
            None
        }
    }
}
