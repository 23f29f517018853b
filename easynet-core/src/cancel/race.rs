//! Several futures in one task, of which the first to finish wins.
//!
//! # Invariants
//!
//! 1. Each branch has a scope of its own, which needs no node unless something in the branch does (C11).
//! 2. A loser is cancelled before anything of it is polled again, so that no operation of it completes by that (C3).
//! 3. One that nothing holds is dropped where it is suspended; one that a guard holds is polled until it has let
//!    go (C6).
//! 4. The race yields once every branch has ended, and not where an outer scope was cancelled while it waited for
//!    that (C4). A panic of a branch resumes then all the same (T3).

use std::{
    fmt,
    future::{Future, IntoFuture},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{CancelReason, node::Attached};
use crate::{
    backend::AsyncBackend,
    context::{
        self,
        clock::{release_stranded, strand},
        host::HostSlot,
    },
    group::core::{Panic, drop_quietly},
    language::Which,
};

pin_project! {
    /// Future of [`AsyncBackend::race`], and of `race!`.
    #[must_use = "nothing is run unless it is awaited"]
    pub struct Race<B: AsyncBackend, R: Branches> {
        backend: B,
        host: HostSlot<B>,
        #[pin]
        run: Run<R>,
    }
}

impl<B: AsyncBackend, R: Branches> Race<B, R> {
    /// A race between branches that are made already.
    #[doc(hidden)]
    pub fn between(backend: &B, branches: R) -> Self {
        Self {
            backend: backend.unbind(),
            host: HostSlot::new(),
            run: Run {
                branches,
                first: None,
                waited: false,
            },
        }
    }
}

impl<B: AsyncBackend, F: Future> Race<B, Field<F>> {
    #[track_caller]
    pub(crate) fn new(backend: &B, futures: impl IntoIterator<Item: IntoFuture<IntoFuture = F>>) -> Self {
        let branches: Vec<_> = futures
            .into_iter()
            .map(|future| Box::pin(Branch::new(future.into_future())))
            .collect();
        assert!(!branches.is_empty(), "a race without futures has no winner");
        Self::between(backend, Field { branches })
    }
}

impl<B: AsyncBackend, R: Branches> Future for Race<B, R> {
    type Output = R::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R::Output> {
        let mut this = self.project();
        this.host.poll(this.backend, cx, |cx| this.run.as_mut().poll(cx))
    }
}

impl<B: AsyncBackend, R: Branches> fmt::Debug for Race<B, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Race").finish_non_exhaustive()
    }
}

pin_project! {
    struct Run<R: Branches> {
        #[pin]
        branches: R,
        // What the first branch to end has yielded, or panicked with.
        first: Option<Result<R::Output, Panic>>,
        // The race has been suspended since.
        waited: bool,
    }

    impl<R: Branches> PinnedDrop for Run<R> {
        fn drop(this: Pin<&mut Self>) {
            if let Some(Err(panic)) = this.project().first.take() {
                tracing::error!(target: "easynet", "a branch of a race panicked and nobody is left to resume it");
                drop_quietly(panic);
            }
        }
    }
}

impl<R: Branches> Future for Run<R> {
    type Output = R::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R::Output> {
        let mut this = self.project();
        if this.first.is_none() {
            let first = ready!(this.branches.as_mut().poll_first(cx));
            *this.first = Some(first);
            this.branches.as_mut().cancel();
        }
        let mut panic = None;
        let ended = this.branches.poll_ended(cx, &mut panic);
        if let Some(panic) = panic {
            overtake(this.first, panic);
        }
        if ended.is_pending() {
            *this.waited = true;
            return Poll::Pending;
        }
        // Invariant 4.
        if *this.waited && matches!(this.first, Some(Ok(_))) && strand(cx.waker()) {
            return Poll::Pending;
        }
        match this.first.take().expect("a branch has ended") {
            Ok(value) => Poll::Ready(value),
            Err(panic) => resume_unwind(panic),
        }
    }
}

/// A loser panicked: that is the outcome, unless another panic is already.
#[cold]
fn overtake<T>(first: &mut Option<Result<T, Panic>>, panic: Panic) {
    match first {
        Some(Err(_)) => drop_quietly(panic),
        _ => drop_quietly(first.replace(Err(panic))),
    }
}

/// The branches of a race.
pub trait Branches: sealed::Sealed {
    /// What the winner yields.
    type Output;

    /// Polls the branches in order, up to the first that has ended.
    #[doc(hidden)]
    fn poll_first(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Self::Output, Panic>>;

    /// Cancels all that have not ended.
    #[doc(hidden)]
    fn cancel(self: Pin<&mut Self>);

    /// Ends all that have been cancelled; ready when they have. Keeps the first panic.
    #[doc(hidden)]
    fn poll_ended(self: Pin<&mut Self>, cx: &mut Context<'_>, panic: &mut Option<Panic>) -> Poll<()>;
}

mod sealed {
    pub trait Sealed {}
}

pin_project! {
    /// One future of a race, in its scope.
    pub struct Branch<F> {
        // Made by whatever in the branch needs one.
        node: Option<Attached>,
        // Gone when the branch has ended.
        #[pin]
        body: Option<F>,
    }
}

impl<F: Future> Branch<F> {
    /// A branch that has not begun.
    pub fn new(future: F) -> Self {
        Self {
            node: None,
            body: Some(future),
        }
    }

    fn is_held(&self) -> bool {
        self.node.as_ref().is_some_and(|node| node.node().is_held())
    }

    /// Polls the body in its scope; what has ended, or panicked, is dropped there as well.
    fn poll_body(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<F::Output, Panic>> {
        let mut this = self.project();
        if let Some(node) = this.node.as_ref() {
            node.attach_here();
        }
        let entered = context::enter_scope(this.node, None, false);
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let body = this.body.as_mut().as_pin_mut();
            let polled = body.expect("not polled after it has ended").poll(cx);
            if polled.is_ready() {
                this.body.set(None);
            }
            polled
        }));
        if polled.is_err() {
            drop_quietly_in_place(this.body.as_mut());
        }
        entered.leave(this.node);
        let ended = match polled {
            Ok(Poll::Pending) => {
                // Before anything looks at the state again: whoever cancels, or lets go, finds whom to wake.
                if let Some(node) = this.node.as_ref() {
                    node.node().park(cx.waker());
                }
                return Poll::Pending;
            }
            Ok(Poll::Ready(value)) => Ok(value),
            Err(panic) => Err(panic),
        };
        *this.node = None;
        Poll::Ready(ended)
    }

    /// Drops the body where it is suspended, in its scope.
    fn end(self: Pin<&mut Self>) -> Result<(), Panic> {
        let mut this = self.project();
        let entered = context::enter_scope(this.node, None, true);
        let dropped = catch_unwind(AssertUnwindSafe(|| this.body.set(None)));
        entered.leave(this.node);
        *this.node = None;
        release_stranded();
        dropped
    }
}

fn drop_quietly_in_place<F>(mut body: Pin<&mut Option<F>>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| body.set(None))) {
        drop_quietly(second);
    }
}

impl<F: Future> sealed::Sealed for Branch<F> {}

impl<F: Future> Branches for Branch<F> {
    type Output = F::Output;

    fn poll_first(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<F::Output, Panic>> {
        self.poll_body(cx)
    }

    fn cancel(self: Pin<&mut Self>) {
        // Without a guard there is nobody to be told: it is dropped at once.
        if let Some(node) = &self.node
            && node.node().is_held()
        {
            node.node().cancel(CancelReason::lost_race());
        }
    }

    fn poll_ended(mut self: Pin<&mut Self>, cx: &mut Context<'_>, panic: &mut Option<Panic>) -> Poll<()> {
        if self.body.is_none() {
            return Poll::Ready(());
        }
        let ended = if self.is_held() {
            match self.as_mut().poll_body(cx) {
                Poll::Pending if self.is_held() => return Poll::Pending,
                Poll::Pending => self.as_mut().end(),
                // It completed all the same (C2): nobody receives its value, whose destructor may panic as well.
                Poll::Ready(completed) => {
                    release_stranded();
                    completed.and_then(|value| catch_unwind(AssertUnwindSafe(|| drop(value))))
                }
            }
        } else {
            self.as_mut().end()
        };
        if let Err(own) = ended {
            drop_quietly(match panic {
                None => panic.replace(own),
                Some(_) => Some(own),
            });
        }
        Poll::Ready(())
    }
}

impl<F> fmt::Debug for Branch<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Branch")
            .field("ended", &self.body.is_none())
            .finish_non_exhaustive()
    }
}

pin_project! {
    /// A branch, and those behind it.
    pub struct Then<F, L> {
        #[pin]
        branch: Branch<F>,
        #[pin]
        later: L,
    }
}

impl<F: Future, L> Then<F, L> {
    /// A branch in front of others.
    pub fn new(future: F, later: L) -> Self {
        Self {
            branch: Branch::new(future),
            later,
        }
    }
}

impl<F: Future, L: Branches> sealed::Sealed for Then<F, L> {}

impl<F: Future, L: Branches> Branches for Then<F, L> {
    type Output = Which<F::Output, L::Output>;

    fn poll_first(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Self::Output, Panic>> {
        let this = self.project();
        match this.branch.poll_first(cx) {
            Poll::Ready(ended) => Poll::Ready(ended.map(Which::This)),
            Poll::Pending => this.later.poll_first(cx).map_ok(Which::Later),
        }
    }

    fn cancel(self: Pin<&mut Self>) {
        let this = self.project();
        this.branch.cancel();
        this.later.cancel();
    }

    fn poll_ended(self: Pin<&mut Self>, cx: &mut Context<'_>, panic: &mut Option<Panic>) -> Poll<()> {
        let this = self.project();
        let ended = this.branch.poll_ended(cx, panic);
        let later = this.later.poll_ended(cx, panic);
        if ended.is_pending() { ended } else { later }
    }
}

impl<F, L> fmt::Debug for Then<F, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Then")
            .field("branch", &self.branch)
            .finish_non_exhaustive()
    }
}

/// Any number of branches of one type.
pub struct Field<F> {
    branches: Vec<Pin<Box<Branch<F>>>>,
}

impl<F: Future> sealed::Sealed for Field<F> {}

impl<F: Future> Branches for Field<F> {
    type Output = F::Output;

    fn poll_first(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<F::Output, Panic>> {
        let mut branches = self.branches.iter_mut();
        let ended = branches.find_map(|branch| match branch.as_mut().poll_first(cx) {
            Poll::Ready(ended) => Some(ended),
            Poll::Pending => None,
        });
        ended.map_or(Poll::Pending, Poll::Ready)
    }

    fn cancel(mut self: Pin<&mut Self>) {
        self.branches
            .iter_mut()
            .for_each(|branch| branch.as_mut().cancel());
    }

    fn poll_ended(mut self: Pin<&mut Self>, cx: &mut Context<'_>, panic: &mut Option<Panic>) -> Poll<()> {
        let mut ended = Poll::Ready(());
        for branch in &mut self.branches {
            if branch.as_mut().poll_ended(cx, panic).is_pending() {
                ended = Poll::Pending;
            }
        }
        ended
    }
}

impl<F> fmt::Debug for Field<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field").field("branches", &self.branches).finish()
    }
}
