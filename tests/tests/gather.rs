//! GAT: values of several futures, in order.
#![forbid(unsafe_code)]

use std::future::{Ready, ready};

use easynet::{
    BoxError, TaskGroupError,
    cancel::{ignore_cancellation, open_cancel_scope},
    task::{gather, get_current_task, try_gather},
    time::{coro_yield, current_time, sleep, sleep_forever, timeout},
};
use easynet_tests::{LONG, Log, Runner, clean_up_when_cancelled, each_backend, each_virtual_backend, ms};
use futures::{FutureExt, channel::oneshot, future::BoxFuture};

each_virtual_backend! {
    /// GAT-02
    async fn gathered_jobs_run_at_the_same_time(runner: Runner) {
        let watch = runner.stopwatch();
        let jobs = [42, 54].map(|value| async move {
            sleep(ms(500)).await;
            value
        });
        let values = timeout(ms(600), gather(jobs)).await;
        assert_eq!(values.unwrap(), [42, 54]);
        watch.assert_reads(ms(500));
    }

    /// GAT-03
    async fn values_are_in_the_order_of_the_arguments(runner: Runner) {
        let watch = runner.stopwatch();
        let log = Log::new();
        let jobs = [(1, 90), (2, 30), (3, 60)].map(|(value, delay)| {
            let log = &log;
            async move {
                sleep(ms(delay)).await;
                log.add(value.to_string());
                value
            }
        });
        assert_eq!(gather(jobs).await, [1, 2, 3]);
        log.assert(&["2", "3", "1"]);
        watch.assert_reads(ms(90));
    }
}

each_backend! {
    /// GAT-01
    async fn no_futures_are_an_empty_list_at_once() {
        assert_eq!(gather::<[Ready<u8>; 0], u8>([]).now_or_never(), Some(Vec::new()));
        let none: Result<Vec<u8>, TaskGroupError> =
            try_gather(Vec::<Ready<Result<u8, BoxError>>>::new()).await;
        assert_eq!(none.unwrap(), []);
    }

    /// GAT-01: there is nothing to cancel.
    async fn no_futures_are_no_checkpoint() {
        let scope = open_cancel_scope();
        scope.cancel();
        assert_eq!(
            scope.run(gather::<[Ready<u8>; 0], u8>([])).await,
            Some(Vec::new())
        );
    }

    /// GAT-03, where the order of completion is given by hand.
    async fn the_order_of_completion_does_not_matter() {
        let (send, receive): (Vec<_>, Vec<_>) = (0..3).map(|_| oneshot::channel::<()>()).unzip();
        let mut send: Vec<_> = send.into_iter().map(Some).collect();
        let values = receive
            .into_iter()
            .enumerate()
            .map(|(index, receiver)| async move {
                receiver.await.unwrap();
                index
            });
        let release = async {
            for index in [1, 2, 0] {
                coro_yield().await;
                send[index].take().unwrap().send(()).unwrap();
            }
        };
        let (values, ()) = futures::join!(gather(values), release);
        assert_eq!(values, [0, 1, 2]);
    }

    /// GAT-04, T2
    async fn a_failure_ends_the_others_before_it_is_returned() {
        let log = Log::new();
        let failing = async {
            coro_yield().await;
            Err::<(), _>("E")
        };
        let cleaning = {
            let log = log.clone();
            async move {
                clean_up_when_cancelled(log, "sleeper").await;
                Ok(())
            }
        };
        let jobs: [BoxFuture<'_, Result<(), &str>>; 2] = [failing.boxed(), cleaning.boxed()];
        let error: TaskGroupError = try_gather(jobs).await.unwrap_err();
        log.assert(&["sleeper cancelled", "sleeper cleaned"]);
        assert_eq!(error.failures().len(), 1);
        assert_eq!(error.failures()[0].error().to_string(), "E");
    }

    /// GAT-05, T13
    async fn a_surrounding_scope_ends_all_and_catches() {
        let log = Log::new();
        let scope = open_cancel_scope();
        let jobs = ["a", "b"].map(|name| clean_up_when_cancelled(log.clone(), name));
        let gathering = async {
            gather(jobs).await;
            log.add("after");
        };
        // They have begun by then: one that has not never runs (T10).
        let expiring = async { scope.set_deadline(current_time() + ms(1)) };
        let value = scope.run(async { futures::join!(gathering, expiring) }).await;
        assert!(value.is_none() && scope.cancelled_caught());
        log.assert_unordered(&["a cancelled", "a cleaned", "b cancelled", "b cleaned"]);
    }

    /// GAT-05, for futures that can fail.
    async fn a_surrounding_scope_ends_fallible_ones_too() {
        let scope = open_cancel_scope();
        let log = Log::new();
        let jobs = ["a", "b"].map(|name| {
            let log = log.clone();
            async move {
                let _drop = log.on_drop(name);
                sleep_forever().await
            }
        });
        let expiring = async { scope.set_deadline(current_time() + ms(1)) };
        let value = scope
            .run(async {
                let gathering = try_gather::<_, _, BoxError>(jobs);
                futures::join!(gathering, expiring).0.map(drop)
            })
            .await;
        assert!(value.is_none() && scope.cancelled_caught());
        log.assert_unordered(&["a", "b"]);
    }

    /// GAT-06
    async fn all_have_begun_before_any_goes_on() {
        let log = Log::new();
        gather(["a", "b"].map(|name| {
            let log = &log;
            async move {
                log.add(name);
                coro_yield().await;
                log.add(format!("{name} again"));
            }
        }))
        .await;
        let entries = log.entries();
        assert_eq!(entries[..2], ["a", "b"]);
        assert_eq!(entries.len(), 4);
    }

    /// GAT-07
    async fn one_failure_has_the_shape_of_many() {
        let error: TaskGroupError = try_gather([async { Err::<u8, _>("E") }]).await.unwrap_err();
        assert_eq!(error.failures().len(), 1);
        assert_eq!(error.into_first_error().unwrap().to_string(), "E");
    }

    /// Contract 5: each error once, those of cleanup included.
    async fn failures_during_cleanup_are_reported_too() {
        let cleaning = async {
            easynet::cancel::catch_cancelled(sleep_forever())
                .await
                .unwrap_err();
            ignore_cancellation(coro_yield()).await;
            Err::<(), _>("cleanup")
        };
        let failing = async { Err::<(), _>("first") };
        let jobs: [BoxFuture<'_, Result<(), &str>>; 2] = [cleaning.boxed(), failing.boxed()];
        let error: TaskGroupError<String> = try_gather(jobs).await.unwrap_err();
        let errors: Vec<_> = error
            .into_failures()
            .into_iter()
            .map(|failure| failure.into_error())
            .collect();
        assert_eq!(errors, ["first", "cleanup"]);
    }

    /// T10: in a cancelled scope nothing is started.
    async fn nothing_runs_in_a_cancelled_scope() {
        let log = Log::new();
        let scope = open_cancel_scope();
        scope.cancel();
        let value = scope
            .run(gather(["a", "b"].map(|name| {
                let log = &log;
                async move {
                    log.add(name);
                    coro_yield().await;
                }
            })))
            .await;
        assert!(value.is_none() && scope.cancelled_caught());
        log.assert(&[]);
    }

    async fn gathered_futures_may_borrow() {
        let text = String::from("some words to count");
        let lengths = gather(text.split(' ').map(|word| async move {
            coro_yield().await;
            word.len()
        }))
        .await;
        assert_eq!(lengths, [4, 5, 2, 5]);
        let lengths: Result<_, TaskGroupError> = try_gather([Ok(&text), Err("E")].map(ready)).await;
        assert_eq!(lengths.unwrap_err().failures().len(), 1);
    }

    /// Each is a task of its own.
    async fn gathered_futures_are_tasks() {
        let me = get_current_task();
        let tasks = gather([(), ()].map(|()| async { get_current_task() })).await;
        assert!(tasks[0] != tasks[1] && tasks[0] != me && tasks[1] != me);
    }

    /// T9
    async fn gathered_tasks_know_where_they_were_started() {
        let line = line!() + 1;
        let tasks = gather([(), ()].map(|()| async { get_current_task() })).await;
        let failed: TaskGroupError = try_gather([async { Err::<(), _>("E") }]).await.unwrap_err();
        assert_eq!(
            (tasks[0].location().file(), tasks[0].location().line()),
            (file!(), line)
        );
        let place = failed.failures()[0].task().location();
        assert_eq!((place.file(), place.line()), (file!(), line + 1));
        assert_eq!(
            (failed.location().file(), failed.location().line()),
            (file!(), line + 1)
        );
    }

    async fn a_panic_resumes_after_all_have_ended() {
        let log = Log::new();
        let jobs: [BoxFuture<'_, ()>; 2] = [
            clean_up_when_cancelled(log.clone(), "sleeper").boxed(),
            async {
                coro_yield().await;
                panic!("on purpose")
            }
            .boxed(),
        ];
        let panic = std::panic::AssertUnwindSafe(gather(jobs))
            .catch_unwind()
            .await
            .unwrap_err();
        assert_eq!(*panic.downcast::<&str>().unwrap(), "on purpose");
        log.assert(&["sleeper cancelled", "sleeper cleaned"]);
    }

    async fn many_futures_are_gathered() {
        let values = gather((0..1_000).map(|n| async move {
            for _ in 0..n % 4 {
                coro_yield().await;
            }
            n
        }))
        .await;
        assert!(values.into_iter().eq(0..1_000));
    }

    /// C8: under combinators with wakers of their own.
    async fn gathers_run_side_by_side_in_one_task() {
        let all = (0..4).map(|n| {
            gather((0..4).map(move |m| async move {
                sleep(ms(1)).await;
                coro_yield().await;
                n * m
            }))
        });
        let values = timeout(LONG, futures::future::join_all(all)).await.unwrap();
        assert_eq!(values[3], [0, 3, 6, 9]);
    }
}
