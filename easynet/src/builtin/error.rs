//! Why there is no backend.

use std::{error::Error, fmt};

/// There is no built-in backend of this name, or its feature is not enabled.
#[derive(Clone, PartialEq, Eq)]
pub struct UnknownBackendError {
    name: String,
    known: &'static [&'static str],
}

impl UnknownBackendError {
    pub(super) fn new(name: &str, known: &'static [&'static str]) -> Self {
        Self {
            name: name.to_owned(),
            known,
        }
    }

    /// The name that was asked for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether easynet has such a backend, whose feature is not enabled.
    pub fn is_disabled(&self) -> bool {
        self.known.contains(&self.name.as_str())
    }
}

impl fmt::Display for UnknownBackendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_disabled() {
            return write!(
                f,
                "the backend `{0}` is not enabled: add the feature `{0}` of the crate `easynet`",
                self.name
            );
        }
        write!(
            f,
            "there is no backend `{}`; the built-in ones are: {}",
            self.name,
            self.known.join(", ")
        )
    }
}

impl fmt::Debug for UnknownBackendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnknownBackendError({self})")
    }
}

impl Error for UnknownBackendError {}

/// No backend runs the calling code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoBackendError {
    _private: (),
}

impl NoBackendError {
    pub(super) const fn new() -> Self {
        Self { _private: () }
    }
}

impl fmt::Display for NoBackendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "no easynet backend is running here: call this in async code under `#[easynet::main]`, \
             `AsyncBackend::bootstrap`, or a tokio runtime",
        )
    }
}

impl Error for NoBackendError {}
