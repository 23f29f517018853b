#![forbid(unsafe_code)]
//! Measures candidates side by side: each question in interleaved rounds, answered by ratios to a named peer.
//!
//! Absolute times on a shared machine say little; the ratio of two candidates measured in turn, A B C A B C, says
//! a lot. Every candidate of a question runs in the same process, once per round, in a runtime as its users would have it.

mod comparison;
mod memory;
pub mod nesting;
mod processors;
mod record;
mod running;
pub mod waiting;

pub use self::{
    comparison::{Bench, Candidate, Question},
    memory::{ask_a_child, resident},
    processors::Processors,
    record::{Record, Spread, Unit, read_records, with_commas},
    running::{FLAVORS, PendingOnce, in_easynet, in_tokio, label, pending_once, run, runtime},
};
