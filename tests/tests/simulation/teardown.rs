//! When all is over, what is left is dropped, and its destructors run where they can do no harm.

use std::{future::pending, panic::catch_unwind};

use easynet::{
    AsyncBackend as _, ensure_backend,
    sim::run,
    time::{coro_yield, sleep},
};
use easynet_tests::{DropFlag, LONG, Log, ms};

use super::{failure, leaks::spawn};

#[test]
fn the_tasks_that_are_left_are_dropped_in_the_end() {
    let log = Log::new();
    let guards = ["one", "two", "three"].map(|name| log.on_drop(name));
    failure(async move {
        for guard in guards {
            spawn(async move {
                let _guard = guard;
                pending::<()>().await;
            });
        }
        coro_yield().await;
    });
    log.assert(&["one", "two", "three"]);
}

/// Calls something when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn what_a_destructor_starts_when_all_is_over_is_dropped_unpolled() {
    let (begun, dropped) = (DropFlag::new(), DropFlag::new());
    let (begins, guard) = (begun.clone(), dropped.guard());
    failure(async move {
        let backend = ensure_backend(None).expect("a simulation runs").bind();
        let mut guard = Some(guard);
        let last = OnDrop(move || {
            let (begins, guard) = (begins.clone(), guard.take());
            backend.spawn(async move {
                drop(begins.guard());
                drop(guard);
            });
            // It may wait for nothing, and makes no trouble.
            drop(Box::pin(sleep(LONG)));
            drop(backend.run_blocking(|| ()));
            drop(backend.timer(backend.current_time() + LONG));
            assert!(
                easynet::sim::run(1, async {}).is_err(),
                "it is still inside of the first"
            );
        });
        let _last = last;
        pending::<()>().await;
    });
    assert!(!begun.is_set());
    assert!(dropped.is_set());
}

#[test]
fn a_destructor_that_panics_when_all_is_over_keeps_no_other_from_running() {
    let log = Log::new();
    let own = log.clone();
    let error = failure(async move {
        for n in 0..3 {
            let guard = own.on_drop(n.to_string());
            spawn(async move {
                let _guard = guard;
                let _bomb = OnDrop(|| panic!("a destructor panics, for a test"));
                pending::<()>().await;
            });
        }
        sleep(ms(1)).await;
    });
    assert!(error.is_leak(), "{error}");
    log.assert(&["0", "1", "2"]);
    run(0, async { sleep(ms(1)).await }).expect("the thread is as it was");
}

#[test]
fn a_panic_of_the_program_goes_before_what_it_leaves() {
    let dropped = DropFlag::new();
    let guard = dropped.guard();
    let panic = catch_unwind(|| {
        run(0, async move {
            spawn(async move {
                let _guard = guard;
                pending::<()>().await;
            });
            coro_yield().await;
            std::panic::panic_any(3_u8);
        })
    });
    assert_eq!(*panic.unwrap_err().downcast::<u8>().expect("its own payload"), 3);
    assert!(dropped.is_set());
}

#[test]
fn a_value_that_nobody_gets_is_dropped() {
    let dropped = DropFlag::new();
    let guard = dropped.guard();
    let ended = run(0, async move {
        spawn(pending());
        guard
    });
    assert!(ended.is_err());
    assert!(dropped.is_set());
}
