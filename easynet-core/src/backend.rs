//! The contract between easynet and an async runtime: [`AsyncBackend`].
//!
//! # Writing a backend
//!
//! A backend is a small value, cheap to clone, that stands for a runtime. The trait has two parts. The first is
//! *required*: what only a runtime can do. The second is *provided*: all of easynet, written once on top of the
//! first. A backend writes the required part and overrides nothing else.
//!
//! Duties, each of which the conformance suite checks:
//!
//! - **Spawning.** [`spawn`](AsyncBackend::spawn) returns before the task is first polled, and never blocks. The
//!   task is polled until it has completed, and dropped then at the latest; every waker it was given wakes it,
//!   until then, whichever poll it came from. A task that is dropped unfinished (the runtime is going away) is dropped
//!   like any value: its destructor tells its group.
//! - **Time.** [`current_time`](AsyncBackend::current_time) never goes back. A [`Timer`] never fires early, on
//!   that clock; it may be reset and dropped at any time.
//! - **Running.** [`run`](AsyncBackend::run) polls its future *as a task*, like one that was spawned, and returns its
//!   output. Panics of the future resume in the caller. Anything that is left of the runtime afterwards is shut down
//!   without waiting.
//! - **Finding.** [`current`](AsyncBackend::current) answers with the backend that runs the calling code. A value
//!   from [`bind`](AsyncBackend::bind) starts tasks in the runtime it was bound in, from any thread.
//! - **Names, sockets.** See the module [`net`]. Operations are non-blocking; dropping a future of one releases
//!   what it holds.
//!
//! What a backend must *not* do: take decisions. It starts no task of its own, applies no timeouts, catches no
//! cancellation.
//!
//! Tests for a new backend: add it to the `each_backend!` macro of the conformance suite in `tests/`.

mod options;

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

pub use self::options::{BootstrapError, Flavor, RunnerOptions};
use crate::{
    cancel::{
        CancelScope, CancelShieldedCoroYield, CatchCancelled, Field, IgnoreCancellation, MoveOn, Race,
        Timeout, timeout::Allowance,
    },
    group::{Fallible, Gather, GroupError, RunMain, TaskGroup, TryGather},
    net,
    sync::{CapacityLimiter, Condition, Event, FairLock, Lock, Semaphore},
    task::{
        TaskInfo,
        child::{Program, Root},
        get_current_task,
    },
    time::{Sleep, SleepForever},
};

/// One timer of the runtime, which can be set again without being made again.
///
/// A task has one at most: what waits for time in it shares that.
pub trait Timer: Send {
    /// Sets the moment to fire at. What it was set to before, and whether it had fired, is forgotten.
    fn reset(self: Pin<&mut Self>, deadline: Instant);

    /// Ready once the moment has come; until then the waker of the last call is woken when it does.
    ///
    /// Pending means that the waker is registered, whatever budget the runtime gives a task.
    fn poll_elapsed(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()>;

    /// Whether the moment has come, as cheaply as possible. Asked only after `poll_elapsed` was pending.
    fn is_elapsed(&self) -> bool;
}

/// An async runtime, as easynet sees it.
///
/// The [module](self) says what its implementor must take care of. Users mostly call the ambient functions of the
/// `easynet` crate, which find the backend by themselves; generic code takes a `B: AsyncBackend` and calls the
/// methods here.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use easynet::AsyncBackend;
///
/// async fn twice<B: AsyncBackend>(backend: &B) -> u32 {
///     backend.sleep(Duration::from_millis(1)).await;
///     backend.timeout(Duration::from_secs(1), async { 21 }).await.expect("it is ready") * 2
/// }
///
/// # fn main() -> Result<(), easynet::BootstrapError> {
/// let backend = easynet::new_builtin_backend("tokio").expect("the feature is on by default");
/// let value = backend.clone().bootstrap(async move { twice(&backend).await })?;
/// assert_eq!(value, 42);
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an easynet backend",
    note = "enable the feature of a built-in backend (`tokio`), or implement `AsyncBackend`"
)]
pub trait AsyncBackend: Clone + fmt::Debug + Send + Sync + Unpin + Sized + 'static {
    // ---- Required: what only a runtime can do.

    /// A timer of the runtime.
    type Timer: Timer + 'static;

    /// A connected TCP socket.
    type TcpStream: net::AsyncStreamTransport<Address = std::net::SocketAddr>;

    /// A listening TCP socket.
    type TcpListener: net::AsyncListener<Stream = Self::TcpStream> + 'static;

    /// The name of the backend, in lower case.
    fn name(&self) -> &'static str;

    /// The backend of this kind that runs the calling code, if one does.
    fn current() -> Option<Self>;

    /// A value that starts tasks in the runtime that runs the calling code, from any thread.
    fn bind(&self) -> Self {
        self.clone()
    }

    /// A value for use inside of the runtime only, as cheap to clone as possible.
    fn unbind(&self) -> Self {
        self.clone()
    }

    /// Makes a runtime, polls `main` in it as a task, and returns its output.
    ///
    /// Users call [`bootstrap`](Self::bootstrap).
    ///
    /// # Errors
    ///
    /// When the options do not fit the runtime, or it cannot be made.
    fn run<F>(&self, options: &RunnerOptions, main: F) -> Result<F::Output, BootstrapError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// Starts a task in the runtime, for which nobody waits.
    ///
    /// Users start tasks in a [`TaskGroup`].
    fn spawn<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static;

    /// The current time of the scheduler's clock; a simulation answers with its own.
    fn current_time(&self) -> Instant;

    /// A timer set to `deadline`.
    fn timer(&self, deadline: Instant) -> Self::Timer;

    /// Runs a job where it may block, and yields its value; a panic of it resumes here.
    ///
    /// Dropping the future lets the job go on.
    fn run_blocking<J, T>(&self, job: J) -> impl Future<Output = T> + Send
    where
        J: FnOnce() -> T + Send + 'static,
        T: Send + 'static;

    /// Resolves a host name, in the order of the resolver. Never called for an IP address.
    ///
    /// # Errors
    ///
    /// Those of the resolver, unchanged.
    fn lookup_host(
        &self,
        host: &str,
        port: u16,
    ) -> impl Future<Output = std::io::Result<Vec<std::net::SocketAddr>>> + Send;

    /// Opens a TCP connection to one address. The socket has `TCP_NODELAY`.
    ///
    /// # Errors
    ///
    /// Those of the operating system, unchanged.
    fn connect_tcp(
        &self,
        address: std::net::SocketAddr,
    ) -> impl Future<Output = std::io::Result<Self::TcpStream>> + Send;

    /// Opens a TCP listener on one address.
    ///
    /// # Errors
    ///
    /// Those of the operating system, unchanged.
    fn listen_tcp(
        &self,
        address: std::net::SocketAddr,
        options: &net::ListenOptions,
    ) -> std::io::Result<Self::TcpListener>;

    // ---- Provided: everything else.

    /// Runs a program, and returns its output once it and everything it started have ended (T12).
    ///
    /// # Errors
    ///
    /// [`BootstrapError`] when called inside of a running backend, and when the runtime cannot be made.
    ///
    /// # Panics
    ///
    /// A panic of the program, or of a task that outlived its group's future, resumes here.
    #[track_caller]
    fn bootstrap<F>(&self, main: F) -> Result<F::Output, BootstrapError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.bootstrap_with(&RunnerOptions::new(), main)
    }

    /// Like [`bootstrap`](Self::bootstrap), with options for the runtime.
    ///
    /// # Errors
    ///
    /// As [`bootstrap`](Self::bootstrap), and when an option does not fit the backend.
    #[track_caller]
    fn bootstrap_with<F>(&self, options: &RunnerOptions, main: F) -> Result<F::Output, BootstrapError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        if crate::context::is_hosted() || Self::current().is_some() {
            return Err(BootstrapError::nested(self.name()));
        }
        let location = std::panic::Location::caller();
        let program = Program::new(location, RunMain::run(self.unbind(), main, location));
        self.run(options, Root::new(self.unbind(), program))
    }

    /// Suspends the running task once, so that others get their turn.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. A checkpoint (C3).
    fn coro_yield(&self) -> Sleep<Self> {
        Sleep::once(self.unbind())
    }

    /// Suspends the running task once, where no cancellation takes effect.
    ///
    /// # Cancellation
    ///
    /// Shielded: finishes first. The next suspension point after it is cancelled.
    fn cancel_shielded_coro_yield(&self) -> CancelShieldedCoroYield<Self> {
        CancelShieldedCoroYield::new(self.unbind())
    }

    /// Sleeps for `delay`, counted from this call. A delay of zero yields once; one too large to represent is for
    /// ever.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. A checkpoint (C3).
    fn sleep(&self, delay: Duration) -> Sleep<Self> {
        Sleep::after(self.unbind(), delay)
    }

    /// Sleeps until `deadline` on the backend's clock. One in the past yields once.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. A checkpoint (C3).
    fn sleep_until(&self, deadline: Instant) -> Sleep<Self> {
        Sleep::until(self.unbind(), deadline)
    }

    /// Sleeps until it is cancelled. It stands for a value of any type, like `loop {}`, since it never yields one.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. It is the only way it ends.
    fn sleep_forever(&self) -> SleepForever<Self> {
        SleepForever::new(self.unbind())
    }

    /// Runs `body` to its end whatever happens outside (C5).
    ///
    /// Enclosing scopes wait for it, then take effect at the next suspension point. Scopes inside work as usual. What
    /// cannot be refused is a drop from above, by a `select!` or a foreign timeout.
    ///
    /// Once it has begun it must be polled until it has ended, like every guard (C6): in a cancelled scope, code that
    /// keeps one suspended and waits for something else first, as the handler of another `select!` branch may, waits
    /// for ever.
    ///
    /// # Cancellation
    ///
    /// Shielded: finishes first.
    fn ignore_cancellation<F: IntoFuture>(&self, body: F) -> IgnoreCancellation<Self, F::IntoFuture> {
        IgnoreCancellation::new(self.unbind(), body.into_future())
    }

    /// Runs `body`; if it is cancelled, yields [`Cancelled`](crate::cancel::Cancelled) once it has been dropped (C7).
    ///
    /// The place for cleanup, usually inside of a shield. The cancellation is not consumed: the next suspension
    /// point is cancelled again.
    ///
    /// A body that is ready when it is cancelled completes (C2). One that receives from a channel whose sender was
    /// dropped by the same cancellation sees the end of the channel: ask [`is_cancelled`](crate::cancel::is_cancelled)
    /// there, or keep the sender outside of what is cancelled.
    ///
    /// # Cancellation
    ///
    /// Yields, instead of being dropped itself.
    ///
    /// # Errors
    ///
    /// `Cancelled`, with the reason.
    fn catch_cancelled<F: IntoFuture>(&self, body: F) -> CatchCancelled<Self, F::IntoFuture> {
        CatchCancelled::new(self.unbind(), body.into_future())
    }

    /// Runs several futures as a group, and yields their values in order (T11).
    ///
    /// # Cancellation
    ///
    /// All are cancelled, and have ended before the enclosing scope does.
    ///
    /// # Panics
    ///
    /// When one of the futures panics, once all have ended. And when it was cancelled in one scope and is polled outside
    /// of it afterwards, since there are no values then.
    #[track_caller]
    fn gather<'env, I, T>(&self, futures: I) -> Gather<'env, Vec<T>>
    where
        I: IntoIterator,
        I::Item: Future<Output = T> + Send + 'env,
        T: Send + 'env,
    {
        Gather::<Vec<T>>::new(self, futures)
    }

    /// Like [`gather`](Self::gather), for futures that can fail: the first failure cancels the others.
    ///
    /// # Cancellation
    ///
    /// All are cancelled, and have ended before the enclosing scope does.
    ///
    /// # Errors
    ///
    /// [`TaskGroupError`](crate::TaskGroupError) with every failure, once all have ended.
    #[track_caller]
    fn try_gather<'env, I, T, E>(&self, futures: I) -> TryGather<'env, T, E>
    where
        I: IntoIterator,
        I::Item: Future + Send + 'env,
        <I::Item as Future>::Output: Fallible<E, Value = T>,
        T: Send + 'env,
        E: GroupError,
    {
        Gather::fallible(self, futures)
    }

    /// Runs several futures in this task until one of them has finished, and yields its value.
    ///
    /// They are polled in the order they are given, so that of several that could finish the first wins. The others are
    /// cancelled, and *have ended* when this yields: their cleanup is done, shields and groups in them included (C6).
    /// What an operation such as `recv` would have lost is not lost, because a loser is not polled again (C3); but one
    /// that a shield or the like still holds is, and if it completes then, its value is dropped.
    ///
    /// For futures of different types there is the macro `race!`.
    ///
    /// # Cancellation
    ///
    /// All are cancelled. Once a winner is found, its value is lost if the enclosing scope is cancelled while the others
    /// end.
    ///
    /// # Panics
    ///
    /// When there are no futures. A panic of one of them resumes, once the others have ended.
    #[track_caller]
    fn race<I>(&self, futures: I) -> Race<Self, Field<<I::Item as IntoFuture>::IntoFuture>>
    where
        I: IntoIterator,
        I::Item: IntoFuture,
    {
        Race::new(self, futures)
    }

    /// Opens a task group.
    ///
    /// # Examples
    ///
    /// ```
    /// use easynet::{AsyncBackend, TaskGroupError};
    ///
    /// async fn both<B: AsyncBackend>(backend: &B) -> Result<(), TaskGroupError> {
    ///     let group = backend.create_task_group();
    ///     group
    ///         .run(async {
    ///             group.start_soon(async { /* one */ });
    ///             group.start_soon(async { /* the other */ });
    ///         })
    ///         .await
    /// }
    /// # let backend = easynet::new_builtin_backend("tokio").unwrap();
    /// # backend.clone().bootstrap(async move { both(&backend).await }).unwrap().unwrap();
    /// ```
    #[track_caller]
    fn create_task_group<'env, E: GroupError>(&self) -> TaskGroup<'env, Self, E> {
        TaskGroup::new(self)
    }

    /// Opens a cancel scope without a deadline.
    fn open_cancel_scope(&self) -> CancelScope<Self> {
        CancelScope::new(self.unbind(), Allowance::unlimited())
    }

    /// Opens a cancel scope with a deadline after `delay`, counted from this call.
    fn open_cancel_scope_after(&self, delay: Duration) -> CancelScope<Self> {
        CancelScope::new(self.unbind(), Allowance::after(self, delay))
    }

    /// Opens a cancel scope with a deadline.
    fn open_cancel_scope_at(&self, deadline: impl Into<Option<Instant>>) -> CancelScope<Self> {
        CancelScope::new(self.unbind(), Allowance::until(self, deadline.into()))
    }

    /// Runs `body` for at most `delay`, counted from this call; `None` if the time was up.
    ///
    /// A body that completes without suspending completes, even with no time at all (C2). A delay too large to
    /// represent is no limit.
    ///
    /// # Cancellation
    ///
    /// As that of `body`. At the deadline the body is dropped where it is suspended, once nothing below holds the scope
    /// any more: a group has ended, a shield has finished (C6).
    fn move_on_after<F: IntoFuture>(&self, delay: Duration, body: F) -> MoveOn<Self, F::IntoFuture> {
        MoveOn::new(self.unbind(), Allowance::after(self, delay), body.into_future())
    }

    /// Like [`move_on_after`](Self::move_on_after), until a moment; `None` is no limit.
    ///
    /// # Cancellation
    ///
    /// As [`move_on_after`](Self::move_on_after).
    fn move_on_at<F: IntoFuture>(
        &self,
        deadline: impl Into<Option<Instant>>,
        body: F,
    ) -> MoveOn<Self, F::IntoFuture> {
        MoveOn::new(
            self.unbind(),
            Allowance::until(self, deadline.into()),
            body.into_future(),
        )
    }

    /// Runs `body` for at most `delay`, counted from this call.
    ///
    /// As [`move_on_after`](Self::move_on_after), with an error in place of `None`.
    ///
    /// # Cancellation
    ///
    /// As [`move_on_after`](Self::move_on_after).
    ///
    /// # Errors
    ///
    /// [`TimedOut`](crate::cancel::TimedOut) if the time was up.
    fn timeout<F: IntoFuture>(&self, delay: Duration, body: F) -> Timeout<Self, F::IntoFuture> {
        Timeout::new(self.unbind(), Allowance::after(self, delay), body.into_future())
    }

    /// Like [`timeout`](Self::timeout), until a moment; `None` is no limit.
    ///
    /// # Cancellation
    ///
    /// As [`move_on_after`](Self::move_on_after).
    ///
    /// # Errors
    ///
    /// [`TimedOut`](crate::cancel::TimedOut) if the time was up.
    fn timeout_at<F: IntoFuture>(
        &self,
        deadline: impl Into<Option<Instant>>,
        body: F,
    ) -> Timeout<Self, F::IntoFuture> {
        Timeout::new(
            self.unbind(),
            Allowance::until(self, deadline.into()),
            body.into_future(),
        )
    }

    /// Opens a TCP connection to a host: a name, or an IP address.
    ///
    /// A name may have several addresses: they are tried in the order of the resolver, and the first that answers is
    /// it. The socket has `TCP_NODELAY`: small messages are sent at once.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. What was open is closed. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// [`ConnectError`](net::ConnectError), with what every address answered, or the error of the resolver.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[easynet::main(backend = "tokio")]
    /// # async fn main() -> Result<(), easynet::BoxError> {
    /// use easynet::net::*;
    ///
    /// let mut listener = create_tcp_listeners("localhost", 0).await?.remove(0);
    /// let port = listener.local_address()?.port();
    ///
    /// let mut stream = create_tcp_connection("localhost", port).await?;
    /// stream.send_all(b"hello").await?;
    /// # let (mut accepted, _) = listener.accept().await?;
    /// # assert_eq!(accepted.recv(16).await?, b"hello");
    /// # Ok(())
    /// # }
    /// ```
    fn create_tcp_connection<'h>(&self, host: &'h str, port: u16) -> net::CreateTcpConnection<'h, Self> {
        net::CreateTcpConnection::new(self.unbind(), host, port)
    }

    /// Opens TCP listeners on hosts: `None` for all interfaces, one, or several; names or IP addresses.
    ///
    /// There is one listener for each address, IPv4 before IPv6, and none twice. IPv6 listeners take IPv6
    /// connections only, so all interfaces are two listeners; one, if the machine has no IPv6. With port 0 each gets a
    /// free one. Connections have `TCP_NODELAY`.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. What was open is closed. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// [`BindError`](net::BindError), with what every address that failed answered, or the error of the resolver. No
    /// listener is left open.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[easynet::main(backend = "tokio")]
    /// # async fn main() -> Result<(), easynet::BoxError> {
    /// use easynet::net::*;
    ///
    /// let listeners = create_tcp_listeners(["127.0.0.1", "127.0.0.1"], 0).backlog(16).await?;
    /// assert_eq!(listeners.len(), 1);
    /// assert_ne!(listeners[0].local_address()?.port(), 0);
    /// # Ok(())
    /// # }
    /// ```
    fn create_tcp_listeners(&self, hosts: impl Into<net::Hosts>, port: u16) -> net::CreateTcpListeners<Self> {
        net::CreateTcpListeners::new(self.unbind(), hosts.into(), port)
    }

    /// A value that one task at a time has: [`Lock::new`], which needs no backend.
    fn create_lock<T>(&self, value: T) -> Lock<T> {
        Lock::new(value)
    }

    /// A value that one task at a time has, first come, first served: [`FairLock::new`], which needs no backend.
    fn create_fair_lock<T>(&self, value: T) -> FairLock<T> {
        FairLock::new(value)
    }

    /// Something that happens once: [`Event::new`], which needs no backend.
    fn create_event(&self) -> Event {
        Event::new()
    }

    /// To wait for what others do with the value of a lock: [`Condition::new`], which needs no backend.
    fn create_condition_var(&self) -> Condition {
        Condition::new()
    }

    /// A number of permits: [`Semaphore::new`], which needs no backend.
    fn create_semaphore(&self, permits: usize) -> Semaphore {
        Semaphore::new(permits)
    }

    /// A limit on how many do something at once: [`CapacityLimiter::new`], which needs no backend.
    fn create_capacity_limiter(&self, total_tokens: usize) -> CapacityLimiter {
        CapacityLimiter::new(total_tokens)
    }

    /// The task that is running.
    ///
    /// # Panics
    ///
    /// Outside of any easynet task.
    fn get_current_task(&self) -> TaskInfo {
        get_current_task()
    }
}
