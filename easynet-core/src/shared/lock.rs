//! A mutex for a few instructions, without poisoning.
//!
//! It is locked by one exchange of a processor, and unlocked by a plain write. A mutex of std needs an exchange for that too, since it has
//! to know who sleeps, and these two are nearly all that a lock of ours costs. So nobody is woken here: who finds it locked looks
//! again, gives way to other threads, and at last sleeps for a moment, so that a thread which the system prefers does not keep the
//! one from running that has it.
//!
//! Hence the rule: under a lock no code of others runs, nothing is waited for, and no work is done that grows without bound but where that is
//! rare (a cancellation that is handed on).

#[cfg(easynet_loom)]
pub(crate) use modelled::Lock;
#[cfg(not(easynet_loom))]
pub(crate) use spinning::Lock;

#[cfg(not(easynet_loom))]
mod spinning {
    use std::{
        hint,
        marker::PhantomData,
        ops::{Deref, DerefMut},
        panic::{RefUnwindSafe, UnwindSafe},
        thread,
        time::Duration,
    };

    use spin::mutex::{SpinMutex, SpinMutexGuard};

    /// How often it looks whether it is unlocked, before it gives way: longer than one usually has it.
    const LOOKS: usize = 100;
    /// How often it gives way to other threads before it sleeps.
    const YIELDS: usize = 20;
    const SLEEP: Duration = Duration::from_micros(50);

    #[derive(Debug, Default)]
    pub(crate) struct Lock<T>(SpinMutex<T>);

    // As those of std are: a panic unlocks it, and leaves nothing half done, for no code of others runs under it.
    impl<T> UnwindSafe for Lock<T> {}
    impl<T> RefUnwindSafe for Lock<T> {}

    /// Stays in its thread, as it is to be dropped before anything is waited for.
    pub(crate) struct Guard<'a, T> {
        value: SpinMutexGuard<'a, T>,
        here: PhantomData<*const ()>,
    }

    impl<T> Lock<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(SpinMutex::new(value))
        }

        pub(crate) fn into_inner(self) -> T {
            self.0.into_inner()
        }

        pub(crate) fn get_mut(&mut self) -> &mut T {
            self.0.get_mut()
        }

        #[inline]
        pub(crate) fn lock(&self) -> Guard<'_, T> {
            Guard {
                value: self.0.try_lock().unwrap_or_else(|| self.lock_later()),
                here: PhantomData,
            }
        }

        #[cold]
        fn lock_later(&self) -> SpinMutexGuard<'_, T> {
            for _ in 0..YIELDS {
                for _ in 0..LOOKS {
                    if !self.0.is_locked()
                        && let Some(value) = self.0.try_lock()
                    {
                        return value;
                    }
                    hint::spin_loop();
                }
                thread::yield_now();
            }
            loop {
                if let Some(value) = self.0.try_lock() {
                    return value;
                }
                thread::sleep(SLEEP);
            }
        }
    }

    impl<T> Deref for Guard<'_, T> {
        type Target = T;

        #[inline(always)]
        fn deref(&self) -> &T {
            &self.value
        }
    }

    impl<T> DerefMut for Guard<'_, T> {
        #[inline(always)]
        fn deref_mut(&mut self) -> &mut T {
            &mut self.value
        }
    }
}

/// The same for models: a mutex of loom, which has no poisoning either where nobody panics.
#[cfg(easynet_loom)]
mod modelled {
    use loom::sync::{Mutex, MutexGuard};

    #[derive(Debug, Default)]
    pub(crate) struct Lock<T>(Mutex<T>);

    impl<T> Lock<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(Mutex::new(value))
        }

        pub(crate) fn into_inner(self) -> T {
            self.0
                .into_inner()
                .unwrap_or_else(|poisoned| poisoned.into_inner())
        }

        pub(crate) fn get_mut(&mut self) -> &mut T {
            self.0.get_mut().unwrap_or_else(|poisoned| poisoned.into_inner())
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
        }
    }
}

#[cfg(all(test, not(easynet_loom)))]
mod tests {
    use std::{
        sync::{Arc, Barrier},
        thread,
        time::Duration,
    };

    use super::Lock;

    #[test]
    fn one_at_a_time_has_it_however_many_want_it() {
        let (count, begin) = (Arc::new(Lock::new(0_u64)), Arc::new(Barrier::new(8)));
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let (count, begin) = (count.clone(), begin.clone());
                thread::spawn(move || {
                    begin.wait();
                    for _ in 0..20_000 {
                        let mut count = count.lock();
                        let before = *count;
                        std::hint::spin_loop();
                        *count = before + 1;
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().expect("it counts");
        }
        assert_eq!(*count.lock(), 160_000);
    }

    #[test]
    fn who_finds_it_locked_for_long_sleeps_and_has_it_in_the_end() {
        let lock = Arc::new(Lock::new(0));
        let mut held = lock.lock();
        let waiter = thread::spawn({
            let lock = lock.clone();
            move || *lock.lock() += 1
        });
        // However long: what it does meanwhile does not matter, and what it finds is what was written.
        thread::sleep(Duration::from_millis(20));
        *held = 7;
        drop(held);
        waiter.join().expect("it has it");
        assert_eq!(*lock.lock(), 8);
    }

    #[test]
    fn a_panic_unlocks_it() {
        let lock = Lock::new(1);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _held = lock.lock();
            panic!("while it is locked");
        }));
        assert!(panicked.is_err());
        assert_eq!(*lock.lock(), 1);
    }
}
