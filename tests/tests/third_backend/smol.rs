//! The backend: a value that stands for a runtime made of smol's parts.
//!
//! Written from the guide in [`easynet_core::backend`] and the docs of [`easynet_core::net`] alone: [`async_executor`] runs
//! tasks, [`async_io`] tells of time and of sockets, [`blocking`] has the threads that may block.

mod jobs;
mod net;
mod runtime;
mod timer;

use std::{
    future::Future,
    io,
    net::SocketAddr,
    os::unix::net as unix,
    time::{Duration, Instant},
};

use async_io::Async;
use easynet_core::{
    AsyncBackend, BootstrapError, RunnerOptions,
    net::{
        AddrInfo, AddrInfoQuery, BindOptions, ConnectOptions, ListenOptions, NameInfoFlags, UnixAddress,
        UnixBindOptions, WrapError, socket,
    },
};

use self::{
    net::{DatagramListener, Endpoint, Listener, Stream, watched_or_back},
    runtime::Runtime,
    timer::SmolTimer,
};

/// The name, in errors too.
const NAME: &str = "smol";

/// How long to wait before a listener that had no room for a connection is asked again: nobody tells when it has.
const NO_ROOM: Duration = Duration::from_millis(1);

/// A runtime made of smol's parts: the one that the value is bound to, or else the one that runs the calling code.
#[derive(Debug, Clone, Default)]
pub(crate) struct Smol(Option<Runtime>);

impl Smol {
    /// For use inside of the runtime, or to make one.
    pub(crate) fn new() -> Self {
        Self(None)
    }
}

impl AsyncBackend for Smol {
    type Timer = SmolTimer;
    type TcpStream = Stream<std::net::TcpStream>;
    type TcpListener = Listener<std::net::TcpListener>;
    type UdpEndpoint = Endpoint<std::net::UdpSocket>;
    type UdpListener = DatagramListener<std::net::UdpSocket>;
    type UnixStream = Stream<unix::UnixStream>;
    type UnixListener = Listener<unix::UnixListener>;
    type UnixDatagramEndpoint = Endpoint<unix::UnixDatagram>;
    type UnixDatagramListener = DatagramListener<unix::UnixDatagram>;

    fn name(&self) -> &'static str {
        NAME
    }

    fn current() -> Option<Self> {
        Runtime::current().map(|_| Self::new())
    }

    fn bind(&self) -> Self {
        Self(Runtime::current().or_else(|| self.0.clone()))
    }

    fn unbind(&self) -> Self {
        Self::new()
    }

    fn run<F>(&self, options: &RunnerOptions, main: F) -> Result<F::Output, BootstrapError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        runtime::run(options, main)
    }

    fn spawn<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        match &self.0 {
            Some(runtime) => runtime.spawn(task),
            None => Runtime::current()
                .expect("tasks are started in a runtime, and none runs here")
                .spawn(task),
        }
    }

    fn current_time(&self) -> Instant {
        Instant::now()
    }

    fn timer(&self, deadline: Instant) -> SmolTimer {
        SmolTimer::at(deadline)
    }

    fn run_blocking<J, T>(&self, job: J) -> impl Future<Output = T> + Send
    where
        J: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        jobs::run(job)
    }

    fn is_here(&self) -> bool {
        Runtime::current().is_some_and(|here| self.0.as_ref().is_none_or(|own| *own == here))
    }

    async fn lookup_addresses(&self, query: &AddrInfoQuery) -> io::Result<Vec<AddrInfo>> {
        let query = query.clone();
        jobs::run(move || socket::lookup_addresses(&query)).await
    }

    async fn lookup_names(&self, address: SocketAddr, flags: NameInfoFlags) -> io::Result<(String, String)> {
        jobs::run(move || socket::lookup_names(address, flags)).await
    }

    async fn connect_tcp(
        &self,
        address: SocketAddr,
        options: &ConnectOptions,
    ) -> io::Result<Self::TcpStream> {
        let opening = socket::tcp_socket(address, options)?;
        let begun = socket::connect_tcp(&opening, address);
        let stream = Async::new(std::net::TcpStream::from(opening))?;
        match begun {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                stream.writable().await?;
                if let Some(error) = stream.get_ref().take_error()? {
                    return Err(error);
                }
            }
            decided => decided?,
        }
        socket::prepare_stream(stream.get_ref())?;
        Ok(Stream::new(stream))
    }

    fn listen_tcp(&self, address: SocketAddr, options: &ListenOptions) -> io::Result<Self::TcpListener> {
        let listener = socket::listen_tcp(address, options)?;
        Ok(Listener::new(Async::new(listener)?, None))
    }

    fn connect_udp(&self, address: SocketAddr, options: &ConnectOptions) -> io::Result<Self::UdpEndpoint> {
        let endpoint = socket::connect_udp(address, options)?;
        Ok(Endpoint::new(Async::new(endpoint)?))
    }

    fn bind_udp(&self, address: SocketAddr, options: &BindOptions) -> io::Result<Self::UdpListener> {
        let listener = socket::bind_udp(address, options)?;
        Ok(DatagramListener::new(Async::new(listener)?, None))
    }

    async fn connect_unix(
        &self,
        address: &UnixAddress,
        local: Option<&UnixAddress>,
    ) -> io::Result<Self::UnixStream> {
        let local = local.cloned();
        // Until the connection is there, so is the file of our end only as long as this.
        let bound = jobs::run(move || socket::unix_stream_socket(local.as_ref())).await?;
        loop {
            match socket::connect_unix(&bound.socket, address) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    async_io::Timer::after(NO_ROOM).await;
                }
                decided => break decided?,
            }
        }
        let (opened, _) = bound.into_parts();
        Ok(Stream::new(Async::new(unix::UnixStream::from(opened))?))
    }

    async fn listen_unix(
        &self,
        address: &UnixAddress,
        options: &UnixBindOptions,
    ) -> io::Result<Self::UnixListener> {
        let (address, options) = (address.clone(), options.clone());
        let bound = jobs::run(move || socket::listen_unix(&address, &options)).await?;
        let (listener, file) = bound.into_parts();
        Ok(Listener::new(Async::new(listener)?, file))
    }

    async fn connect_unix_datagram(
        &self,
        address: &UnixAddress,
        local: Option<&UnixAddress>,
    ) -> io::Result<Self::UnixDatagramEndpoint> {
        let (address, local) = (address.clone(), local.cloned());
        let bound = jobs::run(move || socket::connect_unix_datagram(&address, local.as_ref())).await?;
        let (endpoint, _) = bound.into_parts();
        Ok(Endpoint::new(Async::new(endpoint)?))
    }

    async fn bind_unix_datagram(
        &self,
        address: &UnixAddress,
        options: &UnixBindOptions,
    ) -> io::Result<Self::UnixDatagramListener> {
        let (address, options) = (address.clone(), options.clone());
        let bound = jobs::run(move || socket::bind_unix_datagram(&address, &options)).await?;
        let (listener, file) = bound.into_parts();
        Ok(DatagramListener::new(Async::new(listener)?, file))
    }

    fn wrap_tcp_stream(
        &self,
        socket: std::net::TcpStream,
    ) -> Result<Self::TcpStream, WrapError<std::net::TcpStream>> {
        match socket::prepare_stream(&socket) {
            Ok(()) => watched_or_back(socket).map(Stream::new),
            Err(error) => Err(WrapError::new(socket, error)),
        }
    }

    fn wrap_udp_socket(
        &self,
        socket: std::net::UdpSocket,
    ) -> Result<Self::UdpEndpoint, WrapError<std::net::UdpSocket>> {
        watched_or_back(socket).map(Endpoint::new)
    }

    fn wrap_unix_stream(
        &self,
        socket: unix::UnixStream,
    ) -> Result<Self::UnixStream, WrapError<unix::UnixStream>> {
        watched_or_back(socket).map(Stream::new)
    }

    fn wrap_unix_datagram(
        &self,
        socket: unix::UnixDatagram,
    ) -> Result<Self::UnixDatagramEndpoint, WrapError<unix::UnixDatagram>> {
        watched_or_back(socket).map(Endpoint::new)
    }
}
