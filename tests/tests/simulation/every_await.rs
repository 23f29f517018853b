//! A program, cancelled at every suspension point of all of its tasks in turn.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use easynet::{
    AsyncBackend as _, TaskGroup,
    cancel::{catch_cancelled, ignore_cancellation},
    ensure_backend,
    prelude::*,
    sim::{Simulation, cancel_at_every_await},
    task::create_task_group,
    testing::Witness,
    time::{coro_yield, move_on_after, sleep, sleep_forever},
};
use easynet_tests::{LONG, Log, ms, panic_message};

use super::SCHEDULES;

/// Suspends so often, and holds a witness meanwhile.
async fn steps(witness: Witness, n: usize) {
    for _ in 0..n {
        coro_yield().await;
    }
    drop(witness);
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
