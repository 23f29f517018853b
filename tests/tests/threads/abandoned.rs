//! Jobs that are abandoned: their caller lets go, their group does not.

use std::{
    future::IntoFuture as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use easynet::{
    cancel::{check_cancelled, is_cancelled, open_cancel_scope},
    prelude::*,
    sync::{CapacityLimiter, Event},
    threads::{current_portal, run_in_thread},
    time::{move_on_after, sleep, sleep_forever},
};
use easynet_tests::{DropFlag, Log, Runner, beside_threads, ms, work, work_until};

/// A job that cancels a scope, and ends only after its caller has left.
struct Left {
    log: Log,
    left: Arc<AtomicBool>,
}

impl Left {
    fn new() -> Self {
        Self {
            log: Log::new(),
            left: Arc::default(),
        }
    }

    fn job(&self, scope: easynet::CancelScope) -> impl FnOnce() -> DropFlag + Send + 'static {
        let (log, left) = (self.log.clone(), self.left.clone());
        move || {
            scope.cancel_because("enough");
            work_until(|| left.load(SeqCst));
            assert_eq!(check_cancelled().unwrap_err().reason().text(), Some("enough"));
            work(ms(2));
            log.add("the job ends");
            DropFlag::new()
        }
    }

    fn left(&self) {
        self.log.add("the caller has left");
        self.left.store(true, SeqCst);
    }
}

beside_threads! {
    /// THR-06, C10
    async fn the_caller_leaves_at_once_and_its_group_waits() {
        let left = Left::new();
        task_group!(|group| {
            let _ = &group;
            let scope = open_cancel_scope();
            let job = run_in_thread(left.job(scope.clone())).abandon_on_cancel(true);
            assert!(scope.run(job.into_future()).await.is_none());
            assert!(scope.cancelled_caught());
            left.left();
        })
        .unwrap();
        left.log.assert(&["the caller has left", "the job ends"]);
    }

    /// C10: what cannot be refused is a drop by foreign code.
    async fn a_job_that_foreign_code_drops_is_waited_for_and_told() {
        let (log, flag) = (Log::new(), DropFlag::new());
        task_group!(|group| {
            let _ = &group;
            let (own, guard) = (log.clone(), flag.guard());
            // One that no thread has taken yet would be taken back.
            let begun = Arc::new(Event::new());
            let begins = begun.clone();
            let job = run_in_thread(move || {
                begins.set();
                work_until(is_cancelled);
                assert!(check_cancelled().unwrap_err().to_string().contains("has let go"));
                // However late the other goes on.
                work_until(|| own.contains("it was dropped"));
                own.add("the job ends");
                guard
            });
            let later = async {
                begun.wait().await;
                sleep(ms(2)).await;
            };
            futures::future::select(job.into_future(), Box::pin(later)).await;
            log.add("it was dropped");
        })
        .unwrap();
        log.assert(&["it was dropped", "the job ends"]);
        assert!(flag.is_set(), "its value is dropped before the group has ended");
    }

    /// T12
    fn a_program_ends_when_its_last_job_has(runner: Runner) {
        let left = Left::new();
        let log = left.log.clone();
        runner.run(async move {
            let scope = open_cancel_scope();
            let job = run_in_thread(left.job(scope.clone())).abandon_on_cancel(true);
            assert!(scope.run(job.into_future()).await.is_none());
            left.left();
        });
        log.assert(&["the caller has left", "the job ends"]);
    }

    async fn a_job_that_ends_in_time_is_like_any_other() {
        let value = run_in_thread(|| 42).abandon_on_cancel(true).named("quick").await;
        assert_eq!(value, 42);
    }

    async fn a_job_that_panics_when_it_was_abandoned_harms_nobody() {
        let ended = task_group!(|group| {
            let _ = &group;
            let scope = open_cancel_scope();
            let handle = scope.clone();
            let job = run_in_thread(move || -> () {
                handle.cancel();
                work_until(is_cancelled);
                panic!("it panics, for a test");
            });
            assert!(scope.run(job.abandon_on_cancel(true).into_future()).await.is_none());
            7
        });
        assert_eq!(ended.unwrap(), 7);
    }

    async fn an_abandoned_job_keeps_its_token_until_it_ends() {
        let limiter = Arc::new(CapacityLimiter::new(1));
        let release = Arc::new(AtomicBool::new(false));
        task_group!(|group| {
            let _ = &group;
            let (scope, until) = (open_cancel_scope(), release.clone());
            let handle = scope.clone();
            let job = run_in_thread(move || {
                handle.cancel();
                work_until(|| until.load(SeqCst));
            });
            let job = job.limiter(&limiter).abandon_on_cancel(true);
            assert!(scope.run(job.into_future()).await.is_none());
            assert_eq!(limiter.borrowed_tokens(), 1);
            assert!(move_on_after(ms(1), limiter.acquire()).await.is_none());
            release.store(true, SeqCst);
            drop(limiter.acquire().await);
        })
        .unwrap();
    }

    /// What a job has started through its portal is cancelled with its caller, and waited for.
    async fn the_calls_of_an_abandoned_job_are_cancelled() {
        let log = Log::new();
        task_group!(|group| {
            let _ = &group;
            let (scope, own) = (open_cancel_scope(), log.clone());
            let handle = scope.clone();
            let job = run_in_thread(move || {
                let portal = current_portal().unwrap();
                let cleaning = own.clone();
                let call = portal.run_coroutine_soon(async move {
                    handle.cancel();
                    if catch_cancelled!(sleep_forever()).is_err() {
                        shield!(sleep(ms(1)));
                        cleaning.add("cleaned");
                    }
                });
                let ended = call.unwrap().wait();
                own.add(if ended.is_ok() { "it returned" } else { "it was cancelled" });
                // Whoever waited has let go, or is about to.
                work_until(|| portal.is_closed());
                assert!(portal.run_sync(|| ()).unwrap_err().is_closed());
                assert!(current_portal().unwrap().run_sync(|| ()).unwrap_err().is_closed());
                own.add("the job ends");
            });
            assert!(scope.run(job.abandon_on_cancel(true).into_future()).await.is_none());
            assert!(log.contains("cleaned"));
        })
        .unwrap();
        log.assert(&["cleaned", "it returned", "the job ends"]);
    }

    async fn a_portal_that_an_abandoned_job_asks_for_too_late_is_closed() {
        let left = Arc::new(AtomicBool::new(false));
        let seen = Log::new();
        task_group!(|group| {
            let _ = &group;
            let (scope, until, seen) = (open_cancel_scope(), left.clone(), seen.clone());
            let handle = scope.clone();
            let job = run_in_thread(move || {
                handle.cancel();
                work_until(|| until.load(SeqCst));
                let portal = current_portal().unwrap();
                assert!(portal.run_sync(|| ()).unwrap_err().is_closed());
                assert!(portal.run_coroutine(async {}).unwrap_err().is_closed());
                seen.add("closed");
            });
            assert!(scope.run(job.abandon_on_cancel(true).into_future()).await.is_none());
            left.store(true, SeqCst);
        })
        .unwrap();
        seen.assert(&["closed"]);
    }
}
