//! Waiting for what others do with a lock.
//!
//! # Invariants
//!
//! 1. A waiter enters the line before it releases its lock: whoever has the lock after it finds it there.
//! 2. Tickets are given in the order of the line, and the line is served in that order: all before `served` have been notified, and are out
//!    of it. So who goes on need not look into the line.
//! 3. Who was notified and leaves before it has the lock again passes the notification on, unless it was one for all: those are
//!    counted, and `ALL` is set in `served` while there are any.
//! 4. No waker is called, cloned or dropped under the lock of the line.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use super::{
    guard::{Guard, sealed},
    tickets::{ALL, Ticket, Tickets, is_served},
    wakers::Wakers,
};
use crate::{
    context::clock::strand,
    observe::{Wait as Waits, waits},
    shared::{
        Lock,
        atomic::{AtomicUsize, Ordering},
        const_fn,
    },
};

/// Waiting for what others do with the value of a lock.
///
/// A waiter releases its [`Lock`](super::Lock) or [`FairLock`](super::FairLock), and has it again when it goes on: after it
/// was notified, and after the notifier and all who were faster have released it. The value may have changed once more by
/// then, so a waiter looks again, which [`wait_while`](Self::wait_while) does by itself.
///
/// Waiting needs the guard. Notifying does not, because the value changes only under its lock anyway: who changes it
/// notifies before or after it releases the lock, as it likes. After is a bit faster on several threads.
///
/// Several conditions can go with one lock, each with waiters of its own. Nor does one condition need one lock: each waiter
/// has its own lock again. A notification goes to whoever has waited longest, though, whatever it waits with.
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() -> Result<(), easynet::TaskGroupError> {
/// use easynet::{prelude::*, sync::{Condition, Lock}};
///
/// static JOBS: Lock<Vec<u32>> = Lock::new(Vec::new());
/// static ADDED: Condition = Condition::new();
///
/// task_group!(|group| {
///     group.start_soon(async {
///         let jobs = JOBS.acquire().await;
///         let mut jobs = ADDED.wait_while(jobs, |jobs| jobs.is_empty()).await;
///         assert_eq!(jobs.pop(), Some(7));
///     });
///     JOBS.acquire().await.push(7);
///     ADDED.notify(1);
/// })
/// # }
/// ```
pub struct Condition {
    /// What [`Tickets::served`] says. Written under the lock of the line.
    served: AtomicUsize,
    line: Lock<Tickets>,
}

impl Condition {
    const_fn! {
        /// A condition that nobody waits for.
        pub const fn new() -> Self {
            Self {
                served: AtomicUsize::new(0),
                line: Lock::new(Tickets::new()),
            }
        }
    }

    /// Releases the lock, waits to be notified, and has the lock again.
    ///
    /// It may go on without a notification now and then, and the value may have changed since: look again.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: the guard is gone, the lock is not held, and a notification that has come is passed on to the next
    /// waiter. In a cancelled scope it releases the lock and never completes.
    pub fn wait<G: Guard>(&self, guard: G) -> WaitForCondition<'_, G> {
        WaitForCondition {
            condition: self,
            place: None,
            state: State::Begins(guard),
        }
    }

    /// Waits, with [`wait`](Self::wait), for as long as `condition` is true of the value. If it is false at once, the lock is
    /// not released and nothing is waited for.
    ///
    /// # Cancellation
    ///
    /// As [`wait`](Self::wait).
    pub async fn wait_while<G, F>(&self, mut guard: G, mut condition: F) -> G
    where
        G: Guard,
        G::Target: Sized,
        F: FnMut(&mut G::Target) -> bool,
    {
        while condition(&mut guard) {
            guard = self.wait(guard).await;
        }
        guard
    }

    /// Lets the `n` go on that have waited longest; all, if there are fewer. They run once they have their lock again.
    ///
    /// A waiter that is cancelled before it goes on passes the notification on to the next.
    pub fn notify(&self, n: usize) {
        self.serve(|line, wakers| line.serve(n, wakers));
    }

    /// Lets all go on that wait now. Those who come later do not, also if one of these is cancelled.
    pub fn notify_all(&self) {
        self.serve(Tickets::serve_all);
    }

    fn serve(&self, serve: impl FnOnce(&mut Tickets, &mut Wakers)) {
        let mut wakers = Wakers::new();
        let mut line = self.line.lock();
        serve(&mut line, &mut wakers);
        self.served.store(line.served(), Ordering::Release);
        drop(line);
        wakers.wake();
    }
}

impl Default for Condition {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condition").finish_non_exhaustive()
    }
}

/// Future of [`Condition::wait`].
///
/// # Cancellation
///
/// Safe to cancel: the guard is gone, the lock is not held, and a notification that has come is passed on.
#[must_use = "nothing is waited for unless it is awaited"]
pub struct WaitForCondition<'a, G: Guard> {
    condition: &'a Condition,
    place: Option<Ticket>,
    state: State<G>,
}

enum State<G: Guard> {
    Begins(G),
    Waits(<G as sealed::Guard>::Acquire),
    Ended,
}

// What is in it is never pinned.
impl<G: Guard> Unpin for WaitForCondition<'_, G> {}

impl<G: Guard> WaitForCondition<'_, G> {
    fn enter(&mut self, waker: &Waker) {
        let waker = waker.clone();
        self.place = Some(self.condition.line.lock().enter(waker));
    }

    /// Whether it goes on; if not, `waker` is woken when it does.
    fn is_notified(&self, waker: &Waker) -> bool {
        // Its place was given up, in a scope that it has left since: looking again does no harm.
        let Some(ticket) = self.place else { return true };
        if is_served(self.condition.served.load(Ordering::Acquire), ticket) {
            return true;
        }
        match self.condition.line.lock().waker(ticket) {
            Some(known) if known.will_wake(waker) => return false,
            Some(_) => {}
            None => return true,
        }
        let mut waker = waker.clone();
        let mut line = self.condition.line.lock();
        let known = line.waker(ticket);
        let notified = known.is_none();
        if let Some(known) = known {
            std::mem::swap(known, &mut waker);
        }
        drop(line);
        drop(waker);
        notified
    }

    /// It has the lock again: nothing is passed on from here on (Invariant 3).
    #[inline]
    fn go_on(&mut self) {
        if let Some(ticket) = self.place.take()
            && self.condition.served.load(Ordering::Relaxed) & ALL != 0
        {
            self.condition.serve(|line, _| {
                line.count_off(ticket);
            });
        }
    }

    /// Gives up the place, and passes a notification on (Invariant 3).
    #[cold]
    fn leave(&mut self) {
        let Some(ticket) = self.place.take() else { return };
        let mut left = None;
        self.condition
            .serve(|line, wakers| left = line.leave(ticket, wakers));
    }
}

impl<G: Guard> Future for WaitForCondition<'_, G> {
    type Output = G;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<G> {
        let this = self.get_mut();
        let begins = matches!(this.state, State::Begins(_));
        if begins {
            // Invariant 1.
            this.enter(cx.waker());
            if let State::Begins(guard) = std::mem::replace(&mut this.state, State::Ended) {
                this.state = State::Waits(guard.release());
            }
        }
        // C3: it always has to wait.
        if strand(cx.waker()) {
            this.leave();
            if let State::Waits(acquire) = &mut this.state {
                sealed::Acquire::leave(acquire);
            }
            return Poll::Pending;
        }
        if begins || !this.is_notified(cx.waker()) {
            return waits(Poll::Pending, || Waits::Shared("a condition"));
        }
        let State::Waits(acquire) = &mut this.state else {
            panic!("polled after it has ended");
        };
        let guard = std::task::ready!(Pin::new(acquire).poll(cx));
        this.state = State::Ended;
        this.go_on();
        Poll::Ready(guard)
    }
}

impl<G: Guard> Drop for WaitForCondition<'_, G> {
    #[inline]
    fn drop(&mut self) {
        if self.place.is_some() {
            self.leave();
        }
    }
}

impl<G: Guard> fmt::Debug for WaitForCondition<'_, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitForCondition").finish_non_exhaustive()
    }
}
