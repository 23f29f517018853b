//! The clock of the runtime, and whether it can be made to stand still.

use std::{any::TypeId, time::Instant};

use tokio::runtime::{Handle, RuntimeFlavor};

/// The time of the runtime.
pub(crate) fn now() -> Instant {
    // Tokio would panic: a scope that a thread has kept to its end is dropped then.
    if can_pause() && Handle::try_current().is_err_and(|error| error.is_thread_local_destroyed()) {
        return Instant::now();
    }
    tokio::time::Instant::now().into_std()
}

/// Whether nobody can make the clock of the calling thread's runtime stand still.
#[inline]
pub(crate) fn runs_on() -> bool {
    let cannot_pause = || {
        let here = Handle::try_current();
        here.is_ok_and(|here| here.runtime_flavor() == RuntimeFlavor::MultiThread)
    };
    !can_pause() || cannot_pause()
}

/// Whether it stands still. One that is too coarse to tell counts as paused, which costs no more than speed.
pub(crate) fn is_paused() -> bool {
    !runs_on() && now() == now()
}

/// Whether tokio has `test-util`, whoever asked for it.
#[inline]
fn can_pause() -> bool {
    fn yields<T: 'static>(_: fn() -> T) -> TypeId {
        TypeId::of::<T>()
    }
    // Its `pause` is nearer than the one below, if there is one.
    #[allow(unused_imports)]
    use tokio::time::*;
    yields(pause) != TypeId::of::<Absent>()
}

/// What tokio's `pause` does not yield.
struct Absent;

#[allow(dead_code)]
fn pause() -> Absent {
    Absent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_can_be_paused_if_tokio_has_what_it_takes() {
        assert_eq!(can_pause(), cfg!(feature = "test-util"));
    }
}
