//! What goes on for ever ends at the step limit, with the report of a deadlock.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
};

use easynet::{
    AsyncBackend as _, TaskGroup, ensure_backend,
    prelude::*,
    sim::{Simulation, SimulationError},
    task::{create_task_group, get_current_task},
    time::{coro_yield, move_on_after, sleep},
};
use easynet_tests::{LONG, Log, Runner, ms};
use futures::{StreamExt, channel::mpsc};

use super::{SCHEDULES, tree};

async fn spin() {
    loop {
        coro_yield().await;
    }
}

/// Runs a program that does not come to its end within so many steps.
fn give_up<F>(steps: u64, program: F) -> SimulationError
where
    F: Future<Output = ()> + Send + 'static,
{
    let error = Simulation::new(0).step_limit(steps).run(program).unwrap_err();
    assert!(
        error.is_step_limit() && !error.is_deadlock() && !error.is_leak(),
        "{error}"
    );
    error
}

#[test]
fn the_report_shows_who_goes_on_and_who_waits() {
    let error = give_up(100, async {
        task_group!(|group| {
            group.named("spins").start_soon(spin());
            sleep(ms(1)).await;
        })
        .expect("nothing fails");
    });
    let first = error.report().lines().next().unwrap();
    let expected = "the step limit is reached: a livelock, or a limit that is too low \
                    (seed 0, step 100, virtual time 0ns)";
    assert_eq!(first, expected);
    assert_eq!(
        tree(&error),
        [
            "task 1 `main`, started",
            "└─ group opened, 2 tasks left",
            "   ├─ sleeps until 1ms",
            "   └─ task 2 `spins`, started",
            "      └─ can run: it has yielded",
        ]
    );
}

/// T6: in the midst of a turn, with children that have not had theirs; each is dropped as what it is.
#[test]
fn borrowing_children_that_start_others_for_ever_are_a_livelock() {
    let log = Log::new();
    let inside = log.clone();
    give_up(3, async move {
        let group = Arc::<TaskGroup>::new(create_task_group());
        let ended = group.run(async {
            for _ in 0..300 {
                let (own, leaves) = (Arc::downgrade(&group), Leaves(inside.clone()));
                group.scoped().named("borrower").start_soon(async move {
                    let _leaves = leaves;
                    while let Some(group) = own.upgrade() {
                        group.scoped().start_soon(std::future::ready(()));
                        drop(group);
                        coro_yield().await;
                    }
                });
            }
        });
        ended.await.expect("nothing fails");
    });
    log.assert(&["borrower"; 300]);
}

/// Says in which task it is dropped.
struct Leaves(Log);

impl Drop for Leaves {
    fn drop(&mut self) {
        self.0.add(get_current_task().name());
    }
}

#[test]
fn two_tasks_that_hand_a_ball_to_and_fro_for_ever_are_a_livelock() {
    for schedule in SCHEDULES {
        let simulation = Simulation::new(0).schedule(schedule).step_limit(1000);
        let ended = simulation.run(async {
            let (mut to, mut fro) = (mpsc::unbounded(), mpsc::unbounded());
            to.0.unbounded_send(()).unwrap();
            task_group!(|group| {
                group.start_soon(async move {
                    while to.1.next().await.is_some() {
                        fro.0.unbounded_send(()).unwrap();
                    }
                });
                while fro.1.next().await.is_some() {
                    to.0.unbounded_send(()).unwrap();
                }
            })
            .unwrap();
        });
        assert!(ended.unwrap_err().is_step_limit());
    }
}

#[test]
fn a_loop_of_sleeps_is_a_livelock_though_time_passes() {
    let error = give_up(100, async {
        loop {
            sleep(LONG).await;
        }
    });
    assert!(error.report().contains("virtual time 356400s"), "{error}");
}

#[test]
fn a_task_that_wakes_itself_without_a_word_is_a_livelock() {
    let error = give_up(
        50,
        std::future::poll_fn(|cx| {
            cx.waker().wake_by_ref();
            Poll::Pending
        }),
    );
    assert!(!error.report().contains("has lost its waker"), "{error}");
}

#[test]
fn a_program_may_take_as_many_steps_as_the_limit() {
    let yields = |n: u64| async move {
        for _ in 0..n {
            coro_yield().await;
        }
    };
    for limit in [1, 2, 10] {
        let simulation = Simulation::new(0).step_limit(limit);
        simulation
            .run(yields(limit - 1))
            .expect("its last step is the last one allowed");
        assert!(simulation.run(yields(limit)).is_err());
    }
}

#[test]
fn the_limit_counts_steps_of_all_tasks() {
    let steps = Arc::new(AtomicUsize::new(0));
    let own = steps.clone();
    give_up(1000, async move {
        task_group!(|group| {
            for _ in 0..9 {
                let steps = own.clone();
                group.start_soon(async move {
                    loop {
                        steps.fetch_add(1, Ordering::Relaxed);
                        coro_yield().await;
                    }
                });
            }
        })
        .unwrap();
    });
    let steps = steps.load(Ordering::Relaxed);
    assert!(
        (950..=1009).contains(&steps),
        "{steps}: and once more for the report"
    );
}

/// Nobody waits for it: the program ends, and the task is left.
#[test]
fn what_spins_after_the_program_is_a_leak() {
    let error = Simulation::new(0).step_limit(1000).run(async {
        ensure_backend(None).unwrap().spawn(spin());
        coro_yield().await;
    });
    assert!(error.as_ref().is_err_and(SimulationError::is_leak), "{error:?}");
}

/// The clock stands still as long as the task yields, and the job needs time.
#[test]
fn a_livelock_is_found_while_a_job_takes_its_time_after_the_program() {
    let error = Runner::SIM.watch(|_| {
        Simulation::new(0).step_limit(1000).run(async {
            let backend = ensure_backend(None).unwrap();
            backend.spawn(spin());
            let job = backend.run_blocking(|| easynet::sim::takes(LONG));
            assert!(move_on_after(ms(0), job).await.is_none());
        })
    });
    let error = error.unwrap_err();
    assert!(error.is_step_limit(), "{error}");
}
