//! What `gather!` and `try_gather!` run: several futures of different types, as children of one group (T11).
//!
//! # Invariants
//!
//! 1. A block that jumps cancels the others before any of them is polled again (C3).
//! 2. Only the first jump is kept; it is made when all have ended, unless one has failed.

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};

use crate::backend::AsyncBackend;
use crate::cancel::CancelReason;
use crate::context;
use crate::group::core::GroupCore;
use crate::group::{BoxError, Fallible, GroupError, TaskGroup, TaskGroupError};
use crate::shared::Lock;
use crate::task::{TaskInfo, receive::Kept};

/// The futures of one `gather!`, whose blocks may leave it with a `J`.
#[must_use = "nothing is run unless it is run"]
pub struct Gathering<'env, B: AsyncBackend, E: GroupError, J> {
    group: TaskGroup<'env, B, E>,
    /// Made for the first block that may jump: most gatherings have none.
    jump: OnceLock<Arc<Lock<Option<Jumped<J>>>>>,
}

/// A jump, and the task that is to be left with it.
struct Jumped<J> {
    task: Option<TaskInfo>,
    jump: J,
}

/// Of `gather!`.
pub type Gather<'env, B, J> = Gathering<'env, B, Infallible, J>;

/// Of `try_gather!`.
pub type TryGather<'env, B, J> = Gathering<'env, B, BoxError, J>;

impl<'env, B: AsyncBackend, E: GroupError, J> Gathering<'env, B, E, J> {
    /// Opens the group.
    #[track_caller]
    pub fn new(backend: &B) -> Self {
        Self {
            group: TaskGroup::new(backend),
            jump: OnceLock::new(),
        }
    }

    /// What a block leaves by.
    pub fn exit(&self) -> Exit<J> {
        Exit {
            group: self.group.core().clone(),
            jump: self.jump.get_or_init(Arc::default).clone(),
        }
    }
}

/// Where a block of a `gather!` leaves it.
pub struct Exit<J> {
    group: Arc<GroupCore>,
    jump: Arc<Lock<Option<Jumped<J>>>>,
}

impl<J> Exit<J> {
    /// The value of a block, unless it jumped: then there is none.
    pub fn pass<T, K>(self, flow: ControlFlow<K, T>, which: impl FnOnce(K) -> J) -> Option<T> {
        match flow {
            ControlFlow::Continue(value) => Some(value),
            ControlFlow::Break(jump) => {
                self.leave(which(jump));
                None
            }
        }
    }

    /// As [`pass`](Self::pass), for a block whose value is a `Result`.
    pub fn try_pass<O: Gatherable<T>, T, K>(
        self,
        flow: ControlFlow<K, O>,
        which: impl FnOnce(K) -> J,
    ) -> Result<Option<T>, BoxError> {
        match flow {
            ControlFlow::Continue(result) => result.into_result().map(Some),
            ControlFlow::Break(jump) => {
                self.leave(which(jump));
                Ok(None)
            }
        }
    }

    fn leave(self, jump: J) {
        let late = {
            let mut slot = self.jump.lock();
            let jumped = Jumped {
                task: context::current_task(),
                jump,
            };
            // Invariant 2.
            match &*slot {
                None => slot.replace(jumped),
                Some(_) => Some(jumped),
            }
        };
        drop(late);
        // Invariant 1.
        self.group.cancel(CancelReason::body_left());
    }
}

impl<J> fmt::Debug for Exit<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exit").finish_non_exhaustive()
    }
}

/// What a future in `try_gather!` yields: a `Result`, whose error fails the others.
#[diagnostic::on_unimplemented(
    message = "`try_gather!` takes a `Result` whose error implements `Error`, not `{Self}`",
    label = "this yields `{Self}`",
    note = "write `gather!(..)` for what cannot fail",
    note = "any error will do that converts into `Box<dyn Error + Send + Sync>`"
)]
pub trait Gatherable<T>: Fallible<BoxError, Value = T> {}

#[diagnostic::do_not_recommend]
impl<T, O: Fallible<BoxError, Value = T>> Gatherable<T> for O {}

impl<'env, B: AsyncBackend, J> Gather<'env, B, J> {
    /// Adds a future.
    #[track_caller]
    pub fn future<F>(&self, future: F) -> Gathered<F::Output>
    where
        F: IntoFuture<Output: Send + 'env, IntoFuture: Send + 'env>,
    {
        Gathered(self.group.scoped().keep_value(future.into_future()))
    }

    /// Adds a block that may leave by its [`Exit`].
    #[track_caller]
    pub fn block<F, T>(&self, future: F) -> GatheredBlock<T>
    where
        F: Future<Output = Option<T>> + Send + 'env,
        T: Send + 'env,
    {
        GatheredBlock(self.group.scoped().keep_value(future))
    }

    /// Runs all of them, and yields the values.
    pub async fn run<V>(self, values: impl FnOnce() -> V) -> V {
        match self.run_with_jumps(values).await {
            ControlFlow::Continue(value) => value,
            ControlFlow::Break(_) => unreachable!("what has no blocks that jump is run by this"),
        }
    }

    /// Runs all of them, and yields the values, or the jump that a block was left with.
    pub async fn run_with_jumps<V>(self, values: impl FnOnce() -> V) -> ControlFlow<J, V> {
        let ended = self.group.run(std::future::ready(())).await;
        if let Err(error) = ended {
            panic!("a gather cannot go on outside of the scope that cancelled it: {error}");
        }
        let jumped = self.jump.get().and_then(|jump| jump.lock().take());
        match jumped {
            Some(Jumped { jump, .. }) => ControlFlow::Break(jump),
            None => ControlFlow::Continue(values()),
        }
    }
}

impl<'env, B: AsyncBackend, J> TryGather<'env, B, J> {
    /// Adds a future.
    #[track_caller]
    pub fn try_future<F, T>(&self, future: F) -> Gathered<T>
    where
        F: IntoFuture<Output: Gatherable<T>, IntoFuture: Send + 'env>,
        T: Send,
    {
        Gathered(self.group.scoped().keep(future.into_future()))
    }

    /// Adds a block that may leave by its [`Exit`].
    #[track_caller]
    pub fn try_block<F, T>(&self, future: F) -> GatheredBlock<T>
    where
        F: Future<Output = Result<Option<T>, BoxError>> + Send + 'env,
        T: Send,
    {
        GatheredBlock(self.group.scoped().keep(future))
    }

    /// Runs all of them, and yields the values.
    ///
    /// # Errors
    ///
    /// Every failure, once all have ended.
    pub async fn try_run<V>(self, values: impl FnOnce() -> V) -> Result<V, TaskGroupError> {
        match self.try_run_with_jumps(values, |_| None).await? {
            ControlFlow::Continue(value) => Ok(value),
            ControlFlow::Break(_) => unreachable!("what has no blocks that jump is run by this"),
        }
    }

    /// Runs all of them, and yields the values, or the jump that a block was left with.
    ///
    /// # Errors
    ///
    /// Every failure, once all have ended, and with them the error that a block was left with, if `carry` finds one.
    pub async fn try_run_with_jumps<V>(
        self,
        values: impl FnOnce() -> V,
        carry: impl FnOnce(J) -> Option<BoxError>,
    ) -> Result<ControlFlow<J, V>, TaskGroupError> {
        let ended = self.group.run(std::future::ready(())).await;
        let jumped = self.jump.get().and_then(|jump| jump.lock().take());
        match (ended, jumped) {
            (Ok(()), None) => Ok(ControlFlow::Continue(values())),
            (Ok(()), Some(Jumped { jump, .. })) => Ok(ControlFlow::Break(jump)),
            (Err(error), None) => Err(error),
            (Err(error), Some(Jumped { task, jump })) => Err(match task.zip(carry(jump)) {
                Some((task, own)) => error.with_body(task, own),
                None => error,
            }),
        }
    }
}

impl<B: AsyncBackend, E: GroupError, J> fmt::Debug for Gathering<'_, B, E, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gathering")
            .field("group", &self.group)
            .finish_non_exhaustive()
    }
}

/// A future of a gathering that has ended well, or never will be asked.
pub struct Gathered<T>(Kept<T>);

impl<T> Gathered<T> {
    /// Its value.
    pub fn value(self) -> T {
        self.0.value()
    }
}

/// A block of a gathering that no block has left, or never will be asked.
pub struct GatheredBlock<T>(Kept<Option<T>>);

impl<T> GatheredBlock<T> {
    /// Its value.
    pub fn value(self) -> T {
        self.0
            .value()
            .expect("values are asked for when no block has jumped")
    }
}

impl<T> fmt::Debug for Gathered<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gathered").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for GatheredBlock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatheredBlock").finish_non_exhaustive()
    }
}
