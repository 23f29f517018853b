//! What a job is, and what it sees.

use std::{
    panic::{AssertUnwindSafe, panic_any},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
};

use easynet::{
    AsyncBackend as _,
    cancel::current_effective_deadline,
    ensure_backend,
    prelude::*,
    sync::CapacityLimiter,
    task::{TaskLocal, gather, get_current_task},
    threads::run_in_thread,
    time::{current_time, move_on_at, sleep, timeout},
};
use easynet_tests::{LONG, Log, Runner, beside_threads, each_virtual_backend, ms, work, work_until};
use futures::FutureExt;

static NUMBER: TaskLocal<u32> = TaskLocal::new();

beside_threads! {
    /// THR-01
    async fn a_job_yields_its_value_from_another_thread() {
        let (left, right, here) = (20, 22, thread::current().id());
        let (sum, there) = run_in_thread(move || (left + right, thread::current().id())).await;
        assert_eq!(sum, 42);
        assert_ne!(here, there);
        assert_eq!(ensure_backend(None).unwrap().run_in_thread(|| 7).await, 7);
    }

    /// THR-02
    async fn a_job_that_fails_yields_its_error() {
        let failed: Result<(), &str> = run_in_thread(|| Err("no luck")).await;
        assert_eq!(failed, Err("no luck"));
    }

    /// THR-02
    async fn a_panic_of_a_job_resumes_in_its_caller() {
        let job = run_in_thread(|| if true { panic_any(17_u8) }).into_future();
        let panic = AssertUnwindSafe(job).catch_unwind().await.unwrap_err();
        assert_eq!(*panic.downcast::<u8>().expect("its own payload"), 17);
        assert_eq!(run_in_thread(|| 1).await, 1);
    }

    async fn a_job_that_nobody_awaits_does_not_run() {
        let ran = Arc::new(AtomicBool::new(false));
        let flag = ran.clone();
        let job = run_in_thread(move || flag.store(true, SeqCst));
        drop(job);
        let flag = ran.clone();
        drop(run_in_thread(move || flag.store(true, SeqCst)).into_future());
        sleep(ms(1)).await;
        assert!(!ran.load(SeqCst));
    }

    /// THR-09
    async fn a_job_sees_the_task_and_its_values() {
        let task = get_current_task();
        let seen = NUMBER.scope(7, async {
            run_in_thread(|| (get_current_task(), NUMBER.get().as_deref().copied())).await
        });
        assert_eq!(seen.await, (task, Some(7)));
        assert_eq!(run_in_thread(|| NUMBER.get()).await, None);
    }

    async fn a_job_knows_the_backend_it_was_started_on(runner: Runner) {
        let name = run_in_thread(|| ensure_backend(None).map(|backend| backend.name())).await;
        assert_eq!(name.unwrap(), runner.backend().name());
    }

    async fn a_job_sees_the_nearest_deadline_around_it() {
        let start = current_time();
        let (near, far) = (start + LONG, start + 2 * LONG);
        let job = || run_in_thread(current_effective_deadline).into_future();
        assert_eq!(job().await, None);
        assert_eq!(move_on_at(far, move_on_at(near, job())).await, Some(Some(Some(near))));
        assert_eq!(move_on_at(near, move_on_at(far, job())).await, Some(Some(Some(near))));
        let shielded = move_on_at(near, async { shield!(job()) });
        assert_eq!(shielded.await, Some(None), "no deadline reaches into a shield");
        assert_eq!(current_effective_deadline(), None);
    }

    /// THR-10
    async fn two_hundred_jobs_yield_each_its_value_once() {
        let values = gather((0..200).map(|n| run_in_thread(move || n).into_future())).await;
        assert_eq!(values, (0..200).collect::<Vec<_>>());
    }

    async fn no_more_jobs_run_at_once_than_the_limiter_has_tokens() {
        let (limiter, log) = (Arc::new(CapacityLimiter::new(1)), Log::new());
        let jobs = (0..5).map(|n| {
            let (own, log) = (limiter.clone(), log.clone());
            let job = move || {
                assert_eq!(own.borrowed_tokens(), 1);
                log.add(format!("{n} begins"));
                work(ms(1));
                log.add(format!("{n} ends"));
            };
            run_in_thread(job).limiter(&limiter).into_future()
        });
        gather(jobs).await;
        for pair in log.entries().chunks(2) {
            assert_eq!(pair[0].split(' ').next(), pair[1].split(' ').next(), "they overlap: {pair:?}");
        }
        assert_eq!(limiter.borrowed_tokens(), 0);
    }

    async fn a_job_that_panics_gives_its_token_back() {
        let limiter = Arc::new(CapacityLimiter::new(1));
        let job = run_in_thread(|| panic!("it panics, for a test")).limiter(&limiter).into_future();
        let panic: Result<(), _> = AssertUnwindSafe(job).catch_unwind().await;
        assert!(panic.is_err());
        assert_eq!(limiter.borrowed_tokens(), 0);
    }

    async fn jobs_work_where_easynet_is_polled_by_foreign_combinators() {
        let jobs = (0..8).map(|n| run_in_thread(move || n).into_future());
        let mut values = futures::future::join_all(jobs).await;
        values.sort_unstable();
        assert_eq!(values, (0..8).collect::<Vec<_>>());
    }
}

beside_threads! {
    /// THR-03
    async fn tasks_go_on_while_a_job_runs() {
        let ticks = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let seen = ticks.clone();
        let job = run_in_thread(move || work_until(|| seen.load(SeqCst) >= 5));
        race!(job, async {
            loop {
                sleep(ms(1)).await;
                ticks.fetch_add(1, SeqCst);
            }
        });
        assert!(ticks.load(SeqCst) >= 5);
    }

    /// THR-08: no job ends before all have begun.
    async fn four_jobs_run_at_once() {
        let begun = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let jobs = (0..4).map(|_| {
            let begun = begun.clone();
            run_in_thread(move || {
                begun.fetch_add(1, SeqCst);
                work_until(|| begun.load(SeqCst) == 4);
            })
            .into_future()
        });
        timeout(LONG, gather(jobs)).await.unwrap();
    }
}

each_virtual_backend! {
    /// THR-08
    async fn jobs_at_once_take_no_longer_than_one(runner: Runner) {
        if runner.is_simulated() {
            let watch = runner.stopwatch();
            gather((0..4).map(|_| run_in_thread(|| work(LONG)).into_future())).await;
            watch.assert_reads(LONG);
        }
    }
}

beside_threads! {
    fn jobs_run_in_a_foreign_task_too(runner: Runner) {
        if runner.is_simulated() {
            return;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let watched = timeout(LONG, run_in_thread(|| current_effective_deadline().is_some()));
            assert_eq!(watched.await, Ok(true));
        });
    }
}
