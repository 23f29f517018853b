//! The future of a group: polls the body and the children that borrow, and waits for all.
//!
//! # Invariants
//!
//! 1. The group yields only when its count is zero: nothing of it runs any more (T1).
//! 2. From its first suspension on the group is a guard of the scopes above (C6).
//! 3. A panic resumes only then, and is never lost to a cancellation (T3).

mod program;
mod together;

use std::{
    fmt,
    future::Future,
    mem,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

pub(crate) use self::{
    program::Program,
    together::{End, Together},
};
use super::{
    TaskGroup,
    children::{Borrowers, Children},
    core::{GroupCore, Panic, Steps},
    error::{Failure, GroupError, TaskGroupError},
};
use crate::{
    backend::AsyncBackend,
    cancel::{
        CancelReason,
        node::{Attached, Guard},
    },
    context::{
        self, Caught,
        clock::{release_stranded, strand},
        host::HostSlot,
    },
    executor::queue::Rest,
    observe::{GuardKind, inspects, tell},
    task::{TaskInfo, child::Membership},
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
        engine: Engine<F, InTask, &'g Arc<GroupCore>, Borrowers<'g, 'env>>,
    }
}

impl<'g, 'env, B, E, F, C> RunGroup<'g, 'env, B, E, F, C>
where
    B: AsyncBackend,
    E: GroupError,
    F: Future,
{
    pub(super) fn new(group: &'g TaskGroup<'env, B, E>, body: F, carry: C) -> Self {
        let children = Borrowers::new(group.inbox());
        let engine = Engine::new(group.core(), Some(body), children, InTask::default());
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
        let ended = std::task::ready!(this.host.poll(this.backend, cx, |cx| {
            this.engine.as_mut().poll(cx, |value| value.is_break())
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
enum Ended<T> {
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

/// Where a group is run: inside of a task, or as one.
trait Setting {
    /// Puts the group where it is polled: under the scope around it, and under the group around it (C9).
    fn settle(&self, core: &GroupCore, node: &Attached);

    /// Enters the context of the body.
    fn enter(&mut self, lent: &mut Lent) -> Caught;

    /// Leaves it again.
    fn leave(&mut self, entered: Caught, lent: &mut Lent);

    /// The group is suspended: it holds the scopes above it (C6).
    fn hold(&mut self, core: &GroupCore, node: &Attached);

    /// The group has ended.
    fn let_go(&mut self);

    /// The task whose code the body is.
    fn task(&self) -> Option<TaskInfo>;

    /// Runs `f` in the context of that task, which is all that is around the group.
    fn around<R>(&mut self, f: impl FnOnce() -> R) -> R;
}

/// What is on the stack while the body or a child is polled, and here otherwise.
struct Lent {
    node: Option<Attached>,
    group: Membership,
}

/// A group that is run: what belongs to nobody else, or is borrowed.
trait Opened {
    fn core(&self) -> &Arc<GroupCore>;
}

impl Opened for Arc<GroupCore> {
    #[inline]
    fn core(&self) -> &Arc<GroupCore> {
        self
    }
}

impl Opened for &Arc<GroupCore> {
    #[inline]
    fn core(&self) -> &Arc<GroupCore> {
        self
    }
}

/// Inside of a task: a guard from its first suspension on.
#[derive(Default)]
struct InTask {
    guard: Option<Guard>,
}

impl Setting for InTask {
    #[inline]
    fn settle(&self, core: &GroupCore, node: &Attached) {
        if !node.is_here() {
            node.attach_here();
            drop(context::with_nearest_group(|parent| core.follow(parent)));
        }
    }

    #[inline(always)]
    fn enter(&mut self, lent: &mut Lent) -> Caught {
        context::enter_group(&mut lent.node, &mut lent.group)
    }

    #[inline(always)]
    fn leave(&mut self, entered: Caught, lent: &mut Lent) {
        entered.leave_group(&mut lent.node, &mut lent.group);
    }

    #[inline]
    fn hold(&mut self, core: &GroupCore, node: &Attached) {
        Guard::hold_above(&mut self.guard, node, GuardKind::Group(core.location()));
    }

    fn let_go(&mut self) {
        self.guard = None;
    }

    fn task(&self) -> Option<TaskInfo> {
        context::current_task()
    }

    #[inline]
    fn around<R>(&mut self, f: impl FnOnce() -> R) -> R {
        f()
    }
}

pin_project! {
    /// What is the same for every group, whatever its backend and error type.
    struct Engine<F: Future, S: Setting, G: Opened, C: Children> {
        setting: S,
        group: G,
        lent: Lent,
        suspended: bool,
        // The body, while it runs, and its value afterwards.
        #[pin]
        body: Option<F>,
        value: Option<F::Output>,
        #[pin]
        children: C,
        // The body has ended: it counts no more.
        ended: bool,
        // Nor are there children that count with it.
        left: bool,
    }

    impl<F: Future, S: Setting, G: Opened, C: Children> PinnedDrop for Engine<F, S, G, C> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let core = this.group.core();
            // The body's count is needed once more, to be handed to the adopter.
            if core.is_closed() || (*this.left && !core.enter()) {
                return;
            }
            // C10: the children are cancelled before anything below is dropped.
            core.cancel(CancelReason::dropped());
            let mut steps = Steps::default();
            steps.take(|| this.body.set(None));
            this.children.cut_all(&mut this.lent.group, &mut steps);
            if *this.ended && !*this.left {
                core.enter_with_body();
            }
            core.abandon();
            steps.finish();
        }
    }
}

impl<F: Future, S: Setting, G: Opened, C: Children> Engine<F, S, G, C> {
    fn new(group: G, body: Option<F>, children: C, setting: S) -> Self {
        let core = group.core();
        let node = Attached::detached(core.node().clone());
        Self {
            setting,
            lent: Lent {
                node: Some(node),
                group: Some(core.clone()),
            },
            group,
            suspended: false,
            body,
            value: None,
            children,
            ended: false,
            left: false,
        }
    }

    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        leaves_early: impl Fn(&F::Output) -> bool,
    ) -> Poll<Ended<F::Output>> {
        if let Some(node) = &self.lent.node {
            self.setting.settle(self.group.core(), node);
        }
        let mut told = false;
        loop {
            let cancelled = self.group.core().is_cancelled();
            if let Err(panic) = self.as_mut().poll_body(cx, &leaves_early) {
                self.end_panicked(panic);
            }
            self.as_mut().note_end();
            if self.children.are_due(self.left) {
                self.as_mut().poll_children(cx);
            }
            if self.group.core().is_cancelled() {
                self.as_mut().drop_cancelled_body();
                self.as_mut().note_end();
            }
            let this = self.as_mut().project();
            let core = this.group.core();
            if this.body.is_none() && !*this.left && this.children.have_ended() {
                *this.left = true;
                core.enter_with_body();
                core.leave_last();
            }
            if core.poll_closed(cx.waker()) {
                return self.finish(cx);
            }
            core.node().park(cx.waker());
            // Started from elsewhere since, by one that found nobody to wake. Those from inside have their turn with our next.
            if this.children.have_come_from_elsewhere() {
                continue;
            }
            // Cancelled while it ran: the guards in the body, polled with our waker, are to see it.
            if core.is_cancelled() && !cancelled && !mem::replace(&mut told, true) {
                continue;
            }
            let node = this.lent.node.as_ref();
            let node = node.expect("it is back when the body is not being polled");
            this.setting.hold(core, node);
            *this.suspended = true;
            if this.body.is_none() {
                tell(|_| this.setting.around(|| core.tell_waiting()));
            }
            return Poll::Pending;
        }
    }

    /// Runs `f` in the context of the body.
    #[inline(always)]
    fn within<T>(setting: &mut S, lent: &mut Lent, f: impl FnOnce() -> T) -> Result<T, Panic> {
        let entered = setting.enter(lent);
        let result = catch_unwind(AssertUnwindSafe(f));
        setting.leave(entered, lent);
        result
    }

    fn poll_body(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        leaves_early: impl Fn(&F::Output) -> bool,
    ) -> Result<(), Panic> {
        let mut this = self.as_mut().project();
        if this.body.is_none() {
            return Ok(());
        }
        let polled = Self::within(this.setting, this.lent, || {
            let body = this.body.as_mut().as_pin_mut();
            let polled = body.expect("it has not ended").poll(cx);
            if let Poll::Ready(value) = &polled {
                // Before anything is dropped.
                if leaves_early(value) {
                    this.group.core().cancel(CancelReason::body_left());
                }
                this.body.set(None);
            }
            polled
        });
        match polled {
            Ok(Poll::Pending) => {}
            Ok(Poll::Ready(value)) => *this.value = Some(value),
            Err(panic) => {
                self.drop_panicked_body();
                return Err(panic);
            }
        }
        Ok(())
    }

    #[cold]
    fn drop_panicked_body(self: Pin<&mut Self>) {
        let mut this = self.project();
        if let Err(second) = Self::within(this.setting, this.lent, || this.body.set(None)) {
            super::core::drop_quietly(second);
        }
    }

    #[cold]
    fn end_panicked(&self, panic: Panic) {
        self.group.core().panicked(panic, self.setting.task());
    }

    /// A body that has ended counts no more.
    #[inline]
    fn note_end(self: Pin<&mut Self>) {
        let this = self.project();
        if this.body.is_none() && !mem::replace(this.ended, true) {
            this.group.core().leave_with_body();
        }
    }

    #[inline(never)]
    fn poll_children(self: Pin<&mut Self>, cx: &mut Context<'_>) {
        let mut this = self.project();
        let core = this.group.core();
        // One that counts for itself: what it starts in turn counts with the body again.
        if *this.left && core.enter() {
            core.leave_with_body();
            *this.left = false;
        }
        if inspects() {
            return drop(Self::within(this.setting, this.lent, || {
                this.children.poll_all(&mut Some(core.clone()), cx);
            }));
        }
        let (children, group) = (this.children.as_mut(), &mut this.lent.group);
        let polled = catch_unwind(AssertUnwindSafe(|| {
            if children.poll(group, cx, core.is_cancelled()) == Rest::Busy {
                cx.waker().wake_by_ref();
            }
        }));
        if let Err(panic) = polled {
            // Children catch their own; this is that of a waker, or of what a child leaves behind. Others may be waiting for their turn.
            core.panicked(panic, None);
            let woken = catch_unwind(AssertUnwindSafe(|| cx.waker().wake_by_ref()));
            super::core::drop_quietly(woken);
        }
    }

    /// Ends the body where it is suspended, once no guard in it holds the group (C1, C6).
    #[cold]
    fn drop_cancelled_body(self: Pin<&mut Self>) {
        let mut this = self.project();
        if this.body.is_none() || this.group.core().node().is_held() {
            return;
        }
        this.group.core().cut_short();
        if let Err(panic) = Self::within(this.setting, this.lent, || this.body.set(None)) {
            this.group.core().panicked(panic, this.setting.task());
        }
        release_stranded();
    }

    #[inline(never)]
    fn finish(self: Pin<&mut Self>, cx: &Context<'_>) -> Poll<Ended<F::Output>> {
        let this = self.project();
        let reason = if this.group.core().was_cut_short() {
            this.group.core().node().reason()
        } else {
            None
        };
        this.setting.let_go();
        this.lent.node = None;
        // T13: leaving a group that had to wait, or was cut short, is a suspension point. What it would report stays with it, for whoever polls it
        // where nothing is cancelled, or to be logged; but a panic goes on.
        let waited = *this.suspended || this.group.core().was_cut_short();
        if waited && !this.group.core().has_panicked() && strand(cx.waker()) {
            return Poll::Pending;
        }
        let (failures, panic) = this.group.core().take_report();
        if let Some(panic) = panic {
            failures.iter().for_each(Failure::log);
            resume_unwind(panic);
        }
        let value = this.value.take();
        if !failures.is_empty() {
            return Poll::Ready(Ended::Failed {
                failures,
                value,
                body: this.setting.task(),
            });
        }
        // Cancelled by a scope that is not around it any more (C9), or a task went with its runtime: a value would not be that of the whole.
        let own = this.group.core().node().is_own_cancelled() && !this.group.core().has_lost();
        let interrupted = this.group.core().was_cut_short() && !own;
        Poll::Ready(match value.filter(|_| !interrupted) {
            Some(value) => Ended::Whole(value),
            None => Ended::Interrupted(reason.unwrap_or_else(CancelReason::dropped)),
        })
    }
}
