//! What threads call.

use std::{fmt, future::Future, panic::Location, sync::Arc};

use super::{Shared, Wanted, calls::Stage, refused};
use crate::{
    cancel::CancelReason,
    task::child::{Birth, TaskChild},
    threads::{
        call::{Call, Caller, Outcome, Plain},
        error::PortalError,
        future::PortalFuture,
        plain::PlainValue,
    },
};

/// Runs code in an event loop, from any other thread.
///
/// Clones belong to the same portal. A handle keeps no portal open.
///
/// # Errors
///
/// Every call fails with [`PortalError`] when the portal has not been entered, or was left; and those that block
/// (without `soon` in their names) when a task of the portal's own event loop makes them, which would wait for itself: any task that easynet
/// polls, and any at all that runs on the only thread of the loop.
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
    pub(super) core: Arc<Shared>,
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
        self.start(None, Location::caller(), coroutine, Wanted::Later)
    }

    /// Calls a function in the event loop, and waits for its value.
    ///
    /// An asynchronous function is none: there is [`run_coroutine`](Self::run_coroutine). While it runs, the task of the portal does
    /// nothing else, so it must not block.
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
        T: PlainValue + Send + 'static,
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
        T: PlainValue + Send + 'static,
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
    ///
    /// Of an event loop on several threads, tasks that easynet does not poll are not recognised: they are to block, if at all, by
    /// `block_in_place` or its like.
    pub fn is_on_event_loop(&self) -> bool {
        self.core.is_here()
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
        self.start(name, location, coroutine, Wanted::AtOnce)?.wait()
    }

    fn start<F>(
        &self,
        name: Option<Arc<str>>,
        location: &'static Location<'static>,
        coroutine: F,
        wanted: Wanted,
    ) -> Result<PortalFuture<F::Output>, PortalError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.core.looped.checkpoint();
        self.core.check_open()?;
        let call = match wanted {
            Wanted::Later => Call::of_task(),
            Wanted::AtOnce => Call::plain(),
        };
        let group = &self.core.group;
        if group.is_cancelled() {
            let reason = group.node().reason().unwrap_or_else(CancelReason::let_go);
            call.end(Outcome::Cancelled(reason));
            drop(coroutine);
        } else if group.enter() {
            let caller = Caller::new(call.clone(), group.clone());
            let birth = Birth::new(name, location);
            let child = TaskChild::new(group.clone(), birth, coroutine, caller);
            self.core.start(Box::pin(child), wanted);
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
        self.portal
            .start(Some(self.name), Location::caller(), coroutine, Wanted::Later)
    }
}
