//! Children that borrow (T6): polled by the group itself, on the task of its body.

use std::{collections::VecDeque, fmt, future::Future, panic::Location, sync::Arc};

use super::{
    TaskGroup,
    error::{BoxError, GroupError},
    handle::Start,
    outcome::{Fallible, Outcome},
};
use crate::{
    backend::AsyncBackend,
    context,
    executor::places::AnyChild,
    shared::{
        Lock,
        atomic::{AtomicBool, Ordering},
    },
    task::{
        Task,
        child::{Birth, Child, Handle, Kept, Nobody, Receive, ValueHandle},
    },
};

/// Where children wait until the group polls them for the first time.
pub(crate) struct Inbox<'env> {
    letters: Lock<Letters<'env>>,
    /// Set, under the lock, while there are children.
    filled: AtomicBool,
}

struct Letters<'env> {
    started: bool,
    children: VecDeque<AnyChild<'env>>,
}

impl<'env> Inbox<'env> {
    pub(super) fn new() -> Self {
        Self {
            letters: Lock::new(Letters {
                started: false,
                children: VecDeque::new(),
            }),
            filled: AtomicBool::new(false),
        }
    }

    /// True for the first who runs the group.
    pub(super) fn start(&self) -> bool {
        !std::mem::replace(&mut self.letters.lock().started, true)
    }

    fn put(&self, child: AnyChild<'env>) {
        let mut letters = self.letters.lock();
        letters.children.push_back(child);
        self.filled.store(true, Ordering::Relaxed);
    }

    /// Asked by the group, which is woken for what comes in at this moment.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        !self.filled.load(Ordering::Relaxed)
    }

    /// Puts them into an empty list.
    pub(super) fn take(&self, into: &mut VecDeque<AnyChild<'env>>) {
        if self.is_empty() {
            return;
        }
        let mut letters = self.letters.lock();
        self.filled.store(false, Ordering::Relaxed);
        std::mem::swap(&mut letters.children, into);
    }
}

/// Starts tasks that borrow from outside of the group's block.
///
/// What they borrow must live longer than the group, which the compiler checks. They share the task of the
/// body: one that computes for long holds up the others.
#[must_use = "this alone starts no task"]
pub struct Scoped<'a, 'env, B: AsyncBackend, E: GroupError = BoxError> {
    group: &'a TaskGroup<'env, B, E>,
    name: Option<Arc<str>>,
}

impl<'a, 'env, B: AsyncBackend, E: GroupError> Scoped<'a, 'env, B, E> {
    pub(super) fn new(group: &'a TaskGroup<'env, B, E>, name: Option<Arc<str>>) -> Self {
        Self { group, name }
    }

    /// Names the task that is started next.
    pub fn named(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// As [`GroupHandle::start_soon`](super::GroupHandle::start_soon).
    #[track_caller]
    pub fn start_soon<F>(self, future: F)
    where
        F: Future + Send + 'env,
        F::Output: Outcome<E>,
    {
        self.put_if_admitted(future, Nobody::<E>::new());
    }

    /// As [`GroupHandle::spawn`](super::GroupHandle::spawn).
    #[track_caller]
    pub fn spawn<F>(self, future: F) -> Task<<F::Output as Fallible<E>>::Value>
    where
        F: Future + Send + 'env,
        F::Output: Fallible<E>,
    {
        let birth = Birth::new(self.name.clone(), Location::caller());
        self.group
            .spawn_with(birth, future, Handle::<_, E>::new, |birth, future, receiver| {
                self.put(birth, future, receiver)
            })
    }

    /// As [`GroupHandle::spawn_value`](super::GroupHandle::spawn_value).
    #[track_caller]
    pub fn spawn_value<F>(self, future: F) -> Task<F::Output>
    where
        F: Future + Send + 'env,
        F::Output: Send + 'env,
    {
        let birth = Birth::new(self.name.clone(), Location::caller());
        self.group
            .spawn_with(birth, future, ValueHandle::new, |birth, future, receiver| {
                self.put(birth, future, receiver)
            })
    }

    /// As [`GroupHandle::start`](super::GroupHandle::start).
    ///
    /// # Cancellation
    ///
    /// The task is cancelled too; the group waits for it.
    #[track_caller]
    pub fn start<F>(self, future: F) -> Start<<F::Output as Fallible<E>>::Value>
    where
        F: Future + Send + 'env,
        F::Output: Fallible<E>,
    {
        Start::new(self.spawn(future))
    }

    /// Starts a task whose value is kept for whoever runs the group.
    #[track_caller]
    pub(crate) fn keep_value<F>(self, future: F) -> Kept<F::Output>
    where
        F: Future + Send + 'env,
        F::Output: Send + 'env,
    {
        let kept = Kept::new();
        self.put_if_admitted(future, kept.clone());
        kept
    }

    /// The same for a result, whose error fails the group.
    #[track_caller]
    pub(crate) fn keep<F>(self, future: F) -> Kept<<F::Output as Fallible<E>>::Value>
    where
        F: Future + Send + 'env,
        F::Output: Fallible<E>,
    {
        let kept = Kept::new();
        self.put_if_admitted(future, kept.fallible::<E>());
        kept
    }

    #[track_caller]
    fn put_if_admitted<F, R>(self, future: F, receiver: R)
    where
        F: Future + Send + 'env,
        R: Receive<F::Output> + 'env,
    {
        let birth = Birth::new(self.name.clone(), Location::caller());
        if self.group.admits() {
            self.put(birth, future, receiver);
        }
    }

    fn put<F, R>(&self, birth: Birth, future: F, receiver: R)
    where
        F: Future + Send + 'env,
        R: Receive<F::Output> + 'env,
    {
        let child = Child::new(self.group.core().clone(), birth, future, receiver, true);
        self.group.inbox().put(Box::pin(child));
        // Inside of the group's own poll it is found there.
        if !context::is_inside(self.group.core()) {
            self.group.core().node().wake_owner();
        }
    }
}

impl<B: AsyncBackend, E: GroupError> fmt::Debug for Scoped<'_, '_, B, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scoped")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
