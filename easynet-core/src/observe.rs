//! Watching a program: what its tasks do, what they wait for, and what surrounds them.
//!
//! For backends that explain what they run, as a simulation does, and for tools. An [`Observer`] is told of what
//! happens on the thread it was installed on; where there is none, each place that would tell it costs one look at
//! a thread-local flag.
//!
//! Scopes and waits are visible only while they are polled, since nothing of them is kept anywhere else (C9, C11).
//! Whoever wants to know where a program stands *inspects* it: polls each task once more, and is told of all that the
//! poll passes through. A task that cannot go on does nothing else in such a poll.

use std::{
    cell::{Cell, RefCell},
    panic::Location,
    rc::Rc,
    sync::Arc,
    task::Poll,
    time::Instant,
};

use crate::{
    cancel::{CancelReason, node::Node},
    group::core::GroupCore,
    task::{Numbering, TaskId, TaskInfo},
};

/// Which group it is, among those that exist at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(usize);

impl GroupId {
    /// The group that this node belongs to.
    pub(crate) fn of(node: &Arc<Node>) -> Self {
        Self(Arc::as_ptr(node) as usize)
    }
}

/// Is told what happens on the thread it was installed on.
///
/// Every method does nothing unless it is written. They are called while easynet is at work: they must not
/// poll, wake, spawn or cancel anything.
pub trait Observer {
    /// A task was started; unless it is `scoped`, it is the one that is handed to
    /// [`spawn`](crate::AsyncBackend::spawn) next.
    fn started(&self, task: &TaskInfo, group: GroupId, scoped: bool) {
        let _ = (task, group, scoped);
    }

    /// A task has ended: its future was dropped.
    fn ended(&self, task: &TaskInfo, how: End) {
        let _ = (task, how);
    }

    /// Something was asked to cancel that had not been asked before.
    fn cancelled(&self, what: Cancelling, reason: &CancelReason) {
        let _ = (what, reason);
    }

    /// The running task cannot go on before this happens.
    fn waits(&self, wait: &Wait<'_>) {
        let _ = wait;
    }

    /// A guard holds the scopes above it from here on (C6). The answer names it.
    fn guard_taken(&self, kind: GuardKind) -> u64 {
        let _ = kind;
        0
    }

    /// The guard of that name has let go.
    fn guard_released(&self, guard: u64) {
        let _ = guard;
    }

    /// While inspecting: what is polled from here on, up to the next [`left`](Self::left), is inside of this.
    fn entered(&self, surrounding: &Surrounding<'_>) {
        let _ = surrounding;
    }

    /// While inspecting: the poll has left what it [`entered`](Self::entered) last.
    fn left(&self) {}
}

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// It returned.
    Returned,
    /// It was cancelled, perhaps before it began.
    Cancelled,
    /// It returned an error that failed its group.
    Failed,
    /// It panicked.
    Panicked,
}

/// What was asked to cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cancelling {
    /// A scope, or one task.
    Scope,
    /// A group, with all of its tasks.
    Group(GroupId),
}

/// What holds a scope (C6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GuardKind {
    /// `ignore_cancellation`, `shield!`.
    Shield,
    /// A task group that has not ended.
    Group(&'static Location<'static>),
    /// `catch_cancelled`.
    Catch,
    /// `join_or_cancel`.
    JoinOrCancel,
    /// A job of `run_in_thread` that is not to be abandoned, and where it was started.
    Job(&'static Location<'static>),
}

/// What a task waits for.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Wait<'a> {
    /// Its next turn: it can run.
    Turn,
    /// A moment.
    Sleep(Instant),
    /// Nothing but a cancellation.
    Forever,
    /// The end of a task.
    Join(&'a TaskInfo),
    /// A task to begin.
    Start(&'a TaskInfo),
    /// The tasks of a group, so many of them.
    Children(GroupId, usize),
    /// To be dropped by the scope around it that is cancelled (C3).
    Cancellation,
    /// An operation, by its name: `recv`, `accept`.
    Operation(&'static str),
    /// What other tasks do with something that they share, by its name: `a lock`, `an event`.
    Shared(&'static str),
}

/// What is around the code that is polled.
#[derive(Debug)]
#[non_exhaustive]
pub enum Surrounding<'a> {
    /// A task, and the group it is in.
    Task {
        /// Which task.
        task: &'a TaskInfo,
        /// Its group; the program itself is in none.
        group: Option<GroupId>,
    },
    /// A cancel scope.
    Scope {
        /// Its own deadline.
        deadline: Option<Instant>,
        /// Whether it is cancelled, or inside of something that is and not shielded from it.
        cancelled: bool,
    },
    /// `catch_cancelled`.
    Catch,
    /// `ignore_cancellation`, `shield!`.
    Shield,
    /// A task group: its body, or the wait for its tasks.
    Group {
        /// Which group.
        group: GroupId,
        /// Where it was opened.
        location: &'static Location<'static>,
        /// How many of its tasks have not ended, the body included.
        live: usize,
        /// Whether it is cancelled.
        cancelled: bool,
    },
}

/// How much is told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Interest {
    Nothing,
    Events,
    Surroundings,
}

thread_local! {
    static INTEREST: Cell<Interest> = const { Cell::new(Interest::Nothing) };
    static OBSERVER: RefCell<Option<Rc<dyn Observer>>> = const { RefCell::new(None) };
    /// The groups that inspection has come across: another one must not get the identity of one that ends meanwhile.
    static KEPT: RefCell<Vec<Arc<GroupCore>>> = const { RefCell::new(Vec::new()) };
}

/// Installs an observer on this thread, for as long as the answer is kept. The tasks that are started here meanwhile are
/// numbered from one.
///
/// # Panics
///
/// When there is one already.
#[must_use = "the observer is told nothing once this has been dropped"]
pub fn observe(observer: Rc<dyn Observer>) -> Observing {
    OBSERVER.with_borrow_mut(|slot| {
        assert!(slot.is_none(), "this thread has an observer already");
        *slot = Some(observer);
    });
    INTEREST.set(Interest::Events);
    Observing {
        _numbering: Numbering::begin(),
        _of_this_thread: Rc::new(()),
    }
}

/// An observer is installed on this thread as long as this lives.
pub struct Observing {
    _numbering: Numbering,
    _of_this_thread: Rc<()>,
}

impl Observing {
    /// Runs `poll`, and tells the observer of what it passes through.
    ///
    /// What is polled that way belongs to a program that cannot go on and is to be dropped afterwards: children that
    /// borrow are polled too, with the waker of their parent.
    pub fn inspect<R>(&self, poll: impl FnOnce() -> R) -> R {
        struct Until(Interest);
        impl Drop for Until {
            fn drop(&mut self) {
                INTEREST.set(self.0);
            }
        }
        let _until = Until(INTEREST.replace(Interest::Surroundings));
        poll()
    }
}

impl Drop for Observing {
    fn drop(&mut self) {
        INTEREST.set(Interest::Nothing);
        let observer = OBSERVER.with_borrow_mut(Option::take);
        let kept = KEPT.take();
        drop((observer, kept));
    }
}

impl std::fmt::Debug for Observing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Observing")
    }
}

/// A number in the sequence of the tasks that this thread starts: for what a backend starts besides tasks.
pub fn next_number() -> u64 {
    TaskId::next().number()
}

pub use crate::task::info::{Numbers, give_numbers, take_numbers};

/// Tells the observer of this thread, if there is one.
#[inline]
pub(crate) fn tell(what: impl FnOnce(&dyn Observer)) {
    if INTEREST
        .try_with(Cell::get)
        .is_ok_and(|interest| interest != Interest::Nothing)
    {
        call(what);
    }
}

#[cold]
fn call<R>(what: impl FnOnce(&dyn Observer) -> R) -> Option<R> {
    let observer = OBSERVER.with_borrow(Clone::clone)?;
    Some(what(&*observer))
}

/// Whether an observer is told of what happens on this thread.
pub(crate) fn is_observed() -> bool {
    INTEREST
        .try_with(Cell::get)
        .is_ok_and(|interest| interest != Interest::Nothing)
}

/// Whether what is polled is being inspected.
#[inline]
pub(crate) fn inspects() -> bool {
    INTEREST
        .try_with(Cell::get)
        .is_ok_and(|interest| interest == Interest::Surroundings)
}

/// Keeps a group that is told of while inspecting, and with it its identity.
pub(crate) fn keep(group: &Arc<GroupCore>) {
    KEPT.with_borrow_mut(|kept| {
        if !kept.iter().any(|known| Arc::ptr_eq(known, group)) {
            kept.push(group.clone());
        }
    });
}

/// Passes the outcome of a poll on, and tells what is waited for if it is pending.
///
/// For backends, as [`operation`].
#[inline]
pub fn waits<'a, T>(polled: Poll<T>, wait: impl FnOnce() -> Wait<'a>) -> Poll<T> {
    if polled.is_pending() {
        tell(|observer| observer.waits(&wait()));
    }
    polled
}

/// Polls an operation of a backend; while it is pending, the observer is told its name.
///
/// For backends: what is awaited in this crate does so by itself.
#[inline]
pub fn operation<T>(name: &'static str, polled: Poll<T>) -> Poll<T> {
    waits(polled, || Wait::Operation(name))
}

/// A guard that the observer knows of, until it is dropped.
#[derive(Default)]
pub(crate) struct Watched(u64);

impl Watched {
    #[inline]
    pub(crate) fn new(kind: GuardKind) -> Self {
        let mut name = 0;
        tell(|observer| name = observer.guard_taken(kind));
        Self(name)
    }
}

impl Drop for Watched {
    #[inline]
    fn drop(&mut self) {
        if self.0 != 0 {
            tell(|observer| observer.guard_released(self.0));
        }
    }
}
