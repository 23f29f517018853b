//! Without any runtime: from threads, other executors, and in a `static`.

use std::{sync::Arc, thread};

use easynet::sync::{CapacityLimiter, Condition, Event, FairLock, Lock, Semaphore};
use futures::executor::block_on;

static LOCK: Lock<u32> = Lock::new(0);
static FAIR: FairLock<u32> = FairLock::new(0);
static EVENT: Event = Event::new();
static CHANGED: Condition = Condition::new();
static PERMITS: Semaphore = Semaphore::new(2);
static LIMIT: CapacityLimiter = CapacityLimiter::new(2);

#[test]
fn threads_without_a_runtime_wait_for_each_other() {
    let threads: Vec<_> = (0..4)
        .map(|_| {
            thread::spawn(|| {
                block_on(async {
                    EVENT.wait().await;
                    for _ in 0..200 {
                        let _permit = PERMITS.acquire(1).await;
                        let _token = LIMIT.acquire().await;
                        *FAIR.acquire().await += 1;
                        *LOCK.acquire().await += 1;
                        CHANGED.notify(1);
                    }
                });
            })
        })
        .collect();
    EVENT.set();
    block_on(async {
        let value = LOCK.acquire().await;
        let value = CHANGED.wait_while(value, |value| *value < 800).await;
        assert_eq!(*value, 800);
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(block_on(FAIR.acquire()).to_string(), "800");
    assert_eq!((PERMITS.available_permits(), LIMIT.borrowed_tokens()), (2, 0));
}

#[test]
fn one_runtime_waits_for_another() {
    let lock = Arc::new(Lock::new(0));
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let lock = lock.clone();
            thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                runtime.block_on(async {
                    for _ in 0..100 {
                        let mut value = lock.acquire().await;
                        tokio::task::yield_now().await;
                        *value += 1;
                    }
                });
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(block_on(lock.acquire()).to_string(), "200");
}

/// Guards go where their value may go.
#[test]
fn guards_are_as_free_as_their_values() {
    fn send<T: Send>(_: &T) {}
    fn sync<T: Sync>(_: &T) {}
    let lock = Arc::new(Lock::new(std::cell::Cell::new(1)));
    send(&lock);
    sync(&lock);
    send(&lock.acquire());
    let guard = lock.try_acquire().unwrap();
    send(&guard);
    drop(guard);
    let guard = lock.try_acquire_owned().unwrap();
    send(&guard);
    drop(guard);
    let lock = Lock::new(1);
    sync(&lock.try_acquire().unwrap());
}
