#![forbid(unsafe_code)]
//! The backend trait of easynet, and everything that is built once on top of it.

pub mod backend;
pub mod cancel;
mod context;
pub mod group;
#[doc(hidden)]
pub mod language;
pub mod net;
#[cfg(all(test, easynet_loom))]
mod models;
mod sync;
pub mod task;
pub mod testing;
pub mod time;

pub use self::{
    backend::{AsyncBackend, BootstrapError, Flavor, RunnerOptions, Timer},
    group::{BoxError, GroupError, TaskFailure, TaskGroup, TaskGroupError},
};
