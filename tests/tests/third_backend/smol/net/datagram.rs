//! Datagram endpoints, whole and in halves.

use std::{
    io::{self, IoSlice},
    os::{fd::BorrowedFd, unix::net::UnixDatagram},
    sync::Arc,
    task::{Context, Poll},
};

use async_io::Async;
use easynet_core::net::{
    AsyncDatagramReadTransport, AsyncDatagramTransport, AsyncDatagramWriteTransport,
    AsyncUnixDatagramTransport, DatagramLength, NotOneStream, ReceivedFds, socket,
};

use super::{Smol, is_one, kinds::DatagramSocket, open, poll_read, poll_write};

/// An endpoint, until it is closed.
#[derive(Debug)]
pub(crate) struct Endpoint<S> {
    reader: ReadHalf<S>,
    writer: WriteHalf<S>,
}

/// What receives.
#[derive(Debug)]
pub(crate) struct ReadHalf<S>(Option<Arc<Async<S>>>);

/// What sends.
#[derive(Debug)]
pub(crate) struct WriteHalf<S>(Option<Arc<Async<S>>>);

impl<S: DatagramSocket> Endpoint<S> {
    pub(crate) fn new(socket: Async<S>) -> Self {
        let socket = Arc::new(socket);
        Self {
            reader: ReadHalf(Some(socket.clone())),
            writer: WriteHalf(Some(socket)),
        }
    }

    fn socket(&self) -> io::Result<&S> {
        open(&self.reader.0).map(|socket| socket.get_ref())
    }
}

impl<S: DatagramSocket> AsyncDatagramReadTransport for ReadHalf<S> {
    fn poll_recv(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<DatagramLength>> {
        poll_read(open(&self.0)?, cx, |socket| socket::recv_datagram(socket, buffer))
    }
}

impl<S: DatagramSocket> AsyncDatagramWriteTransport for WriteHalf<S> {
    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<()>> {
        poll_write(open(&self.0)?, cx, |socket| socket.send_one(data)).map_ok(|_| ())
    }
}

impl<S: DatagramSocket> AsyncDatagramReadTransport for Endpoint<S> {
    fn poll_recv(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<DatagramLength>> {
        self.reader.poll_recv(cx, buffer)
    }
}

impl<S: DatagramSocket> AsyncDatagramWriteTransport for Endpoint<S> {
    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<()>> {
        self.writer.poll_send(cx, data)
    }
}

impl<S: DatagramSocket> AsyncDatagramTransport for Endpoint<S> {
    type Backend = Smol;
    type Address = S::Address;
    type ReadHalf = ReadHalf<S>;
    type WriteHalf = WriteHalf<S>;

    fn backend(&self) -> Smol {
        Smol::new()
    }

    fn abort(&mut self) {
        self.reader.0 = None;
        self.writer.0 = None;
    }

    fn is_closing(&self) -> bool {
        self.reader.0.is_none()
    }

    fn local_address(&self) -> io::Result<S::Address> {
        self.socket()?.own_name()
    }

    fn peer_address(&self) -> io::Result<S::Address> {
        self.socket()?.peer_name()
    }

    fn split(self) -> (ReadHalf<S>, WriteHalf<S>) {
        (self.reader, self.writer)
    }

    fn reunite(
        reader: ReadHalf<S>,
        writer: WriteHalf<S>,
    ) -> Result<Self, NotOneStream<ReadHalf<S>, WriteHalf<S>>> {
        if is_one(&reader.0, &writer.0) {
            Ok(Self { reader, writer })
        } else {
            Err(NotOneStream::new(reader, writer))
        }
    }
}

impl AsyncUnixDatagramTransport for Endpoint<UnixDatagram> {
    fn poll_recv_with_fds(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<ReceivedFds>> {
        poll_read(open(&self.reader.0)?, cx, |endpoint| {
            socket::recv_with_fds(endpoint, buffer)
        })
    }

    fn poll_send_with_fds(
        &mut self,
        cx: &mut Context<'_>,
        data: &[u8],
        fds: &[BorrowedFd<'_>],
    ) -> Poll<io::Result<()>> {
        poll_write(open(&self.writer.0)?, cx, |endpoint| {
            socket::send_with_fds(endpoint, &[IoSlice::new(data)], fds)
        })
        .map_ok(|_| ())
    }
}
