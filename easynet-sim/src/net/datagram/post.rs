//! A datagram socket, held by somebody.

use std::{
    fmt, io,
    sync::atomic::{AtomicUsize, Ordering},
    task::{Context, Poll},
};

use easynet_core::net::{Closed, DatagramLength};

use crate::net::{
    Network,
    address::Name,
    inbox::Fds,
    mailbox::{Mailbox, fill},
    os_error::os_error,
    wakeups::Wakeups,
    world::Id,
};

/// After how many datagrams others have their turn: sending one hardly ever waits for anything.
const TURN: usize = 128;

/// A datagram socket; dropping it closes that.
pub(in crate::net) struct Post {
    network: Network,
    id: Id,
    /// How often something was sent, or tried to be.
    sendings: AtomicUsize,
}

impl Post {
    /// Holds a socket that nobody else holds.
    pub(in crate::net) fn new(network: Network, id: Id) -> Self {
        Self {
            network,
            id,
            sendings: AtomicUsize::new(0),
        }
    }

    /// Receives one datagram, with where it came from and what came with it.
    pub(in crate::net) fn poll_recv(
        &self,
        cx: &Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<(DatagramLength, Fds, Name)>> {
        let polled = self
            .network
            .poll(cx, |world, wakeups| match world.mailbox(self.id) {
                Some(mailbox) => mailbox.poll_recv(wakeups),
                None => Poll::Ready(Err(Closed::new().into())),
            });
        polled.map_ok(|datagram| {
            let length = fill(buffer, &datagram.data);
            (length, datagram.fds, datagram.from)
        })
    }

    /// Sends one datagram, to the peer unless another address is given. The descriptors are taken when it is sent.
    pub(in crate::net) fn poll_send(
        &self,
        cx: &Context<'_>,
        data: &[u8],
        fds: &mut Fds,
        address: Option<&Name>,
    ) -> Poll<io::Result<()>> {
        if self.sendings.fetch_add(1, Ordering::Relaxed) % TURN == TURN - 1 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.network.poll(cx, |world, wakeups| {
            let Some(mailbox) = world.mailbox(self.id) else {
                return Poll::Ready(Err(Closed::new().into()));
            };
            #[cfg(unix)]
            if mailbox.name.is_unix() {
                let address = address.map(|address| match address {
                    Name::Unix(address) => address,
                    Name::Inet(_) => unreachable!("a Unix socket sends to those of its kind"),
                });
                return world.poll_send_unix(self.id, data, fds, address, wakeups);
            }
            #[cfg(not(unix))]
            let _ = (mailbox, &fds);
            let address = address.map(Name::inet);
            Poll::Ready(world.send_udp(self.id, data, address, wakeups))
        })
    }

    pub(super) fn local_name(&self) -> io::Result<Name> {
        self.look(|mailbox, _| Ok(mailbox.name.clone()))
    }

    pub(super) fn peer_name(&self) -> io::Result<Name> {
        self.look(|mailbox, _| match &mailbox.peer {
            Some(peer) => Ok(peer.name.clone()),
            None => Err(os_error(io::ErrorKind::NotConnected)),
        })
    }

    fn look<T>(&self, look: impl FnOnce(&mut Mailbox, &mut Wakeups) -> io::Result<T>) -> io::Result<T> {
        self.network
            .change(|world, wakeups| match world.mailbox(self.id) {
                Some(mailbox) => look(mailbox, wakeups),
                None => Err(Closed::new().into()),
            })
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        self.network
            .change(|world, wakeups| world.close_mailbox(self.id, wakeups));
    }
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
