//! The synchronisation primitives core is built on, replaced by loom's when a model is checked.
//!
//! Everything shared between threads goes through these names, so that `--cfg easynet_loom` lets loom see
//! every access. A poisoned lock is not an error here: no user code runs under a lock of ours.

mod cell;
mod lock;

use std::sync::Arc;

#[cfg(easynet_loom)]
pub(crate) use loom::sync::atomic;
#[cfg(not(easynet_loom))]
pub(crate) use std::sync::atomic;

pub(crate) use self::{
    cell::{Cell, CellGuard},
    lock::Lock,
};

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
