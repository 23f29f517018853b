//! How does it grow? Costs per task, per scope, per group and per turn as there are more of them: what is flat costs the same in a large program.
//!
//! - Tasks that are started, suspend once, and are waited for: from 10 to 1,000,000 at once, beside `JoinSet`. (`--quick` ends at 100,000.)
//! - Scopes in each other around something that suspends once, beside `CancellationToken`s with `child_token` and `select!` on each level.
//! - Groups in each other, each in a child of the one above, beside `JoinSet`s.
//! - Tasks that wait for one lock, which is held over a suspension, beside tokio's `Mutex`.
//! - Tasks that wait in one group, beside a `JoinSet`: the memory of each, by the resident size of a process that does just that.
//!
//! Each candidate runs as its users would have it: tokio's in a runtime of tokio, easynet's in `bootstrap`; locks in the same runtime of tokio.

use std::{
    future::{Future, pending},
    sync::atomic::{AtomicUsize, Ordering},
};

use easynet::{
    Flavor,
    sync::{FairLock, Lock},
    task_group,
};
use easynet_benches::{
    Bench, Candidate, FLAVORS, Question, ask_a_child, in_easynet, in_tokio, label,
    nesting::{in_groups, in_join_sets, in_scopes, in_tokens},
    pending_once, resident, run, runtime,
    waiting::lock_turns,
};
use tokio::{sync::Mutex, task::JoinSet};
use tokio_util::sync::CancellationToken;

async fn join_set(tasks: usize) {
    let mut set = JoinSet::new();
    for _ in 0..tasks {
        set.spawn(pending_once());
    }
    while set.join_next().await.is_some() {}
}

async fn group(tasks: usize) {
    let ended = task_group!(|group| {
        for _ in 0..tasks {
            group.start_soon(pending_once());
        }
    });
    ended.expect("nothing fails");
}

async fn again<F: Future<Output = ()>>(repeat: usize, program: impl Fn() -> F) {
    for _ in 0..repeat {
        program().await;
    }
}

fn tasks(bench: &Bench, flavor: Flavor) {
    for size in [10, 100, 1_000, 10_000, 100_000, 1_000_000] {
        if bench.is_quick() && size > 100_000 {
            break;
        }
        let repeat = (bench.operations(50_000) / size).max(1);
        let question = Question::new("tasks at once (per task)", size * repeat)
            .on(flavor)
            .of_size(size)
            .at_most(if size < 1_000_000 { usize::MAX } else { 3 });
        bench.compare(
            question,
            vec![
                Candidate::new("tokio JoinSet", || {
                    in_tokio(flavor, again(repeat, move || join_set(size)));
                }),
                Candidate::new("easynet start_soon", || {
                    in_easynet(flavor, again(repeat, move || group(size)));
                }),
            ],
        );
    }
}

fn scopes(bench: &Bench, flavor: Flavor) {
    for size in [1, 3, 10, 30, 100] {
        let repeat = bench.operations(20_000) / size;
        let question = Question::new("scopes in each other (per scope)", size * repeat);
        let tokens = move || in_tokens(size, CancellationToken::new(), Box::pin(pending_once()));
        let scopes = move || in_scopes(size, Box::pin(pending_once()));
        bench.compare(
            question.on(flavor).of_size(size),
            vec![
                Candidate::new("child_token + select!", || {
                    in_tokio(flavor, again(repeat, tokens));
                }),
                Candidate::new("easynet CancelScope", || {
                    in_easynet(flavor, again(repeat, scopes));
                }),
            ],
        );
    }
}

fn groups(bench: &Bench, flavor: Flavor) {
    for size in [1, 2, 5, 10, 20] {
        let repeat = bench.operations(10_000) / size;
        let question = Question::new("groups in each other (per group)", size * repeat);
        let sets = move || in_join_sets(size, Box::pin(pending_once()));
        let groups = move || in_groups(size, Box::pin(pending_once()));
        bench.compare(
            question.on(flavor).of_size(size),
            vec![
                Candidate::new("tokio JoinSet", || in_tokio(flavor, again(repeat, sets))),
                Candidate::new("easynet task_group!", || {
                    in_easynet(flavor, again(repeat, groups));
                }),
            ],
        );
    }
}

fn locks(bench: &Bench, flavor: Flavor) {
    let runtime = runtime(flavor);
    for size in [1, 2, 4, 8, 16, 32, 64] {
        let turns = bench.operations(20_000) / size;
        let question = Question::new("tasks that share a lock (per turn)", size * turns);
        bench.compare(
            question.on(flavor).of_size(size),
            vec![
                Candidate::new("tokio Mutex", || {
                    run(&runtime, lock_turns::<Mutex<usize>>(size, turns, true));
                }),
                Candidate::new("easynet Lock", || {
                    run(&runtime, lock_turns::<Lock<usize>>(size, turns, true));
                }),
                Candidate::new("easynet FairLock", || {
                    run(&runtime, lock_turns::<FairLock<usize>>(size, turns, true));
                }),
            ],
        );
    }
}

/// The argument of a process that has so many tasks that wait, and prints what all of them take.
const IDLE_TASKS: &str = "--idle-tasks";

/// How many tasks wait by now.
static WAITING: AtomicUsize = AtomicUsize::new(0);

async fn wait_for_ever() {
    WAITING.fetch_add(1, Ordering::Relaxed);
    pending().await
}

/// Once so many tasks wait, prints by how much the process has grown, and ends it.
async fn tell_growth(tasks: usize, before: usize) {
    while WAITING.load(Ordering::Relaxed) < tasks {
        pending_once().await;
    }
    println!("{}", resident() - before);
    std::process::exit(0);
}

fn have_idle_tasks(name: &str, flavor: &str, tasks: usize) {
    let flavor = FLAVORS.into_iter().find(|each| label(*each) == flavor);
    let flavor = flavor.expect("one of them");
    if name == "easynet" {
        in_easynet(flavor, async move {
            let before = resident();
            let ended = task_group!(|group| {
                for _ in 0..tasks {
                    group.start_soon(wait_for_ever());
                }
                tell_growth(tasks, before).await;
            });
            ended.expect("nothing fails");
        });
    } else {
        in_tokio(flavor, async move {
            let before = resident();
            let mut set = JoinSet::new();
            for _ in 0..tasks {
                set.spawn(wait_for_ever());
            }
            tell_growth(tasks, before).await;
        });
    }
}

fn memory(bench: &Bench, flavor: Flavor) {
    for size in [10_000, 100_000, 1_000_000] {
        let question = Question::new("tasks that wait in one group (memory of each)", size);
        let ask = |name| ask_a_child(&[IDLE_TASKS, name, label(flavor), &size.to_string()]);
        bench.compare(
            question.in_bytes().at_most(3).on(flavor).of_size(size),
            vec![
                Candidate::in_bytes("tokio JoinSet", || ask("tokio")),
                Candidate::in_bytes("easynet start_soon", || ask("easynet")),
            ],
        );
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, argument, name, flavor, tasks] = &arguments[..]
        && argument == IDLE_TASKS
    {
        return have_idle_tasks(name, flavor, tasks.parse().expect("a number"));
    }
    let bench = Bench::from_arguments(env!("CARGO_CRATE_NAME"));
    for flavor in FLAVORS {
        tasks(&bench, flavor);
        scopes(&bench, flavor);
        groups(&bench, flavor);
        locks(&bench, flavor);
        memory(&bench, flavor);
    }
}
