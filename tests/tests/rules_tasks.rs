//! The rules of tasks and groups, T1 to T13, sentence by sentence.
#![forbid(unsafe_code)]

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use easynet::{
    TaskGroup,
    task::{create_task_group, gather},
    time::{coro_yield, move_on_after, sleep, sleep_forever},
};
use easynet_tests::{Log, Runner, each_backend, each_virtual_backend, ms};
use futures::channel::oneshot;

/// A waker that counts how often it was woken.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Bell {
    fn rings(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Polls with the waker of a bell, inside of the task that calls.
fn poll_with<F: Future>(future: Pin<&mut F>, bell: &Arc<Bell>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(&Waker::from(bell.clone())))
}

each_virtual_backend! {
    /// T7: any number of waiters; one that came before the task began does not push out one that came after.
    async fn every_waiter_is_woken_whenever_it_came() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let (go, gone) = oneshot::channel::<()>();
                let task = group.spawn_value(async move { gone.await.is_ok() });
                let (early, late) = (Arc::new(Bell::default()), Arc::new(Bell::default()));
                let (mut first, mut second) = (pin!(task.wait()), pin!(task.wait()));
                assert!(poll_with(first.as_mut(), &early).is_pending());
                coro_yield().await;
                assert!(poll_with(second.as_mut(), &late).is_pending());
                assert!(poll_with(first.as_mut(), &early).is_pending());
                let before = (early.rings(), late.rings());
                go.send(()).unwrap();
                coro_yield().await;
                assert!(task.done());
                assert_eq!((early.rings(), late.rings()), (before.0 + 1, before.1 + 1));
            })
            .await
            .unwrap();
    }

    /// T7: a waiter that gives up takes nobody else's place.
    async fn a_waiter_that_gives_up_leaves_the_others_alone() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let (go, gone) = oneshot::channel::<()>();
                let task = group.spawn_value(async move { gone.await.is_ok() });
                let (early, late) = (Arc::new(Bell::default()), Arc::new(Bell::default()));
                let mut first = Box::pin(task.wait());
                let mut second = pin!(task.wait());
                assert!(poll_with(first.as_mut(), &early).is_pending());
                coro_yield().await;
                assert!(poll_with(second.as_mut(), &late).is_pending());
                drop(first);
                go.send(()).unwrap();
                coro_yield().await;
                assert!(task.done());
                assert_eq!(late.rings(), 1);
            })
            .await
            .unwrap();
    }

    /// T13, C4: also when the group is cancelled in its very first poll.
    async fn a_group_that_is_run_in_a_cancelled_scope_yields_nothing() {
        let mut went_on = false;
        let value = move_on_after(ms(0), async {
            let group: TaskGroup = create_task_group();
            let _ = group.run(sleep_forever::<()>()).await;
            went_on = true;
        })
        .await;
        assert!(value.is_none());
        assert!(!went_on);
    }

    /// T11, T13.
    async fn a_gather_in_a_cancelled_scope_yields_nothing() {
        let value = move_on_after(ms(0), gather((0..2).map(|n| async move { n }))).await;
        assert_eq!(value, None);
    }
}

each_backend! {
    /// T6: whoever starts a scoped child, and wherever, the group polls it.
    async fn a_scoped_child_can_be_started_by_a_child() {
        let log = Log::new();
        let group: Arc<TaskGroup<'static>> = Arc::new(create_task_group());
        group
            .run(async {
                let (group, log) = (group.clone(), log.clone());
                group.clone().start_soon(async move {
                    sleep(ms(2)).await;
                    group.scoped().start_soon(async move { log.add("scoped") });
                });
            })
            .await
            .unwrap();
        log.assert(&["scoped"]);
    }
}
