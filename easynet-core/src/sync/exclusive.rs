//! A value, and whose turn it is with it: what both kinds of locks are made of.
//!
//! # Invariants
//!
//! 1. The cell is opened only by whoever has the turn, so it is never found closed: nobody ever spins.
//! 2. An owned guard has the value itself, and puts it back before the turn ends: whoever has the turn finds it there.

use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
};

use spin::mutex::{SpinMutex, SpinMutexGuard};

use super::{
    fair_lock::FairLock,
    guard::{LockGuard, OwnedLockGuard},
    lock::Lock,
    queue::Place,
    turns::Turns,
};
use crate::shared::const_fn;

pub(super) struct Exclusive<T> {
    turns: Turns,
    value: SpinMutex<Option<T>>,
}

impl<T> Exclusive<T> {
    const_fn! {
        pub(super) const fn new(value: T, fair: bool) -> Self {
            Self {
                turns: Turns::new(fair),
                value: SpinMutex::new(Some(value)),
            }
        }
    }

    pub(super) fn turns(&self) -> &Turns {
        &self.turns
    }

    #[inline]
    fn open(&self) -> SpinMutexGuard<'_, Option<T>> {
        self.value
            .try_lock()
            .expect("only who has the turn opens the cell")
    }

    #[inline]
    pub(super) fn try_acquire(&self) -> Option<LockGuard<'_, T>> {
        self.turns.try_take().then(|| self.guard())
    }

    #[inline]
    pub(super) fn poll_acquire(&self, place: &mut Place, cx: &Context<'_>) -> Poll<LockGuard<'_, T>> {
        self.turns.poll_take(place, cx).map(|()| self.guard())
    }

    /// For whoever has the turn.
    #[inline]
    fn guard(&self) -> LockGuard<'_, T> {
        LockGuard::new(self, self.open())
    }

    /// For whoever has the turn.
    fn take(&self) -> T {
        self.open().take().expect("the value is back when a turn begins")
    }

    /// Puts the value back, and ends the turn.
    fn put_back(&self, value: T) {
        *self.open() = Some(value);
        self.turns.release();
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
            .field("locked", &self.turns.is_held())
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
        self.exclusive().turns.try_take().then(|| self.guard())
    }

    pub(super) fn poll_acquire(&self, place: &mut Place, cx: &Context<'_>) -> Poll<OwnedLockGuard<T>> {
        self.exclusive().turns.poll_take(place, cx).map(|()| self.guard())
    }

    fn guard(&self) -> OwnedLockGuard<T> {
        OwnedLockGuard::new(self.clone(), self.exclusive().take())
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
