//! The errors of the system that is simulated, with their numbers: programs ask for these too.

use std::io::{self, ErrorKind};

/// What the system says in a case of this kind.
pub(super) fn os_error(kind: ErrorKind) -> io::Error {
    #[cfg(unix)]
    if let Some(number) = number(kind) {
        return number.into();
    }
    kind.into()
}

#[cfg(unix)]
fn number(kind: ErrorKind) -> Option<rustix::io::Errno> {
    use rustix::io::Errno;
    Some(match kind {
        ErrorKind::AddrInUse => Errno::ADDRINUSE,
        ErrorKind::AddrNotAvailable => Errno::ADDRNOTAVAIL,
        ErrorKind::BrokenPipe => Errno::PIPE,
        ErrorKind::ConnectionRefused => Errno::CONNREFUSED,
        ErrorKind::ConnectionReset => Errno::CONNRESET,
        ErrorKind::InvalidFilename => Errno::NAMETOOLONG,
        ErrorKind::InvalidInput => Errno::INVAL,
        ErrorKind::NetworkUnreachable => Errno::NETUNREACH,
        ErrorKind::NotConnected => Errno::NOTCONN,
        ErrorKind::NotFound => Errno::NOENT,
        ErrorKind::PermissionDenied => Errno::ACCESS,
        ErrorKind::TimedOut => Errno::TIMEDOUT,
        _ => return None,
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn an_error_with_a_number_is_of_the_kind_it_was_made_from() {
        use ErrorKind::*;
        for kind in [
            AddrInUse,
            AddrNotAvailable,
            BrokenPipe,
            ConnectionRefused,
            ConnectionReset,
            InvalidFilename,
            InvalidInput,
            NetworkUnreachable,
            NotConnected,
            NotFound,
            PermissionDenied,
            TimedOut,
        ] {
            let error = os_error(kind);
            assert_eq!(error.kind(), kind);
            assert!(error.raw_os_error().is_some(), "{kind}");
        }
    }
}
