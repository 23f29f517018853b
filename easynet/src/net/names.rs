//! Names and addresses, by the resolver of the running backend.

use std::net::SocketAddr;

use easynet_core::{
    AsyncBackend,
    net::{GetAddrInfo, GetNameInfo, Service},
};

use crate::{BuiltinBackend, builtin::ambient};

/// Looks up the addresses of a host: `getaddrinfo` of POSIX.
///
/// Without a host (`None`) they are of this machine. The service is a port number, a name such as `"http"`, or `None`. The
/// builder has an option for each flag of POSIX. More in [`AsyncBackend::getaddrinfo`].
///
/// # Cancellation
///
/// Safe to cancel: nothing is lost. A lookup that has begun goes on unseen. A checkpoint (C3).
///
/// # Errors
///
/// Those of the resolver, unchanged: a [`LookupError`](super::LookupError) inside of an I/O error.
///
/// # Panics
///
/// Outside of any backend.
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() -> std::io::Result<()> {
/// use easynet::net::{AddressFamily, SocketKind, getaddrinfo};
///
/// // Where a server would listen: all interfaces.
/// let answers = getaddrinfo(None, 8080).kind(SocketKind::Stream).passive(true).await?;
/// assert!(answers.iter().all(|answer| answer.address().ip().is_unspecified()));
///
/// let answers = getaddrinfo("127.0.0.1", None).family(AddressFamily::Ipv4).await?;
/// assert_eq!(answers[0].address(), ([127, 0, 0, 1], 0).into());
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn getaddrinfo<'a>(
    host: impl Into<Option<&'a str>>,
    service: impl Into<Service>,
) -> GetAddrInfo<BuiltinBackend> {
    ambient().getaddrinfo(host, service)
}

/// Looks up the names of an address, those of its host and of its service: `getnameinfo` of POSIX.
///
/// A host without a name is given as its IP address, a service without one as its port number. More in
/// [`AsyncBackend::getnameinfo`].
///
/// # Cancellation
///
/// Safe to cancel: nothing is lost. A lookup that has begun goes on unseen. A checkpoint (C3).
///
/// # Errors
///
/// As [`getaddrinfo`].
///
/// # Panics
///
/// Outside of any backend.
#[track_caller]
pub fn getnameinfo(address: impl Into<SocketAddr>) -> GetNameInfo<BuiltinBackend> {
    ambient().getnameinfo(address)
}
