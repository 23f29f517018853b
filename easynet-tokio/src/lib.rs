#![forbid(unsafe_code)]
//! The tokio backend of easynet: a translation, no policy.
//!
//! [`TokioBackend`] stands for a tokio runtime. [`bootstrap`](AsyncBackend::bootstrap) makes one; inside of a
//! runtime that is there already (`#[tokio::main]`) easynet works without. The runtime needs its time and
//! I/O drivers (`enable_all`).

mod net;
mod runner;
mod timer;

use std::{fmt, future::Future, io, net::SocketAddr, panic::resume_unwind, time::Instant};

use easynet_core::{AsyncBackend, BootstrapError, RunnerOptions, net::ListenOptions};
use tokio::runtime::Handle;

pub use self::{
    net::{TokioTcpListener, TokioTcpReadHalf, TokioTcpStream, TokioTcpWriteHalf},
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
    /// The runtime to start tasks in; otherwise the one that runs the calling code.
    handle: Option<Handle>,
}

impl TokioBackend {
    /// The backend, bound to no runtime in particular.
    pub const fn new() -> Self {
        Self { handle: None }
    }
}

impl fmt::Debug for TokioBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokioBackend")
            .field("bound", &self.handle.is_some())
            .finish()
    }
}

impl AsyncBackend for TokioBackend {
    type Timer = TokioTimer;
    type TcpStream = TokioTcpStream;
    type TcpListener = TokioTcpListener;

    fn name(&self) -> &'static str {
        "tokio"
    }

    fn current() -> Option<Self> {
        Handle::try_current().ok().map(|_| Self::new())
    }

    fn bind(&self) -> Self {
        Self {
            handle: self.handle.clone().or_else(|| Handle::try_current().ok()),
        }
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
        match &self.handle {
            Some(handle) => drop(handle.spawn(task)),
            None => drop(tokio::spawn(task)),
        }
    }

    fn current_time(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn timer(&self, deadline: Instant) -> TokioTimer {
        TokioTimer::new(deadline)
    }

    async fn run_blocking<J, T>(&self, job: J) -> T
    where
        J: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        match tokio::task::spawn_blocking(job).await {
            Ok(value) => value,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // The runtime is going away; so is whoever waits here.
                Err(_) => std::future::pending().await,
            },
        }
    }

    async fn lookup_host(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((host, port)).await?.collect())
    }

    async fn connect_tcp(&self, address: SocketAddr) -> io::Result<TokioTcpStream> {
        net::connect(address).await
    }

    fn listen_tcp(&self, address: SocketAddr, options: &ListenOptions) -> io::Result<TokioTcpListener> {
        net::listen(address, options)
    }
}
