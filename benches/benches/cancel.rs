//! What does it cost to be cancellable, and to cancel? Scopes and groups beside tokens, abort handles and `JoinSet::shutdown`.
//!
//! Each candidate runs as its users would have it: tokio's in a runtime of tokio, easynet's in `bootstrap`.
//!
//! Children that wait are started, all have come to wait, and then the clock runs until the last one has ended:
//!
//! - The peer is `JoinSet::shutdown`. It drops a task where it waits, so that no task can clean up by more than destructors.
//! - `AbortHandle`s do the same one by one, as a program does that keeps handles.
//! - A `TaskTracker` and one `CancellationToken`, cloned into each task and awaited there in `select!`, is what tokio's own guide to graceful shutdown
//!   says; tasks may clean up, as easynet's may. With a token of its own for each task, single ones can be cancelled too, as in a group.
//! - Children that borrow: the peer is a `FuturesUnordered` that is dropped; moro's scope is terminated.
//!
//! An operation that can be cancelled, and suspends once:
//!
//! - The peer is `select!` with a token, written as most write it, without `biased`.
//! - `CancellationToken::run_until_cancelled` is the same as a method; with a token of its own (`child_token`) the operation can be cancelled alone, as
//!   one in a scope of its own can.
//! - In a scope that is there already an operation needs nothing to be cancelled with it.

use std::{
    future::{Future, pending},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::channel,
    },
    time::{Duration, Instant},
};

use easynet::{Flavor, cancel::open_cancel_scope, cancel_scope, task_group};
use easynet_benches::{
    Bench, Candidate, FLAVORS, Question, in_easynet, in_tokio, nesting, pending_once, with_commas,
};
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::task::JoinSet;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Children that wait for ever, and how many of them there are by now.
#[derive(Clone, Default)]
struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    fn child(&self) -> impl Future<Output = ()> + Send + 'static {
        let count = self.0.clone();
        async move {
            count.fetch_add(1, Ordering::Relaxed);
            pending().await
        }
    }

    /// A child that a token ends.
    fn child_until(&self, token: CancellationToken) -> impl Future<Output = ()> + Send + 'static {
        let child = self.child();
        async move {
            tokio::select! {
                () = token.cancelled() => {}
                () = child => {}
            }
        }
    }

    /// Until so many wait; the clock runs from then on.
    async fn all(&self, children: usize) -> Instant {
        while self.0.load(Ordering::Relaxed) < children {
            pending_once().await;
        }
        Instant::now()
    }
}

async fn shutdown(children: usize) -> Duration {
    let (mut set, waiting) = (JoinSet::new(), Waiting::default());
    for _ in 0..children {
        set.spawn(waiting.child());
    }
    let begun = waiting.all(children).await;
    set.shutdown().await;
    begun.elapsed()
}

async fn abort_each(children: usize) -> Duration {
    let waiting = Waiting::default();
    let handles: Vec<_> = (0..children).map(|_| tokio::spawn(waiting.child())).collect();
    let begun = waiting.all(children).await;
    handles.iter().for_each(|handle| handle.abort());
    for handle in handles {
        handle.await.expect_err("it is aborted");
    }
    begun.elapsed()
}

async fn one_token(children: usize) -> Duration {
    let (tracker, token, waiting) = (TaskTracker::new(), CancellationToken::new(), Waiting::default());
    for _ in 0..children {
        tracker.spawn(waiting.child_until(token.clone()));
    }
    tracker.close();
    let begun = waiting.all(children).await;
    token.cancel();
    tracker.wait().await;
    begun.elapsed()
}

async fn child_tokens(children: usize) -> Duration {
    let (tracker, token, waiting) = (TaskTracker::new(), CancellationToken::new(), Waiting::default());
    for _ in 0..children {
        tracker.spawn(waiting.child_until(token.child_token()));
    }
    tracker.close();
    let begun = waiting.all(children).await;
    token.cancel();
    tracker.wait().await;
    begun.elapsed()
}

/// Two groups that differ in how a child is started.
macro_rules! group {
    ($name:ident, |$group:ident, $child:ident| $start:expr) => {
        async fn $name(children: usize) -> Duration {
            let (waiting, mut begun) = (Waiting::default(), Instant::now());
            let cancelled = cancel_scope!(|scope| {
                let ended = task_group!(|$group| {
                    for _ in 0..children {
                        let $child = waiting.child();
                        $start;
                    }
                    begun = waiting.all(children).await;
                    scope.cancel();
                });
                ended.expect("nothing fails");
            });
            assert_eq!(cancelled, None);
            begun.elapsed()
        }
    };
}

group!(group, |group, child| group.start_soon(child));
group!(scoped, |group, child| group.scoped().start_soon(child));

async fn drop_unordered(children: usize) -> Duration {
    let waiting = Waiting::default();
    let mut unordered: FuturesUnordered<_> = (0..children).map(|_| waiting.child()).collect();
    let begun = tokio::select! {
        begun = waiting.all(children) => begun,
        _ = unordered.next() => unreachable!("they wait for ever"),
    };
    drop(unordered);
    begun.elapsed()
}

async fn terminate_moro(children: usize) -> Duration {
    let waiting = Waiting::default();
    let scope = moro::async_scope!(|scope| {
        for _ in 0..children {
            drop(scope.spawn(waiting.child()));
        }
        let begun = waiting.all(children).await;
        scope.terminate::<Instant>(begun).await
    });
    scope.await.elapsed()
}

fn cancel_children(bench: &Bench, flavor: Flavor, children: usize) {
    macro_rules! candidate {
        ($name:expr, $run:ident, $program:ident) => {
            Candidate::timing_itself($name, move || {
                let (told, took) = channel();
                $run(flavor, async move {
                    let took = $program(children).await;
                    told.send(took).expect("it is waited for");
                });
                took.recv().expect("it is told")
            })
        };
    }
    let number = with_commas(children);
    bench.compare(
        Question::new(format!("cancel {number} tasks that wait (per task)"), children).on(flavor),
        vec![
            candidate!("tokio JoinSet::shutdown", in_tokio, shutdown),
            candidate!("easynet group", in_easynet, group),
            candidate!("AbortHandle each", in_tokio, abort_each),
            candidate!("TaskTracker + token + select!", in_tokio, one_token),
            candidate!("TaskTracker + child_token + select!", in_tokio, child_tokens),
        ],
    );
    let question = format!("cancel {number} children that may borrow and wait (per child)");
    bench.compare(
        Question::new(question, children).on(flavor),
        vec![
            candidate!("FuturesUnordered, dropped", in_tokio, drop_unordered),
            candidate!("easynet scoped()", in_easynet, scoped),
            candidate!("moro terminate", in_tokio, terminate_moro),
        ],
    );
}

async fn by_select(turns: usize) {
    let token = CancellationToken::new();
    for _ in 0..turns {
        tokio::select! {
            () = token.cancelled() => unreachable!("nobody cancels it"),
            () = pending_once() => {}
        }
    }
}

async fn by_select_with_child_token(turns: usize) {
    let token = CancellationToken::new();
    for _ in 0..turns {
        let token = token.child_token();
        tokio::select! {
            () = token.cancelled() => unreachable!("nobody cancels it"),
            () = pending_once() => {}
        }
    }
}

async fn by_run_until_cancelled(turns: usize) {
    let token = CancellationToken::new();
    for _ in 0..turns {
        let ended = token.run_until_cancelled(pending_once()).await;
        ended.expect("nobody cancels it");
    }
}

async fn by_block(turns: usize) {
    for _ in 0..turns {
        cancel_scope!(|_scope| pending_once()).expect("nobody cancels it");
    }
}

async fn by_scope(turns: usize) {
    for _ in 0..turns {
        let ended = open_cancel_scope().run(pending_once()).await;
        ended.expect("nobody cancels it");
    }
}

async fn by_the_scope_around(turns: usize) {
    let around = cancel_scope!(|_scope| {
        for _ in 0..turns {
            pending_once().await;
        }
    });
    around.expect("nobody cancels it");
}

fn cancellable_operation(bench: &Bench, flavor: Flavor) {
    let turns = bench.operations(50_000);
    macro_rules! candidate {
        ($name:expr, $run:ident, $program:ident) => {
            Candidate::new($name, move || $run(flavor, $program(turns)))
        };
    }
    bench.compare(
        Question::new("an operation that can be cancelled, and is not", turns).on(flavor),
        vec![
            candidate!("token + select!", in_tokio, by_select),
            candidate!("easynet cancel_scope!", in_easynet, by_block),
            candidate!("easynet CancelScope::run", in_easynet, by_scope),
            candidate!("easynet, the scope around it", in_easynet, by_the_scope_around),
            candidate!("run_until_cancelled", in_tokio, by_run_until_cancelled),
            candidate!("child_token + select!", in_tokio, by_select_with_child_token),
        ],
    );
}

fn am_i_cancelled(bench: &Bench, flavor: Flavor, depth: usize) {
    let turns = bench.operations(1_000_000);
    let question = format!("\"am I cancelled?\", {depth} scopes or tokens deep");
    bench.compare(
        Question::new(question, turns).on(flavor),
        vec![
            Candidate::new("CancellationToken::is_cancelled", || {
                in_tokio(flavor, nesting::ask_token(depth, turns));
            }),
            Candidate::new("easynet is_cancelled", || {
                in_easynet(flavor, nesting::ask_scope(depth, turns));
            }),
        ],
    );
}

fn main() {
    let bench = Bench::from_arguments(env!("CARGO_CRATE_NAME"));
    for flavor in FLAVORS {
        cancel_children(&bench, flavor, 10_000);
        if !bench.is_quick() {
            cancel_children(&bench, flavor, 100_000);
        }
        cancellable_operation(&bench, flavor);
        for depth in [1, 100] {
            am_i_cancelled(&bench, flavor, depth);
        }
    }
}
