//! A child of a group: the future that the runtime, or the group itself, polls.
//!
//! # Invariants
//!
//! 1. A child reports once: how it ended, after its future was dropped. Then it leaves the group (T2, T4).
//! 2. The future is dropped in the context of the task, so that what it leaves behind finds its group (C10).
//! 3. No panic leaves a child: it is the group's to resume (T3).

use std::{
    future::Future,
    marker::PhantomData,
    mem,
    panic::{AssertUnwindSafe, Location, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
};

use pin_project_lite::pin_project;

use super::{
    TaskId, TaskInfo,
    receive::{Keep, Receive},
    remains::{self, Home},
    state::Status,
};
use crate::{
    backend::AsyncBackend,
    cancel::{CancelReason, node::Attached, parked::Place},
    context::{
        self, Extra, TaskFrame,
        clock::release_stranded,
        host::{Host, visit},
    },
    executor::places::Seated,
    group::{
        children::Known,
        core::{GroupCore, Panic},
    },
    observe::tell,
};

/// Who a child is, from its start on.
pub(crate) struct Birth {
    id: TaskId,
    location: &'static Location<'static>,
    extra: Option<Arc<Extra>>,
}

impl Birth {
    #[inline]
    pub(crate) fn new(name: Option<Arc<str>>, location: &'static Location<'static>) -> Self {
        let extra = match (name, context::locals()) {
            (None, None) => None,
            (name, locals) => Some(Arc::new(Extra { name, locals })),
        };
        Self {
            id: TaskId::next(),
            location,
            extra,
        }
    }

    pub(crate) fn info<F>(&self) -> TaskInfo {
        self.frame::<F>(self.extra.clone()).info()
    }

    #[inline]
    fn tell_started<F>(&self, group: &GroupCore, by_group: bool) {
        tell(|observer| observer.started(&self.info::<F>(), group.id(), by_group));
    }

    fn frame<F>(&self, extra: Option<Arc<Extra>>) -> TaskFrame {
        TaskFrame::new(self.id, std::any::type_name::<F>(), self.location, extra)
    }

    /// What comes back from there.
    pub(crate) fn extra(&mut self) -> &mut Option<Arc<Extra>> {
        &mut self.extra
    }

    /// The task goes into its place on the stack, with what it has of its own.
    #[inline(always)]
    pub(crate) fn fill<F>(&mut self, task: &mut TaskFrame) {
        task.id = self.id;
        task.type_name = std::any::type_name::<F>();
        task.location = self.location;
        std::mem::swap(&mut task.extra, &mut self.extra);
    }
}

/// The group of a child: with the frame of the task while that is entered, and here otherwise.
pub(crate) type Membership = Option<Arc<GroupCore>>;

fn group_of(membership: &Membership) -> &Arc<GroupCore> {
    membership
        .as_ref()
        .expect("what is lent to the frame of a task is back when that is left")
}

/// Who polls a child.
trait PolledBy {
    /// Its group does, or else a runtime.
    const GROUP: bool;
}

struct Runtime;

impl PolledBy for Runtime {
    const GROUP: bool = false;
}

pub struct Group;

impl PolledBy for Group {
    const GROUP: bool = true;
}

/// How a child is counted by its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// With the body, by whoever runs the group, who polls it as well.
    WithBody,
    /// For itself: the runtime polls it, or it was started by somebody else, when the one who runs the group may be about to leave.
    ForItself,
    /// It has not been started.
    NotYet,
    /// It has ended.
    NoMore,
}

pin_project! {
    /// A child: all of it but how it belongs to its group, which is lent to it for each step.
    pub struct Child<F, R, P> {
        birth: Birth,
        node: Option<Attached>,
        begun: bool,
        counted: Counted,
        receiver: R,
        polled_by: PhantomData<fn() -> P>,
        #[pin]
        future: Option<F>,
    }
}

#[allow(private_bounds)] // It is in what a macro makes, where nobody names it.
impl<F: Future, R: Receive<F::Output>, P: PolledBy> Child<F, R, P> {
    /// A child that counts in its group already.
    pub(crate) fn new(group: &GroupCore, birth: Birth, future: F, receiver: R, counted: Counted) -> Self {
        birth.tell_started::<F>(group, P::GROUP);
        Self::made(birth, future, receiver, counted)
    }

    /// A child that belongs to no group yet.
    pub(crate) fn unstarted(birth: Birth, future: F, receiver: R) -> Self {
        Self::made(birth, future, receiver, Counted::NotYet)
    }

    fn made(birth: Birth, future: F, receiver: R, counted: Counted) -> Self {
        let node = receiver.node();
        Self {
            birth,
            node,
            begun: false,
            counted,
            receiver,
            polled_by: PhantomData,
            future: Some(future),
        }
    }

    /// Runs `f` in the context of the task.
    fn within<T>(
        mut self: Pin<&mut Self>,
        group: &mut Membership,
        f: impl FnOnce(Pin<&mut Option<F>>) -> T,
    ) -> Result<T, Panic> {
        let this = self.as_mut().project();
        let birth = this.birth;
        let fill = |task: &mut TaskFrame| birth.fill::<F>(task);
        let entered = context::enter_task(P::GROUP, fill, this.node, group);
        let result = catch_unwind(AssertUnwindSafe(|| f(this.future)));
        entered.leave_task(&mut birth.extra, this.node, group);
        result
    }

    /// Whether the child is to end, by its group's will or its handle's.
    fn is_told(&self, group: &Membership) -> bool {
        group_of(group).is_cancelled()
            || self
                .node
                .as_ref()
                .is_some_and(|node| node.node().is_own_cancelled())
    }

    /// Passes the group's cancellation on to the guards in this task.
    fn tell_guards(&self, group: &Membership) {
        if let Some(node) = &self.node
            && !node.node().is_own_cancelled()
        {
            let reason = group_of(group)
                .node()
                .reason()
                .unwrap_or_else(CancelReason::dropped);
            node.node().pass_on(reason);
        }
    }

    /// Drops the future; a panic of its destructors counts as the task's.
    fn drop_future(self: Pin<&mut Self>, group: &mut Membership) -> Result<(), Panic> {
        self.within(group, |mut future| future.set(None))
    }

    fn end_cancelled(mut self: Pin<&mut Self>, group: &mut Membership) {
        let dropped = self.as_mut().drop_future(group);
        self.end_dropped(group, dropped);
    }

    /// The future was dropped where it waited, because the child was told to end.
    fn end_dropped(self: Pin<&mut Self>, group: &Membership, dropped: Result<(), Panic>) {
        if group_of(group).is_cancelled() {
            group_of(group).cut_short();
        }
        release_stranded();
        match dropped {
            Ok(()) => self.end(group, Status::Cancelled, None),
            Err(panic) => self.end(group, Status::Panicked, Some(panic)),
        }
    }

    fn end_returned(mut self: Pin<&mut Self>, group: &Membership, output: F::Output) {
        let this = self.as_mut().project();
        let birth = this.birth;
        let receiver = this.receiver;
        // A conversion of the error into the group's type is user code too.
        match catch_unwind(AssertUnwindSafe(|| {
            receiver.returned(output, || birth.info::<F>())
        })) {
            Err(panic) => self.end(group, Status::Panicked, Some(panic)),
            Ok(Some(failure)) => {
                group_of(group).failed(failure);
                self.end(group, Status::Failed, None);
            }
            Ok(None) => self.end(group, Status::Returned, None),
        }
    }

    /// It has ended, and is about to leave its group.
    fn end(mut self: Pin<&mut Self>, group: &Membership, status: Status, panic: Option<Panic>) {
        tell(|observer| observer.ended(&self.birth.info::<F>(), status.as_end()));
        if let Some(panic) = panic.and_then(|panic| self.receiver.panicked(panic)) {
            let task = self.birth.info::<F>();
            group_of(group).panicked(panic, Some(task));
        }
        let this = self.as_mut().project();
        if status != Status::Returned {
            this.receiver.ended(status);
        }
        *this.node = None;
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| this.receiver.let_go())) {
            group_of(group).panicked(panic, Some(this.birth.info::<F>()));
        }
    }

    /// It was dropped before it ended: the group was dropped, or the runtime is going away.
    #[cold]
    fn end_in_drop(self: Pin<&mut Self>, group: &mut Membership) {
        if !self.is_told(group) {
            group_of(group).lost();
        }
        if context::is_hosted() {
            return self.end_cancelled(group);
        }
        visit(&Context::from_waker(Waker::noop()), || self.end_cancelled(group));
    }

    /// Ready when it has ended and is to leave its group. `park` sees to it that a child is polled which its group tells to end.
    #[inline(always)]
    fn poll_in(
        mut self: Pin<&mut Self>,
        group: &mut Membership,
        cx: &mut Context<'_>,
        mut park: impl FnMut(&GroupCore),
    ) -> Poll<()> {
        loop {
            let told = self.is_told(group);
            if told {
                if !self.begun {
                    self.as_mut().end_cancelled(group); // T10
                    return Poll::Ready(());
                }
                self.tell_guards(group);
            }
            let mut cut = false;
            let polled = self.as_mut().within(group, |mut future| {
                let running = future
                    .as_mut()
                    .as_pin_mut()
                    .expect("a child is not polled after it has ended");
                let polled = running.poll(cx);
                // It was told before, and waits still (C2): it ends here, unless a guard holds it (C6).
                cut = told && polled.is_pending() && !context::is_held();
                if cut || polled.is_ready() {
                    future.set(None);
                }
                polled
            });
            if cut {
                self.end_dropped(group, polled.map(drop));
                return Poll::Ready(());
            }
            match polled {
                Ok(Poll::Ready(output)) => {
                    self.end_returned(group, output);
                    return Poll::Ready(());
                }
                Err(panic) => {
                    if let Err(second) = self.as_mut().drop_future(group) {
                        crate::group::core::drop_quietly(second);
                    }
                    self.end(group, Status::Panicked, Some(panic));
                    return Poll::Ready(());
                }
                Ok(Poll::Pending) => {}
            }
            let this = self.as_mut().project();
            if !*this.begun {
                *this.begun = true;
                this.receiver.begun();
            }
            if let Some(node) = this.node {
                node.node().park(cx.waker());
            }
            if !told {
                park(group_of(group));
            }
            if !self.is_told(group) {
                return Poll::Pending;
            }
            // Told while it ran: the guards below, polled with the waker of the task, are to see it.
            let held = self.node.as_ref().is_some_and(|node| node.node().is_held());
            if !held {
                self.end_cancelled(group);
                return Poll::Ready(());
            }
            if told {
                return Poll::Pending;
            }
        }
    }
}

pin_project! {
    /// A child that a runtime polls, which counts in its group.
    pub(crate) struct TaskChild<F: Future, R: Receive<F::Output>> {
        // Gone once the child has left it.
        group: Membership,
        place: Option<Place>,
        // The thread that started it.
        home: Home,
        #[pin]
        child: Child<F, R, Runtime>,
    }

    impl<F: Future, R: Receive<F::Output>> PinnedDrop for TaskChild<F, R> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this;
            if this.group.is_some() {
                let parts = this.as_mut().project();
                parts.child.end_in_drop(parts.group);
                this.leave(None);
            }
        }
    }
}

impl<F: Future, R: Receive<F::Output>> TaskChild<F, R> {
    /// A child that counts in its group already.
    pub(crate) fn new(group: Arc<GroupCore>, birth: Birth, future: F, receiver: R) -> Self {
        let child = Child::new(&group, birth, future, receiver, Counted::ForItself);
        Self {
            group: Some(group),
            place: None,
            home: Home::here(),
            child,
        }
    }

    fn leave(self: Pin<&mut Self>, waker: Option<&Waker>) {
        let this = self.project();
        let group = this.group.take().expect("a child leaves its group only once");
        group.let_go(this.place.take(), waker, *this.home, size_of::<Self>());
        group.leave();
        remains::pass();
    }
}

impl<F: Future, R: Receive<F::Output>> Future for TaskChild<F, R> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.as_mut().project();
        let (place, waker) = (this.place, cx.waker());
        ready!(this.child.poll_in(this.group, cx, |group| {
            if place.is_none() {
                *place = group.park(waker);
            }
        }));
        self.leave(Some(cx.waker()));
        Poll::Ready(())
    }
}

/// A child that borrows: whoever runs the group polls it, tells it when the group is cancelled, and lends it the group (T6).
pub(crate) type Borrower<F, R> = Child<F, R, Group>;

impl<F, R> Borrower<F, R> {
    fn leave(self: Pin<&mut Self>, group: &GroupCore) {
        match mem::replace(self.project().counted, Counted::NoMore) {
            Counted::WithBody => group.leave_with_body(),
            Counted::ForItself => group.leave(),
            Counted::NotYet | Counted::NoMore => {}
        }
    }
}

impl<F: Future, R: Receive<F::Output>> Seated for Borrower<F, R> {
    fn poll(mut self: Pin<&mut Self>, group: &mut Membership, cx: &mut Context<'_>) -> Poll<()> {
        ready!(self.as_mut().poll_in(group, cx, |_| {}));
        self.leave(group_of(group));
        Poll::Ready(())
    }

    fn cut(mut self: Pin<&mut Self>, group: &mut Membership) {
        if matches!(self.counted, Counted::WithBody | Counted::ForItself) {
            self.as_mut().end_in_drop(group);
            self.leave(group_of(group));
        }
    }
}

impl<F: Future, R: Keep<F::Output>> Known for Borrower<F, R> {
    type Value = R::Value;

    fn start(&mut self, group: &GroupCore) {
        self.counted = Counted::WithBody;
        group.enter_with_body();
        self.birth.tell_started::<F>(group, Group::GROUP);
    }

    #[inline]
    fn has_ended(&self) -> bool {
        self.counted == Counted::NoMore
    }

    fn value(self: Pin<&mut Self>) -> R::Value {
        self.project().receiver.take()
    }
}

pin_project! {
    /// A child that the runtime polls as a task of its own: one allocation, made by the runtime (T4).
    pub(crate) struct Root<B: AsyncBackend, C> {
        backend: B,
        host: Host<B>,
        #[pin]
        child: C,
    }
}

impl<B: AsyncBackend, C> Root<B, C> {
    pub(crate) fn new(backend: B, child: C) -> Self {
        Self {
            backend,
            host: Host::new(),
            child,
        }
    }
}

impl<B: AsyncBackend, C: Future> Future for Root<B, C> {
    type Output = C::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<C::Output> {
        let mut this = self.project();
        this.host
            .poll(this.backend, cx, |cx| this.child.as_mut().poll(cx))
    }
}
