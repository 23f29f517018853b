//! Datagram sockets.

use std::{
    io::{self, ErrorKind},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    task::Poll,
};

use easynet_core::net::BindOptions;
#[cfg(unix)]
use easynet_core::net::{UnixAddress, UnixBindOptions};

use super::{Bound, Guard, Id, Machine, World, events::Event};
#[cfg(unix)]
use crate::net::namespace::Owner;
use crate::net::{
    addresses,
    inbox::Fds,
    mailbox::{Datagram, Mailbox, Peer},
    os_error::os_error,
    paths::Pair,
    wakeups::Wakeups,
};

/// How many bytes a Unix datagram may have, as Linux has it.
#[cfg(unix)]
const MAX_UNIX: usize = 212_992 - 32;

impl World {
    /// A UDP socket that anybody may send to.
    pub(in crate::net) fn bind_udp(
        &mut self,
        host: usize,
        address: SocketAddr,
        options: &BindOptions,
    ) -> io::Result<Id> {
        let machine = &mut self.hosts[host];
        let (address, shared) = (machine.addresses.bindable(address)?, options.reuse_port());
        let address = machine
            .udp
            .take(address, shared)
            .ok_or_else(|| os_error(ErrorKind::AddrInUse))?;
        Ok(self.open_udp(host, address, shared, None))
    }

    /// A UDP socket with one peer.
    pub(in crate::net) fn connect_udp(
        &mut self,
        host: usize,
        address: SocketAddr,
        local: &[SocketAddr],
    ) -> io::Result<Id> {
        no_broadcast(address)?;
        let destination = addresses::named(address.ip());
        let bound = self.bind_first(host, local, destination, |machine: &mut Machine| &mut machine.udp)?;
        let routed = self.route(host, address);
        if let (Err(_), Some(bound)) = (&routed, bound) {
            self.hosts[host].udp.give_back(bound, false);
        }
        let (_, address) = routed?;
        let source = match bound {
            Some(bound) => bound,
            None => {
                let source = SocketAddr::new(self.source(host, address.ip())?, 0);
                let source = self.hosts[host].udp.take(source, false);
                source.ok_or_else(|| os_error(ErrorKind::AddrNotAvailable))?
            }
        };
        let peer = Peer {
            name: address.into(),
            socket: None,
        };
        Ok(self.open_udp(host, source, false, Some(peer)))
    }

    fn open_udp(&mut self, host: usize, address: SocketAddr, shared: bool, peer: Option<Peer>) -> Id {
        let serial = self.next_serial();
        let bound = Bound::Udp { address, shared };
        let mailbox = Mailbox::new(host, address.into(), bound, serial, peer);
        let key = self.mailboxes.insert(mailbox);
        self.posts.entry((host, address.port())).or_default().push(key);
        Id { key, serial }
    }

    /// A Unix datagram socket that anybody may send to.
    #[cfg(unix)]
    pub(in crate::net) fn bind_unix_datagram(
        &mut self,
        host: usize,
        address: &UnixAddress,
        options: &UnixBindOptions,
    ) -> io::Result<Id> {
        let lease = self.hosts[host].unix.take(address, options)?;
        let id = self.open_unix(host, lease.name.clone(), None);
        self.hosts[host].unix.assign(&lease, Owner::Mailbox(id.key));
        self.mailboxes[id.key].bound = Bound::Unix(lease);
        Ok(id)
    }

    /// A Unix datagram socket with one peer.
    #[cfg(unix)]
    pub(in crate::net) fn connect_unix_datagram(
        &mut self,
        host: usize,
        address: &UnixAddress,
        local: Option<&UnixAddress>,
    ) -> io::Result<Id> {
        let bound = match local {
            Some(local) => Some(self.bind_unix_datagram(host, local, &UnixBindOptions::new())?),
            None => None,
        };
        let peer = match self.unix_mailbox(host, address) {
            Ok(peer) => peer,
            Err(error) => {
                if let Some(Id { key, .. }) = bound {
                    let mailbox = self.mailboxes.remove(key);
                    if let Bound::Unix(lease) = mailbox.bound {
                        self.hosts[host].unix.forget(&lease);
                    }
                }
                return Err(error);
            }
        };
        let id = bound.unwrap_or_else(|| self.open_unix(host, UnixAddress::unnamed(), None));
        self.mailboxes[id.key].peer = Some(Peer {
            name: self.mailboxes[peer.key].name.clone(),
            socket: Some(peer),
        });
        Ok(id)
    }

    #[cfg(unix)]
    fn open_unix(&mut self, host: usize, name: UnixAddress, peer: Option<Peer>) -> Id {
        let serial = self.next_serial();
        let mailbox = Mailbox::new(host, name.into(), Bound::Nothing, serial, peer);
        let key = self.mailboxes.insert(mailbox);
        Id { key, serial }
    }

    /// The datagram socket that has a name.
    #[cfg(unix)]
    fn unix_mailbox(&self, host: usize, address: &UnixAddress) -> io::Result<Id> {
        match self.hosts[host].unix.find(address)? {
            Owner::Mailbox(key) => Ok(Id {
                key,
                serial: self.mailboxes[key].serial,
            }),
            Owner::Listener(_) | Owner::Client => Err(rustix::io::Errno::PROTOTYPE.into()),
        }
    }

    /// A datagram socket, unless it was closed.
    pub(in crate::net) fn mailbox(&mut self, id: Id) -> Option<&mut Mailbox> {
        let mailbox = self.mailboxes.get_mut(id.key)?;
        (mailbox.serial == id.serial).then_some(mailbox)
    }

    /// Closes a datagram socket. Harmless if it is closed.
    pub(in crate::net) fn close_mailbox(&mut self, id: Id, wakeups: &mut Wakeups) {
        if self.mailbox(id).is_none() {
            return;
        }
        let mailbox = self.mailboxes.remove(id.key);
        let host = mailbox.host;
        let bound = mailbox.close(wakeups);
        if let Bound::Udp { address, .. } = &bound {
            let post = (host, address.port());
            if let Some(keys) = self.posts.get_mut(&post) {
                keys.retain(|key| *key != id.key);
                if keys.is_empty() {
                    self.posts.remove(&post);
                }
            }
        }
        self.give_back(host, bound);
    }

    /// Sends a datagram by UDP, to the peer unless another address is given.
    pub(in crate::net) fn send_udp(
        &mut self,
        id: Id,
        data: &[u8],
        address: Option<SocketAddr>,
        wakeups: &mut Wakeups,
    ) -> io::Result<()> {
        let mailbox = &mut self.mailboxes[id.key];
        let (host, own) = (mailbox.host, mailbox.name.inet());
        let address = match (&mailbox.peer, address) {
            (_, Some(address)) => address,
            (Some(peer), None) => peer.name.inet(),
            (None, None) => return Err(os_error(ErrorKind::NotConnected)),
        };
        if address.port() == 0 {
            return Err(os_error(ErrorKind::InvalidInput));
        }
        if address.is_ipv4() != own.is_ipv4() {
            return Err(other_family());
        }
        // The length that IP has a field for, without the headers.
        if data.len() > if own.is_ipv4() { 65_507 } else { 65_527 } {
            return Err(too_large());
        }
        no_broadcast(address)?;
        mailbox.take_error()?;
        let (to, address) = self.route(host, address)?;
        let mut from = own;
        if from.ip().is_unspecified() {
            from.set_ip(self.source(host, address.ip())?);
        }
        let datagram = Datagram {
            from: from.into(),
            data: data.into(),
            fds: Fds::new(),
        };
        let way = (host, to);
        if host == to {
            self.deliver_udp(id, way, address, datagram, wakeups);
            return Ok(());
        }
        for arrival in self.paths.datagram(way, self.now, data.len()) {
            let datagram = datagram.copy();
            let event = Event::Datagram {
                way,
                sender: id,
                address,
                datagram,
            };
            self.schedule(arrival, event);
        }
        // What takes no time has arrived.
        self.pass(wakeups);
        Ok(())
    }

    /// A datagram comes to a host.
    pub(super) fn deliver_udp(
        &mut self,
        sender: Id,
        way: Pair,
        address: SocketAddr,
        datagram: Datagram,
        wakeups: &mut Wakeups,
    ) {
        let (from, host) = way;
        let guard = self.hosts[host].guards.get(&address.port()).copied();
        let receiver = self.receiver(host, address, &datagram);
        match (guard, receiver) {
            (Some(Guard::Swallows), _) => {}
            (None, Some(key)) => self.mailboxes[key].offer(datagram, wakeups),
            _ if from == host => self.refuse_udp(sender, wakeups),
            _ => {
                let back = (host, from);
                if let Some(arrival) = self.paths.answer(back, self.now) {
                    self.schedule(arrival, Event::Refusal { way: back, sender });
                }
            }
        }
    }

    /// Nobody was there: the sender is told, if it has one peer.
    pub(super) fn refuse_udp(&mut self, sender: Id, wakeups: &mut Wakeups) {
        if let Some(mailbox) = self.mailbox(sender)
            && mailbox.peer.is_some()
        {
            mailbox.fail(ErrorKind::ConnectionRefused, wakeups);
        }
    }

    /// Who hears a datagram: whoever has the sender as its peer before who hears all, and who has the address before who has
    /// all of them.
    fn receiver(&self, host: usize, address: SocketAddr, datagram: &Datagram) -> Option<usize> {
        let keys = self.posts.get(&(host, address.port()))?;
        let all = addresses::unspecified(address.ip());
        let rank = |key: &usize| {
            let mailbox = &self.mailboxes[*key];
            let ip = mailbox.name.inet().ip();
            let is_heard = (ip == address.ip() || ip == all) && mailbox.hears(&datagram.from);
            is_heard.then_some((mailbox.peer.is_some(), ip != all))
        };
        let best = keys.iter().filter_map(rank).max()?;
        let best: Vec<usize> = keys
            .iter()
            .copied()
            .filter(|key| rank(key) == Some(best))
            .collect();
        // Those that share an address each hear some of the senders.
        Some(best[usize::from(datagram.from.inet().port()) % best.len()])
    }

    /// Sends a datagram to a Unix socket, the peer unless another address is given; waits while there is no room. The descriptors
    /// are taken when it is sent.
    #[cfg(unix)]
    pub(in crate::net) fn poll_send_unix(
        &mut self,
        id: Id,
        data: &[u8],
        fds: &mut Fds,
        address: Option<&UnixAddress>,
        wakeups: &mut Wakeups,
    ) -> Poll<io::Result<()>> {
        let mailbox = &mut self.mailboxes[id.key];
        let (host, from) = (mailbox.host, mailbox.name.clone());
        if data.len() > MAX_UNIX {
            return Poll::Ready(Err(too_large()));
        }
        mailbox.take_error()?;
        let peer = mailbox.peer.as_ref().and_then(|peer| peer.socket);
        let receiver = match address {
            Some(address) => self.unix_mailbox(host, address)?,
            None => peer.ok_or_else(|| os_error(ErrorKind::NotConnected))?,
        };
        let Some(receiver) = self.mailbox(receiver) else {
            // Once it has been told that its peer is gone, it has none.
            if address.is_none() {
                self.mailboxes[id.key].peer = None;
            }
            return Poll::Ready(Err(os_error(ErrorKind::ConnectionRefused)));
        };
        if !hears_socket(receiver, id) {
            return Poll::Ready(Err(os_error(ErrorKind::PermissionDenied)));
        }
        std::task::ready!(receiver.poll_room(wakeups));
        let datagram = Datagram {
            from,
            data: data.into(),
            fds: std::mem::take(fds),
        };
        receiver.put(datagram, wakeups);
        Poll::Ready(Ok(()))
    }
}

/// Whether a Unix socket hears another: one that is connected hears its peer only.
#[cfg(unix)]
fn hears_socket(receiver: &Mailbox, sender: Id) -> bool {
    let peer = receiver.peer.as_ref().and_then(|peer| peer.socket);
    peer.is_none_or(|peer| peer == sender)
}

/// Nobody may send to all without having asked for it, and no program can ask for it here.
fn no_broadcast(address: SocketAddr) -> io::Result<()> {
    match address.ip() {
        IpAddr::V4(Ipv4Addr::BROADCAST) => Err(os_error(ErrorKind::PermissionDenied)),
        _ => Ok(()),
    }
}

/// The datagram is too large: `EMSGSIZE`.
fn too_large() -> io::Error {
    #[cfg(unix)]
    return rustix::io::Errno::MSGSIZE.into();
    #[cfg(not(unix))]
    io::Error::from_raw_os_error(10_040)
}

/// The address is of another family than the socket: `EAFNOSUPPORT`.
fn other_family() -> io::Error {
    #[cfg(unix)]
    return rustix::io::Errno::AFNOSUPPORT.into();
    #[cfg(not(unix))]
    io::Error::from_raw_os_error(10_047)
}
