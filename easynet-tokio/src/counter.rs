//! What time it is at most, told by the processor's own counter between two readings of the clock.
//!
//! Each limit begins with a look at the time. A processor counts at a rate that never changes, and its counter is read in less than half the
//! time that the system's clock takes. So the clock is read now and then, and between two of these readings it is the counter that is read.
//!
//! A [`Counter`] is trusted only where the system itself keeps the time by it, and where it is found to be cheap and exact: that takes some
//! milliseconds of a thread of its own, 200 at most, which is started for programs that set many limits. Until then, and elsewhere, it is the clock
//! that is read.
//!
//! # Invariants
//!
//! 1. What is told is no earlier than now, as long as the system's clock runs at most a tenth faster than when the rate was measured. What sets a clock
//!    right has it run faster by a twelfth at most (chrony; `adjtimex(2)`).
//! 2. It is told by what the same thread has read of the clock at most [`FOLLOWED`] before, by the counter.

use std::{
    array,
    cell::Cell,
    fs, hint,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use quanta::Clock;

use crate::clock;

/// How long the counter is followed after the clock was read.
const FOLLOWED: Duration = Duration::from_micros(50);
/// What is added for a reading not to be exact. For the rate not to be, the counter is taken to run [faster](faster) than it does.
const LEAD: Duration = Duration::from_nanos(250);
/// Of two readings of the counter further apart than this, something else ran in between.
const AT_ONCE: Duration = Duration::from_nanos(200);

/// How many limits a program has set when a counter is looked for.
const MANY: u32 = 1_000;
/// A clock that takes longer is not the system's, but that of an emulator or a tracer.
const QUICK: Duration = Duration::from_nanos(150);
/// How long a counter is compared with the clock.
const COMPARED: Duration = Duration::from_millis(2);
/// How often that is done if it was disturbed.
const TRIES: usize = 8;

/// A moment that is not before now, nor later by more than ten microseconds.
#[inline]
pub(crate) fn no_earlier_than_now() -> Instant {
    match COUNTER.get() {
        Some(Some(counter)) if clock::runs_on() => counter.no_earlier_than_now(),
        Some(_) => clock::now(),
        None => look_for_counter(),
    }
}

/// Found once for all; none if there is none to be trusted.
static COUNTER: OnceLock<Option<Counter>> = OnceLock::new();

/// The time without a counter, which is looked for once many have asked.
#[cold]
fn look_for_counter() -> Instant {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    if ASKED.fetch_add(1, Relaxed) == MANY {
        let find = || drop(COUNTER.set(Counter::find()));
        let thread = thread::Builder::new().name("easynet-counter".into());
        // Under an emulator or a tracer the search would take long too: it is not begun there.
        if time_to(Instant::now) > QUICK || thread.spawn(find).is_err() {
            drop(COUNTER.set(None));
        }
    }
    clock::now()
}

/// What this thread has read last.
#[derive(Clone, Copy)]
struct Reading {
    counted: u64,
    /// No earlier than the counter stood there, as long as that is followed.
    at: Instant,
}

thread_local! {
    static LAST: Cell<Option<Reading>> = const { Cell::new(None) };
}

/// A counter that can be trusted.
struct Counter {
    counter: Clock,
    read_clock: fn() -> Instant,
}

impl Counter {
    /// The counter of the processor, if it is of use.
    fn find() -> Option<Self> {
        if !keeps_time() {
            return None;
        }
        let counter = Self {
            // Counts for as long as it takes to know the rate.
            counter: Clock::new(),
            read_clock: Instant::now,
        };
        let raw = time_to(|| counter.counter.raw());
        let is_cheap = raw < time_to(Instant::now) * 3 / 4;
        (is_cheap && (0..TRIES).any(|_| counter.agrees_with_clock())).then_some(counter)
    }

    /// Whether the rate that was measured is exact enough.
    fn agrees_with_clock(&self) -> bool {
        let began = self.read_both();
        thread::sleep(COMPARED);
        let ended = self.read_both();
        let (Ok(began), Ok(ended)) = (began, ended) else {
            return false;
        };
        let counted = self.since(began.counted, ended.counted);
        let passed = ended.at.duration_since(began.at);
        counted.abs_diff(passed) <= passed / 1_000
    }

    #[inline]
    fn no_earlier_than_now(&self) -> Instant {
        let counted = self.counter.raw();
        if let Some(last) = LAST.get() {
            let nanos = self.counter.delta_as_nanos(last.counted, counted);
            // None if it went back, as on another processor whose counter is behind.
            if 0 < nanos && nanos < u64::from(FOLLOWED.subsec_nanos()) {
                return last.at + Duration::new(0, faster(nanos as u32));
            }
        }
        self.read_again()
    }

    #[cold]
    fn read_again(&self) -> Instant {
        let (kept, at) = match self.read_both() {
            Ok(read) => (Some(read), read.at),
            Err(at) => (None, at),
        };
        LAST.set(kept);
        at
    }

    /// Both at once; the clock alone if something else ran in between.
    fn read_both(&self) -> Result<Reading, Instant> {
        let counted = self.counter.raw();
        let at = (self.read_clock)();
        if self.since(counted, self.counter.raw()) > AT_ONCE {
            return Err(at);
        }
        Ok(Reading {
            counted,
            at: at + LEAD,
        })
    }

    fn since(&self, began: u64, ended: u64) -> Duration {
        Duration::from_nanos(self.counter.delta_as_nanos(began, ended))
    }
}

/// A tenth more, or a little less (Invariant 1).
const fn faster(nanos: u32) -> u32 {
    nanos + nanos / 16 + nanos / 32
}

/// Whether the system keeps the time by this very counter: it has seen then that the rate is constant, and the same on all processors.
fn keeps_time() -> bool {
    let clock = fs::read_to_string("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    clock.is_ok_and(|clock| matches!(clock.trim(), "tsc" | "arch_sys_counter"))
}

/// How long it takes to read something: the best of three times, since anything may run in between.
fn time_to<T>(read: impl Fn() -> T) -> Duration {
    const OFTEN: u32 = 32;
    let times: [Duration; 3] = array::from_fn(|_| {
        let began = Instant::now();
        (0..OFTEN).for_each(|_| drop(hint::black_box(read())));
        began.elapsed() / OFTEN
    });
    times.into_iter().fold(times[0], Duration::min)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use quanta::Mock;

    use super::*;

    /// A clock and a counter that are set by hand.
    struct ByHand {
        now: Instant,
        counter: Arc<Mock>,
        /// By how much the counter moves on while the clock is read, and the clock after it.
        counted: Duration,
        passed: Duration,
        readings: usize,
    }

    thread_local! {
        static BY_HAND: Cell<Option<ByHand>> = const { Cell::new(None) };
    }

    fn with<T>(then: impl FnOnce(&mut ByHand) -> T) -> T {
        let mut by_hand = BY_HAND.take().expect("it was set");
        let done = then(&mut by_hand);
        BY_HAND.set(Some(by_hand));
        done
    }

    fn counter() -> Counter {
        let (counter, mock) = Clock::mock();
        mock.increment(1_000_000u64);
        BY_HAND.set(Some(ByHand {
            now: Instant::now(),
            counter: mock,
            counted: Duration::ZERO,
            passed: Duration::ZERO,
            readings: 0,
        }));
        LAST.set(None);
        let read_clock = || {
            with(|by_hand| {
                by_hand.readings += 1;
                by_hand.counter.increment(by_hand.counted);
                let now = by_hand.now;
                by_hand.now += by_hand.passed;
                now
            })
        };
        Counter { counter, read_clock }
    }

    #[test]
    fn between_two_readings_of_the_clock_the_counter_is_followed() {
        let counter = counter();
        let first = counter.no_earlier_than_now();
        assert_eq!(first, with(|by_hand| by_hand.now) + LEAD);
        for micros in [1, 3, 45] {
            with(|by_hand| by_hand.counter.increment(Duration::from_micros(micros)));
            counter.no_earlier_than_now();
        }
        let told = counter.no_earlier_than_now();
        assert_eq!(told, first + Duration::from_nanos(faster(49_000).into()));
        assert_eq!(with(|by_hand| by_hand.readings), 1);
    }

    #[test]
    fn a_clock_that_is_set_right_meanwhile_is_not_later_than_what_is_told() {
        let counter = counter();
        counter.no_earlier_than_now();
        for _ in 0..49 {
            let now = with(|by_hand| {
                by_hand.counter.increment(Duration::from_nanos(1_000));
                by_hand.now += Duration::from_nanos(1_084);
                by_hand.now
            });
            let told = counter.no_earlier_than_now();
            assert!(told >= now, "{:?} too early", now - told);
            assert!(told <= now + Duration::from_micros(1));
        }
        assert_eq!(with(|by_hand| by_hand.readings), 1);
    }

    #[test]
    fn the_clock_is_read_when_the_counter_was_followed_for_long() {
        let counter = counter();
        counter.no_earlier_than_now();
        let now = with(|by_hand| {
            by_hand.counter.increment(FOLLOWED);
            by_hand.now += Duration::from_secs(1);
            by_hand.now
        });
        assert_eq!(counter.no_earlier_than_now(), now + LEAD);
    }

    #[test]
    fn a_counter_that_goes_back_or_stands_still_is_not_followed() {
        let counter = counter();
        counter.no_earlier_than_now();
        for back in [0u64, 500] {
            let now = with(|by_hand| {
                by_hand.counter.decrement(back);
                by_hand.now += Duration::from_secs(1);
                by_hand.now
            });
            assert_eq!(counter.no_earlier_than_now(), now + LEAD);
        }
    }

    #[test]
    fn a_reading_of_the_clock_that_was_interrupted_is_not_followed() {
        let counter = counter();
        with(|by_hand| by_hand.counted = AT_ONCE * 2);
        for readings in 1..4 {
            let now = with(|by_hand| by_hand.now);
            assert_eq!(counter.no_earlier_than_now(), now);
            assert_eq!(with(|by_hand| by_hand.readings), readings);
        }
    }

    #[test]
    fn a_counter_is_trusted_if_it_is_as_fast_as_the_clock_and_that_was_seen_undisturbed() {
        let cases = [
            (200, 200, true),
            (200, 201, false),
            (200, 199, false),
            (300, 300, false),
        ];
        for (counted, passed, trusted) in cases {
            let counter = counter();
            with(|by_hand| {
                by_hand.counted = Duration::from_nanos(counted);
                by_hand.passed = Duration::from_nanos(passed);
            });
            assert_eq!(
                counter.agrees_with_clock(),
                trusted,
                "{counted} counted, {passed} passed"
            );
        }
    }

    #[cfg(feature = "test-util")]
    #[test]
    fn a_clock_that_stands_still_is_read_each_time() {
        let mut paused = tokio::runtime::Builder::new_current_thread();
        let paused = paused.enable_time().start_paused(true).build().unwrap();
        paused.block_on(async {
            for _ in 0..2 * MANY {
                assert_eq!(no_earlier_than_now(), clock::now());
                tokio::time::advance(Duration::from_secs(1)).await;
            }
        });
    }

    #[test]
    fn a_counter_is_looked_for_once_many_limits_are_set() {
        for _ in 0..=MANY {
            no_earlier_than_now();
        }
        let began = Instant::now();
        while COUNTER.get().is_none() {
            assert!(began.elapsed() < Duration::from_secs(30), "nobody looks for it");
            thread::yield_now();
        }
    }

    #[test]
    fn what_is_told_is_no_earlier_than_now_and_no_later_by_ten_microseconds() {
        // Where there is none, the clock is read.
        let found = Counter::find();
        let tell = || {
            found
                .as_ref()
                .map_or_else(clock::now, Counter::no_earlier_than_now)
        };
        let check = || {
            for _ in 0..200_000 {
                let before = Instant::now();
                let told = tell();
                let after = Instant::now();
                assert!(before <= told, "{:?} too early", before - told);
                assert!(
                    told <= after + Duration::from_micros(10),
                    "{:?} too late",
                    told - after
                );
            }
        };
        thread::scope(|scope| {
            scope.spawn(check);
            scope.spawn(check);
        });
    }
}
