//! Unix sockets, of the running backend: opening them.

use easynet_core::{
    AsyncBackend,
    net::{
        CreateUnixDatagramEndpoint, CreateUnixDatagramListener, CreateUnixStreamConnection,
        CreateUnixStreamListener, UnixAddress,
    },
};

use crate::{BuiltinBackend, builtin::ambient};

/// Opens a Unix connection to a path, or to an abstract name (Linux).
///
/// [`local_path`](CreateUnixStreamConnection::local_path) is its option. More in
/// [`AsyncBackend::create_unix_stream_connection`].
///
/// # Cancellation
///
/// Safe to cancel: nothing is lost. What was open is closed, and a file that was made for our end is removed. A checkpoint (C3).
///
/// # Errors
///
/// Those of the operating system: [`NotFound`](std::io::ErrorKind::NotFound) if there is no such path,
/// [`ConnectionRefused`](std::io::ErrorKind::ConnectionRefused) if nobody listens there.
///
/// # Panics
///
/// Outside of any backend.
#[track_caller]
pub fn create_unix_stream_connection(
    address: impl Into<UnixAddress>,
) -> CreateUnixStreamConnection<BuiltinBackend> {
    ambient().create_unix_stream_connection(address)
}

/// Opens a Unix stream listener at a path, or at an abstract name (Linux).
///
/// What is at the path is left alone, and the file stays when the listener is closed, unless it is told otherwise:
/// [`mode`](CreateUnixStreamListener::mode), [`replace_stale`](CreateUnixStreamListener::replace_stale),
/// [`unlink_on_close`](CreateUnixStreamListener::unlink_on_close) and [`backlog`](CreateUnixStreamListener::backlog) are its
/// options. More in [`AsyncBackend::create_unix_stream_listener`].
///
/// # Cancellation
///
/// Safe to cancel: nothing is lost. What was open is closed, and a file that was made is removed. A checkpoint (C3).
///
/// # Errors
///
/// Those of the operating system, with the path in the message: [`AddrInUse`](std::io::ErrorKind::AddrInUse) if something is
/// there.
///
/// # Panics
///
/// Outside of any backend.
#[track_caller]
pub fn create_unix_stream_listener(
    address: impl Into<UnixAddress>,
) -> CreateUnixStreamListener<BuiltinBackend> {
    ambient().create_unix_stream_listener(address)
}

/// Opens a Unix datagram endpoint to a path, or to an abstract name (Linux).
///
/// The peer can answer only if our end has a name: [`local_path`](CreateUnixDatagramEndpoint::local_path) gives it one. More in
/// [`AsyncBackend::create_unix_datagram_endpoint`].
///
/// # Cancellation
///
/// Safe to cancel: nothing is lost. What was open is closed, and a file that was made for our end is removed. A checkpoint (C3).
///
/// # Errors
///
/// As [`create_unix_stream_connection`].
///
/// # Panics
///
/// Outside of any backend.
#[track_caller]
pub fn create_unix_datagram_endpoint(
    address: impl Into<UnixAddress>,
) -> CreateUnixDatagramEndpoint<BuiltinBackend> {
    ambient().create_unix_datagram_endpoint(address)
}

/// Opens a Unix datagram listener at a path, or at an abstract name (Linux).
///
/// As for [`create_unix_stream_listener`], what is at the path is left alone, and stays: [`mode`](CreateUnixDatagramListener::mode),
/// [`replace_stale`](CreateUnixDatagramListener::replace_stale) and
/// [`unlink_on_close`](CreateUnixDatagramListener::unlink_on_close) are its options. More in
/// [`AsyncBackend::create_unix_datagram_listener`].
///
/// # Cancellation
///
/// Safe to cancel: nothing is lost. What was open is closed, and a file that was made is removed. A checkpoint (C3).
///
/// # Errors
///
/// As [`create_unix_stream_listener`].
///
/// # Panics
///
/// Outside of any backend.
#[track_caller]
pub fn create_unix_datagram_listener(
    address: impl Into<UnixAddress>,
) -> CreateUnixDatagramListener<BuiltinBackend> {
    ambient().create_unix_datagram_listener(address)
}
