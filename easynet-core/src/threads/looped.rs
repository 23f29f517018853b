//! The event loop that a thread calls into, without the type of its backend.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    thread::{self, ThreadId},
    time::Duration,
};

use crate::{backend::AsyncBackend, context, shared::Lock, task::child::Root};

/// A task whose type is forgotten.
pub(super) type AnyTask = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What a portal needs of the backend it belongs to, from any thread.
pub(super) trait Loop: Send + Sync {
    /// Starts a task, as of a group.
    fn start(&self, task: AnyTask);

    /// Whether one thread polls all tasks.
    fn has_one_thread(&self) -> bool;

    /// Whether the calling thread polls a task of this loop: blocked, it could wait for itself.
    ///
    /// Code that easynet does not poll counts on the only thread of the loop, if it is the one that has `served` the portal last.
    fn is_here(&self, served: &Served) -> bool;

    /// See [`AsyncBackend::block_thread`].
    fn block(&self, limit: Option<Duration>, poll: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>) -> bool;

    /// See [`AsyncBackend::thread_checkpoint`].
    fn checkpoint(&self);
}

/// The thread that has polled a portal last.
#[derive(Default)]
pub(super) struct Served(Lock<Option<ThreadId>>);

impl Served {
    pub(super) fn note(&self) {
        *self.0.lock() = Some(thread::current().id());
    }

    fn is_here(&self) -> bool {
        *self.0.lock() == Some(thread::current().id())
    }
}

/// A backend that is bound to its runtime.
pub(super) struct LoopOf<B>(pub(super) B);

impl<B: AsyncBackend> Loop for LoopOf<B> {
    fn start(&self, task: AnyTask) {
        self.0.spawn(Root::new(self.0.unbind(), task));
    }

    fn has_one_thread(&self) -> bool {
        self.0.has_one_thread()
    }

    fn is_here(&self, served: &Served) -> bool {
        (context::is_hosted() || self.0.has_one_thread() && served.is_here()) && self.0.is_here()
    }

    fn block(&self, limit: Option<Duration>, poll: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>) -> bool {
        self.0.block_thread(limit, poll)
    }

    fn checkpoint(&self) {
        self.0.thread_checkpoint();
    }
}
