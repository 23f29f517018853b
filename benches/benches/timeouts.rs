//! What does a timeout cost? A block under a timeout that does not fire, beside `tokio::time::timeout`.
//!
//! The operation without any timeout is measured as well: what a timeout *adds* is the difference to it.

use std::time::{Duration, Instant};

use easynet::{AsyncBackend, Flavor, time};
use easynet_benches::{Effort, pending_once};

const LIMIT: Duration = Duration::from_secs(30);
const TURNS: usize = 50_000;

async fn operation(yields: bool) {
    if yields {
        pending_once().await;
    }
}

#[derive(Clone, Copy)]
enum Way {
    Bare,
    Tokio,
    Easynet,
}

async fn turns(way: Way, yields: bool) -> f64 {
    let start = Instant::now();
    for _ in 0..TURNS {
        match way {
            Way::Bare => operation(yields).await,
            Way::Tokio => tokio::time::timeout(LIMIT, operation(yields))
                .await
                .expect("there is time"),
            Way::Easynet => time::timeout(LIMIT, operation(yields))
                .await
                .expect("there is time"),
        }
    }
    start.elapsed().as_nanos() as f64 / TURNS as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let rounds = Effort::from_arguments().rounds();
    for (flavor, name) in [(Flavor::CurrentThread, "ct"), (Flavor::MultiThread, "mt2")] {
        let mut options = easynet::RunnerOptions::new().flavor(flavor);
        if flavor == Flavor::MultiThread {
            options = options.worker_threads(2);
        }
        let backend = easynet::new_builtin_backend("tokio").expect("its feature is enabled");
        let ended = backend.bootstrap_with(&options, async move {
            for yields in [false, true] {
                let mut times = [Vec::new(), Vec::new(), Vec::new()];
                let mut added = Vec::new();
                let mut whole = Vec::new();
                for _ in 0..rounds {
                    let mut now = [0.0; 3];
                    for (at, way) in [Way::Bare, Way::Tokio, Way::Easynet].into_iter().enumerate() {
                        now[at] = turns(way, yields).await;
                        times[at].push(now[at]);
                    }
                    let [bare, tokio, easynet] = now;
                    added.push((easynet - bare) / (tokio - bare));
                    whole.push(easynet / tokio);
                }
                let what = if yields {
                    "is pending once"
                } else {
                    "is ready at once"
                };
                println!("{name}: a timeout around an operation that {what}");
                let [bare, tokio, easynet] = times.map(median);
                println!("  bare {bare:.1} ns, tokio::time::timeout {tokio:.1} ns, easynet {easynet:.1} ns");
                println!(
                    "  ratio to tokio: {:.3} of the whole, {:.3} of what it adds",
                    median(whole),
                    median(added)
                );
            }
        });
        ended.expect("not inside of another runtime");
    }
}
