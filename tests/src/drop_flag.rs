//! Whether something was dropped.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Tells whether its guard was dropped.
#[derive(Debug, Clone, Default)]
pub struct DropFlag(Arc<AtomicBool>);

impl DropFlag {
    /// A flag that is not set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a guard was dropped.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// A value that sets the flag when it is dropped.
    pub fn guard(&self) -> DropGuard {
        DropGuard(self.clone())
    }
}

/// Sets a flag when it is dropped: see [`DropFlag::guard`].
#[derive(Debug)]
#[must_use = "it sets its flag at once if nobody keeps it"]
pub struct DropGuard(DropFlag);

impl Drop for DropGuard {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::SeqCst);
    }
}
