//! A program, cancelled at every suspension point of all of its tasks in turn.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, AtomicUsize, Ordering},
};

use easynet::{
    AsyncBackend as _, TaskGroup,
    cancel::{catch_cancelled, ignore_cancellation},
    ensure_backend,
    prelude::*,
    sim::{Cut, InvariantError, Simulation, cancel_at_every_await},
    task::create_task_group,
    testing::Witness,
    time::{coro_yield, move_on_after, sleep, sleep_forever},
};
use easynet_tests::{LONG, Log, ms, panic_message};
use futures::channel::oneshot;

use super::SCHEDULES;

/// Suspends so often, and holds a witness meanwhile.
async fn steps(witness: Witness, n: usize) {
    for _ in 0..n {
        coro_yield().await;
    }
    drop(witness);
}

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

#[test]
fn each_suspension_of_each_task_is_a_point() {
    let points = cancel_at_every_await(&Simulation::new(0), |cut| async move {
        let witness = cut.witness();
        cut.run(steps(witness, 5)).await;
    });
    assert_eq!(points.unwrap(), 5);
    // And those of children, which the helper for any backend does not see.
    let points = cancel_at_every_await(&Simulation::new(0), |cut| async move {
        let witness = cut.witness();
        let part = async {
            task_group!(|group| {
                group.start_soon(steps(witness.clone(), 5));
                group.start_soon(steps(witness, 5));
            })
        };
        cut.run(part).await;
    });
    assert_eq!(points.unwrap(), 11, "and the group waits once");
}

#[test]
fn there_is_one_run_for_each_point_and_one_to_the_end() {
    let (runs, cuts) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let points = cancel_at_every_await(&Simulation::new(0), |cut| {
        runs.fetch_add(1, Ordering::Relaxed);
        let cuts = cuts.clone();
        async move {
            if cut.run(steps(cut.witness(), 7)).await.is_none() {
                cuts.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    assert_eq!(points.unwrap(), 7);
    assert_eq!(runs.into_inner(), 8);
    assert_eq!(cuts.load(Ordering::Relaxed), 7);
}

#[test]
fn a_program_that_takes_care_of_itself_stands_it_everywhere() {
    for schedule in SCHEDULES {
        for seed in 0..8 {
            let simulation = Simulation::new(seed).schedule(schedule);
            let points = cancel_at_every_await(&simulation, |cut| async move {
                let witness = cut.witness();
                cut.run(async {
                    let group: TaskGroup = create_task_group();
                    let body = group.run(async {
                        for n in 0..3 {
                            group.start_soon(steps(witness.clone(), n));
                            group.scoped().start_soon(steps(witness.clone(), n));
                        }
                        let own = witness.clone();
                        group.start_soon(async move {
                            if catch_cancelled(sleep(ms(1))).await.is_err() {
                                ignore_cancellation(steps(own, 2)).await;
                            }
                        });
                        let backend = ensure_backend(None).expect("a simulation runs");
                        backend.run_blocking(|| ()).await;
                        let _ = move_on_after(ms(1), sleep(LONG)).await;
                    });
                    body.await.expect("nothing fails");
                    drop(witness);
                })
                .await;
            });
            let points = points.unwrap_or_else(|error| panic!("{schedule:?}: {error}"));
            assert!(points > 5, "{points}");
        }
    }
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
fn what_is_around_the_part_is_not_cancelled() {
    let points = cancel_at_every_await(&Simulation::new(0), |cut| async move {
        let log = Log::new();
        coro_yield().await;
        let own = log.clone();
        task_group!(|group| {
            group.start_soon(async move {
                sleep(ms(5)).await;
                own.add("around");
            });
            cut.run(async { sleep(ms(1)).await }).await;
            coro_yield().await;
            log.add("after");
        })
        .expect("nothing fails");
        log.assert_unordered(&["around", "after"]);
    });
    // That of the part, and that of the task around it if it is suspended meanwhile.
    assert!((1..=2).contains(&points.unwrap()));
}

#[test]
fn what_is_done_after_a_part_that_was_dropped_is_no_point() {
    let points = cancel_at_every_await(&Simulation::new(0), |cut| async move {
        let _ = move_on_after(ms(1), cut.run(sleep_forever())).await;
        for _ in 0..10 {
            coro_yield().await;
        }
    });
    assert_eq!(points.unwrap(), 1);
}

#[test]
fn the_part_may_be_run_by_a_child() {
    let points = cancel_at_every_await(&Simulation::new(0), |cut| async move {
        task_group!(|group| {
            group.start_soon(async move {
                let witness = cut.witness();
                cut.run(steps(witness, 3)).await;
            });
        })
        .expect("nothing fails");
    });
    assert_eq!(points.unwrap(), 3);
}

#[test]
fn a_part_without_suspension_has_no_point() {
    let points = cancel_at_every_await(&Simulation::new(0), |cut| async move {
        assert_eq!(cut.run(async { 7 }).await, Some(7));
    });
    assert_eq!(points.unwrap(), 0);
}

#[test]
fn a_program_without_a_part_is_a_mistake_of_the_test() {
    let text = panic_message(|| cancel_at_every_await(&Simulation::new(0), |_| async {}));
    assert!(text.contains("gives nothing to `Cut::run`"), "{text}");
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

/// Of all points, the one that only some orders have.
#[test]
fn another_seed_has_other_points() {
    let points = |seed| {
        cancel_at_every_await(&Simulation::new(seed), |cut| async move {
            let part = async {
                task_group!(|group| {
                    let first = group.spawn_value(coro_yield());
                    let second = group.spawn_value(async move { first.wait().await });
                    second.wait().await;
                })
            };
            cut.run(part).await;
        })
        .unwrap()
    };
    let all: std::collections::BTreeSet<_> = (0..16).map(points).collect();
    assert!(all.len() > 1, "{all:?}");
}
