//! Task groups: children that end together.

pub(crate) mod children;
pub(crate) mod core;
pub(crate) mod error;
mod gather;
mod handle;
pub(crate) mod outcome;
mod run;
pub(crate) mod scoped;

use std::{fmt, future::Future, ops::ControlFlow, ops::Deref, panic::Location};

pub(crate) use self::run::{End, Program, Together};
use self::scoped::Inbox;
pub use self::{
    error::{BoxError, GroupError, TaskFailure, TaskGroupError},
    gather::{Gather, TryGather},
    handle::{GroupClosed, GroupHandle, Named, Place, Start},
    outcome::{Fallible, Outcome},
    run::RunGroup,
    scoped::Scoped,
};
use crate::{
    backend::AsyncBackend,
    cancel::CancelReason,
    context,
    group::core::{GroupCore, Steps},
};

/// A set of child tasks that end together.
///
/// Leaving a group waits for every child, so nothing started inside is still running outside. A task that must
/// live longer belongs to a group that lives longer.
///
/// A group is opened, and its body run once. What starts tasks is the group itself inside of the body, and its
/// [`handle`](GroupHandle::handle) in the children. All methods for starting are those of [`GroupHandle`].
///
/// # Cancellation
///
/// The group is a guard: cancelling the enclosing scope cancels the body and every child, then waits for all of them
/// to end (C6). The group then yields nothing, since the outer scope catches (T13). If the future of the group is
/// dropped, the children are cancelled at once, and waited for by the enclosing group (C10).
///
/// # Errors
///
/// The first child to fail cancels its siblings and the body; every error is returned once they have ended (T2).
///
/// # Panics
///
/// A panic of a child, or of the body, resumes in the parent after the siblings have ended (T3).
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() -> Result<(), easynet::TaskGroupError> {
/// use easynet::prelude::*;
///
/// let sum = task_group!(|group| {
///     let left = group.spawn_value(async { 1 });
///     let right = group.spawn_value(async { 2 });
///     left.await.expect("it returns") + right.await.expect("it returns")
/// })?;
/// assert_eq!(sum, 3);
/// # Ok(())
/// # }
/// ```
#[must_use = "a group does nothing before its body is run"]
pub struct TaskGroup<'env, B: AsyncBackend, E: GroupError = BoxError> {
    handle: GroupHandle<B, E>,
    /// Children that borrow, on their way to whoever polls them.
    inbox: Inbox<'env>,
}

impl<'env, B: AsyncBackend, E: GroupError> TaskGroup<'env, B, E> {
    #[track_caller]
    pub(crate) fn new(backend: &B) -> Self {
        Self::opened_at(backend, Location::caller())
    }

    /// A group that was opened in another place than here.
    pub(crate) fn opened_at(backend: &B, location: &'static Location<'static>) -> Self {
        let core = GroupCore::new(location, context::nearest_group());
        Self {
            handle: GroupHandle::new(backend.bind(), core),
            inbox: Inbox::new(),
        }
    }

    /// Runs the body of the group, and waits for every child.
    ///
    /// # Cancellation
    ///
    /// Cancelling waits for the body and the children to end; see the type.
    ///
    /// # Errors
    ///
    /// Every failure of a child, once all have ended.
    ///
    /// # Panics
    ///
    /// When the group has been run before. A panic of a child or of the body resumes here.
    ///
    /// # Examples
    ///
    /// What `task_group!` expands to, by hand:
    ///
    /// ```
    /// # #[easynet::main(backend = "tokio")]
    /// # async fn main() -> Result<(), easynet::TaskGroupError> {
    /// let group: easynet::TaskGroup = easynet::task::create_task_group();
    /// let value = group
    ///     .run(async {
    ///         group.start_soon(async { /* .. */ });
    ///         7
    ///     })
    ///     .await?;
    /// assert_eq!(value, 7);
    /// # Ok(())
    /// # }
    /// ```
    pub fn run<F: Future>(
        &self,
        body: F,
    ) -> impl Future<Output = Result<F::Output, TaskGroupError<E>>> + use<'_, 'env, B, E, F> {
        let run = self.run_with_jumps(
            async move { ControlFlow::<std::convert::Infallible, F::Output>::Continue(body.await) },
            |jump| match jump {},
        );
        async move {
            match run.await? {
                ControlFlow::Continue(value) => Ok(value),
                ControlFlow::Break(jump) => match jump {},
            }
        }
    }

    /// Runs a body that may leave early, by a jump that `carry` may take an error from.
    #[doc(hidden)]
    pub fn run_with_jumps<F, J, T, C>(&self, body: F, carry: C) -> RunGroup<'_, 'env, B, E, F, C>
    where
        F: Future<Output = ControlFlow<J, T>>,
        C: FnOnce(J) -> Option<E>,
    {
        assert!(
            self.inbox.start(),
            "this task group has been run before: open a new one"
        );
        RunGroup::new(self, body, carry)
    }

    /// The same methods for futures that borrow from outside of the group's block (T6).
    ///
    /// They run interleaved with the body, on its task, and are children like any other otherwise.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[easynet::main(backend = "tokio")]
    /// # async fn main() -> Result<(), easynet::TaskGroupError> {
    /// use easynet::prelude::*;
    ///
    /// let words = vec![String::from("one"), String::from("two")];
    /// let lengths = task_group!(|group| {
    ///     let first = group.scoped().spawn_value(async { words[0].len() });
    ///     let second = group.scoped().spawn_value(async { words[1].len() });
    ///     first.await.expect("it returns") + second.await.expect("it returns")
    /// })?;
    /// assert_eq!(lengths, 6);
    /// # Ok(())
    /// # }
    /// ```
    pub fn scoped(&self) -> Scoped<'_, 'env, B, E> {
        Scoped::new(self, None)
    }

    /// Names the task that is started next.
    pub fn named(&self, name: impl Into<std::sync::Arc<str>>) -> Named<'_, Self> {
        Named::new(self, name.into())
    }

    pub(crate) fn inbox(&self) -> &Inbox<'env> {
        &self.inbox
    }
}

/// Starting, and all else that a handle can do.
impl<B: AsyncBackend, E: GroupError> Deref for TaskGroup<'_, B, E> {
    type Target = GroupHandle<B, E>;

    fn deref(&self) -> &GroupHandle<B, E> {
        &self.handle
    }
}

impl<B: AsyncBackend, E: GroupError> Drop for TaskGroup<'_, B, E> {
    fn drop(&mut self) {
        let core = self.handle.core();
        // A group that was run has ended, or was abandoned by the future that ran it.
        let abandoned = !self.inbox.has_started();
        if abandoned {
            core.cancel(CancelReason::dropped());
        }
        let mut steps = Steps::default();
        if !self.inbox.is_empty() {
            steps.take(|| self.inbox.cut_all(&mut Some(core.clone())));
        }
        if abandoned {
            core.abandon();
        }
        steps.finish();
    }
}

impl<B: AsyncBackend, E: GroupError> fmt::Debug for TaskGroup<'_, B, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handle.core().fmt(f)
    }
}
