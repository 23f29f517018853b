//! The clock: it stands still while anything can run, and jumps to the next timer then.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use easynet::{
    AsyncBackend as _, ensure_backend,
    sim::{Simulation, run},
    task_group,
    time::{coro_yield, current_time, move_on_after, sleep, sleep_until, timeout},
};
use easynet_tests::{LONG, Log, ms};

use super::{SCHEDULES, outputs};

#[test]
fn years_pass_at_once() {
    let year = 365 * 24 * LONG;
    let passed = run(0, async move {
        let start = current_time();
        for _ in 0..10 {
            sleep(year).await;
        }
        current_time() - start
    });
    assert_eq!(passed.unwrap(), 10 * year);
}

#[test]
fn a_moment_is_met_to_the_nanosecond() {
    run(0, async {
        let start = current_time();
        for delay in [Duration::from_nanos(1), Duration::from_micros(7), ms(13)] {
            let before = current_time();
            sleep(delay).await;
            assert_eq!(current_time() - before, delay);
        }
        sleep_until(start + LONG).await;
        assert_eq!(current_time(), start + LONG);
    })
    .unwrap();
}

#[test]
fn every_simulation_begins_at_the_same_moment() {
    let begins = |seed| run(seed, async { current_time() }).unwrap();
    run(5, async { sleep(LONG).await }).unwrap();
    assert_eq!(begins(0), begins(1));
    let elsewhere = std::thread::spawn(move || begins(0)).join().unwrap();
    assert_eq!(elsewhere, begins(0));
}

#[test]
fn time_does_not_move_while_something_can_run() {
    for schedule in SCHEDULES {
        for seed in 0..16 {
            let simulation = Simulation::new(seed).schedule(schedule);
            simulation
                .run(async {
                    let start = current_time();
                    let woken = Arc::new(AtomicBool::new(false));
                    task_group!(|group| {
                        let sleeper = woken.clone();
                        group.start_soon(async move {
                            sleep(Duration::from_nanos(1)).await;
                            sleeper.store(true, Ordering::Relaxed);
                        });
                        for _ in 0..100 {
                            coro_yield().await;
                            assert_eq!(current_time(), start);
                            assert!(!woken.load(Ordering::Relaxed));
                        }
                    })
                    .unwrap();
                    assert_eq!(current_time(), start + Duration::from_nanos(1));
                })
                .unwrap();
        }
    }
}

#[test]
fn two_timers_of_one_moment_fire_in_either_order() {
    for schedule in SCHEDULES {
        let orders = outputs(schedule, 32, || async {
            let log = Log::new();
            task_group!(|group| {
                for name in ["one", "two"] {
                    let log = log.clone();
                    group.start_soon(async move {
                        sleep(ms(5)).await;
                        log.add(name);
                    });
                }
            })
            .unwrap();
            log.entries()
        });
        assert_eq!(orders.len(), 2, "{schedule:?}: {orders:?}");
    }
}

#[test]
fn timers_of_different_moments_fire_in_order_under_every_seed() {
    for schedule in SCHEDULES {
        let orders = outputs(schedule, 32, || async {
            let log = Log::new();
            task_group!(|group| {
                for delay in [3, 1, 2] {
                    let log = log.clone();
                    group.start_soon(async move {
                        sleep(Duration::from_nanos(delay)).await;
                        log.add(delay.to_string());
                    });
                }
            })
            .unwrap();
            log.entries().concat()
        });
        assert_eq!(orders.into_iter().collect::<Vec<_>>(), ["123"], "{schedule:?}");
    }
}

#[test]
fn a_deadline_and_a_sleep_to_the_same_moment_may_both_win() {
    // Of two tasks, since within one the inner is polled first.
    let seen = outputs(SCHEDULES[0], 32, || async {
        let log = Log::new();
        task_group!(|group| {
            let (limited, free) = (log.clone(), log.clone());
            group.start_soon(async move {
                assert!(move_on_after(ms(1), sleep(ms(2))).await.is_none());
                limited.add("deadline");
            });
            group.start_soon(async move {
                sleep(ms(1)).await;
                free.add("sleep");
            });
        })
        .unwrap();
        log.entries().concat()
    });
    assert_eq!(seen.len(), 2, "{seen:?}");
}

#[test]
fn a_timeout_is_at_its_deadline_and_not_after() {
    run(0, async {
        let start = current_time();
        assert!(timeout(LONG, sleep(2 * LONG)).await.is_err());
        assert_eq!(current_time() - start, LONG);
        // What was armed for later does not move the clock.
        sleep(ms(1)).await;
        assert_eq!(current_time() - start, LONG + ms(1));
    })
    .unwrap();
}

#[test]
fn a_timer_that_nobody_waits_for_any_more_does_not_move_the_clock() {
    run(0, async {
        let start = current_time();
        let left = task_group!(|group| {
            let task = group.spawn_value(sleep(24 * LONG));
            sleep(ms(1)).await;
            task.cancel();
        });
        left.unwrap();
        assert_eq!(current_time() - start, ms(1));
        assert!(timeout(LONG, sleep(ms(1))).await.is_ok());
    })
    .unwrap();
}

#[test]
fn what_lasts_for_ever_is_no_timer() {
    let stuck = run(0, async { sleep(Duration::MAX).await }).unwrap_err();
    assert!(stuck.is_deadlock(), "{stuck}");
}

/// The moment of a backend that is bound is that of its own simulation, wherever it is asked.
#[test]
fn another_thread_reads_the_clock_of_the_simulation() {
    let (inside, outside) = run(0, async {
        sleep(LONG).await;
        let backend = ensure_backend(None).unwrap().bind();
        let asked = std::thread::spawn(move || backend.current_time());
        (current_time(), asked.join().unwrap())
    })
    .unwrap();
    assert_eq!(inside, outside);
}

/// Of the backend that is bound to nothing, and of one that has ended.
#[test]
fn the_clock_does_not_go_back_when_the_simulation_has_ended() {
    let (backend, end): (_, Instant) = run(0, async {
        sleep(LONG).await;
        (ensure_backend(None).unwrap().bind(), current_time())
    })
    .unwrap();
    assert_eq!(backend.current_time(), end);
}
