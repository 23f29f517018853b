//! The event loop that a thread calls into, without the type of its backend.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use crate::{backend::AsyncBackend, context, task::child::Root};

/// A task whose type is forgotten.
pub(super) type AnyTask = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What a portal needs of the backend it belongs to, from any thread.
pub(super) trait Loop: Send + Sync {
    /// Starts a task, as of a group.
    fn start(&self, task: AnyTask);

    /// Whether the calling thread polls a task of this loop: blocked, it could wait for itself.
    fn is_here(&self) -> bool;

    /// See [`AsyncBackend::block_thread`].
    fn block(&self, limit: Option<Duration>, poll: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>) -> bool;

    /// See [`AsyncBackend::thread_checkpoint`].
    fn checkpoint(&self);
}

/// A backend that is bound to its runtime.
pub(super) struct LoopOf<B>(pub(super) B);

impl<B: AsyncBackend> Loop for LoopOf<B> {
    fn start(&self, task: AnyTask) {
        self.0.spawn(Root::new(self.0.unbind(), task));
    }

    fn is_here(&self) -> bool {
        context::is_hosted() && self.0.is_here()
    }

    fn block(&self, limit: Option<Duration>, poll: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>) -> bool {
        self.0.block_thread(limit, poll)
    }

    fn checkpoint(&self) {
        self.0.thread_checkpoint();
    }
}
