//! What `cancel_at_every_await` finds: each kind of mistake, at the point where it is made.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, Ordering},
};

use easynet::{
    AsyncBackend as _,
    cancel::{catch_cancelled, ignore_cancellation},
    ensure_backend,
    prelude::*,
    sim::{Cut, InvariantError, Simulation, cancel_at_every_await},
    time::coro_yield,
};
use futures::channel::oneshot;

/// How a program fails that does not stand being cancelled.
fn failure<F>(program: impl Fn(Cut) -> F) -> InvariantError
where
    F: Future<Output = ()> + Send + 'static,
{
    let fail = || cancel_at_every_await(&Simulation::new(0), &program).unwrap_err();
    let [first, again] = [(); 2].map(|()| fail());
    assert_eq!(first.to_string(), again.to_string(), "the same each time");
    assert_eq!(format!("{first:?}"), first.to_string());
    first
}

/// Moves money from one account to the other.
async fn transfer(accounts: Arc<[AtomicI64; 2]>) {
    coro_yield().await;
    accounts[0].fetch_sub(10, Ordering::Relaxed);
    coro_yield().await;
    accounts[1].fetch_add(10, Ordering::Relaxed);
    coro_yield().await;
}

fn assert_whole(accounts: &[AtomicI64; 2]) {
    let sum: i64 = accounts
        .iter()
        .map(|account| account.load(Ordering::Relaxed))
        .sum();
    assert_eq!(sum, 0, "money is lost");
}

#[test]
fn an_invariant_that_does_not_hold_in_between_is_found_there() {
    let error = failure(|cut| async move {
        let accounts = Arc::<[AtomicI64; 2]>::default();
        cut.run(transfer(accounts.clone())).await;
        assert_whole(&accounts);
    });
    assert_eq!((error.point(), error.seed()), (Some(1), 0));
    assert!(error.simulation_error().is_none());
    let text = error.to_string();
    let expected =
        "cancelled at suspension point 1 under seed 0, after task 1 `main` can run: it has yielded: ";
    assert!(text.starts_with(expected), "{text}");
    assert!(text.contains("money is lost"), "{text}");
}

#[test]
fn a_mistake_in_a_child_is_found_where_the_child_is_suspended() {
    let error = failure(|cut| async move {
        let accounts = Arc::<[AtomicI64; 2]>::default();
        let own = accounts.clone();
        cut.run(async { task_group!(|group| { group.named("bank").start_soon(transfer(own)) }) })
            .await;
        assert_whole(&accounts);
    });
    let text = error.to_string();
    assert!(
        text.contains("after task 2 `bank` can run: it has yielded"),
        "{text}"
    );
    assert!(text.contains("money is lost"), "{text}");
}

#[test]
fn the_same_in_a_shield_is_no_mistake() {
    let points = cancel_at_every_await(&Simulation::new(0), |cut| async move {
        let accounts = Arc::<[AtomicI64; 2]>::default();
        cut.run(ignore_cancellation(transfer(accounts.clone()))).await;
        assert_whole(&accounts);
    });
    assert_eq!(points.unwrap(), 3);
}

#[test]
fn a_witness_that_is_leaked_is_found() {
    let error = failure(|cut| async move {
        let witness = cut.witness();
        let part = async {
            let caught = catch_cancelled(async {
                coro_yield().await;
                coro_yield().await;
            });
            if caught.await.is_err() {
                std::mem::forget(witness);
            }
        };
        cut.run(part).await;
    });
    assert_eq!(error.point(), Some(0));
    assert!(
        error.to_string().contains("witnesses that were not dropped: 1"),
        "{error}"
    );
}

#[test]
fn a_task_that_is_left_is_found() {
    let error = failure(|cut| async move {
        let part = async {
            let caught = catch_cancelled(coro_yield()).await;
            if caught.is_err() {
                ensure_backend(None).unwrap().spawn(std::future::pending());
            }
        };
        cut.run(part).await;
    });
    assert_eq!(error.point(), Some(0));
    assert!(
        error.simulation_error().is_some_and(|error| error.is_leak()),
        "{error}"
    );
}

#[test]
fn a_deadlock_that_only_a_cancellation_brings_about_is_found() {
    let error = failure(|cut| async move {
        let (sender, receiver) = oneshot::channel::<()>();
        let kept = Arc::new(Mutex::new(Some(sender)));
        let own = kept.clone();
        cut.run(async move {
            coro_yield().await;
            coro_yield().await;
            let sender = own.lock().unwrap().take();
            sender.expect("it is there").send(()).expect("it is waited for");
            coro_yield().await;
        })
        .await;
        receiver.await.expect("it is sent");
        drop(kept);
    });
    assert_eq!(error.point(), Some(0));
    let deadlock = error.simulation_error().expect("it does not come to its end");
    assert!(deadlock.is_deadlock(), "{deadlock}");
    assert_eq!(deadlock.seed(), error.seed());
}

#[test]
fn a_panic_of_cleanup_is_found() {
    let error = failure(|cut| async move {
        let part = async {
            coro_yield().await;
            if catch_cancelled(coro_yield()).await.is_err() {
                panic!("it cannot be cleaned, for a test");
            }
        };
        cut.run(part).await;
    });
    assert_eq!(error.point(), Some(1));
    assert!(
        error.to_string().ends_with("it cannot be cleaned, for a test"),
        "{error}"
    );
}

#[test]
fn what_fails_without_being_cancelled_has_no_point() {
    let error = failure(|cut| async move {
        cut.run(coro_yield()).await;
        panic!("it fails anyway");
    });
    assert_eq!(error.point(), None);
    assert_eq!(
        error.to_string(),
        "not cancelled at all, under seed 0: it fails anyway"
    );
}

#[test]
fn a_program_has_one_part() {
    let error = failure(|cut| async move {
        cut.run(async {}).await;
        cut.run(async {}).await;
    });
    assert!(
        error.to_string().contains("`Cut::run` is called once in a run"),
        "{error}"
    );
}
