//! What is kept beyond the end of a simulation does nothing there any more, and nothing to the next one.

use std::{
    future::{pending, poll_fn},
    sync::{Arc, Mutex},
    task::{Poll, Waker},
};

use easynet::{
    AsyncBackend as _, BuiltinBackend, GroupHandle, Task, TaskGroup, ensure_backend,
    prelude::*,
    sim::{Simulation, run},
    task::create_task_group,
    time::{coro_yield, sleep, sleep_forever},
};
use easynet_tests::{DropFlag, ms};

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
    super::threads::in_a_thread(move || wakers.into_iter().for_each(Waker::wake));
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
