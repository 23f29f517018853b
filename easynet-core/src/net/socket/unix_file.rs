//! The file of a Unix socket, and who may remove it.

use std::{
    fs, io,
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::{Path, PathBuf},
};

use socket2::{Domain, SockAddr, Socket, Type};

/// The file that binding a socket has made. Dropping it removes the file, if it is still the same one, and if that was asked for.
///
/// The same file is one on the same device with the same inode. Whether the path leads to another in the moment between that
/// look and the removal, nobody can tell on a POSIX system.
#[derive(Debug)]
pub struct UnixFile {
    path: PathBuf,
    identity: Identity,
    removes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    fn of(path: &Path) -> io::Result<Self> {
        fs::symlink_metadata(path).map(|metadata| Self {
            device: metadata.dev(),
            inode: metadata.ino(),
        })
    }
}

impl UnixFile {
    /// The file at `path`, which was made just now, to be removed unless it is [kept](Self::keep).
    pub(super) fn made(path: &Path) -> io::Result<Self> {
        Ok(Self {
            // Where the process is may change before the file is removed.
            path: std::path::absolute(path)?,
            identity: Identity::of(path)?,
            removes: true,
        })
    }

    /// Leaves the file alone from now on.
    pub fn keep(&mut self) {
        self.removes = false;
    }
}

impl Drop for UnixFile {
    fn drop(&mut self) {
        if !self.removes || Identity::of(&self.path).ok() != Some(self.identity) {
            return;
        }
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(target: "easynet", %error, path = %self.path.display(), "the file of a socket could not be removed");
            }
            _ => {}
        }
    }
}

/// Removes a socket at `path` that nobody listens on. Anything else is left alone.
///
/// # Errors
///
/// Those of the operating system, but for there being nothing.
pub(super) fn remove_stale(path: &Path, kind: Type) -> io::Result<()> {
    let before = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.file_type().is_socket() => Identity::of(path)?,
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let probe = Socket::new(Domain::UNIX, kind, None)?;
    probe.set_nonblocking(true)?;
    let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    if !probe.connect(&SockAddr::unix(path)?).is_err_and(refused) {
        return Ok(());
    }
    if Identity::of(path)? == before {
        fs::remove_file(path)?;
    }
    Ok(())
}
