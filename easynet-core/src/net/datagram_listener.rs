//! Datagram listeners: what datagrams of any peer arrive at, and serving them.

mod recv;

use std::{
    fmt,
    future::Future,
    io,
    panic::Location,
    task::{Context, Poll},
};

pub use self::recv::{RecvFrom, RecvIntoFrom};
use super::{Serve, ServeInPrivateGroup, checkpoint::checked, datagram::DatagramLength, serve};
use crate::{
    backend::AsyncBackend,
    group::{GroupError, GroupHandle},
};

/// What datagrams of any peer are received from, and sent back with.
///
/// Methods that receive take `&mut self`, so that there is one receiver. Any number of tasks send meanwhile, each with a
/// [`sender`](Self::sender) of its own.
///
/// Dropping a listener ends receiving; its senders go on, so that answers under way can be sent, and the last of them closes the
/// socket. [`aclose`](Self::aclose) and [`abort`](Self::abort) close it for all, once what is being sent has been sent.
///
/// # Implementing
///
/// - `poll_recv_from` tries first, and waits for readiness only if there is nothing.
/// - It takes a datagram only in a poll that returns it. Datagrams that have not been received are in the kernel, in bounded room.
/// - Once closed, all answer with [`Closed`](super::Closed).
/// - The socket goes, and its file after it, when it was closed or nobody has it any more, and nothing is being sent.
pub trait AsyncDatagramListener: Send + Unpin + Sized {
    /// The backend it belongs to.
    type Backend: AsyncBackend;

    /// What names one end.
    type Address: fmt::Display + fmt::Debug + Clone + Send + Sync + 'static;

    /// What sends, from any task.
    type Sender: AsyncDatagramSender<Address = Self::Address>;

    /// The backend it belongs to.
    fn backend(&self) -> Self::Backend;

    /// Receives one datagram into `buffer`, with the address it came from.
    ///
    /// Users call [`recv_from`](Self::recv_from) or [`serve`](Self::serve).
    ///
    /// # Errors
    ///
    /// Those of the operating system; [`Closed`](super::Closed) after our own close.
    fn poll_recv_from(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<(DatagramLength, Self::Address)>>;

    /// What sends from this socket, in any task: clone it as needed.
    fn sender(&self) -> Self::Sender;

    /// The address that is listened on, with the port that was chosen if none was asked for.
    ///
    /// # Errors
    ///
    /// Those of the operating system; [`Closed`](super::Closed) after our own close.
    fn local_address(&self) -> io::Result<Self::Address>;

    /// Closes the socket, for all senders too; a datagram that waits for room at this moment is still sent. Harmless if it is closed.
    fn abort(&mut self);

    /// Whether the listener was closed here.
    fn is_closing(&self) -> bool;

    /// Waits for a datagram, and yields it whole, with the address it came from.
    ///
    /// [`recv_into_from`](Self::recv_into_from) does without the allocation.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// Those of the operating system, each once; the listener can be used afterwards. [`Closed`](super::Closed) after our own close.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[easynet::main(backend = "tokio")]
    /// # async fn main() -> Result<(), easynet::BoxError> {
    /// use easynet::{net::*, prelude::*};
    ///
    /// let mut listener = create_udp_listeners("127.0.0.1", 0).await?.remove(0);
    /// let mut client = create_udp_endpoint("127.0.0.1", listener.local_address()?.port()).await?;
    /// client.send(b"ping").await?;
    ///
    /// let (data, peer) = listener.recv_from().await?;
    /// assert_eq!((&data[..], peer), (&b"ping"[..], client.local_address()?));
    /// listener.send_to(b"pong", &peer).await?;
    /// assert_eq!(client.recv().await?, b"pong");
    /// # Ok(())
    /// # }
    /// ```
    fn recv_from(&mut self) -> RecvFrom<'_, Self> {
        RecvFrom::new(self)
    }

    /// Waits for a datagram, and receives it into `buffer`; what that has no room for is lost, and said to be.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// As [`recv_from`](Self::recv_from).
    fn recv_into_from<'a>(&'a mut self, buffer: &'a mut [u8]) -> RecvIntoFrom<'a, Self> {
        RecvIntoFrom::new(self, buffer)
    }

    /// Sends `data` to `address` as one datagram. As [`AsyncDatagramSender::send_to`].
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: the datagram was not sent. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// As [`AsyncDatagramSender::send_to`].
    fn send_to<'a>(
        &'a self,
        data: &'a [u8],
        address: &'a Self::Address,
    ) -> impl Future<Output = io::Result<()>> + Send + 'a {
        let sender = self.sender();
        async move { sender.send_to(data, address).await }
    }

    /// Receives datagrams for ever, and runs `handler` on each as a task of `group`.
    ///
    /// Handlers begin in the order in which the datagrams arrived, and then run at the same time. They belong to the group, not to
    /// this call: cancelling it stops receiving, and leaves them alone. A handler that fails, fails the group; its error is that
    /// of the group. Answers are sent with a [`sender`](Self::sender), taken before.
    ///
    /// An error of one datagram, such as that an answer did not arrive, is logged, and receiving goes on.
    ///
    /// The listener is dropped at the end; its senders go on.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost that was received. It is how it ends, unless it is [closed](Serve::closer). The listener is
    /// dropped with it, and datagrams that still wait are gone; those of one that was lent wait for whoever receives next.
    ///
    /// # Errors
    ///
    /// [`Closed`](super::Closed) once it was closed, or if the listener had been. If the group has been cancelled, or has closed,
    /// an error that says so. It never yields `Ok`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[easynet::main(backend = "tokio")]
    /// # async fn main() -> Result<(), easynet::BoxError> {
    /// use easynet::{net::*, prelude::*};
    ///
    /// let listener = create_udp_listeners("127.0.0.1", 0).await?.remove(0);
    /// let (port, sender) = (listener.local_address()?.port(), listener.sender());
    /// task_group!(|group| {
    ///     let service = group.spawn(listener.serve(&group.handle(), move |data, peer| {
    ///         let sender = sender.clone();
    ///         async move {
    ///             sender.send_to(&data, &peer).await?;
    ///             Ok(())
    ///         }
    ///     }));
    ///     let mut client = create_udp_endpoint("127.0.0.1", port).await?;
    ///     client.send(b"hello").await?;
    ///     assert_eq!(client.recv().await?, b"hello");
    ///     service.cancel();
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    fn serve<'l, B, E, H, F>(self, group: &GroupHandle<B, E>, handler: H) -> Serve<'l>
    where
        Self: 'l,
        B: AsyncBackend,
        E: GroupError,
        H: FnMut(Vec<u8>, Self::Address) -> F + Send + 'l,
        F: Future<Output = Result<(), E>> + Send + 'static,
    {
        let (group, location) = (group.clone(), Location::caller());
        Serve::new(|control| serve::datagrams(self, group, handler, location, control))
    }

    /// Like [`serve`](Self::serve), with a group of its own: no handler is left when it ends.
    ///
    /// A handler that fails cancels the others, and ends serving. [`max_concurrent`](ServeInPrivateGroup::max_concurrent) bounds how many
    /// run at once.
    ///
    /// # Cancellation
    ///
    /// Cancelling loses what the handlers were at: they are cancelled, and have ended before the enclosing scope does (C6).
    ///
    /// # Errors
    ///
    /// The failures of the handlers, and that of [`serve`](Self::serve). It never yields `Ok`.
    #[track_caller]
    fn serve_in_private_group<'l, E, H, F>(self, handler: H) -> ServeInPrivateGroup<'l, E>
    where
        Self: 'l,
        E: GroupError + From<io::Error>,
        H: FnMut(Vec<u8>, Self::Address) -> F + Send + 'l,
        F: Future<Output = Result<(), E>> + Send + 'static,
    {
        let group = self.backend().create_task_group::<E>();
        let serve = self.serve(&group.handle(), handler);
        ServeInPrivateGroup::new(group, serve)
    }

    /// Closes the socket, for all senders too, once what they are sending has been sent. Harmless if it is closed.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. The socket is closed all the same. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// None at present.
    fn aclose(&mut self) -> impl Future<Output = io::Result<()>> + Send {
        async {
            self.abort();
            checked("aclose", async { Ok(()) }).await
        }
    }
}

/// Sends datagrams from the socket of a listener, to anybody, from any task.
///
/// Clones send from the same socket.
///
/// # Implementing
///
/// - Any number of tasks send at once, and each is woken when there is room. A Unix socket without a peer counts as writable whatever room
///   the receiver has: where readiness is a level, and not an edge, it is to be tried again a moment later.
/// - A datagram is sent whole or not at all; one that is too large is refused at once.
/// - Once the listener was closed, it answers with [`Closed`](super::Closed). What waits for room then holds the socket until it
///   has been sent.
pub trait AsyncDatagramSender: Clone + Send + Sync + Unpin + 'static {
    /// What names one end.
    type Address: fmt::Display + fmt::Debug + Clone + Send + Sync + 'static;

    /// Sends one datagram.
    ///
    /// Users call [`send_to`](Self::send_to).
    ///
    /// # Errors
    ///
    /// Those of the operating system; [`Closed`](super::Closed) once the listener was closed.
    fn transmit<'a>(
        &'a self,
        data: &'a [u8],
        address: &'a Self::Address,
    ) -> impl Future<Output = io::Result<()>> + Send + 'a;

    /// Sends `data` to `address` as one datagram, which may be empty.
    ///
    /// It waits while there is no room: for UDP in the kernel's buffer, for a Unix socket in the peer's.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: the datagram was not sent. A checkpoint (C3).
    ///
    /// # Errors
    ///
    /// Those of the operating system: that the datagram is too large (`EMSGSIZE`), at once; that there is no such Unix socket.
    /// [`Closed`](super::Closed) once the listener was closed.
    fn send_to<'a>(
        &'a self,
        data: &'a [u8],
        address: &'a Self::Address,
    ) -> impl Future<Output = io::Result<()>> + Send + 'a {
        checked("send_to", self.transmit(data, address))
    }
}

/// A borrowed listener receives too: what takes a listener can be lent one.
impl<L: AsyncDatagramListener> AsyncDatagramListener for &mut L {
    type Backend = L::Backend;
    type Address = L::Address;
    type Sender = L::Sender;

    fn backend(&self) -> L::Backend {
        (**self).backend()
    }

    fn poll_recv_from(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<(DatagramLength, L::Address)>> {
        (**self).poll_recv_from(cx, buffer)
    }

    fn sender(&self) -> L::Sender {
        (**self).sender()
    }

    fn local_address(&self) -> io::Result<L::Address> {
        (**self).local_address()
    }

    fn abort(&mut self) {
        (**self).abort();
    }

    fn is_closing(&self) -> bool {
        (**self).is_closing()
    }
}
