//! What is between two hosts.

use std::{ops::RangeInclusive, time::Duration};

/// How what one host sends comes to another; without more said at once, as fast as it is sent, whole and in order.
///
/// Within a host nothing of this applies.
///
/// # Examples
///
/// ```
/// use easynet::sim::{Link, host, network};
/// use std::time::Duration;
///
/// easynet::sim::run(7, async {
///     let ms = Duration::from_millis;
///     let link = Link::new().latency(ms(20)..=ms(30)).bandwidth(1_000_000).loss(0.01);
///     network().link(&host("web"), &host("db"), link);
/// })
/// .unwrap();
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a link does nothing until it is given to the network"]
pub struct Link {
    pub(crate) latency: RangeInclusive<Duration>,
    /// Bytes per second; without a bound if there is none.
    pub(crate) bandwidth: Option<u64>,
    pub(crate) loss: f64,
    pub(crate) duplication: f64,
    pub(crate) reordering: f64,
}

impl Link {
    /// A link on which nothing takes time, and nothing is lost.
    pub const fn new() -> Self {
        Self {
            latency: Duration::ZERO..=Duration::ZERO,
            bandwidth: None,
            loss: 0.0,
            duplication: 0.0,
            reordering: 0.0,
        }
    }

    /// How long it takes one way: always the same, or drawn anew for each message from a range, such as
    /// `ms(1)..=ms(20)`: that is the jitter.
    ///
    /// Whatever is drawn, what was sent first on a connection arrives first; so do datagrams, unless they are
    /// [reordered](Self::reordering).
    ///
    /// # Panics
    ///
    /// When the range is empty.
    #[doc(alias = "jitter")]
    pub fn latency(mut self, latency: impl Into<Latency>) -> Self {
        let Latency(range) = latency.into();
        assert!(!range.is_empty(), "a latency from {range:?} is none");
        self.latency = range;
        self
    }

    /// How many bytes of data pass in a second, in each direction, for all connections together; what is sent meanwhile waits
    /// for its turn. Only data counts, no headers.
    ///
    /// # Panics
    ///
    /// When it is zero: what lets nothing pass is a [partition](crate::Network::partition).
    pub fn bandwidth(mut self, bytes_per_second: u64) -> Self {
        assert!(bytes_per_second > 0, "a link lets something pass");
        self.bandwidth = Some(bytes_per_second);
        self
    }

    /// With which probability a datagram is lost.
    ///
    /// TCP loses nothing: there each message (what one call sends, the opening and the end of a connection) is sent again after 200 ms,
    /// then after twice as long each time, until it gets through, ten times at most. What was sent after it waits for it.
    ///
    /// # Panics
    ///
    /// When it is no probability.
    pub fn loss(mut self, probability: f64) -> Self {
        self.loss = checked(probability);
        self
    }

    /// With which probability a datagram arrives twice.
    ///
    /// # Panics
    ///
    /// When it is no probability.
    pub fn duplication(mut self, probability: f64) -> Self {
        self.duplication = checked(probability);
        self
    }

    /// With which probability a datagram is held up, for as long as the longest latency at most (or a millisecond, if that is none), so that
    /// later ones may arrive before it.
    ///
    /// # Panics
    ///
    /// When it is no probability.
    pub fn reordering(mut self, probability: f64) -> Self {
        self.reordering = checked(probability);
        self
    }
}

impl Default for Link {
    fn default() -> Self {
        Self::new()
    }
}

fn checked(probability: f64) -> f64 {
    assert!(
        (0.0..=1.0).contains(&probability),
        "{probability} is no probability: those are from 0 to 1"
    );
    probability
}

/// What [`Link::latency`] takes: a duration, or a range of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latency(RangeInclusive<Duration>);

impl From<Duration> for Latency {
    fn from(latency: Duration) -> Self {
        Self(latency..=latency)
    }
}

impl From<RangeInclusive<Duration>> for Latency {
    fn from(range: RangeInclusive<Duration>) -> Self {
        Self(range)
    }
}
