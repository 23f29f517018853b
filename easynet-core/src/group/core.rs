//! What a group, its handles and its children share.
//!
//! # Invariants
//!
//! 1. `live` counts every child that has not ended, and the one who runs the group: he is there as long as the body is, or one of those that
//!    he polls himself and counts in `with_body`. A group whose count has come to zero is closed for ever. Whoever brings it there tells
//!    the one who waits.
//! 2. A child leaves the group only once, after its future has been dropped.
//! 3. A group whose future was dropped hands its count to its adopter before it gives up the body's (C10).

use std::{
    any::Any,
    fmt,
    panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind},
    sync::Arc,
    task::Waker,
};

use super::error::Failure;
use crate::{
    cancel::{
        CancelReason,
        node::{Node, remember, wake},
        parked::Place,
        registered::Registered,
    },
    observe::{GroupId, Surrounding, Wait, inspects, keep, tell},
    shared::{
        Lock, address,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{
        TaskInfo,
        remains::{self, Home},
    },
};

/// The payload of a panic.
pub(crate) type Panic = Box<dyn Any + Send>;

/// The state of one group.
///
/// What every child writes, this count and that of the references in front of it, comes first; what every child only
/// reads is on another cache line. Kept apart by distance, since an aligned allocation would cost more than all the
/// rest of making a group.
#[repr(C)]
pub(crate) struct GroupCore {
    live: AtomicUsize,
    _apart: [u64; 8],
    /// How many more there are: written by whoever runs the group, for what he polls himself.
    with_body: AtomicUsize,
    node: Arc<Node>,
    /// A task of the group was ended by a cancellation, or never ran because of one.
    cut_short: AtomicBool,
    /// .. or went with its runtime.
    lost: AtomicBool,
    /// A task has left its waker behind.
    remains: AtomicBool,
    location: &'static Location<'static>,
    /// The waiter in the report, as long as there is one.
    registered: Registered,
    /// There is a failure or a panic in the report.
    troubled: AtomicBool,
    /// The address of the parent in the report, for whoever runs the group, who alone moves it.
    under: AtomicUsize,
    report: Lock<Report>,
}

#[derive(Default)]
struct Report {
    failures: Vec<Failure>,
    /// Only the first panic resumes; later ones have been printed by the hook.
    panic: Option<Panic>,
    /// Whoever waits for the last child.
    waiter: Option<Waker>,
    /// The enclosing group, as of the last poll.
    parent: Option<Arc<GroupCore>>,
    /// The group that waits in place of a future that was dropped.
    adopter: Option<Arc<GroupCore>>,
}

impl GroupCore {
    /// An open group inside of another one, if there is one; its body counts as its first task.
    pub(crate) fn new(location: &'static Location<'static>, parent: Option<Arc<GroupCore>>) -> Arc<Self> {
        Arc::new(Self {
            node: Node::of_group(),
            live: AtomicUsize::new(1),
            _apart: [0; 8],
            with_body: AtomicUsize::new(0),
            cut_short: AtomicBool::new(false),
            lost: AtomicBool::new(false),
            remains: AtomicBool::new(false),
            location,
            registered: Registered::default(),
            troubled: AtomicBool::new(false),
            under: AtomicUsize::new(address(parent.as_ref())),
            report: Lock::new(Report {
                parent,
                ..Report::default()
            }),
        })
    }

    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Who this group is, for an observer.
    pub(crate) fn id(&self) -> GroupId {
        GroupId::of(&self.node)
    }

    /// Tells an observer that the group waits for its tasks, its body having ended.
    #[cold]
    pub(crate) fn tell_waiting(self: &Arc<Self>) {
        tell(|observer| {
            if inspects() {
                keep(self);
                observer.entered(&self.surrounding());
            }
            observer.waits(&Wait::Children(self.id(), self.live()));
            if inspects() {
                observer.left();
            }
        });
    }

    pub(crate) fn surrounding(&self) -> Surrounding<'static> {
        Surrounding::Group {
            group: self.id(),
            location: self.location,
            live: self.live(),
            cancelled: self.is_cancelled(),
        }
    }

    pub(crate) fn location(&self) -> &'static Location<'static> {
        self.location
    }

    #[inline]
    pub(crate) fn is_cancelled(&self) -> bool {
        self.node.is_cancelled()
    }

    pub(crate) fn cancel(&self, reason: CancelReason) {
        self.node.cancel(reason);
    }

    /// Notes that a task did not come to its end, because the group is cancelled.
    #[cold]
    pub(crate) fn cut_short(&self) {
        self.cut_short.store(true, Ordering::Relaxed);
    }

    /// A task was dropped by its runtime, which goes away, while the group may be polled in another one: its siblings are cancelled.
    #[cold]
    pub(crate) fn lost(&self) {
        self.lost.store(true, Ordering::Relaxed);
        self.cut_short();
        self.node.pass_on(CancelReason::runtime_ended());
    }

    /// Whether a task was lost; asked when all have left.
    pub(crate) fn has_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// Whether a task did not come to its end; asked when all have left.
    pub(crate) fn was_cut_short(&self) -> bool {
        self.cut_short.load(Ordering::Relaxed)
    }

    /// Parks a child, to be woken when the group is cancelled; nothing if it has been already.
    pub(crate) fn park(&self, waker: &Waker) -> Option<Place> {
        self.node.park_task(waker)
    }

    /// Lets go of a child of so many bytes, or leaves that to the thread that started it.
    #[inline(always)]
    pub(crate) fn let_go(&self, place: Option<Place>, waker: Option<&Waker>, home: Home, size: usize) {
        // Whoever cancels the group takes all of the places at once.
        let place = place.filter(|_| !self.is_cancelled());
        let parked = place.and_then(|place| self.node.unpark_task(place));
        if home.wants(size) {
            self.leave_to(home, parked.or_else(|| waker.cloned()));
        }
    }

    #[cold]
    fn leave_to(&self, home: Home, waker: Option<Waker>) {
        let kept = waker.is_some_and(|waker| home.keep(waker));
        if kept && !self.remains.load(Ordering::Relaxed) {
            self.remains.store(true, Ordering::Relaxed);
        }
    }

    /// Drops what its tasks have left behind, when all have left.
    fn clear_remains(&self) {
        if self.remains.load(Ordering::Relaxed) {
            self.remains.store(false, Ordering::Relaxed);
            remains::clear_all();
        }
    }

    /// Counts one more task, unless the group is closed.
    pub(crate) fn enter(&self) -> bool {
        let mut live = self.live.load(Ordering::Relaxed);
        while live != 0 {
            match self
                .live
                .compare_exchange_weak(live, live + 1, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => return true,
                Err(now) => live = now,
            }
        }
        false
    }

    /// Counts one more task in the nearest group that is open: this one, or one around it.
    pub(crate) fn enter_nearest(mut group: Option<Arc<Self>>) -> Option<Arc<Self>> {
        while let Some(open) = group {
            if open.enter() {
                return Some(open);
            }
            group = open.parent();
        }
        None
    }

    /// One task less; the last one to leave tells whoever waits.
    pub(crate) fn leave(&self) {
        if self.live.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.close();
        }
    }

    /// The same for the one who runs the group, who need not be told.
    #[inline]
    pub(crate) fn leave_last(&self) {
        if self.live.fetch_sub(1, Ordering::AcqRel) == 1 && !self.registered.is_none() {
            self.close();
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.live.load(Ordering::Acquire) == 0
    }

    /// How many tasks have not ended, the body included.
    pub(crate) fn live(&self) -> usize {
        let mut live = self.live.load(Ordering::Acquire);
        loop {
            let with_body = self.with_body.load(Ordering::Acquire);
            let now = self.live.load(Ordering::Acquire);
            if now == live {
                return live.wrapping_add(with_body);
            }
            live = now;
        }
    }

    /// One more that counts with the body, for the one who runs the group.
    #[inline]
    pub(crate) fn enter_with_body(&self) {
        self.add_with_body(1);
    }

    /// One less: a child, or the body itself.
    #[inline]
    pub(crate) fn leave_with_body(&self) {
        self.add_with_body(usize::MAX);
    }

    /// There is one who writes at a time: no exchange is needed.
    #[inline]
    fn add_with_body(&self, count: usize) {
        let with_body = self.with_body.load(Ordering::Relaxed);
        self.with_body
            .store(with_body.wrapping_add(count), Ordering::Release);
    }

    #[cold]
    fn close(&self) {
        let (waiter, adopter) = {
            let mut report = self.report.lock();
            self.registered.clear();
            (report.waiter.take(), report.adopter.take())
        };
        if let Some(adopter) = adopter {
            let (failures, panic) = self.take_report();
            failures.iter().for_each(Failure::log);
            if let Some(panic) = panic {
                adopter.panicked(panic, None);
            }
            adopter.leave();
        }
        if let Some(waiter) = waiter {
            wake(waiter);
        }
    }

    /// Remembers who waits for the last child; true if it has left already.
    #[inline]
    pub(crate) fn poll_closed(&self, waker: &Waker) -> bool {
        if self.is_closed() {
            return true;
        }
        if self.registered.is(waker) {
            return false; // Whoever closes it from here on wakes us.
        }
        self.register(waker);
        self.is_closed()
    }

    fn register(&self, waker: &Waker) {
        let old = {
            let mut report = self.report.lock();
            let old = remember(&mut report.waiter, waker);
            self.registered.set(waker);
            old
        };
        drop(old);
    }

    /// A child returned an error: its siblings are cancelled (T2).
    #[cold]
    pub(crate) fn failed(&self, failure: Failure) {
        let task = failure.task().clone();
        self.report.lock().failures.push(failure);
        self.troubled.store(true, Ordering::Relaxed);
        self.node.cancel(CancelReason::failed(task));
    }

    /// A child panicked: its siblings are cancelled, and the first panic will resume in the parent (T3).
    #[cold]
    pub(crate) fn panicked(&self, panic: Panic, task: Option<TaskInfo>) {
        let extra = {
            let mut report = self.report.lock();
            match &report.panic {
                None => report.panic.replace(panic),
                Some(_) => Some(panic),
            }
        };
        self.troubled.store(true, Ordering::Relaxed);
        drop_quietly(extra);
        self.node
            .cancel(task.map_or_else(CancelReason::dropped, CancelReason::failed));
    }

    /// Takes what went wrong, for the one who reports it, once all tasks have left.
    pub(crate) fn take_report(&self) -> (Vec<Failure>, Option<Panic>) {
        self.clear_remains();
        // Whoever has reported has left since.
        if !self.troubled.load(Ordering::Relaxed) {
            return (Vec::new(), None);
        }
        let mut report = self.report.lock();
        (std::mem::take(&mut report.failures), report.panic.take())
    }

    /// The group is in another one from here on. Gives back the one it was in.
    #[must_use = "it is to be dropped where nothing is borrowed"]
    pub(crate) fn follow(&self, parent: Option<&Arc<GroupCore>>) -> Option<Arc<GroupCore>> {
        if self.under.load(Ordering::Relaxed) == address(parent) {
            return None;
        }
        self.under.store(address(parent), Ordering::Relaxed);
        std::mem::replace(&mut self.report.lock().parent, parent.cloned())
    }

    pub(super) fn has_panicked(&self) -> bool {
        self.troubled.load(Ordering::Relaxed) && self.report.lock().panic.is_some()
    }

    fn parent(&self) -> Option<Arc<GroupCore>> {
        self.report.lock().parent.clone()
    }

    /// The future of the group is gone before its children: they are cancelled, and the nearest enclosing
    /// group that is still open waits for them (C10).
    pub(crate) fn abandon(&self) {
        self.cancel(CancelReason::dropped());
        if self.live.load(Ordering::Acquire) > 1 || self.has_panicked() {
            let adopter = Self::enter_nearest(self.parent());
            if adopter.is_none() {
                tracing::debug!(target: "easynet", location = %self.location, "nobody waits for the tasks of a dropped group");
            }
            self.report.lock().adopter = adopter;
        }
        self.leave();
    }
}

impl Drop for GroupCore {
    fn drop(&mut self) {
        self.clear_remains();
        // Groups may nest by the thousand; their chain is let go one by one.
        let mut parent = self.report.get_mut().parent.take();
        while let Some(group) = parent {
            parent = Arc::into_inner(group).and_then(|mut group| group.report.get_mut().parent.take());
        }
        if !self.troubled.load(Ordering::Relaxed) {
            return;
        }
        // An adopter took the report when the last child left. What is here still, nobody asked for.
        let (failures, panic) = self.take_report();
        failures.iter().for_each(Failure::log);
        if panic.is_some() {
            tracing::error!(target: "easynet", location = %self.location, "a task panicked and nobody is left to resume it");
            drop_quietly(panic);
        }
    }
}

/// Drops the payload of a panic, whose destructor may panic in turn.
pub(crate) fn drop_quietly<T>(value: T) {
    if catch_unwind(AssertUnwindSafe(|| drop(value))).is_err() {
        tracing::error!(target: "easynet", "a destructor panicked while a panic was being handled");
    }
}

/// The steps of a destructor: each is taken, whatever the destructors of others do in those before.
#[derive(Default)]
pub(crate) struct Steps {
    panic: Option<Panic>,
}

impl Steps {
    pub(crate) fn take(&mut self, step: impl FnOnce()) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(step)) {
            let extra = match &self.panic {
                None => self.panic.replace(panic),
                Some(_) => Some(panic),
            };
            drop_quietly(extra);
        }
    }

    /// The first panic goes on, unless there is one on its way already.
    pub(crate) fn finish(self) {
        let Some(panic) = self.panic else { return };
        if std::thread::panicking() {
            return drop_quietly(panic);
        }
        resume_unwind(panic);
    }
}

impl fmt::Debug for GroupCore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group")
            .field("live", &self.live())
            .field("cancelled", &self.is_cancelled())
            .field("location", &self.location)
            .finish()
    }
}
