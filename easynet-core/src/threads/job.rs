//! A blocking job: what its thread and the future that waits for it share.
//!
//! # Invariants
//!
//! 1. A job has ended, for a group that counts it, when its value and all that it has captured have been dropped (C10).
//! 2. No user code (the job, a destructor) runs under a lock.

pub(crate) mod desk;

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, Location, catch_unwind},
    sync::Arc,
    task::Waker,
    thread,
    time::{Duration, Instant},
};

use self::desk::{Desk, Ticket};
use super::portal::{PortalHandle, ThreadsPortal};
use crate::{
    backend::AsyncBackend,
    cancel::{
        CancelReason,
        node::{Node, remember, wake},
    },
    context::{self, TaskFrame},
    group::core::{GroupCore, drop_quietly},
    shared::{
        Lock,
        atomic::{AtomicBool, Ordering},
    },
    sync::OwnedLimiterToken,
};

/// What a job is known by.
#[derive(Clone)]
pub(super) struct JobInfo {
    pub(super) name: Option<Arc<str>>,
    pub(super) type_name: &'static str,
    pub(super) location: &'static Location<'static>,
}

impl JobInfo {
    /// The name it was given, or that of the function it was made in.
    fn name(&self) -> String {
        match &self.name {
            Some(name) => name.to_string(),
            None => crate::task::shorten(self.type_name),
        }
    }

    /// Says that the job does not end, though it was asked to so long ago.
    pub(super) fn report(&self, grace: Duration) {
        let (name, location) = (self.name(), self.location);
        tracing::warn!(
            target: "easynet", job = name, %location,
            "a blocking job was told to end {grace:?} ago and still runs; what waits for it cannot end before it"
        );
        if !tracing::dispatcher::has_been_set() {
            eprintln!(
                "easynet: the blocking job `{name}` started at {location} was told to end {grace:?} ago and still runs; \
                 what waits for it cannot end before it"
            );
        }
    }
}

/// What the thread of the job touches comes first: each cache line that travels to it and back costs as much as an allocation.
#[repr(C)]
pub(super) struct Job<B: AsyncBackend, J, T> {
    desk: Desk<(J, Start), T>,
    /// The job has ended, as its thread sees it.
    ended: AtomicBool,
    /// The job has opened a portal that is not served yet.
    requests: AtomicBool,
    backend: B,
    info: JobInfo,
    notes: Lock<Notes<B>>,
}

/// What a job takes along to its thread.
pub(super) struct Start {
    pub(super) task: Option<TaskFrame>,
    pub(super) group: Option<Arc<GroupCore>>,
    pub(super) token: Option<OwnedLimiterToken>,
}

/// What the two sides tell each other.
struct Notes<B: AsyncBackend> {
    around: Around,
    portal: Option<PortalHandle>,
    /// The portal that the job has opened, until it is served.
    request: Option<ThreadsPortal<B>>,
    /// Why whoever waited for the job has let go. Nobody is left to serve a portal then.
    let_go: Option<CancelReason>,
    /// Of the one who waits for a job that was let go.
    watcher: Option<Waker>,
}

/// What is around the future that waits for the job, as of its last poll.
#[derive(Clone)]
pub(super) struct Around {
    /// The innermost scope: the job is told when that is cancelled.
    pub(super) node: Arc<Node>,
    pub(super) deadline: Option<Instant>,
    /// Of whoever polls the future.
    pub(super) waker: Waker,
}

impl<B, J, T> Job<B, J, T>
where
    B: AsyncBackend,
    J: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    pub(super) fn new(backend: B, info: JobInfo, job: J, start: Start, around: Around) -> Arc<Self> {
        Arc::new(Self {
            backend,
            info,
            ended: AtomicBool::new(false),
            requests: AtomicBool::new(false),
            desk: Desk::new((job, start)),
            notes: Lock::new(Notes {
                around,
                portal: None,
                request: None,
                let_go: None,
                watcher: None,
            }),
        })
    }

    pub(super) fn info(&self) -> &JobInfo {
        &self.info
    }

    pub(super) fn backend(&self) -> &B {
        &self.backend
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// The future is polled somewhere else, or by somebody else.
    pub(super) fn set_around(&self, around: Around) {
        let old = std::mem::replace(&mut self.notes.lock().around, around);
        drop(old);
    }

    /// The portal that the job has opened since.
    pub(super) fn take_request(&self) -> Option<ThreadsPortal<B>> {
        if !self.requests.swap(false, Ordering::Acquire) {
            return None;
        }
        self.notes.lock().request.take()
    }

    /// See [`Desk::take_back`].
    pub(super) fn take_back(&self) -> bool {
        self.desk.take_back()
    }

    /// See [`Desk::take_value`].
    pub(super) fn take_value(&self) -> Option<thread::Result<T>> {
        self.desk.take_value()
    }

    /// Nobody waits for the value any more; true if the job runs on, in a group that counts it.
    pub(super) fn let_go(&self, group: Option<Arc<GroupCore>>) -> bool {
        let left = self.desk.let_go(Ticket::take(group));
        let reason = if context::is_hosted() && context::is_cancelled() {
            context::reason()
        } else {
            CancelReason::let_go()
        };
        let request = {
            let mut notes = self.notes.lock();
            notes.let_go = Some(reason);
            notes.request.take()
        };
        drop(request);
        left.runs
    }

    /// Remembers whom to wake when the job has ended; true if it has.
    pub(super) fn poll_ended(&self, waker: &Waker) -> bool {
        let old = remember(&mut self.notes.lock().watcher, waker);
        drop(old);
        self.has_ended()
    }

    /// Runs the job, on the thread that it was given.
    pub(super) fn run(self: Arc<Self>) {
        let Some((job, start)) = self.desk.begin() else {
            return;
        };
        let Start { task, group, token } = start;
        let value = {
            let _inside = Inside::enter(self.clone(), task, group);
            let value = catch_unwind(AssertUnwindSafe(job));
            // A simulation lets the time pass that the job has taken.
            let _ = catch_unwind(AssertUnwindSafe(|| self.backend.thread_checkpoint()));
            value
        };
        drop(token);
        self.end(value);
    }

    fn end(&self, value: thread::Result<T>) {
        let unwanted = self.desk.end(value);
        self.ended.store(true, Ordering::Release);
        let Err((value, ticket)) = unwanted else {
            return;
        };
        if value.is_err() {
            tracing::error!(
                target: "easynet", job = self.info.name(), location = %self.info.location,
                "a blocking job panicked after whoever waited for it had let go"
            );
        }
        drop_quietly(value);
        let watcher = self.notes.lock().watcher.take();
        if let Some(watcher) = watcher {
            wake(watcher);
        }
        drop(ticket);
    }
}

/// A job, as the code in it sees it.
trait AnyJob {
    fn is_told(&self) -> bool;
    fn reason(&self) -> Option<CancelReason>;
    fn deadline(&self) -> Option<Instant>;
    fn portal(&self) -> PortalHandle;
    fn checkpoint(&self);
}

impl<B: AsyncBackend, J, T> AnyJob for Job<B, J, T> {
    fn is_told(&self) -> bool {
        let notes = self.notes.lock();
        notes.let_go.is_some() || notes.around.node.is_cancelled()
    }

    fn reason(&self) -> Option<CancelReason> {
        let notes = self.notes.lock();
        let node = match &notes.let_go {
            Some(reason) => return Some(reason.clone()),
            None => notes.around.node.clone(),
        };
        drop(notes);
        node.reason()
    }

    fn deadline(&self) -> Option<Instant> {
        self.notes.lock().around.deadline
    }

    fn portal(&self) -> PortalHandle {
        if let Some(portal) = &self.notes.lock().portal {
            return portal.clone();
        }
        // Nobody else opens it: a job has one thread.
        let portal = ThreadsPortal::opened_at(&self.backend, self.info.location);
        portal.open();
        let handle = portal.handle();
        let mut notes = self.notes.lock();
        notes.portal = Some(handle.clone());
        if notes.let_go.is_some() {
            drop(notes);
            drop(portal); // It is closed from the start.
        } else {
            notes.request = Some(portal);
            let waker = notes.around.waker.clone();
            drop(notes);
            self.requests.store(true, Ordering::Release);
            wake(waker);
        }
        handle
    }

    fn checkpoint(&self) {
        self.backend.thread_checkpoint();
    }
}

thread_local! {
    static JOB: RefCell<Option<Arc<dyn AnyJob>>> = const { RefCell::new(None) };
}

/// Whether a job runs on this thread.
pub(super) fn is_inside() -> bool {
    JOB.try_with(|job| job.borrow().is_some()).unwrap_or(false)
}

fn current() -> Option<Arc<dyn AnyJob>> {
    JOB.try_with(|job| job.borrow().clone()).ok().flatten()
}

/// The portal of the job that runs on this thread.
pub(super) fn portal() -> Option<PortalHandle> {
    current().map(|job| job.portal())
}

/// The deadline of the job that runs on this thread.
pub(crate) fn deadline() -> Option<Instant> {
    current()?.deadline()
}

/// Whether a job runs on this thread that was told to end.
pub(crate) fn is_told() -> bool {
    current().is_some_and(|job| {
        job.checkpoint();
        job.is_told()
    })
}

/// Why the job that runs on this thread was told to end.
pub(crate) fn reason() -> Option<CancelReason> {
    current()?.reason()
}

/// The context of a job is that of the calling thread as long as this lives.
struct Inside {
    outer: Option<Arc<dyn AnyJob>>,
    _entered: Option<context::Entered>,
}

impl Inside {
    fn enter(job: Arc<dyn AnyJob>, task: Option<TaskFrame>, group: Option<Arc<GroupCore>>) -> Self {
        Self {
            outer: JOB.replace(Some(job)),
            _entered: task.map(|task| context::enter_job(task, group)),
        }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        let job = JOB.replace(self.outer.take());
        drop(job);
    }
}
