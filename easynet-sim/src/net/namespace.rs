//! The Unix sockets of a host, by their names.
//!
//! A path is a name here, and no file: nothing is on the disk.

use std::{
    collections::HashMap,
    io::{self, ErrorKind},
};

use easynet_core::net::{UnixAddress, UnixBindOptions};

use super::os_error::os_error;

/// How long a name may be, as Linux has it: a path ends with a NUL byte, and an abstract name begins with one.
const LONGEST: usize = 107;

/// Which socket has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// One that listens.
    Listener(usize),
    /// One that receives datagrams.
    Mailbox(usize),
    /// One that is connected, and takes no connections.
    Client,
}

/// Names, and who has them. A path stays taken when its socket is closed, as a file stays.
#[derive(Default)]
pub(super) struct Namespace {
    names: HashMap<UnixAddress, Entry>,
    /// How often a name was taken.
    count: u64,
}

struct Entry {
    number: u64,
    owner: Option<Owner>,
}

/// A name that was taken.
#[derive(Debug)]
pub(super) struct Lease {
    pub(super) name: UnixAddress,
    number: u64,
    unlink: bool,
}

impl Namespace {
    /// Takes a name; for an unnamed address one that is free.
    pub(super) fn take(&mut self, address: &UnixAddress, options: &UnixBindOptions) -> io::Result<Lease> {
        if options.mode().is_some() && address.as_path().is_none() {
            return Err(io::Error::new(
                ErrorKind::InvalidInput,
                format!("permissions are those of a file, and there is none for the socket {address}"),
            ));
        }
        check_length(address).map_err(|error| about(address, error))?;
        let is_stale = |entry: &Entry| options.replaces_stale() && entry.owner.is_none();
        let name = match address.is_unnamed() {
            true => self.free(),
            false => address.clone(),
        };
        if self.names.get(&name).is_some_and(|entry| !is_stale(entry)) {
            return Err(about(address, os_error(ErrorKind::AddrInUse)));
        }
        self.count += 1;
        let number = self.count;
        self.names.insert(name.clone(), Entry { number, owner: None });
        Ok(Lease {
            name,
            number,
            unlink: options.unlinks_on_close(),
        })
    }

    /// Says whose the name is.
    pub(super) fn assign(&mut self, lease: &Lease, owner: Owner) {
        if let Some(entry) = self.entry(lease) {
            entry.owner = Some(owner);
        }
    }

    /// The socket is closed: a path stays, unless it was to be removed.
    pub(super) fn give_back(&mut self, lease: &Lease) {
        let stays = lease.name.as_path().is_some() && !lease.unlink;
        match self.entry(lease) {
            Some(entry) if stays => entry.owner = None,
            _ => self.forget(lease),
        }
    }

    /// Nothing came of it: the name is free again.
    pub(super) fn forget(&mut self, lease: &Lease) {
        if self.entry(lease).is_some() {
            self.names.remove(&lease.name);
        }
    }

    /// Who is reached by a name.
    pub(super) fn find(&self, address: &UnixAddress) -> io::Result<Owner> {
        check_length(address)?;
        if address.is_unnamed() {
            return Err(os_error(ErrorKind::InvalidInput));
        }
        let refused = || os_error(ErrorKind::ConnectionRefused);
        match self.names.get(address) {
            Some(entry) => entry.owner.ok_or_else(refused),
            None if address.as_path().is_some() => Err(os_error(ErrorKind::NotFound)),
            None => Err(refused()),
        }
    }

    /// The entry, if it is still the same one.
    fn entry(&mut self, lease: &Lease) -> Option<&mut Entry> {
        let entry = self.names.get_mut(&lease.name)?;
        (entry.number == lease.number).then_some(entry)
    }

    /// An abstract name as Linux makes them: five digits.
    fn free(&self) -> UnixAddress {
        let mut number = self.count;
        loop {
            let name = UnixAddress::abstract_name(format!("{number:05x}"));
            if !self.names.contains_key(&name) {
                return name;
            }
            number += 1;
        }
    }
}

fn check_length(address: &UnixAddress) -> io::Result<()> {
    let path = address.as_path().map(|path| path.as_os_str().len());
    let length = path.or(address.as_abstract_name().map(<[u8]>::len));
    match length.is_some_and(|length| length > LONGEST) {
        true => Err(os_error(ErrorKind::InvalidFilename)),
        false => Ok(()),
    }
}

/// The same error, with the address in the message.
fn about(address: &UnixAddress, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{address}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(namespace: &mut Namespace, name: &str) -> Result<Lease, ErrorKind> {
        namespace
            .take(&name.into(), &UnixBindOptions::new())
            .map_err(|error| error.kind())
    }

    fn find(namespace: &Namespace, name: &str) -> Result<Owner, ErrorKind> {
        namespace.find(&name.into()).map_err(|error| error.kind())
    }

    #[test]
    fn a_path_stays_and_an_abstract_name_goes() {
        let mut namespace = Namespace::default();
        for (name, then) in [("/a", ErrorKind::AddrInUse), ("\0a", ErrorKind::NotFound)] {
            let lease = take(&mut namespace, name).unwrap();
            namespace.assign(&lease, Owner::Listener(3));
            assert_eq!(find(&namespace, name), Ok(Owner::Listener(3)));
            assert_eq!(take(&mut namespace, name).unwrap_err(), ErrorKind::AddrInUse);
            namespace.give_back(&lease);
            assert_eq!(find(&namespace, name), Err(ErrorKind::ConnectionRefused));
            let again = take(&mut namespace, name).err().unwrap_or(ErrorKind::NotFound);
            assert_eq!(again, then, "{name:?}");
        }
    }

    #[test]
    fn what_came_to_nothing_leaves_no_name() {
        let mut namespace = Namespace::default();
        let lease = take(&mut namespace, "/a").unwrap();
        namespace.forget(&lease);
        assert_eq!(find(&namespace, "/a"), Err(ErrorKind::NotFound));
        let second = take(&mut namespace, "/a").unwrap();
        // That of another socket is left alone.
        namespace.assign(&second, Owner::Client);
        namespace.forget(&lease);
        namespace.give_back(&lease);
        assert_eq!(find(&namespace, "/a"), Ok(Owner::Client));
    }

    #[test]
    fn names_are_found_for_those_that_ask_for_none() {
        let mut namespace = Namespace::default();
        let first = take(&mut namespace, "").unwrap();
        let second = take(&mut namespace, "").unwrap();
        assert_ne!(first.name, second.name);
        assert_eq!(first.name, UnixAddress::abstract_name("00000"));
        assert_eq!(find(&namespace, ""), Err(ErrorKind::InvalidInput));
    }
}
