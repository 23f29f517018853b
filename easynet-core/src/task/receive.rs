//! What becomes of the output of a child: nobody has it, a handle, or whoever runs the group.

use std::{marker::PhantomData, sync::Arc};

use super::{
    TaskInfo,
    state::{Status, TaskState},
};
use crate::{
    cancel::node::Attached,
    group::{
        core::Panic,
        error::{BoxError, Failure, GroupError},
        outcome::{Fallible, Outcome},
    },
    shared::Lock,
};

/// What becomes of the output of a child.
pub(crate) trait Receive<O> {
    /// The state through which a handle cancels the child, if there is a handle.
    fn node(&self) -> Option<Attached> {
        None
    }

    fn begun(&self) {}

    /// The output of a child that returned; the failure if it is one.
    fn returned(&mut self, output: O, task: impl FnOnce() -> TaskInfo) -> Option<Failure>;

    fn ended(&self, _status: Status) {}

    /// The panic of a child, given back unless it is not for the group to resume.
    fn panicked(&self, panic: Panic) -> Option<Panic> {
        Some(panic)
    }

    /// Lets go of the state that is shared with a handle: a value that nobody wants is dropped here.
    fn let_go(&mut self) {}
}

/// Nobody receives the output (T4).
pub(crate) struct Nobody<E>(PhantomData<fn() -> E>);

impl<E> Nobody<E> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<E: GroupError, O: Outcome<E>> Receive<O> for Nobody<E> {
    fn returned(&mut self, output: O, task: impl FnOnce() -> TaskInfo) -> Option<Failure> {
        output.into_failure().map(|error| Failure::new(task(), error))
    }
}

/// A handle receives the value, the group the error (T5).
pub(crate) struct Handle<T, E>(ValueHandle<T>, PhantomData<fn() -> E>);

impl<T, E> Handle<T, E> {
    pub(crate) fn new(state: Arc<TaskState<T>>) -> Self {
        Self(ValueHandle::new(state), PhantomData)
    }
}

impl<T: Send, E: GroupError, O: Fallible<E, Value = T>> Receive<O> for Handle<T, E> {
    fn node(&self) -> Option<Attached> {
        self.0.node()
    }

    fn begun(&self) {
        self.0.begun();
    }

    fn returned(&mut self, output: O, task: impl FnOnce() -> TaskInfo) -> Option<Failure> {
        match output.into_result() {
            Ok(value) => self.0.returned(value, task),
            Err(error) => Some(Failure::new(task(), error)),
        }
    }

    fn ended(&self, status: Status) {
        self.0.ended(status);
    }

    fn let_go(&mut self) {
        self.0.let_go();
    }
}

/// A handle receives the output, whatever it is.
pub(crate) struct ValueHandle<T>(Option<Arc<TaskState<T>>>);

impl<T> ValueHandle<T> {
    pub(crate) fn new(state: Arc<TaskState<T>>) -> Self {
        Self(Some(state))
    }

    fn state(&self) -> &Arc<TaskState<T>> {
        self.0
            .as_ref()
            .expect("a child lets go of its state when it has ended")
    }
}

impl<T: Send> Receive<T> for ValueHandle<T> {
    fn node(&self) -> Option<Attached> {
        Some(Attached::detached(self.state().node().clone()))
    }

    fn begun(&self) {
        self.state().begin();
    }

    fn returned(&mut self, output: T, _task: impl FnOnce() -> TaskInfo) -> Option<Failure> {
        self.state().end(Status::Returned, Some(output));
        None
    }

    fn ended(&self, status: Status) {
        self.state().end(status, None);
    }

    fn let_go(&mut self) {
        self.0 = None;
    }
}

/// Where the value of a child is that sits where its group does.
pub(crate) trait Keep<O>: Receive<O> {
    type Value;

    /// The value, once the child has returned.
    fn take(&mut self) -> Self::Value;
}

/// The value of such a child, and what tells it from an error in the output, an `O`.
pub struct Slot<O, T> {
    sort: fn(O) -> Result<T, BoxError>,
    value: Option<T>,
}

impl<O, T> Slot<O, T> {
    pub(crate) fn new(sort: fn(O) -> Result<T, BoxError>) -> Self {
        Self { sort, value: None }
    }
}

impl<O, T> Receive<O> for Slot<O, T> {
    fn returned(&mut self, output: O, task: impl FnOnce() -> TaskInfo) -> Option<Failure> {
        match (self.sort)(output) {
            Ok(value) => {
                self.value = Some(value);
                None
            }
            Err(error) => Some(Failure::new(task(), error)),
        }
    }
}

impl<O, T> Keep<O> for Slot<O, T> {
    type Value = T;

    fn take(&mut self) -> T {
        let value = self.value.take();
        value.expect("a task that nobody can cancel returned its value, which is asked for once")
    }
}

/// The value of a child that nobody can wait for or cancel, kept for whoever runs its group: a slot, and no handle.
pub(crate) struct Kept<T>(Arc<Lock<Option<T>>>);

impl<T> Kept<T> {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Lock::new(None)))
    }

    /// The value, once the group has ended well.
    pub(crate) fn value(self) -> T {
        let value = self.0.lock().take();
        value.expect("a task that nobody can cancel returned its value")
    }

    fn put(&self, value: T) {
        *self.0.lock() = Some(value);
    }

    /// For a child that yields a result, whose error fails the group.
    pub(crate) fn fallible<E>(&self) -> KeptResult<T, E> {
        KeptResult(self.clone(), PhantomData)
    }
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Send> Receive<T> for Kept<T> {
    fn returned(&mut self, output: T, _task: impl FnOnce() -> TaskInfo) -> Option<Failure> {
        self.put(output);
        None
    }
}

pub(crate) struct KeptResult<T, E>(Kept<T>, PhantomData<fn() -> E>);

impl<T: Send, E: GroupError, O: Fallible<E, Value = T>> Receive<O> for KeptResult<T, E> {
    fn returned(&mut self, output: O, task: impl FnOnce() -> TaskInfo) -> Option<Failure> {
        match output.into_result() {
            Ok(value) => {
                self.0.put(value);
                None
            }
            Err(error) => Some(Failure::new(task(), error)),
        }
    }
}
