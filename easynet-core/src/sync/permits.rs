//! Permits that are handed out in order: what a semaphore and a limiter are made of.
//!
//! # Invariants
//!
//! 1. Whoever is first in the line wants more than there is: [`State::grant`] has seen to that whenever the lock is
//!    free. So nobody is overtaken, and nobody waits for what is there.
//! 2. What was granted belongs to the waiter: it takes it, or gives it back when it leaves (nothing is lost).
//! 3. No waker is called, cloned or dropped under the lock.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use super::{
    queue::{Place, Queue},
    wakers::Wakers,
};
use crate::{
    context::clock::strand,
    observe::{Wait, waits},
    shared::{Lock, const_fn},
};

/// Counts are below this, so that sums of two fit an `isize`.
pub(super) const MAX: usize = isize::MAX as usize >> 1;

pub(super) struct Permits {
    state: Lock<State>,
}

struct State {
    /// Below zero when a limit was lowered below what is out.
    available: isize,
    /// What there would be if none were out.
    total: isize,
    queue: Queue<Waiter>,
}

enum Waiter {
    Waiting {
        wants: usize,
        waker: Waker,
    },
    /// It has what it wanted, and is out of the line.
    Granted,
}

impl State {
    fn take(&mut self, count: usize) -> bool {
        let free = count == 0 || (self.queue.is_empty() && self.available >= count as isize);
        if free {
            self.available -= count as isize;
        }
        free
    }

    /// Serves those in the line, as far as there is enough.
    fn grant(&mut self, wakers: &mut Wakers) {
        while let Some(first) = self.queue.first() {
            match *self.queue.get(first) {
                Waiter::Waiting { wants, .. } if self.available >= wants as isize => {
                    self.available -= wants as isize;
                }
                _ => return,
            }
            self.queue.unlink(first);
            if let Waiter::Waiting { waker, .. } = std::mem::replace(self.queue.get(first), Waiter::Granted) {
                wakers.push(waker);
            }
        }
    }
}

impl Permits {
    const_fn! {
        pub(super) const fn new(count: usize) -> Self {
            assert!(count <= MAX, "too many permits");
            Self {
                state: Lock::new(State {
                    available: count as isize,
                    total: count as isize,
                    queue: Queue::new(),
                }),
            }
        }
    }

    /// How many are there to be taken; none while a limit is below what is out.
    pub(super) fn available(&self) -> usize {
        self.state.lock().available.max(0) as usize
    }

    /// How many there would be if none were out.
    pub(super) fn total(&self) -> usize {
        self.state.lock().total.max(0) as usize
    }

    /// How many are out.
    pub(super) fn taken(&self) -> usize {
        let state = self.state.lock();
        (state.total - state.available) as usize
    }

    pub(super) fn try_take(&self, count: usize) -> bool {
        self.state.lock().take(count)
    }

    /// Takes permits when there are enough, and nobody has waited for longer.
    pub(super) fn take(&self, count: usize, what: &'static str) -> Take<'_> {
        assert!(count <= MAX, "too many permits");
        Take {
            permits: self,
            count,
            what,
            place: Place::None,
        }
    }

    /// Gives permits back.
    pub(super) fn put(&self, count: usize) {
        self.change(|state| state.available += count as isize);
    }

    /// Makes permits, or changes how many there are; who can go on now is woken.
    pub(super) fn add(&self, count: usize) {
        self.change(|state| {
            assert!(
                count <= MAX && state.total.max(0) as usize + count <= MAX,
                "too many permits"
            );
            state.total += count as isize;
            state.available += count as isize;
        });
    }

    /// Permits that are out will not come back.
    pub(super) fn forget(&self, count: usize) {
        self.state.lock().total -= count as isize;
    }

    pub(super) fn set_total(&self, total: usize) {
        assert!(total <= MAX, "too many permits");
        self.change(|state| {
            state.available += total as isize - state.total;
            state.total = total as isize;
        });
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut wakers = Wakers::new();
        let mut state = self.state.lock();
        change(&mut state);
        state.grant(&mut wakers);
        drop(state);
        wakers.wake();
    }
}

/// Future of [`Permits::take`].
pub(super) struct Take<'a> {
    permits: &'a Permits,
    count: usize,
    what: &'static str,
    place: Place,
}

impl Take<'_> {
    /// Gives up the place, and what was granted there.
    fn leave(&mut self) {
        let Some(key) = self.place.leave() else { return };
        let mut left = None;
        self.permits.change(|state| {
            let waiter = state.queue.remove(key);
            if let Waiter::Granted = waiter {
                state.available += self.count as isize;
            }
            left = Some(waiter);
        });
    }
}

impl Future for Take<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let count = this.count;
        if this.place == Place::None && this.permits.try_take(count) {
            return Poll::Ready(());
        }
        // C3: what has to wait does not complete in a cancelled scope, and keeps nothing from others meanwhile.
        if strand(cx.waker()) {
            this.leave();
            this.place = Place::Left;
            return Poll::Pending;
        }
        let waker = cx.waker().clone();
        let mut state = this.permits.state.lock();
        let Place::In(key) = this.place else {
            if state.take(count) {
                drop(state);
                return Poll::Ready(());
            }
            let waiter = Waiter::Waiting { wants: count, waker };
            this.place = Place::In(state.queue.push(waiter));
            drop(state);
            return waits(Poll::Pending, || Wait::Shared(this.what));
        };
        let old = match state.queue.get(key) {
            Waiter::Waiting { waker: old, .. } => std::mem::replace(old, waker),
            Waiter::Granted => {
                state.queue.remove(key);
                this.place = Place::None;
                drop(state);
                return Poll::Ready(());
            }
        };
        drop(state);
        drop(old);
        waits(Poll::Pending, || Wait::Shared(this.what))
    }
}

impl Drop for Take<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}
