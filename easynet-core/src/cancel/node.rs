//! The tree of cancellation: who is cancelled, why, and who must be told.
//!
//! A scope has no node until somebody needs one: a handle, a guard below it, or a group. Most timeouts
//! never do. All that is shared between threads about cancellation is in this file.
//!
//! # Invariants
//!
//! 1. Under a cancelled node every node is cancelled: asking is one atomic load, whatever the depth (C11).
//! 2. `holding` is the parent this node counts in, and is set exactly while `holds > 0` (C6).
//! 3. No two locks are held at once, and no waker is called or dropped under a lock.
//! 4. `registered` is the waker in the links, as long as there is one, and `under` the address of the parent in them.
//! 6. The list of a group's tasks is made under the lock of the links, unless the node is cancelled by then: whoever cancels finds it.
//! 5. A node is in its parent's list only as long as its [`Attached`] owner lives, so the two references
//!    to each other are no leak.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, OnceLock},
    task::Waker,
    time::Instant,
};

use slab::Slab;

use super::{
    CancelReason,
    deadline::SharedDeadline,
    parked::{Parked, Place},
    registered::Registered,
};
use crate::context;
use crate::observe::{Cancelling, GroupId, GuardKind, Watched, tell};
use crate::shared::{
    Lock, address,
    atomic::{AtomicU8, AtomicUsize, Ordering},
};

/// Cancelled by a request of its own: an explicit call, its deadline, a failed child.
const OWN: u8 = 1;
/// Cancelled because an enclosing node is.
const INHERITED: u8 = 2;

pub(crate) struct Node {
    state: AtomicU8,
    registered: Registered,
    /// For the owner, who alone moves the node.
    under: AtomicUsize,
    /// Where this node is in the list of its parent, for the owner as well.
    key: AtomicUsize,
    /// The tasks of the group this node belongs to, if it belongs to one: made for the first that is suspended.
    tasks: Option<OnceLock<Box<Parked>>>,
    /// It belongs to a scope, which ends by a cancellation of its own only: where one around it is cancelled, that one ends it.
    scope: bool,
    /// How far the scope has come that this node belongs to, for its handles.
    pub(super) phase: AtomicU8,
    /// The deadline of the scope, which handles may move.
    pub(crate) deadline: SharedDeadline,
    links: Lock<Links>,
}

#[derive(Default)]
struct Links {
    /// The enclosing node.
    parent: Option<Arc<Node>>,
    children: Slab<Arc<Node>>,
    /// Whoever polls the owner of this node.
    waker: Option<Waker>,
    own_reason: Option<CancelReason>,
    inherited_reason: Option<CancelReason>,
    /// Guards below, and children that are held. Below zero for the moment in which a release overtakes its hold.
    holds: isize,
    holding: Option<Arc<Node>>,
}

impl Node {
    /// A node that belongs to a shield, a task, or another guard.
    pub(crate) fn new() -> Arc<Self> {
        Self::with(None, false, None)
    }

    /// A node that belongs to a scope, with this deadline for its handles to move.
    pub(crate) fn of_scope(deadline: Option<Instant>) -> Arc<Self> {
        Self::with(None, true, deadline)
    }

    /// A node that belongs to a group: cancelling it also wakes the group's tasks.
    pub(crate) fn of_group() -> Arc<Self> {
        Self::with(Some(OnceLock::new()), false, None)
    }

    fn with(tasks: Option<OnceLock<Box<Parked>>>, scope: bool, deadline: Option<Instant>) -> Arc<Self> {
        Arc::new(Self {
            state: AtomicU8::new(0),
            registered: Registered::default(),
            under: AtomicUsize::new(0),
            key: AtomicUsize::new(0),
            tasks,
            scope,
            phase: AtomicU8::new(0),
            deadline: SharedDeadline::new(deadline),
            links: Lock::default(),
        })
    }

    /// Whether this node, or one above it, is cancelled.
    #[inline]
    pub(crate) fn is_cancelled(&self) -> bool {
        self.state.load(Ordering::Acquire) != 0
    }

    /// Whether this node itself was asked to cancel.
    #[inline]
    pub(crate) fn is_own_cancelled(&self) -> bool {
        self.state.load(Ordering::Acquire) & OWN != 0
    }

    /// Why this node is cancelled; the enclosing cause comes first, as it is the one that catches (C4).
    pub(crate) fn reason(&self) -> Option<CancelReason> {
        let links = self.links.lock();
        links
            .inherited_reason
            .clone()
            .or_else(|| links.own_reason.clone())
    }

    /// Cancels this node and all below it; true if it had not been asked before.
    pub(crate) fn cancel(self: &Arc<Self>, reason: CancelReason) -> bool {
        let asked = self.pass_on(reason.clone());
        if asked {
            tell(|observer| observer.cancelled(self.as_cancelling(), &reason));
        }
        asked
    }

    /// Like [`cancel`](Self::cancel), for a cancellation that was asked for elsewhere: no observer is told of it again.
    pub(crate) fn pass_on(self: &Arc<Self>, reason: CancelReason) -> bool {
        let told = {
            let mut links = self.links.lock();
            let before = self.state.fetch_or(OWN, Ordering::AcqRel);
            if before & OWN != 0 {
                return false;
            }
            links.own_reason = Some(reason.clone());
            // Those below a node that has inherited a cancellation know of it already.
            (before == 0).then(|| self.tell(&mut links))
        };
        if let Some(told) = told {
            self.spread(told, &reason);
        }
        true
    }

    fn as_cancelling(self: &Arc<Self>) -> Cancelling {
        match self.tasks {
            Some(_) => Cancelling::Group(GroupId::of(self)),
            None => Cancelling::Scope,
        }
    }

    /// Tells everybody below, without recursion: ten thousand scopes may be nested.
    fn spread(self: &Arc<Self>, told: Told, reason: &CancelReason) {
        let mut below = vec![(self.clone(), told)];
        while let Some((parent, told)) = below.pop() {
            if let Some(waker) = told.waker {
                wake(waker);
            }
            if let Some(tasks) = parent.tasks() {
                tasks.wake_all();
            }
            for node in told.children {
                if let Some(told) = node.inherit(&parent, reason) {
                    below.push((node, told));
                }
            }
        }
    }

    fn inherit(&self, parent: &Arc<Node>, reason: &CancelReason) -> Option<Told> {
        let mut links = self.links.lock();
        if !links
            .parent
            .as_ref()
            .is_some_and(|known| Arc::ptr_eq(known, parent))
        {
            return None; // It was moved away meanwhile.
        }
        if !parent.is_cancelled() {
            return None; // The parent was, and has been revived: it comes here next.
        }
        let before = self.state.fetch_or(INHERITED, Ordering::AcqRel);
        if before & INHERITED != 0 {
            return None;
        }
        links.inherited_reason = Some(reason.clone());
        (before == 0).then(|| self.tell(&mut links))
    }

    /// Undoes an inherited cancellation, for an owner that was moved to another context (C9). A group that
    /// has been told to end cannot be called back, so everything from a group down stays as it is.
    fn revive(self: &Arc<Self>) {
        let mut below = vec![self.clone()];
        while let Some(node) = below.pop() {
            if node.tasks.is_some() {
                continue;
            }
            let mut links = node.links.lock();
            links.inherited_reason = None;
            if node.state.fetch_and(!INHERITED, Ordering::AcqRel) == INHERITED {
                below.extend(links.children.iter().map(|(_, child)| child.clone()));
            }
        }
    }

    /// Remembers whom to wake when this node is cancelled, or let go by its last guard.
    ///
    /// The caller looks at the state again afterwards: a cancellation that came first woke nobody.
    #[inline]
    pub(crate) fn park(&self, waker: &Waker) {
        if !self.registered.is(waker) {
            self.register(waker);
        }
    }

    fn register(&self, waker: &Waker) {
        let mut links = self.links.lock();
        let old = remember(&mut links.waker, waker);
        self.registered.set(waker);
        drop(links);
        drop(old);
    }

    /// Wakes the owner without cancelling it: its deadline has moved.
    pub(crate) fn wake_owner(&self) {
        let waker = self.links.lock().waker.clone();
        if let Some(waker) = waker {
            wake(waker);
        }
    }

    /// Whether a guard below keeps the owner of this node from being dropped.
    pub(crate) fn is_held(&self) -> bool {
        self.links.lock().holds > 0
    }

    fn tasks(&self) -> Option<&Parked> {
        self.tasks.as_ref()?.get().map(|tasks| &**tasks)
    }

    /// Parks a task of the group this node belongs to, to be woken when it is cancelled; nothing if it has been already.
    pub(crate) fn park_task(&self, waker: &Waker) -> Option<Place> {
        self.tasks().or_else(|| self.begin_tasks())?.enter(waker)
    }

    #[cold]
    fn begin_tasks(&self) -> Option<&Parked> {
        let _links = self.links.lock();
        if self.is_cancelled() {
            return None; // Invariant 6.
        }
        let tasks = self.tasks.as_ref().expect("only groups have tasks");
        Some(tasks.get_or_init(Box::default))
    }

    /// Where a task was parked is free again.
    #[must_use = "it is to be dropped where nothing is borrowed"]
    pub(crate) fn unpark_task(&self, place: Place) -> Option<Waker> {
        self.tasks().expect("a task was parked here").leave(place)
    }

    /// Whether the owner has waited to be held no longer, so that it can end.
    fn ends_when_free(&self) -> bool {
        let state = self.state.load(Ordering::Acquire);
        state & OWN != 0 || state != 0 && !self.scope
    }

    fn take_waker(&self, links: &mut Links) -> Option<Waker> {
        self.registered.clear();
        links.waker.take()
    }

    /// Takes what is needed to tell everybody, so that nobody is told under the lock.
    fn tell(&self, links: &mut Links) -> Told {
        Told {
            waker: self.take_waker(links),
            children: links.children.iter().map(|(_, child)| child.clone()).collect(),
        }
    }

    fn hold(self: &Arc<Self>) {
        let mut next = Some(self.clone());
        while let Some(node) = next {
            let mut links = node.links.lock();
            links.holds += 1;
            next = if links.holds == 1 && links.holding.is_none() {
                links.holding = links.parent.clone();
                links.holding.clone()
            } else {
                None
            };
        }
    }

    fn release(self: &Arc<Self>) {
        let mut next = Some(self.clone());
        while let Some(node) = next {
            let mut waker = None;
            {
                let mut links = node.links.lock();
                links.holds -= 1;
                next = if links.holds == 0 {
                    links.holding.take()
                } else {
                    None
                };
                if links.holds == 0 && node.ends_when_free() {
                    waker = node.take_waker(&mut links);
                }
            }
            if let Some(waker) = waker {
                wake(waker);
            }
        }
    }
}

struct Told {
    waker: Option<Waker>,
    children: Vec<Arc<Node>>,
}

impl Drop for Node {
    fn drop(&mut self) {
        // A chain of ten thousand nodes is let go one by one, not by a recursion as deep as the chain.
        let mut parent = self.links.get_mut().parent.take();
        while let Some(node) = parent {
            parent = Arc::into_inner(node).and_then(|mut node| node.links.get_mut().parent.take());
        }
    }
}

/// Wakes, and lets no panic of a foreign waker keep the others from being woken.
pub(crate) fn wake(waker: Waker) {
    if catch_unwind(AssertUnwindSafe(|| waker.wake())).is_err() {
        tracing::error!(target: "easynet", "a waker panicked");
    }
}

/// Remembers whom to wake. Gives back whom it was before, to be dropped where no lock is held.
#[inline]
pub(crate) fn remember(slot: &mut Option<Waker>, waker: &Waker) -> Option<Waker> {
    match slot {
        Some(known) if known.will_wake(waker) => None,
        _ => slot.replace(waker.clone()),
    }
}

/// A node owned by the future it belongs to: attached to the enclosing node as long as that future lives.
pub(crate) struct Attached(Arc<Node>);

impl Attached {
    pub(crate) fn detached(node: Arc<Node>) -> Self {
        Self(node)
    }

    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.0
    }

    /// Puts the node under `parent`, taking over its cancellation, and away from where it was before (C9).
    pub(crate) fn attach(&self, parent: Option<Arc<Node>>) {
        if self.is_under(parent.as_ref()) {
            return;
        }
        self.unlink(|_| ());
        if self.0.state.load(Ordering::Acquire) & INHERITED != 0 {
            self.0.revive();
        }
        // It is known there before it is here: a cancellation on its way from a former parent is recognised by that, and one from the new
        // parent, which may not recognise us yet, is looked for once more.
        if let Some(parent) = &parent {
            let key = parent.links.lock().children.insert(self.0.clone());
            self.0.key.store(key, Ordering::Relaxed);
        }
        let under = address(parent.as_ref());
        self.0.under.store(under, Ordering::Relaxed);
        let (old, new, cancelled) = {
            let mut links = self.0.links.lock();
            let cancelled = parent
                .as_ref()
                .and_then(|parent| parent.is_cancelled().then(|| parent.clone()));
            let old = links.holding.take();
            if links.holds > 0 {
                links.holding = parent.clone();
            }
            links.parent = parent;
            (old, links.holding.clone(), cancelled)
        };
        if let Some(new) = new {
            new.hold();
        }
        if let Some(old) = old {
            old.release();
        }
        if let Some(parent) = cancelled {
            self.inherit(&parent);
        }
    }

    #[cold]
    fn inherit(&self, parent: &Arc<Node>) {
        if let Some(reason) = parent.reason()
            && let Some(told) = self.0.inherit(parent, &reason)
        {
            self.0.spread(told, &reason);
        }
    }

    /// Puts the node under the innermost scope of the running code.
    pub(crate) fn attach_here(&self) {
        if !self.is_here() {
            self.attach(Some(context::node()));
        }
    }

    /// Whether the node is under the innermost scope of the running code.
    #[inline]
    pub(crate) fn is_here(&self) -> bool {
        context::is_innermost(self.0.under.load(Ordering::Relaxed))
    }

    fn is_under(&self, parent: Option<&Arc<Node>>) -> bool {
        self.0.under.load(Ordering::Relaxed) == address(parent)
    }

    /// Takes the node out of the list of its parent, if it has one; and what else is to be taken under the same lock.
    #[inline]
    fn unlink<R: Default>(&self, take: impl FnOnce(&mut Links) -> R) -> R {
        if self.0.under.load(Ordering::Relaxed) == 0 && self.0.registered.is_none() {
            return R::default(); // Nobody has heard of it.
        }
        let (parent, taken) = {
            let mut links = self.0.links.lock();
            (links.parent.take(), take(&mut links))
        };
        self.0.under.store(0, Ordering::Relaxed);
        if let Some(parent) = parent {
            let key = self.0.key.load(Ordering::Relaxed);
            // The entry is our own reference to the node, so nothing is dropped under the parent's lock.
            let _entry = parent.links.lock().children.try_remove(key);
        }
        taken
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        let waker = self.unlink(|links| self.0.take_waker(links));
        drop(waker);
    }
}

/// Keeps the scopes above, in the same task, from being dropped (C6).
pub(crate) struct Guard {
    node: Arc<Node>,
    kind: GuardKind,
    _watched: Watched,
}

impl Guard {
    pub(crate) fn new(node: &Arc<Node>, kind: GuardKind) -> Self {
        node.hold();
        Self {
            node: node.clone(),
            kind,
            _watched: Watched::new(kind),
        }
    }

    /// Holds the innermost scope of the running code from here on, and moves the guard when the future it belongs to was
    /// moved to another (C9).
    #[inline]
    pub(crate) fn hold_here(guard: &mut Option<Self>, kind: GuardKind) {
        let here = |guard: &Self| context::is_innermost(Arc::as_ptr(&guard.node) as usize);
        if !guard.as_ref().is_some_and(here) {
            Self::hold(guard, &context::node(), kind);
        }
    }

    /// As [`hold_here`](Self::hold_here), for the owner of a node that is under that scope.
    #[inline]
    pub(crate) fn hold_above(guard: &mut Option<Self>, node: &Attached, kind: GuardKind) {
        let above = node.0.under.load(Ordering::Relaxed);
        let is_there = |guard: &Self| Arc::as_ptr(&guard.node) as usize == above;
        if !guard.as_ref().is_some_and(is_there) {
            Self::hold_here(guard, kind);
        }
    }

    /// As [`hold_here`](Self::hold_here), for a scope that was found before.
    pub(crate) fn hold(guard: &mut Option<Self>, node: &Arc<Node>, kind: GuardKind) {
        match guard {
            Some(guard) => guard.follow(node),
            None => *guard = Some(Self::new(node, kind)),
        }
    }

    fn follow(&mut self, node: &Arc<Node>) {
        if !Arc::ptr_eq(&self.node, node) {
            *self = Self::new(node, self.kind);
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.node.release();
    }
}
