//! Sockets of the operating system that are there already, as transports.

use std::{error::Error, fmt, io};

use socket2::{Domain, Socket, Type};

use crate::backend::AsyncBackend;

/// A socket could not be made a transport: "cannot use this socket". It is given back.
pub struct WrapError<S> {
    socket: S,
    source: io::Error,
}

impl<S> WrapError<S> {
    /// The error about a socket; for backends.
    pub fn new(socket: S, source: io::Error) -> Self {
        Self { socket, source }
    }

    /// What kind of failure it was: [`InvalidInput`](io::ErrorKind::InvalidInput) for a socket of the wrong type or family,
    /// [`NotConnected`](io::ErrorKind::NotConnected) for one that has no peer.
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }

    /// The socket, as it was given.
    pub fn into_socket(self) -> S {
        self.socket
    }

    /// The same error about what the socket was made from.
    fn map<T>(self, back: impl FnOnce(S) -> T) -> WrapError<T> {
        WrapError::new(back(self.socket), self.source)
    }
}

impl<S> fmt::Display for WrapError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot use this socket")
    }
}

impl<S> fmt::Debug for WrapError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WrapError")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl<S> Error for WrapError<S> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

/// Without the socket, which is closed.
impl<S> From<WrapError<S>> for io::Error {
    fn from(error: WrapError<S>) -> Self {
        error.source
    }
}

/// A socket that [`AsyncBackend::wrap_stream_socket`] takes: std's TCP and Unix streams, and any of socket2's.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a stream socket that can be wrapped",
    note = "`wrap_stream_socket` takes a `TcpStream` or a `UnixStream` of std, or a `socket2::Socket`"
)]
pub trait StreamSocket: Sized {
    /// What it becomes.
    type Transport<B: AsyncBackend>;

    /// Makes it a transport of a backend.
    ///
    /// # Errors
    ///
    /// [`WrapError`], with the socket.
    fn wrap<B: AsyncBackend>(self, backend: &B) -> Result<Self::Transport<B>, WrapError<Self>>;
}

/// A socket that [`AsyncBackend::wrap_connected_datagram_socket`] takes: std's UDP and Unix datagram sockets, and any of socket2's.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a datagram socket that can be wrapped",
    note = "`wrap_connected_datagram_socket` takes a `UdpSocket` or a `UnixDatagram` of std, or a `socket2::Socket`"
)]
pub trait DatagramSocket: Sized {
    /// What it becomes.
    type Transport<B: AsyncBackend>;

    /// Makes it a transport of a backend.
    ///
    /// # Errors
    ///
    /// [`WrapError`], with the socket.
    fn wrap<B: AsyncBackend>(self, backend: &B) -> Result<Self::Transport<B>, WrapError<Self>>;
}

/// What a [`Socket`] became, by its family.
#[derive(Debug)]
#[non_exhaustive]
pub enum Wrapped<I, U> {
    /// An IP socket.
    Ip(I),
    /// A Unix socket.
    Unix(U),
}

impl<I, U> Wrapped<I, U> {
    /// The transport, if it is of an IP socket.
    pub fn into_ip(self) -> Option<I> {
        match self {
            Self::Ip(transport) => Some(transport),
            Self::Unix(_) => None,
        }
    }

    /// The transport, if it is of a Unix socket.
    pub fn into_unix(self) -> Option<U> {
        match self {
            Self::Ip(_) => None,
            Self::Unix(transport) => Some(transport),
        }
    }
}

/// The streams of a backend for Unix sockets; none where the operating system has no such sockets.
#[cfg(unix)]
type UnixStream<B> = <B as AsyncBackend>::UnixStream;
#[cfg(not(unix))]
type UnixStream<B> = std::marker::PhantomData<B>;

/// The datagram endpoints of a backend for Unix sockets; none where the operating system has no such sockets.
#[cfg(unix)]
type UnixDatagramEndpoint<B> = <B as AsyncBackend>::UnixDatagramEndpoint;
#[cfg(not(unix))]
type UnixDatagramEndpoint<B> = std::marker::PhantomData<B>;

impl StreamSocket for std::net::TcpStream {
    type Transport<B: AsyncBackend> = B::TcpStream;

    fn wrap<B: AsyncBackend>(self, backend: &B) -> Result<B::TcpStream, WrapError<Self>> {
        match self.peer_addr() {
            Ok(_) => backend.wrap_tcp_stream(self),
            Err(error) => Err(WrapError::new(self, error)),
        }
    }
}

impl DatagramSocket for std::net::UdpSocket {
    type Transport<B: AsyncBackend> = B::UdpEndpoint;

    fn wrap<B: AsyncBackend>(self, backend: &B) -> Result<B::UdpEndpoint, WrapError<Self>> {
        match self.peer_addr() {
            Ok(_) => backend.wrap_udp_socket(self),
            Err(error) => Err(WrapError::new(self, error)),
        }
    }
}

#[cfg(unix)]
impl StreamSocket for std::os::unix::net::UnixStream {
    type Transport<B: AsyncBackend> = B::UnixStream;

    fn wrap<B: AsyncBackend>(self, backend: &B) -> Result<B::UnixStream, WrapError<Self>> {
        match self.peer_addr() {
            Ok(_) => backend.wrap_unix_stream(self),
            Err(error) => Err(WrapError::new(self, error)),
        }
    }
}

#[cfg(unix)]
impl DatagramSocket for std::os::unix::net::UnixDatagram {
    type Transport<B: AsyncBackend> = B::UnixDatagramEndpoint;

    fn wrap<B: AsyncBackend>(self, backend: &B) -> Result<B::UnixDatagramEndpoint, WrapError<Self>> {
        match self.peer_addr() {
            Ok(_) => backend.wrap_unix_datagram(self),
            Err(error) => Err(WrapError::new(self, error)),
        }
    }
}

impl StreamSocket for Socket {
    type Transport<B: AsyncBackend> = Wrapped<B::TcpStream, UnixStream<B>>;

    fn wrap<B: AsyncBackend>(self, backend: &B) -> Result<Self::Transport<B>, WrapError<Self>> {
        match family(&self, Type::STREAM) {
            Ok(Family::Ip) => match std::net::TcpStream::from(self).wrap(backend) {
                Ok(stream) => Ok(Wrapped::Ip(stream)),
                Err(error) => Err(error.map(Socket::from)),
            },
            #[cfg(unix)]
            Ok(Family::Unix) => match std::os::unix::net::UnixStream::from(self).wrap(backend) {
                Ok(stream) => Ok(Wrapped::Unix(stream)),
                Err(error) => Err(error.map(Socket::from)),
            },
            Err(error) => Err(WrapError::new(self, error)),
        }
    }
}

impl DatagramSocket for Socket {
    type Transport<B: AsyncBackend> = Wrapped<B::UdpEndpoint, UnixDatagramEndpoint<B>>;

    fn wrap<B: AsyncBackend>(self, backend: &B) -> Result<Self::Transport<B>, WrapError<Self>> {
        match family(&self, Type::DGRAM) {
            Ok(Family::Ip) => match std::net::UdpSocket::from(self).wrap(backend) {
                Ok(endpoint) => Ok(Wrapped::Ip(endpoint)),
                Err(error) => Err(error.map(Socket::from)),
            },
            #[cfg(unix)]
            Ok(Family::Unix) => match std::os::unix::net::UnixDatagram::from(self).wrap(backend) {
                Ok(endpoint) => Ok(Wrapped::Unix(endpoint)),
                Err(error) => Err(error.map(Socket::from)),
            },
            Err(error) => Err(WrapError::new(self, error)),
        }
    }
}

enum Family {
    Ip,
    #[cfg(unix)]
    Unix,
}

/// The family of a socket of that type.
fn family(socket: &Socket, wanted: Type) -> io::Result<Family> {
    let found = socket.r#type()?;
    if found != wanted {
        return Err(invalid(format!(
            "a socket of the type {wanted:?} is wanted, not {found:?}"
        )));
    }
    match socket.local_addr()?.domain() {
        Domain::IPV4 | Domain::IPV6 => Ok(Family::Ip),
        #[cfg(unix)]
        Domain::UNIX => Ok(Family::Unix),
        other => Err(invalid(format!(
            "sockets of the family {other:?} are not supported"
        ))),
    }
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}
