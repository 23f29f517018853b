//! One end of a connection, held by somebody.

use std::{
    fmt,
    io::{self, IoSlice},
    net::SocketAddr,
    task::{Context, Poll},
};

use super::{
    Network,
    connection::{Connection, Side},
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

    pub(super) fn poll_recv(&self, cx: &Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.poll(cx, |connection, wakeups| {
            connection.poll_recv(self.side, buffer, wakeups)
        })
    }

    pub(super) fn poll_send(&self, cx: &Context<'_>, chunks: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        self.poll(cx, |connection, wakeups| {
            connection.poll_send(self.side, chunks, wakeups)
        })
    }

    /// Tells the peer that no more is sent.
    pub(super) fn finish(&self) {
        self.network.change(|machine, wakeups| {
            machine.connection(self.connection).finish(self.side, wakeups);
        });
    }

    pub(super) fn local_address(&self) -> io::Result<SocketAddr> {
        let address = |connection: &mut Connection| connection.local_address(self.side);
        Ok(self
            .network
            .change(|machine, _| address(machine.connection(self.connection))))
    }

    pub(super) fn peer_address(&self) -> io::Result<SocketAddr> {
        let address = |connection: &mut Connection| connection.peer_address(self.side);
        self.network
            .change(|machine, _| address(machine.connection(self.connection)))
    }

    fn poll<T>(&self, cx: &Context<'_>, poll: impl FnOnce(&mut Connection, &mut Wakeups) -> T) -> T {
        self.network.poll(cx, |machine, wakeups| {
            poll(machine.connection(self.connection), wakeups)
        })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.network
            .change(|machine, wakeups| machine.close(self.connection, self.side, wakeups));
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
