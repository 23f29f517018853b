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
    marker::PhantomData,
    mem,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{
    GroupHandle, TaskGroup,
    core::{GroupCore, Panic, Steps},
    error::{Failure, GroupError, TaskGroupError},
    scoped::Inbox,
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
    executor::{places::Places, queue::Rest},
    observe::{GuardKind, inspects, tell},
    task::{
        TaskInfo,
        child::{Birth, Membership},
    },
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
        engine: Engine<'env, F, InTask, &'g TaskGroup<'env, B, E>>,
    }
}

impl<'g, 'env, B, E, F, C> RunGroup<'g, 'env, B, E, F, C>
where
    B: AsyncBackend,
    E: GroupError,
    F: Future,
{
    pub(super) fn new(group: &'g TaskGroup<'env, B, E>, body: F, carry: C) -> Self {
        let engine = Engine::new(group, body, InTask::default());
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

/// Where a group is run: inside of a task, or as one.
pub(super) trait Setting {
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
pub(super) struct Lent {
    node: Option<Attached>,
    group: Membership,
}

/// A group that is run.
pub(super) trait Opened<'env> {
    fn core(&self) -> &Arc<GroupCore>;

    /// Where its children come in that borrow.
    fn inbox(&self) -> &Inbox<'env>;
}

impl<'env, B: AsyncBackend, E: GroupError> Opened<'env> for &TaskGroup<'env, B, E> {
    fn core(&self) -> &Arc<GroupCore> {
        GroupHandle::core(self)
    }

    fn inbox(&self) -> &Inbox<'env> {
        TaskGroup::inbox(self)
    }
}

/// Inside of a task: a guard from its first suspension on.
#[derive(Default)]
pub(super) struct InTask {
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

/// As the task that a program is: nothing is around it.
struct AsTask<F> {
    // Made in the first poll: the program is the first task of its run.
    birth: Option<Birth>,
    location: &'static Location<'static>,
    program: PhantomData<fn() -> F>,
}

impl<F> AsTask<F> {
    #[inline]
    fn birth(&mut self) -> &mut Birth {
        let location = self.location;
        self.birth
            .get_or_insert_with(|| Birth::new(Some("main".into()), location))
    }
}

impl<F> Setting for AsTask<F> {
    #[inline]
    fn settle(&self, _core: &GroupCore, _node: &Attached) {}

    #[inline(always)]
    fn enter(&mut self, lent: &mut Lent) -> Caught {
        let birth = self.birth();
        context::enter_program(|task| birth.fill::<F>(task), &mut lent.node, &mut lent.group)
    }

    #[inline(always)]
    fn leave(&mut self, entered: Caught, lent: &mut Lent) {
        let birth = self.birth();
        entered.leave_program(birth.extra(), &mut lent.node, &mut lent.group);
    }

    #[inline]
    fn hold(&mut self, _core: &GroupCore, _node: &Attached) {}

    fn let_go(&mut self) {}

    fn task(&self) -> Option<TaskInfo> {
        Some(self.birth.as_ref()?.info::<F>())
    }

    fn around<R>(&mut self, f: impl FnOnce() -> R) -> R {
        let birth = self.birth();
        let entered =
            context::enter_task(false, |task| birth.fill::<F>(task), &mut None, &mut None).guarded();
        let result = f();
        entered.caught().leave_task(birth.extra(), &mut None, &mut None);
        result
    }
}

pin_project! {
    /// What is the same for every group, whatever its backend and error type.
    pub(super) struct Engine<'env, F: Future, S: Setting, G: Opened<'env>> {
        setting: S,
        group: G,
        lent: Lent,
        suspended: bool,
        // The body, while it runs, and its value afterwards.
        #[pin]
        body: Option<F>,
        value: Option<F::Output>,
        // Made for the first child that borrows: most groups have none.
        scoped: Option<Places<'env>>,
        // Those children have been told that the group is cancelled.
        told: bool,
        // The body has ended: it counts no more.
        ended: bool,
        // Nor are there children that count with it.
        left: bool,
    }

    impl<'env, F: Future, S: Setting, G: Opened<'env>> PinnedDrop for Engine<'env, F, S, G> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            // The body's count is needed once more, to be handed to the adopter.
            if this.group.core().is_closed() || (*this.left && !this.group.core().enter()) {
                return;
            }
            // C10: the children are cancelled before anything below is dropped.
            this.group.core().cancel(CancelReason::dropped());
            let mut steps = Steps::default();
            steps.take(|| this.body.set(None));
            if let Some(mut scoped) = this.scoped.take() {
                steps.take(|| scoped.cut_all(&mut this.lent.group));
            }
            steps.take(|| this.group.inbox().cut_all(&mut this.lent.group));
            if *this.ended && !*this.left {
                this.group.core().enter_with_body();
            }
            this.group.core().abandon();
            steps.finish();
        }
    }
}

impl<'env, F: Future, S: Setting, G: Opened<'env>> Engine<'env, F, S, G> {
    pub(super) fn new(group: G, body: F, setting: S) -> Self {
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
            body: Some(body),
            value: None,
            scoped: None,
            told: false,
            ended: false,
            left: false,
        }
    }

    pub(super) fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        leaves_early: impl Fn(&F::Output) -> bool,
    ) -> Poll<Ended<F::Output>> {
        let this = self.as_mut().project();
        if let Some(node) = &this.lent.node {
            this.setting.settle(this.group.core(), node);
        }
        let mut told = false;
        loop {
            let cancelled = self.group.core().is_cancelled();
            if let Err(panic) = self.as_mut().poll_body(cx, &leaves_early) {
                self.end_panicked(panic);
            }
            self.as_mut().note_end();
            // Who has left polls nobody.
            if !self.group.inbox().is_empty() || self.scoped.is_some() && !self.left {
                self.as_mut().poll_scoped(cx);
            }
            if self.group.core().is_cancelled() {
                self.as_mut().drop_cancelled_body();
                self.as_mut().note_end();
            }
            let this = self.as_mut().project();
            if this.body.is_none() && !*this.left {
                let nobody = this.scoped.as_ref().is_none_or(Places::is_empty);
                *this.left = nobody && this.group.inbox().is_empty();
                if *this.left {
                    this.group.core().enter_with_body();
                    this.group.core().leave_last();
                }
            }
            if this.group.core().poll_closed(cx.waker()) {
                return self.finish(cx);
            }
            this.group.core().node().park(cx.waker());
            // Started from elsewhere since, by one that found nobody to wake. Those from inside have their turn with our next.
            if this.group.inbox().is_filled() {
                continue;
            }
            // Cancelled while it ran: the guards in the body, polled with our waker, are to see it.
            if this.group.core().is_cancelled() && !cancelled && !mem::replace(&mut told, true) {
                continue;
            }
            let node = this.lent.node.as_ref();
            let node = node.expect("it is back when the body is not being polled");
            this.setting.hold(this.group.core(), node);
            *this.suspended = true;
            if this.body.is_none() {
                let core = this.group.core();
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
    fn poll_scoped(self: Pin<&mut Self>, cx: &mut Context<'_>) {
        let this = self.project();
        let core = this.group.core();
        // One that counts for itself: what it starts in turn counts with the body again.
        if *this.left && core.enter() {
            core.leave_with_body();
            *this.left = false;
        }
        let inbox = this.group.inbox();
        let scoped = this.scoped.get_or_insert_with(Places::for_group);
        if core.is_cancelled() && !mem::replace(this.told, true) {
            scoped.tell_all();
        }
        if inspects() {
            return drop(Self::within(this.setting, this.lent, || {
                scoped.poll_all(cx, |arrived| inbox.take(arrived), &mut Some(core.clone()));
            }));
        }
        let group = &mut this.lent.group;
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let rest = scoped.poll_turn(cx, |arrived| inbox.take(arrived), group, || true, 1);
            if rest == Rest::Busy {
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

/// The group of a program, which is started in by nobody.
struct Alone {
    core: Arc<GroupCore>,
    /// Nobody borrows from around a program: it stays empty.
    inbox: Inbox<'static>,
}

impl Alone {
    fn new(location: &'static Location<'static>) -> Self {
        Self {
            core: GroupCore::new(location, None),
            inbox: Inbox::new(),
        }
    }
}

impl Opened<'static> for Alone {
    fn core(&self) -> &Arc<GroupCore> {
        &self.core
    }

    fn inbox(&self) -> &Inbox<'static> {
        &self.inbox
    }
}

pin_project! {
    /// The program that `bootstrap` runs: the one task that is in no group, since it is one (T12).
    ///
    /// Nothing is started in that group but by adoption: it waits for what the program left behind.
    pub(crate) struct Program<F: Future> {
        #[pin]
        engine: Engine<'static, F, AsTask<F>, Alone>,
    }
}

impl<F: Future> Program<F> {
    pub(crate) fn new(location: &'static Location<'static>, future: F) -> Self {
        let setting = AsTask {
            birth: None,
            location,
            program: PhantomData,
        };
        Self {
            engine: Engine::new(Alone::new(location), future, setting),
        }
    }
}

impl<F: Future> Future for Program<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let ended = this.engine.poll(cx, |_| false);
        ended.map(|ended| match ended {
            Ended::Whole(value) => value,
            Ended::Failed { .. } | Ended::Interrupted(_) => {
                unreachable!(
                    "the adopted log their failures, and there is nothing around that could cut it short"
                )
            }
        })
    }
}
