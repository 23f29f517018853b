//! A datagram socket that anybody may send to.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

#[cfg(unix)]
use easynet_core::net::socket::UnixFile;
use easynet_core::net::{AsyncDatagramListener, AsyncDatagramSender, Closed, DatagramLength};
use socket2::SockRef;

use crate::{
    TokioBackend,
    net::{DatagramSocket, datagram::incoming::Incoming, open, open_mut},
};

/// A UDP or Unix datagram socket of the tokio runtime that anybody may send to.
#[derive(Debug)]
pub struct TokioDatagramListener<S> {
    /// Gone once it was closed.
    inner: Option<Incoming<S>>,
    shared: Arc<Shared<S>>,
}

/// What sends from the socket of a [`TokioDatagramListener`].
#[derive(Debug)]
pub struct TokioDatagramSender<S> {
    shared: Arc<Shared<S>>,
}

impl<S> Clone for TokioDatagramSender<S> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
        }
    }
}

/// What a listener and its senders have in common.
#[derive(Debug)]
struct Shared<S> {
    /// Gone once the listener was closed.
    socket: Mutex<Option<Arc<S>>>,
    /// What is removed when it is closed.
    #[cfg(unix)]
    file: Mutex<Option<UnixFile>>,
}

impl<S> Shared<S> {
    fn lock(&self) -> MutexGuard<'_, Option<Arc<S>>> {
        self.socket.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> io::Result<Arc<S>> {
        self.lock().clone().ok_or_else(|| Closed::new().into())
    }

    fn close(&self) {
        let socket = self.lock().take();
        drop(socket);
        #[cfg(unix)]
        {
            let file = self.file.lock().unwrap_or_else(PoisonError::into_inner).take();
            drop(file);
        }
    }
}

impl<S: DatagramSocket> From<S> for TokioDatagramListener<S> {
    fn from(socket: S) -> Self {
        let socket = Arc::new(socket);
        Self {
            inner: Some(Incoming::new(socket.clone())),
            shared: Arc::new(Shared {
                socket: Mutex::new(Some(socket)),
                #[cfg(unix)]
                file: Mutex::new(None),
            }),
        }
    }
}

impl<S: DatagramSocket> TokioDatagramListener<S> {
    #[cfg(unix)]
    pub(in crate::net) fn with_file(self, file: Option<UnixFile>) -> Self {
        *self.shared.file.lock().unwrap_or_else(PoisonError::into_inner) = file;
        self
    }

    /// The socket, for its options.
    ///
    /// # Errors
    ///
    /// [`Closed`] after our own close.
    pub fn as_socket(&self) -> io::Result<SockRef<'_>> {
        open(&self.inner).map(|inner| inner.socket().as_socket())
    }

    #[cfg(unix)]
    pub(in crate::net) fn inner(&mut self) -> io::Result<&mut Incoming<S>> {
        open_mut(&mut self.inner)
    }
}

impl<S: DatagramSocket> TokioDatagramSender<S> {
    #[cfg(unix)]
    pub(in crate::net) fn inner(&self) -> io::Result<Arc<S>> {
        self.shared.open()
    }
}

impl<S: DatagramSocket> AsyncDatagramListener for TokioDatagramListener<S> {
    type Backend = TokioBackend;
    type Address = S::Address;
    type Sender = TokioDatagramSender<S>;

    fn backend(&self) -> TokioBackend {
        TokioBackend::new()
    }

    fn poll_recv_from(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<(DatagramLength, S::Address)>> {
        open_mut(&mut self.inner)?.poll_receive(cx, |socket| socket.receive_from(buffer))
    }

    fn sender(&self) -> TokioDatagramSender<S> {
        TokioDatagramSender {
            shared: self.shared.clone(),
        }
    }

    fn local_address(&self) -> io::Result<S::Address> {
        open(&self.inner)?.socket().local()
    }

    fn abort(&mut self) {
        self.inner = None;
        self.shared.close();
    }

    fn is_closing(&self) -> bool {
        self.inner.is_none()
    }
}

impl<S: DatagramSocket> AsyncDatagramSender for TokioDatagramSender<S> {
    type Address = S::Address;

    async fn transmit(&self, data: &[u8], address: &S::Address) -> io::Result<()> {
        let socket = self.shared.open()?;
        socket.send_to(data, address).await
    }
}
