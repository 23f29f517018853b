//! What most programs use: `use easynet::prelude::*;`

#[cfg(unix)]
pub use easynet_core::net::{
    AsyncUnixDatagramListener as _, AsyncUnixDatagramSender as _, AsyncUnixDatagramTransport as _,
    AsyncUnixStreamTransport as _,
};
pub use easynet_core::{
    AsyncBackend as _,
    net::{
        AsyncDatagramListener as _, AsyncDatagramReadTransport as _, AsyncDatagramSender as _,
        AsyncDatagramTransport as _, AsyncDatagramWriteTransport as _, AsyncListener as _,
        AsyncStreamReadTransport as _, AsyncStreamTransport as _, AsyncStreamWriteTransport as _,
    },
};

pub use crate::{
    CancelScope, GroupHandle, Task, TaskGroup, TaskGroupError, TimedOut, cancel_scope, catch_cancelled,
    gather, move_on_after, move_on_at, race, shield, task_group, try_gather, with_deadline, with_timeout,
};
