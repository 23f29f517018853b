//! Everything that a transport or a listener can do, done by what is inside of it, of whichever backend that is.
//!
//! There is a macro for each kind, which is used for IP and for Unix sockets.

mod datagram;
mod datagram_listener;
mod listener;
mod socket;
mod stream;
#[cfg(feature = "tokio")]
mod tokio_io;

use easynet_core::net::{AsyncDatagramTransport, AsyncStreamTransport, NotOneStream};

#[cfg(feature = "tokio")]
pub(super) use self::tokio_io::tokio_io;
pub(super) use self::{
    datagram::datagram, datagram_listener::datagram_listener, listener::listener, socket::socket,
    stream::stream,
};

/// Makes two halves of one backend a stream again.
pub(super) fn reunite_stream<S, T, R, W>(
    read: S::ReadHalf,
    write: S::WriteHalf,
    variant: impl FnOnce(S) -> T,
) -> Result<T, NotOneStream<R, W>>
where
    S: AsyncStreamTransport,
    R: From<S::ReadHalf>,
    W: From<S::WriteHalf>,
{
    S::reunite(read, write).map(variant).map_err(halves)
}

/// Makes two halves of one backend a datagram endpoint again.
pub(super) fn reunite_endpoint<S, T, R, W>(
    read: S::ReadHalf,
    write: S::WriteHalf,
    variant: impl FnOnce(S) -> T,
) -> Result<T, NotOneStream<R, W>>
where
    S: AsyncDatagramTransport,
    R: From<S::ReadHalf>,
    W: From<S::WriteHalf>,
{
    S::reunite(read, write).map(variant).map_err(halves)
}

fn halves<R, W>(error: NotOneStream<impl Into<R>, impl Into<W>>) -> NotOneStream<R, W> {
    let (read, write) = error.into_halves();
    NotOneStream::new(read.into(), write.into())
}

/// Why there is no socket of the operating system.
#[cfg(feature = "sim")]
pub(crate) fn no_socket(closed: bool) -> std::io::Error {
    use std::io;

    if closed {
        return easynet_core::net::Closed::new().into();
    }
    io::Error::new(
        io::ErrorKind::Unsupported,
        "a simulation has no sockets of the operating system",
    )
}
