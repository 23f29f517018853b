//! Closing, and what a closed transport answers.

use std::{
    error::Error,
    fmt,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use super::AsyncStreamTransport;
use crate::{net::checkpoint, observe::operation};

/// Future of [`AsyncStreamTransport::aclose`].
#[must_use = "nothing is closed unless it is awaited; `abort` closes at once"]
pub struct Aclose<'a, T: AsyncStreamTransport> {
    transport: &'a mut T,
    begun: bool,
}

impl<'a, T: AsyncStreamTransport> Aclose<'a, T> {
    pub(super) fn new(transport: &'a mut T) -> Self {
        Self {
            transport,
            begun: false,
        }
    }
}

impl<T: AsyncStreamTransport> Future for Aclose<'_, T> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.begun = true;
        checkpoint(cx, |cx| operation("aclose", this.transport.poll_close(cx)))
    }
}

/// Closes at once what has not been closed: when it is cancelled, this is all that it does.
impl<T: AsyncStreamTransport> Drop for Aclose<'_, T> {
    fn drop(&mut self) {
        if self.begun {
            self.transport.abort();
        }
    }
}

impl<T: AsyncStreamTransport> fmt::Debug for Aclose<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aclose")
            .field("begun", &self.begun)
            .finish_non_exhaustive()
    }
}

/// A transport or a listener was used after it had been closed here: "closed".
///
/// Comes as an [`io::Error`] of kind [`NotConnected`](io::ErrorKind::NotConnected); [`Closed::is`] tells it from
/// what the operating system calls so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed {
    _private: (),
}

impl Closed {
    /// The error; for backends.
    #[expect(clippy::new_without_default, reason = "an error has no default")]
    pub const fn new() -> Self {
        Self { _private: () }
    }

    /// Whether an operation failed because of our own close.
    pub fn is(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|inner| inner.is::<Self>())
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("closed")
    }
}

impl Error for Closed {}

impl From<Closed> for io::Error {
    fn from(error: Closed) -> Self {
        io::Error::new(io::ErrorKind::NotConnected, error)
    }
}
