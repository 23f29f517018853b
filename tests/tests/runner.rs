//! RUN: running a program.
#![forbid(unsafe_code)]

use std::{
    future::ready,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    thread::{self, ThreadId},
};

use easynet::{
    AsyncBackend, BoxError, TaskGroup, ensure_backend,
    task::{create_task_group, get_current_task, try_get_current_task},
    time::{coro_yield, sleep, sleep_forever},
};
use easynet_tests::{DropFlag, LONG, Log, Runner, clean_up_when_cancelled, each_backend, ms, panic_message};
use futures::{FutureExt, channel::oneshot, future::select};

/// Leaves a group behind whose only child is `child`, begun and cancelled.
async fn abandon(child: impl Future<Output = ()> + Send + 'static) {
    let group: TaskGroup = create_task_group();
    let (begin, begun) = oneshot::channel();
    let run = group.run(async {
        group
            .start(async {
                child.await;
                Ok::<_, BoxError>(())
            })
            .await;
        begin.send(()).unwrap();
        sleep_forever().await;
    });
    select(pin!(run), begun).await;
}

each_backend! {
    /// RUN-01
    fn a_program_yields_its_value(runner: Runner) {
        async fn sum(left: i32, right: i32) -> i32 {
            coro_yield().await;
            left + right
        }
        assert_eq!(runner.run(sum(1, 2)), 3);
    }

    /// RUN-02
    fn an_error_of_the_program_is_handed_out_unchanged(runner: Runner) {
        #[derive(Debug, PartialEq)]
        struct Failed(u32);
        assert_eq!(
            runner.run(async {
                coro_yield().await;
                Err::<(), _>(Failed(7))
            }),
            Err(Failed(7))
        );
    }

    /// RUN-03, T12
    async fn a_backend_inside_a_running_one_is_refused(runner: Runner) {
        let backend = runner.backend();
        let error = backend.bootstrap(ready(())).unwrap_err();
        assert!(error.is_nested());
        let error = backend.bootstrap_with(&runner.options(), ready(())).unwrap_err();
        assert!(error.is_nested());
        // The outer one goes on.
        sleep(ms(1)).await;
    }

    /// RUN-03: in a child, in a scope, in a shield.
    async fn a_backend_inside_any_task_is_refused(runner: Runner) {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                group.start_soon(async move {
                    easynet::time::move_on_after(
                        LONG,
                        easynet::cancel::ignore_cancellation(async move {
                            assert!(runner.backend().bootstrap(ready(())).unwrap_err().is_nested());
                        }),
                    )
                    .await
                    .unwrap();
                });
            })
            .await
            .unwrap();
    }

    /// RUN-04, C10, T12
    fn the_runner_returns_only_when_everything_has_ended(runner: Runner) {
        let log = Log::new();
        let inside = log.clone();
        runner.run(async move {
            abandon(clean_up_when_cancelled(inside.clone(), "child")).await;
            inside.add("main returns");
        });
        assert!(log.contains("main returns"));
        assert_eq!(log.entries().last().unwrap(), "child cleaned");
        assert_eq!(log.entries().len(), 3);
    }

    /// Contract 1: the backend has no state of its own.
    fn a_backend_runs_many_programs_one_after_the_other(runner: Runner) {
        let backend = runner.backend();
        for round in 0..5 {
            let value = backend.bootstrap_with(&runner.options(), async move {
                coro_yield().await;
                round
            });
            assert_eq!(value.unwrap(), round);
        }
    }

    /// Contract 1: also after an error and a panic.
    fn no_backend_is_running_afterwards(runner: Runner) {
        assert!(ensure_backend(None).is_err());
        runner.run(async { assert!(ensure_backend(None).is_ok()) });
        assert!(ensure_backend(None).is_err());
        panic_message(|| runner.run(async { panic!("on purpose") }));
        assert!(ensure_backend(None).is_err());
        assert!(try_get_current_task().is_none());
        assert_eq!(runner.run(async { 1 }), 1);
    }

    /// BKD-02
    async fn the_running_backend_is_found(runner: Runner) {
        assert_eq!(ensure_backend(None).unwrap().name(), runner.backend().name());
        assert_eq!(
            ensure_backend(runner.backend()).unwrap().name(),
            runner.backend().name()
        );
    }

    fn a_panic_of_the_program_resumes_in_the_caller(runner: Runner) {
        let dropped = DropFlag::new();
        let guard = dropped.guard();
        let message = panic_message(|| {
            runner.run(async move {
                let _guard = guard;
                coro_yield().await;
                panic!("on purpose")
            })
        });
        assert_eq!(message, "on purpose");
        assert!(dropped.is_set());
    }

    /// T3, C10
    fn a_panic_of_an_abandoned_task_resumes_in_the_caller(runner: Runner) {
        struct PanicOnDrop;
        impl Drop for PanicOnDrop {
            fn drop(&mut self) {
                if !thread::panicking() {
                    panic!("in a destructor");
                }
            }
        }
        let message = panic_message(|| {
            runner.run(abandon(async {
                let _bomb = PanicOnDrop;
                sleep_forever().await
            }))
        });
        assert_eq!(message, "in a destructor");
    }

    /// A panic leaves no context behind on the thread it was caught on (C9).
    async fn a_panic_that_is_caught_leaves_no_context_behind() {
        let me = get_current_task();
        for _ in 0..3 {
            let scope = easynet::cancel::open_cancel_scope();
            scope.cancel();
            let body = AssertUnwindSafe(scope.run(easynet::cancel::ignore_cancellation(async {
                coro_yield().await;
                panic!("on purpose")
            })));
            body.catch_unwind().await.map(drop).unwrap_err();
            assert!(!easynet::cancel::is_cancelled());
        }
        assert_eq!(get_current_task(), me);
        sleep(ms(1)).await;
    }

    fn the_program_may_block_nobody_else(runner: Runner) {
        // Two runtimes side by side, in two threads, do not know of each other.
        let other = thread::spawn(move || {
            runner.run(async {
                sleep(ms(1)).await;
                1
            })
        });
        assert_eq!(
            runner.run(async {
                sleep(ms(1)).await;
                2
            }),
            2
        );
        assert_eq!(other.join().unwrap(), 1);
    }

    fn the_name_of_the_threads_can_be_chosen(runner: Runner) {
        if runner.has_virtual_time() {
            return; // It runs on the calling thread.
        }
        let options = runner.options().thread_name("conformance");
        let name = runner
            .backend()
            .bootstrap_with(&options, async { thread::current().name().map(str::to_owned) });
        assert_eq!(name.unwrap().as_deref(), Some("conformance"));
    }

    fn one_thread_is_the_calling_thread(runner: Runner) {
        async fn here() -> ThreadId {
            coro_yield().await;
            thread::current().id()
        }
        let me = thread::current().id();
        assert_eq!(runner.run(here()) == me, runner.has_virtual_time());
    }

    /// `bootstrap` without options uses the defaults.
    fn options_are_optional(runner: Runner) {
        let seen = catch_unwind(AssertUnwindSafe(|| {
            runner.backend().bootstrap(async {
                coro_yield().await;
                5
            })
        }));
        assert_eq!(seen.unwrap().unwrap(), 5);
    }
}
