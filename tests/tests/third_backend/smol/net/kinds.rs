//! What differs between the sockets of IP and those of Unix.

use std::{
    fmt::{Debug, Display},
    io::{self, IoSlice, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket},
    os::{
        fd::AsFd,
        unix::net::{UnixDatagram, UnixListener, UnixStream},
    },
};

use easynet_core::net::{DatagramLength, UnixAddress, socket};

/// A socket, and what names its ends.
pub(crate) trait Named: AsFd + Debug + Send + Sync + 'static {
    type Address: Display + Debug + Clone + Send + Sync + 'static;

    fn own_name(&self) -> io::Result<Self::Address>;
}

/// A socket with a peer.
pub(crate) trait Connected: Named {
    fn peer_name(&self) -> io::Result<Self::Address>;
}

/// A stream socket.
pub(crate) trait StreamSocket: Connected {
    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize>;
    fn send_some(&self, pieces: &[IoSlice<'_>]) -> io::Result<usize>;
    fn end(&self) -> io::Result<()>;
}

/// A listening stream socket.
pub(crate) trait ListeningSocket: Named {
    type Stream: StreamSocket<Address = Self::Address>;

    fn take(&self) -> io::Result<(Self::Stream, Self::Address)>;
}

/// A datagram socket.
pub(crate) trait DatagramSocket: Connected {
    /// Whether the reactor says truly that there is room for a datagram to anybody.
    ///
    /// The room for Unix datagrams is that of the peer, of whom a socket without one knows nothing: it counts as writable.
    const TELLS_OF_ROOM: bool;

    fn send_one(&self, data: &[u8]) -> io::Result<usize>;
    fn receive_from(&self, buffer: &mut [u8]) -> io::Result<(DatagramLength, Self::Address)>;
    fn send_one_to(&self, data: &[u8], address: &Self::Address) -> io::Result<usize>;
}

macro_rules! ip {
    ($($socket:ty)+) => {$(
        impl Named for $socket {
            type Address = SocketAddr;

            fn own_name(&self) -> io::Result<SocketAddr> {
                self.local_addr()
            }
        }
    )+};
}

macro_rules! unix {
    ($($socket:ty)+) => {$(
        impl Named for $socket {
            type Address = UnixAddress;

            fn own_name(&self) -> io::Result<UnixAddress> {
                self.local_addr().map(|address| UnixAddress::from(&address))
            }
        }
    )+};
}

macro_rules! connected {
    ($($socket:ty: $into:expr,)+) => {$(
        impl Connected for $socket {
            fn peer_name(&self) -> io::Result<Self::Address> {
                self.peer_addr().map($into)
            }
        }
    )+};
}

macro_rules! streams {
    ($($socket:ty)+) => {$(
        impl StreamSocket for $socket {
            fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
                (&*self).read(buffer)
            }

            fn send_some(&self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
                (&*self).write_vectored(pieces)
            }

            fn end(&self) -> io::Result<()> {
                self.shutdown(Shutdown::Write)
            }
        }
    )+};
}

ip! { TcpStream TcpListener UdpSocket }
unix! { UnixStream UnixListener UnixDatagram }
connected! {
    TcpStream: |address| address,
    UdpSocket: |address| address,
    UnixStream: |address| UnixAddress::from(&address),
    UnixDatagram: |address| UnixAddress::from(&address),
}
streams! { TcpStream UnixStream }

impl ListeningSocket for TcpListener {
    type Stream = TcpStream;

    fn take(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = self.accept()?;
        socket::prepare_stream(&stream)?;
        Ok((stream, peer))
    }
}

impl ListeningSocket for UnixListener {
    type Stream = UnixStream;

    fn take(&self) -> io::Result<(UnixStream, UnixAddress)> {
        let (stream, peer) = self.accept()?;
        Ok((stream, UnixAddress::from(&peer)))
    }
}

impl DatagramSocket for UdpSocket {
    const TELLS_OF_ROOM: bool = true;

    fn send_one(&self, data: &[u8]) -> io::Result<usize> {
        self.send(data)
    }

    fn receive_from(&self, buffer: &mut [u8]) -> io::Result<(DatagramLength, SocketAddr)> {
        socket::recv_datagram_from(self, buffer)
    }

    fn send_one_to(&self, data: &[u8], address: &SocketAddr) -> io::Result<usize> {
        self.send_to(data, address)
    }
}

impl DatagramSocket for UnixDatagram {
    const TELLS_OF_ROOM: bool = false;

    fn send_one(&self, data: &[u8]) -> io::Result<usize> {
        self.send(data)
    }

    fn receive_from(&self, buffer: &mut [u8]) -> io::Result<(DatagramLength, UnixAddress)> {
        socket::recv_datagram_from_unix(self, buffer)
    }

    fn send_one_to(&self, data: &[u8], address: &UnixAddress) -> io::Result<usize> {
        socket::send_to_unix(self, data, address)
    }
}
