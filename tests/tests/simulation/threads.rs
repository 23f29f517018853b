//! Threads that are not simulated, beside a simulation that is told to wait for them.

use std::{future::pending, thread};

use easynet::{
    prelude::*,
    sim::{Simulation, run},
    time::sleep,
};
use easynet_tests::{LONG, Log, Runner, ms};
use futures::{
    FutureExt, StreamExt,
    channel::{
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded},
        oneshot,
    },
};

use super::SCHEDULES;

/// Runs a test that may not come to its end in a thread of its own.
fn watched(test: impl FnOnce() + Send + 'static) {
    Runner::SIM.watch(|_| test());
}

/// Calls something in a thread of its own, and waits for it.
pub(super) fn in_a_thread<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> T {
    thread::spawn(call).join().expect("it does not panic")
}

/// A simulation that waits for other threads as long as it takes.
fn patient() -> Simulation {
    Simulation::new(0).wait_for_threads(LONG)
}

#[test]
fn a_thread_wakes_a_task_of_a_simulation_that_waits_for_it() {
    watched(|| {
        for schedule in SCHEDULES {
            let answer = patient().schedule(schedule).run(async {
                let (sender, receiver) = oneshot::channel();
                thread::spawn(move || sender.send(42));
                receiver.await
            });
            assert_eq!(answer.unwrap(), Ok(42));
        }
    });
}

#[test]
fn nothing_is_waited_for_unless_it_is_said() {
    let (sender, receiver) = oneshot::channel::<()>();
    let stuck = run(0, receiver.map(drop)).unwrap_err();
    assert!(stuck.is_deadlock(), "{stuck}");
    drop(sender);
}

#[test]
fn a_thread_that_wakes_nobody_is_a_deadlock_in_the_end() {
    let (_sender, receiver) = oneshot::channel::<()>();
    let simulation = Simulation::new(0).wait_for_threads(ms(2));
    assert!(simulation.run(receiver.map(drop)).unwrap_err().is_deadlock());
}

/// Virtual time goes first: a timer does not wait for threads.
#[test]
fn a_simulation_waits_for_threads_only_when_it_cannot_go_on() {
    watched(|| {
        patient()
            .run(async { sleep(LONG).await })
            .expect("it ends at once");
    });
}

#[test]
fn a_thread_starts_tasks_through_a_handle() {
    watched(|| {
        let log = Log::new();
        let own = log.clone();
        let ended = patient().run(async move {
            task_group!(|group| {
                let (handle, log) = (group.handle(), own.clone());
                in_a_thread(move || {
                    for n in 0..10 {
                        let log = log.clone();
                        handle.start_soon(async move {
                            sleep(ms(1)).await;
                            log.add(n.to_string());
                        });
                    }
                });
            })
            .expect("nothing fails");
        });
        ended.expect("it ends");
        let all: Vec<_> = (0..10).map(|n| n.to_string()).collect();
        log.assert_unordered(&all.iter().map(String::as_str).collect::<Vec<_>>());
    });
}

#[test]
fn a_task_that_another_thread_started_is_named_in_a_report() {
    let stuck = run(0, async {
        task_group!(|group| {
            let handle = group.handle();
            let task = in_a_thread(move || handle.named("from afar").spawn_value(pending::<()>()));
            task.wait().await;
        })
        .expect("nothing fails");
    });
    let report = stuck.unwrap_err();
    assert!(report.report().contains("`from afar`"), "{report}");
    assert!(
        !report.report().contains("a task that has ended"),
        "it has not: {report}"
    );
}

/// Each of the two runs on a thread of its own.
#[test]
fn two_simulations_wake_each_other() {
    async fn play(sender: UnboundedSender<u32>, mut receiver: UnboundedReceiver<u32>) -> u32 {
        let mut last = 0;
        while let Some(n) = receiver.next().await {
            last = n;
            if n == 200 || sender.unbounded_send(n + 1).is_err() || n == 199 {
                break;
            }
        }
        last
    }
    watched(|| {
        let (to, fro) = (unbounded(), unbounded());
        to.0.unbounded_send(0).expect("it is received");
        let other = thread::spawn(move || patient().run(play(fro.0, to.1)));
        assert_eq!(patient().run(play(to.0, fro.1)).unwrap(), 199);
        assert_eq!(other.join().unwrap().unwrap(), 200);
    });
}

#[test]
fn threads_run_simulations_of_their_own_inside_of_another() {
    let inner = run(3, async {
        let inner = in_a_thread(|| run(4, async { (easynet::sim::seed(), sleep(LONG).await) }));
        assert_eq!(easynet::sim::seed(), Some(3));
        inner.expect("it ends").0
    });
    assert_eq!(inner.unwrap(), Some(4));
}
