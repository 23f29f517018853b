//! Calling into an event loop.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, panic_any},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

use easynet::{
    AsyncBackend as _, ensure_backend,
    prelude::*,
    task::{TaskLocal, get_current_task, try_get_current_task},
    threads::{PortalHandle, create_threads_portal, run_in_thread},
    time::{coro_yield, current_time, sleep, sleep_forever},
};
use easynet_tests::{Caller, Log, Runner, beside_threads, in_foreign_thread, ms, panic_message};

static NUMBER: TaskLocal<u32> = TaskLocal::new();

/// Runs a portal, and calls something with it in a thread of each kind.
async fn with_portal<T: Send + 'static>(call: impl Fn(PortalHandle) -> T + Clone + Send + 'static) -> Vec<T> {
    let mut values = Vec::new();
    for caller in Caller::ALL {
        let (portal, call) = (create_threads_portal(), call.clone());
        let handle = portal.handle();
        values.push(portal.run(caller.call(move || call(handle))).await);
    }
    values
}

beside_threads! {
    /// PRT-01
    async fn a_thread_runs_a_coroutine_in_the_loop(runner: Runner) {
        let name = runner.backend().name();
        with_portal(move |portal| {
            let value = portal.run_coroutine(async move {
                let start = current_time();
                sleep(ms(2)).await;
                assert!(current_time() - start >= ms(2));
                assert_eq!(ensure_backend(None).unwrap().name(), name);
                42
            });
            assert_eq!(value, Ok(42));
        })
        .await;
    }

    /// PRT-02
    async fn a_thread_calls_a_function_in_the_loop() {
        let task = get_current_task();
        with_portal(move |portal| {
            let there = thread::current().id();
            let (value, seen, here) = portal
                .run_sync(|| (42, try_get_current_task(), thread::current().id()))
                .unwrap();
            assert_eq!((value, seen), (42, Some(task.clone())));
            assert_ne!(here, there);
        })
        .await;
    }

    /// PRT-03
    async fn a_portal_that_is_not_entered_or_was_left_refuses_every_call() {
        fn refused(portal: &PortalHandle) -> String {
            assert!(portal.is_closed());
            let errors = [
                portal.run_coroutine(async {}).unwrap_err(),
                portal.run_coroutine_soon(async {}).unwrap_err(),
                portal.named("named").run_coroutine(async {}).unwrap_err(),
                portal.run_sync(|| ()).unwrap_err(),
                portal.run_sync_soon(|| ()).unwrap_err(),
            ];
            assert!(errors.iter().all(|error| error.is_closed() && *error == errors[0]), "{errors:?}");
            errors[0].to_string()
        }
        for caller in Caller::ALL {
            let portal = create_threads_portal();
            let handle = portal.handle();
            let text = caller.call(move || refused(&handle)).await;
            assert!(text.contains("not been entered"), "{text}");
            portal.run(async {}).await;
            let handle = portal.handle();
            let text = caller.call(move || refused(&handle)).await;
            assert!(text.contains("closed"), "{text}");
        }
    }

    /// PRT-04
    async fn a_blocking_call_of_a_task_of_the_loop_is_refused() {
        let portal = create_threads_portal();
        portal.run(async {
            assert!(portal.is_on_event_loop());
            let error = portal.run_sync(|| unreachable!("it is refused")).unwrap_err();
            assert!(error.is_on_event_loop());
            assert!(error.to_string().contains("await it instead"), "{error}");
            assert!(portal.run_coroutine(async {}).unwrap_err().is_on_event_loop());
            assert!(portal.named("x").run_coroutine(async {}).unwrap_err().is_on_event_loop());
            // What does not block is allowed, and can be awaited.
            assert_eq!(portal.run_coroutine_soon(async { 1 }).unwrap().await, Ok(1));
            assert_eq!(portal.run_sync_soon(|| 2).unwrap().await, Ok(2));
            let mut call = portal.run_coroutine_soon(async { 3 }).unwrap();
            assert!(call.wait_timeout(ms(1)).unwrap_err().is_on_event_loop());
            assert_eq!(call.await, Ok(3));
            // A child of another task of the same loop is refused too.
            let handle = portal.handle();
            task_group!(|group| {
                group.start_soon(async move { assert!(handle.run_sync(|| ()).unwrap_err().is_on_event_loop()) });
            })
            .unwrap();
        })
        .await;
    }

    /// PRT-04: another loop blocks itself only.
    async fn a_task_of_another_loop_may_block(runner: Runner) {
        let portal = create_threads_portal();
        let handle = portal.handle();
        let value = portal.run(in_foreign_thread(move || {
            runner.run(async move { (handle.run_sync(|| 1), handle.run_coroutine(async { 2 })) })
        }));
        assert_eq!(value.await, (Ok(1), Ok(2)));
    }

    /// PRT-05
    async fn a_failure_is_its_callers_alone() {
        with_portal(|portal| {
            let failed: Result<(), _> = portal.run_coroutine(async { Err("no luck") }).unwrap();
            assert_eq!(failed, Err("no luck"));
            let failed: Result<(), _> = portal.run_sync(|| Err("no luck")).unwrap();
            assert_eq!(failed, Err("no luck"));
            assert_eq!(portal.run_coroutine(async { 42 }), Ok(42));
        })
        .await;
    }

    /// PRT-05
    async fn a_panic_resumes_in_its_caller_and_the_portal_goes_on() {
        with_portal(|portal| {
            let panic = catch_unwind(AssertUnwindSafe(|| {
                portal.run_coroutine(async { if true { panic_any(17_u8) } })
            }));
            assert_eq!(*panic.unwrap_err().downcast::<u8>().unwrap(), 17);
            let panic = catch_unwind(AssertUnwindSafe(|| portal.run_sync(|| if true { panic_any(18_u8) })));
            assert_eq!(*panic.unwrap_err().downcast::<u8>().unwrap(), 18);
            assert_eq!(portal.run_sync(|| 42), Ok(42));
        })
        .await;
    }

    /// PRT-06
    async fn a_coroutine_that_is_cancelled_from_inside_is_said_to_be() {
        with_portal(|portal| {
            let (sender, receiver) = futures::channel::oneshot::channel();
            let call = portal.run_coroutine_soon(async move {
                let call: futures::channel::oneshot::Sender<()> = receiver.await.unwrap();
                drop(call);
                sleep_forever().await;
            });
            let call = call.unwrap();
            let (done, _ended) = futures::channel::oneshot::channel();
            assert!(call.cancel());
            let _ = sender.send(done);
            let error = call.wait().unwrap_err();
            assert!(error.is_cancelled());
            assert!(error.reason().unwrap().location().is_some());
        })
        .await;
    }

    /// PRT-09
    async fn calls_of_one_thread_run_in_order() {
        for log in with_portal(|portal| {
            let log = Log::new();
            let calls: Vec<_> = (0..50)
                .map(|n| {
                    let log = log.clone();
                    portal.run_sync_soon(move || log.add(n.to_string())).unwrap()
                })
                .collect();
            calls.into_iter().for_each(|call| call.wait().unwrap());
            log
        })
        .await
        {
            let all: Vec<_> = (0..50).map(|n| n.to_string()).collect();
            assert_eq!(log.entries(), all);
        }
    }

    /// PRT-12
    async fn eight_threads_with_a_hundred_calls_each_are_eight_hundred() {
        for caller in Caller::ALL {
            let (count, portal) = (Arc::new(AtomicUsize::new(0)), create_threads_portal());
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    let (handle, count) = (portal.handle(), count.clone());
                    caller.call(move || {
                        for _ in 0..100 {
                            let count = count.clone();
                            handle.run_sync(move || count.store(count.load(SeqCst) + 1, SeqCst)).unwrap();
                        }
                    })
                })
                .collect();
            portal.run(futures::future::join_all(threads)).await;
            assert_eq!(count.load(SeqCst), 800);
        }
    }

    /// PRT-13
    async fn a_portal_is_entered_once() {
        let portal = create_threads_portal();
        portal.run(async {
            let text = panic_message(|| drop(portal.run(async {})));
            assert!(text.contains("entered before"), "{text}");
        })
        .await;
        let text = panic_message(|| drop(portal.run(async {})));
        assert!(text.contains("create a new one"), "{text}");
    }

    /// PRT-15
    async fn a_coroutine_is_a_task_with_a_name() {
        async fn the_work() -> String {
            get_current_task().name()
        }
        with_portal(|portal| {
            assert_eq!(portal.run_coroutine(the_work()).unwrap(), "the_work");
            assert_eq!(portal.named("given").run_coroutine(the_work()).unwrap(), "given");
            let soon = portal.named("given").run_coroutine_soon(async { get_current_task() }).unwrap();
            let task = soon.wait().unwrap();
            assert!(task.location().file().ends_with("portals.rs"), "{task:?}");
        })
        .await;
    }

    /// PRT-16
    async fn a_portal_is_not_opened_in_a_job() {
        let text = run_in_thread(|| panic_message(|| drop(create_threads_portal()))).await;
        assert!(text.contains("belongs to an event loop"), "{text}");
    }

    /// PRT-17
    async fn one_coroutine_that_fails_leaves_the_other_alone() {
        with_portal(|portal| {
            let fine = portal.run_coroutine_soon(async {
                sleep(ms(2)).await;
                1
            });
            let bad = portal.run_coroutine_soon(async { if true { panic!("it panics, for a test") } });
            assert!(catch_unwind(AssertUnwindSafe(|| bad.unwrap().wait())).is_err());
            assert_eq!(fine.unwrap().wait(), Ok(1));
        })
        .await;
    }

    /// The context is that of the thread that calls.
    async fn a_call_sees_the_values_of_the_job_that_makes_it() {
        let portal = create_threads_portal();
        let handle = portal.handle();
        let seen = NUMBER.scope(7, async {
            let job = run_in_thread(move || {
                let get = || NUMBER.get().as_deref().copied();
                (handle.run_coroutine(async move { get() }), handle.run_sync(get))
            });
            portal.run(job.into_future()).await
        });
        assert_eq!(seen.await, (Ok(Some(7)), Ok(Some(7))));
        let portal = create_threads_portal();
        let handle = portal.handle();
        let seen = NUMBER.scope(8, portal.run(in_foreign_thread(move || handle.run_sync(|| NUMBER.get().is_some()))));
        // A foreign thread has none, and sees those of the portal's task.
        assert_eq!(seen.await, Ok(true));
    }

    async fn a_call_may_make_others() {
        with_portal(|portal| {
            let inner = portal.clone();
            let value = portal.run_coroutine(async move {
                let call = inner.run_sync_soon(|| 21).unwrap();
                coro_yield().await;
                call.await.unwrap() * 2
            });
            assert_eq!(value, Ok(42));
        })
        .await;
    }

    /// More calls than are run in one go let the body have its turn.
    async fn calls_without_end_do_not_starve_the_body() {
        let portal = create_threads_portal();
        portal.run(async {
            fn again(portal: PortalHandle) {
                let next = portal.clone();
                drop(portal.run_sync_soon(move || again(next)));
            }
            again(portal.handle());
            for _ in 0..10 {
                coro_yield().await;
            }
        })
        .await;
    }
}
