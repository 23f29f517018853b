//! The hosts of a simulation.

use std::{
    fmt,
    future::Future,
    net::{Ipv4Addr, Ipv6Addr},
};

use easynet_core::task::{TaskLocal, WithLocal};

use crate::{net, scheduler};

/// The host that a task runs on.
static HERE: TaskLocal<Host> = TaskLocal::new();

/// One host of a simulation: addresses, ports and Unix sockets of its own.
///
/// [`host`] makes one. Code that is not [run](Self::run) on any is on the host `localhost`.
///
/// Each has an IPv4 and an IPv6 address (10.0.0.1, 10.0.0.2, ..; fd00::1, ..), and the loopback addresses, which no other host reaches.
#[derive(Clone)]
pub struct Host {
    network: net::Network,
    index: usize,
    name: String,
}

/// The host of this name, in the simulation that runs the calling code; it is made when it is asked for first.
///
/// Names are the same in upper and lower case. `localhost` is the host of all code that is run on no other.
///
/// # Panics
///
/// Outside of a simulation; when the name is empty, or an address.
///
/// # Examples
///
/// ```
/// use easynet::{net::*, sim};
///
/// sim::run(7, async {
///     let (web, db) = (sim::host("web"), sim::host("db"));
///     # use std::future::IntoFuture;
///     let listen = create_tcp_listeners("0.0.0.0", 5432).into_future();
///     let mut listener = db.run(listen).await.unwrap().remove(0);
///     let _stream = web.run(create_tcp_connection("db", 5432).into_future()).await.unwrap();
///     let (stream, peer) = listener.accept().await.unwrap();
///     assert_eq!(peer.ip(), web.ipv4().unwrap());
///     assert_eq!(stream.local_address().unwrap().ip(), db.ipv4().unwrap());
/// })
/// .unwrap();
/// ```
#[track_caller]
pub fn host(name: &str) -> Host {
    let scheduler = scheduler::current()
        .expect("no simulation runs here: hosts are for code that `sim::run` or `bootstrap` runs");
    let name = name.to_ascii_lowercase();
    assert!(
        !name.is_empty() && name.parse::<std::net::IpAddr>().is_err(),
        "a host has a name, and `{name}` is none"
    );
    let network = scheduler.network().clone();
    let index = network.host(&name);
    Host { network, index, name }
}

/// The number of the host that the calling code is on, in this network.
pub(crate) fn here(network: &net::Network) -> usize {
    match HERE.get() {
        Some(host) if host.network.is(network) => host.index,
        _ => 0,
    }
}

impl Host {
    /// Runs `future` on this host: all sockets that it opens are this host's, and so are those of all tasks it starts.
    ///
    /// # Cancellation
    ///
    /// As that of `future`.
    pub fn run<F: Future>(&self, future: F) -> WithLocal<F> {
        HERE.scope(self.clone(), future)
    }

    /// Its name, in lower case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its IPv4 address, unless it has none.
    pub fn ipv4(&self) -> Option<Ipv4Addr> {
        self.network.addresses(self.index).v4
    }

    /// Its IPv6 address, unless it has none.
    pub fn ipv6(&self) -> Option<Ipv6Addr> {
        self.network.addresses(self.index).v6
    }

    /// Takes its IPv6 address away, besides the loopback one. To be done before it has sockets.
    pub fn ipv4_only(&self) -> &Self {
        self.network.change_addresses(self.index, |own| own.v6 = None);
        self
    }

    /// Takes its IPv4 address away, besides the loopback ones. To be done before it has sockets.
    pub fn ipv6_only(&self) -> &Self {
        self.network.change_addresses(self.index, |own| own.v4 = None);
        self
    }

    /// Lets nobody in at this port: connections and datagrams that come from now on are refused, as if nobody listened.
    pub fn refuse(&self, port: u16) -> &Self {
        self.network.guard(self.index, port, Some(net::Guard::Refuses));
        self
    }

    /// Lets all that comes to this port from now on vanish: whoever connects waits, and is told of a
    /// [`TimedOut`](std::io::ErrorKind::TimedOut) after 127 s. Open connections are left alone.
    pub fn black_hole(&self, port: u16) -> &Self {
        self.network.guard(self.index, port, Some(net::Guard::Swallows));
        self
    }

    /// Ends what [`refuse`](Self::refuse) or [`black_hole`](Self::black_hole) has begun.
    pub fn admit(&self, port: u16) -> &Self {
        self.network.guard(self.index, port, None);
        self
    }

    /// Its number, in this network.
    #[track_caller]
    pub(crate) fn index(&self, network: &net::Network) -> usize {
        assert!(
            self.network.is(network),
            "the host `{}` is of another simulation",
            self.name
        );
        self.index
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
