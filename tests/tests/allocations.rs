//! What is allocated, pinned to numbers (T4, C11).
//!
//! Allocations are counted on the thread of a test, where its program runs; what a program costs is the difference between
//! doing something often and doing it twice as often.
#![forbid(unsafe_code)]

use std::{future::Future, time::Duration};

use allocation_counter::{AllocationInfo, measure};
use easynet::{
    BoxError, TaskGroup,
    cancel::{catch_cancelled, ignore_cancellation, is_cancelled, open_cancel_scope},
    net::{AsyncDatagramReadTransport as _, create_udp_endpoint},
    prelude::*,
    task::{create_task_group, gather, get_current_task, race},
    time::{coro_yield, move_on_after, sleep, sleep_forever, timeout},
};
use easynet_tests::{LONG, Runner, ms};
use tokio::{runtime::Builder, task::JoinSet};

const N: u64 = 200;

/// What running a program on one thread allocates.
fn cost_of<F>(program: F) -> AllocationInfo
where
    F: Future<Output = ()> + Send + 'static,
{
    Runner::TOKIO_CURRENT_THREAD.watch(move |runner| measure(|| runner.run(program)))
}

/// What the same allocates as a task of tokio, without `bootstrap`.
fn cost_in_tokio<F>(program: F) -> AllocationInfo
where
    F: Future<Output = ()> + Send + 'static,
{
    let run = || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(runtime.spawn(program)).unwrap();
    };
    Runner::TOKIO_CURRENT_THREAD.watch(|_| measure(run))
}

/// How many allocations each further turn of a program costs, in hundredths.
fn allocations_per_turn<F>(program: impl Fn(u64) -> F) -> u64
where
    F: Future<Output = ()> + Send + 'static,
{
    per_turn(|turns| cost_of(program(turns)))
}

/// As [`allocations_per_turn`], in a task of tokio.
fn allocations_per_turn_in_tokio<F>(program: impl Fn(u64) -> F) -> u64
where
    F: Future<Output = ()> + Send + 'static,
{
    per_turn(|turns| cost_in_tokio(program(turns)))
}

fn per_turn(cost: impl Fn(u64) -> AllocationInfo) -> u64 {
    let _ = cost(N);
    let (once, twice) = (cost(N), cost(2 * N));
    (twice.count_total.saturating_sub(once.count_total)) * 100 / N
}

/// Suspends once, and wakes itself.
fn pending_once() -> impl Future<Output = ()> {
    let mut polled = false;
    std::future::poll_fn(move |cx| {
        if std::mem::replace(&mut polled, true) {
            return std::task::Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    })
}

/// So many children, one after the other.
async fn start_each<F>(n: u64, child: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let group: TaskGroup = create_task_group();
    let body = async {
        for _ in 0..n {
            group.start_soon(child());
            coro_yield().await;
            coro_yield().await;
        }
    };
    group.run(body).await.unwrap();
}

/// So many children at once.
async fn start_all<F>(n: u64, child: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let group: TaskGroup = create_task_group();
    let body = async {
        for _ in 0..n {
            group.start_soon(child());
        }
    };
    group.run(body).await.unwrap();
}

/// The same in tokio's own set.
async fn join_all<F>(n: u64, child: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut set = JoinSet::new();
    for _ in 0..n {
        set.spawn(child());
    }
    while set.join_next().await.is_some() {}
}

/// T4: one allocation for each child, the runtime's.
#[test]
fn a_child_is_one_allocation() {
    let ready = |n| start_each(n, || async {});
    let waits = |n| start_each(n, pending_once);
    assert_eq!(allocations_per_turn(ready), 100);
    assert_eq!(allocations_per_turn(waits), 100);
    assert_eq!(allocations_per_turn_in_tokio(ready), 100);
    assert_eq!(allocations_per_turn_in_tokio(waits), 100);
}

/// T4: and for many at once where as many have been, but for lists that grow by doubling; a `JoinSet` takes two.
///
/// The first so many need a place each to wait in, under `bootstrap` on one thread.
#[test]
fn many_children_at_once_are_one_allocation_each() {
    let all = |n| start_all(n, pending_once);
    let again = |n| async move {
        all(2 * N).await;
        all(n).await;
    };
    let at_most = |cost, most| assert!(cost <= most, "{cost}");
    at_most(allocations_per_turn(again), 105);
    at_most(allocations_per_turn(all), 210);
    at_most(allocations_per_turn_in_tokio(all), 105);
    assert_eq!(allocations_per_turn_in_tokio(|n| join_all(n, pending_once)), 200);
}

/// T6: also for one that borrows.
#[test]
fn a_child_that_borrows_is_one_allocation() {
    let cost = allocations_per_turn(|n| async move {
        let group: TaskGroup = create_task_group();
        let body = async {
            for _ in 0..n {
                group.scoped().start_soon(pending_once());
                coro_yield().await;
                coro_yield().await;
            }
        };
        group.run(body).await.unwrap();
    });
    assert_eq!(cost, 100);
}

/// A group: what its children share, its place in the tree of cancellation, and the list of whom to wake.
#[test]
fn a_group_is_few_allocations() {
    let cost = allocations_per_turn(|n| async move {
        for _ in 0..n {
            let group: TaskGroup = create_task_group();
            group.run(async {}).await.unwrap();
        }
    });
    assert!(cost <= 300, "{cost}");
}

/// Gathering is a group, with few more for each value; lists grow by doubling.
#[test]
fn gathering_is_few_allocations_for_each_value() {
    let cost_of = |values: u64| {
        allocations_per_turn(move |n| async move {
            for _ in 0..n {
                gather((0..values).map(|_| pending_once())).await;
            }
        })
    };
    let (ten, twenty) = (cost_of(10), cost_of(20));
    assert!(twenty - ten <= 10 * 500, "{ten} for ten, {twenty} for twenty");
}

/// What a macro gathers sits in the future around it: the group is all, with its node, however many there are.
#[test]
fn a_gathering_of_a_macro_is_two_allocations() {
    let of_two = allocations_per_turn(async |n| {
        for _ in 0..n {
            gather!(pending_once(), { pending_once().await });
        }
    });
    let of_four = allocations_per_turn(async |n| {
        for _ in 0..n {
            gather!(pending_once(), { pending_once().await }, coro_yield(), { 7 });
        }
    });
    assert!(
        of_two <= 2 * 100 && of_four <= 2 * 100,
        "{of_two} for two, {of_four} for four"
    );
}

/// A race is its list, and one for each that runs.
#[test]
fn a_runner_in_a_race_is_one_allocation() {
    for runners in [2, 20] {
        let cost = allocations_per_turn(move |n| async move {
            for _ in 0..n {
                race((0..runners).map(|_| pending_once())).await;
            }
        });
        assert_eq!(cost, (runners + 1) * 100);
    }
}

/// What each further child holds while it waits, in bytes.
fn bytes_per_child(cost: impl Fn(u64) -> AllocationInfo) -> u64 {
    // Lists that grow by doubling are full.
    const N: u64 = 4_096;
    (cost(2 * N).bytes_max - cost(N).bytes_max) / N
}

/// T4: what a child takes while it waits, beside its own future, which is kept once.
#[test]
fn a_child_that_waits_takes_few_bytes_beside_its_future() {
    fn waits<const SIZE: usize>() -> impl Future<Output = ()> {
        let held = [0_u8; SIZE];
        async move {
            pending_once().await;
            std::hint::black_box(&held);
        }
    }
    fn check<const SIZE: usize>() {
        let size = size_of_val(&waits::<SIZE>()) as u64;
        let beside = |cost: fn(u64) -> AllocationInfo| bytes_per_child(cost) - size;
        let own = beside(|n| cost_of(start_all(n, waits::<SIZE>)));
        let in_tokio = beside(|n| cost_in_tokio(start_all(n, waits::<SIZE>)));
        let set = beside(|n| cost_in_tokio(join_all(n, waits::<SIZE>)));
        // With its place, and the queue that so many stood in at a time.
        assert!(own <= 256, "{own} beside {size}, in a JoinSet {set}");
        // Tokio rounds its tasks up to 128 bytes.
        assert!(
            in_tokio <= set + 128,
            "{in_tokio} beside {size}, in a JoinSet {set}"
        );
    }
    check::<0>();
    check::<100>();
    check::<1_000>();
    check::<10_000>();
}

/// Ten thousand may wait for a datagram: none of them holds room for the longest there is.
#[test]
fn one_who_waits_for_a_datagram_takes_few_bytes() {
    // Few: each is a socket.
    let most = |n| {
        let waits = || async {
            let mut endpoint = create_udp_endpoint("127.0.0.1", 9).await.unwrap();
            assert!(move_on_after(ms(1), endpoint.recv()).await.is_none());
        };
        cost_of(start_all(n, waits)).bytes_max
    };
    let bytes = (most(200) - most(100)) / 100;
    assert!(bytes <= 4_096, "{bytes} bytes");
}

/// C11: nor does a timeout in a task of tokio allocate, once that task has its timer.
#[test]
fn a_timeout_allocates_nothing_in_tokio() {
    let cost = allocations_per_turn_in_tokio(|n| async move {
        let scope = move_on_after(LONG, async {
            for _ in 0..n {
                timeout(LONG, async {}).await.unwrap();
                timeout(LONG, pending_once()).await.unwrap();
            }
        });
        scope.await.unwrap();
    });
    assert_eq!(cost, 0);
}

/// C11: a timeout that is ready at once.
#[test]
fn a_timeout_that_is_ready_allocates_nothing() {
    let cost = allocations_per_turn(|n| async move {
        for _ in 0..n {
            timeout(LONG, async {}).await.unwrap();
            move_on_after(LONG, async {}).await.unwrap();
        }
    });
    assert_eq!(cost, 0);
}

/// C11: a timeout around what suspends, in the one that runs `bootstrap` and in a child.
#[test]
fn a_timeout_that_waits_allocates_nothing() {
    for child in [false, true] {
        let cost = allocations_per_turn(move |n| async move {
            let work = async move {
                for _ in 0..n {
                    timeout(LONG, pending_once()).await.unwrap();
                    timeout(LONG, move_on_after(LONG, coro_yield()))
                        .await
                        .unwrap()
                        .unwrap();
                }
            };
            if !child {
                return work.await;
            }
            let group: TaskGroup = create_task_group();
            group.run(async { group.start_soon(work) }).await.unwrap();
        });
        assert_eq!(cost, 0, "child: {child}");
    }
}

/// C11: a timeout that passes.
#[test]
fn a_timeout_that_passes_allocates_nothing() {
    let cost = allocations_per_turn(|n| async move {
        for _ in 0..n {
            assert!(timeout(ms(1), sleep_forever()).await.is_err());
        }
    });
    assert_eq!(cost, 0);
}

/// C11: sleeping and yielding.
#[test]
fn a_sleep_allocates_nothing() {
    let cost = allocations_per_turn(|n| async move {
        for _ in 0..n {
            sleep(ms(1)).await;
            coro_yield().await;
            sleep(Duration::ZERO).await;
        }
    });
    assert_eq!(cost, 0);
}

/// C11: asking costs no allocation, at any depth.
#[test]
fn asking_whether_one_is_cancelled_allocates_nothing() {
    let cost = allocations_per_turn(|n| async move {
        move_on_after(
            LONG,
            timeout(LONG, async {
                coro_yield().await;
                for _ in 0..n {
                    assert!(!is_cancelled());
                }
            }),
        )
        .await
        .unwrap()
        .unwrap();
    });
    assert_eq!(cost, 0);
}

/// Shields and catches that need not wait cost nothing; what waits costs its nodes, and no more in a loop.
#[test]
fn a_shield_that_need_not_wait_allocates_nothing() {
    let cost = allocations_per_turn(|n| async move {
        for _ in 0..n {
            ignore_cancellation(async {}).await;
            catch_cancelled(async {}).await.unwrap();
        }
    });
    assert_eq!(cost, 0);
}

/// A shield that waits allocates nothing once the scopes above have their nodes.
#[test]
fn a_shield_that_waits_allocates_nothing_in_a_task_that_has_had_one() {
    let cost = allocations_per_turn(|n| async move {
        for _ in 0..n {
            ignore_cancellation(pending_once()).await;
        }
    });
    assert_eq!(cost, 0);
}

/// Its place in the tree, which is what its handles share.
#[test]
fn a_scope_with_a_handle_is_one_allocation() {
    let cost = allocations_per_turn(|n| async move {
        for _ in 0..n {
            open_cancel_scope().run(pending_once()).await.unwrap();
        }
    });
    assert_eq!(cost, 100);
}

/// A task with a handle: the runtime's allocation, the state, and the node through which it is cancelled.
#[test]
fn a_task_with_a_handle_is_few_allocations() {
    let cost = allocations_per_turn(|n| async move {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                for _ in 0..n {
                    group.spawn_value(async { 1 }).await.unwrap();
                }
            })
            .await
            .unwrap();
    });
    assert!(cost <= 400, "{cost}");
}

/// T4: a finished child leaves no memory behind.
#[test]
fn the_memory_of_a_group_does_not_grow_with_the_children_it_has_had() {
    fn most_bytes(children: u64) -> u64 {
        cost_of(async move {
            let group: TaskGroup = create_task_group();
            group
                .run(async {
                    for batch in 0..children / 100 {
                        for _ in 0..100 {
                            group.start_soon(async {
                                coro_yield().await;
                                Ok::<_, BoxError>(())
                            });
                        }
                        if batch % 7 == 0 {
                            group
                                .named("named")
                                .scoped()
                                .start_soon(async { coro_yield().await });
                            drop(group.named("valued").spawn_value(async { get_current_task() }));
                        }
                        while group.live_tasks() > 1 {
                            coro_yield().await;
                        }
                    }
                })
                .await
                .unwrap();
        })
        .bytes_max
    }
    let (few, many) = (most_bytes(1_000), most_bytes(1_000_000));
    assert!(
        many <= few + few / 20,
        "{few} bytes with a thousand, {many} with a million"
    );
}

/// Everything that a program has allocated is free when it has ended.
#[test]
fn a_program_leaves_no_memory_behind() {
    let program = || async {
        for _ in 0..20 {
            let scope = open_cancel_scope();
            let value = scope
                .run(async {
                    let group: TaskGroup = create_task_group();
                    group
                        .run(async {
                            for n in 0..20 {
                                group.start_soon(async move {
                                    let inner: TaskGroup = create_task_group();
                                    let _ = catch_cancelled(inner.run(async {
                                        drop(inner.spawn_value(sleep_forever()));
                                        inner.scoped().start_soon(async move {
                                            let _ = timeout(LONG, ignore_cancellation(sleep(ms(n)))).await;
                                        });
                                    }))
                                    .await;
                                });
                            }
                            sleep(ms(5)).await;
                            scope.cancel();
                        })
                        .await
                })
                .await;
            assert!(value.is_none());
        }
    };
    // What a thread keeps for its next groups is there after the first run.
    let info = Runner::TOKIO_CURRENT_THREAD.watch(move |runner| {
        runner.run(program());
        measure(|| runner.run(program()))
    });
    assert!(
        info.bytes_current.abs() < 4096,
        "{} bytes are left",
        info.bytes_current
    );
}
