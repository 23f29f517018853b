//! TCP, of whichever backend runs.

use std::net::SocketAddr;

use easynet_core::{
    AsyncBackend,
    net::{CreateTcpConnection, CreateTcpListeners, Hosts},
};

use super::delegate::{listener, socket, stream};
use crate::{
    BuiltinBackend,
    builtin::{
        ambient,
        variants::{each, join, one_of, with_socket},
    },
};

one_of! {
    /// A TCP connection of a built-in backend.
    ///
    /// Opened by [`create_tcp_connection`], accepted by a [`TcpListener`], or [wrapped](super::wrap_stream_socket). Dropping it
    /// closes it.
    #[derive(Debug)]
    pub enum TcpStream {
        "tokio" => Tokio(easynet_tokio::TokioTcpStream),
        "sim" => Sim(easynet_sim::SimTcpStream),
    }
}

one_of! {
    /// What a [`TcpStream`] that was split receives with.
    #[derive(Debug)]
    pub enum TcpReadHalf {
        "tokio" => Tokio(easynet_tokio::TokioTcpReadHalf),
        "sim" => Sim(easynet_sim::SimTcpReadHalf),
    }
}

one_of! {
    /// What a [`TcpStream`] that was split sends with.
    ///
    /// Dropping it tells the peer that no more is sent, as `send_eof` does.
    #[derive(Debug)]
    pub enum TcpWriteHalf {
        "tokio" => Tokio(easynet_tokio::TokioTcpWriteHalf),
        "sim" => Sim(easynet_sim::SimTcpWriteHalf),
    }
}

one_of! {
    /// A TCP listener of a built-in backend.
    ///
    /// Opened by [`create_tcp_listeners`]. Dropping it closes it.
    #[derive(Debug)]
    pub enum TcpListener {
        "tokio" => Tokio(easynet_tokio::TokioTcpListener),
        "sim" => Sim(easynet_sim::SimTcpListener),
    }
}

stream!(TcpStream, TcpReadHalf, TcpWriteHalf, SocketAddr);
listener!(TcpListener, TcpStream, SocketAddr);
socket!(TcpStream: AsyncStreamTransport, tokio::net::TcpStream, std::net::TcpStream);
socket!(TcpListener: AsyncListener, tokio::net::TcpListener);

/// Opens a TCP connection to a host: a name, or an IP address.
///
/// Of a name with several addresses all are tried, the next one when the last has not answered within a quarter of a second
/// ("happy eyeballs"); the first that answers is it. [`local_address`](CreateTcpConnection::local_address) and
/// [`happy_eyeballs_delay`](CreateTcpConnection::happy_eyeballs_delay) are its options. More in
/// [`AsyncBackend::create_tcp_connection`].
///
/// # Cancellation
///
/// Safe to cancel: nothing is lost. What was open is closed. A checkpoint (C3).
///
/// # Errors
///
/// [`ConnectError`](super::ConnectError), with what every address answered, or the error of the resolver.
///
/// # Panics
///
/// Outside of any backend.
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() {
/// use easynet::net::create_tcp_connection;
///
/// // Nobody listens on port 1.
/// let error = create_tcp_connection("localhost", 1).await.unwrap_err();
/// for (address, error) in error.attempts() {
///     println!("{address}: {error}");
/// }
/// # assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
/// # }
/// ```
#[track_caller]
pub fn create_tcp_connection(host: &str, port: u16) -> CreateTcpConnection<'_, BuiltinBackend> {
    ambient().create_tcp_connection(host, port)
}

/// Opens TCP listeners on hosts: `None` for all interfaces, one, or several; names or IP addresses.
///
/// There is one for each address, IPv4 before IPv6, and none twice. With port 0 each gets a free one.
/// [`backlog`](CreateTcpListeners::backlog) and [`reuse_port`](CreateTcpListeners::reuse_port) are its options. More in
/// [`AsyncBackend::create_tcp_listeners`].
///
/// # Cancellation
///
/// Safe to cancel: nothing is lost. What was open is closed. A checkpoint (C3).
///
/// # Errors
///
/// [`BindError`](super::BindError), with what every address that failed answered, or the error of the resolver. No listener is
/// left open.
///
/// # Panics
///
/// Outside of any backend.
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() -> Result<(), easynet::net::BindError> {
/// // All interfaces, by IPv4 and by IPv6.
/// let listeners = easynet::net::create_tcp_listeners(None, 0).await?;
/// assert!(!listeners.is_empty());
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn create_tcp_listeners(hosts: impl Into<Hosts>, port: u16) -> CreateTcpListeners<BuiltinBackend> {
    ambient().create_tcp_listeners(hosts, port)
}
