//! Sockets of tokio, as transports.
//!
//! TCP and Unix streams are one type over two sockets of tokio, and so are UDP and Unix datagrams.

mod datagram;
mod halves;
mod kinds;
mod listener;
mod open;
mod stream;
mod tokio_io;
#[cfg(unix)]
mod unix;
mod wrap;

use std::io;

use easynet_core::net::Closed;

pub use self::{
    datagram::{
        endpoint::{TokioDatagramEndpoint, TokioDatagramReadHalf, TokioDatagramWriteHalf},
        listener::{TokioDatagramListener, TokioDatagramSender},
    },
    halves::{TokioReadHalf, TokioWriteHalf},
    kinds::{DatagramSocket, ListenerSocket, StreamSocket},
    listener::TokioListener,
    stream::TokioStream,
};
pub(crate) use self::{
    open::{bind_udp, connect_tcp, connect_udp, listen_tcp},
    wrap::{wrap_tcp_stream, wrap_udp_socket},
};
#[cfg(unix)]
pub(crate) use self::{
    open::{bind_unix_datagram, connect_unix, connect_unix_datagram, listen_unix},
    wrap::{wrap_unix_datagram, wrap_unix_stream},
};

/// A TCP connection of the tokio runtime.
pub type TokioTcpStream = TokioStream<tokio::net::TcpStream>;
/// What a TCP connection that was split receives with.
pub type TokioTcpReadHalf = TokioReadHalf<tokio::net::TcpStream>;
/// What a TCP connection that was split sends with.
pub type TokioTcpWriteHalf = TokioWriteHalf<tokio::net::TcpStream>;
/// A TCP listener of the tokio runtime.
pub type TokioTcpListener = TokioListener<tokio::net::TcpListener>;
/// A UDP socket of the tokio runtime that has one peer.
pub type TokioUdpEndpoint = TokioDatagramEndpoint<tokio::net::UdpSocket>;
/// What a UDP endpoint that was split receives with.
pub type TokioUdpReadHalf = TokioDatagramReadHalf<tokio::net::UdpSocket>;
/// What a UDP endpoint that was split sends with.
pub type TokioUdpWriteHalf = TokioDatagramWriteHalf<tokio::net::UdpSocket>;
/// A UDP socket of the tokio runtime that anybody may send to.
pub type TokioUdpListener = TokioDatagramListener<tokio::net::UdpSocket>;
/// What sends from the socket of a UDP listener.
pub type TokioUdpSender = TokioDatagramSender<tokio::net::UdpSocket>;

/// A Unix connection of the tokio runtime.
#[cfg(unix)]
pub type TokioUnixStream = TokioStream<tokio::net::UnixStream>;
/// What a Unix connection that was split receives with.
#[cfg(unix)]
pub type TokioUnixReadHalf = TokioReadHalf<tokio::net::UnixStream>;
/// What a Unix connection that was split sends with.
#[cfg(unix)]
pub type TokioUnixWriteHalf = TokioWriteHalf<tokio::net::UnixStream>;
/// A Unix stream listener of the tokio runtime.
#[cfg(unix)]
pub type TokioUnixListener = TokioListener<tokio::net::UnixListener>;
/// A Unix datagram socket of the tokio runtime that has one peer.
#[cfg(unix)]
pub type TokioUnixDatagramEndpoint = TokioDatagramEndpoint<tokio::net::UnixDatagram>;
/// What a Unix datagram endpoint that was split receives with.
#[cfg(unix)]
pub type TokioUnixDatagramReadHalf = TokioDatagramReadHalf<tokio::net::UnixDatagram>;
/// What a Unix datagram endpoint that was split sends with.
#[cfg(unix)]
pub type TokioUnixDatagramWriteHalf = TokioDatagramWriteHalf<tokio::net::UnixDatagram>;
/// A Unix datagram socket of the tokio runtime that anybody may send to.
#[cfg(unix)]
pub type TokioUnixDatagramListener = TokioDatagramListener<tokio::net::UnixDatagram>;
/// What sends from the socket of a Unix datagram listener.
#[cfg(unix)]
pub type TokioUnixDatagramSender = TokioDatagramSender<tokio::net::UnixDatagram>;

/// What is inside, unless it was closed.
fn open<T>(inner: &Option<T>) -> io::Result<&T> {
    inner.as_ref().ok_or_else(|| Closed::new().into())
}

fn open_mut<T>(inner: &mut Option<T>) -> io::Result<&mut T> {
    inner.as_mut().ok_or_else(|| Closed::new().into())
}
