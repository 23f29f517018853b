//! What the simulation says of tasks that wait for each other for ever.

use easynet::{
    prelude::*,
    sim::run,
    sync::{Condition, Event, FairLock, Lock, Semaphore},
};

/// The report of a program that does not come to its end.
fn report<F>(program: F) -> String
where
    F: Future<Output = ()> + Send + 'static,
{
    run(0, program).expect_err("it is a deadlock").report().to_owned()
}

#[test]
fn a_report_says_what_each_task_waits_for() {
    let report = report(async {
        let (lock, fair, event) = (Lock::new(()), FairLock::new(()), Event::new());
        let (condition, semaphore) = (Condition::new(), Semaphore::new(0));
        let _held = (lock.acquire().await, fair.acquire().await);
        task_group!(|group| {
            group.scoped().start_soon(async { drop(lock.acquire().await) });
            group.scoped().start_soon(async { drop(fair.acquire().await) });
            group.scoped().start_soon(async { event.wait().await });
            group.scoped().start_soon(async {
                let own = Lock::new(());
                drop(condition.wait(own.acquire().await).await);
            });
            group
                .scoped()
                .start_soon(async { drop(semaphore.acquire(1).await) });
        })
        .expect("nothing fails");
    });
    for what in [
        "waits for a lock",
        "waits for an event",
        "waits for a condition",
        "waits for permits of a semaphore",
    ] {
        assert!(report.contains(what), "{what}: {report}");
    }
}

#[test]
fn a_task_that_asks_again_for_what_it_has_is_found() {
    let report = report(async {
        let lock = Lock::new(());
        let _held = lock.acquire().await;
        drop(lock.acquire().await);
    });
    assert!(report.starts_with("deadlock:"), "{report}");
    assert!(report.contains("waits for a lock"), "{report}");
}
