//! What does a step of the simulation cost? Tasks that do nothing but take turns, beside tokio's scheduler on one thread.
//!
//! A step is one poll of one task. The program is the same on all: tasks that yield.
//!
//! - The peer is tokio's runtime of one thread, the tasks in a `JoinSet`.
//! - Easynet runs it in a group, on tokio and in simulations, by uniform choice and by priorities.

use easynet::{AsyncBackend, BoxError, Flavor, RunnerOptions};
use easynet_benches::{Bench, Candidate, Question, pending_once, with_commas};
use easynet_sim::{Schedule, Simulation};

/// So many tasks take so many turns each.
async fn turns(backend: impl AsyncBackend, tasks: usize, turns: usize) {
    let group = backend.create_task_group::<BoxError>();
    let ended = group
        .run(async {
            for _ in 0..tasks {
                group.start_soon(async move {
                    for _ in 0..turns {
                        pending_once().await;
                    }
                });
            }
        })
        .await;
    ended.expect("nothing fails");
}

fn run_bare(tasks: usize, turns: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime can be made");
    let program = async move {
        let mut set = tokio::task::JoinSet::new();
        for _ in 0..tasks {
            set.spawn(async move {
                for _ in 0..turns {
                    pending_once().await;
                }
            });
        }
        while set.join_next().await.is_some() {}
    };
    runtime.block_on(runtime.spawn(program)).expect("nothing panics");
}

fn run(backend: &impl AsyncBackend, tasks: usize, each: usize) {
    let options = RunnerOptions::new().flavor(Flavor::CurrentThread);
    let ended = backend.bootstrap_with(&options, turns(backend.clone(), tasks, each));
    ended.expect("nothing runs here yet");
}

fn main() {
    let bench = Bench::from_arguments(env!("CARGO_CRATE_NAME"));
    let all = bench.operations(1_000_000);
    for tasks in [10, 1_000, 100_000] {
        let each = all / tasks;
        let question = format!("{} tasks that take turns (per step)", with_commas(tasks));
        let simulation = Simulation::new(7).step_limit(u64::MAX);
        let by_priorities = simulation.clone().schedule(Schedule::pct());
        bench.compare(
            Question::new(question, tasks * each),
            vec![
                Candidate::new("tokio current_thread, bare", || run_bare(tasks, each)),
                Candidate::new("easynet on tokio current_thread", || {
                    let backend = easynet::new_builtin_backend("tokio").expect("it is enabled");
                    run(&backend, tasks, each);
                }),
                Candidate::new("easynet on the simulation", || {
                    run(&simulation.backend(), tasks, each);
                }),
                Candidate::new("easynet on it, by priorities", || {
                    run(&by_priorities.backend(), tasks, each);
                }),
            ],
        );
    }
}
