#![forbid(unsafe_code)]
//! The backend trait of easynet, and everything that is built once on top of it.
//!
//! Most programs use the `easynet` crate, whose functions and macros find the running backend by themselves. This
//! crate is for backends, and for code that is generic over them: see [`AsyncBackend`], and [`backend`] for the guide
//! to writing one.
//!
//! # Cancellation
//!
//! A future is cancelled by dropping it, as everywhere in Rust. The rest is when, by whom, and what is waited for first:
//!
//! - **C1 Level-triggered.** A cancelled scope stays cancelled. Every suspension point inside of it that is not
//!   shielded is a place where its body ends: dropped there, innermost values first.
//! - **C2 The body is polled first.** A body that completes without suspending again completes.
//! - **C3 Checkpoints.** Operations on time, I/O and threads do not complete in a cancelled scope, even when they
//!   could at once. In-memory operations that need not wait do.
//! - **C4 The outermost catches.** Of several nested cancelled scopes the outermost yields; no code runs in between.
//! - **C5 Shields** run to their end; scopes inside of a shield work as usual.
//! - **C6 Guards hold the scope.** A scope is not dropped while a shield, a group, a `catch_cancelled` or a
//!   `join_or_cancel` below it, in the same task, has not ended. A guard that has begun is to be polled until it has
//!   ended: a `select!` loop that keeps one suspended while the handler of another branch waits can hold a cancelled
//!   scope for ever. Start it as a task of a group instead.
//! - **C7 Catching** does not consume: the next suspension point is cancelled again.
//! - **C8 Foreign wakers.** All this works under combinators with wakers of their own. Like every future, one of
//!   easynet is to be polled when the waker it was last polled with is woken. A runtime that is blocked on inside of
//!   a task (`block_in_place` with `block_on`) is not seen to be another: time stands still in it.
//! - **C9 Context per poll.** A future that is moved to another task mid-way is in that task's context with its next
//!   poll.
//! - **C10 Foreign drop.** A group that is dropped cancels its tasks, and the enclosing group waits for them.
//! - **C11 Cost.** Asking is an atomic load. A scope without a handle allocates nothing.
//! - **C12 Reason.** A cancellation says why: [`CancelReason`](cancel::CancelReason).
//!
//! # Tasks and groups
//!
//! - **T1** Leaving a group waits for every child.
//! - **T2** The first failure cancels the rest, and [`TaskGroupError`] holds every failure.
//! - **T3** A child's panic resumes in the parent, once all have ended.
//! - **T4** [`start_soon`](group::GroupHandle::start_soon): one allocation, and nothing is left of a child that has ended.
//! - **T5** [`spawn`](group::GroupHandle::spawn) yields a [`Task`](task::Task); no result is lost by accident.
//! - **T6** [`scoped`](TaskGroup::scoped) children borrow.
//! - **T7** A [`Task`](task::Task) is a handle; the group owns the task.
//! - **T8** A [`GroupHandle`](group::GroupHandle) starts siblings, until the group has closed.
//! - **T9** Tasks have names, identities and places where they were started.
//! - **T10** A task that is cancelled before its first poll never runs.
//! - **T11** [`gather`](AsyncBackend::gather) yields values in order.
//! - **T12** [`bootstrap`](AsyncBackend::bootstrap) is a group too.
//! - **T13** A group that is interrupted by an outer scope yields nothing: the outer scope catches. Errors of its
//!   children are logged then, by `tracing`, and a panic resumes all the same.

pub mod backend;
pub mod cancel;
mod context;
pub mod executor;
pub mod group;
#[doc(hidden)]
pub mod language;
#[cfg(all(test, easynet_loom))]
mod models;
pub mod net;
mod never;
pub mod observe;
mod shared;
pub mod sync;
pub mod task;
pub mod testing;
pub mod threads;
pub mod time;

pub use self::{
    backend::{AsyncBackend, BootstrapError, Flavor, RunnerOptions, Timer},
    group::{BoxError, GroupError, TaskFailure, TaskGroup, TaskGroupError},
};
