//! The portal that every job has.

use easynet::{
    cancel::{is_cancelled, open_cancel_scope},
    task::get_current_task,
    threads::{current_portal, run_coroutine, run_in_thread, run_sync},
    time::{coro_yield, sleep},
};
use easynet_tests::{Log, beside_threads, in_foreign_thread, ms};

beside_threads! {
    async fn a_job_calls_without_setup() {
        let task = get_current_task();
        let (coroutine, plain) = run_in_thread(|| {
            let coroutine = run_coroutine(async {
                sleep(ms(1)).await;
                get_current_task().name()
            });
            (coroutine, run_sync(get_current_task))
        })
        .await;
        assert_eq!(coroutine.unwrap(), "a_job_calls_without_setup");
        assert_eq!(plain.unwrap(), task, "it runs in the task that waits for the job");
    }

    async fn there_is_one_portal_for_a_job() {
        let log = Log::new();
        let own = log.clone();
        run_in_thread(move || {
            for n in 0..3 {
                let log = own.clone();
                drop(current_portal().unwrap().run_sync_soon(move || log.add(n.to_string())));
            }
            run_sync(move || own.add("last")).unwrap();
        })
        .await;
        log.assert(&["0", "1", "2", "last"]);
    }

    async fn outside_of_a_job_there_is_none() {
        let error = current_portal().unwrap_err();
        assert!(error.is_outside_of_a_job() && !error.is_closed());
        assert!(error.to_string().contains("run_in_thread"), "{error}");
        assert!(run_sync(|| ()).unwrap_err().is_outside_of_a_job());
        assert!(in_foreign_thread(|| run_coroutine(async {}).unwrap_err().is_outside_of_a_job()).await);
        // Nor has the next job on that thread the portal of the one before.
        let portal = run_in_thread(|| current_portal().unwrap()).await;
        assert!(portal.is_closed());
        assert!(run_in_thread(|| run_sync(|| 1)).await.is_ok());
    }

    /// What a job starts has ended before its value is handed out.
    async fn a_job_is_not_over_before_what_it_has_started() {
        let log = Log::new();
        let own = log.clone();
        run_in_thread(move || {
            let started = own.clone();
            let call = current_portal().unwrap().run_coroutine_soon(async move {
                sleep(ms(2)).await;
                started.add("the coroutine ends");
            });
            drop(call);
            own.add("the job ends");
        })
        .await;
        log.add("it has its value");
        log.assert(&["the job ends", "the coroutine ends", "it has its value"]);
    }

    async fn the_handle_of_a_portal_goes_to_other_threads() {
        let value = run_in_thread(|| {
            let portal = current_portal().unwrap();
            let calls = portal.clone();
            let call = portal.run_coroutine_soon(in_foreign_thread(move || calls.run_sync(|| 42)));
            call.unwrap().wait()
        });
        assert_eq!(value.await, Ok(Ok(42)));
    }

    async fn a_job_may_run_jobs_through_its_portal() {
        let value = run_in_thread(|| {
            run_coroutine(async {
                let inner = run_in_thread(|| run_coroutine(async { 21 }).unwrap()).await;
                coro_yield().await;
                inner * 2
            })
        });
        assert_eq!(value.await, Ok(42));
    }

    /// In a job that is not to be abandoned they are shielded, as it is.
    async fn what_a_job_starts_is_not_cancelled() {
        let scope = open_cancel_scope();
        let handle = scope.clone();
        let job = run_in_thread(move || {
            handle.cancel();
            let seen = run_coroutine(async {
                coro_yield().await;
                is_cancelled()
            });
            (is_cancelled(), seen, run_sync(is_cancelled))
        });
        assert_eq!(scope.run(std::future::IntoFuture::into_future(job)).await, Some((true, Ok(false), Ok(false))));
    }
}
