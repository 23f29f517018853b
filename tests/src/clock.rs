//! Time, as tests measure it.

use std::time::{Duration, Instant};

use easynet::time::current_time;

/// A delay that no test waits for.
pub const LONG: Duration = Duration::from_secs(3600);

/// What timers may add when they round up.
const ROUNDING: Duration = Duration::from_millis(3);

/// A few milliseconds.
pub const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Measures on the clock of the running backend; made by [`Runner::stopwatch`](crate::Runner::stopwatch).
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch {
    started: Instant,
    exact: bool,
}

impl Stopwatch {
    pub(crate) fn start(exact: bool) -> Self {
        Self {
            started: current_time(),
            exact,
        }
    }

    /// The time since it was started.
    pub fn elapsed(&self) -> Duration {
        current_time() - self.started
    }

    /// Checks that at least `expected` has passed, and no more where time is virtual.
    #[track_caller]
    pub fn assert_reads(&self, expected: Duration) {
        let elapsed = self.elapsed();
        assert!(
            elapsed >= expected,
            "too early: {elapsed:?} instead of {expected:?}"
        );
        assert!(
            !self.exact || elapsed <= expected + ROUNDING,
            "too late: {elapsed:?} instead of {expected:?}"
        );
    }

    /// Checks that less than `limit` has passed, where time is virtual.
    ///
    /// Elsewhere the machine may be busy with something else; there `limit` is best [`LONG`].
    #[track_caller]
    pub fn assert_below(&self, limit: Duration) {
        let elapsed = self.elapsed();
        assert!(
            !self.exact || elapsed < limit,
            "too late: {elapsed:?} instead of less than {limit:?}"
        );
        assert!(elapsed < LONG, "too late: {elapsed:?}");
    }
}
