//! Jobs that are not to be abandoned: cancellation waits for them.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::SeqCst},
};

use easynet::{
    AsyncBackend as _,
    cancel::{check_cancelled, is_cancelled, open_cancel_scope},
    prelude::*,
    sync::{CapacityLimiter, Event},
    task::try_gather,
    threads::run_in_thread,
    time::{cancel_shielded_coro_yield, coro_yield, current_time, move_on_after, sleep, sleep_forever},
};
use easynet_tests::{DropFlag, LONG, Log, Runner, beside_threads, ms, work, work_until};

beside_threads! {
    /// THR-04
    async fn a_job_that_runs_is_not_cancelled() {
        let scope = open_cancel_scope();
        let handle = scope.clone();
        let job = run_in_thread(move || {
            for _ in 0..4 {
                handle.cancel();
            }
            42
        });
        assert_eq!(scope.run(job.into_future()).await, Some(42));
        assert!(scope.cancel_called() && !scope.cancelled_caught());
    }

    /// THR-05
    async fn the_cancellation_takes_effect_at_the_next_suspension_point() {
        let (scope, had) = (open_cancel_scope(), AtomicBool::new(false));
        let handle = scope.clone();
        let left = scope.run(async {
            let value = run_in_thread(move || {
                handle.cancel();
                42
            })
            .await;
            had.store(value == 42, SeqCst);
            coro_yield().await;
            unreachable!("it is cancelled");
        });
        assert!(left.await.is_none());
        assert!(had.load(SeqCst) && scope.cancelled_caught());
    }

    /// C3
    async fn a_cancelled_scope_starts_nothing() {
        for abandon in [false, true] {
            let (scope, ran) = (open_cancel_scope(), Arc::new(AtomicBool::new(false)));
            scope.cancel();
            let flag = ran.clone();
            let job = run_in_thread(move || flag.store(true, SeqCst)).abandon_on_cancel(abandon);
            assert!(scope.run(job.into_future()).await.is_none());
            sleep(ms(1)).await;
            assert!(!ran.load(SeqCst));
        }
    }

    /// SHD-12: a yield that is shielded, a shield and a job are alike.
    async fn a_scope_waits_for_a_job_as_for_a_shield() {
        let ends = |kind: usize| async move {
            let (scope, after) = (open_cancel_scope(), AtomicBool::new(false));
            let handle = scope.clone();
            let left = scope.run(async {
                match kind {
                    0 => {
                        handle.cancel();
                        cancel_shielded_coro_yield().await;
                    }
                    1 => {
                        shield!({
                            handle.cancel();
                            sleep(ms(1)).await;
                        });
                    }
                    _ => run_in_thread(move || handle.cancel()).await,
                }
                after.store(true, SeqCst);
                assert!(is_cancelled());
                sleep_forever().await
            });
            (left.await.is_none(), after.load(SeqCst), scope.cancelled_caught())
        };
        for kind in 0..3 {
            assert_eq!(ends(kind).await, (true, true, true), "{kind}");
        }
    }

    async fn a_job_is_told_why() {
        let scope = open_cancel_scope();
        let handle = scope.clone();
        let told = scope.run(run_in_thread(move || {
            assert!(check_cancelled().is_ok());
            handle.cancel_because("enough");
            assert!(is_cancelled());
            check_cancelled().unwrap_err()
        }).into_future());
        assert_eq!(told.await.unwrap().reason().text(), Some("enough"));
        assert!(check_cancelled().is_ok());
    }

    async fn a_failed_sibling_tells_a_job() {
        let told = Log::new();
        let failed = task_group!(|group| {
            let (begun, own) = (Arc::new(Event::new()), told.clone());
            let event = begun.clone();
            group.start_soon(async move {
                let told = run_in_thread(move || {
                    event.set();
                    work_until(is_cancelled);
                    check_cancelled().unwrap_err()
                })
                .await;
                own.add(told.reason().failed_task().unwrap().name());
            });
            group.named("failing").start_soon(async move {
                begun.wait().await;
                Err::<(), _>("no luck")
            });
        });
        assert_eq!(failed.unwrap_err().failures().len(), 1);
        told.assert(&["failing"]);
    }

    /// C5
    async fn a_shielded_job_is_not_told() {
        let scope = open_cancel_scope();
        let handle = scope.clone();
        let told = scope.run(async {
            shield!(run_in_thread(move || {
                handle.cancel();
                is_cancelled()
            }))
        });
        assert_eq!(told.await, Some(false));
    }

    /// What is polled in other ways than by `.await` is told all the same (C8).
    async fn a_job_in_a_foreign_combinator_is_told() {
        let scope = open_cancel_scope();
        let handle = scope.clone();
        let both = scope.run(async {
            let job = run_in_thread(move || {
                handle.cancel();
                work_until(is_cancelled);
                1
            });
            let mut jobs = futures::stream::FuturesUnordered::new();
            jobs.push(job.into_future());
            futures::StreamExt::next(&mut jobs).await
        });
        assert_eq!(both.await, Some(Some(1)));
    }

    async fn a_job_that_waits_for_a_token_is_cancelled() {
        let (limiter, dropped) = (Arc::new(CapacityLimiter::new(1)), DropFlag::new());
        let held = limiter.try_acquire().unwrap();
        let guard = dropped.guard();
        let job = run_in_thread(move || drop(guard)).limiter(&limiter);
        assert!(move_on_after(ms(1), job).await.is_none());
        assert!(dropped.is_set(), "what it has captured is dropped with it");
        drop(held);
        assert_eq!(limiter.available_tokens(), 1);
    }

    /// T2: errors of jobs are errors of the tasks that await them.
    async fn a_group_waits_for_the_job_of_a_task_that_it_cancels() {
        let (ended, begun) = (Arc::new(AtomicBool::new(false)), Arc::new(Event::new()));
        let failed = try_gather::<_, (), easynet::BoxError>([true, false].map(|fails| {
            let (flag, begun) = (ended.clone(), begun.clone());
            async move {
                if fails {
                    begun.wait().await;
                    return Err::<(), easynet::BoxError>("no luck".into());
                }
                run_in_thread(move || {
                    begun.set();
                    work_until(is_cancelled);
                    work(ms(2));
                    flag.store(true, SeqCst);
                })
                .await;
                Ok(())
            }
        }))
        .await;
        assert_eq!(failed.unwrap_err().failures().len(), 1);
        assert!(ended.load(SeqCst));
    }

    /// A job has begun when it runs, not when it waits for a thread.
    fn a_job_that_waits_for_a_thread_is_cancelled(runner: Runner) {
        let options = runner.options().max_blocking_threads(1);
        let ended = runner.backend().bootstrap_with(&options, async {
            let (release, dropped) = (Arc::new(AtomicBool::new(false)), DropFlag::new());
            task_group!(|group| {
                let begun = Arc::new(AtomicBool::new(false));
                let (flag, until) = (begun.clone(), release.clone());
                group.start_soon(async move {
                    run_in_thread(move || {
                        flag.store(true, SeqCst);
                        work_until(|| until.load(SeqCst));
                    })
                    .await;
                });
                while !begun.load(SeqCst) {
                    sleep(ms(1)).await;
                }
                let guard = dropped.guard();
                let queued = run_in_thread(move || {
                    let _guard = guard;
                    unreachable!("it never begins");
                });
                assert!(move_on_after(ms(2), queued).await.is_none());
                assert!(dropped.is_set());
                release.store(true, SeqCst);
            })
            .unwrap();
            run_in_thread(|| 7).await
        });
        assert_eq!(ended.unwrap(), 7);
    }
}

beside_threads! {
    /// THR-07
    async fn a_timeout_does_not_fire_if_nothing_else_awaits() {
        let scope = open_cancel_scope();
        let handle = scope.clone();
        let value = scope.run(async {
            run_in_thread(move || {
                // From here on: a job that has not begun is cancelled.
                handle.set_deadline(current_time() + ms(2));
                work_until(is_cancelled);
                42
            })
            .await
        });
        assert_eq!(value.await, Some(42));
        assert!(scope.cancel_called() && !scope.cancelled_caught());
    }

    async fn a_job_ends_early_when_its_time_is_up() {
        let scope = open_cancel_scope();
        let handle = scope.clone();
        let steps = scope.run(async {
            run_in_thread(move || {
                handle.set_deadline(current_time() + ms(3));
                for _ in 0..1_000_000 {
                    work(ms(1));
                    check_cancelled()?;
                }
                Ok::<_, easynet::Cancelled>(())
            })
            .await
        });
        let told = steps.await.expect("it returned").expect_err("it gave up");
        assert!(told.reason().is_deadline());
    }

    async fn a_deadline_that_is_moved_is_seen_by_the_job() {
        let scope = easynet::cancel::open_cancel_scope_after(LONG);
        let (handle, first) = (scope.clone(), scope.when().unwrap());
        let seen = scope.run(run_in_thread(move || {
            let nearer = first - ms(1000);
            assert_eq!(easynet::cancel::current_effective_deadline(), Some(first));
            handle.set_deadline(nearer);
            work_until(|| easynet::cancel::current_effective_deadline() == Some(nearer));
        }).into_future());
        assert!(seen.await.is_some());
    }
}
