//! Sockets of the operating system, set up alike for every backend that uses them.

use std::{io, net::SocketAddr};

use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::ListenOptions;

/// A listening socket, non-blocking: what [`AsyncBackend::listen_tcp`](crate::AsyncBackend::listen_tcp) is made of.
///
/// An address that was in use a moment ago may be used again; an IPv6 socket takes IPv6 connections only.
///
/// # Errors
///
/// Those of the operating system, unchanged. Of kind [`Unsupported`](io::ErrorKind::Unsupported) for `reuse_port` where
/// there is no such option.
pub fn listen_tcp(address: SocketAddr, options: &ListenOptions) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // On Windows the option would let others take the port over.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    if options.reuse_port() {
        reuse_port(&socket)?;
    }
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.bind(&address.into())?;
    socket.listen(options.backlog().try_into().unwrap_or(i32::MAX))?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
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
