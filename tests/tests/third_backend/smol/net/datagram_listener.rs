//! Datagram listeners, and who sends from their sockets.
//!
//! # Invariants
//!
//! 1. Whoever waits for room holds the socket: it stays open until the datagram has been sent, also if it was closed meanwhile.

use std::{
    io,
    os::{fd::BorrowedFd, unix::net::UnixDatagram},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use async_io::{Async, Timer};
use easynet_core::net::{
    AsyncDatagramListener, AsyncDatagramSender, AsyncUnixDatagramListener, AsyncUnixDatagramSender,
    DatagramLength, ReceivedFds, UnixAddress,
    socket::{self, UnixFile},
};

use super::{Smol, kinds::DatagramSocket, open, poll_read};

/// How long to wait for room that nobody tells of.
const NO_ROOM: Duration = Duration::from_millis(1);

/// A socket that datagrams of anybody arrive at.
#[derive(Debug)]
pub(crate) struct DatagramListener<S>(Sender<S>);

/// What sends from it. All clones share the socket, which is gone once it was closed for all.
#[derive(Debug)]
pub(crate) struct Sender<S>(Arc<Mutex<Option<Arc<Open<S>>>>>);

/// The socket, and the file to be dropped after it.
#[derive(Debug)]
struct Open<S> {
    socket: Async<S>,
    _file: Option<UnixFile>,
}

impl<S: DatagramSocket> DatagramListener<S> {
    pub(crate) fn new(socket: Async<S>, file: Option<UnixFile>) -> Self {
        let open = Arc::new(Open { socket, _file: file });
        Self(Sender(Arc::new(Mutex::new(Some(open)))))
    }
}

impl<S> Clone for Sender<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: DatagramSocket> Sender<S> {
    fn slot(&self) -> MutexGuard<'_, Option<Arc<Open<S>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> io::Result<Arc<Open<S>>> {
        open(&self.slot()).cloned()
    }

    /// Sends, once there is room. Each waits for itself: any number may.
    async fn send_with<T>(&self, mut send: impl FnMut(&S) -> io::Result<T>) -> io::Result<T> {
        let open = self.open()?;
        loop {
            match send(open.socket.get_ref()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && S::TELLS_OF_ROOM => {
                    open.socket.writable().await?;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    Timer::after(NO_ROOM).await;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                done => return done,
            }
        }
    }
}

impl<S: DatagramSocket> AsyncDatagramListener for DatagramListener<S> {
    type Backend = Smol;
    type Address = S::Address;
    type Sender = Sender<S>;

    fn backend(&self) -> Smol {
        Smol::new()
    }

    fn poll_recv_from(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<(DatagramLength, S::Address)>> {
        poll_read(&self.0.open()?.socket, cx, |socket| socket.receive_from(buffer))
    }

    fn sender(&self) -> Sender<S> {
        self.0.clone()
    }

    fn local_address(&self) -> io::Result<S::Address> {
        self.0.open()?.socket.get_ref().own_name()
    }

    fn abort(&mut self) {
        let open = self.0.slot().take();
        drop(open);
    }

    fn is_closing(&self) -> bool {
        self.0.slot().is_none()
    }
}

impl<S: DatagramSocket> AsyncDatagramSender for Sender<S> {
    type Address = S::Address;

    async fn transmit(&self, data: &[u8], address: &S::Address) -> io::Result<()> {
        self.send_with(|socket| socket.send_one_to(data, address)).await?;
        Ok(())
    }
}

impl AsyncUnixDatagramListener for DatagramListener<UnixDatagram> {
    fn poll_recv_from_with_fds(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<(ReceivedFds, UnixAddress)>> {
        poll_read(&self.0.open()?.socket, cx, |listener| {
            socket::recv_with_fds_from(listener, buffer)
        })
    }
}

impl AsyncUnixDatagramSender for Sender<UnixDatagram> {
    async fn transmit_with_fds(
        &self,
        data: &[u8],
        fds: &[BorrowedFd<'_>],
        address: &UnixAddress,
    ) -> io::Result<()> {
        self.send_with(|listener| socket::send_with_fds_to(listener, data, fds, address))
            .await?;
        Ok(())
    }
}
