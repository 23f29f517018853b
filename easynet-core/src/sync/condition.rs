//! Waiting for what others do with a lock.
//!
//! # Invariants
//!
//! 1. A waiter enters the line before it releases its lock: whoever has the lock after it finds it there.
//! 2. A notification is kept in the entry of its waiter until that has the lock again; one who leaves before passes it on.
//! 3. No waker is called, cloned or dropped under the lock of the line.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use super::{
    guard::{Guard, sealed},
    queue::{Key, Queue},
    wakers::Wakers,
};
use crate::{
    context::clock::strand,
    observe::{Wait as Waits, waits},
    shared::{Lock, const_fn},
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
    line: Lock<Queue<Waiter>>,
}

enum Waiter {
    Waiting(Waker),
    /// It goes on, and is out of the line; `passes_on` if another does in its place when it leaves.
    Notified {
        passes_on: bool,
    },
}

impl Condition {
    const_fn! {
        /// A condition that nobody waits for.
        pub const fn new() -> Self {
            Self { line: Lock::new(Queue::new()) }
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
        let mut wakers = Wakers::new();
        let mut line = self.line.lock();
        notify(&mut line, n, true, &mut wakers);
        drop(line);
        wakers.wake();
    }

    /// Lets all go on that wait now. Those who come later do not, also if one of these is cancelled.
    pub fn notify_all(&self) {
        let mut wakers = Wakers::new();
        let mut line = self.line.lock();
        notify(&mut line, usize::MAX, false, &mut wakers);
        drop(line);
        wakers.wake();
    }
}

fn notify(line: &mut Queue<Waiter>, n: usize, passes_on: bool, wakers: &mut Wakers) {
    for _ in 0..n {
        let Some(first) = line.first() else { return };
        line.unlink(first);
        if let Waiter::Waiting(waker) = std::mem::replace(line.get(first), Waiter::Notified { passes_on }) {
            wakers.push(waker);
        }
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
    place: Option<Key>,
    state: State<G>,
}

enum State<G: Guard> {
    Begins(G),
    Waits(<G as sealed::Guard>::Acquire),
    Ended,
}

/// What a waiter that was woken finds.
enum Look<G> {
    Pending,
    Notified,
    Ready(G),
}

// What is in it is never pinned.
impl<G: Guard> Unpin for WaitForCondition<'_, G> {}

impl<G: Guard> WaitForCondition<'_, G> {
    fn enter(&mut self, waker: &Waker) {
        let waiter = Waiter::Waiting(waker.clone());
        self.place = Some(self.condition.line.lock().push(waiter));
    }

    /// Whether it goes on; if not, `waker` is woken when it does. If the lock is free it goes on at once, with the guard.
    fn look(&mut self, waker: &Waker) -> Look<G> {
        // Its place was given up, in a scope that it has left since: looking again does no harm.
        let Some(place) = self.place else {
            return Look::Notified;
        };
        let mut line = self.condition.line.lock();
        match line.get(place) {
            Waiter::Notified { .. } => {
                let State::Waits(acquire) = &mut self.state else {
                    return Look::Notified;
                };
                let Some(guard) = sealed::Acquire::try_now(acquire) else {
                    return Look::Notified;
                };
                let _notified = line.remove(place);
                self.place = None;
                return Look::Ready(guard);
            }
            Waiter::Waiting(known) if known.will_wake(waker) => return Look::Pending,
            Waiter::Waiting(_) => drop(line),
        }
        let waker = waker.clone();
        let mut line = self.condition.line.lock();
        let (look, old) = match line.get(place) {
            Waiter::Waiting(old) => (Look::Pending, std::mem::replace(old, waker)),
            Waiter::Notified { .. } => (Look::Notified, waker),
        };
        drop(line);
        drop(old);
        look
    }

    /// Gives up the place, and passes a notification on (Invariant 2).
    #[cold]
    fn leave(&mut self) {
        let Some(place) = self.place.take() else { return };
        let mut wakers = Wakers::new();
        let mut line = self.condition.line.lock();
        let waiter = line.remove(place);
        if let Waiter::Notified { passes_on: true } = waiter {
            notify(&mut line, 1, true, &mut wakers);
        }
        drop(line);
        drop(waiter);
        wakers.wake();
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
        let look = if begins {
            Look::Pending
        } else {
            this.look(cx.waker())
        };
        let guard = match look {
            Look::Pending => return waits(Poll::Pending, || Waits::Shared("a condition")),
            Look::Ready(guard) => guard,
            Look::Notified => {
                let State::Waits(acquire) = &mut this.state else {
                    panic!("polled after it has ended");
                };
                std::task::ready!(Pin::new(acquire).poll(cx))
            }
        };
        this.state = State::Ended;
        if let Some(place) = this.place.take() {
            let _notified = this.condition.line.lock().remove(place);
        }
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
