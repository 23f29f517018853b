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

mod limiter;
mod permits;
mod queue;
mod semaphore;

pub use self::{
    limiter::{CapacityLimiter, LimiterToken, OwnedLimiterToken},
    semaphore::{OwnedSemaphorePermit, Semaphore, SemaphorePermit},
};
