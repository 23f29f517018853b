//! The contract between easynet and an async runtime: [`AsyncBackend`].
//!
//! # Writing a backend
//!
//! A backend is a small value, cheap to clone, that stands for a runtime. The trait has two parts. The first is
//! *required*: what only a runtime can do. The second is *provided*: all of easynet, written once on top of the
//! first. A backend writes the required part and overrides nothing else.
//!
//! What a backend must *not* do: take decisions. It starts no task of its own, applies no timeouts, catches no
//! cancellation.
//!
//! # Duties
//!
//! | duty | what is owed |
//! |---|---|
//! | [`run`](AsyncBackend::run) | polls its future *as a task*, like one that was spawned, and returns its output; a panic of it resumes in the caller, and the runtime is taken down all the same. What is left of the runtime is shut down without waiting |
//! | options | those that do not fit are a [`BootstrapError::options`]: see [below](#options) |
//! | [`spawn`](AsyncBackend::spawn) | returns before the task is first polled, and never blocks. The task is polled until it has completed, and dropped then at the latest; every waker it was given wakes it until then, whichever poll it came from. Tasks of easynet catch their panics: none comes out of one |
//! | tasks that are left | are dropped like any value, on any thread: the destructor tells the group. So is one that is started when the runtime has gone: `spawn` does not fail |
//! | [`current`](AsyncBackend::current) | the backend whose runtime the calling thread polls tasks of, or runs a job for; none elsewhere |
//! | [`bind`](AsyncBackend::bind), [`unbind`](AsyncBackend::unbind) | see [below](#the-value-and-its-runtime) |
//! | [`is_here`](AsyncBackend::is_here) | tells the threads of one runtime from those of another |
//! | [`has_one_thread`](AsyncBackend::has_one_thread) | whether one thread polls all tasks; if not said, several do |
//! | [`current_time`](AsyncBackend::current_time) | never goes back |
//! | [`deadline_after`](AsyncBackend::deadline_after) | is no nearer than its delay; if not said, the clock is read |
//! | [`Timer`] | never fires early, on that clock; may be reset and dropped at any time, and set to a moment that is past or centuries away |
//! | [`run_blocking`](AsyncBackend::run_blocking) | runs a job on a thread that may block, once, also when its future is dropped after it was polled; nothing of it happens before. There, `current` and `bind` answer as in the task |
//! | names, sockets | see the module [`net`]. Operations do not block; dropping the future of one releases what it holds |
//!
//! What a backend on real threads needs no more than that: [`block_thread`](AsyncBackend::block_thread) and
//! [`thread_checkpoint`](AsyncBackend::thread_checkpoint) are for simulations.
//!
//! # The value and its runtime
//!
//! The usual shape is a value with an optional handle in it. Without, it stands for whatever runtime the calling thread
//! belongs to: that is what [`unbind`](AsyncBackend::unbind) yields, what is cloned into every future, and what users make to
//! call [`bootstrap`](AsyncBackend::bootstrap) on. With one, which [`bind`](AsyncBackend::bind) puts in, it starts tasks in that runtime from any
//! thread. A group binds one when it is made. `bind` finds the runtime of the calling thread; outside of any it leaves the value as it is.
//!
//! Tasks hold such values, and the runtime holds tasks: a handle that kept its runtime alive would keep it for ever. Let `run`
//! and its threads own the runtime, and let handles upgrade a [`Weak`](std::sync::Weak), or close a queue.
//!
//! [`spawn`](AsyncBackend::spawn) on a value that is not bound, in a thread of no runtime, may panic: easynet never does so.
//! [`is_here`](AsyncBackend::is_here) is asked of bound values, in code that a task runs; of a thread that runs a job it is never asked.
//!
//! # A skeleton
//!
//! All there is to a runtime on one thread, but for time and sockets: what [`run`](AsyncBackend::run), [`spawn`](AsyncBackend::spawn) and
//! [`current`](AsyncBackend::current) do. The [`executor`](crate::executor) is one that backends may use.
//!
//! ```
//! use std::{
//!     cell::RefCell,
//!     panic::{AssertUnwindSafe, resume_unwind},
//!     sync::mpsc::channel,
//!     task::Poll,
//!     time::Instant,
//! };
//!
//! use easynet_core::{executor::{Executor, Spawner}, threads::park_thread};
//! use futures_util::FutureExt;
//!
//! thread_local! {
//!     /// What `current` and `bind` look at, and `spawn` on a value that is not bound.
//!     static CURRENT: RefCell<Option<Spawner>> = const { RefCell::new(None) };
//! }
//!
//! fn run<F>(main: F) -> F::Output
//! where
//!     F: Future<Output: Send> + Send + 'static,
//! {
//!     let mut executor = Executor::new();
//!     let outer = CURRENT.replace(Some(executor.spawner().clone()));
//!     let (said, heard) = channel();
//!     // A task like others, whose panic is kept for the caller.
//!     let main = AssertUnwindSafe(main).catch_unwind();
//!     executor.spawner().spawn(async move { drop(said.send(main.await)) });
//!     let mut ended = None;
//!     park_thread(None, Instant::now, &mut |cx| {
//!         loop {
//!             let polled = executor.poll(cx, || true);
//!             ended = heard.try_recv().ok();
//!             if ended.is_some() {
//!                 return Poll::Ready(());
//!             }
//!             if polled.is_pending() {
//!                 return Poll::Pending;
//!             }
//!         }
//!     });
//!     // What is left is dropped here, where it still finds its runtime.
//!     drop(executor);
//!     CURRENT.set(outer);
//!     ended.expect("it has ended").unwrap_or_else(|panic| resume_unwind(panic))
//! }
//!
//! let heard = run(async {
//!     let (say, hear) = async_channel::bounded(1);
//!     let child = async move { say.send("from a child").await.unwrap() };
//!     CURRENT.with_borrow(|here| here.as_ref().expect("main runs here").spawn(child));
//!     hear.recv().await
//! });
//! assert_eq!(heard, Ok("from a child"));
//! ```
//!
//! # Options
//!
//! | of [`RunnerOptions`] | |
//! |---|---|
//! | [`chosen_flavor`](RunnerOptions::chosen_flavor) | with [`Flavor::CurrentThread`] tasks run on the thread that calls `run`; with [`Flavor::MultiThread`] on threads of the runtime's own, `main` too. Refuse what there is not: the enum may grow |
//! | [`chosen_worker_threads`](RunnerOptions::chosen_worker_threads) | refused together with the current-thread flavor |
//! | [`chosen_thread_name`](RunnerOptions::chosen_thread_name) | of the worker threads; without such it says nothing |
//! | [`chosen_max_blocking_threads`](RunnerOptions::chosen_max_blocking_threads) | jobs beyond them wait; refused if that cannot be had |
//! | [`chosen_start_paused`](RunnerOptions::chosen_start_paused) | refused if the clock cannot stand still |
//! | [`chosen_job_grace`](RunnerOptions::chosen_job_grace) | none of the backend's business |
//!
//! # Tests
//!
//! A backend that easynet comes with is added to the `each_backend!` macro of the conformance suite in `tests/`. One of your own is not found by the
//! ambient functions and macros of the `easynet` crate: inside of it they panic, and name it. Code for it calls the methods of [`AsyncBackend`]
//! on a value of it, as generic code does. `tests/tests/third_backend` is such a backend, on smol's parts and written from this page,
//! with tests in those terms: copy them.

mod options;

use std::{
    fmt,
    future::{Future, IntoFuture},
    io,
    net::SocketAddr,
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
    group::{Fallible, Gather, GroupError, Program, TaskGroup, TryGather},
    net,
    sync::{CapacityLimiter, Condition, Event, FairLock, Lock, Semaphore},
    task::{TaskInfo, child::Root, get_current_task},
    threads::{self, RunInThread, ThreadsPortal},
    time::{Sleep, SleepForever},
};

/// One timer of the runtime, which can be set again without being made again.
///
/// A task has one at most: what waits for time in it shares that.
pub trait Timer: Send {
    /// Sets the moment to fire at. What it was set to before, and whether it had fired, is forgotten.
    fn reset(self: Pin<&mut Self>, deadline: Instant);

    /// Ready once the moment has come, and from then on until it is reset; before, the waker of the last call is woken when it does.
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
    type TcpStream: net::AsyncStreamTransport<Address = SocketAddr>;

    /// A listening TCP socket.
    type TcpListener: net::AsyncListener<Stream = Self::TcpStream> + 'static;

    /// A UDP socket with one peer.
    type UdpEndpoint: net::AsyncDatagramTransport<Address = SocketAddr>;

    /// A UDP socket that anybody may send to.
    type UdpListener: net::AsyncDatagramListener<Address = SocketAddr> + 'static;

    /// A connected Unix stream socket.
    #[cfg(unix)]
    type UnixStream: net::AsyncUnixStreamTransport;

    /// A listening Unix stream socket.
    #[cfg(unix)]
    type UnixListener: net::AsyncListener<Stream = Self::UnixStream> + 'static;

    /// A Unix datagram socket with one peer.
    #[cfg(unix)]
    type UnixDatagramEndpoint: net::AsyncUnixDatagramTransport;

    /// A Unix datagram socket that anybody may send to.
    #[cfg(unix)]
    type UnixDatagramListener: net::AsyncUnixDatagramListener + 'static;

    /// The name of the backend, in lower case.
    fn name(&self) -> &'static str;

    /// The backend of this kind that runs the calling code, if one does.
    fn current() -> Option<Self>;

    /// A value that starts tasks in the runtime that runs the calling code, from any thread; outside of any, the same value.
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

    /// Starts a task in the runtime, for which nobody waits. If the runtime has gone, the task is dropped.
    ///
    /// Users start tasks in a [`TaskGroup`].
    fn spawn<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static;

    /// The current time of the scheduler's clock; a simulation answers with its own.
    fn current_time(&self) -> Instant;

    /// The deadline of a limit of `delay` that begins now; `None`, which is no limit, if it is too large to represent.
    ///
    /// Never nearer than that, by the clock of [`current_time`](Self::current_time); later by ten microseconds at most. A backend whose clock takes
    /// long to read may know of a cheaper way. If not said, the clock is read.
    #[inline]
    fn deadline_after(&self, delay: Duration) -> Option<Instant> {
        self.current_time().checked_add(delay)
    }

    /// A timer set to `deadline`.
    fn timer(&self, deadline: Instant) -> Self::Timer;

    /// Runs a job where it may block, and yields its value; a panic of it resumes here.
    ///
    /// Dropping the future once it was polled lets the job go on, and a job that still waits for a thread too: what keeps one
    /// from running that is not wanted any more is the job itself. Beware of handles that cancel when they are dropped.
    fn run_blocking<J, T>(&self, job: J) -> impl Future<Output = T> + Send
    where
        J: FnOnce() -> T + Send + 'static,
        T: Send + 'static;

    /// Whether the calling thread is one of the runtime that this value is bound to.
    ///
    /// Asked of threads that run a task, to find out whether blocking them would block that runtime. If not said, every thread that runs
    /// tasks of a backend of this kind is.
    fn is_here(&self) -> bool {
        Self::current().is_some()
    }

    /// Whether one thread polls all tasks of the runtime that this value is bound to, so that whatever blocks it blocks them all.
    ///
    /// A portal then refuses calls that block also where easynet does not see a task: from code of others that the thread runs. If not
    /// said, other threads go on.
    fn has_one_thread(&self) -> bool {
        false
    }

    /// Blocks the calling thread, which runs no task, until `poll` is ready; at most for so long, if there is a limit. True if it was.
    ///
    /// A backend whose threads are real has no need of its own. In a simulation, whose threads take turns, one that blocks
    /// lets the others go on.
    fn block_thread(
        &self,
        limit: Option<Duration>,
        poll: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>,
    ) -> bool {
        threads::park_thread(limit, || self.current_time(), poll)
    }

    /// The calling thread, which may run a job of this backend, has come to a point at which the event loop could see what it does.
    ///
    /// In a simulation, others may go first there. A backend whose threads are real has nothing to do.
    fn thread_checkpoint(&self) {}

    /// Looks up the addresses of a host, in the order of the resolver.
    ///
    /// Users call [`getaddrinfo`](Self::getaddrinfo). A backend that uses the operating system's resolver calls
    /// [`net::socket::lookup_addresses`] where it may block.
    ///
    /// # Errors
    ///
    /// Those of the resolver, unchanged.
    fn lookup_addresses(
        &self,
        query: &net::AddrInfoQuery,
    ) -> impl Future<Output = io::Result<Vec<net::AddrInfo>>> + Send;

    /// Looks up the names of a host and of a service.
    ///
    /// Users call [`getnameinfo`](Self::getnameinfo). A backend that uses the operating system's resolver calls
    /// [`net::socket::lookup_names`] where it may block.
    ///
    /// # Errors
    ///
    /// Those of the resolver, unchanged.
    fn lookup_names(
        &self,
        address: SocketAddr,
        flags: net::NameInfoFlags,
    ) -> impl Future<Output = io::Result<(String, String)>> + Send;

    /// Opens a TCP connection to one address. The socket has `TCP_NODELAY`.
    ///
    /// Of [`net::socket::tcp_socket`], [`connect_tcp`](net::socket::connect_tcp) and [`prepare_stream`](net::socket::prepare_stream).
    /// Dropping the future closes the socket.
    ///
    /// # Errors
    ///
    /// Those of the operating system, unchanged.
    fn connect_tcp(
        &self,
        address: SocketAddr,
        options: &net::ConnectOptions,
    ) -> impl Future<Output = io::Result<Self::TcpStream>> + Send;

    /// Opens a TCP listener on one address: see [`net::socket::listen_tcp`].
    ///
    /// # Errors
    ///
    /// Those of the operating system, unchanged.
    fn listen_tcp(&self, address: SocketAddr, options: &net::ListenOptions) -> io::Result<Self::TcpListener>;

    /// Opens a UDP endpoint to one address: see [`net::socket::connect_udp`].
    ///
    /// # Errors
    ///
    /// Those of the operating system, unchanged.
    fn connect_udp(
        &self,
        address: SocketAddr,
        options: &net::ConnectOptions,
    ) -> io::Result<Self::UdpEndpoint>;

    /// Opens a UDP listener on one address: see [`net::socket::bind_udp`].
    ///
    /// # Errors
    ///
    /// Those of the operating system, unchanged.
    fn bind_udp(&self, address: SocketAddr, options: &net::BindOptions) -> io::Result<Self::UdpListener>;

    /// Opens a Unix connection, from a local address if one is given.
    ///
    /// Of [`net::socket::unix_stream_socket`] and [`connect_unix`](net::socket::connect_unix). A listener that has no room is asked again,
    /// a moment later. Dropping the future removes the file of the local address; it stays once the connection is there.
    ///
    /// # Errors
    ///
    /// Those of the operating system; if the local address cannot be bound, with that address in the message.
    #[cfg(unix)]
    fn connect_unix(
        &self,
        address: &net::UnixAddress,
        local: Option<&net::UnixAddress>,
    ) -> impl Future<Output = io::Result<Self::UnixStream>> + Send;

    /// Opens a Unix listener: see [`net::socket::listen_unix`]. Dropping the future removes the file.
    ///
    /// # Errors
    ///
    /// Those of the operating system, with the address in the message.
    #[cfg(unix)]
    fn listen_unix(
        &self,
        address: &net::UnixAddress,
        options: &net::UnixBindOptions,
    ) -> impl Future<Output = io::Result<Self::UnixListener>> + Send;

    /// Opens a Unix datagram endpoint, from a local address if one is given: see [`net::socket::connect_unix_datagram`].
    ///
    /// # Errors
    ///
    /// As [`connect_unix`](Self::connect_unix).
    #[cfg(unix)]
    fn connect_unix_datagram(
        &self,
        address: &net::UnixAddress,
        local: Option<&net::UnixAddress>,
    ) -> impl Future<Output = io::Result<Self::UnixDatagramEndpoint>> + Send;

    /// Opens a Unix datagram listener: see [`net::socket::bind_unix_datagram`]. Dropping the future removes the file.
    ///
    /// # Errors
    ///
    /// As [`listen_unix`](Self::listen_unix).
    #[cfg(unix)]
    fn bind_unix_datagram(
        &self,
        address: &net::UnixAddress,
        options: &net::UnixBindOptions,
    ) -> impl Future<Output = io::Result<Self::UnixDatagramListener>> + Send;

    /// Takes a TCP socket: it does not block from then on, and has `TCP_NODELAY`.
    ///
    /// Users call [`wrap_stream_socket`](Self::wrap_stream_socket), which has seen that it is connected; so it is with the three others.
    ///
    /// # Errors
    ///
    /// [`WrapError`](net::WrapError), with the socket, whatever it was that failed; of kind [`Unsupported`](io::ErrorKind::Unsupported) if the backend has no use for
    /// sockets of the operating system.
    fn wrap_tcp_stream(
        &self,
        socket: std::net::TcpStream,
    ) -> Result<Self::TcpStream, net::WrapError<std::net::TcpStream>>;

    /// Takes a UDP socket: it does not block from then on.
    ///
    /// # Errors
    ///
    /// As [`wrap_tcp_stream`](Self::wrap_tcp_stream).
    fn wrap_udp_socket(
        &self,
        socket: std::net::UdpSocket,
    ) -> Result<Self::UdpEndpoint, net::WrapError<std::net::UdpSocket>>;

    /// Takes a Unix stream socket: it does not block from then on.
    ///
    /// # Errors
    ///
    /// As [`wrap_tcp_stream`](Self::wrap_tcp_stream).
    #[cfg(unix)]
    fn wrap_unix_stream(
        &self,
        socket: std::os::unix::net::UnixStream,
    ) -> Result<Self::UnixStream, net::WrapError<std::os::unix::net::UnixStream>>;

    /// Takes a Unix datagram socket: it does not block from then on.
    ///
    /// # Errors
    ///
    /// As [`wrap_tcp_stream`](Self::wrap_tcp_stream).
    #[cfg(unix)]
    fn wrap_unix_datagram(
        &self,
        socket: std::os::unix::net::UnixDatagram,
    ) -> Result<Self::UnixDatagramEndpoint, net::WrapError<std::os::unix::net::UnixDatagram>>;

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
        // Once, so that a large one is not on the stack of each who passes it on.
        let main = threads::with_grace(options.chosen_job_grace(), Box::pin(main));
        let program = Program::new(location, main);
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
    ///
    /// # Panics
    ///
    /// When it has to wait outside of any runtime: nobody would wake it. It belongs to whichever runtime it is polled in.
    #[inline(always)]
    fn move_on_after<F: IntoFuture>(&self, delay: Duration, body: F) -> MoveOn<Self, F::IntoFuture> {
        Allowance::after(self, delay).move_on(body)
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
        Allowance::until(self, deadline.into()).move_on(body)
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
    ///
    /// # Panics
    ///
    /// As [`move_on_after`](Self::move_on_after).
    #[inline(always)]
    fn timeout<F: IntoFuture>(&self, delay: Duration, body: F) -> Timeout<Self, F::IntoFuture> {
        Allowance::after(self, delay).timeout(body)
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
        Allowance::until(self, deadline.into()).timeout(body)
    }

    /// Looks up the addresses of a host: `getaddrinfo` of POSIX and RFC 3493.
    ///
    /// Without a host they are of this machine; the service is a port number, the name of a service, or nothing. An IP address with a
    /// port number, for one kind of socket, is answered without asking anybody.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. A lookup that has begun goes on unseen. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// Those of the resolver, unchanged: a [`LookupError`](net::LookupError) inside of an I/O error.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[easynet::main(backend = "tokio")]
    /// # async fn main() -> std::io::Result<()> {
    /// use easynet::net::*;
    ///
    /// for answer in getaddrinfo("localhost", 80).kind(SocketKind::Stream).await? {
    ///     assert!(answer.address().ip().is_loopback());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    fn getaddrinfo<'a>(
        &self,
        host: impl Into<Option<&'a str>>,
        service: impl Into<net::Service>,
    ) -> net::GetAddrInfo<Self> {
        let query = net::AddrInfoQuery::new(host.into(), service.into().into_text());
        net::GetAddrInfo::new(self.unbind(), query)
    }

    /// Looks up the names of a host and of a service: `getnameinfo` of POSIX and RFC 3493.
    ///
    /// A host without a name is given as its IP address, a service without one as its port number.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. A lookup that has begun goes on unseen. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// Those of the resolver, unchanged: a [`LookupError`](net::LookupError) inside of an I/O error.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[easynet::main(backend = "tokio")]
    /// # async fn main() -> std::io::Result<()> {
    /// use easynet::net::*;
    ///
    /// let address = ([127, 0, 0, 1], 80);
    /// let (host, port) = getnameinfo(address).numeric_host(true).numeric_service(true).await?;
    /// assert_eq!((&host[..], &port[..]), ("127.0.0.1", "80"));
    /// # Ok(())
    /// # }
    /// ```
    fn getnameinfo(&self, address: impl Into<SocketAddr>) -> net::GetNameInfo<Self> {
        net::GetNameInfo::new(self.unbind(), address.into())
    }

    /// Opens a TCP connection to a host: a name, or an IP address.
    ///
    /// A name may have several addresses. They are tried as RFC 8305 says ("happy eyeballs"): IPv6 and IPv4 in turn, IPv6 first, the next
    /// when the one before has failed or has not answered within [a quarter of a
    /// second](net::CreateTcpConnection::happy_eyeballs_delay). The first that answers is it; all other attempts have ended, and
    /// their sockets are closed, before it is handed out. The socket has `TCP_NODELAY`: small messages are sent at once.
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

    /// Opens a UDP endpoint to a host: a name, or an IP address.
    ///
    /// A name may have several addresses: the first that a socket can be opened to is it. Nothing is sent yet, so that this does not
    /// say that anybody is there. Datagrams of others than the peer are not received.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. A checkpoint (C3).
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
    /// # let mut listener = create_udp_listeners("127.0.0.1", 0).await?.remove(0);
    /// # let port = listener.local_address()?.port();
    /// let mut endpoint = create_udp_endpoint("127.0.0.1", port).local_address(("127.0.0.1", 0)).await?;
    /// endpoint.send(b"hello").await?;
    /// # assert_eq!(listener.recv_from().await?, (b"hello".to_vec(), endpoint.local_address()?));
    /// # Ok(())
    /// # }
    /// ```
    fn create_udp_endpoint<'h>(&self, host: &'h str, port: u16) -> net::CreateUdpEndpoint<'h, Self> {
        net::CreateUdpEndpoint::new(self.unbind(), host, port)
    }

    /// Opens UDP listeners on hosts: `None` for all interfaces, one, or several; names or IP addresses.
    ///
    /// As [`create_tcp_listeners`](Self::create_tcp_listeners): one for each address, IPv4 before IPv6, none twice.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. What was open is closed. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// [`BindError`](net::BindError), with what every address that failed answered, or the error of the resolver. No
    /// listener is left open.
    fn create_udp_listeners(&self, hosts: impl Into<net::Hosts>, port: u16) -> net::CreateUdpListeners<Self> {
        net::CreateUdpListeners::new(self.unbind(), hosts.into(), port)
    }

    /// Opens a Unix connection.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. What was open is closed, and a file that was made for our end is removed. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// Those of the operating system: [`NotFound`](io::ErrorKind::NotFound) if there is no such path,
    /// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) if nobody listens there.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[easynet::main(backend = "tokio")]
    /// # async fn main() -> Result<(), easynet::BoxError> {
    /// # let path = std::env::temp_dir().join(format!("easynet-doc-{}.sock", std::process::id()));
    /// use easynet::net::*;
    ///
    /// let mut listener = create_unix_stream_listener(&path).mode(0o600).unlink_on_close(true).await?;
    /// let mut stream = create_unix_stream_connection(&path).await?;
    /// stream.send_all(b"hello").await?;
    ///
    /// let (mut accepted, _) = listener.accept().await?;
    /// assert_eq!(accepted.recv(16).await?, b"hello");
    /// assert_eq!(accepted.peer_credentials()?.pid(), Some(std::process::id() as i32));
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(unix)]
    fn create_unix_stream_connection(
        &self,
        address: impl Into<net::UnixAddress>,
    ) -> net::CreateUnixStreamConnection<Self> {
        net::CreateUnixStreamConnection::new(self.unbind(), address.into())
    }

    /// Opens a Unix stream listener.
    ///
    /// What is at the path already is left alone, and is an error, unless
    /// [`replace_stale`](net::CreateUnixStreamListener::replace_stale) allows to remove it; the file stays when the listener is closed,
    /// unless [`unlink_on_close`](net::CreateUnixStreamListener::unlink_on_close) says otherwise.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. What was open is closed, and a file that was made is removed. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// Those of the operating system, with the path in the message: [`AddrInUse`](io::ErrorKind::AddrInUse) if something is there.
    #[cfg(unix)]
    fn create_unix_stream_listener(
        &self,
        address: impl Into<net::UnixAddress>,
    ) -> net::CreateUnixStreamListener<Self> {
        net::CreateUnixStreamListener::new(self.unbind(), address.into())
    }

    /// Opens a Unix datagram endpoint.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. What was open is closed, and a file that was made for our end is removed. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// As [`create_unix_stream_connection`](Self::create_unix_stream_connection).
    #[cfg(unix)]
    fn create_unix_datagram_endpoint(
        &self,
        address: impl Into<net::UnixAddress>,
    ) -> net::CreateUnixDatagramEndpoint<Self> {
        net::CreateUnixDatagramEndpoint::new(self.unbind(), address.into())
    }

    /// Opens a Unix datagram listener.
    ///
    /// As for [`create_unix_stream_listener`](Self::create_unix_stream_listener), what is at the path is left alone, and stays.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. What was open is closed, and a file that was made is removed. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// As [`create_unix_stream_listener`](Self::create_unix_stream_listener).
    #[cfg(unix)]
    fn create_unix_datagram_listener(
        &self,
        address: impl Into<net::UnixAddress>,
    ) -> net::CreateUnixDatagramListener<Self> {
        net::CreateUnixDatagramListener::new(self.unbind(), address.into())
    }

    /// Makes a transport of a connected stream socket: std's, or any of socket2's.
    ///
    /// It belongs to the transport then, which closes it. It is made non-blocking, and sends small messages at once (`TCP_NODELAY`).
    ///
    /// # Errors
    ///
    /// [`WrapError`](net::WrapError), which gives the socket back: if it is of another type or family, or not connected.
    ///
    /// # Panics
    ///
    /// Some backends panic outside of their runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[easynet::main(backend = "tokio")]
    /// # async fn main() -> Result<(), easynet::BoxError> {
    /// use easynet::net::*;
    ///
    /// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// let socket = std::net::TcpStream::connect(listener.local_addr()?)?;
    /// let mut stream = wrap_stream_socket(socket)?;
    /// stream.send_all(b"hello").await?;
    /// # Ok(())
    /// # }
    /// ```
    fn wrap_stream_socket<S: net::StreamSocket>(
        &self,
        socket: S,
    ) -> Result<S::Transport<Self>, net::WrapError<S>> {
        socket.wrap(self)
    }

    /// Makes a transport of a connected datagram socket: std's, or any of socket2's.
    ///
    /// It belongs to the transport then, which closes it. It is made non-blocking.
    ///
    /// # Errors
    ///
    /// As [`wrap_stream_socket`](Self::wrap_stream_socket).
    ///
    /// # Panics
    ///
    /// As [`wrap_stream_socket`](Self::wrap_stream_socket).
    fn wrap_connected_datagram_socket<S: net::DatagramSocket>(
        &self,
        socket: S,
    ) -> Result<S::Transport<Self>, net::WrapError<S>> {
        socket.wrap(self)
    }

    /// Runs a function on a thread where it may block, and yields its value.
    ///
    /// Other tasks go on meanwhile. In the function, `get_current_task`, task-locals,
    /// [`check_cancelled`](crate::cancel::check_cancelled) and [`current_effective_deadline`](crate::cancel::current_effective_deadline)
    /// are those of the caller, and [`current_portal`](threads::current_portal) is a way back into the event loop.
    ///
    /// # Cancellation
    ///
    /// Shielded: finishes first. Once the job runs, a cancelled scope waits until it has ended (C6); its value is yielded, and the
    /// cancellation takes effect at the next suspension point. The job is told, and may end early. As long as it waits, for a token of a
    /// limiter or for a thread, it has not begun, and never does.
    /// With [`abandon_on_cancel`](threads::RunInThread::abandon_on_cancel) the caller lets go, and only the enclosing group waits. A checkpoint (C3):
    /// in a cancelled scope it starts nothing.
    ///
    /// # Panics
    ///
    /// A panic of the job resumes here.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[easynet::main(backend = "tokio")]
    /// # async fn main() {
    /// use easynet::threads::run_in_thread;
    ///
    /// let (left, right) = (20, 22);
    /// let sum = run_in_thread(move || left + right).named("a long sum").await;
    /// assert_eq!(sum, 42);
    /// # }
    /// ```
    #[track_caller]
    fn run_in_thread<J, T>(&self, job: J) -> RunInThread<Self, J>
    where
        J: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        RunInThread::new(self.unbind(), job, std::panic::Location::caller())
    }

    /// Creates a portal: it lets threads run code in the event loop of the calling task, while its `run` is awaited.
    ///
    /// # Panics
    ///
    /// In a job of [`run_in_thread`](Self::run_in_thread), which is in no event loop, and has a portal already.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[easynet::main(backend = "tokio")]
    /// # async fn main() {
    /// use std::sync::Arc;
    ///
    /// use easynet::{sync::Event, threads::create_threads_portal};
    ///
    /// let portal = create_threads_portal();
    /// let thread = portal
    ///     .run(async {
    ///         let (portal, called) = (portal.handle(), Arc::new(Event::new()));
    ///         let event = called.clone();
    ///         let thread = std::thread::spawn(move || portal.run_sync(move || event.set()));
    ///         called.wait().await;
    ///         thread
    ///     })
    ///     .await;
    /// thread.join().unwrap().unwrap();
    /// assert!(portal.is_closed());
    /// # }
    /// ```
    #[track_caller]
    fn create_threads_portal(&self) -> ThreadsPortal<Self> {
        ThreadsPortal::new(self, std::panic::Location::caller())
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
