//! Blocking jobs, and portals.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
};

use easynet::threads::BlockingPortal;
use easynet_core::{
    AsyncBackend, BoxError,
    cancel::check_cancelled,
    sync::Event,
    task::{current_backend_name, get_current_task},
    threads::{current_portal, run_coroutine, run_sync},
};
use easynet_tests::{LONG, Log, in_foreign_thread, ms, work, work_until};
use futures::FutureExt;

use crate::{flavors, on_each, run_in, smol::Smol};

on_each! {
    async fn a_job_yields_its_value_while_others_go_on(backend) {
        let event = Arc::new(Event::new());
        let group = backend.create_task_group::<BoxError>();
        let value = group
            .run(async {
                let (own, setter) = (backend.clone(), event.clone());
                group.start_soon(async move {
                    own.sleep(ms(1)).await;
                    setter.set();
                });
                let is_set = event.clone();
                backend
                    .run_in_thread(move || {
                        work_until(|| is_set.is_set());
                        42
                    })
                    .await
            })
            .await
            .unwrap();
        assert_eq!(value, 42);
    }

    async fn a_job_knows_its_caller_and_its_backend(backend) {
        let caller = get_current_task();
        let (task, name) = backend
            .run_in_thread(|| (get_current_task(), B::current().map(|backend| backend.name())))
            .await;
        assert_eq!(task, caller);
        assert_eq!(name, Some(backend.name()));
    }

    async fn a_panic_of_a_job_resumes_in_its_caller(backend) {
        let job = backend.run_in_thread(|| -> () { panic!("on purpose") });
        let panic = AssertUnwindSafe(job.into_future()).catch_unwind().await.unwrap_err();
        assert_eq!(*panic.downcast_ref::<&str>().unwrap(), "on purpose");
    }

    /// C6
    async fn a_cancelled_scope_waits_for_its_job_which_is_told(backend) {
        let (scope, log) = (backend.open_cancel_scope(), Log::new());
        let (handle, inside) = (scope.clone(), log.clone());
        let job = backend.run_in_thread(move || {
            handle.cancel_because("enough");
            let cancelled = check_cancelled().unwrap_err();
            work(ms(1));
            inside.add(cancelled.reason().text().unwrap());
            7
        });
        assert_eq!(scope.run(job.into_future()).await, Some(7));
        log.assert(&["enough"]);
    }

    /// THR-06, C10
    async fn a_job_that_is_abandoned_is_waited_for_by_the_group(backend) {
        let (group, log) = (backend.create_task_group::<BoxError>(), Log::new());
        let left = Arc::new(AtomicBool::new(false));
        group
            .run(async {
                let scope = backend.open_cancel_scope();
                let (handle, inside, gone) = (scope.clone(), log.clone(), left.clone());
                let job = backend.run_in_thread(move || {
                    handle.cancel();
                    work_until(|| gone.load(SeqCst));
                    assert!(check_cancelled().is_err());
                    work(ms(2));
                    inside.add("the job ends");
                });
                assert!(scope.run(job.abandon_on_cancel(true).into_future()).await.is_none());
                log.add("the caller has left");
                left.store(true, SeqCst);
            })
            .await
            .unwrap();
        log.assert(&["the caller has left", "the job ends"]);
    }

    /// C3
    async fn a_cancelled_scope_starts_no_job(backend) {
        for abandon in [false, true] {
            let (scope, ran) = (backend.open_cancel_scope(), Arc::new(AtomicBool::new(false)));
            scope.cancel();
            let flag = ran.clone();
            let job = backend.run_in_thread(move || flag.store(true, SeqCst)).abandon_on_cancel(abandon);
            assert!(scope.run(job.into_future()).await.is_none());
            backend.sleep(ms(1)).await;
            assert!(!ran.load(SeqCst));
        }
    }

    async fn a_limiter_bounds_how_many_jobs_run(backend) {
        let limiter = Arc::new(backend.create_capacity_limiter(1));
        let busy = Arc::new(AtomicBool::new(false));
        let jobs = (0..4).map(|_| {
            let busy = busy.clone();
            let job = move || {
                assert!(!busy.swap(true, SeqCst));
                work(ms(1));
                busy.store(false, SeqCst);
            };
            backend.run_in_thread(job).limiter(&limiter).into_future()
        });
        backend.gather(jobs.collect::<Vec<_>>()).await;
    }

    async fn a_job_calls_back_into_the_event_loop(backend) {
        let own = backend.clone();
        let names = backend
            .run_in_thread(move || {
                let name = run_coroutine(async move {
                    own.sleep(ms(1)).await;
                    current_backend_name()
                });
                assert!(current_portal().is_ok());
                (name.unwrap(), run_sync(current_backend_name).unwrap())
            })
            .await;
        assert_eq!(names, (Some(backend.name()), Some(backend.name())));
    }

    async fn a_foreign_thread_runs_coroutines_through_a_portal(backend) {
        let portal = backend.create_threads_portal();
        let (handle, own) = (portal.handle(), backend.clone());
        let sum = portal
            .run(in_foreign_thread(move || {
                let first = handle.run_coroutine_soon(async move {
                    own.sleep(ms(1)).await;
                    1
                });
                let second = handle.run_sync(|| 2).unwrap();
                let third = handle.run_coroutine(async { current_backend_name() }).unwrap();
                (first.unwrap().wait().unwrap() + second, third)
            }))
            .await;
        assert_eq!(sum, (3, Some(backend.name())));
        assert!(portal.is_closed() && portal.run_sync_soon(|| ()).unwrap_err().is_closed());
    }

    async fn a_call_that_waits_is_cancelled_by_its_thread(backend) {
        let portal = backend.create_threads_portal();
        let (handle, own) = (portal.handle(), backend.clone());
        let cancelled = portal
            .run(in_foreign_thread(move || {
                let call = handle.run_coroutine_soon(async move { own.sleep_forever().await }).unwrap();
                assert!(call.cancel());
                let ended: Result<(), _> = call.wait();
                ended.unwrap_err().is_cancelled()
            }))
            .await;
        assert!(cancelled);
    }

    async fn blocking_on_the_own_event_loop_is_refused(backend) {
        let portal = backend.create_threads_portal();
        portal
            .run(async {
                assert!(portal.is_on_event_loop());
                assert!(portal.run_coroutine(async {}).unwrap_err().is_on_event_loop());
                backend.sleep(ms(1)).await;
            })
            .await;
    }
}

/// A loop is only blocked by its own threads.
#[test]
fn a_task_of_another_event_loop_may_block_on_a_portal() {
    for options in flavors() {
        let background = BlockingPortal::start_with(Smol::new(), &options).unwrap();
        let handle = background.handle();
        let [_, one] = flavors();
        let name = run_in(one, move |_| async move {
            assert!(!handle.is_on_event_loop());
            handle.run_coroutine(async { current_backend_name() })
        });
        assert_eq!(name, Ok(Some("smol")));
        background.close();
    }
}

#[test]
fn synchronous_code_runs_the_backend_in_the_background() {
    for options in flavors() {
        let portal = BlockingPortal::start_with(Smol::new(), &options).unwrap();
        let slept = portal.run_coroutine(async {
            let backend = Smol::current().unwrap();
            backend.timeout(LONG, backend.sleep(ms(1))).await.is_ok()
        });
        assert_eq!(slept, Ok(true));
        let threads: Vec<_> = (0..4)
            .map(|n| {
                let handle = portal.handle();
                thread::spawn(move || handle.run_sync(move || n).unwrap())
            })
            .collect();
        let sum: i32 = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
        assert_eq!(sum, 6);
        portal.close();
    }
}
