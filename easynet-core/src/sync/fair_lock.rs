//! A value that one task at a time has, first come, first served.

use std::{fmt, sync::Arc};

use super::{
    exclusive::{Exclusive, Owner},
    guard::{Acquire, AcquireOwned, LockGuard, OwnedLockGuard},
};
use crate::shared::const_fn;

/// A value that one task at a time has, strictly in the order in which they ask for it.
///
/// Like [`Lock`](super::Lock), but nobody is ever overtaken: a lock that is released while others wait is handed over to the
/// first of them, and stays [`locked`](Self::locked) meanwhile. A task that releases it and asks again goes behind those who
/// wait. That is slower where many tasks have it for a short time, since each waits for the next one to wake up.
///
/// **There is no poisoning**, as with [`Lock`](super::Lock).
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio", flavor = "current_thread")]
/// # async fn main() -> Result<(), easynet::TaskGroupError> {
/// use easynet::{prelude::*, sync::FairLock, time::coro_yield};
///
/// let order = FairLock::new(Vec::new());
/// task_group!(|group| {
///     let held = order.acquire().await;
///     for n in 1..=3 {
///         let order = &order;
///         group.scoped().start_soon(async move { order.acquire().await.push(n) });
///         coro_yield().await;
///     }
///     drop(held);
///     order.acquire().await.push(4);
/// })?;
/// assert_eq!(order.into_inner(), [1, 2, 3, 4]);
/// # Ok(())
/// # }
/// ```
pub struct FairLock<T>(Exclusive<T>);

impl<T> FairLock<T> {
    const_fn! {
        /// A lock around a value.
        pub const fn new(value: T) -> Self {
            Self(Exclusive::new(value, true))
        }
    }

    pub(super) fn exclusive(&self) -> &Exclusive<T> {
        &self.0
    }

    /// Waits until all who asked before have had the value, and has it.
    ///
    /// A place is taken when the future is first polled.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost but the place among those who wait. A free lock is acquired in a cancelled scope
    /// too (C3).
    #[inline]
    pub fn acquire(&self) -> Acquire<'_, T> {
        Acquire::new(&self.0)
    }

    /// Has the value, if nobody else has it or waits for it.
    #[inline]
    pub fn try_acquire(&self) -> Option<LockGuard<'_, T>> {
        self.0.try_acquire()
    }

    /// Like [`acquire`](Self::acquire), for a guard that goes where it likes: into a task.
    ///
    /// # Cancellation
    ///
    /// As [`acquire`](Self::acquire).
    pub fn acquire_owned(self: &Arc<Self>) -> AcquireOwned<T> {
        AcquireOwned::new(Owner::Fair(self.clone()))
    }

    /// Like [`try_acquire`](Self::try_acquire), for a guard that goes where it likes.
    pub fn try_acquire_owned(self: &Arc<Self>) -> Option<OwnedLockGuard<T>> {
        Owner::Fair(self.clone()).try_acquire()
    }

    /// Whether somebody has the value at this moment, or is about to.
    pub fn locked(&self) -> bool {
        self.0.is_held()
    }

    /// The value, which nobody else can have now.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }

    /// The value, without the lock.
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

impl<T: Default> Default for FairLock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for FairLock<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T> fmt::Debug for FairLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.debug("FairLock", f)
    }
}
