//! Unix sockets: bound, listening, connected.

use std::{
    fs, io,
    os::{
        fd::AsFd,
        unix::{
            fs::PermissionsExt,
            net::{UnixDatagram, UnixListener},
        },
    },
    path::Path,
};

use rustix::net::SocketAddrUnix;
use socket2::{Domain, Socket, Type};

use super::unix_file::{UnixFile, remove_stale};
use crate::net::{UnixAddress, UnixBindOptions};

/// A socket that was bound, and its file if it has one.
#[derive(Debug)]
pub struct BoundUnix<S> {
    /// The socket.
    pub socket: S,
    /// The file, to be dropped when the socket is closed.
    ///
    /// Until [`into_parts`](Self::into_parts) it is removed when it is dropped: nobody has got the socket.
    file: Option<UnixFile>,
    unlink: bool,
}

impl<S> BoundUnix<S> {
    /// The socket, and the file to drop after it when it is closed, if that is to remove it.
    pub fn into_parts(mut self) -> (S, Option<UnixFile>) {
        let file = self.file.take().and_then(|mut file| {
            if self.unlink {
                return Some(file);
            }
            file.keep();
            None
        });
        (self.socket, file)
    }
}

/// A listening socket: what [`AsyncBackend::listen_unix`](crate::AsyncBackend::listen_unix) is made of.
///
/// It touches the file system: call it where blocking is allowed. If what it yields is dropped, so is the file.
///
/// # Errors
///
/// Those of the operating system, with the address in the message.
pub fn listen_unix(address: &UnixAddress, options: &UnixBindOptions) -> io::Result<BoundUnix<UnixListener>> {
    let bound = bind(address, options, Type::STREAM)?;
    bound
        .socket
        .listen(options.backlog().try_into().unwrap_or(i32::MAX))?;
    Ok(bound.map(UnixListener::from))
}

/// A datagram socket that anybody may send to: what
/// [`AsyncBackend::bind_unix_datagram`](crate::AsyncBackend::bind_unix_datagram) is made of.
///
/// It touches the file system: call it where blocking is allowed. If what it yields is dropped, so is the file.
///
/// # Errors
///
/// Those of the operating system, with the address in the message.
pub fn bind_unix_datagram(
    address: &UnixAddress,
    options: &UnixBindOptions,
) -> io::Result<BoundUnix<UnixDatagram>> {
    Ok(bind(address, options, Type::DGRAM)?.map(UnixDatagram::from))
}

/// A stream socket to be connected, bound to `local` if that is given.
///
/// With a path for `local` it touches the file system: call it where blocking is allowed.
/// If what it yields is dropped, so is the file; [`into_parts`](BoundUnix::into_parts) leaves it alone.
///
/// # Errors
///
/// Those of the operating system, with the local address in the message.
pub fn unix_stream_socket(local: Option<&UnixAddress>) -> io::Result<BoundUnix<Socket>> {
    socket(local, Type::STREAM)
}

/// Begins to connect a socket that [`unix_stream_socket`] has made.
///
/// # Errors
///
/// Those of the operating system: [`WouldBlock`](io::ErrorKind::WouldBlock) if the listener has no room for another connection
/// at the moment, which nobody tells the end of. It is to be tried again then, with the same socket.
pub fn connect_unix(socket: &Socket, address: &UnixAddress) -> io::Result<()> {
    Ok(rustix::net::connect(socket, &name(address)?)?)
}

/// A datagram socket that is connected to `address`, bound to `local` if that is given.
///
/// With a path for `local` it touches the file system: call it where blocking is allowed.
/// If what it yields is dropped, so is the file; [`into_parts`](BoundUnix::into_parts) leaves it alone.
///
/// # Errors
///
/// Those of the operating system; if the local address cannot be bound, with that in the message.
pub fn connect_unix_datagram(
    address: &UnixAddress,
    local: Option<&UnixAddress>,
) -> io::Result<BoundUnix<UnixDatagram>> {
    let bound = socket(local, Type::DGRAM)?;
    connect_unix(&bound.socket, address)?;
    Ok(bound.map(UnixDatagram::from))
}

fn socket(local: Option<&UnixAddress>, kind: Type) -> io::Result<BoundUnix<Socket>> {
    match local {
        Some(local) => bind(local, &UnixBindOptions::new(), kind),
        None => {
            let socket = Socket::new(Domain::UNIX, kind, None)?;
            socket.set_nonblocking(true)?;
            Ok(BoundUnix {
                socket,
                file: None,
                unlink: false,
            })
        }
    }
}

fn bind(address: &UnixAddress, options: &UnixBindOptions, kind: Type) -> io::Result<BoundUnix<Socket>> {
    if let (Some(path), true) = (address.as_path(), options.replaces_stale()) {
        remove_stale(path, kind).map_err(|error| about(address, error))?;
    }
    let socket = Socket::new(Domain::UNIX, kind, None)?;
    socket.set_nonblocking(true)?;
    let Some(path) = address.as_path() else {
        if options.mode().is_some() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("permissions are those of a file, and there is none for the socket {address}"),
            ));
        }
        bind_to(&socket, address)?;
        return Ok(BoundUnix {
            socket,
            file: None,
            unlink: false,
        });
    };
    if let Some(mode) = options.mode() {
        narrow(&socket, mode)?;
    }
    bind_to(&socket, address)?;
    let file = UnixFile::made(path).map_err(|error| about(address, error))?;
    if let Some(mode) = options.mode() {
        widen(path, mode).map_err(|error| about(address, error))?;
    }
    Ok(BoundUnix {
        socket,
        file: Some(file),
        unlink: options.unlinks_on_close(),
    })
}

/// Lets the file be made with no more permissions than these.
///
/// On Linux the file of a socket gets the permissions of the socket, less the umask: there is no moment at which it has more.
/// Elsewhere they mean nothing, and nobody can connect before the socket listens.
fn narrow(socket: &Socket, mode: u32) -> io::Result<()> {
    let changed = rustix::fs::fchmod(socket.as_fd(), rustix::fs::Mode::from_raw_mode(mode as _));
    if cfg!(target_os = "linux") {
        changed?;
    }
    Ok(())
}

/// Gives the file just these permissions, those too that the umask has taken away.
fn widen(path: &Path, mode: u32) -> io::Result<()> {
    let found = fs::symlink_metadata(path)?.permissions().mode() & 0o7777;
    if found != mode & 0o7777 {
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}

fn bind_to(socket: &Socket, address: &UnixAddress) -> io::Result<()> {
    name(address)
        .and_then(|name| Ok(rustix::net::bind(socket, &name)?))
        .map_err(|error| about(address, error))
}

/// The address, as the operating system takes it.
pub(super) fn name(address: &UnixAddress) -> io::Result<SocketAddrUnix> {
    if let Some(path) = address.as_path() {
        return Ok(SocketAddrUnix::new(path)?);
    }
    #[cfg(any(target_os = "linux", target_os = "android"))]
    return match address.as_abstract_name() {
        Some(name) => Ok(SocketAddrUnix::new_abstract_name(name)?),
        None => Ok(SocketAddrUnix::new_unnamed()),
    };
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "this operating system has no abstract names for sockets",
    ))
}

/// The same error, with the address in the message.
fn about(address: &UnixAddress, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{address}: {error}"))
}

impl<S> BoundUnix<S> {
    fn map<T>(self, into: impl FnOnce(S) -> T) -> BoundUnix<T> {
        BoundUnix {
            socket: into(self.socket),
            file: self.file,
            unlink: self.unlink,
        }
    }
}
