//! The ways between hosts: which can be passed, and how long that takes.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng, SeedableRng},
};

use crate::Link;

/// How long TCP waits before it sends something again for the first time, as Linux does at least.
const RETRANSMISSION: Duration = Duration::from_millis(200);

/// How often it sends something again.
const RETRIES: u32 = 10;

/// How many bytes of datagrams may be under way in one direction; those that are sent then are lost.
const QUEUE: usize = 4 << 20;

/// From which host to which.
pub(super) type Pair = (usize, usize);

/// Links and partitions.
pub(super) struct Paths {
    default: Link,
    links: BTreeMap<Pair, Link>,
    /// In both orders.
    cuts: BTreeSet<Pair>,
    ways: BTreeMap<Pair, Way>,
    /// The network's own, so that the order of tasks does not depend on what is drawn here.
    dice: Xoshiro256PlusPlus,
}

/// What is under way from one host to another.
#[derive(Default)]
struct Way {
    /// When all data that was sent has left.
    free: Option<Instant>,
    /// When the last datagram arrives.
    last: Option<Instant>,
    /// How many bytes of datagrams are under way.
    datagrams: usize,
}

/// Whether something is sent by TCP, which sends it again if it is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    Reliable,
    /// Small answers that are never lost, and take no room.
    Free,
}

impl Paths {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            default: Link::new(),
            links: BTreeMap::new(),
            cuts: BTreeSet::new(),
            ways: BTreeMap::new(),
            dice: Xoshiro256PlusPlus::seed_from_u64(seed ^ 0x6e65_7477_6f72_6b73),
        }
    }

    pub(super) fn set(&mut self, pair: Pair, link: Link) {
        self.links.insert(pair, link);
    }

    pub(super) fn set_default(&mut self, link: Link) {
        self.default = link;
    }

    pub(super) fn cut(&mut self, (a, b): Pair) {
        self.cuts.extend([(a, b), (b, a)]);
    }

    pub(super) fn heal(&mut self, (a, b): Pair) {
        self.cuts.remove(&(a, b));
        self.cuts.remove(&(b, a));
    }

    pub(super) fn is_cut(&self, pair: Pair) -> bool {
        self.cuts.contains(&pair)
    }

    /// When a message of a connection arrives.
    pub(super) fn message(&mut self, pair: Pair, now: Instant, bytes: usize, delivery: Delivery) -> Instant {
        let link = self.link(pair);
        let mut arrival = self.leave(pair, now, bytes, &link) + self.latency(&link);
        if delivery == Delivery::Reliable {
            let mut again = RETRANSMISSION;
            for _ in 0..RETRIES {
                if !self.happens(link.loss) {
                    break;
                }
                arrival += again;
                again *= 2;
            }
        }
        arrival
    }

    /// When an answer that is lost if nothing passes arrives.
    pub(super) fn answer(&mut self, pair: Pair, now: Instant) -> Option<Instant> {
        if self.is_cut(pair) {
            return None;
        }
        Some(self.message(pair, now, 0, Delivery::Free))
    }

    /// When a datagram arrives: never, once or twice.
    pub(super) fn datagram(&mut self, pair: Pair, now: Instant, bytes: usize) -> Vec<Instant> {
        let link = self.link(pair);
        if self.is_cut(pair) || self.happens(link.loss) {
            return Vec::new();
        }
        let copies = if self.happens(link.duplication) { 2 } else { 1 };
        let mut arrivals = Vec::new();
        for _ in 0..copies {
            if self.way(pair).datagrams + bytes > QUEUE {
                break;
            }
            let mut arrival = self.leave(pair, now, bytes, &link) + self.latency(&link);
            if self.happens(link.reordering) {
                let most = (*link.latency.end()).max(Duration::from_millis(1));
                arrival += self.between(Duration::ZERO, most);
            } else {
                let last = &mut self.way(pair).last;
                arrival = last.map_or(arrival, |last| last.max(arrival));
                *last = Some(arrival);
            }
            self.way(pair).datagrams += bytes;
            arrivals.push(arrival);
        }
        arrivals
    }

    /// A datagram is under way no more.
    pub(super) fn arrived(&mut self, pair: Pair, bytes: usize) {
        self.way(pair).datagrams -= bytes;
    }

    /// When all of it has left, after what was sent before.
    fn leave(&mut self, pair: Pair, now: Instant, bytes: usize, link: &Link) -> Instant {
        let (Some(bandwidth), true) = (link.bandwidth, bytes > 0) else {
            return now;
        };
        let nanos = (bytes as u128 * 1_000_000_000).div_ceil(u128::from(bandwidth));
        let free = &mut self.way(pair).free;
        let begin = free.map_or(now, |free| free.max(now));
        let end = begin + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        *free = Some(end);
        end
    }

    fn latency(&mut self, link: &Link) -> Duration {
        self.between(*link.latency.start(), *link.latency.end())
    }

    fn link(&self, pair: Pair) -> Link {
        self.links.get(&pair).unwrap_or(&self.default).clone()
    }

    fn way(&mut self, pair: Pair) -> &mut Way {
        self.ways.entry(pair).or_default()
    }

    /// A duration from the first to the last. Nothing is drawn if there is one only.
    fn between(&mut self, first: Duration, last: Duration) -> Duration {
        let span = u64::try_from((last - first).as_nanos()).unwrap_or(u64::MAX);
        if span == 0 {
            return first;
        }
        let drawn = (u128::from(self.dice.next_u64()) * (u128::from(span) + 1)) >> 64;
        first + Duration::from_nanos(drawn as u64)
    }

    /// Whether what has this probability happens. Nothing is drawn for what never does.
    fn happens(&mut self, probability: f64) -> bool {
        // As many bits as a float has room for.
        probability > 0.0 && ((self.dice.next_u64() >> 11) as f64) < probability * (1u64 << 53) as f64
    }
}
