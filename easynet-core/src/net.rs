//! Transports and listeners: what a connection looks like, on every backend.
//!
//! A backend provides sockets whose operations are *polled*: the required methods of the traits here. What users await
//! ([`recv_into`](AsyncStreamReadTransport::recv_into), [`send_all`](AsyncStreamWriteTransport::send_all),
//! [`accept`](AsyncListener::accept), [`serve`](AsyncListener::serve), ..) is written once, on top of those.
//!
//! # Invariants
//!
//! 1. What is awaited here is a checkpoint (C3): in a cancelled scope it touches no socket and never completes. It
//!    is [`checkpoint()`] that says so, in each poll.
//! 2. No byte is kept in user space: what was sent is in the kernel, what was not received still is.
//! 3. A closed transport answers with [`Closed`], a closed peer with what the operating system says.

mod attempts;
mod checkpoint;
mod connect;
mod datagram;
mod datagram_listener;
mod dns;
mod error;
mod futures_io;
mod listen;
mod listener;
mod os_error;
mod resolve;
mod serve;
pub mod socket;
mod stapled;
mod stream;
#[cfg(unix)]
mod unix;
mod wrap;

#[cfg(unix)]
pub use self::unix::{
    AsyncUnixDatagramListener, AsyncUnixDatagramSender, AsyncUnixDatagramTransport, AsyncUnixStreamTransport,
    CreateUnixDatagramEndpoint, CreateUnixDatagramListener, CreateUnixStreamConnection,
    CreateUnixStreamListener, DatagramRecvWithFds, DatagramSendWithFds, MAX_FDS, PeerCredentials,
    ReceivedFds, RecvFromWithFds, RecvWithFds, SendAllWithFds, UnixAddress, UnixBindOptions,
};
pub use self::{
    checkpoint::checkpoint,
    connect::{ConnectOptions, CreateTcpConnection, CreateUdpEndpoint, LocalAddress},
    datagram::{
        AsyncDatagramReadTransport, AsyncDatagramTransport, AsyncDatagramWriteTransport, DatagramLength,
        DatagramRecv, DatagramRecvInto, DatagramSend, MAX_DATAGRAM,
    },
    datagram_listener::{AsyncDatagramListener, AsyncDatagramSender, RecvFrom, RecvIntoFrom},
    dns::{
        AddrInfo, AddrInfoQuery, AddressFamily, GetAddrInfo, GetNameInfo, LookupError, NameInfoFlags,
        Service, SocketKind,
    },
    error::{BindError, ConnectError},
    listen::{BindOptions, CreateTcpListeners, CreateUdpListeners, Hosts, ListenOptions},
    listener::{Accept, AsyncListener},
    serve::{Closer, Serve, ServeInPrivateGroup},
    stapled::StapledStreamTransport,
    stream::{
        Aclose, AsyncStreamReadTransport, AsyncStreamTransport, AsyncStreamWriteTransport, Closed,
        MAX_PIECES, NotOneStream, Recv, RecvInto, SendAll, SendAllFromIterable, SendEof,
    },
    wrap::{DatagramSocket, StreamSocket, WrapError, Wrapped},
};
