//! The names of the network that are none of a host.

use std::{
    collections::BTreeMap,
    io::{self, ErrorKind},
    net::IpAddr,
    time::Duration,
};

use easynet_core::net::LookupError;

/// Names in lower case, and how looking them up goes.
#[derive(Default)]
pub(crate) struct Resolver {
    pub(crate) latency: Duration,
    names: BTreeMap<String, Vec<IpAddr>>,
    failures: BTreeMap<String, Failure>,
}

struct Failure {
    kind: ErrorKind,
    times: u32,
}

impl Resolver {
    pub(crate) fn name(&mut self, name: &str, addresses: Vec<IpAddr>) {
        self.names.insert(name.to_ascii_lowercase(), addresses);
    }

    pub(crate) fn fail(&mut self, name: &str, kind: ErrorKind, times: u32) {
        let failure = Failure { kind, times };
        self.failures.insert(name.to_ascii_lowercase(), failure);
    }

    /// The addresses of a name, which is in lower case.
    pub(super) fn find(&self, name: &str) -> Option<&[IpAddr]> {
        self.names.get(name).map(Vec::as_slice)
    }

    /// Fails if a lookup of the name, in lower case, is to fail.
    pub(super) fn attempt(&mut self, name: &str) -> io::Result<()> {
        let Some(failure) = self.failures.get_mut(name) else {
            return Ok(());
        };
        if failure.times == 0 {
            return Ok(());
        }
        failure.times -= 1;
        let message = format!("the lookup of `{name}` was to fail: {}", failure.kind);
        Err(LookupError::no_name(message).into_io_error(failure.kind))
    }
}
