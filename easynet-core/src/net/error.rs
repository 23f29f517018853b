//! The errors of connecting and of listening.

use std::{error::Error, fmt, io, net::SocketAddr};

use super::attempts::Failure;

/// No address of a host could be connected to: "cannot connect to {host}:{port}".
///
/// Holds what every address answered, or the error of the resolver. Converts into an [`io::Error`] of the same
/// [`kind`](Self::kind), with this one inside.
pub struct ConnectError {
    host: String,
    port: u16,
    failure: Failure,
}

impl ConnectError {
    pub(super) fn new(host: &str, port: u16, failure: Failure) -> Self {
        Self {
            host: host.to_owned(),
            port,
            failure,
        }
    }

    /// What kind of failure it was: that of the first address, or of the resolver.
    pub fn kind(&self) -> io::ErrorKind {
        self.failure.kind()
    }

    /// Each address that was tried, with its error, in the order in which they failed. Empty when the name was not
    /// resolved: the resolver's error is the [`source`](Error::source) then, unchanged.
    pub fn attempts(&self) -> &[(SocketAddr, io::Error)] {
        self.failure.list()
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot connect to ")?;
        if self.host.contains(':') {
            return write!(f, "[{}]:{}", self.host, self.port);
        }
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// With its cause: what a `main` prints that returns it.
impl fmt::Debug for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}: {}", self.failure.cause())
    }
}

impl Error for ConnectError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.failure.cause())
    }
}

impl From<ConnectError> for io::Error {
    fn from(error: ConnectError) -> Self {
        io::Error::new(error.kind(), error)
    }
}

/// Some addresses could not be listened on: "cannot listen on {addresses}".
///
/// Holds what each of those answered, or the error of the resolver; no listener is left open. Converts into an
/// [`io::Error`] of the same [`kind`](Self::kind), with this one inside.
pub struct BindError {
    /// The host and port of a name that was not resolved.
    unresolved: String,
    failure: Failure,
}

impl BindError {
    pub(super) fn lookup(host: &str, port: u16, error: io::Error) -> Self {
        Self {
            unresolved: format!("{host}:{port}"),
            failure: Failure::Lookup(error),
        }
    }

    pub(super) fn attempts_failed(attempts: Vec<(SocketAddr, io::Error)>) -> Self {
        Self {
            unresolved: String::new(),
            failure: Failure::attempts(attempts),
        }
    }

    /// What kind of failure it was: that of the first address, or of the resolver.
    pub fn kind(&self) -> io::ErrorKind {
        self.failure.kind()
    }

    /// Each address that failed, with its error. Empty when a name was not resolved: the resolver's error is the
    /// [`source`](Error::source) then, unchanged.
    pub fn attempts(&self) -> &[(SocketAddr, io::Error)] {
        self.failure.list()
    }
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot listen on {}", self.unresolved)?;
        for (index, (address, _)) in self.attempts().iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{address}")?;
        }
        Ok(())
    }
}

/// With its cause: what a `main` prints that returns it.
impl fmt::Debug for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}: {}", self.failure.cause())
    }
}

impl Error for BindError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.failure.cause())
    }
}

impl From<BindError> for io::Error {
    fn from(error: BindError) -> Self {
        io::Error::new(error.kind(), error)
    }
}
