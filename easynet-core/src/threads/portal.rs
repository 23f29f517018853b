//! The portal: what threads call, and the future that serves them.
//!
//! A portal is a task group with a line of plain calls beside it. A coroutine is a child of the group, started by the thread that
//! calls, or together with those of other threads (`starts`); what becomes of it is its caller's, not the group's. Plain calls are run by whoever polls the portal, between
//! two polls of its body.
//!
//! # Invariants
//!
//! 1. The line is open exactly while the body runs. Every call that was taken in is run before the portal is left, also
//!    when it is left by a cancellation or a panic (PRT-10).
//! 2. Leaving waits for all coroutines, as every group does.

pub(crate) mod calls;
mod handle;
mod starts;

use std::{
    fmt,
    future::Future,
    ops::Deref,
    panic::{AssertUnwindSafe, Location, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use pin_project_lite::pin_project;

pub use self::handle::{NamedCall, PortalHandle};
use self::{
    calls::{Calls, Stage},
    starts::Starts,
};
use super::{
    call::Run,
    error::PortalError,
    looped::{Loop, LoopOf, Served},
};
use crate::{
    backend::AsyncBackend,
    group::{BoxError, TaskGroup, core::GroupCore},
    shared::Lock,
};

/// How many plain calls are run before others get their turn.
const BUDGET: usize = 256;

/// What the portal, its handles and its calls share.
pub(super) type Shared = Core<dyn Loop>;

pub(super) struct Core<L: ?Sized> {
    group: Arc<GroupCore>,
    calls: Calls<Box<dyn Run>>,
    starts: Starts,
    served: Served,
    looped: L,
}

impl Shared {
    /// Fails where blocking would wait for itself.
    pub(super) fn check_blocking(&self) -> Result<(), PortalError> {
        if self.is_here() {
            return Err(PortalError::on_event_loop());
        }
        Ok(())
    }

    fn is_here(&self) -> bool {
        self.looped.is_here(&self.served)
    }

    pub(super) fn block(
        &self,
        limit: Option<Duration>,
        poll: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>,
    ) -> bool {
        self.looped.block(limit, poll)
    }

    fn check_open(&self) -> Result<(), PortalError> {
        match self.calls.stage() {
            Stage::Open => Ok(()),
            stage => Err(refused(stage)),
        }
    }

    /// Runs all that is in the line, whatever happens in it.
    fn close(&self) {
        self.calls.close();
        while let Some(call) = self.calls.next() {
            run(call);
        }
    }
}

fn refused(stage: Stage) -> PortalError {
    match stage {
        Stage::New => PortalError::not_entered(),
        Stage::Open | Stage::Closed => PortalError::closed(),
    }
}

/// When a thread wants the value of a coroutine.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// It waits for it.
    AtOnce,
    /// It goes on, and may start others, which are to begin in their order.
    Later,
}

/// Runs a call, which catches its own panic; what remains is that of a destructor.
fn run(call: Box<dyn Run>) {
    if catch_unwind(AssertUnwindSafe(|| call.run())).is_err() {
        tracing::error!(target: "easynet", "what a call through a portal has left behind panicked");
    }
}

/// Lets threads run code in an event loop: see [`AsyncBackend::create_threads_portal`].
///
/// Threads use a [`handle`](Self::handle) to it, while [`run`](Self::run) is awaited.
#[must_use = "a portal is closed unless it is run"]
pub struct ThreadsPortal<B: AsyncBackend> {
    handle: PortalHandle,
    /// Until it is entered.
    group: Lock<Option<TaskGroup<'static, B, BoxError>>>,
}

impl<B: AsyncBackend> ThreadsPortal<B> {
    pub(crate) fn new(backend: &B, location: &'static Location<'static>) -> Self {
        assert!(
            !super::job::is_inside(),
            "a portal belongs to an event loop, and this is a blocking job: use `threads::current_portal`"
        );
        Self::opened_at(backend, location)
    }

    pub(super) fn opened_at(backend: &B, location: &'static Location<'static>) -> Self {
        let group = TaskGroup::opened_at(backend, location);
        let core = Arc::new(Core {
            group: group.core().clone(),
            calls: Calls::new(),
            starts: Starts::default(),
            served: Served::default(),
            looped: LoopOf(group.backend().clone()),
        });
        Self {
            handle: PortalHandle { core },
            group: Lock::new(Some(group)),
        }
    }

    /// Runs `body`, with the portal open for threads meanwhile.
    ///
    /// Leaving it refuses new calls, runs the plain calls that were made before, and waits for the coroutines.
    ///
    /// # Cancellation
    ///
    /// The body and the coroutines are cancelled, and have ended before the enclosing scope does; plain calls that were made
    /// before are run.
    ///
    /// # Panics
    ///
    /// When the portal has been entered before: it works once. And when it was cancelled in one scope and is polled outside
    /// of it afterwards, since there is no value then. A panic of the body resumes once all have ended.
    #[track_caller]
    pub fn run<F: Future>(&self, body: F) -> impl Future<Output = F::Output> + use<B, F> {
        assert!(
            self.open(),
            "this portal has been entered before: a portal works once, create a new one"
        );
        self.handle.core.served.note();
        self.serve(body)
    }

    /// Takes calls in from now on.
    pub(super) fn open(&self) -> bool {
        self.handle.core.calls.open()
    }

    /// The future of a portal that is open.
    pub(super) fn serve<F: Future>(&self, body: F) -> impl Future<Output = F::Output> + use<B, F> {
        let group = self.group.lock().take().expect("a portal is served only once");
        // Boxed: each layer of `async` around a body may have room for it twice.
        let serve = Box::pin(Serve {
            portal: self.handle.core.clone(),
            body,
        });
        async move {
            match group.run(serve).await {
                Ok(value) => value,
                Err(error) => panic!("a portal cannot go on outside of the scope that cancelled it: {error}"),
            }
        }
    }

    /// What threads take along.
    pub fn handle(&self) -> PortalHandle {
        self.handle.clone()
    }
}

/// Calling, as through a handle.
impl<B: AsyncBackend> Deref for ThreadsPortal<B> {
    type Target = PortalHandle;

    fn deref(&self) -> &PortalHandle {
        &self.handle
    }
}

impl<B: AsyncBackend> Drop for ThreadsPortal<B> {
    fn drop(&mut self) {
        let group = self.group.lock().take();
        if let Some(group) = group {
            // Nobody serves it any more: calls that it took in are cancelled.
            let calls = &self.handle.core.calls;
            calls.close();
            while let Some(call) = calls.next() {
                drop(call);
            }
            drop(group);
        }
    }
}

impl<B: AsyncBackend> fmt::Debug for ThreadsPortal<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadsPortal")
            .field("stage", &self.handle.core.calls.stage())
            .finish()
    }
}

pin_project! {
    /// The body of a portal, and its plain calls.
    struct Serve<F> {
        portal: Arc<Shared>,
        #[pin]
        body: F,
    }

    impl<F> PinnedDrop for Serve<F> {
        fn drop(this: Pin<&mut Self>) {
            // Invariant 1.
            this.project().portal.close();
        }
    }
}

impl<F: Future> Future for Serve<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.portal.served.note();
        if let Poll::Ready(value) = this.body.poll(cx) {
            this.portal.close();
            return Poll::Ready(value);
        }
        for _ in 0..BUDGET {
            match this.portal.calls.next_or_park(cx.waker()) {
                Some(call) => run(call),
                None => return Poll::Pending,
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
