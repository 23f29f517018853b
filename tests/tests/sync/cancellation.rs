//! Programs that wait for each other, cancelled at each of their suspension points: nothing of them is left.

use std::sync::Arc;

use easynet::{
    cancel::ignore_cancellation,
    prelude::*,
    sim::Simulation,
    sync::{Condition, Event, FairLock, Lock, Semaphore},
    testing::{Witness, cancel_at_every_await},
    time::coro_yield,
};
use easynet_tests::each_backend;

use super::each_lock;

/// Everything there is to wait for, and the witness of those who do.
#[derive(Default)]
struct Things {
    lock: Lock<u32>,
    fair: FairLock<u32>,
    done: Event,
    changed: Condition,
}

/// Takes part in all of it.
async fn take_part(things: Arc<Things>, witness: Witness) {
    for _ in 0..2 {
        let mut value = things.lock.acquire().await;
        coro_yield().await;
        *value += 1;
        drop(value);
        things.changed.notify(1);
        let mut value = things.fair.acquire().await;
        coro_yield().await;
        *value += 1;
    }
    let value = things.lock.acquire().await;
    let value = things.changed.wait_while(value, |value| *value < 6).await;
    drop(value);
    things.changed.notify_all();
    things.done.set();
    drop(witness);
}

async fn all_take_part(things: Arc<Things>, witness: Witness) {
    task_group!(|group| {
        for _ in 0..3 {
            group.start_soon(take_part(things.clone(), witness.clone()));
        }
        things.done.wait().await;
    })
    .expect("nothing fails");
}

/// Whatever happened: nothing is locked, and nobody is waited for.
fn assert_at_rest(things: &Things) {
    assert!(!things.lock.locked() && !things.fair.locked());
    assert!(things.lock.try_acquire().is_some() && things.fair.try_acquire().is_some());
}

each_backend! {
    async fn tasks_that_wait_for_each_other_leave_nothing() {
        let points = cancel_at_every_await(|witness| async move {
            let things = Arc::<Things>::default();
            let rest = things.clone();
            // A destructor, since the program may not come to its end.
            struct AtRest(Arc<Things>);
            impl Drop for AtRest {
                fn drop(&mut self) {
                    assert_at_rest(&self.0);
                }
            }
            let _checked = AtRest(rest);
            all_take_part(things, witness).await;
        })
        .await;
        assert!(points >= 1, "{points}");
    }

    async fn permits_all_come_back() {
        let semaphore = Arc::new(Semaphore::new(2));
        let shared = semaphore.clone();
        let points = cancel_at_every_await(move |witness| {
            let semaphore = shared.clone();
            async move {
                task_group!(|group| {
                    for n in 0..5 {
                        let (semaphore, witness) = (semaphore.clone(), witness.clone());
                        group.start_soon(async move {
                            let permits = semaphore.acquire(n % 2 + 1).await;
                            coro_yield().await;
                            drop((permits, witness));
                        });
                    }
                    let permits = semaphore.acquire(2).await;
                    coro_yield().await;
                    drop(permits);
                })
                .expect("nothing fails");
            }
        })
        .await;
        assert!(points >= 2, "{points}");
        assert_eq!(semaphore.available_permits(), 2);
    }
}

each_lock! {
    async fn one_program_with_one_lock_leaves_nothing() {
        let points = cancel_at_every_await(|witness| async move {
            let (lock, changed) = (AnyLock::new(0), Condition::new());
            task_group!(|group| {
                group.scoped().start_soon(async {
                    let held = witness.clone();
                    let mut value = lock.acquire().await;
                    coro_yield().await;
                    *value += 1;
                    drop(value);
                    changed.notify(1);
                    drop(held);
                });
                group.scoped().start_soon(async {
                    let held = witness.clone();
                    ignore_cancellation(async {
                        let mut value = lock.acquire().await;
                        coro_yield().await;
                        *value += 1;
                    })
                    .await;
                    changed.notify_all();
                    drop(held);
                });
                let value = lock.acquire().await;
                coro_yield().await;
                let _value = changed.wait_while(value, |value| *value < 2).await;
            })
            .expect("nothing fails");
            assert!(!lock.locked());
        })
        .await;
        assert!(points >= 3, "{points}");
    }
}

/// The helper of the simulation cuts each task at each of its points, while the others go on.
#[test]
fn whichever_task_is_cancelled_wherever_the_others_go_on() {
    for seed in 0..8 {
        let points = easynet::sim::cancel_at_every_await(&Simulation::new(seed), |cut| async move {
            let things = Arc::<Things>::default();
            let part = all_take_part(things.clone(), cut.witness());
            cut.run(part).await;
            // Those outside of what was cancelled find everything free.
            drop((things.lock.acquire().await, things.fair.acquire().await));
            assert_at_rest(&things);
        });
        let points = points.unwrap();
        assert!(points > 5, "{points}");
    }
}
