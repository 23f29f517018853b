//! The simulation, as a backend.

use std::{
    fmt,
    future::Future,
    io,
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

#[cfg(unix)]
use easynet_core::net::{UnixAddress, UnixBindOptions};
use easynet_core::{
    AsyncBackend, BootstrapError, RunnerOptions,
    net::{AddrInfo, AddrInfoQuery, BindOptions, ConnectOptions, ListenOptions, NameInfoFlags, WrapError},
    threads::park_thread,
};

#[cfg(unix)]
use crate::net::{SimUnixDatagramEndpoint, SimUnixDatagramListener, SimUnixListener, SimUnixStream};

use crate::{
    job,
    net::{self, SimTcpListener, SimTcpStream, SimUdpEndpoint, SimUdpListener},
    plan::Plan,
    run,
    scheduler::{self, Scheduler, task::Kind, timers::SimTimer},
    watch,
};

/// The deterministic simulation, as a backend.
///
/// [`Simulation::backend`](crate::Simulation::backend) makes one that is set up; this one takes the seed from the
/// environment (`EASYNET_SEED`), or zero.
///
/// # Examples
///
/// ```
/// use easynet_core::AsyncBackend;
/// use easynet_sim::SimBackend;
///
/// # fn main() -> Result<(), easynet_core::BootstrapError> {
/// let answer = SimBackend::new().bootstrap(async { 42 })?;
/// assert_eq!(answer, 42);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct SimBackend(Link);

#[derive(Clone, Default)]
enum Link {
    /// To the simulation that runs on the calling thread.
    #[default]
    Here,
    /// To one that is to be made.
    Planned(Arc<Plan>),
    /// To one that runs, from any thread.
    Bound(Arc<Scheduler>),
}

impl SimBackend {
    /// The backend, bound to no simulation in particular.
    pub const fn new() -> Self {
        Self(Link::Here)
    }

    pub(crate) fn planned(plan: Plan) -> Self {
        Self(Link::Planned(Arc::new(plan)))
    }

    /// The simulation that this value, or the calling thread, belongs to.
    fn scheduler(&self) -> Option<Arc<Scheduler>> {
        match &self.0 {
            Link::Bound(scheduler) => Some(scheduler.clone()),
            _ => scheduler::current(),
        }
    }

    #[track_caller]
    fn running(&self) -> Arc<Scheduler> {
        self.scheduler().expect(
            "no simulation runs here: use the backend `sim` in code that `bootstrap` or `sim::run` runs",
        )
    }
}

impl fmt::Debug for SimBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimBackend")
            .field("bound", &matches!(self.0, Link::Bound(_)))
            .finish()
    }
}

impl AsyncBackend for SimBackend {
    type Timer = SimTimer;
    type TcpStream = SimTcpStream;
    type TcpListener = SimTcpListener;
    type UdpEndpoint = SimUdpEndpoint;
    type UdpListener = SimUdpListener;
    #[cfg(unix)]
    type UnixStream = SimUnixStream;
    #[cfg(unix)]
    type UnixListener = SimUnixListener;
    #[cfg(unix)]
    type UnixDatagramEndpoint = SimUnixDatagramEndpoint;
    #[cfg(unix)]
    type UnixDatagramListener = SimUnixDatagramListener;

    fn name(&self) -> &'static str {
        "sim"
    }

    fn current() -> Option<Self> {
        scheduler::is_current().then(Self::new)
    }

    fn bind(&self) -> Self {
        match self.scheduler() {
            Some(scheduler) => Self(Link::Bound(scheduler)),
            None => self.clone(),
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
        let plan = match &self.0 {
            Link::Planned(plan) => plan.clone(),
            _ => Arc::new(Plan::new()),
        };
        run::run(&plan, options, main)
    }

    fn spawn<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let scheduler = self.running();
        scheduler.spawn(Kind::Task, watch::announced(&scheduler), Box::pin(task));
    }

    fn current_time(&self) -> Instant {
        scheduler::current_time().unwrap_or_else(|| match &self.0 {
            Link::Bound(scheduler) => scheduler.now(),
            _ => crate::epoch(),
        })
    }

    fn timer(&self, deadline: Instant) -> SimTimer {
        SimTimer::new(&self.running(), deadline)
    }

    async fn run_blocking<J, T>(&self, job: J) -> T
    where
        J: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        job::run(&self.running(), job).await
    }

    fn is_here(&self) -> bool {
        match (&self.0, scheduler::current()) {
            (Link::Bound(own), Some(here)) => Arc::ptr_eq(own, &here),
            (_, here) => here.is_some(),
        }
    }

    fn block_thread(
        &self,
        limit: Option<Duration>,
        poll: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>,
    ) -> bool {
        self.scheduler()
            .and_then(|scheduler| job::block(&scheduler, limit, poll))
            // A thread that is not simulated.
            .unwrap_or_else(|| park_thread(limit, || self.current_time(), poll))
    }

    fn thread_checkpoint(&self) {
        if let Some(scheduler) = self.scheduler() {
            job::checkpoint(&scheduler);
        }
    }

    async fn lookup_addresses(&self, query: &AddrInfoQuery) -> io::Result<Vec<AddrInfo>> {
        net::lookup_addresses(&self.running(), query).await
    }

    async fn lookup_names(&self, address: SocketAddr, flags: NameInfoFlags) -> io::Result<(String, String)> {
        net::lookup_names(self.running().network(), address, flags)
    }

    async fn connect_tcp(&self, address: SocketAddr, options: &ConnectOptions) -> io::Result<SimTcpStream> {
        net::connect_tcp(self.running().network(), address, options).await
    }

    fn listen_tcp(&self, address: SocketAddr, options: &ListenOptions) -> io::Result<SimTcpListener> {
        net::listen_tcp(self.running().network(), address, options)
    }

    fn connect_udp(&self, address: SocketAddr, options: &ConnectOptions) -> io::Result<SimUdpEndpoint> {
        net::connect_udp(self.running().network(), address, options)
    }

    fn bind_udp(&self, address: SocketAddr, options: &BindOptions) -> io::Result<SimUdpListener> {
        net::bind_udp(self.running().network(), address, options)
    }

    #[cfg(unix)]
    async fn connect_unix(
        &self,
        address: &UnixAddress,
        local: Option<&UnixAddress>,
    ) -> io::Result<SimUnixStream> {
        net::connect_unix(self.running().network(), address, local).await
    }

    #[cfg(unix)]
    async fn listen_unix(
        &self,
        address: &UnixAddress,
        options: &UnixBindOptions,
    ) -> io::Result<SimUnixListener> {
        net::listen_unix(self.running().network(), address, options)
    }

    #[cfg(unix)]
    async fn connect_unix_datagram(
        &self,
        address: &UnixAddress,
        local: Option<&UnixAddress>,
    ) -> io::Result<SimUnixDatagramEndpoint> {
        net::connect_unix_datagram(self.running().network(), address, local)
    }

    #[cfg(unix)]
    async fn bind_unix_datagram(
        &self,
        address: &UnixAddress,
        options: &UnixBindOptions,
    ) -> io::Result<SimUnixDatagramListener> {
        net::bind_unix_datagram(self.running().network(), address, options)
    }

    fn wrap_tcp_stream(
        &self,
        socket: std::net::TcpStream,
    ) -> Result<SimTcpStream, WrapError<std::net::TcpStream>> {
        Err(net::no_sockets(socket))
    }

    fn wrap_udp_socket(
        &self,
        socket: std::net::UdpSocket,
    ) -> Result<SimUdpEndpoint, WrapError<std::net::UdpSocket>> {
        Err(net::no_sockets(socket))
    }

    #[cfg(unix)]
    fn wrap_unix_stream(
        &self,
        socket: std::os::unix::net::UnixStream,
    ) -> Result<SimUnixStream, WrapError<std::os::unix::net::UnixStream>> {
        Err(net::no_sockets(socket))
    }

    #[cfg(unix)]
    fn wrap_unix_datagram(
        &self,
        socket: std::os::unix::net::UnixDatagram,
    ) -> Result<SimUnixDatagramEndpoint, WrapError<std::os::unix::net::UnixDatagram>> {
        Err(net::no_sockets(socket))
    }
}
