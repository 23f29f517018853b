//! Many tasks on several threads: nothing is lost, whoever leaves when.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use easynet::{
    prelude::*,
    sync::{Condition, Event, Lock, Semaphore},
    time::{coro_yield, timeout},
};
use easynet_tests::each_backend;
use futures::{FutureExt, executor::block_on, poll};

use super::each_lock;

each_lock! {
    async fn waiters_that_leave_at_any_moment_lose_no_turn() {
        let total = Arc::new(AnyLock::new(0_usize));
        let counted = Arc::new(AtomicUsize::new(0));
        task_group!(|group| {
            for task in 0..32 {
                let (total, counted) = (total.clone(), counted.clone());
                group.start_soon(async move {
                    for turn in 0..100 {
                        let mut acquire = Box::pin(total.acquire());
                        if (task + turn) % 3 == 0 {
                            // Leaves, perhaps just when it is chosen.
                            let _ = poll!(&mut acquire).is_ready();
                            coro_yield().await;
                            if let Some(mut total) = acquire.now_or_never() {
                                *total += 1;
                                counted.fetch_add(1, Ordering::Relaxed);
                            }
                            continue;
                        }
                        let mut total = acquire.await;
                        let before = *total;
                        if turn % 5 == 0 {
                            coro_yield().await;
                        }
                        *total = before + 1;
                        counted.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        })
        .unwrap();
        assert!(!total.locked());
        assert_eq!(*total.acquire().await, counted.load(Ordering::Relaxed));
    }

    async fn guards_of_both_kinds_lose_nothing_however_they_are_asked_for() {
        let total = Arc::new(AnyLock::new(0_usize));
        let counted = Arc::new(AtomicUsize::new(0));
        let add = |total: &mut usize, counted: &AtomicUsize| {
            *total += 1;
            counted.fetch_add(1, Ordering::Relaxed);
        };
        task_group!(|group| {
            for task in 0..16 {
                let (lock, counted) = (total.clone(), counted.clone());
                group.start_soon(async move {
                    for turn in 0..300 {
                        match (task * 7 + turn) % 8 {
                            0 => add(&mut *lock.acquire().await, &counted),
                            1 => {
                                let mut total = lock.acquire_owned().await;
                                coro_yield().await;
                                add(&mut total, &counted);
                            }
                            2 => {
                                if let Some(mut total) = lock.try_acquire() {
                                    add(&mut total, &counted);
                                }
                            }
                            3 => {
                                if let Some(mut total) = lock.try_acquire_owned() {
                                    add(&mut total, &counted);
                                }
                            }
                            4 => {
                                if let Ok(mut total) = timeout(Duration::ZERO, lock.acquire()).await {
                                    add(&mut total, &counted);
                                }
                            }
                            5 => {
                                if let Ok(mut total) = timeout(Duration::ZERO, lock.acquire_owned()).await {
                                    add(&mut total, &counted);
                                }
                            }
                            6 => {
                                let (mut own, mut other) = (lock.acquire_owned(), lock.acquire().fuse());
                                futures::select_biased! {
                                    mut total = other => add(&mut total, &counted),
                                    mut total = (&mut own).fuse() => add(&mut total, &counted),
                                }
                            }
                            _ => {
                                let mut owned = Some(lock.acquire_owned().await);
                                add(owned.as_mut().unwrap(), &counted);
                                // Put back by a thread that may look while another opens the cell.
                                coro_yield().await;
                                drop(owned.take());
                            }
                        }
                    }
                });
            }
        })
        .unwrap();
        assert!(!total.locked());
        assert_eq!(*total.acquire().await, counted.load(Ordering::Relaxed));
    }

    async fn conditions_with_guards_of_both_kinds_lose_nothing() {
        let shared = Arc::new((Arc::new(AnyLock::new(0_usize)), Condition::new()));
        let left = Arc::new(AtomicUsize::new(16));
        task_group!(|group| {
            for task in 0..16 {
                let (shared, left) = (shared.clone(), left.clone());
                group.start_soon(async move {
                    let (stock, more) = &*shared;
                    for turn in 0..60 {
                        if (task + turn) % 4 == 0 {
                            let _ = timeout(Duration::ZERO, more.wait(stock.acquire_owned().await)).await;
                        }
                        if (task + turn) % 2 == 0 {
                            *more.wait_while(stock.acquire().await, |stock| *stock == 0).await -= 1;
                        } else {
                            *more.wait_while(stock.acquire_owned().await, |stock| *stock == 0).await -= 1;
                        }
                    }
                    left.fetch_sub(1, Ordering::Relaxed);
                });
            }
            let (stock, more) = &*shared;
            for turn in 0..240 {
                *stock.acquire().await += 4;
                match turn % 3 {
                    0 => more.notify_all(),
                    _ => more.notify(4),
                }
                coro_yield().await;
            }
        })
        .unwrap();
        assert_eq!(left.load(Ordering::Relaxed), 0);
        assert_eq!(shared.0.try_acquire().as_deref(), Some(&0));
    }
}

each_backend! {
    async fn waiters_of_a_condition_that_leave_lose_no_notification() {
        let shared = Arc::new((Lock::new(0_usize), Condition::new()));
        task_group!(|group| {
            for task in 0..16 {
                let shared = shared.clone();
                group.start_soon(async move {
                    let (stock, more) = &*shared;
                    for turn in 0..50 {
                        if (task + turn) % 4 == 0 {
                            // Asks, and leaves.
                            let guard = stock.acquire().await;
                            let mut wait = Box::pin(more.wait(guard));
                            let _ = poll!(&mut wait).is_ready();
                            coro_yield().await;
                            drop(wait);
                        }
                        let guard = stock.acquire().await;
                        let mut guard = more.wait_while(guard, |stock| *stock == 0).await;
                        *guard -= 1;
                    }
                });
            }
            for _ in 0..4 {
                let shared = shared.clone();
                group.start_soon(async move {
                    for _ in 0..200 {
                        *shared.0.acquire().await += 1;
                        shared.1.notify(1);
                        coro_yield().await;
                    }
                });
            }
        })
        .unwrap();
        assert_eq!(*shared.0.acquire().await, 0);
    }

    async fn permits_are_neither_lost_nor_made() {
        let semaphore = Arc::new(Semaphore::new(3));
        task_group!(|group| {
            for task in 0..16 {
                let semaphore = semaphore.clone();
                group.start_soon(async move {
                    for turn in 0..100 {
                        let mut acquire = Box::pin(semaphore.acquire((task + turn) % 3 + 1));
                        if turn % 4 == 0 {
                            let _ = poll!(&mut acquire).is_ready();
                            coro_yield().await;
                            continue;
                        }
                        let _permits = acquire.await;
                        coro_yield().await;
                    }
                });
            }
        })
        .unwrap();
        assert_eq!(semaphore.available_permits(), 3);
    }
}

#[test]
fn threads_that_set_and_wait_at_once_miss_nothing() {
    for _ in 0..500 {
        let event = Arc::new(Event::new());
        let waiters: Vec<_> = (0..2)
            .map(|_| {
                let event = event.clone();
                thread::spawn(move || block_on(event.wait()))
            })
            .collect();
        event.set();
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
    }
}

#[test]
fn threads_without_pause_lose_nothing_under_a_lock() {
    let lock = Arc::new(Lock::new(0));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let lock = lock.clone();
            thread::spawn(move || {
                block_on(async {
                    for _ in 0..20_000 {
                        *lock.acquire().await += 1;
                    }
                });
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(Arc::into_inner(lock).unwrap().into_inner(), 80_000);
}
