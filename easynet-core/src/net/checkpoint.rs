//! Checkpoints: where an operation notices that it is cancelled, before it does anything.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use crate::context;

/// Polls an operation, unless the code that runs is cancelled: then it stays pending (C3).
///
/// Nobody needs to be woken in that case. The scope that is cancelled is being polled, and drops the operation once
/// this poll has returned.
///
/// For implementations of I/O traits on top of a transport; what is awaited in this crate has it built in.
#[inline]
pub fn checkpoint<T>(poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
    if context::is_cancelled() {
        Poll::Pending
    } else {
        poll()
    }
}

/// A future whose every poll is a checkpoint.
pub(super) async fn checked<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|cx| checkpoint(|| future.as_mut().poll(cx))).await
}
