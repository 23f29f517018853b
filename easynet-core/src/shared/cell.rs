//! A value that one at a time has. Who does not get it at once does not wait for it here.

#[cfg(easynet_loom)]
pub(crate) use modelled::{Cell, CellGuard};
#[cfg(not(easynet_loom))]
pub(crate) use spinning::{Cell, CellGuard};

#[cfg(not(easynet_loom))]
mod spinning {
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
mod modelled {
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
