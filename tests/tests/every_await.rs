//! Programs that are cancelled at each of their suspension points in turn (C1, C6, C10): nothing of them is left.
#![forbid(unsafe_code)]

use easynet::{
    BoxError, TaskGroup,
    cancel::{catch_cancelled, ignore_cancellation, open_cancel_scope, open_cancel_scope_after},
    prelude::*,
    task::{create_task_group, gather, try_gather},
    testing::{Witness, cancel_at_every_await},
    time::{coro_yield, move_on_after, sleep, sleep_forever},
};
use easynet_tests::{LONG, Runner, each_backend, each_virtual_backend, ms, panic_message};
use futures::{StreamExt, stream::FuturesUnordered};

/// Suspends a few times, and holds a witness meanwhile.
async fn steps(witness: Witness, n: usize) {
    for _ in 0..n {
        coro_yield().await;
    }
    drop(witness);
}

each_backend! {
    async fn a_program_without_suspension_has_no_point_to_be_cancelled_at() {
        assert_eq!(cancel_at_every_await(|_| async {}).await, 0);
    }

    async fn each_suspension_is_a_point() {
        assert_eq!(cancel_at_every_await(|witness| steps(witness, 5)).await, 5);
    }

    async fn scopes_leave_nothing() {
        let points = cancel_at_every_await(|witness| async move {
            let outer = open_cancel_scope();
            outer
                .run(async {
                    let inner = open_cancel_scope_after(LONG);
                    inner.run(steps(witness.clone(), 2)).await;
                    inner.reschedule(None);
                    move_on_after(ms(1), async {
                        let _held = witness.clone();
                        sleep_forever().await
                    })
                    .await;
                    outer.cancel();
                    steps(witness, 2).await;
                })
                .await;
        })
        .await;
        assert!(points >= 4, "{points}");
    }

    async fn shields_leave_nothing() {
        let points = cancel_at_every_await(|witness| async move {
            steps(witness.clone(), 1).await;
            ignore_cancellation(steps(witness.clone(), 2)).await;
            ignore_cancellation(ignore_cancellation(steps(witness.clone(), 2))).await;
            steps(witness, 1).await;
        })
        .await;
        assert!(points >= 6, "{points}");
    }

    async fn what_catches_leaves_nothing() {
        let points = cancel_at_every_await(|witness| async move {
            if catch_cancelled(steps(witness.clone(), 3)).await.is_err() {
                ignore_cancellation(steps(witness.clone(), 2)).await;
            }
            steps(witness, 1).await;
        })
        .await;
        assert!(points >= 4, "{points}");
    }

    async fn groups_leave_nothing() {
        let points = cancel_at_every_await(|witness| async move {
            let group: TaskGroup = create_task_group();
            let body = group.run(async {
                for n in 0..3 {
                    group.start_soon(steps(witness.clone(), n));
                    group.scoped().start_soon(steps(witness.clone(), n));
                }
                let own = witness.clone();
                group.start_soon(async move {
                    if catch_cancelled(sleep(ms(1))).await.is_err() {
                        ignore_cancellation(steps(own, 2)).await;
                    }
                });
                steps(witness.clone(), 2).await;
            });
            body.await.expect("nothing fails");
        })
        .await;
        assert!(points >= 2, "{points}");
    }

    async fn groups_in_groups_leave_nothing() {
        let points = cancel_at_every_await(|witness| async move {
            let ended = task_group!(|outer| {
                let own = witness.clone();
                outer.start_soon(async move {
                    task_group!(|inner| {
                        inner.start_soon(steps(own.clone(), 3));
                        shield!({ steps(own.clone(), 2).await });
                        Ok::<_, BoxError>(())
                    })?
                });
                let task = outer.spawn_value(steps(witness.clone(), 3));
                let _ = task.join_or_cancel().await;
                let late = outer.start(async { Ok::<_, BoxError>(()) }).await;
                late.wait().await;
                steps(witness.clone(), 1).await;
            });
            ended.expect("nothing fails");
        })
        .await;
        assert!(points >= 2, "{points}");
    }

    async fn groups_that_fail_leave_nothing() {
        cancel_at_every_await(|witness| async move {
            let ended = task_group!(|group| {
                let (one, two) = (witness.clone(), witness.clone());
                group.start_soon(async move {
                    steps(one, 2).await;
                    Err("it fails")
                });
                group.start_soon(async move {
                    let _held = two;
                    sleep_forever().await
                });
                steps(witness.clone(), 3).await;
            });
            drop(ended);
        })
        .await;
    }

    async fn gathers_leave_nothing() {
        let points = cancel_at_every_await(|witness| async move {
            gather((0..4).map(|n| steps(witness.clone(), n))).await;
            let failing = (0..4).map(|n| {
                let witness = witness.clone();
                async move {
                    steps(witness, n).await;
                    if n == 2 { Err("it fails") } else { Ok(()) }
                }
            });
            assert!(try_gather::<_, (), BoxError>(failing).await.is_err());
        })
        .await;
        assert!(points >= 3, "{points}");
    }

    async fn gatherings_of_macros_leave_nothing() {
        let points = cancel_at_every_await(|witness| async move {
            gather!(steps(witness.clone(), 3), { steps(witness.clone(), 1).await }, {
                task_group!(|group| { group.start_soon(steps(witness.clone(), 2)) }).expect("nothing fails");
            });
            let failing = try_gather!(
                {
                    steps(witness.clone(), 2).await;
                    Err::<(), _>("it fails")
                },
                async {
                    steps(witness.clone(), 5).await;
                    Ok::<_, BoxError>(())
                },
            );
            assert!(failing.is_err());
        })
        .await;
        assert!(points >= 3, "{points}");
    }

    /// C8
    async fn all_of_it_leaves_nothing_under_wakers_of_its_own() {
        let points = cancel_at_every_await(|witness| async move {
            let mut all = FuturesUnordered::new();
            for n in 0..4 {
                let witness = witness.clone();
                all.push(async move {
                    let _ = catch_cancelled(steps(witness.clone(), n)).await;
                    ignore_cancellation(steps(witness.clone(), n)).await;
                    move_on_after(ms(1), sleep(LONG)).await;
                    task_group!(|group| { group.start_soon(steps(witness.clone(), n)) }).expect("nothing fails");
                });
            }
            while all.next().await.is_some() {}
        })
        .await;
        assert!(points >= 3, "{points}");
    }

    /// The blocks of the language, and jumps out of them.
    async fn blocks_leave_nothing_when_they_are_left_early() {
        async fn program(witness: Witness) -> Result<u32, BoxError> {
            for turn in 0..3 {
                let value = task_group!(|group| {
                    group.start_soon(steps(witness.clone(), 4));
                    let value = with_timeout!(1h, { steps(witness.clone(), turn).await; turn })?;
                    match turn {
                        0 => continue,
                        1 => value,
                        _ => return Ok(7),
                    }
                })?;
                assert_eq!(value, 1);
            }
            Err("not reached".into())
        }
        let points = cancel_at_every_await(|witness| async { assert_eq!(program(witness).await.unwrap(), 7) }).await;
        assert!(points >= 3, "{points}");
    }
}

each_virtual_backend! {
    /// The helper finds what it is for.
    fn a_witness_that_is_leaked_is_found(runner: Runner) {
        let text = panic_message(|| {
            runner.run(async {
                cancel_at_every_await(|witness| async move {
                    coro_yield().await;
                    std::mem::forget(witness);
                })
                .await
            })
        });
        assert!(text.contains("witnesses that were not dropped: 1"), "{text}");
    }

    fn a_task_that_is_left_behind_is_found(runner: Runner) {
        let text = panic_message(|| {
            runner.run(async {
                cancel_at_every_await(|_| async move {
                    // As a foreign timeout does: the group is dropped, and its child adopted by whoever is around.
                    let group: TaskGroup = create_task_group();
                    let mut run = Box::pin(group.run(async {
                        group.start_soon(ignore_cancellation(sleep(ms(50))));
                        sleep_forever().await
                    }));
                    assert!(futures::poll!(&mut run).is_pending());
                    ignore_cancellation(sleep(ms(1))).await;
                    drop(run);
                })
                .await
            })
        });
        assert!(text.contains("left to be adopted"), "{text}");
    }
}
