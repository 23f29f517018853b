//! Checkpoints: where an operation notices that it is cancelled, before it does anything.

use std::{
    future::{Future, poll_fn},
    mem,
    pin::{Pin, pin},
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use crate::{context::clock::strand, observe::operation};

/// Polls an operation, unless the code that runs is cancelled: then it stays pending (C3).
///
/// The scope that is cancelled is being polled in that case, and drops the operation once this poll has returned.
///
/// For implementations of I/O traits on top of a transport; what is awaited in this crate has it built in.
#[inline]
pub fn checkpoint<T>(cx: &mut Context<'_>, poll: impl FnOnce(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
    if strand(cx.waker()) {
        Poll::Pending
    } else {
        poll(cx)
    }
}

/// A future whose every poll is a checkpoint, and the name of what it does.
pub(super) fn checked<F: Future>(name: &'static str, future: F) -> Checked<F> {
    Checked {
        name,
        had_turn: true,
        future,
    }
}

/// Like [`checked`], for what opens a socket: others have their turn before.
///
/// Most sockets are open at once, and most that cannot be opened fail at once. Who tries again and again, until there is somebody to connect to, would
/// never be suspended: nobody else could get ready, and no limit would end it.
pub(super) fn opening<F: Future>(name: &'static str, future: F) -> Checked<F> {
    Checked {
        name,
        had_turn: false,
        future,
    }
}

pin_project! {
    /// Future of [`checked`] and of [`opening`]: no `async` block, in which there would be room for the other one twice.
    pub(super) struct Checked<F> {
        name: &'static str,
        // Others have had their turn, or need not.
        had_turn: bool,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Checked<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        checkpoint(cx, |cx| {
            let polled = match turn(this.had_turn, cx) {
                Poll::Ready(()) => this.future.poll(cx),
                Poll::Pending => Poll::Pending,
            };
            operation(this.name, polled)
        })
    }
}

/// Like [`opening`], for what opens a group: that is polled until its tasks have ended, when it is cancelled too (C6).
///
/// So only what comes before is a checkpoint; what the future awaits outside of the group is to be [`strict`].
pub(super) async fn opening_in_group<F: Future>(name: &'static str, future: F) -> F::Output {
    let mut future = pin!(future);
    let (mut had_turn, mut begun) = (false, false);
    poll_fn(|cx| {
        if begun {
            return operation(name, future.as_mut().poll(cx));
        }
        checkpoint(cx, |cx| {
            begun = turn(&mut had_turn, cx).is_ready();
            let polled = match begun {
                true => future.as_mut().poll(cx),
                false => Poll::Pending,
            };
            operation(name, polled)
        })
    })
    .await
}

/// Is suspended once, and woken at once.
fn turn(had_turn: &mut bool, cx: &Context<'_>) -> Poll<()> {
    if mem::replace(had_turn, true) {
        return Poll::Ready(());
    }
    cx.waker().wake_by_ref();
    Poll::Pending
}

/// A future whose every poll is a checkpoint, as part of an operation that has a name.
pub(super) async fn strict<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|cx| checkpoint(cx, |cx| future.as_mut().poll(cx))).await
}
