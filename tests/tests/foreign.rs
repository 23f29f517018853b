//! What easynet owes to programs that use tokio's own combinators and runtime around it (C8, C10).
//!
//! This file is about tokio only, and therefore not part of the suite for each backend.
#![forbid(unsafe_code)]

use std::{
    future::{Future, poll_fn},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};

use easynet::{
    BoxError, TaskGroup, TaskGroupError,
    cancel::{catch_cancelled, ignore_cancellation, open_cancel_scope},
    task::{create_task_group, gather, get_current_task, try_get_current_task},
    time::{coro_yield, move_on_after, move_on_at, sleep, sleep_forever, timeout},
};
use easynet_tests::{
    DropFlag, LONG, Log, Runner, clean_up_when_cancelled, each_backend, each_virtual_backend, ms,
};
use tokio::sync::Notify;

/// Runs a program in a tokio runtime in which easynet has not been started, once on each flavour.
fn in_tokio<F, P>(program: P)
where
    F: Future<Output = ()> + Send + 'static,
    P: Fn() -> F + Send + 'static,
{
    Runner::TOKIO_CURRENT_THREAD.watch(move |_| {
        let paused = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build();
        paused.expect("a runtime can be made").block_on(program());
        let threads = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build();
        let threads = threads.expect("a runtime can be made");
        threads.block_on(program());
        threads
            .block_on(threads.spawn(program()))
            .expect("the program does not panic");
    });
}

/// Polls a future to its first suspension.
async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    poll_fn(|cx| match std::pin::Pin::new(&mut *future).poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

each_backend! {
    /// C10: dropped while its body is suspended.
    fn bootstrap_waits_for_the_children_of_a_group_that_is_dropped_in_its_body(runner: Runner) {
        let log = Log::new();
        let inside = log.clone();
        runner.run(async move {
            let child = inside.clone();
            let dropped = tokio::time::timeout(ms(3), async {
                let group: TaskGroup = create_task_group();
                group
                    .run(async {
                        group.start_soon(clean_up_when_cancelled(child, "child"));
                        sleep_forever::<()>().await
                    })
                    .await
            })
            .await;
            assert!(dropped.is_err());
            inside.add("main over");
        });
        log.assert(&["main over", "child cancelled", "child cleaned"]);
    }

    /// C10: dropped while it waits for its last child, after its body has ended.
    fn bootstrap_waits_for_the_only_child_of_a_group_that_is_dropped_after_its_body(runner: Runner) {
        let log = Log::new();
        let inside = log.clone();
        runner.run(async move {
            let child = inside.clone();
            let dropped = tokio::time::timeout(ms(3), async {
                let group: TaskGroup = create_task_group();
                group
                    .run(async { group.start_soon(clean_up_when_cancelled(child, "child")) })
                    .await
            })
            .await;
            assert!(dropped.is_err());
            inside.add("main over");
        });
        log.assert(&["main over", "child cancelled", "child cleaned"]);
    }

    /// C10: the same with several children, which end one after the other.
    fn bootstrap_waits_for_all_children_of_a_group_that_is_dropped_after_its_body(runner: Runner) {
        let ended = Arc::new(AtomicUsize::new(0));
        let inside = ended.clone();
        runner.run(async move {
            let dropped = tokio::time::timeout(ms(3), async {
                let group: TaskGroup = create_task_group();
                group
                    .run(async {
                        for index in 0..5 {
                            let ended = inside.clone();
                            group.start_soon(async move {
                                if catch_cancelled(sleep_forever::<()>()).await.is_err() {
                                    ignore_cancellation(sleep(ms(index))).await;
                                    ended.fetch_add(1, Ordering::SeqCst);
                                }
                            });
                        }
                    })
                    .await
            })
            .await;
            assert!(dropped.is_err());
        });
        assert_eq!(ended.load(Ordering::SeqCst), 5);
    }

    /// Time: the one timer of a task is armed even when the task has used up what tokio lets it do in one turn.
    fn a_sleep_ends_in_a_task_that_has_used_up_its_budget(runner: Runner) {
        runner.run(async {
            let mut yields = 0;
            let greedy = async {
                // More than fits into one turn: it is suspended by tokio several times.
                for _ in 0..1000 {
                    tokio::task::coop::consume_budget().await;
                    yields += 1;
                }
            };
            futures::join!(greedy, sleep(ms(5)));
            assert_eq!(yields, 1000);
        });
    }
}
