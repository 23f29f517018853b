//! The synchronisation primitives core is built on, replaced by loom's when a model is checked.
//!
//! Everything shared between threads goes through these names, so that `--cfg easynet_loom` lets loom see
//! every access. A poisoned lock is not an error here: no user code runs under a lock of ours.

use std::sync::Arc;

#[cfg(easynet_loom)]
pub(crate) use loom::sync::atomic;
#[cfg(not(easynet_loom))]
pub(crate) use std::sync::atomic;

#[cfg(easynet_loom)]
use loom::sync::{Mutex, MutexGuard};
#[cfg(not(easynet_loom))]
use std::sync::{Mutex, MutexGuard};

/// A function that is `const`, except in a model: loom's primitives cannot be made at compile time.
macro_rules! const_fn {
    ($(#[$attribute:meta])* $visible:vis const fn $($rest:tt)*) => {
        $(#[$attribute])*
        #[cfg(not(easynet_loom))]
        $visible const fn $($rest)*

        $(#[$attribute])*
        #[cfg(easynet_loom)]
        $visible fn $($rest)*
    };
}
pub(crate) use const_fn;

/// A mutex without poisoning.
#[derive(Debug, Default)]
pub(crate) struct Lock<T>(Mutex<T>);

impl<T> Lock<T> {
    const_fn! {
        pub(crate) const fn new(value: T) -> Self {
            Self(Mutex::new(value))
        }
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

/// A value that one at a time has. Who does not get it at once does not wait for it here: nobody spins.
pub(crate) use cell::{Cell, CellGuard};

#[cfg(not(easynet_loom))]
mod cell {
    use spin::mutex::SpinMutex;
    pub(crate) use spin::mutex::SpinMutexGuard as CellGuard;

    pub(crate) struct Cell<T>(SpinMutex<T>);

    impl<T> Cell<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(SpinMutex::new(value))
        }

        /// Whether somebody had it a moment ago.
        #[inline]
        pub(crate) fn is_open(&self) -> bool {
            self.0.is_locked()
        }

        /// Has the value until the guard is dropped, if nobody else does.
        #[inline]
        pub(crate) fn try_open(&self) -> Option<CellGuard<'_, T>> {
            self.0.try_lock()
        }

        pub(crate) fn get_mut(&mut self) -> &mut T {
            self.0.get_mut()
        }

        pub(crate) fn into_inner(self) -> T {
            self.0.into_inner()
        }
    }
}

/// The same for models: loom sees the flag, in the order of memory that the other one has, and explores what is seen too late.
#[cfg(easynet_loom)]
mod cell {
    use std::ops::{Deref, DerefMut};

    use loom::sync::atomic::{AtomicBool, Ordering};
    use spin::mutex::{SpinMutex, SpinMutexGuard};

    pub(crate) struct Cell<T> {
        open: AtomicBool,
        value: SpinMutex<T>,
    }

    pub(crate) struct CellGuard<'a, T> {
        // Closed before the flag says so.
        value: Option<SpinMutexGuard<'a, T>>,
        open: &'a AtomicBool,
    }

    impl<T> Cell<T> {
        pub(crate) fn new(value: T) -> Self {
            Self {
                open: AtomicBool::new(false),
                value: SpinMutex::new(value),
            }
        }

        pub(crate) fn is_open(&self) -> bool {
            self.open.load(Ordering::Relaxed)
        }

        pub(crate) fn try_open(&self) -> Option<CellGuard<'_, T>> {
            self.open
                .compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed)
                .ok()?;
            let value = self.value.try_lock().expect("one at a time sets the flag");
            Some(CellGuard {
                value: Some(value),
                open: &self.open,
            })
        }

        pub(crate) fn get_mut(&mut self) -> &mut T {
            self.value.get_mut()
        }

        pub(crate) fn into_inner(self) -> T {
            self.value.into_inner()
        }
    }

    impl<T> Drop for CellGuard<'_, T> {
        fn drop(&mut self) {
            self.value = None;
            self.open.store(false, Ordering::Release);
        }
    }

    impl<T> Deref for CellGuard<'_, T> {
        type Target = T;

        fn deref(&self) -> &T {
            self.value.as_ref().expect("there until it is dropped")
        }
    }

    impl<T> DerefMut for CellGuard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            self.value.as_mut().expect("there until it is dropped")
        }
    }
}

/// A value that shares no cache line of 64 bytes with its neighbours: what one thread writes often does not slow down
/// those that read what is beside it.
///
/// Kept apart by distance: an aligned allocation would cost more than the rest of making a group.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Apart<T> {
    _before: [u64; 7],
    pub(crate) value: T,
    _after: [u64; 7],
}

impl<T> Apart<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self {
            _before: [0; 7],
            value,
            _after: [0; 7],
        }
    }
}

impl<T: Default> Default for Apart<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

/// Which one it is, for whoever only compares; nought is none.
pub(crate) fn address<T>(shared: Option<&Arc<T>>) -> usize {
    shared.map_or(0, |shared| Arc::as_ptr(shared) as usize)
}

/// What a thread does when it ends.
///
/// For a thread-local value that is asked for often: one without a destructor need not be looked at first, whether it is there yet.
pub(crate) struct AtThreadEnd(pub(crate) fn());

impl Drop for AtThreadEnd {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Threads are numbered as they ask, so that a few workers have places of their own in a short list.
#[cfg(not(easynet_loom))]
#[inline(always)]
pub(crate) fn thread_number() -> usize {
    match NUMBER.get() {
        0 => number_thread(),
        number => number,
    }
}

#[cfg(not(easynet_loom))]
thread_local! {
    static NUMBER: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[cfg(not(easynet_loom))]
#[cold]
fn number_thread() -> usize {
    static NEXT: atomic::AtomicUsize = atomic::AtomicUsize::new(1);
    let number = NEXT.fetch_add(1, atomic::Ordering::Relaxed);
    NUMBER.set(number);
    number
}

/// In a model all threads share one: more would only multiply what is to be explored.
#[cfg(easynet_loom)]
pub(crate) fn thread_number() -> usize {
    0
}
