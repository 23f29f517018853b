//! Blocking a thread until a future has completed: for threads that are real.
//!
//! # Invariants
//!
//! 1. A wake-up that comes between a poll and the wait after it is not lost: it is noted in the parker.
//! 2. Who blocks while it is blocked already (a future that blocks when it is polled) gets a parker of its own.

use std::{
    cell::RefCell,
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread,
    time::{Duration, Instant},
};

/// How often to let others run before the thread goes to sleep: a sleep and a wake-up cost more than a short wait.
///
/// Not in a crowd on one processor. Who lets others run there is served alone, as soon as it has done so; those who sleep are served together.
const PATIENCE: u32 = 64;

/// How long a short wait is at most: where others have much to do, it takes long to let them run.
const SHORT: Duration = Duration::from_micros(200);

/// How many threads that wait are a crowd.
const CROWD: usize = 2;

/// How many threads wait at this moment.
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// Whether many threads wait at this moment.
pub(super) fn is_crowded() -> bool {
    WAITING.load(Ordering::Relaxed) >= CROWD
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_on_one_processor() -> bool {
    rustix::thread::sched_getaffinity(None).is_ok_and(|processors| processors.count() == 1)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn is_on_one_processor() -> bool {
    thread::available_parallelism().is_ok_and(|processors| processors.get() == 1)
}

/// One blocked thread.
#[derive(Default)]
struct Parker {
    woken: AtomicBool,
    asleep: Mutex<bool>,
    condition: Condvar,
}

thread_local! {
    /// Kept for the next time.
    static OWN: RefCell<Option<Own>> = const { RefCell::new(None) };
}

/// What a thread knows of its waits.
struct Own {
    parker: Arc<Parker>,
    /// How long it paid to wait before going to sleep.
    patience: u32,
    /// Whether there is but one processor for it, if that was asked.
    on_one_processor: Option<bool>,
}

impl Default for Own {
    fn default() -> Self {
        Self {
            parker: Arc::default(),
            patience: PATIENCE,
            on_one_processor: None,
        }
    }
}

impl Own {
    /// Waits for a wake-up; false if the time was up before.
    fn wait(&mut self, limit: Option<Duration>, now: &dyn Fn() -> Instant) -> bool {
        let crowded = WAITING.fetch_add(1, Ordering::Relaxed) >= CROWD;
        let sleeps = crowded && *self.on_one_processor.get_or_insert_with(is_on_one_processor);
        let woken = !sleeps && self.is_woken_soon(limit.map(|_| now)) || self.parker.sleep(limit);
        WAITING.fetch_sub(1, Ordering::Relaxed);
        woken
    }

    /// Lets others run for a short while, and is woken in it, or not. By the clock, if there is one, it takes no longer than that.
    fn is_woken_soon(&mut self, clock: Option<&dyn Fn() -> Instant>) -> bool {
        let clock = clock.map(|now| (now(), now));
        for _ in 0..self.patience {
            if self.parker.take_wakeup() {
                self.patience = PATIENCE;
                return true;
            }
            thread::yield_now();
            if clock.is_some_and(|(began, now)| now().saturating_duration_since(began) > SHORT) {
                break;
            }
        }
        // What was longer than a short wait mostly is so again.
        self.patience = (self.patience / 2).max(1);
        false
    }
}

impl Parker {
    fn lock(&self) -> MutexGuard<'_, bool> {
        self.asleep
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn take_wakeup(&self) -> bool {
        self.woken.swap(false, Ordering::AcqRel)
    }

    /// Sleeps until it is woken; false if the time was up before.
    fn sleep(&self, limit: Option<Duration>) -> bool {
        let mut asleep = self.lock();
        *asleep = true;
        let mut woken = false;
        let unwoken = |_: &mut bool| {
            woken = self.take_wakeup();
            !woken
        };
        let mut asleep = match limit {
            None => {
                let waited = self.condition.wait_while(asleep, unwoken);
                waited.unwrap_or_else(|poisoned| poisoned.into_inner())
            }
            Some(limit) => {
                let waited = self.condition.wait_timeout_while(asleep, limit, unwoken);
                waited.unwrap_or_else(|poisoned| poisoned.into_inner()).0
            }
        };
        *asleep = false;
        woken
    }
}

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.woken.swap(true, Ordering::AcqRel) {
            // Under the lock: the thread is asleep, or has not looked for the last time.
            let asleep = *self.lock();
            if asleep {
                self.condition.notify_one();
            }
        }
    }
}

/// Blocks the calling thread until `poll` is ready, for at most `limit`; true if it was.
///
/// For backends: what [`block_thread`](crate::AsyncBackend::block_thread) does unless it is written. `now` is a clock, asked only if there is a limit.
pub fn park_thread(
    limit: Option<Duration>,
    now: impl Fn() -> Instant,
    poll: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>,
) -> bool {
    let own = OWN.try_with(|own| own.borrow_mut().take());
    let mut own = own.ok().flatten().unwrap_or_default();
    own.parker.take_wakeup(); // Of a wait that is over.
    let waker = Waker::from(own.parker.clone());
    let ready = wait_until(limit, now, poll, &mut own, &waker);
    let _ = OWN.try_with(|place| *place.borrow_mut() = Some(own));
    ready
}

fn wait_until(
    limit: Option<Duration>,
    now: impl Fn() -> Instant,
    poll: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>,
    own: &mut Own,
    waker: &Waker,
) -> bool {
    let mut cx = Context::from_waker(waker);
    let mut rest = limit;
    loop {
        if poll(&mut cx).is_ready() {
            return true;
        }
        if rest == Some(Duration::ZERO) {
            return false;
        }
        let began = rest.map(|_| now());
        let woken = own.wait(rest, &now);
        if let (Some(left), Some(began)) = (&mut rest, began) {
            let passed = now().saturating_duration_since(began);
            // The clock of a backend may stand still; the time was up all the same.
            *left = if woken {
                left.saturating_sub(passed)
            } else {
                Duration::ZERO
            };
        }
    }
}

#[cfg(all(test, not(easynet_loom)))]
mod tests {
    use std::{cell::Cell, task::Poll};

    use super::*;

    /// A clock that goes on by so much whenever it is read, and counts how often it was.
    fn clock(step: Duration, readings: &Cell<u32>) -> impl Fn() -> Instant {
        let began = Instant::now();
        move || {
            readings.set(readings.get() + 1);
            began + step * readings.get()
        }
    }

    #[test]
    fn who_takes_long_to_let_others_run_goes_to_sleep() {
        let readings = Cell::new(0);
        let mut own = Own::default();
        assert!(!own.is_woken_soon(Some(&clock(SHORT * 2, &readings))));
        assert_eq!(readings.get(), 2, "it has let them run once");
        readings.set(0);
        let mut own = Own::default();
        assert!(!own.is_woken_soon(Some(&clock(Duration::ZERO, &readings))));
        assert_eq!(readings.get(), 1 + PATIENCE);
    }

    #[test]
    fn a_wake_up_that_has_come_is_found_at_once() {
        let readings = Cell::new(0);
        let mut own = Own::default();
        own.parker.wake_by_ref();
        assert!(own.is_woken_soon(Some(&clock(SHORT * 2, &readings))));
        assert_eq!(readings.get(), 1);
    }

    #[test]
    fn a_limit_is_kept_that_is_used_up_while_others_run() {
        let readings = Cell::new(0);
        let limit = Some(Duration::from_millis(1));
        let slow = clock(Duration::from_millis(500), &readings);
        assert!(!park_thread(limit, slow, &mut |_| Poll::Pending));
        assert!(readings.get() < 8);
    }
}
