//! Unix sockets, of whichever backend runs.

mod open;

use std::{
    io::{self, IoSlice},
    os::fd::BorrowedFd,
    task::{Context, Poll},
};

use easynet_core::net::{
    AsyncUnixDatagramListener, AsyncUnixDatagramSender, AsyncUnixDatagramTransport, AsyncUnixStreamTransport,
    PeerCredentials, ReceivedFds, UnixAddress,
};

pub use self::open::{
    create_unix_datagram_endpoint, create_unix_datagram_listener, create_unix_stream_connection,
    create_unix_stream_listener,
};
use super::delegate::{datagram, datagram_listener, listener, socket, stream};
use crate::builtin::variants::{each, join, one_of, with_socket};

one_of! {
    /// A Unix stream of a built-in backend: a connection between processes of one machine.
    ///
    /// Opened by [`create_unix_stream_connection`](super::create_unix_stream_connection), accepted by a [`UnixListener`], or
    /// [wrapped](super::wrap_stream_socket). Dropping it closes it.
    #[derive(Debug)]
    pub enum UnixStream {
        "tokio" => Tokio(easynet_tokio::TokioUnixStream),
        "sim" => Sim(easynet_sim::SimUnixStream),
    }
}

one_of! {
    /// What a [`UnixStream`] that was split receives with.
    #[derive(Debug)]
    pub enum UnixReadHalf {
        "tokio" => Tokio(easynet_tokio::TokioUnixReadHalf),
        "sim" => Sim(easynet_sim::SimUnixReadHalf),
    }
}

one_of! {
    /// What a [`UnixStream`] that was split sends with.
    ///
    /// Dropping it tells the peer that no more is sent, as `send_eof` does.
    #[derive(Debug)]
    pub enum UnixWriteHalf {
        "tokio" => Tokio(easynet_tokio::TokioUnixWriteHalf),
        "sim" => Sim(easynet_sim::SimUnixWriteHalf),
    }
}

one_of! {
    /// A Unix stream listener of a built-in backend.
    ///
    /// Opened by [`create_unix_stream_listener`](super::create_unix_stream_listener). Dropping it closes it.
    #[derive(Debug)]
    pub enum UnixListener {
        "tokio" => Tokio(easynet_tokio::TokioUnixListener),
        "sim" => Sim(easynet_sim::SimUnixListener),
    }
}

one_of! {
    /// A Unix datagram socket of a built-in backend, with one peer.
    ///
    /// Opened by [`create_unix_datagram_endpoint`](super::create_unix_datagram_endpoint), or
    /// [wrapped](super::wrap_connected_datagram_socket). Dropping it closes it.
    #[derive(Debug)]
    pub enum UnixDatagramEndpoint {
        "tokio" => Tokio(easynet_tokio::TokioUnixDatagramEndpoint),
        "sim" => Sim(easynet_sim::SimUnixDatagramEndpoint),
    }
}

one_of! {
    /// What a [`UnixDatagramEndpoint`] that was split receives with.
    #[derive(Debug)]
    pub enum UnixDatagramReadHalf {
        "tokio" => Tokio(easynet_tokio::TokioUnixDatagramReadHalf),
        "sim" => Sim(easynet_sim::SimUnixDatagramReadHalf),
    }
}

one_of! {
    /// What a [`UnixDatagramEndpoint`] that was split sends with.
    #[derive(Debug)]
    pub enum UnixDatagramWriteHalf {
        "tokio" => Tokio(easynet_tokio::TokioUnixDatagramWriteHalf),
        "sim" => Sim(easynet_sim::SimUnixDatagramWriteHalf),
    }
}

one_of! {
    /// A Unix datagram socket of a built-in backend, that anybody may send to.
    ///
    /// Opened by [`create_unix_datagram_listener`](super::create_unix_datagram_listener). Dropping it ends receiving; the last of
    /// its senders closes the socket.
    #[derive(Debug)]
    pub enum UnixDatagramListener {
        "tokio" => Tokio(easynet_tokio::TokioUnixDatagramListener),
        "sim" => Sim(easynet_sim::SimUnixDatagramListener),
    }
}

one_of! {
    /// What sends from the socket of a [`UnixDatagramListener`], in any task: clone it as needed.
    #[derive(Debug, Clone)]
    pub enum UnixDatagramSender {
        "tokio" => Tokio(easynet_tokio::TokioUnixDatagramSender),
        "sim" => Sim(easynet_sim::SimUnixDatagramSender),
    }
}

stream!(UnixStream, UnixReadHalf, UnixWriteHalf, UnixAddress);
listener!(UnixListener, UnixStream, UnixAddress);
datagram!(
    UnixDatagramEndpoint,
    UnixDatagramReadHalf,
    UnixDatagramWriteHalf,
    UnixAddress
);
datagram_listener!(UnixDatagramListener, UnixDatagramSender, UnixAddress);
socket!(
    UnixStream: AsyncStreamTransport,
    tokio::net::UnixStream,
    std::os::unix::net::UnixStream
);
socket!(UnixListener: AsyncListener, tokio::net::UnixListener);
socket!(
    UnixDatagramEndpoint: AsyncDatagramTransport,
    tokio::net::UnixDatagram,
    std::os::unix::net::UnixDatagram
);
socket!(UnixDatagramListener: AsyncDatagramListener, tokio::net::UnixDatagram);

impl AsyncUnixStreamTransport for UnixStream {
    fn poll_recv_with_fds(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<ReceivedFds>> {
        each!(self, inner => inner.poll_recv_with_fds(cx, buffer))
    }

    fn poll_send_with_fds(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
        fds: &[BorrowedFd<'_>],
    ) -> Poll<io::Result<usize>> {
        each!(self, inner => inner.poll_send_with_fds(cx, pieces, fds))
    }

    fn peer_credentials(&self) -> io::Result<PeerCredentials> {
        each!(self, inner => inner.peer_credentials())
    }
}

impl AsyncUnixDatagramTransport for UnixDatagramEndpoint {
    fn poll_recv_with_fds(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<ReceivedFds>> {
        each!(self, inner => inner.poll_recv_with_fds(cx, buffer))
    }

    fn poll_send_with_fds(
        &mut self,
        cx: &mut Context<'_>,
        data: &[u8],
        fds: &[BorrowedFd<'_>],
    ) -> Poll<io::Result<()>> {
        each!(self, inner => inner.poll_send_with_fds(cx, data, fds))
    }
}

impl AsyncUnixDatagramListener for UnixDatagramListener {
    fn poll_recv_from_with_fds(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<(ReceivedFds, UnixAddress)>> {
        each!(self, inner => inner.poll_recv_from_with_fds(cx, buffer))
    }
}

impl AsyncUnixDatagramSender for UnixDatagramSender {
    async fn transmit_with_fds<'a>(
        &'a self,
        data: &'a [u8],
        fds: &'a [BorrowedFd<'a>],
        address: &'a UnixAddress,
    ) -> io::Result<()> {
        each!(self, inner => inner.transmit_with_fds(data, fds, address).await)
    }
}
