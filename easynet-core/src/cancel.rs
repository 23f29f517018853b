//! Cancellation: scopes, deadlines, shields, and code that reacts.
//!
//! A future is cancelled by dropping it, as everywhere in Rust. What a scope adds is who drops, when, and what
//! is waited for first: see the rules of the crate's [module on cancellation](crate#cancellation).

mod catch;
mod handle;
pub(crate) mod node;
pub(crate) mod parked;
pub(crate) mod race;
mod reason;
pub(crate) mod scope;
mod shield;
pub(crate) mod timeout;

pub use self::{
    catch::CatchCancelled,
    handle::{CancelScope, RunScope},
    race::{Branches, Field, Race},
    reason::{CancelReason, Cancelled},
    shield::{CancelShieldedCoroYield, IgnoreCancellation},
    timeout::{MoveOn, TimedOut, Timeout},
};

/// Whether the code that asks is cancelled: its next suspension point will not return, unless it is shielded.
///
/// Long computations ask this between steps. One atomic load, whatever the depth (C11); outside of any
/// scope the answer is no.
pub fn is_cancelled() -> bool {
    crate::context::is_cancelled()
}
