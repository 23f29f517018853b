//! Names and addresses: `getaddrinfo` and `getnameinfo`.

mod error;
mod name;
mod query;

pub use self::{
    error::LookupError,
    name::{GetNameInfo, NameInfoFlags},
    query::{AddrInfo, AddrInfoQuery, AddressFamily, GetAddrInfo, Service, SocketKind},
};
