//! A value that one task at a time has.

use std::{fmt, sync::Arc};

use super::{
    exclusive::{Exclusive, Owner},
    guard::{Acquire, AcquireOwned, LockGuard, OwnedLockGuard},
};
use crate::shared::const_fn;

/// A value that one task at a time has, across its suspension points too.
///
/// Those who wait have it in the order in which they came, mostly: a task that asks for it just when it is released may be
/// first, which is much faster. Nobody is overtaken for ever: after some vain attempts the one who has waited longest is given
/// the lock. [`FairLock`](super::FairLock) lets nobody be overtaken at all.
///
/// **There is no poisoning.** A task that fails, panics or is cancelled while it has the lock leaves it free, and the value
/// as it is at that moment. A task that asks again for what it has waits for itself, which is for ever.
///
/// For a value that is never kept over an `await`, `std::sync::Mutex` is faster.
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() -> Result<(), easynet::TaskGroupError> {
/// use easynet::{prelude::*, sync::Lock, time::coro_yield};
///
/// static TOTAL: Lock<u32> = Lock::new(0);
///
/// task_group!(|group| {
///     for _ in 0..10 {
///         group.start_soon(async {
///             let mut total = TOTAL.acquire().await;
///             let before = *total;
///             coro_yield().await;
///             *total = before + 1;
///         });
///     }
/// })?;
/// assert_eq!(*TOTAL.acquire().await, 10);
/// # Ok(())
/// # }
/// ```
pub struct Lock<T>(Exclusive<T>);

impl<T> Lock<T> {
    const_fn! {
        /// A lock around a value.
        pub const fn new(value: T) -> Self {
            Self(Exclusive::new(value, false))
        }
    }

    pub(super) fn exclusive(&self) -> &Exclusive<T> {
        &self.0
    }

    /// Waits until nobody has the value, and has it.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost but the place among those who wait. A free lock is acquired in a cancelled scope
    /// too (C3).
    #[inline]
    pub fn acquire(&self) -> Acquire<'_, T> {
        Acquire::new(&self.0)
    }

    /// Has the value, if nobody else does.
    #[inline]
    pub fn try_acquire(&self) -> Option<LockGuard<'_, T>> {
        self.0.try_acquire()
    }

    /// Like [`acquire`](Self::acquire), for a guard that goes where it likes: into a task.
    ///
    /// # Cancellation
    ///
    /// As [`acquire`](Self::acquire).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[easynet::main(backend = "tokio")]
    /// # async fn main() -> Result<(), easynet::TaskGroupError> {
    /// use std::sync::Arc;
    ///
    /// use easynet::{prelude::*, sync::Lock};
    ///
    /// let lines = Arc::new(Lock::new(Vec::new()));
    /// task_group!(|group| {
    ///     let mut guard = lines.acquire_owned().await;
    ///     group.start_soon(async move { guard.push("a line") });
    ///     assert_eq!(*lines.acquire().await, ["a line"]);
    /// })
    /// # }
    /// ```
    pub fn acquire_owned(self: &Arc<Self>) -> AcquireOwned<T> {
        AcquireOwned::new(Owner::Lock(self.clone()))
    }

    /// Like [`try_acquire`](Self::try_acquire), for a guard that goes where it likes.
    pub fn try_acquire_owned(self: &Arc<Self>) -> Option<OwnedLockGuard<T>> {
        Owner::Lock(self.clone()).try_acquire()
    }

    /// Whether somebody has the value at this moment.
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

impl<T: Default> Default for Lock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for Lock<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T> fmt::Debug for Lock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.debug("Lock", f)
    }
}
