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

/// No built-in backend runs the calling code: none at all, or one of somebody else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoBackendError {
    /// The name of the one that runs all the same.
    foreign: Option<&'static str>,
}

impl NoBackendError {
    /// The error for the calling code.
    pub(super) fn here() -> Self {
        Self {
            // Without a name where there is no runtime.
            foreign: easynet_core::task::current_backend_name().filter(|name| !name.is_empty()),
        }
    }

    /// The name of the backend that runs the calling code, if one does that is not built in.
    ///
    /// Its methods are those of [`AsyncBackend`](crate::AsyncBackend); functions and macros that find their backend by themselves know
    /// the built-in ones only.
    pub fn foreign_backend(&self) -> Option<&'static str> {
        self.foreign
    }
}

impl fmt::Display for NoBackendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.foreign {
            Some(name) => write!(
                f,
                "the backend `{name}` runs here, and is none of those that are built in and enabled: instead of functions and \
                 macros that find the backend by themselves, use the methods of `AsyncBackend` on a value of it"
            ),
            None => f.write_str(
                "no easynet backend is running here: call this in async code under `#[easynet::main]`, \
                 `AsyncBackend::bootstrap`, or a tokio runtime",
            ),
        }
    }
}

impl Error for NoBackendError {}
