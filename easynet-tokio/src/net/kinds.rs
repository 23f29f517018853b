//! The sockets of tokio, and what differs between them.

use std::{
    fmt,
    future::poll_fn,
    io,
    net::SocketAddr,
    task::{Context, Poll, ready},
};

#[cfg(unix)]
use easynet_core::net::UnixAddress;
use easynet_core::net::{DatagramLength, socket};
use socket2::SockRef;
#[cfg(unix)]
use tokio::net::{UnixDatagram, UnixListener, UnixStream};
use tokio::{
    io::{AsyncRead, AsyncWrite, Interest},
    net::{TcpListener, TcpStream, UdpSocket},
    task::coop::poll_proceed,
};

mod sealed {
    pub trait Sealed {}
}

/// A stream socket of tokio: TCP or Unix.
pub trait StreamSocket:
    AsyncRead + AsyncWrite + fmt::Debug + Send + Sync + Unpin + Sized + sealed::Sealed + 'static
{
    /// What names one end.
    type Address: fmt::Display + fmt::Debug + Clone + Send + Sync + 'static;
    /// Half of it.
    type Read: AsyncRead + AsRef<Self> + fmt::Debug + Send + Sync + Unpin + 'static;
    /// The other half.
    type Write: AsyncWrite + AsRef<Self> + fmt::Debug + Send + Sync + Unpin + 'static;

    #[doc(hidden)]
    fn local(&self) -> io::Result<Self::Address>;
    #[doc(hidden)]
    fn peer(&self) -> io::Result<Self::Address>;
    /// Sets the options of a connection, opened or accepted.
    #[doc(hidden)]
    fn prepare(&self) -> io::Result<()>;
    #[doc(hidden)]
    fn into_halves(self) -> (Self::Read, Self::Write);
    #[doc(hidden)]
    fn join(read: Self::Read, write: Self::Write) -> Result<Self, (Self::Read, Self::Write)>;
    #[doc(hidden)]
    fn as_socket(&self) -> SockRef<'_>;
}

/// What names the peer of a stream that `L` accepts.
pub(super) type AddressOf<L> = <<L as ListenerSocket>::Stream as StreamSocket>::Address;

/// A listening socket of tokio: TCP or Unix.
pub trait ListenerSocket: fmt::Debug + Send + Sync + Unpin + sealed::Sealed + 'static {
    /// What it accepts.
    type Stream: StreamSocket;

    #[doc(hidden)]
    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Self::Stream, AddressOf<Self>)>>;
    #[doc(hidden)]
    fn local(&self) -> io::Result<AddressOf<Self>>;
    #[doc(hidden)]
    fn as_socket(&self) -> SockRef<'_>;
}

/// A datagram socket of tokio: UDP or Unix.
pub trait DatagramSocket: fmt::Debug + Send + Sync + Unpin + Sized + sealed::Sealed + 'static {
    /// What names one end.
    type Address: fmt::Display + fmt::Debug + Clone + Send + Sync + 'static;

    #[doc(hidden)]
    fn local(&self) -> io::Result<Self::Address>;
    #[doc(hidden)]
    fn peer(&self) -> io::Result<Self::Address>;
    #[doc(hidden)]
    fn as_socket(&self) -> SockRef<'_>;
    #[doc(hidden)]
    fn ready(&self, interest: Interest) -> impl Future<Output = io::Result<()>> + Send;
    #[doc(hidden)]
    fn poll_send_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
    #[doc(hidden)]
    fn attempt<T>(&self, interest: Interest, attempt: impl FnOnce() -> io::Result<T>) -> io::Result<T>;
    #[doc(hidden)]
    fn receive(&self, buffer: &mut [u8]) -> io::Result<DatagramLength>;
    #[doc(hidden)]
    fn receive_from(&self, buffer: &mut [u8]) -> io::Result<(DatagramLength, Self::Address)>;
    #[doc(hidden)]
    fn poll_send_once(&self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>>;
    #[doc(hidden)]
    fn send_to<'a>(
        &'a self,
        data: &'a [u8],
        address: &'a Self::Address,
    ) -> impl Future<Output = io::Result<()>> + Send + 'a;

    /// Tries, and waits for readiness for as long as there is no room.
    #[doc(hidden)]
    fn poll_transmit<T>(
        &self,
        cx: &mut Context<'_>,
        mut transmit: impl FnMut() -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        loop {
            ready!(self.poll_send_ready(cx))?;
            if let Some(sent) = done(self.attempt(Interest::WRITABLE, &mut transmit)) {
                return Poll::Ready(sent);
            }
        }
    }
}

impl sealed::Sealed for TcpStream {}
impl sealed::Sealed for TcpListener {}
impl sealed::Sealed for UdpSocket {}
#[cfg(unix)]
impl sealed::Sealed for UnixStream {}
#[cfg(unix)]
impl sealed::Sealed for UnixListener {}
#[cfg(unix)]
impl sealed::Sealed for UnixDatagram {}

macro_rules! stream_socket {
    ($stream:ty, $address:ty, $read:ty, $write:ty, $prepare:expr) => {
        impl StreamSocket for $stream {
            type Address = $address;
            type Read = $read;
            type Write = $write;

            fn local(&self) -> io::Result<$address> {
                self.local_addr().map(named)
            }

            fn peer(&self) -> io::Result<$address> {
                self.peer_addr().map(named)
            }

            fn prepare(&self) -> io::Result<()> {
                $prepare(self)
            }

            fn into_halves(self) -> ($read, $write) {
                self.into_split()
            }

            fn join(read: $read, write: $write) -> Result<Self, ($read, $write)> {
                read.reunite(write).map_err(|error| (error.0, error.1))
            }

            fn as_socket(&self) -> SockRef<'_> {
                self.into()
            }
        }
    };
}

macro_rules! listener_socket {
    ($listener:ty, $stream:ty, $address:ty, $peer:expr) => {
        impl ListenerSocket for $listener {
            type Stream = $stream;

            fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<($stream, $address)>> {
                let (stream, peer) = ready!(self.poll_accept(cx))?;
                let peer: $address = $peer(&stream, named(peer));
                Poll::Ready(Ok((stream, peer)))
            }

            fn local(&self) -> io::Result<$address> {
                self.local_addr().map(named)
            }

            fn as_socket(&self) -> SockRef<'_> {
                self.into()
            }
        }
    };
}

macro_rules! datagram_socket {
    ($socket:ty, $address:ty) => {
        type Address = $address;

        fn local(&self) -> io::Result<$address> {
            self.local_addr().map(named)
        }

        fn peer(&self) -> io::Result<$address> {
            self.peer_addr().map(named)
        }

        fn as_socket(&self) -> SockRef<'_> {
            self.into()
        }

        async fn ready(&self, interest: Interest) -> io::Result<()> {
            self.ready(interest).await.map(drop)
        }

        fn poll_send_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.poll_send_ready(cx)
        }

        fn attempt<T>(&self, interest: Interest, attempt: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
            self.try_io(interest, attempt)
        }

        fn poll_send_once(&self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
            self.poll_send(cx, data)
        }
    };
}

stream_socket!(
    TcpStream,
    SocketAddr,
    tokio::net::tcp::OwnedReadHalf,
    tokio::net::tcp::OwnedWriteHalf,
    socket::prepare_stream
);
#[cfg(unix)]
stream_socket!(
    UnixStream,
    UnixAddress,
    tokio::net::unix::OwnedReadHalf,
    tokio::net::unix::OwnedWriteHalf,
    |_| Ok(())
);
listener_socket!(TcpListener, TcpStream, SocketAddr, |_, peer| peer);
#[cfg(unix)]
listener_socket!(
    UnixListener,
    UnixStream,
    UnixAddress,
    |stream: &UnixStream, peer: UnixAddress| {
        // Tokio takes an abstract name for none when it accepts, and knows it afterwards.
        match peer.is_unnamed() {
            true => stream.peer().unwrap_or(peer),
            false => peer,
        }
    }
);

impl DatagramSocket for UdpSocket {
    datagram_socket!(UdpSocket, SocketAddr);

    #[cfg(unix)]
    fn receive(&self, buffer: &mut [u8]) -> io::Result<DatagramLength> {
        socket::recv_datagram(self, buffer)
    }

    #[cfg(unix)]
    fn receive_from(&self, buffer: &mut [u8]) -> io::Result<(DatagramLength, SocketAddr)> {
        socket::recv_datagram_from(self, buffer)
    }

    #[cfg(not(unix))]
    fn receive(&self, buffer: &mut [u8]) -> io::Result<DatagramLength> {
        self.try_recv(buffer)
            .map(|length| DatagramLength::new(length, false))
    }

    #[cfg(not(unix))]
    fn receive_from(&self, buffer: &mut [u8]) -> io::Result<(DatagramLength, SocketAddr)> {
        let (length, address) = self.try_recv_from(buffer)?;
        Ok((DatagramLength::new(length, false), address))
    }

    async fn send_to(&self, data: &[u8], address: &SocketAddr) -> io::Result<()> {
        // Nearly always there is room: nothing is made to wait with before that was tried.
        let sent = loop {
            if let Some(sent) = in_turn(|| self.try_send_to(data, *address)).await {
                break sent?;
            }
            self.writable().await?;
        };
        whole(sent, data.len())
    }
}

#[cfg(unix)]
impl DatagramSocket for UnixDatagram {
    datagram_socket!(UnixDatagram, UnixAddress);

    fn receive(&self, buffer: &mut [u8]) -> io::Result<DatagramLength> {
        socket::recv_datagram(self, buffer)
    }

    fn receive_from(&self, buffer: &mut [u8]) -> io::Result<(DatagramLength, UnixAddress)> {
        socket::recv_datagram_from_unix(self, buffer)
    }

    async fn send_to(&self, data: &[u8], address: &UnixAddress) -> io::Result<()> {
        let sent = super::unix::patiently(self, || socket::send_to_unix(self, data, address)).await?;
        whole(sent, data.len())
    }
}

/// What came of an attempt; nothing if it is to be made again.
pub(super) fn done<T>(attempt: io::Result<T>) -> Option<io::Result<T>> {
    match attempt {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
        done => Some(done),
    }
}

/// Attempts something once. Who always succeeds lets others have their turn too, as with all that tokio does itself; so does who is told again and again
/// that it is ready, and finds it is not.
pub(super) async fn in_turn<T>(mut attempt: impl FnMut() -> io::Result<T>) -> Option<io::Result<T>> {
    poll_fn(|cx| {
        let turn = ready!(poll_proceed(cx));
        turn.made_progress();
        Poll::Ready(done(attempt()))
    })
    .await
}

/// A datagram is sent whole.
pub(super) fn whole(sent: usize, length: usize) -> io::Result<()> {
    if sent == length {
        return Ok(());
    }
    Err(io::ErrorKind::WriteZero.into())
}

/// What names a socket, as easynet says it.
fn named<A: Named>(address: A) -> A::Address {
    address.named()
}

/// An address as tokio says it.
trait Named {
    type Address;

    fn named(self) -> Self::Address;
}

impl Named for SocketAddr {
    type Address = Self;

    fn named(self) -> Self {
        self
    }
}

#[cfg(unix)]
impl Named for tokio::net::unix::SocketAddr {
    type Address = UnixAddress;

    fn named(self) -> UnixAddress {
        UnixAddress::from(&std::os::unix::net::SocketAddr::from(self))
    }
}
