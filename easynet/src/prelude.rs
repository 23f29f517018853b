//! What most programs use: `use easynet::prelude::*;`

pub use easynet_core::{
    AsyncBackend as _,
    net::{
        AsyncListener as _, AsyncStreamReadTransport as _, AsyncStreamTransport as _,
        AsyncStreamWriteTransport as _,
    },
};

pub use crate::{
    CancelScope, GroupHandle, Task, TaskGroup, TaskGroupError, TimedOut, move_on_after, shield, task_group,
    with_timeout,
};
