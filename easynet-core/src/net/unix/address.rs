//! What names a Unix socket.

use std::{
    ffi::{OsStr, OsString},
    fmt, io,
    os::unix::{ffi::OsStrExt, net::SocketAddr},
    path::{Path, PathBuf},
};

/// What names a Unix socket: a path, an abstract name, or nothing.
///
/// Whatever reads well where an address is expected becomes one: a path as text, [`Path`] or [`PathBuf`]. Text that begins with a
/// NUL byte is an abstract name, which is no file (Linux only); empty text is unnamed. Where a socket is to be bound to an
/// unnamed address, the kernel chooses an abstract name for it.
///
/// # Examples
///
/// ```
/// use easynet::net::UnixAddress;
///
/// assert_eq!(UnixAddress::from("/run/service").as_path(), Some("/run/service".as_ref()));
/// assert_eq!(UnixAddress::from("\0service").as_abstract_name(), Some(&b"service"[..]));
/// assert!(UnixAddress::from("").is_unnamed());
/// assert_eq!(UnixAddress::from("\0service").to_string(), "@service");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct UnixAddress(Name);

#[derive(Clone, PartialEq, Eq, Hash, Default)]
enum Name {
    #[default]
    Unnamed,
    Path(PathBuf),
    Abstract(Vec<u8>),
}

impl UnixAddress {
    /// No name.
    pub const fn unnamed() -> Self {
        Self(Name::Unnamed)
    }

    /// An abstract name, which may hold any bytes. There is no file for it; it is gone with its socket. Linux only.
    pub fn abstract_name(name: impl Into<Vec<u8>>) -> Self {
        Self(Name::Abstract(name.into()))
    }

    /// Whether it is no name.
    pub fn is_unnamed(&self) -> bool {
        matches!(self.0, Name::Unnamed)
    }

    /// The path, if it is one.
    pub fn as_path(&self) -> Option<&Path> {
        match &self.0 {
            Name::Path(path) => Some(path),
            _ => None,
        }
    }

    /// The abstract name, if it is one, without the NUL byte in front.
    pub fn as_abstract_name(&self) -> Option<&[u8]> {
        match &self.0 {
            Name::Abstract(name) => Some(name),
            _ => None,
        }
    }

    /// Fails if no socket can have this name.
    ///
    /// # Errors
    ///
    /// Of kind [`InvalidInput`](io::ErrorKind::InvalidInput), for a path with a NUL byte in it.
    pub fn check(&self) -> io::Result<()> {
        match self.as_path() {
            Some(path) if path.as_os_str().as_bytes().contains(&0) => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("the path of a socket cannot have a NUL byte in it: {self}"),
            )),
            _ => Ok(()),
        }
    }
}

impl From<&SocketAddr> for UnixAddress {
    fn from(address: &SocketAddr) -> Self {
        if let Some(path) = address.as_pathname() {
            return Self(Name::Path(path.to_owned()));
        }
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if let Some(name) = {
            #[cfg(target_os = "android")]
            use std::os::android::net::SocketAddrExt as _;
            #[cfg(target_os = "linux")]
            use std::os::linux::net::SocketAddrExt as _;
            address.as_abstract_name()
        } {
            return Self::abstract_name(name);
        }
        Self::unnamed()
    }
}

impl From<&OsStr> for UnixAddress {
    fn from(text: &OsStr) -> Self {
        match text.as_bytes() {
            [] => Self::unnamed(),
            [0, name @ ..] => Self::abstract_name(name),
            _ => Self(Name::Path(text.into())),
        }
    }
}

impl From<&str> for UnixAddress {
    fn from(text: &str) -> Self {
        OsStr::new(text).into()
    }
}

impl From<&[u8]> for UnixAddress {
    fn from(bytes: &[u8]) -> Self {
        OsStr::from_bytes(bytes).into()
    }
}

impl From<String> for UnixAddress {
    fn from(text: String) -> Self {
        OsString::from(text).as_os_str().into()
    }
}

impl From<&String> for UnixAddress {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<&Path> for UnixAddress {
    fn from(path: &Path) -> Self {
        path.as_os_str().into()
    }
}

impl From<PathBuf> for UnixAddress {
    fn from(path: PathBuf) -> Self {
        path.as_path().into()
    }
}

impl From<&PathBuf> for UnixAddress {
    fn from(path: &PathBuf) -> Self {
        path.as_path().into()
    }
}

impl From<&UnixAddress> for UnixAddress {
    fn from(address: &UnixAddress) -> Self {
        address.clone()
    }
}

/// A path as it is, an abstract name behind an `@`, as tools show it.
impl fmt::Display for UnixAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Name::Unnamed => f.write_str("(unnamed)"),
            Name::Path(path) => path.as_os_str().as_bytes().escape_ascii().fmt(f),
            Name::Abstract(name) => write!(f, "@{}", name.escape_ascii()),
        }
    }
}

impl fmt::Debug for UnixAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnixAddress({self})")
    }
}
