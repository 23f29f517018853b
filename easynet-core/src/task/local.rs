//! Values that a task and all it starts can see.

use std::{
    any::Any,
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use crate::context::{self, local::Locals};

/// A value that a task sees, and every task started from it.
///
/// A child sees the values as they were when it was started. What it sets afterwards its parent does not see.
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() -> Result<(), easynet::TaskGroupError> {
/// use easynet::{prelude::*, task::TaskLocal};
///
/// static REQUEST: TaskLocal<u32> = TaskLocal::new();
///
/// REQUEST
///     .scope(7, async {
///         task_group!(|group| {
///             group.start_soon(async { assert_eq!(REQUEST.get().as_deref(), Some(&7)) });
///         })
///     })
///     .await
/// # }
/// ```
pub struct TaskLocal<T> {
    /// Gives every static an address of its own.
    _address: u8,
    _value: PhantomData<fn() -> T>,
}

impl<T: Send + Sync + 'static> TaskLocal<T> {
    /// A task-local without a value.
    pub const fn new() -> Self {
        Self {
            _address: 0,
            _value: PhantomData,
        }
    }

    pub(crate) fn key(&'static self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    /// The value here, if one is set.
    pub fn get(&'static self) -> Option<Arc<T>> {
        context::locals()?.find(self.key())?.downcast().ok()
    }

    /// Runs `future` with this value set, for itself and for all that it starts.
    ///
    /// # Cancellation
    ///
    /// As that of `future`.
    pub fn scope<F: Future>(&'static self, value: T, future: F) -> WithLocal<F> {
        WithLocal {
            key: self.key(),
            value: Arc::new(value),
            future,
        }
    }
}

impl<T: Send + Sync + 'static> Default for TaskLocal<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for TaskLocal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskLocal").finish_non_exhaustive()
    }
}

pin_project! {
    /// Future of [`TaskLocal::scope`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct WithLocal<F> {
        key: usize,
        value: Arc<dyn Any + Send + Sync>,
        #[pin]
        future: F,
    }
}

/// Puts the former values back, on a panic too.
pub(crate) struct Restore(Option<Arc<Locals>>);

impl Restore {
    /// Sets other values meanwhile.
    pub(crate) fn instead(locals: Option<Arc<Locals>>) -> Self {
        Self(context::replace_locals(locals))
    }
}

impl Drop for Restore {
    fn drop(&mut self) {
        drop(context::replace_locals(self.0.take()));
    }
}

impl<F: Future> Future for WithLocal<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let before = context::locals();
        let inside = Locals::with(before.clone(), *this.key, this.value.clone());
        drop(context::replace_locals(Some(inside)));
        let _restore = Restore(before);
        this.future.poll(cx)
    }
}

impl<F> fmt::Debug for WithLocal<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WithLocal").finish_non_exhaustive()
    }
}
