//! What does a timeout cost? One that does not fire, beside `tokio::time::timeout`.
//!
//! Each candidate runs as its users would have it: tokio's in a runtime of tokio, easynet's in `bootstrap`. The operation's own cost is part of
//! each; what is left without any timeout is shown as well, and what is left beside one look at the time for each.
//!
//! What is pending once wakes itself at once, and all limits are 30 s: most timeouts of a service are neither near nor needed. The timer of a task of easynet stays
//! armed for the earliest of them, so that later ones touch the runtime's wheel no more, where tokio's have an entry in it each time. The last question has tasks
//! that begin their first timeout, and end.
//!
//! - The peer is `tokio::time::timeout`. Several tasks are in a `JoinSet`, easynet's in a group.
//! - The peer of an idle timeout that is reset is the cheapest that tokio has: one `Sleep`, `reset` after each operation, beside it in `select!`.

use std::{future::Future, hint::black_box, pin::pin, time::Duration};

use easynet::{AsyncBackend, TimedOut, cancel, prelude::*, time};
use easynet_benches::{Bench, Candidate, FLAVORS, Question, in_easynet, in_tokio, pending_once, with_commas};
use easynet_tokio::TokioBackend;
use tokio::{sync::mpsc, task::JoinSet, time::error::Elapsed};

const LIMIT: Duration = Duration::from_secs(30);
const TURNS: usize = 50_000;
/// How many tasks take turns.
const SOME: usize = 32;
/// How many tasks wait at a time.
const MANY: usize = 10_000;

/// A way to limit an operation: just the call that its users write, with nothing around it.
trait Limiter: Copy + Send + 'static {
    type Limited<T>;

    fn limit<F>(self, operation: F) -> impl Future<Output = Self::Limited<F::Output>> + Send
    where
        F: Future + Send;

    /// What the operation yielded: there was time.
    fn value<T>(limited: Self::Limited<T>) -> T;
}

#[derive(Clone, Copy)]
struct Bare;

impl Limiter for Bare {
    type Limited<T> = T;

    #[inline]
    fn limit<F>(self, operation: F) -> impl Future<Output = F::Output> + Send
    where
        F: Future + Send,
    {
        operation
    }

    #[inline]
    fn value<T>(limited: T) -> T {
        limited
    }
}

#[derive(Clone, Copy)]
struct Tokio;

impl Limiter for Tokio {
    type Limited<T> = Result<T, Elapsed>;

    #[inline]
    fn limit<F>(self, operation: F) -> impl Future<Output = Result<F::Output, Elapsed>> + Send
    where
        F: Future + Send,
    {
        tokio::time::timeout(LIMIT, operation)
    }

    #[inline]
    fn value<T>(limited: Result<T, Elapsed>) -> T {
        limited.expect("there is time")
    }
}

#[derive(Clone, Copy)]
struct Easynet;

impl Limiter for Easynet {
    type Limited<T> = Result<T, TimedOut>;

    #[inline]
    fn limit<F>(self, operation: F) -> impl Future<Output = Result<F::Output, TimedOut>> + Send
    where
        F: Future + Send,
    {
        time::timeout(LIMIT, operation)
    }

    #[inline]
    fn value<T>(limited: Result<T, TimedOut>) -> T {
        limited.expect("there is time")
    }
}

/// What any timeout does at least: it looks when it will be over.
#[derive(Clone, Copy)]
struct Deadline;

impl Limiter for Deadline {
    type Limited<T> = T;

    #[inline]
    fn limit<F>(self, operation: F) -> impl Future<Output = F::Output> + Send
    where
        F: Future + Send,
    {
        black_box(TokioBackend::new().deadline_after(LIMIT));
        operation
    }

    #[inline]
    fn value<T>(limited: T) -> T {
        limited
    }
}

async fn ready<L: Limiter>(limiter: L) {
    for _ in 0..TURNS {
        L::value(limiter.limit(async {}).await);
    }
}

async fn pending<L: Limiter>(limiter: L) {
    for _ in 0..TURNS {
        L::value(limiter.limit(pending_once()).await);
    }
}

async fn nested<L: Limiter>(limiter: L) {
    for _ in 0..TURNS {
        let inner = limiter.limit(pending_once());
        let limited = limiter.limit(limiter.limit(inner)).await;
        L::value(L::value(L::value(limited)));
    }
}

/// Answers each message, both sides with a limit for each.
async fn pong<L: Limiter>(limiter: L, mut asked: mpsc::Receiver<()>, answer: mpsc::Sender<()>) {
    while L::value(limiter.limit(asked.recv()).await).is_some() {
        let sent = limiter.limit(answer.send(())).await;
        L::value(sent).expect("it is heard");
    }
}

async fn ping<L: Limiter>(limiter: L, ask: mpsc::Sender<()>, mut answered: mpsc::Receiver<()>) {
    for _ in 0..TURNS {
        let sent = limiter.limit(ask.send(())).await;
        L::value(sent).expect("it is heard");
        let answer = limiter.limit(answered.recv()).await;
        L::value(answer).expect("it is answered");
    }
}

async fn talk_tokio() {
    let ((ask, asked), (answer, answered)) = (mpsc::channel(1), mpsc::channel(1));
    let answering = tokio::spawn(pong(Tokio, asked, answer));
    ping(Tokio, ask, answered).await;
    answering.await.expect("it ends");
}

async fn talk_easynet() {
    let ((ask, asked), (answer, answered)) = (mpsc::channel(1), mpsc::channel(1));
    let ended = task_group!(|group| {
        group.start_soon(pong(Easynet, asked, answer));
        ping(Easynet, ask, answered).await;
    });
    ended.expect("nothing fails");
}

async fn share<L: Limiter>(limiter: L) {
    for _ in 0..TURNS / SOME {
        L::value(limiter.limit(pending_once()).await);
    }
}

/// What waits once, in a limit.
async fn wait<L: Limiter>(limiter: L) {
    L::value(limiter.limit(pending_once()).await);
}

/// As tokio's users run several tasks and wait for all.
async fn join<F: Future<Output = ()> + Send + 'static>(tasks: impl IntoIterator<Item = F>) {
    let mut set: JoinSet<()> = tasks.into_iter().collect();
    while set.join_next().await.is_some() {}
}

async fn group<F: Future<Output = ()> + Send + 'static>(tasks: impl IntoIterator<Item = F>) {
    let ended = task_group!(|group| {
        for task in tasks {
            group.start_soon(task);
        }
    });
    ended.expect("nothing fails");
}

/// An operation after the other, in a block that is to end when none has come for some time.
async fn reset_tokio() {
    let mut idle = pin!(tokio::time::sleep(LIMIT));
    for _ in 0..TURNS {
        tokio::select! {
            () = &mut idle => panic!("there is time"),
            () = pending_once() => idle.as_mut().reset(tokio::time::Instant::now() + LIMIT),
        }
    }
}

async fn reset_easynet() {
    let idle = cancel::open_cancel_scope();
    let operations = async {
        for _ in 0..TURNS {
            pending_once().await;
            idle.reschedule_after(LIMIT);
        }
    };
    idle.run(operations).await.expect("there is time");
}

fn main() {
    let bench = Bench::from_arguments(env!("CARGO_CRATE_NAME"));
    macro_rules! ask {
        ($flavor:expr, $question:expr, $operations:expr, $peer:expr, $own:expr $(, without: $without:ident)? $(,)?) => {
            bench.compare(
                Question::new($question, $operations).on($flavor),
                vec![
                    Candidate::new("tokio timeout", || in_tokio($flavor, $peer)),
                    Candidate::new("easynet timeout", || in_easynet($flavor, $own)),
                    $(
                        Candidate::new("tokio, no timeout", || in_tokio($flavor, $without(Bare))),
                        Candidate::new("easynet, no timeout", || in_easynet($flavor, $without(Bare))),
                        Candidate::new("easynet, looks at the time only (floor)", || {
                            in_easynet($flavor, $without(Deadline))
                        }),
                    )?
                ],
            )
        };
    }
    for flavor in FLAVORS {
        let question = "a timeout around what is ready";
        ask!(flavor, question, TURNS, ready(Tokio), ready(Easynet), without: ready);
        let question = "a timeout around what is pending once";
        ask!(flavor, question, TURNS, pending(Tokio), pending(Easynet), without: pending);
        let question = "three timeouts around what is pending once";
        ask!(flavor, question, TURNS, nested(Tokio), nested(Easynet), without: nested);
        let question = "a message and its answer between two tasks, a timeout around each step";
        ask!(flavor, question, TURNS, talk_tokio(), talk_easynet());
        let question = format!("{SOME} tasks, a timeout around what is pending once in each");
        let (peers, own) = (|| [Tokio; SOME].map(share), || [Easynet; SOME].map(share));
        ask!(flavor, question, TURNS, join(peers()), group(own()));
        let question = "an idle timeout that is reset after each operation";
        ask!(flavor, question, TURNS, reset_tokio(), reset_easynet());
        let question = format!(
            "{} tasks that wait in a timeout each, from start to end",
            with_commas(MANY)
        );
        let peers = || (0..MANY).map(|_| wait(Tokio));
        let own = || (0..MANY).map(|_| wait(Easynet));
        ask!(flavor, question, MANY, join(peers()), group(own()));
    }
}
