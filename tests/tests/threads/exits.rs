//! Leaving a portal: what was called before is done.

use std::{future::IntoFuture as _, panic::AssertUnwindSafe};

use easynet::{
    cancel::open_cancel_scope,
    prelude::*,
    threads::{create_threads_portal, run_in_thread},
    time::{coro_yield, move_on_after, sleep, sleep_forever},
};
use easynet_tests::{Caller, Log, beside_threads, in_foreign_thread, ms};
use futures::FutureExt;

beside_threads! {
    /// PRT-10
    async fn plain_calls_that_wait_are_run_when_the_portal_is_left() {
        let (portal, log) = (create_threads_portal(), Log::new());
        portal.run(async {
            for n in 0..300 {
                let log = log.clone();
                drop(portal.run_sync_soon(move || log.add(n.to_string())).unwrap());
            }
            log.add("left");
        })
        .await;
        let entries = log.entries();
        assert_eq!(entries.len(), 301);
        let calls: Vec<_> = entries.into_iter().filter(|entry| entry != "left").collect();
        assert_eq!(calls, (0..300).map(|n| n.to_string()).collect::<Vec<_>>());
    }

    /// PRT-10
    async fn plain_calls_are_run_also_when_the_portal_is_cancelled_or_panics() {
        let log = Log::new();
        let portal = create_threads_portal();
        let cancelled = move_on_after(ms(1), portal.run(async {
            let own = log.clone();
            drop(portal.run_sync_soon(move || own.add("cancelled")).unwrap());
            sleep_forever().await
        }));
        assert!(cancelled.await.is_none());
        assert!(portal.is_closed());
        let portal = create_threads_portal();
        let panicking = portal.run(async {
            let own = log.clone();
            drop(portal.run_sync_soon(move || own.add("panicked")).unwrap());
            panic!("it panics, for a test")
        });
        let panic: Result<(), _> = AssertUnwindSafe(panicking).catch_unwind().await;
        assert!(panic.is_err());
        let portal = create_threads_portal();
        let mut dropped = Box::pin(portal.run(async {
            let own = log.clone();
            drop(portal.run_sync_soon(move || own.add("dropped")).unwrap());
            sleep_forever().await
        }));
        assert!(dropped.as_mut().now_or_never().is_none());
        drop(dropped);
        log.assert(&["cancelled", "panicked", "dropped"]);
    }

    /// PRT-11
    async fn leaving_waits_for_coroutines_and_their_values_are_delivered() {
        for caller in Caller::ALL {
            let (portal, log) = (create_threads_portal(), Log::new());
            let (begun, has_begun) = futures::channel::oneshot::channel();
            let (handle, own) = (portal.handle(), log.clone());
            let thread = caller.call(move || {
                let value = handle.run_coroutine(async move {
                    let _ = begun.send(());
                    sleep(ms(3)).await;
                    own.add("returns");
                    42
                });
                assert!(handle.run_sync(|| ()).unwrap_err().is_closed());
                value
            });
            task_group!(|group| {
                let value = group.spawn_value(thread);
                portal.run(async { has_begun.await.unwrap() }).await;
                log.add("left");
                assert_eq!(value.await.unwrap(), Ok(42));
            })
            .unwrap();
            log.assert(&["returns", "left"]);
        }
    }

    /// A cancelled portal cancels its coroutines, and waits for their cleanup.
    async fn coroutines_are_cancelled_with_the_portal() {
        for caller in Caller::ALL {
            let (portal, log) = (create_threads_portal(), Log::new());
            let (scope, own) = (open_cancel_scope(), log.clone());
            let (handle, cancel) = (portal.handle(), scope.clone());
            let thread = caller.call(move || {
                let ended = handle.run_coroutine(async move {
                    cancel.cancel_because("enough");
                    let _log = own.on_drop("dropped");
                    let caught = catch_cancelled!(sleep_forever());
                    shield!(sleep(ms(1)));
                    own.add("cleaned");
                    drop(caught);
                    sleep_forever().await;
                });
                ended.unwrap_err()
            });
            task_group!(|group| {
                let error = group.spawn_value(thread);
                assert!(scope.run(portal.run(sleep_forever())).await.is_none());
                log.add("left");
                let error = error.await.unwrap();
                assert_eq!(error.reason().and_then(|reason| reason.text()), Some("enough"), "{error}");
            })
            .unwrap();
            log.assert(&["cleaned", "dropped", "left"]);
        }
    }

    async fn a_coroutine_for_a_cancelled_portal_never_runs() {
        let (portal, scope) = (create_threads_portal(), open_cancel_scope());
        let left = scope.run(portal.run(async {
            scope.cancel();
            let call = portal.run_coroutine_soon(async { unreachable!("it never runs") }).unwrap();
            assert!(call.done() && call.cancelled());
            let _: Result<(), _> = call.await;
            unreachable!("it is cancelled");
        }));
        let _: Option<()> = left.await;
    }

    /// Nobody waits for ever: what is called while nobody serves the portal any more is refused, or cancelled.
    async fn a_portal_that_is_dropped_before_it_is_entered_takes_no_calls() {
        let portal = create_threads_portal();
        let handle = portal.handle();
        drop(portal);
        let refused = in_foreign_thread(move || handle.run_sync(|| ()).unwrap_err().is_closed());
        assert!(refused.await);
        let portal = create_threads_portal();
        let handle = portal.handle();
        drop(portal.run(async {}));
        let refused = in_foreign_thread(move || handle.run_coroutine(async {}).unwrap_err().is_closed());
        assert!(refused.await);
    }

    /// A job that calls in a loop until the portal is left sees its end as an error.
    async fn a_caller_is_told_that_the_portal_was_left() {
        for caller in Caller::ALL {
            let portal = create_threads_portal();
            let handle = portal.handle();
            let thread = caller.call(move || loop {
                if let Err(error) = handle.run_sync(|| ()) {
                    break error;
                }
            });
            task_group!(|group| {
                let error = group.spawn_value(thread);
                let turns = async {
                    for _ in 0..20 {
                        coro_yield().await;
                    }
                };
                portal.run(turns).await;
                assert!(error.await.unwrap().is_closed());
            })
            .unwrap();
        }
    }

    /// Deadlock by design elsewhere: both sides are shielded here.
    async fn a_job_in_a_cancelled_scope_calls_through_its_portal() {
        let scope = open_cancel_scope();
        let handle = scope.clone();
        let value = scope.run(run_in_thread(move || {
            handle.cancel();
            easynet::threads::run_coroutine(async {
                sleep(ms(1)).await;
                42
            })
        }).into_future());
        assert_eq!(value.await, Some(Ok(42)));
    }

    async fn a_panic_that_nobody_waits_for_is_no_harm() {
        let portal = create_threads_portal();
        let value = portal.run(async {
            drop(portal.run_sync_soon(|| if true { panic!("it panics, for a test") }).unwrap());
            drop(portal.run_coroutine_soon(async { if true { panic!("it panics, for a test") } }).unwrap());
            sleep(ms(1)).await;
            7
        });
        assert_eq!(value.await, 7);
    }

    async fn a_value_that_panics_when_it_is_dropped_is_no_harm() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                if !std::thread::panicking() {
                    panic!("it panics, for a test");
                }
            }
        }
        let portal = create_threads_portal();
        let value = portal.run(async {
            let bomb = Bomb;
            let call = portal.run_sync_soon(move || drop(bomb)).unwrap();
            assert!(AssertUnwindSafe(call).catch_unwind().await.is_err());
            let bomb = Bomb;
            let call = portal.run_sync_soon(move || {
                let _bomb = &bomb;
            }).unwrap();
            assert!(AssertUnwindSafe(call).catch_unwind().await.is_err());
            7
        });
        assert_eq!(value.await, 7);
    }
}
