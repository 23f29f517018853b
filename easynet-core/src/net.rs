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
mod error;
mod futures_io;
mod listen;
mod listener;
mod os_error;
mod resolve;
pub mod socket;
mod stream;

pub use self::{
    checkpoint::checkpoint,
    connect::CreateTcpConnection,
    error::{BindError, ConnectError},
    listen::{CreateTcpListeners, Hosts, ListenOptions},
    listener::{Accept, AsyncListener},
    stream::{
        Aclose, AsyncStreamReadTransport, AsyncStreamTransport, AsyncStreamWriteTransport, Closed,
        NotOneStream, Recv, RecvInto, SendAll, SendEof,
    },
};
