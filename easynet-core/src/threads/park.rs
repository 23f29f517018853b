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
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread,
    time::{Duration, Instant},
};

/// How often to let others run before the thread goes to sleep: a sleep and a wake-up cost more than a short wait.
const PATIENCE: u32 = 64;

/// One blocked thread.
#[derive(Default)]
struct Parker {
    woken: AtomicBool,
    asleep: Mutex<bool>,
    condition: Condvar,
}

thread_local! {
    /// Kept for the next time, with how long it paid to wait before going to sleep.
    static OWN: RefCell<Option<(Arc<Parker>, u32)>> = const { RefCell::new(None) };
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

    /// Waits for a wake-up; false if the time was up before.
    fn wait(&self, limit: Option<Duration>, patience: &mut u32) -> bool {
        for _ in 0..*patience {
            if self.take_wakeup() {
                *patience = PATIENCE;
                return true;
            }
            thread::yield_now();
        }
        // What was longer than a short wait mostly is so again.
        *patience /= 2;
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
    let (parker, mut patience) = OWN
        .try_with(|own| own.borrow_mut().take())
        .ok()
        .flatten()
        .unwrap_or_else(|| (Arc::default(), PATIENCE));
    parker.take_wakeup(); // Of a wait that is over.
    let waker = Waker::from(parker.clone());
    let ready = wait_until(limit, now, poll, &parker, &waker, &mut patience);
    let _ = OWN.try_with(|own| *own.borrow_mut() = Some((parker, patience.max(1))));
    ready
}

fn wait_until(
    limit: Option<Duration>,
    now: impl Fn() -> Instant,
    poll: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>,
    parker: &Parker,
    waker: &Waker,
    patience: &mut u32,
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
        let woken = parker.wait(rest, patience);
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
