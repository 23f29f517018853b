//! The network between the hosts of a simulation, as a program sets it up, and as it lets it fail.

use std::{fmt, io, net::IpAddr, time::Duration};

use crate::{Host, Link, net, scheduler};

/// The network of a simulation: its links, its faults and its names. [`network`] yields it.
///
/// All of it may change at any moment, by any task; a change holds for what is sent from then on.
#[derive(Clone)]
pub struct Network(net::Network);

/// The network of the simulation that runs the calling code.
///
/// # Panics
///
/// Outside of a simulation.
///
/// # Examples
///
/// A request that a partition holds up, and that is tried again:
///
/// ```
/// use easynet::{net::*, prelude::*, sim::{self, Link, host, network}, time::sleep};
/// use std::time::Duration;
///
/// sim::run(7, async {
///     let (web, db) = (host("web"), host("db"));
///     network().default_link(Link::new().latency(Duration::from_millis(10)));
///     let mut listener = db.run(async { create_tcp_listeners(None, 5432).await }).await.unwrap().remove(0);
///     network().partition(&web, &db);
///     web.run(async {
///         assert!(with_timeout!(1s, create_tcp_connection("db", 5432)).is_err());
///         network().heal(&host("web"), &host("db"));
///         create_tcp_connection("db", 5432).await.unwrap();
///     })
///     .await;
///     listener.accept().await.unwrap();
/// })
/// .unwrap();
/// ```
#[track_caller]
pub fn network() -> Network {
    let scheduler = scheduler::current()
        .expect("no simulation runs here: the network is for code that `sim::run` or `bootstrap` runs");
    Network(scheduler.network().clone())
}

impl Network {
    /// What is between two hosts, in each direction.
    ///
    /// # Panics
    ///
    /// When both are the same host, or one is of another simulation.
    #[track_caller]
    pub fn link(&self, a: &Host, b: &Host, link: Link) -> &Self {
        self.link_one_way(a, b, link.clone()).link_one_way(b, a, link)
    }

    /// What is between two hosts, for what `from` sends.
    ///
    /// # Panics
    ///
    /// As [`link`](Self::link).
    #[track_caller]
    pub fn link_one_way(&self, from: &Host, to: &Host, link: Link) -> &Self {
        let pair = self.pair(from, to);
        self.0.change(|world, _| world.set_link(pair, link));
        self
    }

    /// What is between all hosts that no other link is set for.
    pub fn default_link(&self, link: Link) -> &Self {
        self.0.change(|world, _| world.set_default_link(link));
        self
    }

    /// Lets nothing pass between two hosts, in either direction, until they are [healed](Self::heal).
    ///
    /// What is under way does not arrive either. Datagrams are lost; what is sent on connections waits. Whoever connects waits too, and is
    /// told of a [`TimedOut`](io::ErrorKind::TimedOut) after 127 s, as by Linux with its usual settings. An open connection
    /// waits for ever: a timeout is its user's matter.
    ///
    /// # Panics
    ///
    /// As [`link`](Self::link).
    #[track_caller]
    pub fn partition(&self, a: &Host, b: &Host) -> &Self {
        let pair = self.pair(a, b);
        self.0.change(|world, _| world.cut(pair));
        self
    }

    /// Ends a [partition](Self::partition): what has waited is sent now. Harmless if there is none.
    ///
    /// # Panics
    ///
    /// As [`link`](Self::link).
    #[track_caller]
    pub fn heal(&self, a: &Host, b: &Host) -> &Self {
        let pair = self.pair(a, b);
        self.0.change(|world, wakeups| world.heal(pair, wakeups));
        self
    }

    /// Breaks all connections between two hosts off, at both ends and at once: what is under way is lost, and each end is told of a
    /// [`ConnectionReset`](io::ErrorKind::ConnectionReset), after it has received what had arrived. New ones may be opened.
    ///
    /// # Panics
    ///
    /// As [`link`](Self::link).
    #[track_caller]
    pub fn reset(&self, a: &Host, b: &Host) -> &Self {
        let pair = self.pair(a, b);
        self.0.change(|world, wakeups| world.reset(pair, wakeups));
        self
    }

    /// Gives some addresses a name, on all hosts, in place of what had it. With no address, it is not found.
    ///
    /// Hosts have their names without that.
    pub fn name(&self, name: &str, addresses: impl IntoIterator<Item = IpAddr>) -> &Self {
        let addresses = addresses.into_iter().collect();
        self.0.change(|world, _| world.resolver.name(name, addresses));
        self
    }

    /// How long it takes to look a name up; no time, unless said otherwise. Addresses are no names.
    pub fn lookup_latency(&self, latency: Duration) -> &Self {
        self.0.change(|world, _| world.resolver.latency = latency);
        self
    }

    /// Lets the next `times` lookups of a name fail, with an error of this kind.
    pub fn fail_lookups(&self, name: &str, kind: io::ErrorKind, times: u32) -> &Self {
        self.0.change(|world, _| world.resolver.fail(name, kind, times));
        self
    }

    /// How many sockets are open, on all hosts: for tests that nothing is left.
    pub fn sockets(&self) -> usize {
        self.0.change(|world, _| world.sockets())
    }

    #[track_caller]
    fn pair(&self, a: &Host, b: &Host) -> (usize, usize) {
        let pair = (a.index(&self.0), b.index(&self.0));
        assert!(pair.0 != pair.1, "there is no network within a host");
        pair
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").finish_non_exhaustive()
    }
}
