//! A failure or a panic: who is cancelled, who waits, and what is reported.

use easynet::{
    BoxError, TaskGroup, TaskGroupError,
    cancel::{catch_cancelled, ignore_cancellation, is_cancelled, open_cancel_scope_after},
    task::{create_task_group, get_current_task},
    task_group,
    time::{coro_yield, sleep, sleep_forever},
};
use easynet_tests::{
    Log, Runner, clean_up_when_cancelled, each_backend, each_virtual_backend, ms, start_cleaning,
};
use futures::FutureExt;

use super::texts;

each_virtual_backend! {
    /// GRP-10
    async fn a_failing_child_cancels_the_body(runner: Runner) {
        let watch = runner.stopwatch();
        let group: TaskGroup = create_task_group();
        let error = group
            .run(async {
                group.start_soon(async {
                    sleep(ms(10)).await;
                    Err("E")
                });
                sleep(ms(1000)).await;
            })
            .await
            .unwrap_err();
        assert_eq!(texts(&error), ["E"]);
        watch.assert_reads(ms(10));
    }
}

each_backend! {
    /// GRP-09, T2
    async fn a_failing_child_cancels_its_siblings_and_waits_for_their_cleanup() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        let error = group
            .run(async {
                start_cleaning(&group, &log, "sibling").await;
                group
                    .scoped()
                    .start_soon(clean_up_when_cancelled(log.clone(), "scoped"));
                coro_yield().await;
                group.start_soon(async { Err("E") });
            })
            .await
            .unwrap_err();
        assert_eq!(texts(&error), ["E"]);
        log.assert_unordered(&[
            "scoped cancelled",
            "scoped cleaned",
            "sibling cancelled",
            "sibling cleaned",
        ]);
    }

    /// GRP-10
    async fn a_failing_child_ends_the_body() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        let error = group
            .run(async {
                let _drop = log.on_drop("body dropped");
                group.start_soon(async { Err("E") });
                sleep_forever().await;
            })
            .await
            .unwrap_err();
        assert_eq!(texts(&error), ["E"]);
        log.assert(&["body dropped"]);
    }

    /// GRP-11: leaving early cancels, and waits for what is shielded; the error is that of the body, unwrapped.
    async fn a_body_that_fails_waits_for_its_children_and_fails_unwrapped() {
        async fn fail(log: Log) -> Result<(), String> {
            task_group!(|group| {
                for _ in 0..2 {
                    let log = log.clone();
                    group
                        .start(async move {
                            ignore_cancellation(sleep(ms(3))).await;
                            log.add("shield over");
                            coro_yield().await;
                            log.add("never");
                            Ok::<_, BoxError>(())
                        })
                        .await;
                }
                Err(String::from("E"))?;
            })
            .map_err(|error| error.to_string())
        }
        let log = Log::new();
        assert_eq!(fail(log.clone()).await, Err(String::from("E")));
        log.assert(&["shield over", "shield over"]);
    }

    /// GRP-11, T2: if a child fails as well, the error of the group holds both.
    async fn a_body_that_fails_beside_a_child_is_reported_with_it() {
        async fn fail() -> Result<(), BoxError> {
            task_group!(|group| {
                group
                    .start(async {
                        catch_cancelled(sleep_forever()).await.unwrap_err();
                        Err::<(), _>("child")
                    })
                    .await;
                Err("body")?;
            })?;
            Ok(())
        }
        let error = fail().await.unwrap_err();
        let error = error.downcast_ref::<TaskGroupError>().unwrap();
        assert_eq!(texts(error), ["child", "body"]);
        assert_eq!([0, 1].map(|n| error.failures()[n].is_body()), [false, true]);
        assert_eq!(*error.failures()[1].task(), get_current_task());
    }

    /// GRP-12
    async fn a_child_cancelled_by_its_handle_does_not_fail_the_group() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let sleeper = group.start(sleep_forever()).await;
                let worker = group.spawn_value(async {
                    sleep(ms(2)).await;
                    42
                });
                assert!(sleeper.cancel());
                sleeper.wait().await;
                assert!(sleeper.cancelled());
                assert_eq!(worker.join().await.unwrap(), 42);
            })
            .await
            .unwrap();
    }

    /// T13: what the children return is lost to the outer scope, too.
    async fn a_scope_catches_although_a_child_fails_in_its_cleanup() {
        let scope = open_cancel_scope_after(ms(2));
        let value = scope
            .run(async move {
                let group: TaskGroup = create_task_group();
                group
                    .run(async {
                        group.start_soon(async {
                            catch_cancelled(sleep_forever()).await.unwrap_err();
                            ignore_cancellation(coro_yield()).await;
                            Err("cleanup")
                        });
                    })
                    .await
            })
            .await;
        assert!(value.is_none() && scope.cancelled_caught());
    }

    /// GRP-16
    async fn a_body_that_goes_on_does_not_hide_the_failure_of_a_child() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        let error = group
            .run(async {
                group.start_soon(async { Err("E") });
                let cancelled = catch_cancelled(sleep_forever()).await.unwrap_err();
                assert!(cancelled.reason().failed_task().is_some());
                log.add("went on");
            })
            .await
            .unwrap_err();
        assert_eq!(texts(&error), ["E"]);
        log.assert(&["went on"]);
    }

    /// GRP-17, T2
    async fn a_failure_in_an_inner_group_cancels_the_outer_one() {
        let log = Log::new();
        let outer: TaskGroup = create_task_group();
        let error = outer
            .run(async {
                let own = log.clone();
                outer
                    .start(async move {
                        let _drop = own.on_drop("outer sibling");
                        sleep_forever().await
                    })
                    .await;
                let own = log.clone();
                outer.start_soon(async move {
                    let inner: TaskGroup = create_task_group();
                    inner
                        .run(async {
                            inner
                                .start(async move {
                                    let _drop = own.on_drop("inner sibling");
                                    sleep_forever().await
                                })
                                .await;
                            inner.start_soon(async { Err("E") });
                        })
                        .await
                });
            })
            .await
            .unwrap_err();
        log.assert(&["inner sibling", "outer sibling"]);
        assert_eq!(error.failures().len(), 1);
        let inner = error.failures()[0]
            .error()
            .downcast_ref::<TaskGroupError>()
            .unwrap();
        assert_eq!(texts(inner), ["E"]);
    }

    /// T2: all of them, in the order in which they happened.
    async fn every_failure_is_reported() {
        let group: TaskGroup = create_task_group();
        let error = group
            .run(async {
                let second = group
                    .start(async {
                        catch_cancelled(sleep_forever()).await.unwrap_err();
                        ignore_cancellation(sleep(ms(1))).await;
                        Err::<(), _>("second")
                    })
                    .await;
                let third = group.scoped().start(async move {
                    catch_cancelled(sleep_forever()).await.unwrap_err();
                    ignore_cancellation(second.wait()).await;
                    Err::<(), _>("third")
                });
                third.await;
                group.named("one").start_soon(async { Err("first") });
            })
            .await
            .unwrap_err();
        assert_eq!(texts(&error), ["first", "second", "third"]);
        assert_eq!(error.failures()[0].task().name(), "one");
        assert!(error.failures().iter().all(|failure| !failure.is_body()));
        assert_eq!(error.into_first_error().unwrap().to_string(), "first");
    }

    /// T2, design 4: a typed group, whose children's errors convert.
    async fn errors_convert_to_the_type_of_the_group() {
        #[derive(Debug, PartialEq)]
        enum Error {
            Number(std::num::ParseIntError),
            Text(String),
        }
        impl std::fmt::Display for Error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{self:?}")
            }
        }
        impl From<std::num::ParseIntError> for Error {
            fn from(error: std::num::ParseIntError) -> Self {
                Self::Number(error)
            }
        }
        impl From<&str> for Error {
            fn from(text: &str) -> Self {
                Self::Text(text.to_owned())
            }
        }
        let group: TaskGroup<'_, Error> = create_task_group();
        let error = group
            .run(async {
                let task = group.spawn(async { "x".parse::<u32>() });
                task.wait().await;
            })
            .await
            .unwrap_err();
        assert!(matches!(error.into_first_error().unwrap(), Error::Number(_)));

        let group: TaskGroup<'_, Error> = create_task_group();
        let error = group
            .run(async { group.start_soon(async { Err("text") }) })
            .await
            .unwrap_err();
        assert_eq!(error.into_first_error().unwrap(), Error::Text("text".to_owned()));
    }

    /// T3
    async fn a_panicking_child_cancels_its_siblings_and_resumes_in_the_parent() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        let run = group.run(async {
            let own = log.clone();
            group
                .start(async move {
                    clean_up_when_cancelled(own, "sibling").await;
                    Ok::<_, BoxError>(())
                })
                .await;
            group.start_soon(async {
                sleep(ms(1)).await;
                if !is_cancelled() {
                    std::panic::panic_any(17_u64);
                }
            });
        });
        let panic = std::panic::AssertUnwindSafe(run)
            .catch_unwind()
            .await
            .unwrap_err();
        assert_eq!(*panic.downcast::<u64>().unwrap(), 17);
        log.assert(&["sibling cancelled", "sibling cleaned"]);
    }

    /// T3
    async fn a_panicking_body_cancels_the_children_and_resumes() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        let run = group.run(async {
            let own = log.clone();
            group
                .start(async move {
                    clean_up_when_cancelled(own, "child").await;
                    Ok::<_, BoxError>(())
                })
                .await;
            panic!("on purpose");
        });
        let panic = std::panic::AssertUnwindSafe(run)
            .catch_unwind()
            .await
            .unwrap_err();
        assert_eq!(*panic.downcast::<&str>().unwrap(), "on purpose");
        log.assert(&["child cancelled", "child cleaned"]);
    }

    /// T2: of two groups in one task, the failure of the outer one ends the inner one.
    async fn a_failure_in_an_outer_group_ends_the_inner_one() {
        let log = Log::new();
        let outer: TaskGroup = create_task_group();
        let error = outer
            .run(async {
                let inner: TaskGroup = create_task_group();
                let _value = inner
                    .run(async {
                        inner.start_soon(clean_up_when_cancelled(log.clone(), "inner child"));
                        outer.start_soon(async {
                            sleep(ms(1)).await;
                            Err("E")
                        });
                    })
                    .await;
                log.add("after the inner group");
            })
            .await
            .unwrap_err();
        assert_eq!(texts(&error), ["E"]);
        assert!(!log.contains("after the inner group"));
        assert!(!log.contains("inner child cancelled") || log.contains("inner child cleaned"));
    }
}
