//! How a Unix socket is bound.

/// How a Unix socket is bound; what the required methods of [`AsyncBackend`](crate::AsyncBackend) are told.
#[derive(Debug, Clone, Default)]
pub struct UnixBindOptions {
    pub(super) backlog: Option<u32>,
    pub(super) mode: Option<u32>,
    pub(super) replace_stale: bool,
    pub(super) unlink_on_close: bool,
}

impl UnixBindOptions {
    /// The options of a socket that was asked for none.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many connections may wait to be accepted: one at least.
    pub fn backlog(&self) -> u32 {
        self.backlog.unwrap_or(1024)
    }

    /// The permissions of the file, if they are given.
    pub fn mode(&self) -> Option<u32> {
        self.mode
    }

    /// Whether a socket that is left at the path, and that nobody listens on, is removed first.
    pub fn replaces_stale(&self) -> bool {
        self.replace_stale
    }

    /// Whether the file is removed when the socket is closed, if it is still the same file.
    pub fn unlinks_on_close(&self) -> bool {
        self.unlink_on_close
    }
}
