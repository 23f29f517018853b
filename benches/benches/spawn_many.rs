//! What does a child cost? Starting tasks in a group and waiting for all, beside what else one would start them in.
//!
//! Every run of every candidate makes a runtime of its own, as a program does: tokio's by its builder, easynet's by `bootstrap`.
//!
//! Tasks of the runtime:
//!
//! - On one thread easynet polls all of its tasks inside of one task of tokio, by an executor of its own: that is how it can be below what tokio does for a
//!   task. On two threads each is a task of tokio.
//! - The peer is tokio's `JoinSet`, which tells of panics and aborts its tasks when it is dropped: the nearest that tokio has to a group.
//! - `TaskTracker` of tokio-util waits for its tasks, and knows neither their values nor their errors. With a `CancellationToken`, of which
//!   each task has a clone that it awaits in `select!`, it can cancel them too, as a group can.
//! - `FuturesUnordered` of `JoinHandle`s is what programs without a `JoinSet` do. It is left out for 100,000 tasks, where it takes some fifty times as
//!   long as its peers: handles share the budget of the task that waits, and those that are told to come back are all asked again.
//! - `tokio::spawn` and a `Vec` of handles is the floor: it is all that tokio does for a task.
//! - smol's executor, async-executor: a `LocalExecutor` on one thread, an `Executor` on two, each driven by the `block_on` of futures; its tasks
//!   are awaited one after the other. It has no driver of I/O and timers to look after.
//!
//! Children that borrow, which run in the task that waits for them:
//!
//! - The peer is `FuturesUnordered` of futures, which most programs use for that. Its futures are all of one type, so that it needs no box for each.
//! - moro's scopes may be used inside of themselves, as groups may; each child is a box.
//! - `FutureGroup` of futures-concurrency is the nearest to the peer, and its `Vec::join` is for a number that is known.
//!
//! Few futures of different types, at the same time:
//!
//! - The peer is `join!`, which polls them and keeps what they yield: it makes no tasks of them, cancels none when another panics, and drops them where they are.
//! - Two futures of a tuple, joined by futures-concurrency, have wakers of their own.

use std::{future::Future, sync::Arc, thread};

use async_executor::{Executor, LocalExecutor};
use easynet::{Flavor, gather, task_group};
use easynet_benches::{Bench, Candidate, FLAVORS, Question, in_easynet, in_tokio, pending_once, with_commas};
use futures::{
    channel::oneshot,
    executor::block_on,
    stream::{FuturesUnordered, StreamExt},
};
use futures_concurrency::future::{FutureGroup, Join};
use tokio::task::JoinSet;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

async fn work(yields: bool) {
    if yields {
        pending_once().await;
    }
}

async fn join_set(tasks: usize, yields: bool) {
    let mut set = JoinSet::new();
    for _ in 0..tasks {
        set.spawn(work(yields));
    }
    while set.join_next().await.is_some() {}
}

async fn group(tasks: usize, yields: bool) {
    let ended = task_group!(|group| {
        for _ in 0..tasks {
            group.start_soon(work(yields));
        }
    });
    ended.expect("nothing fails");
}

async fn tracker(tasks: usize, yields: bool) {
    let tracker = TaskTracker::new();
    for _ in 0..tasks {
        tracker.spawn(work(yields));
    }
    tracker.close();
    tracker.wait().await;
}

async fn tracker_with_token(tasks: usize, yields: bool) {
    let (tracker, token) = (TaskTracker::new(), CancellationToken::new());
    for _ in 0..tasks {
        let token = token.clone();
        tracker.spawn(async move {
            tokio::select! {
                () = token.cancelled() => {}
                () = work(yields) => {}
            }
        });
    }
    tracker.close();
    tracker.wait().await;
}

async fn handles_unordered(tasks: usize, yields: bool) {
    let mut handles: FuturesUnordered<_> = (0..tasks).map(|_| tokio::spawn(work(yields))).collect();
    while let Some(ended) = handles.next().await {
        ended.expect("nothing panics");
    }
}

async fn plain_spawn(tasks: usize, yields: bool) {
    let handles: Vec<_> = (0..tasks).map(|_| tokio::spawn(work(yields))).collect();
    for handle in handles {
        handle.await.expect("nothing panics");
    }
}

/// Runs a program as a task of smol's executor, with as many threads as the others have.
fn in_smol(load: Load) {
    let Load {
        flavor,
        tasks,
        yields,
        repeat,
    } = load;
    if flavor == Flavor::CurrentThread {
        let executor = LocalExecutor::new();
        return block_on(executor.run(async {
            for _ in 0..repeat {
                let tasks: Vec<_> = (0..tasks).map(|_| executor.spawn(work(yields))).collect();
                for task in tasks {
                    task.await;
                }
            }
        }));
    }
    let executor = Arc::new(Executor::new());
    let own = executor.clone();
    let program = executor.spawn(async move {
        for _ in 0..repeat {
            let tasks: Vec<_> = (0..tasks).map(|_| own.spawn(work(yields))).collect();
            for task in tasks {
                task.await;
            }
        }
    });
    thread::scope(|scope| {
        let (stop, stopped) = oneshot::channel::<()>();
        // It ends when `stop` is dropped, whether or not anything was sent.
        scope.spawn(|| block_on(executor.run(stopped)));
        block_on(executor.run(program));
        drop(stop);
    });
}

async fn scoped(tasks: usize, yields: bool) {
    let ended = task_group!(|group| {
        for _ in 0..tasks {
            group.scoped().start_soon(work(yields));
        }
    });
    ended.expect("nothing fails");
}

async fn unordered(tasks: usize, yields: bool) {
    let mut children: FuturesUnordered<_> = (0..tasks).map(|_| work(yields)).collect();
    while children.next().await.is_some() {}
}

async fn moro_scope(tasks: usize, yields: bool) {
    let scope = moro::async_scope!(|scope| {
        for _ in 0..tasks {
            // What it returns is for those who want the child's value.
            drop(scope.spawn(work(yields)));
        }
    });
    scope.await;
}

async fn future_group(tasks: usize, yields: bool) {
    let mut group = FutureGroup::with_capacity(tasks);
    for _ in 0..tasks {
        group.insert(work(yields));
    }
    let mut group = std::pin::pin!(group);
    while group.next().await.is_some() {}
}

async fn vec_join(tasks: usize, yields: bool) {
    let children: Vec<_> = (0..tasks).map(|_| work(yields)).collect();
    children.join().await;
}

async fn again<F: Future<Output = ()>>(repeat: usize, program: impl Fn() -> F) {
    for _ in 0..repeat {
        program().await;
    }
}

/// What a program has to do, so often in one runtime.
#[derive(Clone, Copy)]
struct Load {
    flavor: Flavor,
    tasks: usize,
    yields: bool,
    repeat: usize,
}

impl Load {
    /// Some 50,000 tasks in all; fewer for a quick run.
    fn new(bench: &Bench, flavor: Flavor, tasks: usize, yields: bool) -> Self {
        Self {
            flavor,
            tasks,
            yields,
            repeat: (bench.operations(50_000) / tasks).max(1),
        }
    }

    fn what(self) -> &'static str {
        if self.yields { "yield once" } else { "do nothing" }
    }
}

macro_rules! candidate {
    ($name:expr, $run:ident, $program:ident, $load:ident) => {
        Candidate::new($name, move || {
            let program = move || $program($load.tasks, $load.yields);
            $run($load.flavor, again($load.repeat, program));
        })
    };
}

fn tasks_of_the_runtime(bench: &Bench, flavor: Flavor, tasks: usize, yields: bool) {
    let load = Load::new(bench, flavor, tasks, yields);
    let (what, number) = (load.what(), with_commas(tasks));
    let question = format!("start {number} tasks that {what}, and wait for all (per task)");
    let mut candidates = vec![
        candidate!("tokio JoinSet", in_tokio, join_set, load),
        candidate!("easynet start_soon", in_easynet, group, load),
        candidate!("TaskTracker", in_tokio, tracker, load),
        candidate!(
            "TaskTracker + token + select!",
            in_tokio,
            tracker_with_token,
            load
        ),
        candidate!("tokio::spawn + JoinHandles (floor)", in_tokio, plain_spawn, load),
        Candidate::new("smol async-executor", move || in_smol(load)),
    ];
    if tasks < 100_000 {
        candidates.push(candidate!(
            "FuturesUnordered of JoinHandles",
            in_tokio,
            handles_unordered,
            load
        ));
    }
    bench.compare(
        Question::new(question, tasks * load.repeat).on(flavor),
        candidates,
    );
}

fn children_that_borrow(bench: &Bench, flavor: Flavor, tasks: usize, yields: bool) {
    let load = Load::new(bench, flavor, tasks, yields);
    let (what, number) = (load.what(), with_commas(tasks));
    let question = format!("{number} children that may borrow and {what} (per child)");
    bench.compare(
        Question::new(question, tasks * load.repeat).on(flavor),
        vec![
            candidate!("FuturesUnordered", in_tokio, unordered, load),
            candidate!("easynet scoped().start_soon", in_easynet, scoped, load),
            candidate!("moro", in_tokio, moro_scope, load),
            candidate!("futures-concurrency FutureGroup", in_tokio, future_group, load),
            candidate!("futures-concurrency Vec::join", in_tokio, vec_join, load),
        ],
    );
}

async fn join_macro(_: usize, yields: bool) {
    tokio::join!(work(yields), work(yields));
}

async fn gather_macro(_: usize, yields: bool) {
    gather!(work(yields), work(yields));
}

async fn tuple_join(_: usize, yields: bool) {
    (work(yields), work(yields)).join().await;
}

fn two_at_the_same_time(bench: &Bench, flavor: Flavor, yields: bool) {
    let load = Load::new(bench, flavor, 2, yields);
    let question = format!("two futures that {}, at the same time (both)", load.what());
    bench.compare(
        Question::new(question, load.repeat).on(flavor),
        vec![
            candidate!("tokio join!", in_tokio, join_macro, load),
            candidate!("easynet gather!", in_easynet, gather_macro, load),
            candidate!("futures-concurrency (a, b).join()", in_tokio, tuple_join, load),
            candidate!("FuturesUnordered", in_tokio, unordered, load),
        ],
    );
}

fn main() {
    let bench = Bench::from_arguments(env!("CARGO_CRATE_NAME"));
    for flavor in FLAVORS {
        for tasks in [10, 1_000, 100_000] {
            for yields in [false, true] {
                tasks_of_the_runtime(&bench, flavor, tasks, yields);
            }
        }
        for tasks in [10, 1_000, 100_000] {
            for yields in [false, true] {
                children_that_borrow(&bench, flavor, tasks, yields);
            }
        }
        for yields in [false, true] {
            two_at_the_same_time(&bench, flavor, yields);
        }
    }
}
