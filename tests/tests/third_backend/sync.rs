//! Locks, events, conditions and semaphores, between tasks of the backend.

use std::sync::Arc;

use easynet_core::BoxError;
use easynet_tests::ms;

use crate::on_each;

on_each! {
    async fn a_lock_is_one_tasks_at_a_time(backend) {
        for fair in [false, true] {
            let (lock, fair_lock) = (Arc::new(backend.create_lock(0)), Arc::new(backend.create_fair_lock(0)));
            let group = backend.create_task_group::<BoxError>();
            group
                .run(async {
                    for _ in 0..20 {
                        let (own, lock, fair_lock) = (backend.clone(), lock.clone(), fair_lock.clone());
                        group.start_soon(async move {
                            if fair {
                                let mut value = fair_lock.acquire().await;
                                let seen = *value;
                                own.coro_yield().await;
                                *value = seen + 1;
                            } else {
                                let mut value = lock.acquire().await;
                                let seen = *value;
                                own.coro_yield().await;
                                *value = seen + 1;
                            }
                        });
                    }
                })
                .await
                .unwrap();
            assert_eq!(*lock.try_acquire().unwrap() + *fair_lock.try_acquire().unwrap(), 20);
        }
    }

    async fn an_event_is_set_from_a_thread(backend) {
        let event = Arc::new(backend.create_event());
        let setter = event.clone();
        std::thread::spawn(move || setter.set());
        event.wait().await;
        assert!(event.is_set());
    }

    async fn a_condition_wakes_who_waits(backend) {
        let shared = Arc::new((backend.create_lock(0), backend.create_condition_var()));
        let group = backend.create_task_group::<BoxError>();
        group
            .run(async {
                for _ in 0..3 {
                    let shared = shared.clone();
                    group.start_soon(async move {
                        let (lock, changed) = &*shared;
                        let guard = lock.acquire().await;
                        let mut value = changed.wait_while(guard, |value| *value == 0).await;
                        *value -= 1;
                    });
                }
                backend.sleep(ms(1)).await;
                let (lock, changed) = &*shared;
                *lock.acquire().await = 3;
                changed.notify_all();
            })
            .await
            .unwrap();
        assert_eq!(*shared.0.acquire().await, 0);
    }

    async fn a_waiter_that_is_cancelled_passes_its_turn_on(backend) {
        let semaphore = Arc::new(backend.create_semaphore(1));
        let permit = semaphore.acquire_owned(1).await;
        let group = backend.create_task_group::<BoxError>();
        group
            .run(async {
                let (own, waiting) = (backend.clone(), semaphore.clone());
                group.start_soon(async move {
                    assert!(own.move_on_after(ms(2), waiting.acquire(1)).await.is_none());
                });
                let waiting = semaphore.clone();
                let last = group.spawn_value(async move { drop(waiting.acquire(1).await) });
                backend.sleep(ms(4)).await;
                drop(permit);
                last.join().await.unwrap();
            })
            .await
            .unwrap();
    }
}
