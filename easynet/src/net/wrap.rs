//! Sockets that are there already, for the running backend.

use easynet_core::{
    AsyncBackend,
    net::{DatagramSocket, StreamSocket, WrapError},
};

use crate::{BuiltinBackend, builtin::ambient};

/// Makes a transport of a connected stream socket: std's TCP or Unix stream, or any of socket2's.
///
/// It belongs to the transport then, which closes it. It is made non-blocking. Of a [`socket2::Socket`] a
/// [`Wrapped`](super::Wrapped) is made, by its family. More in [`AsyncBackend::wrap_stream_socket`].
///
/// # Errors
///
/// [`WrapError`], which gives the socket back: if it is of another type or family, or not connected; in a simulation always, which
/// has no sockets of the operating system.
///
/// # Panics
///
/// Outside of any backend.
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() -> Result<(), easynet::BoxError> {
/// use easynet::net::wrap_stream_socket;
/// use socket2::{Domain, Socket, Type};
///
/// let error = wrap_stream_socket(Socket::new(Domain::IPV4, Type::STREAM, None)?).unwrap_err();
/// assert_eq!(error.kind(), std::io::ErrorKind::NotConnected);
/// let socket = error.into_socket();
/// # drop(socket);
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn wrap_stream_socket<S: StreamSocket>(socket: S) -> Result<S::Transport<BuiltinBackend>, WrapError<S>> {
    ambient().wrap_stream_socket(socket)
}

/// Makes a transport of a connected datagram socket: std's UDP or Unix datagram socket, or any of socket2's.
///
/// It belongs to the transport then, which closes it. It is made non-blocking. More in
/// [`AsyncBackend::wrap_connected_datagram_socket`].
///
/// # Errors
///
/// As [`wrap_stream_socket`].
///
/// # Panics
///
/// Outside of any backend.
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() -> Result<(), easynet::BoxError> {
/// use easynet::{net::wrap_connected_datagram_socket, prelude::*};
/// use std::net::UdpSocket;
///
/// let (ours, theirs) = (UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?);
/// ours.connect(theirs.local_addr()?)?;
/// let mut endpoint = wrap_connected_datagram_socket(ours)?;
/// endpoint.send(b"hello").await?;
///
/// let mut buffer = [0; 16];
/// assert_eq!(theirs.recv(&mut buffer)?, 5);
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn wrap_connected_datagram_socket<S: DatagramSocket>(
    socket: S,
) -> Result<S::Transport<BuiltinBackend>, WrapError<S>> {
    ambient().wrap_connected_datagram_socket(socket)
}
