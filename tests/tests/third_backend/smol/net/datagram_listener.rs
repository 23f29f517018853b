//! Datagram listeners, and who sends from their sockets.
//!
//! # Invariants
//!
//! 1. Whoever waits for room is woken when the socket is closed, and lets go of it.

use std::{
    io,
    os::{fd::BorrowedFd, unix::net::UnixDatagram},
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use async_io::{Async, Timer};
use easynet_core::{
    net::{
        AsyncDatagramListener, AsyncDatagramSender, AsyncUnixDatagramListener, AsyncUnixDatagramSender,
        Closed, DatagramLength, ReceivedFds, UnixAddress,
        socket::{self, UnixFile},
    },
    sync::Event,
};
use futures::future::{Either, select};

use super::{Smol, kinds::DatagramSocket, poll_read};

/// How long to wait for room that nobody tells of.
const NO_ROOM: Duration = Duration::from_millis(1);

/// A socket that datagrams of anybody arrive at.
#[derive(Debug)]
pub(crate) struct DatagramListener<S>(Sender<S>);

/// What sends from it; all clones share the socket.
#[derive(Debug)]
pub(crate) struct Sender<S>(Arc<Shared<S>>);

#[derive(Debug)]
struct Shared<S> {
    open: Mutex<Option<Arc<Open<S>>>>,
    closed: Event,
}

/// The socket, and the file to be dropped after it.
#[derive(Debug)]
struct Open<S> {
    socket: Async<S>,
    _file: Option<UnixFile>,
}

impl<S: DatagramSocket> DatagramListener<S> {
    pub(crate) fn new(socket: Async<S>, file: Option<UnixFile>) -> Self {
        Self(Sender(Arc::new(Shared {
            open: Mutex::new(Some(Arc::new(Open { socket, _file: file }))),
            closed: Event::new(),
        })))
    }
}

impl<S> Clone for Sender<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: DatagramSocket> Sender<S> {
    fn find_open(&self) -> Option<Arc<Open<S>>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn open(&self) -> io::Result<Arc<Open<S>>> {
        self.find_open().ok_or_else(|| Closed::new().into())
    }

    fn close(&self) {
        let open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(open);
        self.0.closed.set();
    }

    /// Sends, once there is room, and as long as the socket is open.
    async fn send_with<T>(&self, mut send: impl FnMut(&S) -> io::Result<T>) -> io::Result<T> {
        loop {
            let open = self.open()?;
            match send(open.socket.get_ref()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                done => return done,
            }
            let room = async {
                if S::TELLS_OF_ROOM {
                    open.socket.writable().await
                } else {
                    Timer::after(NO_ROOM).await;
                    Ok(())
                }
            };
            // Each waits for itself: any number may.
            if let Either::Left((room, _)) = select(pin!(room), pin!(self.0.closed.wait())).await {
                room?;
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
        poll_read(&self.0.open()?.socket, cx, |socket| {
            socket.receive_from(buffer)
        })
    }

    fn sender(&self) -> Sender<S> {
        self.0.clone()
    }

    fn local_address(&self) -> io::Result<S::Address> {
        self.0.open()?.socket.get_ref().own_name()
    }

    fn abort(&mut self) {
        self.0.close();
    }

    fn is_closing(&self) -> bool {
        self.0.find_open().is_none()
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
