//! What does it cost to wait for each other? Locks, events and conditions, beside those of tokio, async-lock and futures.
//!
//! None of them needs a runtime of its own kind, so that all candidates run in the same runtime of tokio, their tasks in a `JoinSet`: what
//! differs between two candidates is the lock alone.
//!
//! - The peer is `tokio::sync::Mutex`, which most programs on tokio use across an `.await`. It is fair, as `FairLock` is.
//! - `async_lock::Mutex` and `futures::lock::Mutex` are the others in wide use. The first is fair after half a millisecond of waiting, the
//!   second is not.
//! - Tokio has no event: the peer is what one makes of `Notify` and an `AtomicBool`. Nor has it a condition: the peer is what one makes of
//!   its `Mutex` and `Notify`; a program that can do without a condition, as `Notify` keeps one notification, is shown too.

use std::sync::Arc;

use easynet::{
    Flavor,
    sync::{Event, FairLock, Lock},
};
use easynet_benches::{
    Bench, Candidate, FLAVORS, Question, pending_once, run, runtime,
    waiting::{Flag, at_once, both, condition_turns, lock_turns, notify_turns},
};
use tokio::{
    runtime::Runtime,
    sync::{Mutex, Notify},
};

/// The programs with a lock, which differ in its type.
fn locks(runtime: &Runtime, tasks: usize, turns: usize, held: bool) -> Vec<Candidate<'_>> {
    macro_rules! candidate {
        ($name:expr, $lock:ty) => {
            Candidate::new($name, move || {
                run(runtime, lock_turns::<$lock>(tasks, turns, held))
            })
        };
    }
    vec![
        candidate!("tokio Mutex", Mutex<usize>),
        candidate!("async-lock Mutex", async_lock::Mutex<usize>),
        candidate!("futures Mutex", futures::lock::Mutex<usize>),
        candidate!("easynet Lock", Lock<usize>),
        candidate!("easynet FairLock", FairLock<usize>),
    ]
}

fn uncontended(bench: &Bench, runtime: &Runtime, flavor: Flavor) {
    const TURNS: usize = 20_000;
    bench.compare(
        Question::new("an uncontended lock", TURNS).on(flavor),
        locks(runtime, 1, TURNS, false),
    );
}

fn contended(bench: &Bench, runtime: &Runtime, flavor: Flavor, tasks: usize, held: bool) {
    let turns = bench.operations(40_000) / tasks;
    let section = if held {
        "held over a yield"
    } else {
        "a short section"
    };
    let question = format!("{tasks} tasks with one lock, {section} (per turn)");
    bench.compare(
        Question::new(question, tasks * turns).on(flavor),
        locks(runtime, tasks, turns, held),
    );
}

/// The programs with an event, which differ in its type.
macro_rules! with_event {
    ($name:expr, $runtime:expr, $event:ty, $waiters:expr, $repeat:expr) => {
        Candidate::new($name, move || {
            let (waiters, repeat) = ($waiters, $repeat);
            run($runtime, async move {
                for _ in 0..repeat {
                    let event = Arc::new(<$event>::default());
                    if waiters == 0 {
                        event.set();
                        for _ in 0..1_000 {
                            event.wait().await;
                        }
                        continue;
                    }
                    let waiting = at_once(waiters, || {
                        let event = event.clone();
                        async move { event.wait().await }
                    });
                    let setting = async {
                        // The tasks have been started, and wait by now: those that do not are woken all the same.
                        for _ in 0..3 {
                            pending_once().await;
                        }
                        event.set();
                    };
                    tokio::join!(waiting, setting);
                }
            });
        })
    };
}

fn events(bench: &Bench, runtime: &Runtime, flavor: Flavor) {
    bench.compare(
        Question::new("an event that is set already (per wait)", 20_000).on(flavor),
        vec![
            with_event!("tokio Notify + AtomicBool", runtime, Flag, 0, 20),
            with_event!("easynet Event", runtime, Event, 0, 20),
        ],
    );
    bench.compare(
        Question::new("an event, 64 tasks waiting (per task)", 64 * 100).on(flavor),
        vec![
            with_event!("tokio Notify + AtomicBool", runtime, Flag, 64, 100),
            with_event!("easynet Event", runtime, Event, 64, 100),
        ],
    );
}

/// The same without a condition: `Notify` keeps a notification for one who is not there yet.
async fn kept_turns(turns: usize) {
    let ball = Arc::new((Mutex::new(0_usize), <[Notify; 2]>::default()));
    both(|me| {
        let ball = ball.clone();
        async move {
            for _ in 0..turns {
                loop {
                    let mut value = ball.0.lock().await;
                    if *value % 2 == me {
                        *value += 1;
                        break;
                    }
                    drop(value);
                    ball.1[me].notified().await;
                }
                ball.1[1 - me].notify_one();
            }
        }
    })
    .await;
}

fn conditions(bench: &Bench, runtime: &Runtime, flavor: Flavor) {
    const TURNS: usize = 2_000;
    bench.compare(
        Question::new("two tasks that take turns (per turn)", 2 * TURNS).on(flavor),
        vec![
            Candidate::new("tokio Mutex + Notify", || run(runtime, notify_turns(TURNS))),
            Candidate::new("easynet Lock + Condition", || {
                run(runtime, condition_turns(TURNS))
            }),
            Candidate::new("tokio Mutex + kept notifications", || {
                run(runtime, kept_turns(TURNS))
            }),
        ],
    );
}

fn main() {
    let bench = Bench::from_arguments(env!("CARGO_CRATE_NAME"));
    for flavor in FLAVORS {
        let runtime = &runtime(flavor);
        uncontended(&bench, runtime, flavor);
        for tasks in [2, 8, 64] {
            for held in [false, true] {
                contended(&bench, runtime, flavor, tasks, held);
            }
        }
        events(&bench, runtime, flavor);
        conditions(&bench, runtime, flavor);
    }
}
