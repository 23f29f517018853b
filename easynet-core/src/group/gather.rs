//! Values of several futures, in order (T11).

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use super::{
    TaskGroup,
    error::{BoxError, GroupError, TaskGroupError},
    outcome::Fallible,
};
use crate::{backend::AsyncBackend, task::receive::Kept};

/// Future of [`AsyncBackend::gather`] and [`AsyncBackend::try_gather`].
#[must_use = "nothing is run unless it is awaited"]
pub struct Gather<'env, O>(Pin<Box<dyn Future<Output = O> + Send + 'env>>);

/// Future of [`AsyncBackend::try_gather`].
pub type TryGather<'env, T, E> = Gather<'env, Result<Vec<T>, TaskGroupError<E>>>;

impl<'env, T: Send + 'env> Gather<'env, Vec<T>> {
    #[track_caller]
    pub(crate) fn new<B, I>(backend: &B, futures: I) -> Self
    where
        B: AsyncBackend,
        I: IntoIterator,
        I::Item: Future<Output = T> + Send + 'env,
    {
        let group = TaskGroup::<'env, B, BoxError>::new(backend);
        let mut kept = Vec::new();
        for future in futures {
            kept.push(group.scoped().keep_value(future)); // Not in a closure: the location is the caller's.
        }
        Self(Box::pin(async move {
            match group.run(std::future::ready(())).await {
                Ok(()) => values(kept),
                Err(error) => panic!("a gather cannot go on outside of the scope that cancelled it: {error}"),
            }
        }))
    }
}

impl<'env, T: Send + 'env, E: GroupError> TryGather<'env, T, E> {
    #[track_caller]
    pub(crate) fn fallible<B, I>(backend: &B, futures: I) -> Self
    where
        B: AsyncBackend,
        I: IntoIterator,
        I::Item: Future + Send + 'env,
        <I::Item as Future>::Output: Fallible<E, Value = T>,
    {
        let group = TaskGroup::<'env, B, E>::new(backend);
        let mut kept = Vec::new();
        for future in futures {
            kept.push(group.scoped().keep(future));
        }
        Self(Box::pin(async move {
            group.run(std::future::ready(())).await?;
            Ok(values(kept))
        }))
    }
}

fn values<T>(kept: Vec<Kept<T>>) -> Vec<T> {
    kept.into_iter().map(Kept::value).collect()
}

impl<O> Future for Gather<'_, O> {
    type Output = O;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<O> {
        self.0.as_mut().poll(cx)
    }
}

impl<O> fmt::Debug for Gather<'_, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gather").finish_non_exhaustive()
    }
}
