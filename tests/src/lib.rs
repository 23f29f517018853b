#![forbid(unsafe_code)]
//! What the conformance suite is written with.
//!
//! A test says what every backend owes its users, and names none: [`each_backend!`] runs it on all of them. The
//! tests themselves are in `tests/`, one file for each area of behaviour.
//!
//! To add a backend, give it a constant in [`Runner`] and a line in the two lists at the end of `backends.rs`.

mod backends;
mod cleanup;
mod clock;
mod directory;
mod drop_flag;
mod log;
mod panics;
mod runner;
mod threads;

pub use self::{
    cleanup::{clean_up_when_cancelled, start_cleaning},
    clock::{LONG, Stopwatch, ms},
    directory::Directory,
    drop_flag::{DropFlag, DropGuard},
    log::{Log, LogOnDrop},
    panics::{panic_file, panic_message},
    runner::{Runner, watched},
    threads::{Caller, in_foreign_thread, work, work_until},
};
