//! A limit on how many do something at once.

use std::{fmt, future::Future, sync::Arc};

use super::permits::Permits;
use crate::shared::const_fn;

/// A limit on how many do something at once, which can be changed at any time.
///
/// Whoever does it holds a token meanwhile. Tokens are handed out in the order in which they are asked for. When
/// the limit is lowered below what is out, nobody gets a token before enough of them have come back.
///
/// # Examples
///
/// No more than three connections are served at a time; the loop that accepts waits, and so do clients:
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() -> Result<(), easynet::TaskGroupError> {
/// use std::sync::Arc;
///
/// use easynet::{prelude::*, sync::CapacityLimiter, time::coro_yield};
///
/// let limiter = Arc::new(CapacityLimiter::new(3));
/// task_group!(|group| {
///     for _ in 0..10 {
///         let token = limiter.acquire_owned().await;
///         group.start_soon(async move {
///             coro_yield().await;
///             drop(token);
///         });
///         assert!(limiter.borrowed_tokens() <= 3);
///     }
/// })?;
/// assert_eq!(limiter.available_tokens(), 3);
/// # Ok(())
/// # }
/// ```
pub struct CapacityLimiter {
    permits: Permits,
}

impl CapacityLimiter {
    const_fn! {
        /// A limit of so many tokens. With none, everybody waits until there are more.
        ///
        /// # Panics
        ///
        /// With more than a quarter of `usize::MAX`.
        pub const fn new(total_tokens: usize) -> Self {
            Self { permits: Permits::new(total_tokens) }
        }
    }

    /// Takes a token, as soon as there is one and nobody has waited for longer.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost but the place among those who wait. If a token is there, it completes in a
    /// cancelled scope too (C3).
    pub async fn acquire(&self) -> LimiterToken<'_> {
        self.permits.take(1, "a token of a limiter").await;
        LimiterToken {
            permits: &self.permits,
        }
    }

    /// Takes a token if there is one and nobody waits.
    pub fn try_acquire(&self) -> Option<LimiterToken<'_>> {
        self.permits.try_take(1).then(|| LimiterToken {
            permits: &self.permits,
        })
    }

    /// Like [`acquire`](Self::acquire), for a token that goes where it likes: into a task.
    ///
    /// # Cancellation
    ///
    /// As [`acquire`](Self::acquire).
    pub fn acquire_owned(self: &Arc<Self>) -> impl Future<Output = OwnedLimiterToken> + Send + use<> {
        let limiter = self.clone();
        async move {
            limiter.permits.take(1, "a token of a limiter").await;
            OwnedLimiterToken { limiter }
        }
    }

    /// Like [`try_acquire`](Self::try_acquire), for a token that goes where it likes.
    pub fn try_acquire_owned(self: &Arc<Self>) -> Option<OwnedLimiterToken> {
        self.permits.try_take(1).then(|| OwnedLimiterToken {
            limiter: self.clone(),
        })
    }

    /// The limit.
    pub fn total_tokens(&self) -> usize {
        self.permits.total()
    }

    /// How many tokens are out.
    pub fn borrowed_tokens(&self) -> usize {
        self.permits.taken()
    }

    /// How many tokens are there to be taken.
    pub fn available_tokens(&self) -> usize {
        self.permits.available()
    }

    /// Changes the limit. Tokens that are out stay out.
    ///
    /// # Panics
    ///
    /// With more than a quarter of `usize::MAX`.
    pub fn set_total_tokens(&self, total_tokens: usize) {
        self.permits.set_total(total_tokens);
    }
}

impl fmt::Debug for CapacityLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CapacityLimiter")
            .field("total_tokens", &self.total_tokens())
            .field("borrowed_tokens", &self.borrowed_tokens())
            .finish()
    }
}

/// A token of a [`CapacityLimiter`], given back when this is dropped.
#[must_use = "the token is given back at once if nobody keeps it"]
pub struct LimiterToken<'a> {
    permits: &'a Permits,
}

impl Drop for LimiterToken<'_> {
    fn drop(&mut self) {
        self.permits.put(1);
    }
}

impl fmt::Debug for LimiterToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LimiterToken")
    }
}

/// A token of a [`CapacityLimiter`] that it shares, given back when this is dropped.
#[must_use = "the token is given back at once if nobody keeps it"]
pub struct OwnedLimiterToken {
    limiter: Arc<CapacityLimiter>,
}

impl Drop for OwnedLimiterToken {
    fn drop(&mut self) {
        self.limiter.permits.put(1);
    }
}

impl fmt::Debug for OwnedLimiterToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnedLimiterToken")
    }
}
