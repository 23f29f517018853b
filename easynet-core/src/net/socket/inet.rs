//! TCP and UDP sockets.

use std::{
    io,
    net::{SocketAddr, TcpListener, UdpSocket},
};

use socket2::{Domain, Protocol, SockRef, Socket, Type};

use crate::net::{BindOptions, ConnectOptions, ListenOptions};

/// A listening socket: what [`AsyncBackend::listen_tcp`](crate::AsyncBackend::listen_tcp) is made of.
///
/// An address that was in use a moment ago may be used again; an IPv6 socket takes IPv6 connections only.
///
/// # Errors
///
/// Those of the operating system, unchanged. Of kind [`Unsupported`](io::ErrorKind::Unsupported) for `reuse_port` where
/// there is no such option.
pub fn listen_tcp(address: SocketAddr, options: &ListenOptions) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // On Windows the option would let others take the port over.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    bind_listener(&socket, address, options.reuse_port())?;
    socket.listen(options.backlog().try_into().unwrap_or(i32::MAX))?;
    Ok(socket.into())
}

/// A UDP socket that anybody may send to: what [`AsyncBackend::bind_udp`](crate::AsyncBackend::bind_udp) is made of.
///
/// An address that is in use is refused, even if that was a moment ago. An IPv6 socket receives by IPv6 only.
///
/// # Errors
///
/// As [`listen_tcp`].
pub fn bind_udp(address: SocketAddr, options: &BindOptions) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    bind_listener(&socket, address, options.reuse_port())?;
    Ok(socket.into())
}

fn bind_listener(socket: &Socket, address: SocketAddr, shared: bool) -> io::Result<()> {
    if shared {
        reuse_port(socket)?;
    }
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.bind(&address.into())?;
    socket.set_nonblocking(true)
}

/// A socket to be connected to `address`, bound to the local address that was asked for.
///
/// # Errors
///
/// Those of the operating system; if no local address can be bound, that of the first, with the address in the message.
pub fn tcp_socket(address: SocketAddr, options: &ConnectOptions) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    bind_first(&socket, options.local())?;
    Ok(socket)
}

/// Begins to connect a socket that [`tcp_socket`] has made.
///
/// # Errors
///
/// Those of the operating system: [`WouldBlock`](io::ErrorKind::WouldBlock) while the peer has not answered, which is the usual case.
/// The socket is writable once it has, and [`Socket::take_error`] tells then whether it refused.
pub fn connect_tcp(socket: &Socket, address: SocketAddr) -> io::Result<()> {
    socket.connect(&address.into()).map_err(|error| {
        if is_under_way(&error) {
            io::ErrorKind::WouldBlock.into()
        } else {
            error
        }
    })
}

#[cfg(unix)]
fn is_under_way(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EINPROGRESS)
}

#[cfg(not(unix))]
fn is_under_way(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

/// A UDP socket with one peer: what [`AsyncBackend::connect_udp`](crate::AsyncBackend::connect_udp) is made of.
///
/// # Errors
///
/// As [`tcp_socket`].
pub fn connect_udp(address: SocketAddr, options: &ConnectOptions) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    bind_first(&socket, options.local())?;
    socket.connect(&address.into())?;
    Ok(socket.into())
}

/// Binds the first of these addresses that can be bound; none if there is none.
fn bind_first(socket: &Socket, addresses: &[SocketAddr]) -> io::Result<()> {
    let mut first = None;
    for address in addresses {
        match socket.bind(&(*address).into()) {
            Ok(()) => return Ok(()),
            Err(error) => {
                first.get_or_insert_with(|| {
                    io::Error::new(error.kind(), format!("cannot bind {address}: {error}"))
                });
            }
        }
    }
    first.map_or(Ok(()), Err)
}

/// Sets the options of a connection, opened or accepted: small messages are sent at once.
///
/// # Errors
///
/// Those of the operating system.
pub fn prepare_stream<'s, S>(stream: &'s S) -> io::Result<()>
where
    SockRef<'s>: From<&'s S>,
{
    SockRef::from(stream).set_tcp_nodelay(true)
}

#[cfg(all(
    unix,
    not(any(target_os = "solaris", target_os = "illumos", target_os = "cygwin"))
))]
fn reuse_port(socket: &Socket) -> io::Result<()> {
    socket.set_reuse_port(true)
}

#[cfg(not(all(
    unix,
    not(any(target_os = "solaris", target_os = "illumos", target_os = "cygwin"))
)))]
fn reuse_port(_socket: &Socket) -> io::Result<()> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "this operating system has no `reuse_port`",
    ))
}
