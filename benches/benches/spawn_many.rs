//! What does a child cost? Starting tasks in a group and waiting for all, beside `JoinSet`.
//!
//! Every run of every candidate makes a runtime of its own, as a program does: tokio's by its builder, easynet's by `bootstrap`.

use easynet::{AsyncBackend, BoxError, Flavor, RunnerOptions};
use easynet_benches::{Candidate, Effort, compare, runtime};
use tokio::task::JoinSet;

/// Runs a program as a task of a runtime, as it would be in a service.
fn run(flavor: Flavor, program: impl Future<Output = ()> + Send + 'static) {
    easynet_benches::run(&runtime(flavor), program);
}

fn bootstrap(flavor: Flavor, program: impl Future<Output = ()> + Send + 'static) {
    let options = RunnerOptions::new().flavor(flavor);
    let options = match flavor {
        Flavor::MultiThread => options.worker_threads(2),
        _ => options,
    };
    let backend = easynet::new_builtin_backend("tokio").expect("its feature is enabled");
    backend.bootstrap_with(&options, program).expect("a runtime");
}

async fn work(yields: bool) {
    if yields {
        tokio::task::yield_now().await;
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
    let backend = easynet::ensure_backend(None).expect("tokio runs");
    let group = backend.create_task_group::<BoxError>();
    let ended = group
        .run(async {
            for _ in 0..tasks {
                group.start_soon(work(yields));
            }
        })
        .await;
    ended.expect("nothing fails");
}

async fn plain_spawn(tasks: usize, yields: bool) {
    let handles: Vec<_> = (0..tasks).map(|_| tokio::spawn(work(yields))).collect();
    for handle in handles {
        handle.await.expect("nothing panics");
    }
}

fn main() {
    let effort = Effort::from_arguments();
    for (flavor, name) in [(Flavor::CurrentThread, "ct"), (Flavor::MultiThread, "mt2")] {
        for tasks in [10, 1_000, 100_000] {
            for yields in [false, true] {
                let what = if yields { "yield once" } else { "do nothing" };
                let repeat = (50_000 / tasks).max(1);
                let question =
                    format!("{name}: start {tasks} tasks that {what}, and wait for all (per task)");
                compare(
                    &question,
                    tasks * repeat,
                    effort,
                    vec![
                        Candidate::new("tokio JoinSet", || {
                            run(flavor, async move {
                                for _ in 0..repeat {
                                    join_set(tasks, yields).await;
                                }
                            });
                        }),
                        Candidate::new("easynet start_soon", || {
                            bootstrap(flavor, async move {
                                for _ in 0..repeat {
                                    group(tasks, yields).await;
                                }
                            });
                        }),
                        Candidate::new("tokio::spawn + JoinHandles (floor)", || {
                            run(flavor, async move {
                                for _ in 0..repeat {
                                    plain_spawn(tasks, yields).await;
                                }
                            });
                        }),
                    ],
                );
            }
        }
    }
}
