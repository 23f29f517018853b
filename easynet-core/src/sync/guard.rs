//! Having a lock, and waiting for it.

use std::{
    fmt,
    future::Future,
    ops::{Deref, DerefMut},
    pin::Pin,
    task::{Context, Poll},
};

use super::{
    exclusive::{Exclusive, Owner},
    queue::Place,
};
use crate::shared::CellGuard;

const CLOSED: &str = "the value is where the guard is";

/// The value of a [`Lock`](super::Lock) or a [`FairLock`](super::FairLock), for as long as nobody else has it. Dropping this
/// releases the lock.
#[must_use = "the lock is released at once if nobody keeps the guard"]
pub struct LockGuard<'a, T> {
    // Closed before the turn ends: fields are dropped in this order.
    value: CellGuard<'a, Option<T>>,
    turn: Turn<'a, T>,
}

/// Ends when it is dropped.
struct Turn<'a, T>(&'a Exclusive<T>);

impl<T> Drop for Turn<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.0.turns().release();
    }
}

impl<'a, T> LockGuard<'a, T> {
    #[inline]
    pub(super) fn new(lock: &'a Exclusive<T>, value: CellGuard<'a, Option<T>>) -> Self {
        Self {
            value,
            turn: Turn(lock),
        }
    }
}

impl<T> Deref for LockGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.value.as_ref().expect(CLOSED)
    }
}

impl<T> DerefMut for LockGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect(CLOSED)
    }
}

impl<T: fmt::Debug> fmt::Debug for LockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: fmt::Display> fmt::Display for LockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// Like [`LockGuard`], of a lock that it shares: it goes where it likes, into a task.
///
/// The value is moved into the guard, and back when the guard is dropped: box one that is large.
#[must_use = "the lock is released at once if nobody keeps the guard"]
pub struct OwnedLockGuard<T> {
    owner: Owner<T>,
    /// There until it is dropped.
    value: Option<T>,
}

impl<T> OwnedLockGuard<T> {
    pub(super) fn new(owner: Owner<T>, value: T) -> Self {
        Self {
            owner,
            value: Some(value),
        }
    }
}

impl<T> Drop for OwnedLockGuard<T> {
    fn drop(&mut self) {
        self.owner.put_back(self.value.take().expect(CLOSED));
    }
}

impl<T> Deref for OwnedLockGuard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect(CLOSED)
    }
}

impl<T> DerefMut for OwnedLockGuard<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect(CLOSED)
    }
}

impl<T: fmt::Debug> fmt::Debug for OwnedLockGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: fmt::Display> fmt::Display for OwnedLockGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// Future of [`Lock::acquire`](super::Lock::acquire) and [`FairLock::acquire`](super::FairLock::acquire).
///
/// # Cancellation
///
/// Safe to cancel: nothing is lost but the place among those who wait.
#[must_use = "the lock is not acquired unless it is awaited"]
pub struct Acquire<'a, T> {
    lock: &'a Exclusive<T>,
    place: Place,
}

impl<'a, T> Acquire<'a, T> {
    #[inline]
    pub(super) fn new(lock: &'a Exclusive<T>) -> Self {
        Self {
            lock,
            place: Place::None,
        }
    }
}

impl<'a, T> Future for Acquire<'a, T> {
    type Output = LockGuard<'a, T>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<LockGuard<'a, T>> {
        self.lock.poll_acquire(&mut self.place, cx)
    }
}

impl<T> Drop for Acquire<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if let Place::In(_) = self.place {
            self.lock.turns().leave(&mut self.place);
        }
    }
}

impl<T> fmt::Debug for Acquire<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire").finish_non_exhaustive()
    }
}

/// Future of [`Lock::acquire_owned`](super::Lock::acquire_owned) and
/// [`FairLock::acquire_owned`](super::FairLock::acquire_owned).
///
/// # Cancellation
///
/// Safe to cancel: nothing is lost but the place among those who wait.
#[must_use = "the lock is not acquired unless it is awaited"]
pub struct AcquireOwned<T> {
    owner: Owner<T>,
    place: Place,
}

impl<T> AcquireOwned<T> {
    pub(super) fn new(owner: Owner<T>) -> Self {
        Self {
            owner,
            place: Place::None,
        }
    }
}

impl<T> Future for AcquireOwned<T> {
    type Output = OwnedLockGuard<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<OwnedLockGuard<T>> {
        let this = self.get_mut();
        this.owner.poll_acquire(&mut this.place, cx)
    }
}

impl<T> Drop for AcquireOwned<T> {
    fn drop(&mut self) {
        self.owner.leave(&mut self.place);
    }
}

impl<T> fmt::Debug for AcquireOwned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcquireOwned").finish_non_exhaustive()
    }
}

/// A guard of a lock: what a [`Condition`](super::Condition) is waited for with.
///
/// [`LockGuard`] and [`OwnedLockGuard`], and nothing else.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a guard of a lock",
    label = "this is not a guard",
    note = "wait with the guard: `let guard = condition.wait(lock.acquire().await).await`"
)]
pub trait Guard: DerefMut + Sized + sealed::Guard<Acquire: Future<Output = Self>> {}

impl<T> Guard for LockGuard<'_, T> {}
impl<T> Guard for OwnedLockGuard<T> {}

pub(super) mod sealed {
    use super::{AcquireOwned, LockGuard, OwnedLockGuard};

    pub trait Guard: Sized {
        type Acquire: Acquire + Unpin;

        /// Releases the lock; it can be acquired again with what is yielded.
        fn release(self) -> Self::Acquire;
    }

    pub trait Acquire {
        /// Gives up the place among those who wait.
        fn leave(&mut self);
    }

    impl<T> Acquire for super::Acquire<'_, T> {
        fn leave(&mut self) {
            self.lock.turns().leave(&mut self.place);
        }
    }

    impl<T> Acquire for AcquireOwned<T> {
        fn leave(&mut self) {
            self.owner.leave(&mut self.place);
        }
    }

    impl<'a, T> Guard for LockGuard<'a, T> {
        type Acquire = super::Acquire<'a, T>;

        fn release(self) -> Self::Acquire {
            super::Acquire::new(self.turn.0)
        }
    }

    impl<T> Guard for OwnedLockGuard<T> {
        type Acquire = AcquireOwned<T>;

        fn release(self) -> AcquireOwned<T> {
            AcquireOwned::new(self.owner.clone())
        }
    }
}
