//! EVT: something that happens once.

use std::{sync::Arc, task::Context, thread};

use easynet::{
    AsyncBackend as _,
    cancel::open_cancel_scope,
    ensure_backend,
    prelude::*,
    sync::Event,
    time::{coro_yield, move_on_after},
};
use easynet_tests::{Log, each_backend, ms};
use futures::{FutureExt, poll};

use super::Woken;

each_backend! {
    /// EVT-01
    async fn a_wait_for_what_has_happened_returns_at_once() {
        let event = Event::new();
        event.set();
        assert!(event.wait().now_or_never().is_some());
        event.wait().await;
    }

    /// EVT-02
    async fn all_who_wait_are_released() {
        let (event, log) = (Arc::new(Event::new()), Log::new());
        task_group!(|group| {
            for name in ["one", "two", "three"] {
                let (event, log) = (event.clone(), log.clone());
                group.start_soon(async move {
                    event.wait().await;
                    log.add(name);
                });
            }
            for _ in 0..5 {
                coro_yield().await;
            }
            log.assert(&[]);
            event.set();
        })
        .unwrap();
        log.assert_unordered(&["one", "two", "three"]);
    }

    /// EVT-03
    async fn what_is_set_twice_is_set() {
        let event = Event::new();
        event.set();
        event.set();
        assert!(event.is_set());
        event.wait().await;
        assert_eq!(format!("{event:?}"), "Event { set: true }");
    }

    /// EVT-04
    async fn what_is_not_set_is_waited_for_until_a_scope_ends_it() {
        let event = Event::new();
        assert!(!event.is_set());
        assert!(move_on_after(ms(2), event.wait()).await.is_none());
        assert!(!event.is_set());
    }

    /// C3
    async fn what_is_set_is_seen_in_a_cancelled_scope_and_what_is_not_is_not_waited_for() {
        let (set, unset) = (Event::new(), Event::default());
        set.set();
        let scope = open_cancel_scope();
        let log = Log::new();
        let left = scope
            .run(async {
                scope.cancel();
                set.wait().await;
                log.add("seen");
                unset.wait().await;
                log.add("never");
            })
            .await;
        assert!(left.is_none());
        log.assert(&["seen"]);
    }

    async fn whoever_leaves_takes_nobody_along() {
        let event = Event::new();
        let ((left, one), (stayed, two)) = (Woken::new(), Woken::new());
        let mut leaves = Box::pin(event.wait());
        let mut stays = event.wait();
        assert!(leaves.poll_unpin(&mut Context::from_waker(&one)).is_pending());
        assert!(stays.poll_unpin(&mut Context::from_waker(&two)).is_pending());
        drop(leaves);
        let mut comes = event.wait();
        assert!(poll!(&mut comes).is_pending());
        event.set();
        assert_eq!((left.times(), stayed.times()), (0, 1));
        assert!(comes.now_or_never().is_some() && stays.now_or_never().is_some());
    }

    /// C8
    async fn whoever_is_polled_with_another_waker_is_woken_by_that() {
        let event = Event::new();
        let ((old, one), (new, two)) = (Woken::new(), Woken::new());
        let mut wait = event.wait();
        assert!(wait.poll_unpin(&mut Context::from_waker(&one)).is_pending());
        assert!(wait.poll_unpin(&mut Context::from_waker(&two)).is_pending());
        event.set();
        assert_eq!((old.times(), new.times()), (0, 1));
    }

    /// C8
    async fn a_wait_that_survives_its_cancelled_scope_goes_on_outside() {
        let event = Event::new();
        let mut wait = event.wait();
        let scope = open_cancel_scope();
        let left = scope
            .run(async {
                assert!(poll!(&mut wait).is_pending());
                scope.cancel();
                (&mut wait).await;
            })
            .await;
        assert!(left.is_none());
        assert!(poll!(&mut wait).is_pending());
        event.set();
        wait.await;
    }

    async fn any_thread_sets_it() {
        let event = Arc::new(ensure_backend(None).unwrap().create_event());
        let setter = thread::spawn({
            let event = event.clone();
            move || event.set()
        });
        event.wait().await;
        setter.join().unwrap();
    }
}
