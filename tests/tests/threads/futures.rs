//! The handle to a call: waited for, awaited, cancelled.

use std::{
    future::IntoFuture as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use easynet::{
    cancel::{catch_cancelled, open_cancel_scope},
    threads::{create_threads_portal, run_in_thread},
    time::{coro_yield, move_on_after, sleep, sleep_forever},
};
use easynet_tests::{Caller, DropFlag, LONG, Log, beside_threads, in_foreign_thread, ms};
use futures::{FutureExt, executor::block_on};

beside_threads! {
    /// PRT-07
    async fn a_coroutine_is_cancelled_by_its_handle() {
        for caller in Caller::ALL {
            let (portal, log) = (create_threads_portal(), Log::new());
            let (handle, own) = (portal.handle(), log.clone());
            let ended = portal.run(caller.call(move || {
                let begun = Arc::new(AtomicBool::new(false));
                let flag = begun.clone();
                let call = handle.run_coroutine_soon(async move {
                    flag.store(true, SeqCst);
                    if catch_cancelled(sleep_forever()).await.is_err() {
                        own.add("it is told");
                    }
                    sleep_forever().await;
                });
                let mut call = call.unwrap();
                while !begun.load(SeqCst) {
                    assert!(call.wait_timeout(ms(1)).unwrap_err().is_timed_out());
                }
                assert!(!call.done() && !call.cancelled());
                assert!(call.cancel());
                let error = call.wait_timeout(LONG).unwrap_err();
                assert!(call.done() && call.cancelled() && !call.cancel());
                error
            }));
            assert!(ended.await.is_cancelled());
            log.assert(&["it is told"]);
        }
    }

    /// A request is not a promise: what returns all the same has returned.
    async fn a_coroutine_that_returns_all_the_same_has_a_value() {
        let portal = create_threads_portal();
        let value = portal.run(async {
            let call = portal.run_coroutine_soon(async {
                let _ = catch_cancelled(sleep_forever()).await;
                42
            });
            let call = call.unwrap();
            coro_yield().await;
            sleep(ms(1)).await;
            assert!(call.cancel());
            call.await
        });
        assert_eq!(value.await, Ok(42));
    }

    /// PRT-08
    async fn a_plain_call_that_waits_is_cancelled_and_never_runs() {
        let (portal, dropped) = (create_threads_portal(), DropFlag::new());
        let guard = dropped.guard();
        portal.run(async {
            let call = portal.run_sync_soon(move || {
                let _guard = guard;
                unreachable!("it never runs")
            });
            let call = call.unwrap();
            assert!(call.cancel());
            assert!(call.done() && call.cancelled() && !call.cancel());
            let error: Result<(), _> = call.await;
            assert!(error.unwrap_err().is_cancelled());
        })
        .await;
        assert!(dropped.is_set());
    }

    /// PRT-20
    async fn a_plain_call_that_runs_is_not_cancelled() {
        let portal = create_threads_portal();
        let value = portal.run(async {
            let (sender, receiver) = std::sync::mpsc::channel();
            let call = portal.run_sync_soon(move || {
                let call: Arc<easynet::threads::PortalFuture<bool>> = receiver.recv().unwrap();
                call.cancel()
            });
            let call = Arc::new(call.unwrap());
            sender.send(call.clone()).unwrap();
            while !call.done() {
                coro_yield().await;
            }
            assert!(!call.cancelled() && !call.cancel());
            while Arc::strong_count(&call) > 1 {
                coro_yield().await;
            }
            Arc::into_inner(call).unwrap().await
        });
        assert_eq!(value.await, Ok(false));
    }

    async fn the_time_to_wait_is_bounded() {
        for caller in Caller::ALL {
            let portal = create_threads_portal();
            let handle = portal.handle();
            portal.run(caller.call(move || {
                let (sender, receiver) = futures::channel::oneshot::channel();
                let mut call = handle.run_coroutine_soon(receiver).unwrap();
                let error = call.wait_timeout(ms(2)).unwrap_err();
                assert!(error.is_timed_out() && !call.done(), "{error}");
                sender.send(42).unwrap();
                assert_eq!(call.wait_timeout(LONG), Ok(Ok(42)));
                // It was handed out.
                assert!(call.wait_timeout(LONG).unwrap_err().is_taken());
            }))
            .await;
        }
    }

    async fn a_call_is_awaited_on_any_runtime() {
        let portal = create_threads_portal();
        let handle = portal.handle();
        let values = portal.run(in_foreign_thread(move || {
            let first = handle.run_coroutine_soon(async { sleep(ms(1)).await; 1 }).unwrap();
            let second = handle.run_sync_soon(|| 2).unwrap();
            block_on(futures::future::join(first, second))
        }));
        assert_eq!(values.await, (Ok(1), Ok(2)));
    }

    /// FUT-01
    async fn a_call_is_cancelled_with_whoever_awaits_it() {
        let (portal, log) = (create_threads_portal(), Log::new());
        portal.run(async {
            let own = log.clone();
            let call = portal.run_coroutine_soon(async move {
                let _log = own.on_drop("the coroutine is dropped");
                sleep_forever().await
            });
            assert!(move_on_after(ms(2), call.unwrap()).await.is_none());
            sleep(ms(1)).await;
            log.add("later");
            // One that has not begun never does.
            let call = portal.run_sync_soon(|| unreachable!("it never runs"));
            let mut call = Box::pin(call.unwrap());
            let polled: Option<Result<(), _>> = call.as_mut().now_or_never();
            assert!(polled.is_none());
            drop(call);
        })
        .await;
        log.assert(&["the coroutine is dropped", "later"]);
    }

    /// FUT-02
    async fn a_call_that_was_cancelled_from_outside_is_an_error_to_whoever_awaits_it() {
        let portal = create_threads_portal();
        portal.run(async {
            let call = portal.run_coroutine_soon(sleep_forever()).unwrap();
            assert!(call.cancel());
            assert!(call.await.is_err_and(|error| error.is_cancelled()));
            coro_yield().await; // It is not cancelled itself.
        })
        .await;
    }

    /// As for a task that is joined.
    async fn in_a_cancelled_scope_a_call_that_was_cancelled_does_not_complete() {
        let (portal, scope) = (create_threads_portal(), open_cancel_scope());
        let call = Arc::new(std::sync::Mutex::new(None));
        let slot = call.clone();
        portal.run(async {
            *slot.lock().unwrap() = Some(portal.run_coroutine_soon(sleep_forever()).unwrap());
            let left = scope.run(async {
                let call = call.lock().unwrap().take().unwrap();
                call.cancel();
                while !call.done() {
                    coro_yield().await;
                }
                scope.cancel();
                let _ = call.await;
                unreachable!("the scope ends it");
            });
            let _: Option<()> = left.await;
        })
        .await;
        assert!(scope.cancelled_caught());
    }

    /// Dropping a handle that was not awaited changes nothing.
    async fn a_handle_that_is_dropped_changes_nothing() {
        let (portal, log) = (create_threads_portal(), Log::new());
        let own = log.clone();
        portal.run(run_in_thread({
            let portal = portal.handle();
            move || {
                let (first, second) = (own.clone(), own);
                drop(portal.run_coroutine_soon(async move { sleep(ms(1)).await; first.add("coroutine") }));
                drop(portal.run_sync_soon(move || second.add("plain")));
            }
        }).into_future())
        .await;
        log.assert_unordered(&["coroutine", "plain"]);
    }
}
