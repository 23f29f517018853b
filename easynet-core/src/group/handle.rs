//! Starting tasks in a group.

use std::{
    error::Error,
    fmt,
    future::Future,
    marker::PhantomData,
    panic::Location,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::{
    TaskGroup,
    core::GroupCore,
    error::{BoxError, GroupError},
    outcome::{Fallible, Outcome},
    scoped::Scoped,
};
use crate::{
    backend::AsyncBackend,
    context::clock::strand,
    task::{
        Task, Wait,
        child::{Birth, Root, TaskChild},
        receive::{Handle, Nobody, Receive, ValueHandle},
        remains,
        state::{Status, TaskState},
    },
};

/// Starts tasks in a group, from anywhere: what children capture to start siblings.
///
/// Clones belong to the same group. A handle keeps no group open: once the group has closed, what is started
/// through a handle is dropped unpolled and counts as cancelled (T8).
pub struct GroupHandle<B: AsyncBackend, E: GroupError = BoxError> {
    backend: B,
    core: Arc<GroupCore>,
    error: PhantomData<fn() -> E>,
}

impl<B: AsyncBackend, E: GroupError> GroupHandle<B, E> {
    pub(crate) fn new(backend: B, core: Arc<GroupCore>) -> Self {
        Self {
            backend,
            core,
            error: PhantomData,
        }
    }

    pub(crate) fn core(&self) -> &Arc<GroupCore> {
        &self.core
    }

    /// The backend the group runs on.
    pub fn backend(&self) -> &B {
        &self.backend
    }

    /// A handle for a child to take along.
    pub fn handle(&self) -> Self {
        self.clone()
    }

    /// Whether every task of the group has ended, so that no other can be started.
    pub fn is_closed(&self) -> bool {
        self.core.is_closed()
    }

    /// How many tasks of the group have not ended, its body included.
    pub fn live_tasks(&self) -> usize {
        self.core.live()
    }

    /// Starts a task that nobody waits for in particular.
    ///
    /// Its output is `()`, or `Result<(), _>` whose error fails the group. It leaves no memory behind when it
    /// has ended (T4). It does not run before the caller's next suspension point on a single thread, and may at once
    /// on several.
    ///
    /// In a group that is cancelled, or has closed, it never runs: the future is dropped (T8, T10).
    ///
    /// A future that borrows is started with [`scoped`](TaskGroup::scoped). An `async` block whose `?` is to convert says
    /// into what, at its end: `Ok::<_, easynet::BoxError>(())`.
    #[track_caller]
    pub fn start_soon<F>(&self, future: F)
    where
        F: Future + Send + 'static,
        F::Output: Outcome<E>,
    {
        self.start_soon_as(None, Location::caller(), future);
    }

    /// Like [`start_soon`](Self::start_soon), but gives the future back if the group has closed.
    ///
    /// # Errors
    ///
    /// [`GroupClosed`], which holds the future.
    #[track_caller]
    pub fn try_start_soon<F>(&self, future: F) -> Result<(), GroupClosed<F>>
    where
        F: Future + Send + 'static,
        F::Output: Outcome<E>,
    {
        if !self.core.enter() {
            return Err(GroupClosed { future });
        }
        self.launch(Birth::new(None, Location::caller()), future, Nobody::<E>::new());
        Ok(())
    }

    /// Starts a task whose result can be had: a `Result`, whose error fails the group (T5).
    ///
    /// For a plain value there is [`spawn_value`](Self::spawn_value).
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> Task<<F::Output as Fallible<E>>::Value>
    where
        F: Future + Send + 'static,
        F::Output: Fallible<E>,
    {
        self.spawn_as(None, Location::caller(), future)
    }

    /// Starts a task whose value can be had.
    #[track_caller]
    pub fn spawn_value<F>(&self, future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.spawn_value_as(None, Location::caller(), future)
    }

    /// Starts a task as [`spawn`](Self::spawn) does, and waits until it has begun: it has been polled once.
    ///
    /// # Cancellation
    ///
    /// The task is cancelled too; the group waits for it.
    #[track_caller]
    pub fn start<F>(&self, future: F) -> Start<<F::Output as Fallible<E>>::Value>
    where
        F: Future + Send + 'static,
        F::Output: Fallible<E>,
    {
        Start::new(self.spawn_as(None, Location::caller(), future))
    }

    /// Names the task that is started next.
    pub fn named(&self, name: impl Into<Arc<str>>) -> Named<'_, Self> {
        Named::new(self, name.into())
    }

    /// Starts a task under a name, as of a place in the user's code.
    pub(crate) fn start_soon_as<F>(
        &self,
        name: Option<Arc<str>>,
        location: &'static Location<'static>,
        future: F,
    ) where
        F: Future + Send + 'static,
        F::Output: Outcome<E>,
    {
        if self.admits() {
            self.launch(Birth::new(name, location), future, Nobody::<E>::new());
        }
    }

    fn spawn_as<F>(
        &self,
        name: Option<Arc<str>>,
        location: &'static Location<'static>,
        future: F,
    ) -> Task<<F::Output as Fallible<E>>::Value>
    where
        F: Future + Send + 'static,
        F::Output: Fallible<E>,
    {
        let birth = Birth::new(name, location);
        let admitted = self.admits().then_some(());
        self.spawn_with(
            admitted,
            birth,
            future,
            Handle::<_, E>::new,
            |(), birth, future, receiver| self.launch(birth, future, receiver),
        )
    }

    fn spawn_value_as<F>(
        &self,
        name: Option<Arc<str>>,
        location: &'static Location<'static>,
        future: F,
    ) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let birth = Birth::new(name, location);
        let admitted = self.admits().then_some(());
        self.spawn_with(
            admitted,
            birth,
            future,
            ValueHandle::new,
            |(), birth, future, receiver| self.launch(birth, future, receiver),
        )
    }

    /// Starts a task with a handle by `launch`, if it is admitted; otherwise it is dropped, and counts as cancelled (T8).
    pub(super) fn spawn_with<A, F, T, R>(
        &self,
        admitted: Option<A>,
        birth: Birth,
        future: F,
        receiver: impl FnOnce(Arc<TaskState<T>>) -> R,
        launch: impl FnOnce(A, Birth, F, R),
    ) -> Task<T> {
        let state = TaskState::new(birth.info::<F>());
        if let Some(admitted) = admitted {
            launch(admitted, birth, future, receiver(state.clone()));
        } else {
            drop(future);
            state.end(Status::Cancelled, None);
        }
        Task::new(state)
    }

    /// Whether a task started now would run; if so, it counts from here on.
    pub(super) fn admits(&self) -> bool {
        self.is_open() && self.core.enter()
    }

    /// Whether it has not been cancelled: otherwise a task that would have been started now is cut short.
    pub(super) fn is_open(&self) -> bool {
        let cancelled = self.core.is_cancelled();
        if cancelled {
            self.core.cut_short();
        }
        !cancelled
    }

    /// Hands a child that counts already to the runtime.
    fn launch<F, R>(&self, birth: Birth, future: F, receiver: R)
    where
        F: Future + Send + 'static,
        R: Receive<F::Output> + Send + 'static,
    {
        let child = TaskChild::new(self.core.clone(), birth, future, receiver);
        self.backend.spawn(Root::new(self.backend.unbind(), child));
        remains::pass();
    }
}

impl<B: AsyncBackend, E: GroupError> Clone for GroupHandle<B, E> {
    fn clone(&self) -> Self {
        Self::new(self.backend.clone(), self.core.clone())
    }
}

impl<B: AsyncBackend, E: GroupError> fmt::Debug for GroupHandle<B, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.core.fmt(f)
    }
}

/// The group has closed: every task in it has ended, and no other can be started.
pub struct GroupClosed<F> {
    future: F,
}

impl<F> GroupClosed<F> {
    /// The future that was not started.
    pub fn into_future(self) -> F {
        self.future
    }
}

impl<F> fmt::Display for GroupClosed<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the task group has closed; start the task in a group that lives longer")
    }
}

impl<F> fmt::Debug for GroupClosed<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupClosed").finish_non_exhaustive()
    }
}

impl<F> Error for GroupClosed<F> {}

/// Where a named task is started: a group, or a handle to one.
///
/// Implemented by [`TaskGroup`] and [`GroupHandle`].
pub trait Place: sealed::Sealed {
    /// The backend of the group.
    type Backend: AsyncBackend;
    /// The error type of the group.
    type Error: GroupError;

    #[doc(hidden)]
    fn as_handle(&self) -> &GroupHandle<Self::Backend, Self::Error>;
}

mod sealed {
    pub trait Sealed {}
}

impl<B: AsyncBackend, E: GroupError> sealed::Sealed for GroupHandle<B, E> {}
impl<B: AsyncBackend, E: GroupError> sealed::Sealed for TaskGroup<'_, B, E> {}

impl<B: AsyncBackend, E: GroupError> Place for GroupHandle<B, E> {
    type Backend = B;
    type Error = E;

    fn as_handle(&self) -> &GroupHandle<B, E> {
        self
    }
}

impl<B: AsyncBackend, E: GroupError> Place for TaskGroup<'_, B, E> {
    type Backend = B;
    type Error = E;

    fn as_handle(&self) -> &GroupHandle<B, E> {
        self
    }
}

/// Starts one task under a name (T9).
#[must_use = "a name alone starts no task"]
pub struct Named<'a, P> {
    place: &'a P,
    name: Arc<str>,
}

impl<'a, P> Named<'a, P> {
    pub(super) fn new(place: &'a P, name: Arc<str>) -> Self {
        Self { place, name }
    }
}

impl<P: Place> Named<'_, P> {
    /// As [`GroupHandle::start_soon`].
    #[track_caller]
    pub fn start_soon<F>(self, future: F)
    where
        F: Future + Send + 'static,
        F::Output: Outcome<P::Error>,
    {
        self.place
            .as_handle()
            .start_soon_as(Some(self.name), Location::caller(), future);
    }

    /// As [`GroupHandle::spawn`].
    #[track_caller]
    pub fn spawn<F>(self, future: F) -> Task<<F::Output as Fallible<P::Error>>::Value>
    where
        F: Future + Send + 'static,
        F::Output: Fallible<P::Error>,
    {
        self.place
            .as_handle()
            .spawn_as(Some(self.name), Location::caller(), future)
    }

    /// As [`GroupHandle::spawn_value`].
    #[track_caller]
    pub fn spawn_value<F>(self, future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.place
            .as_handle()
            .spawn_value_as(Some(self.name), Location::caller(), future)
    }

    /// As [`GroupHandle::start`].
    ///
    /// # Cancellation
    ///
    /// The task is cancelled too; the group waits for it.
    #[track_caller]
    pub fn start<F>(self, future: F) -> Start<<F::Output as Fallible<P::Error>>::Value>
    where
        F: Future + Send + 'static,
        F::Output: Fallible<P::Error>,
    {
        Start::new(
            self.place
                .as_handle()
                .spawn_as(Some(self.name), Location::caller(), future),
        )
    }
}

impl<'a, 'env, B: AsyncBackend, E: GroupError> Named<'a, TaskGroup<'env, B, E>> {
    /// The same for futures that borrow from outside of the group's block (T6).
    pub fn scoped(self) -> Scoped<'a, 'env, B, E> {
        Scoped::new(self.place, Some(self.name))
    }
}

impl<P> fmt::Debug for Named<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Named")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Future of [`GroupHandle::start`]: the task, once it has begun to run.
#[must_use = "the task is cancelled unless its start is awaited"]
pub struct Start<T> {
    task: Option<Task<T>>,
    waiting: Wait<T>,
}

impl<T> Start<T> {
    pub(super) fn new(task: Task<T>) -> Self {
        let waiting = task.wait();
        Self {
            task: Some(task),
            waiting,
        }
    }
}

impl<T> Future for Start<T> {
    type Output = Task<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Task<T>> {
        // It waits for another task to be polled, and is a checkpoint therefore (C3).
        if strand(cx.waker()) || self.waiting.poll_begun(cx).is_pending() {
            return Poll::Pending;
        }
        Poll::Ready(
            self.task
                .take()
                .expect("not polled after it has yielded the task"),
        )
    }
}

impl<T> Drop for Start<T> {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.cancel();
        }
    }
}

impl<T> fmt::Debug for Start<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start").field("task", &self.task).finish()
    }
}
