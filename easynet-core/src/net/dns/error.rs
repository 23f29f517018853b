//! What a resolver answers instead of addresses.

use std::{error::Error, fmt, io};

/// A name was not resolved: what the resolver says.
///
/// It comes inside of an [`io::Error`], whose [`get_ref`](io::Error::get_ref) is this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupError {
    code: i32,
    message: String,
}

impl LookupError {
    /// What a resolver said, with its number for it; for backends.
    pub fn new(code: i32, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// That the host has no such address or name (`EAI_NONAME`); for backends with a resolver of their own.
    pub fn no_name(message: impl Into<String>) -> Self {
        Self::new(code::NONAME, message)
    }

    /// That there is no such service (`EAI_SERVICE`); for backends with a resolver of their own.
    pub fn no_service(message: impl Into<String>) -> Self {
        Self::new(code::SERVICE, message)
    }

    /// The resolver's number for the error: one of the `EAI_` constants of the platform.
    pub fn code(&self) -> i32 {
        self.code
    }

    /// As an I/O error of a kind.
    pub fn into_io_error(self, kind: io::ErrorKind) -> io::Error {
        io::Error::new(kind, self)
    }
}

impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for LookupError {}

/// The numbers of the errors, which differ.
#[cfg(unix)]
mod code {
    pub(super) use libc::{EAI_NONAME as NONAME, EAI_SERVICE as SERVICE};
}

/// The numbers of the errors, which differ.
#[cfg(not(unix))]
mod code {
    pub(super) const NONAME: i32 = 11001;
    pub(super) const SERVICE: i32 = 10109;
}
