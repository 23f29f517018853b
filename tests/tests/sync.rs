//! LCK, EVT, CND: locks, events, conditions, semaphores and limiters.
//!
//! What does not compile is shown by the cases of `ui-tests`: a guard that outlives its lock (LCK-06), waiting for a
//! condition without one (CND-04).
#![forbid(unsafe_code)]

mod sync {
    mod cancellation;
    mod channels;
    mod conditions;
    mod events;
    mod fair_locks;
    mod limiters;
    mod locks;
    mod outside;
    mod owned;
    mod reports;
    mod semaphores;
    mod stress;

    /// Runs the tests for both kinds of lock, by the name of `AnyLock`, on every backend.
    macro_rules! each_lock {
        ($($tests:tt)*) => {
            mod lock {
                #[allow(unused_imports)]
                use super::*;
                use easynet::sync::Lock as AnyLock;
                easynet_tests::each_backend! { $($tests)* }
            }
            mod fair_lock {
                #[allow(unused_imports)]
                use super::*;
                use easynet::sync::FairLock as AnyLock;
                easynet_tests::each_backend! { $($tests)* }
            }
        };
    }
    use each_lock;

    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        task::{Wake, Waker},
    };

    /// Counts how often it was woken.
    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    impl Woken {
        fn new() -> (Arc<Self>, Waker) {
            let woken = Arc::new(Self::default());
            (woken.clone(), Waker::from(woken))
        }

        fn times(&self) -> usize {
            self.0.load(Ordering::SeqCst)
        }
    }
}
