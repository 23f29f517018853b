//! The resolver of the operating system. It blocks.

use std::{io, net::SocketAddr};

use dns_lookup::{AddrFamily, AddrInfoHints, LookupErrorKind, SockType};

use crate::net::{AddrInfo, AddrInfoQuery, AddressFamily, LookupError, NameInfoFlags, SocketKind};

/// What `getaddrinfo` answers. It blocks: call it where that is allowed.
///
/// # Errors
///
/// Those of the resolver: a [`LookupError`] inside of an I/O error.
pub fn lookup_addresses(query: &AddrInfoQuery) -> io::Result<Vec<AddrInfo>> {
    if query.host().is_none() && query.service().is_none() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "neither a host nor a service to look up",
        ));
    }
    let hints = AddrInfoHints {
        flags: [
            (query.is_passive(), flags::PASSIVE),
            (query.wants_canonical_name(), flags::CANONNAME),
            (query.is_numeric_host(), flags::NUMERICHOST),
            (query.is_numeric_service(), flags::NUMERICSERV),
            (query.is_configured_only(), flags::ADDRCONFIG),
        ]
        .into_iter()
        .fold(0, |all, (is_set, flag)| if is_set { all | flag } else { all }),
        address: match query.family() {
            AddressFamily::Unspecified => 0,
            AddressFamily::Ipv4 => AddrFamily::Inet.into(),
            AddressFamily::Ipv6 => AddrFamily::Inet6.into(),
        },
        socktype: query.kind().map_or(0, number),
        protocol: 0,
    };
    let answers = dns_lookup::getaddrinfo(query.host(), query.service(), Some(hints)).map_err(told)?;
    // Addresses of other families than those that were asked for are none of ours.
    let answers = answers.filter_map(Result::ok).map(|answer| {
        let kind = [SocketKind::Stream, SocketKind::Datagram]
            .into_iter()
            .find(|kind| number(*kind) == answer.socktype);
        let info = AddrInfo::new(kind, answer.protocol, answer.sockaddr);
        match answer.canonname {
            Some(name) => info.with_canonical_name(name),
            None => info,
        }
    });
    Ok(answers.collect())
}

/// What `getnameinfo` answers: the names of the host and of the service. It blocks: call it where that is allowed.
///
/// # Errors
///
/// As [`lookup_addresses`].
pub fn lookup_names(address: SocketAddr, flags: NameInfoFlags) -> io::Result<(String, String)> {
    let flags = [
        (flags.is_numeric_host(), flags::NI_NUMERICHOST),
        (flags.is_numeric_service(), flags::NI_NUMERICSERV),
        (flags.is_name_required(), flags::NI_NAMEREQD),
        (flags.is_datagram(), flags::NI_DGRAM),
    ]
    .into_iter()
    .fold(0, |all, (is_set, flag)| if is_set { all | flag } else { all });
    dns_lookup::getnameinfo(&address, flags).map_err(told)
}

fn number(kind: SocketKind) -> i32 {
    match kind {
        SocketKind::Stream => SockType::Stream.into(),
        SocketKind::Datagram => SockType::DGram.into(),
    }
}

/// The error as its kind, with what the resolver says.
fn told(error: dns_lookup::LookupError) -> io::Error {
    let (kind, code) = (error.kind(), error.error_num());
    let error = io::Error::from(error);
    let kind = match kind {
        LookupErrorKind::NoName | LookupErrorKind::NoData | LookupErrorKind::Service => {
            io::ErrorKind::NotFound
        }
        LookupErrorKind::Again => io::ErrorKind::TimedOut,
        LookupErrorKind::Badflags | LookupErrorKind::Family | LookupErrorKind::Socktype => {
            io::ErrorKind::InvalidInput
        }
        LookupErrorKind::Memory => io::ErrorKind::OutOfMemory,
        // An error of the operating system keeps its number.
        LookupErrorKind::System | LookupErrorKind::IO => return error,
        _ => io::ErrorKind::Other,
    };
    LookupError::new(code, error.to_string()).into_io_error(kind)
}

/// The flags, whose numbers differ.
#[cfg(unix)]
mod flags {
    pub(super) use libc::{
        AI_ADDRCONFIG as ADDRCONFIG, AI_CANONNAME as CANONNAME, AI_NUMERICHOST as NUMERICHOST,
        AI_NUMERICSERV as NUMERICSERV, AI_PASSIVE as PASSIVE, NI_DGRAM, NI_NAMEREQD, NI_NUMERICHOST,
        NI_NUMERICSERV,
    };
}

/// The flags, whose numbers differ.
#[cfg(not(unix))]
mod flags {
    pub(super) const PASSIVE: i32 = 0x1;
    pub(super) const CANONNAME: i32 = 0x2;
    pub(super) const NUMERICHOST: i32 = 0x4;
    pub(super) const NUMERICSERV: i32 = 0x8;
    pub(super) const ADDRCONFIG: i32 = 0x400;
    pub(super) const NI_NUMERICHOST: i32 = 0x2;
    pub(super) const NI_NAMEREQD: i32 = 0x4;
    pub(super) const NI_NUMERICSERV: i32 = 0x8;
    pub(super) const NI_DGRAM: i32 = 0x10;
}
