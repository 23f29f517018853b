//! The portal: what threads call, and the future that serves them.
//!
//! A portal is a task group with a line of plain calls beside it. A coroutine is a child of the group, started by the thread that
//! calls; what becomes of it is its caller's, not the group's. Plain calls are run by whoever polls the portal, between
//! two polls of its body.
//!
//! # Invariants
//!
//! 1. The line is open exactly while the body runs. Every call that was taken in is run before the portal is left, also
//!    when it is left by a cancellation or a panic (PRT-10).
//! 2. Leaving waits for all coroutines, as every group does.

pub(crate) mod calls;

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

use self::calls::{Calls, Stage};
use super::{
    call::{Call, Caller, Outcome, Plain, Run},
    error::PortalError,
    future::PortalFuture,
    looped::{Loop, LoopOf},
};
use crate::{
    backend::AsyncBackend,
    cancel::CancelReason,
    group::{BoxError, TaskGroup, core::GroupCore},
    shared::Lock,
    task::child::{Birth, Child},
};

/// How many plain calls are run before others get their turn.
const BUDGET: usize = 256;

/// What the portal, its handles and its calls share.
pub(super) type Shared = Core<dyn Loop>;

pub(super) struct Core<L: ?Sized> {
    group: Arc<GroupCore>,
    calls: Calls<Box<dyn Run>>,
    looped: L,
}

impl Shared {
    /// Fails where blocking would wait for itself.
    pub(super) fn check_blocking(&self) -> Result<(), PortalError> {
        if self.looped.is_here() {
            return Err(PortalError::on_event_loop());
        }
        Ok(())
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
        self.serve(body)
    }

    /// Takes calls in from now on.
    pub(super) fn open(&self) -> bool {
        self.handle.core.calls.open()
    }

    /// The future of a portal that is open.
    pub(super) fn serve<F: Future>(&self, body: F) -> impl Future<Output = F::Output> + use<B, F> {
        let group = self.group.lock().take().expect("a portal is served only once");
        let serve = Serve {
            portal: self.handle.core.clone(),
            body,
        };
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
        if let Some(group) = self.group.lock().take() {
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

/// Runs code in an event loop, from any other thread.
///
/// Clones belong to the same portal. A handle keeps no portal open.
///
/// # Errors
///
/// Every call fails with [`PortalError`] when the portal has not been entered, or was left; and those that block
/// (without `soon` in their names) when a task of the portal's own event loop makes them, which would wait for itself.
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() {
/// use std::{sync::Arc, thread};
///
/// use easynet::{sync::Event, threads::create_threads_portal};
///
/// let portal = create_threads_portal();
/// portal
///     .run(async {
///         let (portal, done) = (portal.handle(), Arc::new(Event::new()));
///         let set = done.clone();
///         let thread = thread::spawn(move || {
///             assert_eq!(portal.run_coroutine(async { 6 * 7 }), Ok(42));
///             portal.run_sync(move || set.set()).unwrap();
///         });
///         done.wait().await;
///         thread.join().unwrap();
///     })
///     .await;
/// # }
/// ```
#[derive(Clone)]
pub struct PortalHandle {
    core: Arc<Shared>,
}

impl PortalHandle {
    /// Starts a coroutine in the event loop, and waits until it has ended.
    ///
    /// # Errors
    ///
    /// See the [type](Self); and when the coroutine was cancelled, with the portal or by itself.
    ///
    /// # Panics
    ///
    /// A panic of the coroutine resumes here.
    #[track_caller]
    pub fn run_coroutine<F>(&self, coroutine: F) -> Result<F::Output, PortalError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.run_coroutine_as(None, Location::caller(), coroutine)
    }

    /// Starts a coroutine in the event loop: a task of the portal's group.
    ///
    /// Its failure and its panic are its caller's alone. Unlike the others this may be called by a task as well.
    ///
    /// # Errors
    ///
    /// See the [type](Self).
    #[track_caller]
    pub fn run_coroutine_soon<F>(&self, coroutine: F) -> Result<PortalFuture<F::Output>, PortalError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.start(None, Location::caller(), coroutine)
    }

    /// Calls a function in the event loop, and waits for its value.
    ///
    /// What it returns is its value, also if that is a future: for one there is [`run_coroutine`](Self::run_coroutine). While it runs,
    /// the task of the portal does nothing else, so it must not block.
    ///
    /// # Errors
    ///
    /// See the [type](Self).
    ///
    /// # Panics
    ///
    /// A panic of the function resumes here.
    pub fn run_sync<F, T>(&self, function: F) -> Result<T, PortalError>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.core.check_blocking()?;
        self.run_sync_soon(function)?.wait()
    }

    /// Calls a function in the event loop, when the calls before it have returned.
    ///
    /// Calls are run in the order in which they are made, one after the other.
    ///
    /// # Errors
    ///
    /// See the [type](Self).
    pub fn run_sync_soon<F, T>(&self, function: F) -> Result<PortalFuture<T>, PortalError>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.core.looped.checkpoint();
        let call = Call::plain();
        let plain = Box::new(Plain::new(function, call.clone()));
        self.core.calls.push(plain).map_err(|(_, stage)| refused(stage))?;
        Ok(PortalFuture::new(call, self.core.clone()))
    }

    /// Names the coroutine that is started next.
    pub fn named(&self, name: impl Into<Arc<str>>) -> NamedCall<'_> {
        NamedCall {
            portal: self,
            name: name.into(),
        }
    }

    /// Whether the calling thread polls a task of the portal's own event loop, so that a blocking call would be refused.
    pub fn is_on_event_loop(&self) -> bool {
        self.core.looped.is_here()
    }

    /// Whether the portal takes no calls: it has not been entered, or was left.
    pub fn is_closed(&self) -> bool {
        self.core.calls.stage() != Stage::Open
    }

    fn run_coroutine_as<F>(
        &self,
        name: Option<Arc<str>>,
        location: &'static Location<'static>,
        coroutine: F,
    ) -> Result<F::Output, PortalError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.core.check_blocking()?;
        self.start(name, location, coroutine)?.wait()
    }

    fn start<F>(
        &self,
        name: Option<Arc<str>>,
        location: &'static Location<'static>,
        coroutine: F,
    ) -> Result<PortalFuture<F::Output>, PortalError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.core.looped.checkpoint();
        self.core.check_open()?;
        let call = Call::of_task();
        let group = &self.core.group;
        if group.is_cancelled() {
            let reason = group.node().reason().unwrap_or_else(CancelReason::let_go);
            call.end(Outcome::Cancelled(reason));
            drop(coroutine);
        } else if group.enter() {
            let caller = Caller::new(call.clone(), group.clone());
            let birth = Birth::new(name, location);
            let child = Child::new(group.clone(), birth, coroutine, caller, false);
            self.core.looped.start(Box::pin(child));
        } else {
            return Err(PortalError::closed());
        }
        Ok(PortalFuture::new(call, self.core.clone()))
    }
}

impl fmt::Debug for PortalHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PortalHandle")
            .field("stage", &self.core.calls.stage())
            .field("group", &self.core.group)
            .finish()
    }
}

/// Starts one coroutine under a name.
#[must_use = "a name alone starts no coroutine"]
#[derive(Debug)]
pub struct NamedCall<'a> {
    portal: &'a PortalHandle,
    name: Arc<str>,
}

impl NamedCall<'_> {
    /// As [`PortalHandle::run_coroutine`].
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Panics
    ///
    /// As there.
    #[track_caller]
    pub fn run_coroutine<F>(self, coroutine: F) -> Result<F::Output, PortalError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.portal
            .run_coroutine_as(Some(self.name), Location::caller(), coroutine)
    }

    /// As [`PortalHandle::run_coroutine_soon`].
    ///
    /// # Errors
    ///
    /// As there.
    #[track_caller]
    pub fn run_coroutine_soon<F>(self, coroutine: F) -> Result<PortalFuture<F::Output>, PortalError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.portal.start(Some(self.name), Location::caller(), coroutine)
    }
}
