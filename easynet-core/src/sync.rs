//! What tasks wait for each other with: locks, events, conditions, semaphores and limiters.
//!
//! All of it lives in memory and needs no runtime: it is made and used anywhere, also in a `static`, and waited for from any
//! executor. What a task does on another thread wakes those who wait here.
//!
//! # Cancellation
//!
//! What need not wait completes, in a cancelled scope too: a free lock is taken, an event that is set is seen (C3).
//! What has to wait is a suspension point: in a cancelled scope it never completes. Whoever is
//! dropped while it waits gives up its place, and if its turn had come, the next one has it.

pub mod channel;
mod condition;
mod event;
mod exclusive;
mod fair_lock;
mod guard;
mod limiter;
mod lock;
mod permits;
mod queue;
mod semaphore;
mod tickets;
mod turns;
mod wakers;

pub use self::{
    condition::{Condition, WaitForCondition},
    event::{Event, WaitForEvent},
    fair_lock::FairLock,
    guard::{Acquire, AcquireOwned, Guard, LockGuard, OwnedLockGuard},
    limiter::{CapacityLimiter, LimiterToken, OwnedLimiterToken},
    lock::Lock,
    semaphore::{OwnedSemaphorePermit, Semaphore, SemaphorePermit},
};
