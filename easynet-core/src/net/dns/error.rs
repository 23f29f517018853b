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
