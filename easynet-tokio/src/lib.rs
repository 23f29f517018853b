#![forbid(unsafe_code)]
//! The tokio backend of easynet: a translation, no policy.
//!
//! [`TokioBackend`] stands for a tokio runtime. [`bootstrap`](AsyncBackend::bootstrap) makes one; inside of a
//! runtime that is there already (`#[tokio::main]`) easynet works without. The runtime needs its time and
//! I/O drivers (`enable_all`).
//!
//! The clock is tokio's. Once a program has set a thousand limits, a thread `easynet-counter` finds out, in some milliseconds, whether the time can be told by the
//! processor's counter between two readings of the clock, which makes limits cheaper; on Linux it mostly can. Where the clock can be paused, it is read each time.

mod clock;
mod counter;
mod host;
mod net;
mod pool;
mod runner;
mod timer;

use std::{
    fmt,
    future::Future,
    io,
    net::SocketAddr,
    panic::resume_unwind,
    time::{Duration, Instant},
};

#[cfg(unix)]
use easynet_core::net::{UnixAddress, UnixBindOptions};
use easynet_core::{
    AsyncBackend, BootstrapError, RunnerOptions,
    executor::Spawner,
    net::{
        AddrInfo, AddrInfoQuery, BindOptions, ConnectOptions, ListenOptions, NameInfoFlags, WrapError, socket,
    },
};
use tokio::runtime::{Handle, RuntimeFlavor};

#[cfg(unix)]
pub use self::net::{
    TokioUnixDatagramEndpoint, TokioUnixDatagramListener, TokioUnixDatagramReadHalf, TokioUnixDatagramSender,
    TokioUnixDatagramWriteHalf, TokioUnixListener, TokioUnixReadHalf, TokioUnixStream, TokioUnixWriteHalf,
};
pub use self::{
    net::{
        DatagramSocket, ListenerSocket, StreamSocket, TokioDatagramEndpoint, TokioDatagramListener,
        TokioDatagramReadHalf, TokioDatagramSender, TokioDatagramWriteHalf, TokioListener, TokioReadHalf,
        TokioStream, TokioTcpListener, TokioTcpReadHalf, TokioTcpStream, TokioTcpWriteHalf, TokioUdpEndpoint,
        TokioUdpListener, TokioUdpReadHalf, TokioUdpSender, TokioUdpWriteHalf, TokioWriteHalf,
    },
    timer::TokioTimer,
};

/// The tokio runtime, as a backend.
///
/// # Examples
///
/// ```
/// use easynet_core::AsyncBackend;
/// use easynet_tokio::TokioBackend;
///
/// # fn main() -> Result<(), easynet_core::BootstrapError> {
/// let answer = TokioBackend::new().bootstrap(async { 42 })?;
/// assert_eq!(answer, 42);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct TokioBackend {
    bound: Bound,
}

/// Where tasks are started.
#[derive(Clone, Default)]
enum Bound {
    /// In the runtime that runs the calling code.
    #[default]
    No,
    Runtime(Handle),
    Host(Spawner),
}

impl TokioBackend {
    /// The backend, bound to no runtime in particular.
    pub const fn new() -> Self {
        Self { bound: Bound::No }
    }
}

impl fmt::Debug for TokioBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokioBackend")
            .field("bound", &!matches!(self.bound, Bound::No))
            .finish()
    }
}

impl AsyncBackend for TokioBackend {
    type Timer = TokioTimer;
    type TcpStream = TokioTcpStream;
    type TcpListener = TokioTcpListener;
    type UdpEndpoint = TokioUdpEndpoint;
    type UdpListener = TokioUdpListener;
    #[cfg(unix)]
    type UnixStream = TokioUnixStream;
    #[cfg(unix)]
    type UnixListener = TokioUnixListener;
    #[cfg(unix)]
    type UnixDatagramEndpoint = TokioUnixDatagramEndpoint;
    #[cfg(unix)]
    type UnixDatagramListener = TokioUnixDatagramListener;

    fn name(&self) -> &'static str {
        "tokio"
    }

    fn current() -> Option<Self> {
        Handle::try_current().ok().map(|_| Self::new())
    }

    fn bind(&self) -> Self {
        let bound = match &self.bound {
            Bound::No => match host::spawner() {
                Some(spawner) => Bound::Host(spawner),
                None => Handle::try_current().map_or(Bound::No, Bound::Runtime),
            },
            bound => bound.clone(),
        };
        Self { bound }
    }

    fn unbind(&self) -> Self {
        Self::new()
    }

    fn run<F>(&self, options: &RunnerOptions, main: F) -> Result<F::Output, BootstrapError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        runner::run(options, main)
    }

    fn spawn<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        match &self.bound {
            Bound::Host(spawner) => spawner.spawn(task),
            Bound::Runtime(handle) => drop(handle.spawn(task)),
            Bound::No => {
                if let Err(task) = host::spawn(task) {
                    drop(tokio::spawn(task));
                }
            }
        }
    }

    fn current_time(&self) -> Instant {
        clock::now()
    }

    #[inline]
    fn deadline_after(&self, delay: Duration) -> Option<Instant> {
        counter::no_earlier_than_now().checked_add(delay)
    }

    fn timer(&self, deadline: Instant) -> TokioTimer {
        TokioTimer::new(deadline)
    }

    async fn run_blocking<J, T>(&self, job: J) -> T
    where
        J: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let mut left = match pool::run(job) {
            Ok(running) => running.await,
            Err(job) => Err(job),
        };
        loop {
            // Given back by a runtime that has ended: this is polled in another.
            left = match left {
                Ok(ended) => return ended.unwrap_or_else(|panic| resume_unwind(panic)),
                Err(job) => pool::run_on_tokio(job).await,
            };
        }
    }

    fn is_here(&self) -> bool {
        match &self.bound {
            Bound::Host(own) => host::spawner().is_some_and(|here| here.is_same(own)),
            Bound::Runtime(own) => Handle::try_current().is_ok_and(|here| here.id() == own.id()),
            Bound::No => Handle::try_current().is_ok(),
        }
    }

    fn has_one_thread(&self) -> bool {
        match &self.bound {
            Bound::Host(_) => true,
            Bound::Runtime(own) => own.runtime_flavor() == RuntimeFlavor::CurrentThread,
            Bound::No => false,
        }
    }

    async fn lookup_addresses(&self, query: &AddrInfoQuery) -> io::Result<Vec<AddrInfo>> {
        let query = query.clone();
        self.run_blocking(move || socket::lookup_addresses(&query)).await
    }

    async fn lookup_names(&self, address: SocketAddr, flags: NameInfoFlags) -> io::Result<(String, String)> {
        self.run_blocking(move || socket::lookup_names(address, flags))
            .await
    }

    async fn connect_tcp(&self, address: SocketAddr, options: &ConnectOptions) -> io::Result<TokioTcpStream> {
        net::connect_tcp(address, options).await
    }

    fn listen_tcp(&self, address: SocketAddr, options: &ListenOptions) -> io::Result<TokioTcpListener> {
        net::listen_tcp(address, options)
    }

    fn connect_udp(&self, address: SocketAddr, options: &ConnectOptions) -> io::Result<TokioUdpEndpoint> {
        net::connect_udp(address, options)
    }

    fn bind_udp(&self, address: SocketAddr, options: &BindOptions) -> io::Result<TokioUdpListener> {
        net::bind_udp(address, options)
    }

    #[cfg(unix)]
    async fn connect_unix(
        &self,
        address: &UnixAddress,
        local: Option<&UnixAddress>,
    ) -> io::Result<TokioUnixStream> {
        net::connect_unix(address, local).await
    }

    #[cfg(unix)]
    async fn listen_unix(
        &self,
        address: &UnixAddress,
        options: &UnixBindOptions,
    ) -> io::Result<TokioUnixListener> {
        net::listen_unix(address, options).await
    }

    #[cfg(unix)]
    async fn connect_unix_datagram(
        &self,
        address: &UnixAddress,
        local: Option<&UnixAddress>,
    ) -> io::Result<TokioUnixDatagramEndpoint> {
        net::connect_unix_datagram(address, local).await
    }

    #[cfg(unix)]
    async fn bind_unix_datagram(
        &self,
        address: &UnixAddress,
        options: &UnixBindOptions,
    ) -> io::Result<TokioUnixDatagramListener> {
        net::bind_unix_datagram(address, options).await
    }

    fn wrap_tcp_stream(
        &self,
        socket: std::net::TcpStream,
    ) -> Result<TokioTcpStream, WrapError<std::net::TcpStream>> {
        net::wrap_tcp_stream(socket)
    }

    fn wrap_udp_socket(
        &self,
        socket: std::net::UdpSocket,
    ) -> Result<TokioUdpEndpoint, WrapError<std::net::UdpSocket>> {
        net::wrap_udp_socket(socket)
    }

    #[cfg(unix)]
    fn wrap_unix_stream(
        &self,
        socket: std::os::unix::net::UnixStream,
    ) -> Result<TokioUnixStream, WrapError<std::os::unix::net::UnixStream>> {
        net::wrap_unix_stream(socket)
    }

    #[cfg(unix)]
    fn wrap_unix_datagram(
        &self,
        socket: std::os::unix::net::UnixDatagram,
    ) -> Result<TokioUnixDatagramEndpoint, WrapError<std::os::unix::net::UnixDatagram>> {
        net::wrap_unix_datagram(socket)
    }
}
