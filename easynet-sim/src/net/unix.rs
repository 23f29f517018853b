//! What Unix sockets can do that others cannot.

use std::{
    future::poll_fn,
    io::{self, IoSlice},
    os::fd::BorrowedFd,
    task::{Context, Poll, ready},
};

use easynet_core::net::{
    AsyncUnixDatagramListener, AsyncUnixDatagramSender, AsyncUnixDatagramTransport, AsyncUnixStreamTransport,
    DatagramLength, PeerCredentials, ReceivedFds, UnixAddress,
};

use super::{
    SimDatagramEndpoint, SimDatagramListener, SimDatagramSender, SimStream, address::Named, inbox::Fds,
};

/// Descriptors of our own, as the kernel makes them when they are sent.
fn copied(fds: &[BorrowedFd<'_>]) -> io::Result<Fds> {
    fds.iter().map(BorrowedFd::try_clone_to_owned).collect()
}

/// A datagram that was received, with its descriptors.
fn received(length: DatagramLength, fds: Fds) -> ReceivedFds {
    ReceivedFds::new(length.len(), fds).data_truncated(length.is_truncated())
}

impl AsyncUnixStreamTransport for SimStream<UnixAddress> {
    fn poll_recv_with_fds(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<ReceivedFds>> {
        let (length, fds) = ready!(self.socket()?.poll_recv_with_fds(cx, buffer))?;
        Poll::Ready(Ok(ReceivedFds::new(length, fds)))
    }

    fn poll_send_with_fds(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
        fds: &[BorrowedFd<'_>],
    ) -> Poll<io::Result<usize>> {
        let socket = self.socket()?;
        socket.poll_send_with_fds(cx, pieces, &mut copied(fds)?)
    }

    /// All hosts are in this process.
    fn peer_credentials(&self) -> io::Result<PeerCredentials> {
        self.socket()?;
        let pid = rustix::process::getpid().as_raw_nonzero().get();
        let (uid, gid) = (rustix::process::geteuid(), rustix::process::getegid());
        Ok(PeerCredentials::new(Some(pid), uid.as_raw(), gid.as_raw()))
    }
}

impl AsyncUnixDatagramTransport for SimDatagramEndpoint<UnixAddress> {
    fn poll_recv_with_fds(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<ReceivedFds>> {
        let (length, fds, _) = ready!(self.post()?.poll_recv(cx, buffer))?;
        Poll::Ready(Ok(received(length, fds)))
    }

    fn poll_send_with_fds(
        &mut self,
        cx: &mut Context<'_>,
        data: &[u8],
        fds: &[BorrowedFd<'_>],
    ) -> Poll<io::Result<()>> {
        self.post()?.poll_send(cx, data, &mut copied(fds)?, None)
    }
}

impl AsyncUnixDatagramListener for SimDatagramListener<UnixAddress> {
    fn poll_recv_from_with_fds(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<(ReceivedFds, UnixAddress)>> {
        let (length, fds, from) = ready!(self.post()?.poll_recv(cx, buffer))?;
        Poll::Ready(Ok((received(length, fds), UnixAddress::from_name(from))))
    }
}

impl AsyncUnixDatagramSender for SimDatagramSender<UnixAddress> {
    async fn transmit_with_fds<'a>(
        &'a self,
        data: &'a [u8],
        fds: &'a [BorrowedFd<'a>],
        address: &'a UnixAddress,
    ) -> io::Result<()> {
        let (post, name, mut fds) = (self.post()?, address.to_name(), copied(fds)?);
        poll_fn(|cx| post.poll_send(cx, data, &mut fds, Some(&name))).await
    }
}
