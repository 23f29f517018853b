//! The future of a group: polls the body and the children that borrow, and waits for all.
//!
//! # Invariants
//!
//! 1. The group yields only when its count is zero: nothing of it runs any more (T1).
//! 2. From its first suspension on the group is a guard of the scopes above (C6).
//! 3. A panic resumes only then, and is never lost to a cancellation (T3).

use std::{
    fmt,
    future::Future,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use pin_project_lite::pin_project;

use super::{
    TaskGroup,
    core::{GroupCore, Panic},
    error::{BoxError, Failure, GroupError, TaskGroupError},
    scoped::Inbox,
};
use crate::{
    backend::AsyncBackend,
    cancel::{
        CancelReason,
        node::{Attached, Guard},
    },
    context::{
        self, Frame,
        clock::{release_stranded, strand},
        host::HostSlot,
    },
    executor::{places::Places, queue::Rest},
    observe::GuardKind,
    task::TaskInfo,
};

pin_project! {
    /// Future of a group's body and children; what `task_group!` awaits.
    #[must_use = "the body is not run unless it is awaited"]
    pub struct RunGroup<'g, 'env, B: AsyncBackend, E: GroupError, F: Future, C> {
        group: &'g TaskGroup<'env, B, E>,
        backend: B,
        host: HostSlot<B>,
        carry: Option<C>,
        #[pin]
        engine: Engine<'env, F>,
    }
}

impl<'g, 'env, B, E, F, C> RunGroup<'g, 'env, B, E, F, C>
where
    B: AsyncBackend,
    E: GroupError,
    F: Future,
{
    pub(super) fn new(group: &'g TaskGroup<'env, B, E>, body: F, carry: C) -> Self {
        let engine = Engine::new(group.core().clone(), body);
        Self {
            group,
            backend: group.backend().unbind(),
            host: HostSlot::new(),
            carry: Some(carry),
            engine,
        }
    }
}

impl<B, E, F, C, J, T> Future for RunGroup<'_, '_, B, E, F, C>
where
    B: AsyncBackend,
    E: GroupError,
    F: Future<Output = ControlFlow<J, T>>,
    C: FnOnce(J) -> Option<E>,
{
    type Output = Result<ControlFlow<J, T>, TaskGroupError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let inbox = this.group.inbox();
        let ended = std::task::ready!(this.host.poll(this.backend, cx, |cx| {
            this.engine.as_mut().poll(cx, inbox, |value| value.is_break())
        }));
        let location = this.group.core().location();
        Poll::Ready(match ended {
            Ended::Whole(value) => Ok(value),
            Ended::Failed {
                failures,
                value,
                body,
            } => {
                let error = TaskGroupError::failed(failures, location);
                let carry = this.carry.take().expect("not polled after it has ended");
                let own = match value {
                    Some(ControlFlow::Break(jump)) => carry(jump),
                    _ => None,
                };
                Err(match own.zip(body) {
                    Some((own, body)) => error.with_body(body, own),
                    None => error,
                })
            }
            Ended::Interrupted(reason) => Err(TaskGroupError::interrupted_by(reason, location)),
        })
    }
}

impl<B: AsyncBackend, E: GroupError, F: Future, C> fmt::Debug for RunGroup<'_, '_, B, E, F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunGroup")
            .field("group", self.group)
            .finish_non_exhaustive()
    }
}

/// How a group ended.
pub(super) enum Ended<T> {
    /// All returned.
    Whole(T),
    /// Some failed; the value of the body, if it had one, and the task it ran in.
    Failed {
        failures: Vec<Failure>,
        value: Option<T>,
        body: Option<TaskInfo>,
    },
    /// The body was cut short by a scope that is not around it any more.
    Interrupted(CancelReason),
}

pin_project! {
    /// What is the same for every group, whatever its backend and error type.
    pub(super) struct Engine<'env, F: Future> {
        core: Arc<GroupCore>,
        node: Option<Attached>,
        guard: Option<Guard>,
        suspended: bool,
        // The body, while it runs, and its value afterwards.
        #[pin]
        body: Option<F>,
        value: Option<F::Output>,
        // Made for the first child that borrows: most groups have none.
        scoped: Option<Places<'env>>,
        // The body gave up its count.
        left: bool,
    }

    impl<F: Future> PinnedDrop for Engine<'_, F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            // The body's count is needed once more, to be handed to the adopter.
            if this.core.is_closed() || (*this.left && !this.core.enter()) {
                return;
            }
            // C10: the children are cancelled before anything below is dropped.
            this.core.cancel(CancelReason::dropped());
            let dropped = catch_unwind(AssertUnwindSafe(|| {
                this.body.set(None);
                *this.scoped = None;
            }));
            this.core.abandon();
            if let Err(panic) = dropped
                && !std::thread::panicking()
            {
                resume_unwind(panic);
            }
        }
    }
}

impl<'env, F: Future> Engine<'env, F> {
    pub(super) fn new(core: Arc<GroupCore>, body: F) -> Self {
        let node = Attached::detached(core.node().clone());
        Self {
            core,
            node: Some(node),
            guard: None,
            suspended: false,
            body: Some(body),
            value: None,
            scoped: None,
            left: false,
        }
    }

    pub(super) fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        inbox: &Inbox<'env>,
        leaves_early: impl Fn(&F::Output) -> bool,
    ) -> Poll<Ended<F::Output>> {
        self.as_mut().settle();
        let mut told = false;
        loop {
            let cancelled = self.core.is_cancelled();
            if let Err(panic) = self.as_mut().poll_body(cx, &leaves_early) {
                let task = context::current_task();
                self.core.panicked(panic, task);
            }
            self.as_mut().poll_scoped(cx, inbox);
            self.as_mut().drop_cancelled_body();
            let this = self.as_mut().project();
            if this.body.is_none() && !std::mem::replace(this.left, true) {
                this.core.leave();
            }
            if this.core.poll_closed(cx.waker()) {
                return self.finish(cx);
            }
            this.core.node().park(cx.waker());
            // Started from another task since, by one that found nobody to wake.
            if !inbox.is_empty() {
                continue;
            }
            // Cancelled while it ran: the guards in the body, polled with our waker, are to see it.
            if this.core.is_cancelled() && !cancelled && !std::mem::replace(&mut told, true) {
                continue;
            }
            let here = context::node();
            match this.guard {
                Some(guard) => guard.follow(&here),
                None => *this.guard = Some(Guard::new(&here, GuardKind::Group(this.core.location()))),
            }
            *this.suspended = true;
            this.core.tell_waiting(this.body.is_none());
            return Poll::Pending;
        }
    }

    /// Puts the group where it is polled: under the scope around it, and under the group around it (C9).
    fn settle(self: Pin<&mut Self>) {
        let this = self.project();
        let here = context::node();
        if let Some(node) = this.node
            && !node.is_attached_to(&here)
        {
            node.attach(Some(&here));
            this.core.set_parent(context::nearest_group());
        }
    }

    /// Runs `f` in the context of the body.
    fn within<T>(
        node: &mut Option<Attached>,
        core: &Arc<GroupCore>,
        f: impl FnOnce() -> T,
    ) -> Result<T, Panic> {
        let entered = context::enter(Frame::group(node.take(), core.clone()));
        let result = catch_unwind(AssertUnwindSafe(f));
        *node = entered.leave().node;
        result
    }

    fn poll_body(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        leaves_early: impl Fn(&F::Output) -> bool,
    ) -> Result<(), Panic> {
        let mut this = self.project();
        let Some(body) = this.body.as_mut().as_pin_mut() else {
            return Ok(());
        };
        let polled = Self::within(this.node, this.core, || body.poll(cx));
        match polled {
            Ok(Poll::Pending) => return Ok(()),
            Ok(Poll::Ready(value)) => {
                if leaves_early(&value) {
                    this.core.cancel(CancelReason::body_left());
                }
                *this.value = Some(value);
            }
            Err(panic) => {
                let dropped = Self::within(this.node, this.core, || this.body.set(None));
                if let Err(second) = dropped {
                    super::core::drop_quietly(second);
                }
                return Err(panic);
            }
        }
        Self::within(this.node, this.core, || this.body.set(None))
    }

    fn poll_scoped(self: Pin<&mut Self>, cx: &mut Context<'_>, inbox: &Inbox<'env>) {
        let this = self.project();
        if this.scoped.is_none() && inbox.is_empty() {
            return;
        }
        let scoped = this.scoped.get_or_insert_default();
        let polled = Self::within(this.node, this.core, || {
            let rest = scoped.poll_turn(cx, |arrived| inbox.take(arrived), || true);
            if rest == Rest::Busy {
                cx.waker().wake_by_ref();
            }
        });
        if let Err(panic) = polled {
            this.core.panicked(panic, None); // Children catch their own; this is a waker's.
        }
    }

    /// Ends the body where it is suspended, once no guard in it holds the group (C1, C6).
    fn drop_cancelled_body(self: Pin<&mut Self>) {
        let mut this = self.project();
        if this.body.is_none() || !this.core.is_cancelled() || this.core.node().is_held() {
            return;
        }
        this.core.cut_short();
        if let Err(panic) = Self::within(this.node, this.core, || this.body.set(None)) {
            this.core.panicked(panic, context::current_task());
        }
        release_stranded();
    }

    fn finish(self: Pin<&mut Self>, cx: &Context<'_>) -> Poll<Ended<F::Output>> {
        let this = self.project();
        let reason = this.core.node().reason();
        *this.guard = None;
        *this.node = None;
        let (failures, panic) = this.core.take_report();
        if let Some(panic) = panic {
            failures.iter().for_each(Failure::log);
            resume_unwind(panic);
        }
        // T13: leaving a group that had to wait, or was cut short, is a suspension point.
        if (*this.suspended || this.core.was_cut_short()) && strand(cx.waker()) {
            failures.iter().for_each(Failure::log);
            return Poll::Pending;
        }
        let value = this.value.take();
        if !failures.is_empty() {
            return Poll::Ready(Ended::Failed {
                failures,
                value,
                body: context::current_task(),
            });
        }
        // Cancelled by a scope that is not around it any more: a value would not be that of the whole (C9).
        let interrupted = this.core.was_cut_short() && !this.core.node().is_own_cancelled();
        Poll::Ready(match value.filter(|_| !interrupted) {
            Some(value) => Ended::Whole(value),
            None => Ended::Interrupted(reason.unwrap_or_else(CancelReason::dropped)),
        })
    }
}

/// The root task of [`bootstrap`](crate::AsyncBackend::bootstrap): a group whose body is the program (T12).
pub(crate) struct RunMain;

impl RunMain {
    pub(crate) async fn run<B: AsyncBackend, F: Future>(
        backend: B,
        main: F,
        location: &'static Location<'static>,
        job_grace: Option<Duration>,
    ) -> F::Output {
        let group = TaskGroup::<B, BoxError>::opened_at(&backend, location);
        match group.run(crate::threads::with_grace(job_grace, main)).await {
            Ok(value) => value,
            // Nothing is started in this group but by adoption, and failures of the adopted are logged.
            Err(error) => unreachable!("the root group has no children of its own: {error}"),
        }
    }
}
