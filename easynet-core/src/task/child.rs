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
    panic::{AssertUnwindSafe, Location, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use pin_project_lite::pin_project;

use super::{
    TaskId, TaskInfo,
    remains::{self, Home},
    state::{Status, TaskState},
};
use crate::{
    backend::AsyncBackend,
    cancel::{CancelReason, node::Attached, parked::Place},
    context::{
        self, Extra, TaskFrame,
        clock::release_stranded,
        host::{Host, visit},
    },
    group::{
        core::{GroupCore, Panic},
        error::{Failure, GroupError},
        outcome::{Fallible, Outcome},
    },
    observe::tell,
    shared::Lock,
};

/// Who a child is, from its start on.
pub(crate) struct Birth {
    id: TaskId,
    location: &'static Location<'static>,
    extra: Option<Arc<Extra>>,
}

impl Birth {
    pub(crate) fn new(name: Option<Arc<str>>, location: &'static Location<'static>) -> Self {
        let locals = context::locals();
        let extra = (name.is_some() || locals.is_some()).then(|| Arc::new(Extra { name, locals }));
        Self {
            id: TaskId::next(),
            location,
            extra,
        }
    }

    pub(crate) fn info<F>(&self) -> TaskInfo {
        self.frame::<F>(self.extra.clone()).info()
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

/// What becomes of the output of a child.
pub(crate) trait Receive<O>: Send {
    /// The state through which a handle cancels the child, if there is a handle.
    fn node(&self) -> Option<Attached> {
        None
    }

    fn begun(&self) {}

    /// The output of a child that returned; the failure if it is one.
    fn returned(&self, output: O, task: impl FnOnce() -> TaskInfo) -> Option<Failure>;

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
    fn returned(&self, output: O, task: impl FnOnce() -> TaskInfo) -> Option<Failure> {
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

    fn returned(&self, output: O, task: impl FnOnce() -> TaskInfo) -> Option<Failure> {
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

    fn returned(&self, output: T, _task: impl FnOnce() -> TaskInfo) -> Option<Failure> {
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
    fn returned(&self, output: T, _task: impl FnOnce() -> TaskInfo) -> Option<Failure> {
        self.put(output);
        None
    }
}

pub(crate) struct KeptResult<T, E>(Kept<T>, PhantomData<fn() -> E>);

impl<T: Send, E: GroupError, O: Fallible<E, Value = T>> Receive<O> for KeptResult<T, E> {
    fn returned(&self, output: O, task: impl FnOnce() -> TaskInfo) -> Option<Failure> {
        match output.into_result() {
            Ok(value) => {
                self.0.put(value);
                None
            }
            Err(error) => Some(Failure::new(task(), error)),
        }
    }
}

pin_project! {
    /// A child, without a host: what a group polls itself (T6).
    pub(crate) struct Child<F: Future, R: Receive<F::Output>> {
        // Gone once the child has left its group.
        group: Option<Arc<GroupCore>>,
        birth: Birth,
        node: Option<Attached>,
        place: Option<Place>,
        // The thread that started it; none if the group itself polls it, and tells it when it is cancelled.
        home: Option<Home>,
        begun: bool,
        receiver: R,
        #[pin]
        future: Option<F>,
    }

    impl<F: Future, R: Receive<F::Output>> PinnedDrop for Child<F, R> {
        fn drop(this: Pin<&mut Self>) {
            if this.group.is_some() {
                this.end_in_drop();
            }
        }
    }
}

impl<F: Future, R: Receive<F::Output>> Child<F, R> {
    /// A child that counts in its group already; `scoped` if the group is to poll it itself.
    pub(crate) fn new(group: Arc<GroupCore>, birth: Birth, future: F, receiver: R, scoped: bool) -> Self {
        tell(|observer| observer.started(&birth.info::<F>(), group.id(), scoped));
        let node = receiver.node();
        Self {
            group: Some(group),
            birth,
            node,
            place: None,
            home: (!scoped).then(Home::here),
            begun: false,
            receiver,
            future: Some(future),
        }
    }

    /// Runs `f` in the context of the task.
    fn within<T>(mut self: Pin<&mut Self>, f: impl FnOnce(Pin<&mut Option<F>>) -> T) -> Result<T, Panic> {
        let this = self.as_mut().project();
        let birth = this.birth;
        let entered = context::enter_task(|task| birth.fill::<F>(task), this.node, this.group);
        let result = catch_unwind(AssertUnwindSafe(|| f(this.future)));
        entered.leave_task(&mut birth.extra, this.node, this.group);
        result
    }

    fn group(&self) -> &Arc<GroupCore> {
        self.group
            .as_ref()
            .expect("a child is in its group until it has ended")
    }

    /// Whether the child is to end, by its group's will or its handle's.
    fn is_told(&self) -> bool {
        self.group().is_cancelled()
            || self
                .node
                .as_ref()
                .is_some_and(|node| node.node().is_own_cancelled())
    }

    /// Passes the group's cancellation on to the guards in this task.
    fn tell_guards(&self) {
        if let Some(node) = &self.node
            && !node.node().is_own_cancelled()
        {
            let reason = self.group().node().reason().unwrap_or_else(CancelReason::dropped);
            node.node().pass_on(reason);
        }
    }

    /// Drops the future; a panic of its destructors counts as the task's.
    fn drop_future(self: Pin<&mut Self>) -> Result<(), Panic> {
        self.within(|mut future| future.set(None))
    }

    fn end_cancelled(mut self: Pin<&mut Self>, waker: Option<&Waker>) {
        let dropped = self.as_mut().drop_future();
        self.end_dropped(dropped, waker);
    }

    /// The future was dropped where it waited, because the child was told to end.
    fn end_dropped(self: Pin<&mut Self>, dropped: Result<(), Panic>, waker: Option<&Waker>) {
        if self.group().is_cancelled() {
            self.group().cut_short();
        }
        release_stranded();
        match dropped {
            Ok(()) => self.end(Status::Cancelled, None, waker),
            Err(panic) => self.end(Status::Panicked, Some(panic), waker),
        }
    }

    fn end_returned(mut self: Pin<&mut Self>, output: F::Output, waker: &Waker) {
        let this = self.as_mut().project();
        let birth = this.birth;
        let receiver = this.receiver;
        // A conversion of the error into the group's type is user code too.
        match catch_unwind(AssertUnwindSafe(|| {
            receiver.returned(output, || birth.info::<F>())
        })) {
            Err(panic) => self.end(Status::Panicked, Some(panic), Some(waker)),
            Ok(Some(failure)) => {
                self.group().failed(failure);
                self.end(Status::Failed, None, Some(waker));
            }
            Ok(None) => self.end(Status::Returned, None, Some(waker)),
        }
    }

    fn end(mut self: Pin<&mut Self>, status: Status, panic: Option<Panic>, waker: Option<&Waker>) {
        tell(|observer| observer.ended(&self.birth.info::<F>(), status.as_end()));
        if let Some(panic) = panic.and_then(|panic| self.receiver.panicked(panic)) {
            let task = self.birth.info::<F>();
            self.group().panicked(panic, Some(task));
        }
        let this = self.as_mut().project();
        if status != Status::Returned {
            this.receiver.ended(status);
        }
        *this.node = None;
        let group = this.group.take().expect("a child leaves its group only once");
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| this.receiver.let_go())) {
            group.panicked(panic, Some(this.birth.info::<F>()));
        }
        if let Some(home) = *this.home {
            group.let_go(this.place.take(), waker, home, size_of::<Self>());
        }
        group.leave();
        if this.home.is_some() {
            remains::pass();
        }
    }

    /// The runtime dropped the child before it ended: the group was dropped, or the runtime is going away.
    fn end_in_drop(self: Pin<&mut Self>) {
        if !self.is_told() {
            self.group().lost();
        }
        if context::is_hosted() {
            return self.end_cancelled(None);
        }
        visit(&Context::from_waker(Waker::noop()), || self.end_cancelled(None));
    }
}

impl<F: Future, R: Receive<F::Output>> Future for Child<F, R> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let told = self.is_told();
            if told {
                if !self.begun {
                    self.as_mut().end_cancelled(Some(cx.waker())); // T10
                    return Poll::Ready(());
                }
                self.tell_guards();
            }
            let mut cut = false;
            let polled = self.as_mut().within(|mut future| {
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
                self.end_dropped(polled.map(drop), Some(cx.waker()));
                return Poll::Ready(());
            }
            match polled {
                Ok(Poll::Ready(output)) => {
                    self.end_returned(output, cx.waker());
                    return Poll::Ready(());
                }
                Err(panic) => {
                    if let Err(second) = self.as_mut().drop_future() {
                        crate::group::core::drop_quietly(second);
                    }
                    self.end(Status::Panicked, Some(panic), Some(cx.waker()));
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
            if this.home.is_some() && this.place.is_none() && !told {
                *this.place = this.group.as_ref().and_then(|group| group.park(cx.waker()));
            }
            if !self.is_told() {
                return Poll::Pending;
            }
            // Told while it ran: the guards below, polled with the waker of the task, are to see it.
            let held = self.node.as_ref().is_some_and(|node| node.node().is_held());
            if !held {
                self.end_cancelled(Some(cx.waker()));
                return Poll::Ready(());
            }
            if told {
                return Poll::Pending;
            }
        }
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
