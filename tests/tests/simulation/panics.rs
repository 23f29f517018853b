//! A panic resumes in whoever runs the simulation, and leaves nothing behind on the thread.

use std::{
    future::{Future, pending},
    panic::{AssertUnwindSafe, catch_unwind, panic_any},
    task::Poll,
};

use easynet::{
    AsyncBackend as _, TaskGroup, ensure_backend,
    prelude::*,
    sim::{Simulation, run},
    task::{create_task_group, try_get_current_task},
    time::{coro_yield, sleep, sleep_forever},
};
use easynet_tests::{DropFlag, LONG, ms};

use super::SCHEDULES;

/// What a panic of these tests carries.
#[derive(Debug, PartialEq, Eq)]
struct Payload(u32);

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic_any(Payload(9));
    }
}

/// A simulation that goes on for a while, and its trace.
fn usual() -> String {
    let (ended, trace) = Simulation::new(5).run_traced(async {
        task_group!(|group| {
            for n in 0..3 {
                group.start_soon(async move { sleep(ms(n)).await });
            }
            ensure_backend(None).unwrap().run_blocking(|| ()).await;
        })
        .expect("nothing fails");
    });
    ended.expect("it ends");
    trace
}

/// Runs a program that panics under several seeds, and sees to it that the next simulation is as any other.
fn assert_panics<F>(payload: u32, program: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let before = usual();
    for schedule in SCHEDULES {
        for seed in 0..8 {
            let simulation = Simulation::new(seed).schedule(schedule);
            let panic = catch_unwind(AssertUnwindSafe(|| simulation.run(program())));
            let panic = panic.expect_err("it resumes");
            assert_eq!(
                *panic.downcast::<Payload>().expect("its own payload"),
                Payload(payload)
            );
            assert!(easynet::sim::seed().is_none() && ensure_backend(None).is_err());
            assert!(try_get_current_task().is_none());
            assert_eq!(usual(), before);
        }
    }
}

#[test]
fn of_the_program() {
    assert_panics(1, || async {
        sleep(ms(1)).await;
        panic_any(Payload(1));
    });
}

#[test]
fn of_the_program_before_it_has_begun_to_wait() {
    assert_panics(2, || async { panic_any(Payload(2)) });
}

#[test]
fn of_a_child_while_others_clean_up() {
    let flag = DropFlag::new();
    let own = flag.clone();
    assert_panics(3, move || {
        let guard = own.guard();
        async move {
            let ended = task_group!(|group| {
                group.start_soon(async move {
                    shield!(sleep(LONG));
                    drop(guard);
                });
                group.start_soon(async {
                    coro_yield().await;
                    panic_any(Payload(3))
                });
                sleep_forever().await
            });
            ended.expect("the panic resumes here")
        }
    });
    assert!(flag.is_set());
}

#[test]
fn of_a_child_that_borrows() {
    assert_panics(4, || async {
        let number = 4;
        let group: TaskGroup = create_task_group();
        let ended = group.run(async {
            group.scoped().start_soon(async {
                coro_yield().await;
                let number = &number;
                panic_any(Payload(*number))
            });
        });
        ended.await.expect("the panic resumes here");
    });
}

#[test]
fn of_a_task_that_no_group_knows() {
    assert_panics(5, || async {
        ensure_backend(None)
            .unwrap()
            .spawn(async { panic_any(Payload(5)) });
        sleep(ms(1)).await;
    });
}

#[test]
fn of_a_job() {
    assert_panics(6, || async {
        let backend = ensure_backend(None).unwrap();
        backend.run_blocking(|| panic_any(Payload(6))).await
    });
}

#[test]
fn of_a_destructor_of_the_program() {
    assert_panics(9, || async {
        let _bomb = Bomb;
        sleep(ms(1)).await;
    });
}

#[test]
fn of_a_destructor_of_a_child_that_is_cancelled() {
    assert_panics(9, || async {
        let ended = task_group!(|group| {
            let child = group.spawn_value(async {
                let _bomb = Bomb;
                pending::<()>().await;
            });
            coro_yield().await;
            coro_yield().await;
            child.cancel();
            child.wait().await;
        });
        // Cancelled before it has begun, it has no bomb.
        ended.expect("the panic resumes here");
        panic_any(Payload(9));
    });
}

#[test]
fn of_what_a_finished_task_leaves_to_be_dropped() {
    struct Ends {
        _bomb: Bomb,
    }

    impl Future for Ends {
        type Output = ();

        fn poll(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> Poll<()> {
            Poll::Ready(())
        }
    }

    assert_panics(9, || async {
        ensure_backend(None).unwrap().spawn(Ends { _bomb: Bomb });
        sleep(ms(1)).await;
    });
}

/// There is nobody to resume it in any more: the program has ended well or badly before.
#[test]
fn of_a_destructor_when_all_is_over_is_swallowed() {
    let before = usual();
    let stuck = run(0, async {
        let _bomb = Bomb;
        pending::<()>().await;
    });
    assert!(stuck.unwrap_err().is_deadlock());
    assert_eq!(usual(), before);
}
