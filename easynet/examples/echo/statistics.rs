//! How many messages came back, and how long each took.

use std::{
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// What all clients have seen.
pub(crate) struct Statistics {
    started: Instant,
    took: Duration,
    messages: AtomicU64,
    latencies: Mutex<Histogram>,
}

/// What one client sees; it is added up when this is dropped.
pub(crate) struct Record {
    statistics: Arc<Statistics>,
    latencies: Histogram,
}

impl Statistics {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            took: Duration::ZERO,
            messages: AtomicU64::new(0),
            latencies: Mutex::default(),
        }
    }

    /// A record for one client.
    pub(crate) fn record(self: &Arc<Self>) -> Record {
        Record {
            statistics: self.clone(),
            latencies: Histogram::default(),
        }
    }

    /// How many messages have come back so far.
    pub(crate) fn messages(&self) -> u64 {
        self.messages.load(Relaxed)
    }

    /// Ends the measurement.
    pub(crate) fn finish(mut self) -> Self {
        self.took = self.started.elapsed();
        self
    }
}

impl Record {
    /// A message has come back.
    pub(crate) fn add(&mut self, latency: Duration) {
        self.latencies.add(latency);
        self.statistics.messages.fetch_add(1, Relaxed);
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.statistics
            .latencies
            .lock()
            .expect("nobody panics with it")
            .merge(&self.latencies);
    }
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let latencies = self.latencies.lock().expect("nobody panics with it");
        let rate = self.messages() as f64 / self.took.as_secs_f64();
        writeln!(
            f,
            "messages  {} in {:.1?}, {} messages/s",
            grouped(self.messages()),
            self.took,
            grouped(rate as u64)
        )?;
        write!(
            f,
            "latency   p50 {:.1?}, p99 {:.1?}",
            latencies.percentile(50),
            latencies.percentile(99)
        )
    }
}

/// A number with commas, for humans.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How often each latency occurred, in steps of at most three per cent.
struct Histogram {
    counts: Vec<u64>,
}

/// Steps between a number and its double.
const STEPS: u64 = 32;

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: vec![0; (64 * STEPS) as usize],
        }
    }
}

impl Histogram {
    fn add(&mut self, latency: Duration) {
        let nanoseconds = (latency.as_nanos() as u64).max(STEPS);
        let power = u64::from(nanoseconds.ilog2());
        let step = ((nanoseconds - (1 << power)) * STEPS) >> power;
        self.counts[(power * STEPS + step) as usize] += 1;
    }

    fn merge(&mut self, other: &Self) {
        for (count, other) in self.counts.iter_mut().zip(&other.counts) {
            *count += other;
        }
    }

    /// The latency that so many of a hundred messages did not exceed.
    fn percentile(&self, percent: u64) -> Duration {
        let rank = (self.counts.iter().sum::<u64>() * percent).div_ceil(100);
        let mut seen = 0;
        for (index, count) in (0..).zip(&self.counts) {
            seen += count;
            if seen >= rank && seen > 0 {
                let (power, step) = (index / STEPS, index % STEPS);
                return Duration::from_nanos((1 << power) + ((step + 1) << power) / STEPS);
            }
        }
        Duration::ZERO
    }
}
