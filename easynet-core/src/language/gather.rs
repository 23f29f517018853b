//! What `gather!` and `try_gather!` run: several futures of different types, as children of one group (T11).
//!
//! They sit in the future of the gathering itself, and are polled with it: none of them is allocated, nor is its value.
//!
//! # Invariants
//!
//! 1. A block that jumps cancels the others before any of them is polled again (C3).
//! 2. Only the first jump is kept; it is made when all have ended, unless one has failed.
//! 3. Nothing is started before all have been made of what was written: what does that may panic.

// What a list is made of is nobody else's to name, nor to implement.
#![allow(private_bounds, private_interfaces)]

mod list;

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::panic::Location;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

pub use self::list::Gathered;
use crate::backend::AsyncBackend;
use crate::cancel::CancelReason;
use crate::context;
use crate::group::children::Fixed;
use crate::group::core::GroupCore;
use crate::group::error::Failure;
use crate::group::{BoxError, End, Fallible, GroupError, TaskGroupError, Together};
use crate::shared::Lock;
use crate::task::{
    TaskInfo,
    receive::{Keep, Receive, Slot},
};

/// One `gather!`, whose blocks may leave it with a `J`.
#[must_use = "nothing is run unless it is run"]
pub struct Gathering<B: AsyncBackend, E, J> {
    backend: B,
    group: Arc<GroupCore>,
    /// Made for the first block that may jump: most gatherings have none.
    jump: OnceLock<Arc<Lock<Option<Jumped<J>>>>>,
    error: PhantomData<fn() -> E>,
}

/// What `try_gather!` comes to: a jump, the values, or the failures.
type Outcome<J, V> = Result<ControlFlow<J, V>, TaskGroupError>;

/// A jump, and the task that is to be left with it.
struct Jumped<J> {
    task: TaskInfo,
    jump: J,
}

/// Of `gather!`.
pub type Gather<B, J> = Gathering<B, Infallible, J>;

/// Of `try_gather!`.
pub type TryGather<B, J> = Gathering<B, BoxError, J>;

impl<B: AsyncBackend, E: GroupError, J> Gathering<B, E, J> {
    /// Opens the group.
    #[track_caller]
    pub fn new(backend: &B) -> Self {
        Self {
            backend: backend.unbind(),
            group: GroupCore::new(Location::caller(), context::nearest_group()),
            jump: OnceLock::new(),
            error: PhantomData,
        }
    }

    fn may_leave<T, O, K>(
        &self,
        sort: fn(O) -> Result<T, BoxError>,
        which: fn(K) -> J,
    ) -> MayLeave<O, T, K, J> {
        MayLeave {
            slot: Slot::new(sort),
            which,
            group: self.group.clone(),
            jump: self.jump.get_or_init(Arc::default).clone(),
        }
    }

    /// Starts all of them, in order. Once they have ended, `end` is told how, and where their values and the jump are.
    fn run_all<L: Fixed, O>(
        self,
        list: L,
        end: impl FnOnce(Result<(), TaskGroupError<E>>, Pin<&mut L>, Option<Jumped<J>>) -> O,
    ) -> Together<B, E, L, impl End<E, L, Output = O>> {
        let jump = self.jump.into_inner();
        Together::new(
            self.backend,
            self.group,
            list,
            move |ended, children: Pin<&mut L>| {
                end(ended, children, jump.and_then(|jump| jump.lock().take()))
            },
        )
    }
}

/// What receives the outcome of a block that may leave the gathering.
pub struct MayLeave<O, T, K, J> {
    slot: Slot<O, T>,
    /// Of which block a jump is.
    which: fn(K) -> J,
    group: Arc<GroupCore>,
    jump: Arc<Lock<Option<Jumped<J>>>>,
}

impl<O, T, K, J> Receive<ControlFlow<K, O>> for MayLeave<O, T, K, J> {
    fn returned(&mut self, outcome: ControlFlow<K, O>, task: impl FnOnce() -> TaskInfo) -> Option<Failure> {
        let jump = match outcome {
            ControlFlow::Continue(output) => return self.slot.returned(output, task),
            ControlFlow::Break(jump) => (self.which)(jump),
        };
        let jumped = Jumped { task: task(), jump };
        let late = {
            let mut slot = self.jump.lock();
            // Invariant 2.
            match &*slot {
                None => slot.replace(jumped),
                Some(_) => Some(jumped),
            }
        };
        drop(late);
        // Invariant 1.
        self.group.cancel(CancelReason::body_left());
        None
    }
}

impl<O, T, K, J> Keep<ControlFlow<K, O>> for MayLeave<O, T, K, J> {
    type Value = T;

    fn take(&mut self) -> T {
        self.slot.take()
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

impl<B: AsyncBackend, J> Gather<B, J> {
    /// A future.
    #[track_caller]
    pub fn future<F>(&self, future: F) -> Gathered<F::IntoFuture, Slot<F::Output, F::Output>>
    where
        F: IntoFuture<Output: Send, IntoFuture: Send>,
    {
        Gathered::new(future.into_future(), Slot::new(Ok))
    }

    /// A block that may leave, by a jump of which `which` tells whose it is.
    #[track_caller]
    pub fn block<F, T, K>(&self, block: F, which: fn(K) -> J) -> Gathered<F, MayLeave<T, T, K, J>>
    where
        F: Future<Output = ControlFlow<K, T>> + Send,
        T: Send,
    {
        Gathered::new(block, self.may_leave(Ok, which))
    }

    /// Runs all of them, and yields the values, which `values` puts in their places.
    pub fn run<L: Fixed, V>(
        self,
        list: L,
        values: impl FnOnce(L::Values) -> V,
    ) -> Together<B, Infallible, L, impl End<Infallible, L, Output = V>> {
        self.run_all(list, move |ended, children, _| {
            unless_interrupted(ended);
            values(children.values())
        })
    }

    /// Runs all of them, and yields the values, or the jump that a block was left with.
    pub fn run_with_jumps<L: Fixed, V>(
        self,
        list: L,
        values: impl FnOnce(L::Values) -> V,
    ) -> Together<B, Infallible, L, impl End<Infallible, L, Output = ControlFlow<J, V>>> {
        self.run_all(list, move |ended, children, jumped| {
            unless_interrupted(ended);
            match jumped {
                Some(Jumped { jump, .. }) => ControlFlow::Break(jump),
                None => ControlFlow::Continue(values(children.values())),
            }
        })
    }
}

/// Of futures that cannot fail.
fn unless_interrupted(ended: Result<(), TaskGroupError<Infallible>>) {
    if let Err(error) = ended {
        panic!("a gather cannot go on outside of the scope that cancelled it: {error}");
    }
}

impl<B: AsyncBackend, J> TryGather<B, J> {
    /// A future.
    #[track_caller]
    pub fn try_future<F, T>(&self, future: F) -> Gathered<F::IntoFuture, Slot<F::Output, T>>
    where
        F: IntoFuture<Output: Gatherable<T>, IntoFuture: Send>,
        T: Send,
    {
        Gathered::new(future.into_future(), Slot::new(Fallible::into_result))
    }

    /// A block that may leave, by a jump of which `which` tells whose it is.
    #[track_caller]
    pub fn try_block<F, O, T, K>(&self, block: F, which: fn(K) -> J) -> Gathered<F, MayLeave<O, T, K, J>>
    where
        F: Future<Output = ControlFlow<K, O>> + Send,
        O: Gatherable<T>,
        T: Send,
    {
        Gathered::new(block, self.may_leave(Fallible::into_result, which))
    }

    /// Runs all of them, and yields the values, which `values` puts in their places; or every failure, once all have ended.
    pub fn try_run<L: Fixed, V>(
        self,
        list: L,
        values: impl FnOnce(L::Values) -> V,
    ) -> Together<B, BoxError, L, impl End<BoxError, L, Output = Result<V, TaskGroupError>>> {
        self.run_all(list, move |ended, children, _| {
            ended.map(|()| values(children.values()))
        })
    }

    /// The same, or the jump that a block was left with. With the failures comes the error that it was left with, if `carry` finds one.
    pub fn try_run_with_jumps<L: Fixed, V>(
        self,
        list: L,
        values: impl FnOnce(L::Values) -> V,
        carry: impl FnOnce(J) -> Option<BoxError>,
    ) -> Together<B, BoxError, L, impl End<BoxError, L, Output = Outcome<J, V>>> {
        self.run_all(list, move |ended, children, jumped| match (ended, jumped) {
            (Ok(()), None) => Ok(ControlFlow::Continue(values(children.values()))),
            (Ok(()), Some(Jumped { jump, .. })) => Ok(ControlFlow::Break(jump)),
            (Err(error), None) => Err(error),
            (Err(error), Some(Jumped { task, jump })) => Err(match carry(jump) {
                Some(own) => error.with_body(task, own),
                None => error,
            }),
        })
    }
}

impl<B: AsyncBackend, E, J> fmt::Debug for Gathering<B, E, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gathering")
            .field("group", &self.group)
            .finish_non_exhaustive()
    }
}
