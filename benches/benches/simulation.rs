//! What does a step of the simulation cost? Tasks that do nothing but take turns, beside tokio's scheduler on one thread.
//!
//! A step is one poll of one task. The program is the same on all: tasks that yield; those of the bare runtime are in a
//! `JoinSet`, the others in a group.

use easynet::{
    AsyncBackend, BoxError, BuiltinBackend, Flavor, RunnerOptions, sim::Schedule, sim::Simulation,
};
use easynet_benches::{Bench, Candidate, Question};

/// Suspends once, and is ready in its next poll: on every runtime the same code.
async fn turn() {
    let mut suspended = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut suspended, true) {
            return std::task::Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

/// So many tasks take so many turns each.
async fn turns(tasks: usize, turns: usize) {
    let backend = easynet::ensure_backend(None).expect("a backend runs this");
    let group = backend.create_task_group::<BoxError>();
    let ended = group
        .run(async {
            for _ in 0..tasks {
                group.start_soon(async move {
                    for _ in 0..turns {
                        turn().await;
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
                    turn().await;
                }
            });
        }
        while set.join_next().await.is_some() {}
    };
    runtime.block_on(runtime.spawn(program)).expect("nothing panics");
}

fn run(backend: BuiltinBackend, tasks: usize, each: usize) {
    let options = RunnerOptions::new().flavor(Flavor::CurrentThread);
    let ended = backend.bootstrap_with(&options, turns(tasks, each));
    ended.expect("nothing runs here yet");
}

fn main() {
    let bench = Bench::from_arguments(env!("CARGO_CRATE_NAME"));
    for (tasks, each) in [(10, 100_000), (1_000, 1_000), (100_000, 10)] {
        let question = format!("{tasks} tasks take {each} turns each (per step)");
        let simulation = Simulation::new(7).step_limit(u64::MAX);
        let by_priorities = simulation.clone().schedule(Schedule::pct());
        bench.compare(
            Question::new(question, tasks * each),
            vec![
                Candidate::new("tokio current_thread, bare", || run_bare(tasks, each)),
                Candidate::new("easynet on tokio current_thread", || {
                    let backend = easynet::new_builtin_backend("tokio").expect("it is enabled");
                    run(backend, tasks, each);
                }),
                Candidate::new("easynet on the simulation", || {
                    run(simulation.backend().into(), tasks, each)
                }),
                Candidate::new("easynet on it, by priorities", || {
                    run(by_priorities.backend().into(), tasks, each)
                }),
            ],
        );
    }
}
