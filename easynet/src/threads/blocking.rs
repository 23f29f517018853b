//! An event loop in the background, for code that is not asynchronous.

use std::{
    fmt,
    ops::Deref,
    panic::{Location, resume_unwind},
    sync::{
        Arc,
        mpsc::{SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
};

use easynet_core::{
    AsyncBackend, BootstrapError, RunnerOptions, cancel::CancelScope, sync::Event, threads::PortalHandle,
};

/// A backend that runs in a thread of its own, for synchronous code: tests, user interfaces, foreign functions.
///
/// All that a [`PortalHandle`] can do is done in it. It is started by [`start`](Self::start), and has ended when it has been closed or dropped:
/// the thread is joined.
///
/// A simulation takes a program for stuck that waits for nothing but calls of other threads, and gives it up. One that is to be called says for how long to wait:
/// `Simulation::new(seed).wait_for_threads(delay).backend()`.
///
/// # Examples
///
/// ```
/// use easynet::{new_builtin_backend, threads::BlockingPortal, time};
/// use std::time::Duration;
///
/// # fn main() -> Result<(), easynet::BoxError> {
/// let portal = BlockingPortal::start(new_builtin_backend("tokio")?)?;
/// let answer = portal.run_coroutine(async {
///     time::sleep(Duration::from_millis(1)).await;
///     42
/// })?;
/// assert_eq!(answer, 42);
/// portal.close();
/// # Ok(())
/// # }
/// ```
#[must_use = "it is stopped at once if nobody keeps it"]
pub struct BlockingPortal {
    handle: PortalHandle,
    closing: Arc<Event>,
    cancel: Box<dyn Fn() + Send + Sync>,
    thread: Option<JoinHandle<Result<(), BootstrapError>>>,
}

/// What the background tells the one who has started it.
struct Started {
    handle: PortalHandle,
    cancel: Box<dyn Fn() + Send + Sync>,
}

impl BlockingPortal {
    /// Starts a backend in a thread of its own, and waits until it takes calls.
    ///
    /// # Errors
    ///
    /// When the runtime, or the thread, cannot be made.
    #[track_caller]
    pub fn start<B: AsyncBackend>(backend: B) -> Result<Self, BootstrapError> {
        Self::start_with(backend, &RunnerOptions::new())
    }

    /// Like [`start`](Self::start), with options for the runtime.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start), and when an option does not fit the backend.
    #[track_caller]
    pub fn start_with<B: AsyncBackend>(backend: B, options: &RunnerOptions) -> Result<Self, BootstrapError> {
        let location = Location::caller();
        let (name, options, closing) = (backend.name(), options.clone(), Arc::new(Event::new()));
        let (sender, receiver) = sync_channel(1);
        let until = closing.clone();
        let thread = thread::Builder::new()
            .name(format!(
                "easynet portal ({}:{})",
                location.file(),
                location.line()
            ))
            .spawn(move || {
                let inside = backend.clone();
                backend.bootstrap_with(&options, async move { serve(inside, sender, until).await })
            })
            .map_err(|error| BootstrapError::io(name, error))?;
        match receiver.recv() {
            Ok(Started { handle, cancel }) => Ok(Self {
                handle,
                closing,
                cancel,
                thread: Some(thread),
            }),
            // The runtime could not be made, and the sender is gone with the program.
            Err(_) => match thread.join() {
                Ok(Err(error)) => Err(error),
                Ok(Ok(())) => unreachable!("a program that has begun says so"),
                Err(panic) => resume_unwind(panic),
            },
        }
    }

    /// A handle for other threads.
    pub fn handle(&self) -> PortalHandle {
        self.handle.clone()
    }

    /// Takes no more calls, waits until those that were made have ended, and joins the thread.
    ///
    /// Dropping it does the same, but cancels the coroutines first.
    ///
    /// # Panics
    ///
    /// As the runtime did; with its error, if it gave the program up. And in a task of its own event loop, which would wait for itself.
    pub fn close(mut self) {
        self.closing.set();
        self.join(true);
    }

    fn join(&mut self, resume: bool) {
        let Some(thread) = self.thread.take() else { return };
        if self.handle.is_on_event_loop() {
            // It ends by itself then, once that task has.
            assert!(
                !resume,
                "a portal cannot be closed by a task of its own event loop"
            );
            return;
        }
        let ended = thread.join();
        if !resume || thread::panicking() {
            return;
        }
        match ended {
            Err(panic) => resume_unwind(panic),
            Ok(Err(error)) => panic!("{error}"),
            Ok(Ok(())) => {}
        }
    }
}

impl Drop for BlockingPortal {
    fn drop(&mut self) {
        if self.thread.is_some() {
            (self.cancel)();
            self.join(false);
        }
    }
}

/// Calling, as through a handle.
impl Deref for BlockingPortal {
    type Target = PortalHandle;

    fn deref(&self) -> &PortalHandle {
        &self.handle
    }
}

impl fmt::Debug for BlockingPortal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingPortal")
            .field("handle", &self.handle)
            .finish_non_exhaustive()
    }
}

/// The program in the background.
async fn serve<B: AsyncBackend>(backend: B, started: SyncSender<Started>, until: Arc<Event>) {
    let portal = backend.create_threads_portal();
    let scope: CancelScope<B> = backend.open_cancel_scope();
    let handle = portal.handle();
    let cancelled = scope.clone();
    let body = portal.run(async move {
        let cancel = Box::new(move || cancelled.cancel_because("the portal was dropped"));
        // Whoever waits for it does so until it comes, or the sender is gone.
        let _ = started.send(Started { handle, cancel });
        until.wait().await;
    });
    let _dropped = scope.run(body).await;
}
