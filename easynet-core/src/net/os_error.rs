//! What errors of the operating system mean for a listener.

use std::io::{self, ErrorKind};

/// Whether accepting failed because of the one connection that was to be accepted, or of the network it came
/// from: the next one may succeed.
pub(super) fn is_of_one_connection(error: &io::Error) -> bool {
    use ErrorKind::*;
    matches!(
        error.kind(),
        ConnectionAborted
            | ConnectionReset
            | HostUnreachable
            | NetworkDown
            | NetworkUnreachable
            | PermissionDenied
            | TimedOut
    ) || is_one_of(error, numbers::OF_ONE_CONNECTION)
}

/// Whether receiving failed because of one datagram, sent or received: the next one may succeed.
pub(super) fn is_of_one_datagram(error: &io::Error) -> bool {
    error.kind() == ErrorKind::ConnectionRefused || is_of_one_connection(error)
}

/// Whether accepting failed for lack of files or memory: it may succeed once others have been closed.
pub(super) fn is_capacity(error: &io::Error) -> bool {
    error.kind() == ErrorKind::OutOfMemory || is_one_of(error, numbers::CAPACITY)
}

/// Whether the machine does not know addresses of that kind.
pub(super) fn is_unsupported_family(error: &io::Error) -> bool {
    is_one_of(error, numbers::UNSUPPORTED_FAMILY)
}

fn is_one_of(error: &io::Error, numbers: &[i32]) -> bool {
    error
        .raw_os_error()
        .is_some_and(|number| numbers.contains(&number))
}

/// The numbers of errors for which std has no kind.
#[cfg(unix)]
mod numbers {
    pub(super) const OF_ONE_CONNECTION: &[i32] = &[
        libc::EPROTO,
        libc::ENOPROTOOPT,
        libc::EPROTONOSUPPORT,
        libc::ESOCKTNOSUPPORT,
        libc::EOPNOTSUPP,
        libc::EHOSTDOWN,
        #[cfg(any(target_os = "linux", target_os = "android"))]
        libc::ENONET,
        #[cfg(any(target_os = "linux", target_os = "android"))]
        libc::ENOSR,
    ];
    pub(super) const CAPACITY: &[i32] = &[libc::ENFILE, libc::EMFILE, libc::ENOBUFS];
    pub(super) const UNSUPPORTED_FAMILY: &[i32] = &[libc::EPROTONOSUPPORT, libc::EAFNOSUPPORT];
}

/// The numbers of errors for which std has no kind.
#[cfg(windows)]
mod numbers {
    /// WSAEOPNOTSUPP, WSAEHOSTDOWN.
    pub(super) const OF_ONE_CONNECTION: &[i32] = &[10045, 10064];
    /// WSAEMFILE, WSAENOBUFS.
    pub(super) const CAPACITY: &[i32] = &[10024, 10055];
    /// WSAEPROTONOSUPPORT, WSAEAFNOSUPPORT.
    pub(super) const UNSUPPORTED_FAMILY: &[i32] = &[10043, 10047];
}

/// Elsewhere, what std knows is all there is.
#[cfg(not(any(unix, windows)))]
mod numbers {
    pub(super) const OF_ONE_CONNECTION: &[i32] = &[];
    pub(super) const CAPACITY: &[i32] = &[];
    pub(super) const UNSUPPORTED_FAMILY: &[i32] = &[];
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn every_error_of_the_contract_is_in_its_class() {
        // EPERM ECONNABORTED EPROTO ENETDOWN ENOPROTOOPT EHOSTDOWN ENONET EHOSTUNREACH EOPNOTSUPP ENETUNREACH
        // ENOSR ESOCKTNOSUPPORT EPROTONOSUPPORT ETIMEDOUT ECONNRESET
        for number in [1, 103, 71, 100, 92, 112, 64, 113, 95, 101, 63, 94, 93, 110, 104] {
            let error = io::Error::from_raw_os_error(number);
            assert!(is_of_one_connection(&error) && !is_capacity(&error), "{error}");
        }
        // EMFILE ENFILE ENOMEM ENOBUFS
        for number in [24, 23, 12, 105] {
            let error = io::Error::from_raw_os_error(number);
            assert!(is_capacity(&error) && !is_of_one_connection(&error), "{error}");
        }
        // EBADF EINVAL
        for number in [9, 22] {
            let error = io::Error::from_raw_os_error(number);
            assert!(!is_capacity(&error) && !is_of_one_connection(&error), "{error}");
        }
    }
}
