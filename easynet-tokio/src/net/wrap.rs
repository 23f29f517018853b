//! Sockets that are there already, as transports; and transports as sockets.

use std::io;

use easynet_core::net::{WrapError, socket};

use super::{TokioDatagramEndpoint, TokioStream, TokioTcpStream, TokioUdpEndpoint};

/// Registers a socket with the runtime. If that fails it is given back: a second descriptor of it is kept that long.
macro_rules! wrap {
    ($(#[$attribute:meta])* $name:ident, $std:ty, $tokio:ty, $transport:ty, $prepare:expr) => {
        $(#[$attribute])*
        pub(crate) fn $name(socket: $std) -> Result<$transport, WrapError<$std>> {
            let spare = match socket.try_clone() {
                Ok(spare) => spare,
                Err(error) => return Err(WrapError::new(socket, error)),
            };
            let register = || {
                socket.set_nonblocking(true)?;
                $prepare(&socket)?;
                <$tokio>::from_std(socket)
            };
            register().map(Into::into).map_err(|error: io::Error| {
                // As sockets of std are.
                let _ = spare.set_nonblocking(false);
                WrapError::new(spare, error)
            })
        }

        $(#[$attribute])*
        impl TryFrom<$std> for $transport {
            type Error = WrapError<$std>;

            /// Takes a socket that is connected, in the runtime that runs the calling code.
            fn try_from(socket: $std) -> Result<Self, WrapError<$std>> {
                $name(socket)
            }
        }

        $(#[$attribute])*
        impl TryFrom<$transport> for $std {
            type Error = io::Error;

            /// Gives the socket up, as one that blocks; fails if the transport was closed.
            fn try_from(transport: $transport) -> io::Result<Self> {
                let socket = transport.into_inner()?.into_std()?;
                socket.set_nonblocking(false)?;
                Ok(socket)
            }
        }
    };
}

fn as_it_is<S>(_socket: &S) -> io::Result<()> {
    Ok(())
}

wrap!(
    wrap_tcp_stream,
    std::net::TcpStream,
    tokio::net::TcpStream,
    TokioTcpStream,
    socket::prepare_stream
);
wrap!(
    wrap_udp_socket,
    std::net::UdpSocket,
    tokio::net::UdpSocket,
    TokioUdpEndpoint,
    as_it_is
);
wrap!(
    #[cfg(unix)]
    wrap_unix_stream,
    std::os::unix::net::UnixStream,
    tokio::net::UnixStream,
    TokioStream<tokio::net::UnixStream>,
    as_it_is
);
wrap!(
    #[cfg(unix)]
    wrap_unix_datagram,
    std::os::unix::net::UnixDatagram,
    tokio::net::UnixDatagram,
    TokioDatagramEndpoint<tokio::net::UnixDatagram>,
    as_it_is
);
