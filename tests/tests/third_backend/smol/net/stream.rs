//! Streams, whole and in halves.

use std::{
    io::{self, IoSlice},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream,
    },
    sync::Arc,
    task::{Context, Poll},
};

use async_io::Async;
use easynet_core::net::{
    AsyncStreamReadTransport, AsyncStreamTransport, AsyncStreamWriteTransport, AsyncUnixStreamTransport,
    NotOneStream, PeerCredentials, ReceivedFds, socket,
};

use super::{Smol, is_one, kinds::StreamSocket, open, poll_read, poll_write};

/// A connection, until it is closed.
#[derive(Debug)]
pub(crate) struct Stream<S: StreamSocket> {
    reader: ReadHalf<S>,
    writer: WriteHalf<S>,
}

/// What receives.
#[derive(Debug)]
pub(crate) struct ReadHalf<S>(Option<Arc<Async<S>>>);

/// What sends; the peer is told when it is dropped.
#[derive(Debug)]
pub(crate) struct WriteHalf<S: StreamSocket>(Option<Arc<Async<S>>>);

impl<S: StreamSocket> Stream<S> {
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

impl<S: StreamSocket> AsyncStreamReadTransport for ReadHalf<S> {
    fn poll_recv(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        poll_read(open(&self.0)?, cx, |socket| socket.receive(buffer))
    }
}

impl<S: StreamSocket> AsyncStreamWriteTransport for WriteHalf<S> {
    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_send_vectored(cx, &[IoSlice::new(data)])
    }

    fn poll_send_vectored(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        poll_write(open(&self.0)?, cx, |socket| socket.send_some(pieces))
    }

    fn poll_send_eof(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(socket) = &self.0 else {
            return Poll::Ready(Ok(()));
        };
        Poll::Ready(match socket.get_ref().end() {
            // The peer is gone: it is told nothing more.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            ended => ended,
        })
    }
}

impl<S: StreamSocket> Drop for WriteHalf<S> {
    fn drop(&mut self) {
        if let Some(socket) = self.0.take() {
            let _ = socket.get_ref().end();
        }
    }
}

impl<S: StreamSocket> AsyncStreamReadTransport for Stream<S> {
    fn poll_recv(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.reader.poll_recv(cx, buffer)
    }
}

impl<S: StreamSocket> AsyncStreamWriteTransport for Stream<S> {
    fn poll_send(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.writer.poll_send(cx, data)
    }

    fn poll_send_vectored(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.writer.poll_send_vectored(cx, pieces)
    }

    fn poll_send_eof(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writer.poll_send_eof(cx)
    }
}

impl<S: StreamSocket> AsyncStreamTransport for Stream<S> {
    type Backend = Smol;
    type Address = S::Address;
    type ReadHalf = ReadHalf<S>;
    type WriteHalf = WriteHalf<S>;

    fn backend(&self) -> Smol {
        Smol::new()
    }

    fn poll_close(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Nothing is kept here that would have to be sent first.
        self.abort();
        Poll::Ready(Ok(()))
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

impl AsyncUnixStreamTransport for Stream<UnixStream> {
    fn poll_recv_with_fds(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<ReceivedFds>> {
        poll_read(open(&self.reader.0)?, cx, |stream| {
            socket::recv_with_fds(stream, buffer)
        })
    }

    fn poll_send_with_fds(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
        fds: &[BorrowedFd<'_>],
    ) -> Poll<io::Result<usize>> {
        poll_write(open(&self.writer.0)?, cx, |stream| {
            socket::send_with_fds(stream, pieces, fds)
        })
    }

    fn peer_credentials(&self) -> io::Result<PeerCredentials> {
        let peer = rustix::net::sockopt::socket_peercred(self.socket()?.as_fd())?;
        Ok(PeerCredentials::new(
            Some(peer.pid.as_raw_nonzero().get()),
            peer.uid.as_raw(),
            peer.gid.as_raw(),
        ))
    }
}
