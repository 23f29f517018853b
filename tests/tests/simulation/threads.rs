//! Threads that are not simulated, and what is kept beyond the end of a simulation.

use std::{
    future::{pending, poll_fn},
    sync::{Arc, Mutex},
    task::{Poll, Waker},
    thread,
};

use easynet::{
    AsyncBackend as _, BuiltinBackend, GroupHandle, Task, TaskGroup, ensure_backend,
    prelude::*,
    sim::{Simulation, run},
    task::create_task_group,
    time::{coro_yield, sleep, sleep_forever},
};
use easynet_tests::{DropFlag, LONG, Log, Runner, ms};
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
fn in_a_thread<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> T {
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

/// A waker of a task that has ended, of one that was stuck, and of one that panicked.
fn stale_wakers() -> Vec<Waker> {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let keep = |end: fn() -> Poll<()>| {
        let kept = kept.clone();
        let mut first = true;
        poll_fn(move |cx| {
            kept.lock().unwrap().push(cx.waker().clone());
            if std::mem::take(&mut first) {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            end()
        })
    };
    run(0, keep(|| Poll::Ready(()))).expect("it ends");
    assert!(run(0, keep(|| Poll::Pending)).is_err());
    let panics = keep(|| panic!("it panics, for a test"));
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(0, panics)));
    assert!(panic.is_err());
    Arc::into_inner(kept)
        .expect("the programs were dropped")
        .into_inner()
        .unwrap()
}

/// What a simulation does while something foreign happens in its midst.
fn trace_with(event: impl FnOnce() + Send + 'static) -> String {
    let (ended, trace) = Simulation::new(1).run_traced(async {
        task_group!(|group| {
            for n in 0..3 {
                group.start_soon(async move { sleep(ms(n)).await });
            }
            coro_yield().await;
            event();
        })
        .expect("nothing fails");
    });
    ended.expect("it ends");
    trace
}

#[test]
fn wakers_may_be_called_when_their_simulation_has_ended() {
    let wakers = stale_wakers();
    assert!(wakers.len() >= 6);
    wakers.iter().for_each(Waker::wake_by_ref);
    let expected = trace_with(|| {});
    let own = wakers.clone();
    assert_eq!(
        trace_with(move || own.into_iter().for_each(Waker::wake)),
        expected
    );
    in_a_thread(move || wakers.into_iter().for_each(Waker::wake));
}

#[test]
fn a_waker_that_is_kept_keeps_no_future() {
    let (flag, kept) = (DropFlag::new(), Arc::new(Mutex::new(None)));
    let (guard, own) = (flag.guard(), kept.clone());
    let stuck = run(0, async move {
        let _guard = guard;
        poll_fn(|cx| {
            *own.lock().unwrap() = Some(cx.waker().clone());
            Poll::<()>::Pending
        })
        .await;
    });
    assert!(stuck.is_err());
    assert!(kept.lock().unwrap().is_some());
    assert!(flag.is_set());
}

#[test]
fn a_handle_of_a_group_of_another_simulation_starts_nothing() {
    let handle: GroupHandle = run(0, async {
        let group: TaskGroup = create_task_group();
        group.run(async {}).await.expect("nothing fails");
        group.handle()
    })
    .unwrap();
    assert!(handle.is_closed());
    let expected = trace_with(|| {});
    let own = handle.clone();
    let trace = trace_with(move || {
        own.start_soon(async { panic!("it never runs") });
        assert!(own.try_start_soon(pending::<()>()).is_err());
    });
    assert_eq!(trace, expected);
    handle.start_soon(async { panic!("it never runs") });
}

#[test]
fn a_backend_of_a_simulation_that_has_ended_drops_what_it_is_given() {
    let backend: BuiltinBackend = run(0, async { ensure_backend(None).unwrap().bind() }).unwrap();
    let expected = trace_with(|| {});
    let flag = DropFlag::new();
    let guard = flag.guard();
    let trace = trace_with(move || {
        backend.spawn(async move {
            let _guard = guard;
            panic!("it never runs");
        });
    });
    assert!(flag.is_set());
    assert_eq!(trace, expected);
}

#[test]
fn a_task_may_be_asked_for_when_its_simulation_has_ended() {
    let task: Task<u8> = run(0, async {
        task_group!(|group| { group.spawn_value(async { 7 }) }).expect("nothing fails")
    })
    .unwrap();
    assert!(task.done() && !task.cancelled());
    assert_eq!(run(1, async move { task.join().await }).unwrap().unwrap(), 7);
}

#[test]
fn a_task_that_was_stuck_counts_as_cancelled() {
    let kept = Arc::new(Mutex::new(None));
    let own = kept.clone();
    let stuck = run(0, async move {
        task_group!(|group| {
            *own.lock().unwrap() = Some(group.spawn_value(sleep_forever()));
        })
    });
    assert!(stuck.is_err());
    let task = kept.lock().unwrap().take().expect("it was started");
    assert!(task.cancelled());
    assert!(
        run(1, async move { task.join().await })
            .unwrap()
            .unwrap_err()
            .is_cancelled()
    );
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
