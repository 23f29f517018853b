//! A number of permits, taken and given back.

use std::{fmt, future::Future, sync::Arc};

use super::permits::Permits;
use crate::shared::const_fn;

/// A number of permits, handed out in the order in which they are asked for.
///
/// Whoever asks for many is not overtaken by those who ask for few. Permits can be added, and forgotten; for a limit
/// that is to be known and changed there is [`CapacityLimiter`](super::CapacityLimiter). There is no way to close a
/// semaphore, so that taking a permit cannot fail: who waits in vain is ended by the scope around it.
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() -> Result<(), easynet::TaskGroupError> {
/// use easynet::{prelude::*, sync::Semaphore, time::coro_yield};
///
/// static SLOTS: Semaphore = Semaphore::new(2);
///
/// task_group!(|group| {
///     for _ in 0..10 {
///         group.start_soon(async {
///             let _slot = SLOTS.acquire(1).await;
///             coro_yield().await; // Two of the tasks at a time are here.
///         });
///     }
/// })?;
/// assert_eq!(SLOTS.available_permits(), 2);
/// # Ok(())
/// # }
/// ```
pub struct Semaphore {
    permits: Permits,
}

impl Semaphore {
    const_fn! {
        /// A semaphore with so many permits.
        ///
        /// # Panics
        ///
        /// With more than a quarter of `usize::MAX`.
        pub const fn new(permits: usize) -> Self {
            Self { permits: Permits::new(permits) }
        }
    }

    /// Takes so many permits, all at once, as soon as they are there and nobody has waited for longer.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost but the place among those who wait. If the permits are there, it completes in
    /// a cancelled scope too (C3).
    ///
    /// # Panics
    ///
    /// When it asks for more than a quarter of `usize::MAX`.
    pub async fn acquire(&self, permits: usize) -> SemaphorePermit<'_> {
        self.permits.take(permits, "permits of a semaphore").await;
        SemaphorePermit {
            permits: &self.permits,
            count: permits,
        }
    }

    /// Takes so many permits if they are there and nobody waits.
    pub fn try_acquire(&self, permits: usize) -> Option<SemaphorePermit<'_>> {
        self.permits.try_take(permits).then(|| SemaphorePermit {
            permits: &self.permits,
            count: permits,
        })
    }

    /// Like [`acquire`](Self::acquire), for a permit that goes where it likes: into a task.
    ///
    /// # Cancellation
    ///
    /// As [`acquire`](Self::acquire).
    ///
    /// # Panics
    ///
    /// As [`acquire`](Self::acquire).
    pub fn acquire_owned(
        self: &Arc<Self>,
        permits: usize,
    ) -> impl Future<Output = OwnedSemaphorePermit> + Send + use<> {
        let semaphore = self.clone();
        async move {
            semaphore.permits.take(permits, "permits of a semaphore").await;
            OwnedSemaphorePermit {
                semaphore,
                count: permits,
            }
        }
    }

    /// Like [`try_acquire`](Self::try_acquire), for a permit that goes where it likes.
    pub fn try_acquire_owned(self: &Arc<Self>, permits: usize) -> Option<OwnedSemaphorePermit> {
        self.permits.try_take(permits).then(|| OwnedSemaphorePermit {
            semaphore: self.clone(),
            count: permits,
        })
    }

    /// How many permits are there to be taken.
    pub fn available_permits(&self) -> usize {
        self.permits.available()
    }

    /// Makes so many more permits.
    ///
    /// # Panics
    ///
    /// When there would be more than a quarter of `usize::MAX`.
    pub fn add_permits(&self, permits: usize) {
        self.permits.add(permits);
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore")
            .field("available_permits", &self.available_permits())
            .finish_non_exhaustive()
    }
}

/// Permits of a [`Semaphore`], given back when this is dropped.
#[must_use = "the permits are given back at once if nobody keeps this"]
pub struct SemaphorePermit<'a> {
    permits: &'a Permits,
    count: usize,
}

impl SemaphorePermit<'_> {
    /// How many permits these are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Does not give the permits back: the semaphore has fewer from now on.
    pub fn forget(mut self) {
        self.permits.forget(std::mem::take(&mut self.count));
    }
}

impl Drop for SemaphorePermit<'_> {
    fn drop(&mut self) {
        if self.count > 0 {
            self.permits.put(self.count);
        }
    }
}

impl fmt::Debug for SemaphorePermit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SemaphorePermit").field(&self.count).finish()
    }
}

/// Permits of a [`Semaphore`] that it shares, given back when this is dropped.
#[must_use = "the permits are given back at once if nobody keeps this"]
pub struct OwnedSemaphorePermit {
    semaphore: Arc<Semaphore>,
    count: usize,
}

impl OwnedSemaphorePermit {
    /// How many permits these are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// As [`SemaphorePermit::forget`].
    pub fn forget(mut self) {
        self.semaphore.permits.forget(std::mem::take(&mut self.count));
    }
}

impl Drop for OwnedSemaphorePermit {
    fn drop(&mut self) {
        if self.count > 0 {
            self.semaphore.permits.put(self.count);
        }
    }
}

impl fmt::Debug for OwnedSemaphorePermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OwnedSemaphorePermit").field(&self.count).finish()
    }
}
