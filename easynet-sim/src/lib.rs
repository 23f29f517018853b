#![forbid(unsafe_code)]
//! The deterministic backend of easynet.

mod backend;
mod environment;
mod error;
mod every_await;
mod explore;
mod job;
mod lock;
mod net;
mod plan;
mod report;
mod run;
mod scheduler;
mod simulation;
mod trace;
mod watch;

pub use self::{
    backend::SimBackend,
    error::SimulationError,
    every_await::{Cut, InvariantError, cancel_at_every_await},
    explore::{FailingSeed, Seeds, explore},
    job::takes,
    net::{SimTcpListener, SimTcpReadHalf, SimTcpStream, SimTcpWriteHalf},
    plan::Schedule,
    scheduler::timers::SimTimer,
    simulation::{Simulation, run, seed},
};

/// The moment at which every simulation begins.
///
/// Which moment it is does not matter, as nobody can tell two of them apart; it is one for the whole process, so that
/// moments of one simulation can be compared with what was noted outside of it.
fn epoch() -> std::time::Instant {
    static EPOCH: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    *EPOCH.get_or_init(std::time::Instant::now)
}
