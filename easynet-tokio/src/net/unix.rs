//! What Unix sockets can do that others cannot.

use std::{
    io::{self, IoSlice},
    os::fd::BorrowedFd,
    task::{Context, Poll, ready},
    time::Duration,
};

use easynet_core::net::{
    AsyncUnixDatagramListener, AsyncUnixDatagramSender, AsyncUnixDatagramTransport, AsyncUnixStreamTransport,
    PeerCredentials, ReceivedFds, UnixAddress, socket,
};
use tokio::{
    io::Interest,
    net::{UnixDatagram, UnixStream},
    time,
};

use super::{
    DatagramSocket, TokioDatagramEndpoint, TokioDatagramListener, TokioDatagramSender, TokioStream,
    kinds::{done, in_turn, whole},
};

/// How long to wait for readiness before another attempt.
///
/// A socket that sends to many is ready whether or not the one it sends to has room, and nobody tells it when there is.
const AGAIN: Duration = Duration::from_millis(5);

/// Tries until there is room.
pub(super) async fn patiently<T>(
    socket: &UnixDatagram,
    mut attempt: impl FnMut() -> io::Result<T>,
) -> io::Result<T> {
    loop {
        if let Some(sent) = in_turn(|| socket.try_io(Interest::WRITABLE, &mut attempt)).await {
            return sent;
        }
        if let Ok(ready) = time::timeout(AGAIN, socket.writable()).await {
            ready?;
        }
    }
}

impl AsyncUnixStreamTransport for TokioStream<UnixStream> {
    fn poll_recv_with_fds(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<ReceivedFds>> {
        let stream = self.inner()?;
        loop {
            ready!(stream.poll_read_ready(cx))?;
            let attempt = stream.try_io(Interest::READABLE, || socket::recv_with_fds(stream, buffer));
            if let Some(received) = done(attempt) {
                return Poll::Ready(received);
            }
        }
    }

    fn poll_send_with_fds(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
        fds: &[BorrowedFd<'_>],
    ) -> Poll<io::Result<usize>> {
        let stream = self.inner()?;
        loop {
            ready!(stream.poll_write_ready(cx))?;
            let attempt = stream.try_io(Interest::WRITABLE, || socket::send_with_fds(stream, pieces, fds));
            if let Some(sent) = done(attempt) {
                return Poll::Ready(sent);
            }
        }
    }

    fn peer_credentials(&self) -> io::Result<PeerCredentials> {
        let credentials = self.inner()?.peer_cred()?;
        Ok(PeerCredentials::new(
            credentials.pid(),
            credentials.uid(),
            credentials.gid(),
        ))
    }
}

impl AsyncUnixDatagramTransport for TokioDatagramEndpoint<UnixDatagram> {
    fn poll_recv_with_fds(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<ReceivedFds>> {
        self.inner()?
            .poll_receive(cx, |socket| socket::recv_with_fds(socket, buffer))
    }

    fn poll_send_with_fds(
        &mut self,
        cx: &mut Context<'_>,
        data: &[u8],
        fds: &[BorrowedFd<'_>],
    ) -> Poll<io::Result<()>> {
        let endpoint = &**self.inner()?.socket();
        let pieces = [IoSlice::new(data)];
        let sent = ready!(endpoint.poll_transmit(cx, || socket::send_with_fds(endpoint, &pieces, fds)))?;
        Poll::Ready(whole(sent, data.len()))
    }
}

impl AsyncUnixDatagramListener for TokioDatagramListener<UnixDatagram> {
    fn poll_recv_from_with_fds(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<(ReceivedFds, UnixAddress)>> {
        self.inner()?
            .poll_receive(cx, |socket| socket::recv_with_fds_from(socket, buffer))
    }
}

impl AsyncUnixDatagramSender for TokioDatagramSender<UnixDatagram> {
    async fn transmit_with_fds(
        &self,
        data: &[u8],
        fds: &[BorrowedFd<'_>],
        address: &UnixAddress,
    ) -> io::Result<()> {
        let sender = self.inner()?;
        let sent = patiently(&sender, || socket::send_with_fds_to(&*sender, data, fds, address)).await?;
        whole(sent, data.len())
    }
}
