//! Children that borrow (T6): polled by the group itself, on the task of its body.

use std::{collections::VecDeque, fmt, future::Future, mem, panic::Location, sync::Arc};

use super::{
    TaskGroup,
    error::{BoxError, GroupError},
    handle::Start,
    outcome::{Fallible, Outcome},
};
use crate::{
    backend::AsyncBackend,
    context,
    executor::places::{AnyChild, cut_all},
    shared::{
        Cell, CellGuard, Lock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{
        Task,
        child::{Birth, Borrower, Counted, Membership},
        receive::{Handle, Kept, Nobody, Receive, ValueHandle},
    },
};

/// Where children wait until the group polls them for the first time.
///
/// # Invariants
///
/// 1. `near` is open to one at a time, who does not wait for it: whoever runs the group, or has it before it is run.
/// 2. `filled` is set, under the lock, while there are children in `far`.
/// 3. Nobody is put into `far` once those have been dropped who were left there: whoever comes then is dropped by the one who started it.
pub(crate) struct Inbox<'env> {
    started: AtomicBool,
    /// From inside of the group's own poll.
    near: Cell<VecDeque<AnyChild<'env>>>,
    /// How many those are, for whoever may open it.
    waiting: AtomicUsize,
    /// From elsewhere.
    far: Lock<Far<'env>>,
    filled: AtomicBool,
}

struct Far<'env> {
    children: VecDeque<AnyChild<'env>>,
    closed: bool,
}

/// Few groups have more children waiting for that at a time: their list grows once.
const ROOM: usize = 16;

impl<'env> Inbox<'env> {
    pub(super) fn new() -> Self {
        Self {
            started: AtomicBool::new(false),
            near: Cell::new(VecDeque::new()),
            waiting: AtomicUsize::new(0),
            far: Lock::new(Far {
                children: VecDeque::new(),
                closed: false,
            }),
            filled: AtomicBool::new(false),
        }
    }

    /// True for the first who runs the group.
    pub(super) fn start(&self) -> bool {
        !self.started.swap(true, Ordering::Relaxed)
    }

    /// Whether somebody runs it, or has.
    pub(super) fn has_started(&self) -> bool {
        self.started.load(Ordering::Relaxed)
    }

    fn open(&self) -> CellGuard<'_, VecDeque<AnyChild<'env>>> {
        let open = self.near.try_open();
        open.expect("one at a time runs a group, or has it before it is run")
    }

    fn put_near(&self, child: AnyChild<'env>) {
        let mut near = self.open();
        if near.capacity() == 0 {
            near.reserve(ROOM);
        }
        near.push_back(child);
        self.waiting.store(near.len(), Ordering::Relaxed);
    }

    /// Gives the child back if nobody runs the group any more.
    fn put_far(&self, child: AnyChild<'env>) -> Option<AnyChild<'env>> {
        let mut far = self.far.lock();
        if far.closed {
            return Some(child);
        }
        far.children.push_back(child);
        self.filled.store(true, Ordering::Relaxed);
        None
    }

    /// Asked by the group, which is woken for what comes in at this moment.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) == 0 && !self.is_filled()
    }

    /// Whether some have come from elsewhere.
    #[inline]
    pub(super) fn is_filled(&self) -> bool {
        self.filled.load(Ordering::Relaxed)
    }

    /// Adds them to a list, which is empty as a rule.
    pub(super) fn take(&self, into: &mut VecDeque<AnyChild<'env>>) {
        if self.waiting.load(Ordering::Relaxed) != 0 {
            self.waiting.store(0, Ordering::Relaxed);
            let mut near = self.open();
            if into.is_empty() {
                mem::swap(&mut *near, into);
            } else {
                into.append(&mut near);
            }
        }
        if self.is_filled() {
            let mut far = self.far.lock();
            self.filled.store(false, Ordering::Relaxed);
            into.append(&mut far.children);
        }
    }

    /// Drops those that nobody polls any more.
    pub(super) fn cut_all(&self, group: &mut Membership) {
        self.far.lock().closed = true;
        let mut left = VecDeque::new();
        self.take(&mut left);
        cut_all(left.drain(..), group);
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
        self.group.spawn_with(
            self.admits(),
            birth,
            future,
            Handle::<_, E>::new,
            |counted, birth, future, receiver| self.put(birth, future, receiver, counted),
        )
    }

    /// As [`GroupHandle::spawn_value`](super::GroupHandle::spawn_value).
    #[track_caller]
    pub fn spawn_value<F>(self, future: F) -> Task<F::Output>
    where
        F: Future + Send + 'env,
        F::Output: Send + 'env,
    {
        let birth = Birth::new(self.name.clone(), Location::caller());
        self.group.spawn_with(
            self.admits(),
            birth,
            future,
            ValueHandle::new,
            |counted, birth, future, receiver| self.put(birth, future, receiver, counted),
        )
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
        self.put_before_run(future, kept.clone());
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
        self.put_before_run(future, kept.fallible::<E>());
        kept
    }

    #[track_caller]
    fn put_if_admitted<F, R>(self, future: F, receiver: R)
    where
        F: Future + Send + 'env,
        R: Receive<F::Output> + Send + 'env,
    {
        if let Some(counted) = self.admits() {
            let birth = Birth::new(self.name.clone(), Location::caller());
            self.put(birth, future, receiver, counted);
        }
    }

    /// Whether a task started now would run; if so, it counts from here on.
    fn admits(&self) -> Option<Counted> {
        let core = self.group.core();
        if !context::is_inside(core) {
            return self.group.admits().then_some(Counted::ForItself);
        }
        // Whoever runs the group polls us, and does not leave before the child has ended.
        self.group.is_open().then(|| {
            core.enter_with_body();
            Counted::WithBody
        })
    }

    fn put<F, R>(&self, birth: Birth, future: F, receiver: R, counted: Counted)
    where
        F: Future + Send + 'env,
        R: Receive<F::Output> + Send + 'env,
    {
        let core = self.group.core();
        let child = Borrower::new(core, birth, future, receiver, counted);
        if counted == Counted::WithBody {
            return self.group.inbox().put_near(Box::pin(child));
        }
        match self.group.inbox().put_far(Box::pin(child)) {
            None => core.node().wake_owner(),
            // The future of the group was dropped while we came.
            Some(child) => cut_all([child].into_iter(), &mut Some(core.clone())),
        }
    }

    /// Starts a task in a group that nobody else has, and which is run later.
    #[track_caller]
    fn put_before_run<F, R>(self, future: F, receiver: R)
    where
        F: Future + Send + 'env,
        R: Receive<F::Output> + Send + 'env,
    {
        let birth = Birth::new(self.name.clone(), Location::caller());
        self.group.core().enter_with_body();
        self.put(birth, future, receiver, Counted::WithBody);
    }
}

impl<B: AsyncBackend, E: GroupError> fmt::Debug for Scoped<'_, '_, B, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scoped")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
