//! Where a job lies: first the function, then its value.
//!
//! # Invariants
//!
//! 1. A job begins once, and only as long as nobody has taken it back: one that was cancelled while it waited for a thread
//!    never runs.
//! 2. Whoever lets go of a job that runs leaves a ticket: it is given up when the job has ended, its value dropped.
//! 3. Nothing of the user's is dropped under the lock.

use std::{sync::Arc, thread};

use crate::{group::core::GroupCore, shared::Lock};

/// A group that counts a job which nobody else waits for.
pub(crate) struct Ticket(Arc<GroupCore>);

impl Ticket {
    /// In the nearest group, from this one on outwards, that has not closed.
    pub(crate) fn take(group: Option<Arc<GroupCore>>) -> Option<Self> {
        GroupCore::enter_nearest(group).map(Self)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.0.leave();
    }
}

pub(crate) struct Desk<J, T>(Lock<Slot<J, T>>);

enum Slot<J, T> {
    /// It waits for a thread.
    Waiting(J),
    Running,
    Ended(thread::Result<T>),
    /// It runs, and nobody wants its value.
    LetGo(Option<Ticket>),
    /// Its value was taken, or it never began.
    Over,
}

/// What was on the desk when somebody let go of it, to be dropped by them.
pub(crate) struct Left<J, T> {
    /// The job runs on.
    pub(crate) runs: bool,
    _rest: (Option<Ticket>, Slot<J, T>),
}

impl<J, T> Desk<J, T> {
    pub(crate) fn new(job: J) -> Self {
        Self(Lock::new(Slot::Waiting(job)))
    }

    /// Takes the job to run it, if nobody has taken it back.
    pub(crate) fn begin(&self) -> Option<J> {
        let mut slot = self.0.lock();
        match std::mem::replace(&mut *slot, Slot::Running) {
            Slot::Waiting(job) => Some(job),
            other => {
                *slot = other;
                None
            }
        }
    }

    /// Puts the value down.
    ///
    /// # Errors
    ///
    /// The value, if nobody wants it, and the ticket to give up once it has been dropped.
    #[allow(clippy::type_complexity, reason = "it is a value and a ticket")]
    pub(crate) fn end(&self, value: thread::Result<T>) -> Result<(), (thread::Result<T>, Option<Ticket>)> {
        let mut slot = self.0.lock();
        if let Slot::LetGo(ticket) = &mut *slot {
            return Err((value, ticket.take()));
        }
        *slot = Slot::Ended(value);
        Ok(())
    }

    /// Takes back a job that has not begun; true if it never will.
    pub(crate) fn take_back(&self) -> bool {
        let mut slot = self.0.lock();
        if !matches!(*slot, Slot::Waiting(_)) {
            return matches!(*slot, Slot::Over);
        }
        let taken = std::mem::replace(&mut *slot, Slot::Over);
        drop(slot);
        drop(taken);
        true
    }

    /// The value of a job that has ended.
    pub(crate) fn take_value(&self) -> Option<thread::Result<T>> {
        let mut slot = self.0.lock();
        match std::mem::replace(&mut *slot, Slot::Over) {
            Slot::Ended(value) => Some(value),
            other => {
                *slot = other;
                None
            }
        }
    }

    /// Nobody waits for the value any more. A job that runs keeps the ticket until it has ended.
    pub(crate) fn let_go(&self, ticket: Option<Ticket>) -> Left<J, T> {
        let mut slot = self.0.lock();
        let runs = matches!(*slot, Slot::Running);
        let (next, unused) = if runs {
            (Slot::LetGo(ticket), None)
        } else {
            (Slot::Over, ticket)
        };
        let old = std::mem::replace(&mut *slot, next);
        drop(slot);
        Left {
            runs,
            _rest: (unused, old),
        }
    }
}
