//! Serving in a group of its own.

use std::{
    fmt,
    future::{Future, ready},
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::{Serve, control::Control};
use crate::{
    backend::AsyncBackend,
    group::{GroupError, TaskGroup, TaskGroupError},
};

/// A listener being served by tasks that end with it: await it, or start it as a task.
///
/// See [`AsyncListener::serve_in_private_group`](crate::net::AsyncListener::serve_in_private_group) and
/// [`AsyncDatagramListener::serve_in_private_group`](crate::net::AsyncDatagramListener::serve_in_private_group).
///
/// # Cancellation
///
/// Cancelling loses what the handlers were at: they are cancelled, and have ended before the enclosing scope does (C6).
#[must_use = "nobody is served unless it is awaited"]
pub struct ServeInPrivateGroup<'l, E> {
    control: Arc<Control>,
    /// Boxed: it happens once for each listener.
    serving: Pin<Box<dyn Future<Output = Result<(), TaskGroupError<E>>> + Send + 'l>>,
}

impl<'l, E: GroupError> ServeInPrivateGroup<'l, E> {
    /// Serves as a task of the group, which belongs to this call: the end of the one is the end of the other.
    pub(in crate::net) fn new<B: AsyncBackend>(group: TaskGroup<'l, B, E>, serve: Serve<'l>) -> Self
    where
        E: From<io::Error>,
    {
        let control = serve.control.clone();
        let serving = async move {
            // As a task: its failure cancels the handlers.
            group.named("serve").scoped().start_soon(serve);
            group.run(ready(())).await
        };
        Self {
            control,
            serving: Box::pin(serving),
        }
    }

    /// Lets at most so many handlers run at the same time, as [`Serve::max_concurrent`] does.
    pub fn max_concurrent(self, handlers: usize) -> Self {
        self.control.limit(handlers);
        self
    }
}

impl<E> Future for ServeInPrivateGroup<'_, E> {
    type Output = Result<(), TaskGroupError<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.serving.as_mut().poll(cx)
    }
}

impl<E> fmt::Debug for ServeInPrivateGroup<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServeInPrivateGroup")
            .field("control", &self.control)
            .finish_non_exhaustive()
    }
}
