//! Receiving and sending what std has no calls for: whole datagrams, and file descriptors.

use std::{
    io::{self, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    net::SocketAddr,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketAddrAny, SocketAddrUnix,
};

use super::unix::name;
use crate::net::{DatagramLength, MAX_FDS, ReceivedFds, UnixAddress};

/// Receives one datagram into `buffer`.
///
/// # Errors
///
/// Those of the operating system.
pub fn recv_datagram(socket: impl AsFd, buffer: &mut [u8]) -> io::Result<DatagramLength> {
    receive(socket, buffer).map(|(length, _)| length)
}

/// Receives one datagram into `buffer`, with the address it came from.
///
/// # Errors
///
/// Those of the operating system.
pub fn recv_datagram_from(socket: impl AsFd, buffer: &mut [u8]) -> io::Result<(DatagramLength, SocketAddr)> {
    let (length, address) = receive(socket, buffer)?;
    let address = address.ok_or(io::ErrorKind::InvalidData)?;
    Ok((length, address.try_into()?))
}

/// Like [`recv_datagram_from`], on a Unix socket.
///
/// # Errors
///
/// Those of the operating system.
pub fn recv_datagram_from_unix(
    socket: impl AsFd,
    buffer: &mut [u8],
) -> io::Result<(DatagramLength, UnixAddress)> {
    let (length, address) = receive(socket, buffer)?;
    Ok((length, sender(address)))
}

/// By a flag of Linux the length of the whole datagram is told, at no further cost.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn receive(socket: impl AsFd, buffer: &mut [u8]) -> io::Result<(DatagramLength, Option<SocketAddrAny>)> {
    let room = buffer.len();
    let (_, length, address) = rustix::net::recvfrom(socket, buffer, RecvFlags::TRUNC)?;
    Ok((DatagramLength::new(length.min(room), length > room), address))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn receive(socket: impl AsFd, buffer: &mut [u8]) -> io::Result<(DatagramLength, Option<SocketAddrAny>)> {
    let mut pieces = [IoSliceMut::new(buffer)];
    let mut none = RecvAncillaryBuffer::default();
    let received = rustix::net::recvmsg(socket, &mut pieces, &mut none, RecvFlags::empty())?;
    let truncated = received.flags.contains(ReturnFlags::TRUNC);
    Ok((DatagramLength::new(received.bytes, truncated), received.address))
}

/// Who sent a Unix datagram.
fn sender(address: Option<SocketAddrAny>) -> UnixAddress {
    let Some(address) = address.and_then(|address| SocketAddrUnix::try_from(address).ok()) else {
        return UnixAddress::unnamed();
    };
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Some(name) = address.abstract_name() {
        return UnixAddress::abstract_name(name);
    }
    match address.path_bytes() {
        Some(path) => std::ffi::OsStr::from_bytes(path).into(),
        None => UnixAddress::unnamed(),
    }
}

/// Room for the descriptors of one message.
type Room = [MaybeUninit<u8>; rustix::cmsg_space!(ScmRights(MAX_FDS))];

/// Receives bytes, or one datagram, into `buffer`, and the descriptors that come with it.
///
/// # Errors
///
/// Those of the operating system.
pub fn recv_with_fds(socket: impl AsFd, buffer: &mut [u8]) -> io::Result<ReceivedFds> {
    receive_with_fds(socket, buffer).map(|(received, _)| received)
}

/// Like [`recv_with_fds`], with the address of who sent it.
///
/// # Errors
///
/// Those of the operating system.
pub fn recv_with_fds_from(socket: impl AsFd, buffer: &mut [u8]) -> io::Result<(ReceivedFds, UnixAddress)> {
    receive_with_fds(socket, buffer).map(|(received, address)| (received, sender(address)))
}

fn receive_with_fds(
    socket: impl AsFd,
    buffer: &mut [u8],
) -> io::Result<(ReceivedFds, Option<SocketAddrAny>)> {
    #[cfg(not(any(target_vendor = "apple", target_os = "solaris", target_os = "illumos")))]
    let flags = RecvFlags::CMSG_CLOEXEC;
    #[cfg(any(target_vendor = "apple", target_os = "solaris", target_os = "illumos"))]
    let flags = RecvFlags::empty();
    let mut room: Room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
    let mut messages = RecvAncillaryBuffer::new(&mut room);
    let mut pieces = [IoSliceMut::new(buffer)];
    let received = rustix::net::recvmsg(socket, &mut pieces, &mut messages, flags)?;
    let mut fds: Vec<OwnedFd> = Vec::new();
    for message in messages.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            fds.extend(rights);
        }
    }
    #[cfg(any(target_vendor = "apple", target_os = "solaris", target_os = "illumos"))]
    for fd in &fds {
        rustix::io::fcntl_setfd(fd, rustix::io::FdFlags::CLOEXEC)?;
    }
    let told = ReceivedFds::new(received.bytes, fds)
        .data_truncated(received.flags.contains(ReturnFlags::TRUNC))
        .fds_truncated(received.flags.contains(ReturnFlags::CTRUNC));
    Ok((told, received.address))
}

/// Sends the first bytes of what is in `pieces`, or one datagram, with all of the descriptors; how many bytes.
///
/// # Errors
///
/// Those of the operating system.
pub fn send_with_fds(socket: impl AsFd, pieces: &[IoSlice<'_>], fds: &[BorrowedFd<'_>]) -> io::Result<usize> {
    with_rights(fds, |rights| {
        Ok(rustix::net::sendmsg(socket, pieces, rights, SEND)?)
    })
}

/// Like [`send_with_fds`], as one datagram to an address.
///
/// # Errors
///
/// Those of the operating system.
pub fn send_with_fds_to(
    socket: impl AsFd,
    data: &[u8],
    fds: &[BorrowedFd<'_>],
    address: &UnixAddress,
) -> io::Result<usize> {
    let address = name(address)?;
    with_rights(fds, |rights| {
        let pieces = [IoSlice::new(data)];
        Ok(rustix::net::sendmsg_addr(
            socket, &address, &pieces, rights, SEND,
        )?)
    })
}

/// Sends one datagram to a Unix address.
///
/// # Errors
///
/// Those of the operating system.
pub fn send_to_unix(socket: impl AsFd, data: &[u8], address: &UnixAddress) -> io::Result<usize> {
    Ok(rustix::net::sendto(socket, data, SEND, &name(address)?)?)
}

/// A peer that is gone is an error, not a signal.
#[cfg(not(target_vendor = "apple"))]
const SEND: SendFlags = SendFlags::NOSIGNAL;
#[cfg(target_vendor = "apple")]
const SEND: SendFlags = SendFlags::empty();

fn with_rights<T>(
    fds: &[BorrowedFd<'_>],
    send: impl FnOnce(&mut SendAncillaryBuffer<'_, '_, '_>) -> io::Result<T>,
) -> io::Result<T> {
    let mut room: Room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
    let mut messages = SendAncillaryBuffer::new(&mut room);
    if !fds.is_empty() && !messages.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    send(&mut messages)
}
