//! From a name to addresses: `getaddrinfo`.

use std::{
    fmt,
    future::{Future, IntoFuture},
    io,
    net::SocketAddr,
    pin::Pin,
};

use crate::{
    backend::AsyncBackend,
    net::{checkpoint::checked, dns::LookupError, resolve::literal},
};

/// Which addresses to look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum AddressFamily {
    /// Any (`AF_UNSPEC`).
    #[default]
    Unspecified,
    /// IPv4 only (`AF_INET`).
    Ipv4,
    /// IPv6 only (`AF_INET6`).
    Ipv6,
}

impl AddressFamily {
    /// Whether an address is of this family.
    pub fn contains(self, address: &SocketAddr) -> bool {
        match self {
            Self::Unspecified => true,
            Self::Ipv4 => address.is_ipv4(),
            Self::Ipv6 => address.is_ipv6(),
        }
    }
}

/// What kind of socket an address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SocketKind {
    /// Bytes in order: TCP (`SOCK_STREAM`).
    Stream,
    /// Datagrams: UDP (`SOCK_DGRAM`).
    Datagram,
}

/// The service to look up addresses for: a port number, a name such as `"http"`, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Service {
    /// None: the addresses have port zero.
    None,
    /// A port.
    Port(u16),
    /// A name, as in `/etc/services`.
    Name(String),
}

impl Service {
    pub(crate) fn into_text(self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Port(port) => Some(port.to_string()),
            Self::Name(name) => Some(name),
        }
    }
}

impl From<u16> for Service {
    fn from(port: u16) -> Self {
        Self::Port(port)
    }
}

impl From<&str> for Service {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<String> for Service {
    fn from(name: String) -> Self {
        Self::Name(name)
    }
}

impl From<&String> for Service {
    fn from(name: &String) -> Self {
        Self::Name(name.clone())
    }
}

impl From<Option<u16>> for Service {
    fn from(port: Option<u16>) -> Self {
        port.map_or(Self::None, Self::Port)
    }
}

/// What a resolver is asked: the arguments of `getaddrinfo`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddrInfoQuery {
    host: Option<String>,
    service: Option<String>,
    family: AddressFamily,
    kind: Option<SocketKind>,
    passive: bool,
    canonical_name: bool,
    numeric_host: bool,
    numeric_service: bool,
    configured_only: bool,
}

impl AddrInfoQuery {
    /// For the addresses of a host, with a port number or the name of a service.
    pub(crate) fn new(host: Option<&str>, service: Option<String>) -> Self {
        Self {
            host: host.map(str::to_owned),
            service,
            family: AddressFamily::Unspecified,
            kind: None,
            passive: false,
            canonical_name: false,
            numeric_host: false,
            numeric_service: false,
            configured_only: false,
        }
    }

    /// For what a connection or a listener is opened on.
    pub(crate) fn internal(host: &str, port: u16, family: AddressFamily, kind: SocketKind) -> Self {
        Self {
            family,
            kind: Some(kind),
            numeric_service: true,
            ..Self::new(Some(host), Some(port.to_string()))
        }
    }

    /// Asks the resolver of a backend.
    pub(crate) async fn ask<B: AsyncBackend>(&self, backend: &B) -> io::Result<Vec<AddrInfo>> {
        self.check()?;
        backend.lookup_addresses(self).await
    }

    /// Refuses what no resolver could answer, before one is asked: some would answer, wrongly.
    fn check(&self) -> io::Result<()> {
        for text in [&self.host, &self.service].into_iter().flatten() {
            if text.contains('\0') {
                let message = format!("a name cannot have a NUL byte in it: `{}`", text.escape_debug());
                return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
            }
        }
        let Some(service) = self.service.as_deref() else {
            return Ok(());
        };
        let is_number = !service.is_empty() && service.bytes().all(|byte| byte.is_ascii_digit());
        // The C library takes `65536` for 0, and ` 80` for 80.
        if (is_number && service.parse::<u16>().is_err()) || service.contains(char::is_whitespace) {
            let message = format!("`{service}` is neither the number of a port nor the name of a service");
            return Err(LookupError::no_service(message).into_io_error(io::ErrorKind::NotFound));
        }
        Ok(())
    }

    /// The host; none stands for this machine.
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// The port number, or the name of a service.
    pub fn service(&self) -> Option<&str> {
        self.service.as_deref()
    }

    /// Which addresses to look for.
    pub fn family(&self) -> AddressFamily {
        self.family
    }

    /// For which kind of socket; any, if none.
    pub fn kind(&self) -> Option<SocketKind> {
        self.kind
    }

    /// Whether the addresses are to listen on (`AI_PASSIVE`): without a host, all interfaces.
    pub fn is_passive(&self) -> bool {
        self.passive
    }

    /// Whether the canonical name is asked for too (`AI_CANONNAME`).
    pub fn wants_canonical_name(&self) -> bool {
        self.canonical_name
    }

    /// Whether the host must be an IP address (`AI_NUMERICHOST`).
    pub fn is_numeric_host(&self) -> bool {
        self.numeric_host
    }

    /// Whether the service must be a number (`AI_NUMERICSERV`).
    pub fn is_numeric_service(&self) -> bool {
        self.numeric_service
    }

    /// Whether only families that the machine has an address of count (`AI_ADDRCONFIG`).
    pub fn is_configured_only(&self) -> bool {
        self.configured_only
    }
}

/// One answer of a resolver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddrInfo {
    kind: Option<SocketKind>,
    protocol: i32,
    address: SocketAddr,
    canonical_name: Option<String>,
}

impl AddrInfo {
    /// An answer; for backends.
    pub fn new(kind: Option<SocketKind>, protocol: i32, address: SocketAddr) -> Self {
        Self {
            kind,
            protocol,
            address,
            canonical_name: None,
        }
    }

    /// With the canonical name of the host.
    pub fn with_canonical_name(mut self, name: impl Into<String>) -> Self {
        self.canonical_name = Some(name.into());
        self
    }

    /// The family of the address.
    pub fn family(&self) -> AddressFamily {
        match self.address {
            SocketAddr::V4(_) => AddressFamily::Ipv4,
            SocketAddr::V6(_) => AddressFamily::Ipv6,
        }
    }

    /// For which kind of socket it is; none if it is for another than those of [`SocketKind`].
    pub fn kind(&self) -> Option<SocketKind> {
        self.kind
    }

    /// The number of the protocol, such as `IPPROTO_TCP`; zero for any.
    pub fn protocol(&self) -> i32 {
        self.protocol
    }

    /// The address, with the port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The canonical name of the host, if it was asked for; the first answer has it.
    pub fn canonical_name(&self) -> Option<&str> {
        self.canonical_name.as_deref()
    }
}

/// A lookup to be made: await it. See [`AsyncBackend::getaddrinfo`].
#[must_use = "nothing is looked up unless it is awaited"]
pub struct GetAddrInfo<B> {
    backend: B,
    query: AddrInfoQuery,
}

impl<B: AsyncBackend> GetAddrInfo<B> {
    pub(crate) fn new(backend: B, query: AddrInfoQuery) -> Self {
        Self { backend, query }
    }

    /// Looks for addresses of one family only.
    pub fn family(mut self, family: AddressFamily) -> Self {
        self.query.family = family;
        self
    }

    /// Looks for addresses of one kind of socket only; otherwise there is an answer for each kind.
    pub fn kind(mut self, kind: SocketKind) -> Self {
        self.query.kind = Some(kind);
        self
    }

    /// Looks for addresses to listen on (`AI_PASSIVE`): without a host, all interfaces instead of the loopback one.
    pub fn passive(mut self, passive: bool) -> Self {
        self.query.passive = passive;
        self
    }

    /// Asks for the canonical name too (`AI_CANONNAME`).
    pub fn canonical_name(mut self, wanted: bool) -> Self {
        self.query.canonical_name = wanted;
        self
    }

    /// Takes the host for an IP address, and fails if it is none (`AI_NUMERICHOST`): nobody is asked.
    pub fn numeric_host(mut self, numeric: bool) -> Self {
        self.query.numeric_host = numeric;
        self
    }

    /// Takes the service for a number, and fails if it is none (`AI_NUMERICSERV`).
    pub fn numeric_service(mut self, numeric: bool) -> Self {
        self.query.numeric_service = numeric;
        self
    }

    /// Leaves out the families that the machine has no address of (`AI_ADDRCONFIG`).
    pub fn configured_only(mut self, only: bool) -> Self {
        self.query.configured_only = only;
        self
    }

    async fn lookup(self) -> io::Result<Vec<AddrInfo>> {
        if let Some(answer) = literal_answer(&self.query) {
            return Ok(vec![answer]);
        }
        self.query.ask(&self.backend).await
    }
}

/// The answer that needs no resolver: an address with a port, of one kind of socket.
fn literal_answer(query: &AddrInfoQuery) -> Option<AddrInfo> {
    let port = query
        .service
        .as_deref()
        .map_or(Some(0), |port| port.parse().ok())?;
    let address = literal(query.host.as_deref()?, port)?;
    if query.canonical_name || !query.family.contains(&address) {
        return None;
    }
    let protocol = match query.kind? {
        SocketKind::Stream => TCP,
        SocketKind::Datagram => UDP,
    };
    Some(AddrInfo::new(query.kind, protocol, address))
}

/// The numbers of the protocols, the same everywhere: <https://www.iana.org/assignments/protocol-numbers>.
const TCP: i32 = 6;
const UDP: i32 = 17;

impl<B: AsyncBackend> IntoFuture for GetAddrInfo<B> {
    type Output = io::Result<Vec<AddrInfo>>;
    /// Boxed: looking up takes many times what an allocation does.
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(checked("getaddrinfo", self.lookup()))
    }
}

impl<B> fmt::Debug for GetAddrInfo<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GetAddrInfo")
            .field("query", &self.query)
            .finish_non_exhaustive()
    }
}
