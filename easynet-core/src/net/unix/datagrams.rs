//! Unix datagrams: what they can do that UDP cannot.

use std::{
    fmt,
    future::Future,
    io,
    os::fd::BorrowedFd,
    pin::Pin,
    task::{Context, Poll},
};

use super::{ReceivedFds, UnixAddress, stream::check_number};
use crate::{
    net::{
        AsyncDatagramListener, AsyncDatagramSender, AsyncDatagramTransport, checkpoint, checkpoint::checked,
    },
    observe::operation,
};

/// A Unix datagram endpoint, whose datagrams carry file descriptors too.
///
/// Receiving without [`recv_with_fds`](Self::recv_with_fds) drops the descriptors that come with a datagram.
///
/// # Implementing
///
/// Descriptors that are received are closed on `exec`.
pub trait AsyncUnixDatagramTransport: AsyncDatagramTransport<Address = UnixAddress> {
    /// Receives one datagram into `buffer`, and what descriptors come with it.
    ///
    /// Users call [`recv_with_fds`](Self::recv_with_fds).
    ///
    /// # Errors
    ///
    /// As [`poll_recv`](crate::net::AsyncDatagramReadTransport::poll_recv).
    fn poll_recv_with_fds(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<ReceivedFds>>;

    /// Sends one datagram with descriptors.
    ///
    /// Users call [`send_with_fds`](Self::send_with_fds).
    ///
    /// # Errors
    ///
    /// As [`poll_send`](crate::net::AsyncDatagramWriteTransport::poll_send).
    fn poll_send_with_fds(
        &mut self,
        cx: &mut Context<'_>,
        data: &[u8],
        fds: &[BorrowedFd<'_>],
    ) -> Poll<io::Result<()>>;

    /// Waits for one datagram, and receives it into `buffer`, with the file descriptors that were sent with it.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// As [`recv_into`](crate::net::AsyncDatagramReadTransport::recv_into).
    fn recv_with_fds<'a>(&'a mut self, buffer: &'a mut [u8]) -> DatagramRecvWithFds<'a, Self> {
        DatagramRecvWithFds {
            transport: self,
            buffer,
        }
    }

    /// Sends `data` as one datagram, which may be empty, with file descriptors.
    ///
    /// The descriptors are copied by the kernel: ours stay open.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: the datagram was not sent. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// As [`send`](crate::net::AsyncDatagramWriteTransport::send). Of kind [`InvalidInput`](io::ErrorKind::InvalidInput) for more than
    /// [`MAX_FDS`](super::MAX_FDS) descriptors.
    fn send_with_fds<'a>(
        &'a mut self,
        data: &'a [u8],
        fds: &'a [BorrowedFd<'a>],
    ) -> DatagramSendWithFds<'a, Self> {
        DatagramSendWithFds {
            transport: self,
            data,
            fds,
        }
    }
}

/// A Unix datagram listener, whose datagrams carry file descriptors too.
///
/// # Implementing
///
/// Descriptors that are received are closed on `exec`.
pub trait AsyncUnixDatagramListener:
    AsyncDatagramListener<Address = UnixAddress, Sender: AsyncUnixDatagramSender>
{
    /// Receives one datagram into `buffer`, what descriptors come with it, and the address it came from.
    ///
    /// Users call [`recv_from_with_fds`](Self::recv_from_with_fds).
    ///
    /// # Errors
    ///
    /// As [`poll_recv_from`](AsyncDatagramListener::poll_recv_from).
    fn poll_recv_from_with_fds(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<(ReceivedFds, UnixAddress)>>;

    /// Waits for one datagram, and receives it into `buffer`, with the file descriptors that were sent with it.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// As [`recv_from`](AsyncDatagramListener::recv_from).
    fn recv_from_with_fds<'a>(&'a mut self, buffer: &'a mut [u8]) -> RecvFromWithFds<'a, Self> {
        RecvFromWithFds {
            listener: self,
            buffer,
        }
    }
}

/// Sends datagrams from a Unix socket, with file descriptors.
///
/// # Implementing
///
/// As [`AsyncDatagramSender`].
pub trait AsyncUnixDatagramSender: AsyncDatagramSender<Address = UnixAddress> {
    /// Sends one datagram with descriptors.
    ///
    /// Users call [`send_to_with_fds`](Self::send_to_with_fds).
    ///
    /// # Errors
    ///
    /// As [`transmit`](AsyncDatagramSender::transmit).
    fn transmit_with_fds<'a>(
        &'a self,
        data: &'a [u8],
        fds: &'a [BorrowedFd<'a>],
        address: &'a UnixAddress,
    ) -> impl Future<Output = io::Result<()>> + Send + 'a;

    /// Sends `data` to `address` as one datagram, which may be empty, with file descriptors.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: the datagram was not sent. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// As [`send_to`](AsyncDatagramSender::send_to). Of kind [`InvalidInput`](io::ErrorKind::InvalidInput) for more than
    /// [`MAX_FDS`](super::MAX_FDS) descriptors.
    fn send_to_with_fds<'a>(
        &'a self,
        data: &'a [u8],
        fds: &'a [BorrowedFd<'a>],
        address: &'a UnixAddress,
    ) -> impl Future<Output = io::Result<()>> + Send + 'a {
        checked("send_to_with_fds", async move {
            check_number(fds.len())?;
            self.transmit_with_fds(data, fds, address).await
        })
    }
}

/// Future of [`AsyncUnixDatagramTransport::recv_with_fds`].
#[must_use = "nothing is received unless it is awaited"]
pub struct DatagramRecvWithFds<'a, T> {
    transport: &'a mut T,
    buffer: &'a mut [u8],
}

impl<T: AsyncUnixDatagramTransport> Future for DatagramRecvWithFds<'_, T> {
    type Output = io::Result<ReceivedFds>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        checkpoint(cx, |cx| {
            let polled = this.transport.poll_recv_with_fds(cx, this.buffer);
            operation("recv_with_fds", polled)
        })
    }
}

/// Future of [`AsyncUnixDatagramTransport::send_with_fds`].
#[must_use = "nothing is sent unless it is awaited"]
pub struct DatagramSendWithFds<'a, T> {
    transport: &'a mut T,
    data: &'a [u8],
    fds: &'a [BorrowedFd<'a>],
}

impl<T: AsyncUnixDatagramTransport> Future for DatagramSendWithFds<'_, T> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        checkpoint(cx, |cx| {
            check_number(this.fds.len())?;
            let polled = this.transport.poll_send_with_fds(cx, this.data, this.fds);
            operation("send_with_fds", polled)
        })
    }
}

/// Future of [`AsyncUnixDatagramListener::recv_from_with_fds`].
#[must_use = "nothing is received unless it is awaited"]
pub struct RecvFromWithFds<'a, L> {
    listener: &'a mut L,
    buffer: &'a mut [u8],
}

impl<L: AsyncUnixDatagramListener> Future for RecvFromWithFds<'_, L> {
    type Output = io::Result<(ReceivedFds, UnixAddress)>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        checkpoint(cx, |cx| {
            let polled = this.listener.poll_recv_from_with_fds(cx, this.buffer);
            operation("recv_from_with_fds", polled)
        })
    }
}

impl<T> fmt::Debug for DatagramRecvWithFds<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatagramRecvWithFds")
            .field("room", &self.buffer.len())
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for DatagramSendWithFds<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatagramSendWithFds")
            .field("length", &self.data.len())
            .field("fds", &self.fds.len())
            .finish_non_exhaustive()
    }
}

impl<L> fmt::Debug for RecvFromWithFds<'_, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvFromWithFds")
            .field("room", &self.buffer.len())
            .finish_non_exhaustive()
    }
}
