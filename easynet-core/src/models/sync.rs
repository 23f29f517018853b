//! Models of what tasks wait for each other with: nobody is forgotten, whoever leaves at whatever moment.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker},
};

use loom::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use super::{explore, explore_within, waker, woken};
use crate::sync::{CapacityLimiter, Condition, Event, FairLock, Lock, Semaphore};

fn poll<F: Future>(future: Pin<&mut F>, waker: &Waker) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(waker))
}

/// Increments as only one who is alone may.
fn increment(count: &AtomicUsize) {
    let before = count.load(Ordering::Relaxed);
    count.store(before + 1, Ordering::Relaxed);
}

/// The same models, for either lock.
macro_rules! models_of_a_lock {
    ($name:ident, $lock:ident) => {
        mod $name {
            use super::*;

            #[test]
            fn a_waiter_has_the_lock_or_is_woken_when_it_is_released() {
                explore(|| {
                    let lock = Arc::new($lock::new(()));
                    let held = lock.try_acquire_owned().unwrap();
                    let holder = thread::spawn(move || drop(held));
                    let (count, waker) = waker();
                    let mut acquire = pin!(lock.acquire());
                    if poll(acquire.as_mut(), &waker).is_pending() {
                        holder.join().unwrap();
                        assert!(woken(&count));
                        assert!(poll(acquire, &waker).is_ready());
                    } else {
                        holder.join().unwrap();
                    }
                    assert!(lock.try_acquire().is_some());
                });
            }

            #[test]
            fn one_at_a_time_has_the_lock() {
                explore(|| {
                    let shared = Arc::new(($lock::new(()), AtomicUsize::new(0)));
                    // Each tries twice, and answers how often it had the lock.
                    let work = |shared: Arc<($lock<()>, AtomicUsize)>| {
                        let (_, waker) = waker();
                        let mut had = 0;
                        let mut acquire = pin!(shared.0.acquire());
                        if let Poll::Ready(_held) = poll(acquire.as_mut(), &waker) {
                            increment(&shared.1);
                            had += 1;
                        }
                        if let Some(_held) = shared.0.try_acquire() {
                            increment(&shared.1);
                            had += 1;
                        }
                        had
                    };
                    let before = shared.clone();
                    let other = thread::spawn(move || work(before));
                    let had = work(shared.clone()) + other.join().unwrap();
                    assert_eq!(shared.1.load(Ordering::Relaxed), had);
                    assert!(had > 0 && !shared.0.locked());
                });
            }

            #[test]
            fn a_waiter_that_leaves_while_it_is_chosen_passes_its_turn_on() {
                explore(|| {
                    let lock = Arc::new($lock::new(()));
                    let held = lock.try_acquire_owned().unwrap();
                    let ((_, one), (count, two)) = (waker(), waker());
                    let mut first = Box::pin(lock.acquire_owned());
                    let mut second = Box::pin(lock.acquire_owned());
                    assert!(poll(first.as_mut(), &one).is_pending());
                    assert!(poll(second.as_mut(), &two).is_pending());
                    let holder = thread::spawn(move || drop(held));
                    drop(first);
                    holder.join().unwrap();
                    assert!(woken(&count));
                    assert!(poll(second.as_mut(), &two).is_ready());
                    assert!(!lock.locked());
                });
            }

            #[test]
            fn each_in_the_line_is_woken_in_turn() {
                explore(|| {
                    let lock = Arc::new($lock::new(()));
                    let held = lock.try_acquire_owned().unwrap();
                    let ((_, one), (count, two)) = (waker(), waker());
                    let mut first = Box::pin(lock.acquire_owned());
                    let mut second = Box::pin(lock.acquire_owned());
                    assert!(poll(first.as_mut(), &one).is_pending());
                    assert!(poll(second.as_mut(), &two).is_pending());
                    let holder = thread::spawn(move || drop(held));
                    let had = poll(first.as_mut(), &one).is_ready();
                    holder.join().unwrap();
                    assert!(had || poll(first.as_mut(), &one).is_ready());
                    assert!(woken(&count));
                    assert!(poll(second.as_mut(), &two).is_ready());
                });
            }

            #[test]
            fn a_waiter_that_is_polled_while_it_is_chosen_is_not_forgotten() {
                explore(|| {
                    let lock = Arc::new($lock::new(()));
                    let held = lock.try_acquire_owned().unwrap();
                    let ((_, old), (count, new)) = (waker(), waker());
                    let mut acquire = pin!(lock.acquire());
                    assert!(poll(acquire.as_mut(), &old).is_pending());
                    let holder = thread::spawn({
                        let lock = lock.clone();
                        move || {
                            drop(held);
                            // Overtakes, or finds that it may not.
                            drop(lock.try_acquire());
                        }
                    });
                    let polled = poll(acquire.as_mut(), &new).is_ready();
                    holder.join().unwrap();
                    if !polled {
                        assert!(woken(&count));
                        assert!(poll(acquire.as_mut(), &new).is_ready());
                    }
                });
            }

            #[test]
            fn whoever_releases_wakes_the_one_who_came_in_vain() {
                explore(|| {
                    let lock = Arc::new($lock::new(()));
                    let held = lock.try_acquire_owned().unwrap();
                    let holder = thread::spawn({
                        let lock = lock.clone();
                        move || {
                            drop(held);
                            drop(lock.try_acquire());
                            drop(lock.try_acquire());
                        }
                    });
                    let (count, waker) = waker();
                    let mut acquire = pin!(lock.acquire());
                    let mut polled = poll(acquire.as_mut(), &waker).is_ready();
                    if !polled && count.0.swap(0, std::sync::atomic::Ordering::SeqCst) > 0 {
                        polled = poll(acquire.as_mut(), &waker).is_ready();
                    }
                    holder.join().unwrap();
                    if !polled {
                        assert!(woken(&count));
                        assert!(poll(acquire.as_mut(), &waker).is_ready());
                    }
                });
            }

            #[test]
            fn of_two_who_wait_both_have_the_lock_in_the_end() {
                explore_within(3, || {
                    let lock = Arc::new($lock::new(()));
                    let held = lock.try_acquire_owned().unwrap();
                    let waiter = |lock: Arc<$lock<()>>| {
                        let (count, waker) = waker();
                        let mut acquire = Box::pin(lock.acquire_owned());
                        let polled = poll(acquire.as_mut(), &waker);
                        let had = polled.is_ready();
                        drop(polled);
                        (acquire, count, waker, had)
                    };
                    let shared = lock.clone();
                    let other = thread::spawn(move || waiter(shared));
                    drop(held);
                    let mut own = waiter(lock.clone());
                    let mut other = other.join().unwrap();
                    // Each that has been woken goes on, until nobody can.
                    for _ in 0..2 {
                        for (acquire, count, waker, had) in [&mut own, &mut other] {
                            if !*had && woken(count) {
                                *had = poll(acquire.as_mut(), waker).is_ready();
                            }
                        }
                    }
                    assert!(own.3 && other.3);
                    assert!(!lock.locked());
                });
            }
        }
    };
}

models_of_a_lock! { lock, Lock }
models_of_a_lock! { fair_lock, FairLock }

/// One sees that the value is out, and has the cell open, while it is put back.
#[test]
fn a_value_that_is_put_back_while_others_look_is_there_for_the_next() {
    explore_within(3, || {
        let lock = Arc::new(Lock::new(7));
        let looks: Vec<_> = (0..2)
            .map(|_| {
                let lock = lock.clone();
                thread::spawn(move || lock.try_acquire().map(|value| *value))
            })
            .collect();
        // They may have found the lock free by then, and look into the cell too late.
        drop(lock.try_acquire_owned());
        for look in looks {
            assert!(look.join().unwrap().is_none_or(|value| value == 7));
        }
        assert_eq!(lock.try_acquire().map(|value| *value), Some(7));
    });
}

#[test]
fn a_waiter_that_finds_the_value_out_has_it_or_is_woken() {
    explore_within(3, || {
        let lock = Arc::new(Lock::new(7));
        let owner = thread::spawn({
            let lock = lock.clone();
            move || drop(lock.try_acquire_owned())
        });
        let (count, waker) = waker();
        let mut acquire = Box::pin(lock.acquire());
        let had = poll(acquire.as_mut(), &waker).is_ready();
        owner.join().unwrap();
        assert!(had || woken(&count));
        assert!(had || poll(acquire.as_mut(), &waker).is_ready());
        assert_eq!(lock.try_acquire().map(|value| *value), Some(7));
    });
}

#[test]
fn nobody_overtakes_in_a_fair_lock() {
    explore(|| {
        let lock = Arc::new(FairLock::new(()));
        let held = lock.try_acquire_owned().unwrap();
        let (_, waker) = waker();
        let mut acquire = pin!(lock.acquire());
        assert!(poll(acquire.as_mut(), &waker).is_pending());
        let holder = thread::spawn(move || drop(held));
        assert!(lock.try_acquire().is_none());
        holder.join().unwrap();
        assert!(lock.try_acquire().is_none());
        assert!(poll(acquire.as_mut(), &waker).is_ready());
    });
}

#[test]
fn who_waits_for_an_event_sees_it_or_is_woken() {
    explore(|| {
        let event = Arc::new(Event::new());
        let setters: Vec<_> = (0..2)
            .map(|_| {
                let event = event.clone();
                thread::spawn(move || event.set())
            })
            .collect();
        let (count, waker) = waker();
        let mut wait = pin!(event.wait());
        let seen = poll(wait.as_mut(), &waker).is_ready();
        setters.into_iter().for_each(|setter| setter.join().unwrap());
        assert!(seen || woken(&count));
        assert!(seen || poll(wait, &waker).is_ready());
    });
}

#[test]
fn who_waits_for_an_event_with_another_waker_is_woken_by_that() {
    explore(|| {
        let event = Arc::new(Event::new());
        let ((_, old), (count, new)) = (waker(), waker());
        let mut wait = pin!(event.wait());
        assert!(poll(wait.as_mut(), &old).is_pending());
        let setter = thread::spawn({
            let event = event.clone();
            move || event.set()
        });
        let seen = poll(wait.as_mut(), &new).is_ready();
        setter.join().unwrap();
        assert!(seen || woken(&count));
    });
}

#[test]
fn who_leaves_an_event_takes_nobody_along() {
    explore(|| {
        let event = Arc::new(Event::new());
        let ((_, one), (count, two)) = (waker(), waker());
        let mut leaves = Box::pin(event.wait());
        let mut stays = pin!(event.wait());
        assert!(poll(leaves.as_mut(), &one).is_pending());
        assert!(poll(stays.as_mut(), &two).is_pending());
        let setter = thread::spawn({
            let event = event.clone();
            move || event.set()
        });
        drop(leaves);
        setter.join().unwrap();
        assert!(woken(&count));
        assert!(poll(stays, &two).is_ready());
    });
}

#[test]
fn who_waits_for_a_condition_misses_nothing_once_the_lock_is_free() {
    explore(|| {
        let shared = Arc::new((Lock::new(false), Condition::new()));
        let (lock, condition) = &*shared;
        let guard = lock.try_acquire().unwrap();
        let notifier = thread::spawn({
            let shared = shared.clone();
            move || {
                let (lock, condition) = &*shared;
                let Some(mut done) = lock.try_acquire() else {
                    return false;
                };
                *done = true;
                drop(done);
                condition.notify(1);
                true
            }
        });
        let (count, waker) = waker();
        let mut wait = pin!(condition.wait(guard));
        assert!(poll(wait.as_mut(), &waker).is_pending());
        let notified = notifier.join().unwrap();
        assert_eq!(notified, woken(&count));
        if notified {
            match poll(wait.as_mut(), &waker) {
                Poll::Ready(done) => assert!(*done),
                Poll::Pending => panic!("the lock is free"),
            }
            assert!(!lock.locked());
        }
    });
}

#[test]
fn a_waiter_that_leaves_while_it_is_notified_passes_it_on() {
    explore(|| {
        let condition = Arc::new(Condition::new());
        let (one, two) = (Lock::new(()), Lock::new(()));
        let ((_, first), (count, second)) = (waker(), waker());
        let mut leaves = Box::pin(condition.wait(one.try_acquire().unwrap()));
        let mut stays = pin!(condition.wait(two.try_acquire().unwrap()));
        assert!(poll(leaves.as_mut(), &first).is_pending());
        assert!(poll(stays.as_mut(), &second).is_pending());
        let notifier = thread::spawn({
            let condition = condition.clone();
            move || condition.notify(1)
        });
        drop(leaves);
        notifier.join().unwrap();
        assert!(woken(&count));
        assert!(poll(stays, &second).is_ready());
    });
}

#[test]
fn who_waits_for_a_condition_with_another_waker_is_woken_by_that() {
    explore(|| {
        let condition = Arc::new(Condition::new());
        let lock = Lock::new(());
        let ((_, old), (count, new)) = (waker(), waker());
        let mut wait = pin!(condition.wait(lock.try_acquire().unwrap()));
        assert!(poll(wait.as_mut(), &old).is_pending());
        let notifier = thread::spawn({
            let condition = condition.clone();
            move || condition.notify_all()
        });
        let seen = poll(wait.as_mut(), &new).is_ready();
        notifier.join().unwrap();
        assert!(seen || woken(&count));
        assert!(seen || poll(wait, &new).is_ready());
    });
}

#[test]
fn who_waits_for_permits_has_them_or_is_woken() {
    explore(|| {
        let semaphore = Arc::new(Semaphore::new(2));
        let held = semaphore.try_acquire_owned(1).unwrap();
        let other = semaphore.try_acquire_owned(1).unwrap();
        let holder = thread::spawn(move || drop(held));
        let (count, waker) = waker();
        let mut acquire = Box::pin(semaphore.acquire_owned(2));
        assert!(poll(acquire.as_mut(), &waker).is_pending());
        drop(other);
        holder.join().unwrap();
        assert!(woken(&count));
        assert!(poll(acquire.as_mut(), &waker).is_ready());
        assert_eq!(semaphore.available_permits(), 2);
    });
}

#[test]
fn a_waiter_that_leaves_while_it_is_served_gives_the_token_back() {
    explore(|| {
        let limiter = Arc::new(CapacityLimiter::new(1));
        let held = limiter.try_acquire_owned().unwrap();
        let ((_, one), (count, two)) = (waker(), waker());
        let mut first = Box::pin(limiter.acquire_owned());
        let mut second = Box::pin(limiter.acquire_owned());
        assert!(poll(first.as_mut(), &one).is_pending());
        assert!(poll(second.as_mut(), &two).is_pending());
        let holder = thread::spawn(move || drop(held));
        drop(first);
        holder.join().unwrap();
        assert!(woken(&count));
        assert!(poll(second.as_mut(), &two).is_ready());
        assert_eq!(limiter.borrowed_tokens(), 0);
    });
}
