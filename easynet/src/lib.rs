#![forbid(unsafe_code)]
// With no backend enabled there is no value of `BuiltinBackend`: what takes one is never reached.
#![cfg_attr(
    not(any(feature = "tokio", feature = "sim")),
    allow(
        unused_variables,
        unused_imports,
        unused_mut,
        unreachable_code,
        unreachable_patterns,
        dead_code
    )
)]
#![doc = include_str!("../../README.md")]

extern crate self as easynet;

mod builtin;
pub mod cancel;
pub mod language;
pub mod net;
pub mod prelude;
#[cfg(feature = "sim")]
pub mod sim;
pub mod sync;
pub mod task;
pub mod testing;
pub mod threads;
pub mod time;

pub use easynet_core::{
    AsyncBackend, BootstrapError, BoxError, Flavor, GroupError, RunnerOptions, TaskFailure, TaskGroupError,
    backend,
    cancel::{CancelReason, Cancelled, TimedOut},
};
pub use easynet_macros::{
    cancel_scope, catch_cancelled, gather, main, move_on_after, move_on_at, race, shield, task_group, test,
    try_gather, with_deadline, with_timeout,
};

pub use self::{
    builtin::{
        BuiltinBackend, BuiltinTimer, NoBackendError, UnknownBackendError, ensure_backend,
        new_builtin_backend,
    },
    cancel::CancelScope,
    task::{GroupHandle, Task, TaskGroup, TaskInfo},
};

#[doc(hidden)]
pub mod __private;
