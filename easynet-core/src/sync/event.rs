//! Something that happens once.
//!
//! # Invariants
//!
//! 1. `WAITERS` is set under the lock of the list, before its first entry. So whoever sets the event and does not see it has
//!    left nobody in the list: who comes later sees that the event is set.
//! 2. The list is emptied once, by the first to set the event, and nobody enters it from then on.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use slab::Slab;

use crate::{
    cancel::node::wake,
    context::clock::strand,
    observe::{Wait as Waits, waits},
    shared::{
        Lock,
        atomic::{AtomicU8, Ordering},
        const_fn,
    },
};

const SET: u8 = 1;
/// Somebody waits.
const WAITERS: u8 = 2;

/// Something that happens once, and that any number of tasks wait for.
///
/// It is set from anywhere, also from a thread that no runtime knows, and stays set: there is no way back. What happens time
/// and again is a value in a [`Lock`](super::Lock) and a [`Condition`](super::Condition).
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() {
/// use std::{sync::Arc, thread};
///
/// use easynet::sync::Event;
///
/// let ready = Arc::new(Event::new());
/// thread::spawn({
///     let ready = ready.clone();
///     move || ready.set()
/// });
/// ready.wait().await;
/// assert!(ready.is_set());
/// # }
/// ```
pub struct Event {
    state: AtomicU8,
    waiters: Lock<Slab<Waker>>,
}

impl Event {
    const_fn! {
        /// An event that is not set.
        pub const fn new() -> Self {
            Self {
                state: AtomicU8::new(0),
                waiters: Lock::new(Slab::new()),
            }
        }
    }

    /// Sets the event, and wakes all who wait for it. Setting it again does nothing.
    pub fn set(&self) {
        if self.state.fetch_or(SET, Ordering::AcqRel) == WAITERS {
            let waiters = std::mem::take(&mut *self.waiters.lock());
            for (_, waker) in waiters {
                wake(waker);
            }
        }
    }

    /// Whether the event is set.
    #[inline]
    pub fn is_set(&self) -> bool {
        self.state.load(Ordering::Acquire) & SET != 0
    }

    /// Waits until the event is set.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. An event that is set is seen in a cancelled scope too (C3).
    #[inline]
    pub fn wait(&self) -> WaitForEvent<'_> {
        WaitForEvent {
            event: self,
            place: None,
        }
    }
}

impl Default for Event {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("set", &self.is_set()).finish()
    }
}

/// Future of [`Event::wait`].
///
/// # Cancellation
///
/// Safe to cancel: nothing is lost.
#[must_use = "nothing is waited for unless it is awaited"]
pub struct WaitForEvent<'a> {
    event: &'a Event,
    place: Option<usize>,
}

impl WaitForEvent<'_> {
    /// Enters the list, or changes the waker in it; false if the event has been set.
    fn enter(&mut self, waker: &Waker) -> bool {
        let waker = waker.clone();
        let mut waiters = self.event.waiters.lock();
        let mut before = self.event.state.load(Ordering::Acquire);
        if before == 0 {
            before = self.event.state.fetch_or(WAITERS, Ordering::AcqRel);
        }
        if before & SET != 0 {
            drop(waiters);
            drop(waker);
            return false;
        }
        let old = match self.place {
            // Not yet emptied: it is set first (Invariant 2).
            Some(place) => Some(std::mem::replace(&mut waiters[place], waker)),
            None => {
                self.place = Some(waiters.insert(waker));
                None
            }
        };
        drop(waiters);
        drop(old);
        true
    }

    #[cold]
    fn leave(&mut self) {
        if let Some(place) = self.place.take()
            && !self.event.is_set()
        {
            let waker = self.event.waiters.lock().try_remove(place);
            drop(waker);
        }
    }
}

impl Future for WaitForEvent<'_> {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.event.is_set() {
            self.place = None;
            return Poll::Ready(());
        }
        if strand(cx.waker()) {
            self.leave();
            return Poll::Pending;
        }
        if !self.enter(cx.waker()) {
            self.place = None;
            return Poll::Ready(());
        }
        waits(Poll::Pending, || Waits::Shared("an event"))
    }
}

impl Drop for WaitForEvent<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.place.is_some() {
            self.leave();
        }
    }
}

impl fmt::Debug for WaitForEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WaitForEvent").field(self.event).finish()
    }
}
