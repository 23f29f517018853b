//! Which waker is registered behind a lock, for its owner to see without that lock.

use std::task::Waker;

use crate::{
    context::identity,
    shared::atomic::{AtomicUsize, Ordering},
};

/// The identity of a waker that is registered, or none.
///
/// Only the owner registers, under the lock; whoever takes the waker away, under the lock as well, wakes it. So an owner that finds its waker
/// here need not register it again: at worst it has been taken this moment, and the owner is woken.
#[derive(Default)]
pub(crate) struct Registered {
    data: AtomicUsize,
    vtable: AtomicUsize,
}

impl Registered {
    /// Asked by the owner.
    #[inline]
    pub(crate) fn is(&self, waker: &Waker) -> bool {
        (
            self.data.load(Ordering::Relaxed),
            self.vtable.load(Ordering::Relaxed),
        ) == identity(waker)
    }

    /// Whether no waker is registered, or it has been taken away; asked by the owner.
    pub(crate) fn is_none(&self) -> bool {
        self.vtable.load(Ordering::Relaxed) == 0
    }

    /// By the owner, under the lock.
    pub(crate) fn set(&self, waker: &Waker) {
        let (data, vtable) = identity(waker);
        self.data.store(data, Ordering::Relaxed);
        self.vtable.store(vtable, Ordering::Relaxed);
    }

    /// The waker is taken away, under the lock.
    pub(crate) fn clear(&self) {
        self.vtable.store(0, Ordering::Relaxed);
    }
}
