//! Where to listen.

/// The hosts to listen on: names or IP addresses, or all interfaces of the machine.
///
/// Whatever reads well where a host is expected becomes one: `None`, `"localhost"`, `["127.0.0.1", "::1"]`, a
/// vector of strings. The empty string stands for all interfaces, like `None`; an empty list for no listener.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hosts {
    /// Every interface, IPv4 and IPv6.
    All,
    /// Names and IP addresses.
    Named(Vec<String>),
}

impl From<Option<&str>> for Hosts {
    fn from(host: Option<&str>) -> Self {
        host.map_or(Self::All, Self::from)
    }
}

impl From<&str> for Hosts {
    fn from(host: &str) -> Self {
        Self::from(host.to_owned())
    }
}

impl From<String> for Hosts {
    fn from(host: String) -> Self {
        if host.is_empty() {
            Self::All
        } else {
            Self::Named(vec![host])
        }
    }
}

impl From<&String> for Hosts {
    fn from(host: &String) -> Self {
        Self::from(host.as_str())
    }
}

impl<S: Into<String>> From<Vec<S>> for Hosts {
    fn from(hosts: Vec<S>) -> Self {
        hosts.into_iter().collect()
    }
}

impl<S: Into<String>, const N: usize> From<[S; N]> for Hosts {
    fn from(hosts: [S; N]) -> Self {
        hosts.into_iter().collect()
    }
}

impl<S: AsRef<str>, const N: usize> From<&[S; N]> for Hosts {
    fn from(hosts: &[S; N]) -> Self {
        Self::from(hosts.as_slice())
    }
}

impl<S: AsRef<str>> From<&[S]> for Hosts {
    fn from(hosts: &[S]) -> Self {
        hosts.iter().map(AsRef::as_ref).collect()
    }
}

impl<S: Into<String>> FromIterator<S> for Hosts {
    fn from_iter<I: IntoIterator<Item = S>>(hosts: I) -> Self {
        Self::Named(hosts.into_iter().map(Into::into).collect())
    }
}
