//! UDP and Unix sockets, which a simulation has none of yet: types without values, and the error that says so.

use std::{
    convert::Infallible,
    io::{self, IoSlice},
    net::SocketAddr,
    task::{Context, Poll},
};

#[cfg(unix)]
use easynet_core::net::UnixAddress;
use easynet_core::net::{
    AsyncDatagramListener, AsyncDatagramReadTransport, AsyncDatagramSender, AsyncDatagramTransport,
    AsyncDatagramWriteTransport, DatagramLength, NotOneStream,
};

use crate::SimBackend;

/// The error of everything that would make one.
pub(crate) fn unsupported<T>() -> io::Result<T> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "the simulation has neither UDP nor Unix sockets",
    ))
}

/// A datagram endpoint with its halves, and a listener with its senders.
macro_rules! datagrams {
    ($address:ty, $endpoint:ident, $read:ident, $write:ident, $listener:ident, $sender:ident) => {
        /// Never there.
        #[derive(Debug)]
        pub struct $endpoint(Infallible);

        /// Never there.
        #[derive(Debug)]
        pub struct $read(Infallible);

        /// Never there.
        #[derive(Debug)]
        pub struct $write(Infallible);

        /// Never there.
        #[derive(Debug)]
        pub struct $listener(Infallible);

        /// Never there.
        #[derive(Debug, Clone)]
        pub struct $sender(Infallible);

        datagrams!(read $endpoint);
        datagrams!(read $read);
        datagrams!(write $endpoint);
        datagrams!(write $write);

        impl AsyncDatagramTransport for $endpoint {
            type Backend = SimBackend;
            type Address = $address;
            type ReadHalf = $read;
            type WriteHalf = $write;

            fn backend(&self) -> SimBackend {
                match self.0 {}
            }

            fn abort(&mut self) {
                match self.0 {}
            }

            fn is_closing(&self) -> bool {
                match self.0 {}
            }

            fn local_address(&self) -> io::Result<$address> {
                match self.0 {}
            }

            fn peer_address(&self) -> io::Result<$address> {
                match self.0 {}
            }

            fn split(self) -> ($read, $write) {
                match self.0 {}
            }

            fn reunite(read: $read, _write: $write) -> Result<Self, NotOneStream<$read, $write>> {
                match read.0 {}
            }
        }

        impl AsyncDatagramListener for $listener {
            type Backend = SimBackend;
            type Address = $address;
            type Sender = $sender;

            fn backend(&self) -> SimBackend {
                match self.0 {}
            }

            fn poll_recv_from(
                &mut self,
                _cx: &mut Context<'_>,
                _buffer: &mut [u8],
            ) -> Poll<io::Result<(DatagramLength, $address)>> {
                match self.0 {}
            }

            fn sender(&self) -> $sender {
                match self.0 {}
            }

            fn local_address(&self) -> io::Result<$address> {
                match self.0 {}
            }

            fn abort(&mut self) {
                match self.0 {}
            }

            fn is_closing(&self) -> bool {
                match self.0 {}
            }
        }

        impl AsyncDatagramSender for $sender {
            type Address = $address;

            async fn transmit<'a>(&'a self, _data: &'a [u8], _address: &'a $address) -> io::Result<()> {
                match self.0 {}
            }
        }
    };
    (read $type:ident) => {
        impl AsyncDatagramReadTransport for $type {
            fn poll_recv(
                &mut self,
                _cx: &mut Context<'_>,
                _buffer: &mut [u8],
            ) -> Poll<io::Result<DatagramLength>> {
                match self.0 {}
            }
        }
    };
    (write $type:ident) => {
        impl AsyncDatagramWriteTransport for $type {
            fn poll_send(&mut self, _cx: &mut Context<'_>, _data: &[u8]) -> Poll<io::Result<()>> {
                match self.0 {}
            }
        }
    };
}

datagrams!(
    SocketAddr,
    SimUdpEndpoint,
    SimUdpReadHalf,
    SimUdpWriteHalf,
    SimUdpListener,
    SimUdpSender
);

#[cfg(unix)]
pub use self::unix::{
    SimUnixDatagramEndpoint, SimUnixDatagramListener, SimUnixDatagramReadHalf, SimUnixDatagramSender,
    SimUnixDatagramWriteHalf, SimUnixListener, SimUnixReadHalf, SimUnixStream, SimUnixWriteHalf,
};

#[cfg(unix)]
mod unix {
    use std::os::fd::BorrowedFd;

    use easynet_core::net::{
        AsyncListener, AsyncStreamReadTransport, AsyncStreamTransport, AsyncStreamWriteTransport,
        AsyncUnixDatagramListener, AsyncUnixDatagramSender, AsyncUnixDatagramTransport,
        AsyncUnixStreamTransport, PeerCredentials, ReceivedFds,
    };

    use super::*;

    datagrams!(
        UnixAddress,
        SimUnixDatagramEndpoint,
        SimUnixDatagramReadHalf,
        SimUnixDatagramWriteHalf,
        SimUnixDatagramListener,
        SimUnixDatagramSender
    );

    impl AsyncUnixDatagramTransport for SimUnixDatagramEndpoint {
        fn poll_recv_with_fds(
            &mut self,
            _cx: &mut Context<'_>,
            _buffer: &mut [u8],
        ) -> Poll<io::Result<ReceivedFds>> {
            match self.0 {}
        }

        fn poll_send_with_fds(
            &mut self,
            _cx: &mut Context<'_>,
            _data: &[u8],
            _fds: &[BorrowedFd<'_>],
        ) -> Poll<io::Result<()>> {
            match self.0 {}
        }
    }

    impl AsyncUnixDatagramListener for SimUnixDatagramListener {
        fn poll_recv_from_with_fds(
            &mut self,
            _cx: &mut Context<'_>,
            _buffer: &mut [u8],
        ) -> Poll<io::Result<(ReceivedFds, UnixAddress)>> {
            match self.0 {}
        }
    }

    impl AsyncUnixDatagramSender for SimUnixDatagramSender {
        async fn transmit_with_fds<'a>(
            &'a self,
            _data: &'a [u8],
            _fds: &'a [BorrowedFd<'a>],
            _address: &'a UnixAddress,
        ) -> io::Result<()> {
            match self.0 {}
        }
    }

    /// Never there.
    #[derive(Debug)]
    pub struct SimUnixStream(Infallible);

    /// Never there.
    #[derive(Debug)]
    pub struct SimUnixReadHalf(Infallible);

    /// Never there.
    #[derive(Debug)]
    pub struct SimUnixWriteHalf(Infallible);

    /// Never there.
    #[derive(Debug)]
    pub struct SimUnixListener(Infallible);

    macro_rules! stream {
        (read $type:ident) => {
            impl AsyncStreamReadTransport for $type {
                fn poll_recv(&mut self, _cx: &mut Context<'_>, _buffer: &mut [u8]) -> Poll<io::Result<usize>> {
                    match self.0 {}
                }
            }

            easynet_core::futures_io_traits!(read $type);
        };
        (write $type:ident) => {
            impl AsyncStreamWriteTransport for $type {
                fn poll_send(&mut self, _cx: &mut Context<'_>, _data: &[u8]) -> Poll<io::Result<usize>> {
                    match self.0 {}
                }

                fn poll_send_eof(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                    match self.0 {}
                }
            }

            easynet_core::futures_io_traits!(write $type);
        };
        (addresses $type:ident) => {
            impl $type {
                /// Never called.
                ///
                /// # Errors
                ///
                /// None.
                pub fn local_address(&self) -> io::Result<UnixAddress> {
                    match self.0 {}
                }

                /// Never called.
                ///
                /// # Errors
                ///
                /// None.
                pub fn peer_address(&self) -> io::Result<UnixAddress> {
                    match self.0 {}
                }
            }
        };
    }

    stream!(read SimUnixStream);
    stream!(write SimUnixStream);
    stream!(read SimUnixReadHalf);
    stream!(write SimUnixWriteHalf);
    stream!(addresses SimUnixReadHalf);
    stream!(addresses SimUnixWriteHalf);

    impl AsyncStreamTransport for SimUnixStream {
        type Backend = SimBackend;
        type Address = UnixAddress;
        type ReadHalf = SimUnixReadHalf;
        type WriteHalf = SimUnixWriteHalf;

        fn backend(&self) -> SimBackend {
            match self.0 {}
        }

        fn poll_close(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            match self.0 {}
        }

        fn abort(&mut self) {
            match self.0 {}
        }

        fn is_closing(&self) -> bool {
            match self.0 {}
        }

        fn local_address(&self) -> io::Result<UnixAddress> {
            match self.0 {}
        }

        fn peer_address(&self) -> io::Result<UnixAddress> {
            match self.0 {}
        }

        fn split(self) -> (SimUnixReadHalf, SimUnixWriteHalf) {
            match self.0 {}
        }

        fn reunite(
            read: SimUnixReadHalf,
            _write: SimUnixWriteHalf,
        ) -> Result<Self, NotOneStream<SimUnixReadHalf, SimUnixWriteHalf>> {
            match read.0 {}
        }
    }

    impl AsyncUnixStreamTransport for SimUnixStream {
        fn poll_recv_with_fds(
            &mut self,
            _cx: &mut Context<'_>,
            _buffer: &mut [u8],
        ) -> Poll<io::Result<ReceivedFds>> {
            match self.0 {}
        }

        fn poll_send_with_fds(
            &mut self,
            _cx: &mut Context<'_>,
            _pieces: &[IoSlice<'_>],
            _fds: &[BorrowedFd<'_>],
        ) -> Poll<io::Result<usize>> {
            match self.0 {}
        }

        fn peer_credentials(&self) -> io::Result<PeerCredentials> {
            match self.0 {}
        }
    }

    impl AsyncListener for SimUnixListener {
        type Backend = SimBackend;
        type Stream = SimUnixStream;

        fn backend(&self) -> SimBackend {
            match self.0 {}
        }

        fn poll_accept(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<(SimUnixStream, UnixAddress)>> {
            match self.0 {}
        }

        fn local_address(&self) -> io::Result<UnixAddress> {
            match self.0 {}
        }

        fn abort(&mut self) {
            match self.0 {}
        }

        fn is_closing(&self) -> bool {
            match self.0 {}
        }
    }
}
