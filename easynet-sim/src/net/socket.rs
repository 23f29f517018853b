//! One end of a connection, held by somebody.

use std::{
    fmt,
    io::{self, IoSlice},
    task::{Context, Poll, ready},
};

use super::{
    Network,
    address::Name,
    connection::{Connection, Side},
    inbox::Fds,
    wakeups::Wakeups,
};

/// One end of a connection; dropping it closes that.
pub(super) struct Socket {
    network: Network,
    connection: usize,
    side: Side,
}

impl Socket {
    /// Holds an end that nobody else holds.
    pub(super) fn new(network: Network, connection: usize, side: Side) -> Self {
        Self {
            network,
            connection,
            side,
        }
    }

    pub(super) fn poll_connected(&self, cx: &Context<'_>) -> Poll<io::Result<()>> {
        self.poll(cx, |connection, wakeups| connection.poll_established(wakeups))
    }

    /// Receives; the descriptors that came with it are closed.
    pub(super) fn poll_recv(&self, cx: &Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let (received, _) = ready!(self.poll_recv_with_fds(cx, buffer))?;
        Poll::Ready(Ok(received))
    }

    pub(super) fn poll_recv_with_fds(
        &self,
        cx: &Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<(usize, Fds)>> {
        self.poll(cx, |connection, wakeups| {
            connection.poll_recv(self.side, buffer, wakeups)
        })
    }

    pub(super) fn poll_send(&self, cx: &Context<'_>, chunks: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        self.poll_send_with_fds(cx, chunks, &mut Fds::new())
    }

    /// Sends; the descriptors are taken if something is sent.
    pub(super) fn poll_send_with_fds(
        &self,
        cx: &Context<'_>,
        chunks: &[IoSlice<'_>],
        fds: &mut Fds,
    ) -> Poll<io::Result<usize>> {
        self.poll(cx, |connection, wakeups| {
            connection.poll_send(self.side, chunks, fds, wakeups)
        })
    }

    /// Tells the peer that no more is sent.
    pub(super) fn finish(&self) {
        self.network.change(|world, wakeups| {
            world.connection(self.connection).finish(self.side, wakeups);
            world.settle(self.connection, wakeups);
        });
    }

    pub(super) fn local_name(&self) -> Name {
        self.network
            .change(|world, _| world.connection(self.connection).local_name(self.side))
    }

    pub(super) fn peer_name(&self) -> io::Result<Name> {
        self.network
            .change(|world, _| world.connection(self.connection).peer_name(self.side))
    }

    fn poll<T>(&self, cx: &Context<'_>, poll: impl FnOnce(&mut Connection, &mut Wakeups) -> T) -> T {
        self.network.poll(cx, |world, wakeups| {
            let polled = poll(world.connection(self.connection), wakeups);
            world.settle(self.connection, wakeups);
            polled
        })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.network
            .change(|world, wakeups| world.close(self.connection, self.side, wakeups));
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket")
            .field("connection", &self.connection)
            .field("side", &self.side)
            .finish_non_exhaustive()
    }
}
