//! Why something was tried on several addresses in vain.

use std::{error::Error, fmt, io, net::SocketAddr};

/// What went wrong before or with the addresses.
#[derive(Debug)]
pub(super) enum Failure {
    /// The name was not resolved.
    Lookup(io::Error),
    /// Every address that was tried failed.
    Attempts(Attempts),
}

/// Addresses with what each answered, in the order in which they failed.
#[derive(Debug)]
pub(super) struct Attempts(Vec<(SocketAddr, io::Error)>);

impl Failure {
    pub(super) fn attempts(attempts: Vec<(SocketAddr, io::Error)>) -> Self {
        Self::Attempts(Attempts(attempts))
    }

    pub(super) fn kind(&self) -> io::ErrorKind {
        match self {
            Self::Lookup(error) => error.kind(),
            Self::Attempts(Attempts(attempts)) => attempts
                .first()
                .map_or(io::ErrorKind::Other, |(_, error)| error.kind()),
        }
    }

    pub(super) fn list(&self) -> &[(SocketAddr, io::Error)] {
        match self {
            Self::Lookup(_) => &[],
            Self::Attempts(Attempts(attempts)) => attempts,
        }
    }

    /// The cause to show: a single one itself, several as one.
    pub(super) fn cause(&self) -> &(dyn Error + 'static) {
        match self {
            Self::Lookup(error) => error,
            Self::Attempts(Attempts(attempts)) if attempts.len() == 1 => &attempts[0].1,
            Self::Attempts(attempts) => attempts,
        }
    }
}

impl fmt::Display for Attempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (address, error)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{address}: {error}")?;
        }
        Ok(())
    }
}

impl Error for Attempts {}
