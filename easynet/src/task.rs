//! Tasks and groups.

use std::future::{Future, IntoFuture};

use easynet_core::{
    AsyncBackend,
    cancel::{Field, Race},
    group::{Gather, TryGather},
};
pub use easynet_core::{
    BoxError, GroupError, TaskFailure, TaskGroupError,
    group::{Fallible, GroupClosed, Outcome},
    task::{JoinError, Task, TaskId, TaskInfo, TaskLocal, get_current_task, try_get_current_task},
};

use crate::{BuiltinBackend, builtin::ambient};

/// A set of child tasks that end together: see [`easynet_core::TaskGroup`].
pub type TaskGroup<'env, E = BoxError> = easynet_core::TaskGroup<'env, BuiltinBackend, E>;

/// Starts tasks in a group, from anywhere: see [`easynet_core::group::GroupHandle`].
pub type GroupHandle<E = BoxError> = easynet_core::group::GroupHandle<BuiltinBackend, E>;

/// See [`AsyncBackend::create_task_group`]; as a block: [`task_group!`](crate::task_group).
///
/// # Panics
///
/// Outside of any backend.
#[track_caller]
pub fn create_task_group<'env, E: GroupError>() -> TaskGroup<'env, E> {
    ambient().create_task_group()
}

/// See [`AsyncBackend::gather`]; for futures of different types: [`gather!`](crate::gather).
///
/// # Cancellation
///
/// All are cancelled, and have ended before the enclosing scope does.
///
/// # Panics
///
/// Outside of any backend.
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() {
/// let squares = easynet::task::gather((1..4).map(|n| async move { n * n })).await;
/// assert_eq!(squares, [1, 4, 9]);
/// # }
/// ```
#[track_caller]
pub fn gather<'env, I, T>(futures: I) -> Gather<'env, Vec<T>>
where
    I: IntoIterator,
    I::Item: Future<Output = T> + Send + 'env,
    T: Send + 'env,
{
    ambient().gather(futures)
}

/// See [`AsyncBackend::try_gather`]; for futures of different types: [`try_gather!`](crate::try_gather).
///
/// # Cancellation
///
/// All are cancelled, and have ended before the enclosing scope does.
///
/// # Errors
///
/// [`TaskGroupError`] with every failure, once all have ended.
///
/// # Panics
///
/// Outside of any backend.
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() {
/// let error = easynet::task::try_gather::<_, (), easynet::BoxError>([false, true].map(|fails| async move {
///     if fails { Err("no luck") } else { Ok(()) }
/// }))
/// .await
/// .unwrap_err();
/// assert_eq!(error.failures().len(), 1);
/// # }
/// ```
#[track_caller]
pub fn try_gather<'env, I, T, E>(futures: I) -> TryGather<'env, T, E>
where
    I: IntoIterator,
    I::Item: Future + Send + 'env,
    <I::Item as Future>::Output: Fallible<E, Value = T>,
    T: Send + 'env,
    E: GroupError,
{
    ambient().try_gather(futures)
}

/// See [`AsyncBackend::race`]; for futures of different types: [`race!`](crate::race).
///
/// # Cancellation
///
/// All are cancelled. Once a winner is found, its value is lost if the enclosing scope is cancelled while the others
/// end.
///
/// # Panics
///
/// When there are no futures, and outside of any backend.
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() {
/// use std::time::Duration;
///
/// let fastest = easynet::task::race([3, 1, 2].map(|n| async move {
///     easynet::time::sleep(Duration::from_millis(10 * n)).await;
///     n
/// }))
/// .await;
/// assert_eq!(fastest, 1);
/// # }
/// ```
#[track_caller]
pub fn race<I>(futures: I) -> Race<BuiltinBackend, Field<<I::Item as IntoFuture>::IntoFuture>>
where
    I: IntoIterator,
    I::Item: IntoFuture,
{
    ambient().race(futures)
}
