//! Panics, wherever they come from: nothing hangs, nothing is lost, and the runtime goes on (T3).
#![forbid(unsafe_code)]

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use easynet::{
    TaskGroup,
    cancel::ignore_cancellation,
    task::create_task_group,
    time::{coro_yield, sleep, sleep_forever},
};
use easynet_tests::{Log, Runner, each_backend, ms, panic_message};

/// A waker that panics when it is woken.
struct Trap;

impl Wake for Trap {
    fn wake(self: Arc<Self>) {
        panic!("the waker is broken");
    }
}

each_backend! {
    /// C10, T3: a panic that the group has taken note of before it is dropped.
    fn a_panic_in_a_group_that_is_dropped_later_resumes_in_the_adopter(runner: Runner) {
        let message = panic_message(|| {
            runner.run(async {
                let dropped = tokio::time::timeout(ms(3), async {
                    let group: TaskGroup = create_task_group();
                    group
                        .run(async {
                            group.start_soon(async { panic!("too early") });
                            ignore_cancellation(sleep_forever::<()>()).await
                        })
                        .await
                })
                .await;
                assert!(dropped.is_err());
            })
        });
        assert_eq!(message, "too early");
    }

    /// C8: the others that wait for the same moment are woken all the same.
    fn a_waker_that_panics_when_a_deadline_passes_harms_nobody_else(runner: Runner) {
        let ended = runner.run(async {
            let deadline = easynet::time::current_time() + ms(5);
            let mut broken = Box::pin(easynet::time::sleep_until(deadline));
            let trap = Waker::from(Arc::new(Trap));
            let mut sleeps = futures::stream::FuturesUnordered::new();
            assert!(broken.as_mut().poll(&mut Context::from_waker(&trap)).is_pending());
            sleeps.push(easynet::time::sleep_until(deadline));
            let ended = futures::StreamExt::next(&mut sleeps).await;
            drop(broken);
            ended
        });
        assert_eq!(ended, Some(()));
    }
}
