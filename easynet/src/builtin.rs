//! The backends that easynet comes with, as one type.

mod error;
mod timer;
pub(crate) mod variants;

use std::{
    future::Future,
    io,
    net::SocketAddr,
    task::{Context, Poll},
    time::{Duration, Instant},
};

#[cfg(unix)]
use easynet_core::net::{UnixAddress, UnixBindOptions};
use easynet_core::{
    AsyncBackend, BootstrapError, RunnerOptions,
    language::Allowance,
    net::{AddrInfo, AddrInfoQuery, BindOptions, ConnectOptions, ListenOptions, NameInfoFlags, WrapError},
};

use self::variants::{each, one_of};
pub use self::{
    error::{NoBackendError, UnknownBackendError},
    timer::BuiltinTimer,
};
use crate::net::{TcpListener, TcpStream, UdpEndpoint, UdpListener};
#[cfg(unix)]
use crate::net::{UnixDatagramEndpoint, UnixDatagramListener, UnixListener, UnixStream};

one_of! {
    /// One of the backends whose feature is enabled.
    ///
    /// Ambient functions and macros find the one that is running by themselves.
    #[derive(Debug, Clone)]
    pub enum BuiltinBackend {
        "tokio" => Tokio(easynet_tokio::TokioBackend),
        "sim" => Sim(easynet_sim::SimBackend),
    }
}

/// The backends that there are, each named as the feature that enables it.
const ALL: &[&str] = &["tokio", "sim"];

/// A built-in backend, by its name.
///
/// # Errors
///
/// For a name that is unknown, or whose feature is not enabled; the error lists the names.
///
/// # Examples
///
/// ```
/// use easynet::AsyncBackend;
///
/// # #[cfg(feature = "tokio")] {
/// let backend = easynet::new_builtin_backend("tokio").expect("its feature is enabled");
/// assert_eq!(backend.name(), "tokio");
/// # }
/// let error = easynet::new_builtin_backend("trio").unwrap_err();
/// assert!(error.to_string().contains("tokio"));
/// ```
pub fn new_builtin_backend(name: &str) -> Result<BuiltinBackend, UnknownBackendError> {
    BuiltinBackend::named(name).ok_or_else(|| UnknownBackendError::new(name, ALL))
}

/// The backend given, or else the one that runs the calling code.
///
/// That is the backend of the easynet task that is running, or else the runtime it is called in, such as that
/// of `#[tokio::main]`. All functions and macros that find the backend by themselves find the same.
///
/// # Errors
///
/// When none is given and none is running; also in a task of a backend of your own, which is none of these: the error
/// [names it](NoBackendError::foreign_backend). There, code calls the methods of [`AsyncBackend`] on a value of that backend.
///
/// # Examples
///
/// ```
/// assert!(easynet::ensure_backend(None).is_err());
/// ```
pub fn ensure_backend(backend: impl Into<Option<BuiltinBackend>>) -> Result<BuiltinBackend, NoBackendError> {
    backend
        .into()
        .or_else(BuiltinBackend::current)
        .ok_or_else(NoBackendError::here)
}

/// The running backend, for ambient calls.
#[inline]
#[track_caller]
pub(crate) fn ambient() -> BuiltinBackend {
    // Not in a closure: the location is the caller's.
    match BuiltinBackend::current() {
        Some(backend) => backend,
        None => nobody_runs(),
    }
}

/// What is left of a delay that starts now, by the clock of the running backend.
#[inline(always)]
#[track_caller]
pub(crate) fn allowance(delay: Duration) -> Allowance {
    Allowance::after(&ambient(), delay)
}

#[cold]
#[track_caller]
fn nobody_runs() -> BuiltinBackend {
    panic!("{}", NoBackendError::here())
}

impl BuiltinBackend {
    /// The backend of this name.
    #[inline]
    fn named(name: &str) -> Option<Self> {
        match name {
            #[cfg(feature = "tokio")]
            "tokio" => Some(easynet_tokio::TokioBackend::new().into()),
            #[cfg(feature = "sim")]
            "sim" => Some(easynet_sim::SimBackend::new().into()),
            _ => None,
        }
    }

    /// The backend whose runtime calls, outside of any task of easynet.
    #[cold]
    fn of_runtime() -> Option<Self> {
        // A simulation first: it may run on a thread of another runtime, and no other runtime on its own.
        #[cfg(feature = "sim")]
        if let Some(backend) = easynet_sim::SimBackend::current() {
            return Some(backend.into());
        }
        #[cfg(feature = "tokio")]
        if let Some(backend) = easynet_tokio::TokioBackend::current() {
            return Some(backend.into());
        }
        None
    }
}

impl AsyncBackend for BuiltinBackend {
    type Timer = BuiltinTimer;
    type TcpStream = TcpStream;
    type TcpListener = TcpListener;
    type UdpEndpoint = UdpEndpoint;
    type UdpListener = UdpListener;
    #[cfg(unix)]
    type UnixStream = UnixStream;
    #[cfg(unix)]
    type UnixListener = UnixListener;
    #[cfg(unix)]
    type UnixDatagramEndpoint = UnixDatagramEndpoint;
    #[cfg(unix)]
    type UnixDatagramListener = UnixDatagramListener;

    fn name(&self) -> &'static str {
        each!(self, backend => backend.name())
    }

    #[inline]
    fn current() -> Option<Self> {
        easynet_core::task::current_backend_name()
            .and_then(Self::named)
            .or_else(Self::of_runtime)
    }

    fn bind(&self) -> Self {
        each!(self, backend => backend.bind().into())
    }

    #[inline]
    fn unbind(&self) -> Self {
        each!(self, backend => backend.unbind().into())
    }

    fn run<F>(&self, options: &RunnerOptions, main: F) -> Result<F::Output, BootstrapError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        each!(self, backend => backend.run(options, main))
    }

    fn spawn<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        each!(self, backend => backend.spawn(task))
    }

    #[inline]
    fn current_time(&self) -> Instant {
        each!(self, backend => backend.current_time())
    }

    #[inline]
    fn deadline_after(&self, delay: Duration) -> Option<Instant> {
        each!(self, backend => backend.deadline_after(delay))
    }

    fn timer(&self, deadline: Instant) -> BuiltinTimer {
        each!(self, backend => backend.timer(deadline).into())
    }

    async fn run_blocking<J, T>(&self, job: J) -> T
    where
        J: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        each!(self, backend => backend.run_blocking(job).await)
    }

    fn is_here(&self) -> bool {
        each!(self, backend => backend.is_here())
    }

    fn has_one_thread(&self) -> bool {
        each!(self, backend => backend.has_one_thread())
    }

    fn block_thread(
        &self,
        limit: Option<Duration>,
        poll: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>,
    ) -> bool {
        each!(self, backend => backend.block_thread(limit, poll))
    }

    fn thread_checkpoint(&self) {
        each!(self, backend => backend.thread_checkpoint());
    }

    async fn lookup_addresses(&self, query: &AddrInfoQuery) -> io::Result<Vec<AddrInfo>> {
        each!(self, backend => backend.lookup_addresses(query).await)
    }

    async fn lookup_names(&self, address: SocketAddr, flags: NameInfoFlags) -> io::Result<(String, String)> {
        each!(self, backend => backend.lookup_names(address, flags).await)
    }

    async fn connect_tcp(&self, address: SocketAddr, options: &ConnectOptions) -> io::Result<TcpStream> {
        each!(self, backend => backend.connect_tcp(address, options).await.map(Into::into))
    }

    fn listen_tcp(&self, address: SocketAddr, options: &ListenOptions) -> io::Result<TcpListener> {
        each!(self, backend => backend.listen_tcp(address, options).map(Into::into))
    }

    fn connect_udp(&self, address: SocketAddr, options: &ConnectOptions) -> io::Result<UdpEndpoint> {
        each!(self, backend => backend.connect_udp(address, options).map(Into::into))
    }

    fn bind_udp(&self, address: SocketAddr, options: &BindOptions) -> io::Result<UdpListener> {
        each!(self, backend => backend.bind_udp(address, options).map(Into::into))
    }

    #[cfg(unix)]
    async fn connect_unix(
        &self,
        address: &UnixAddress,
        local: Option<&UnixAddress>,
    ) -> io::Result<UnixStream> {
        each!(self, backend => backend.connect_unix(address, local).await.map(Into::into))
    }

    #[cfg(unix)]
    async fn listen_unix(
        &self,
        address: &UnixAddress,
        options: &UnixBindOptions,
    ) -> io::Result<UnixListener> {
        each!(self, backend => backend.listen_unix(address, options).await.map(Into::into))
    }

    #[cfg(unix)]
    async fn connect_unix_datagram(
        &self,
        address: &UnixAddress,
        local: Option<&UnixAddress>,
    ) -> io::Result<UnixDatagramEndpoint> {
        each!(self, backend => backend.connect_unix_datagram(address, local).await.map(Into::into))
    }

    #[cfg(unix)]
    async fn bind_unix_datagram(
        &self,
        address: &UnixAddress,
        options: &UnixBindOptions,
    ) -> io::Result<UnixDatagramListener> {
        each!(self, backend => backend.bind_unix_datagram(address, options).await.map(Into::into))
    }

    fn wrap_tcp_stream(
        &self,
        socket: std::net::TcpStream,
    ) -> Result<TcpStream, WrapError<std::net::TcpStream>> {
        each!(self, backend => backend.wrap_tcp_stream(socket).map(Into::into))
    }

    fn wrap_udp_socket(
        &self,
        socket: std::net::UdpSocket,
    ) -> Result<UdpEndpoint, WrapError<std::net::UdpSocket>> {
        each!(self, backend => backend.wrap_udp_socket(socket).map(Into::into))
    }

    #[cfg(unix)]
    fn wrap_unix_stream(
        &self,
        socket: std::os::unix::net::UnixStream,
    ) -> Result<UnixStream, WrapError<std::os::unix::net::UnixStream>> {
        each!(self, backend => backend.wrap_unix_stream(socket).map(Into::into))
    }

    #[cfg(unix)]
    fn wrap_unix_datagram(
        &self,
        socket: std::os::unix::net::UnixDatagram,
    ) -> Result<UnixDatagramEndpoint, WrapError<std::os::unix::net::UnixDatagram>> {
        each!(self, backend => backend.wrap_unix_datagram(socket).map(Into::into))
    }
}
