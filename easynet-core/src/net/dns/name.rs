//! From an address to names: `getnameinfo`.

use std::{
    fmt,
    future::{Future, IntoFuture},
    io,
    net::SocketAddr,
    pin::Pin,
};

use crate::{backend::AsyncBackend, net::checkpoint::checked};

/// How an address is to be named: the flags of `getnameinfo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct NameInfoFlags {
    numeric_host: bool,
    numeric_service: bool,
    name_required: bool,
    datagram: bool,
}

impl NameInfoFlags {
    /// Whether the host is to be an IP address (`NI_NUMERICHOST`).
    pub fn is_numeric_host(self) -> bool {
        self.numeric_host
    }

    /// Whether the service is to be a port number (`NI_NUMERICSERV`).
    pub fn is_numeric_service(self) -> bool {
        self.numeric_service
    }

    /// Whether it is an error if the host has no name (`NI_NAMEREQD`).
    pub fn is_name_required(self) -> bool {
        self.name_required
    }

    /// Whether the service is one of datagrams (`NI_DGRAM`): a few have another name then.
    pub fn is_datagram(self) -> bool {
        self.datagram
    }
}

/// The names of an address, to be looked up: await it. See [`AsyncBackend::getnameinfo`].
#[must_use = "nothing is looked up unless it is awaited"]
pub struct GetNameInfo<B> {
    backend: B,
    address: SocketAddr,
    flags: NameInfoFlags,
}

impl<B: AsyncBackend> GetNameInfo<B> {
    pub(crate) fn new(backend: B, address: SocketAddr) -> Self {
        Self {
            backend,
            address,
            flags: NameInfoFlags::default(),
        }
    }

    /// Yields the IP address in place of a name (`NI_NUMERICHOST`).
    pub fn numeric_host(mut self, numeric: bool) -> Self {
        self.flags.numeric_host = numeric;
        self
    }

    /// Yields the port number in place of the name of a service (`NI_NUMERICSERV`).
    pub fn numeric_service(mut self, numeric: bool) -> Self {
        self.flags.numeric_service = numeric;
        self
    }

    /// Fails if the host has no name (`NI_NAMEREQD`), instead of yielding its IP address.
    pub fn name_required(mut self, required: bool) -> Self {
        self.flags.name_required = required;
        self
    }

    /// Names the service of datagrams (`NI_DGRAM`).
    pub fn datagram(mut self, datagram: bool) -> Self {
        self.flags.datagram = datagram;
        self
    }

    async fn lookup(self) -> io::Result<(String, String)> {
        let (address, flags) = (self.address, self.flags);
        if flags.numeric_host && flags.numeric_service && !flags.name_required {
            return Ok((host(&address), address.port().to_string()));
        }
        self.backend.lookup_names(address, flags).await
    }
}

/// The IP address, with the number of the interface if there is one.
fn host(address: &SocketAddr) -> String {
    match address {
        SocketAddr::V6(v6) if v6.scope_id() != 0 => format!("{}%{}", v6.ip(), v6.scope_id()),
        _ => address.ip().to_string(),
    }
}

impl<B: AsyncBackend> IntoFuture for GetNameInfo<B> {
    type Output = io::Result<(String, String)>;
    /// Boxed: looking up takes many times what an allocation does.
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(checked("getnameinfo", self.lookup()))
    }
}

impl<B> fmt::Debug for GetNameInfo<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GetNameInfo")
            .field("address", &self.address)
            .field("flags", &self.flags)
            .finish_non_exhaustive()
    }
}
