//! A value that one at a time has, and who waits for it: what both kinds of locks are made of.
//!
//! # Invariants
//!
//! 1. Who has opened the cell, and found the value in it, has the lock. Closing the cell releases it.
//! 2. An owned guard has the value itself, and the cell is closed and empty meanwhile. Who opens it all the same has not the lock: it
//!    closes the cell again, and releases it as if it had, for whoever came in vain because of that.
//! 3. An owned guard that finds the cell open, because somebody sees just now that it is empty, leaves the value beside it. Either the one who
//!    closes the cell finds the value there, or the cell is closed by then, and the value is put back at once: both look
//!    under the lock of the place beside it.

use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll, ready},
};

use super::{
    fair_lock::FairLock,
    guard::{LockGuard, OwnedLockGuard},
    lock::Lock,
    queue::Place,
    turns::Turns,
};
use crate::{
    observe::{Wait, waits},
    shared::{
        self, Cell, CellGuard,
        atomic::{AtomicBool, Ordering},
        const_fn,
    },
};

pub(super) struct Exclusive<T> {
    turns: Turns,
    value: Cell<Option<T>>,
    /// An owned guard has the value. Changes while the cell is open.
    owned: AtomicBool,
    /// A value on its way back (Invariant 3).
    beside: shared::Lock<Option<Box<T>>>,
}

impl<T> Exclusive<T> {
    const_fn! {
        pub(super) const fn new(value: T, fair: bool) -> Self {
            Self {
                turns: Turns::new(fair),
                value: Cell::new(Some(value)),
                owned: AtomicBool::new(false),
                beside: shared::Lock::new(None),
            }
        }
    }

    pub(super) fn turns(&self) -> &Turns {
        &self.turns
    }

    /// Whether somebody has the value, or nobody but the first in the line is to have it.
    pub(super) fn is_held(&self) -> bool {
        self.is_open() || self.turns.is_due()
    }

    #[inline]
    fn is_open(&self) -> bool {
        self.value.is_open() || self.owned.load(Ordering::Relaxed)
    }

    #[inline]
    fn open(&self) -> Option<CellGuard<'_, Option<T>>> {
        // Looked at first: a lock that others have is best left alone.
        if self.is_open() {
            return None;
        }
        let value = self.value.try_open()?;
        if value.is_none() {
            self.close_empty(value);
            return None;
        }
        Some(value)
    }

    /// Invariant 2.
    #[cold]
    fn close_empty(&self, value: CellGuard<'_, Option<T>>) {
        drop(value);
        self.restore(&mut self.beside.lock());
        self.turns.release();
    }

    /// Puts a value back that is beside the cell, if nobody has opened it.
    fn restore(&self, beside: &mut Option<Box<T>>) {
        let Some(value) = beside.take() else { return };
        let Some(mut cell) = self.value.try_open() else {
            *beside = Some(value);
            return;
        };
        *cell = Some(*value);
        self.owned.store(false, Ordering::Relaxed);
    }

    /// Opens the cell before those who wait, unless that is not to be.
    #[inline]
    fn overtake(&self) -> Option<CellGuard<'_, Option<T>>> {
        if self.turns.is_due() { None } else { self.open() }
    }

    #[inline]
    pub(super) fn try_acquire(&self) -> Option<LockGuard<'_, T>> {
        Some(LockGuard::new(self, self.overtake()?))
    }

    #[inline]
    pub(super) fn poll_acquire(&self, place: &mut Place, cx: &Context<'_>) -> Poll<LockGuard<'_, T>> {
        if *place == Place::None
            && let Some(guard) = self.try_acquire()
        {
            return Poll::Ready(guard);
        }
        let polled = self.poll_in_line(place, cx);
        waits(polled, || Wait::Shared("a lock")).map(|value| LockGuard::new(self, value))
    }

    #[cold]
    fn poll_in_line(&self, place: &mut Place, cx: &Context<'_>) -> Poll<CellGuard<'_, Option<T>>> {
        loop {
            ready!(self.turns.poll_called(place, cx, &|| self.is_open()));
            if let Some(value) = self.open() {
                self.turns.come(place);
                return Poll::Ready(value);
            }
            ready!(self.turns.come_in_vain(place, cx.waker(), &|| self.is_open()));
        }
    }

    /// Takes the value out of the cell, which it closes.
    fn take(&self, mut cell: CellGuard<'_, Option<T>>) -> T {
        self.owned.store(true, Ordering::Relaxed);
        cell.take().expect("who has the lock found the value there")
    }

    /// Puts the value back, and ends the turn.
    fn put_back(&self, value: T) {
        match self.value.try_open() {
            Some(mut cell) => {
                *cell = Some(value);
                self.owned.store(false, Ordering::Relaxed);
            }
            None => self.put_beside(value),
        }
        self.turns.release();
    }

    /// Invariant 3.
    #[cold]
    fn put_beside(&self, value: T) {
        let mut beside = self.beside.lock();
        *beside = Some(Box::new(value));
        self.restore(&mut beside);
    }

    pub(super) fn get_mut(&mut self) -> &mut T {
        self.value
            .get_mut()
            .as_mut()
            .expect("an owned guard shares the lock, so there is none now")
    }

    pub(super) fn into_inner(self) -> T {
        self.value
            .into_inner()
            .expect("an owned guard shares the lock, so there is none now")
    }

    pub(super) fn debug(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name)
            .field("locked", &self.is_held())
            .finish_non_exhaustive()
    }
}

/// A shared lock of either kind.
pub(super) enum Owner<T> {
    Lock(Arc<Lock<T>>),
    Fair(Arc<FairLock<T>>),
}

impl<T> Owner<T> {
    fn exclusive(&self) -> &Exclusive<T> {
        match self {
            Self::Lock(lock) => lock.exclusive(),
            Self::Fair(lock) => lock.exclusive(),
        }
    }

    pub(super) fn try_acquire(&self) -> Option<OwnedLockGuard<T>> {
        let lock = self.exclusive();
        Some(self.guard(lock.take(lock.overtake()?)))
    }

    pub(super) fn poll_acquire(&self, place: &mut Place, cx: &Context<'_>) -> Poll<OwnedLockGuard<T>> {
        if *place == Place::None
            && let Some(guard) = self.try_acquire()
        {
            return Poll::Ready(guard);
        }
        let lock = self.exclusive();
        let polled = lock.poll_in_line(place, cx);
        waits(polled, || Wait::Shared("a lock")).map(|cell| self.guard(lock.take(cell)))
    }

    fn guard(&self, value: T) -> OwnedLockGuard<T> {
        OwnedLockGuard::new(self.clone(), value)
    }

    pub(super) fn put_back(&self, value: T) {
        self.exclusive().put_back(value);
    }

    pub(super) fn leave(&self, place: &mut Place) {
        self.exclusive().turns.leave(place);
    }
}

impl<T> Clone for Owner<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Lock(lock) => Self::Lock(lock.clone()),
            Self::Fair(lock) => Self::Fair(lock.clone()),
        }
    }
}
