#![forbid(unsafe_code)]
//! Measures candidates side by side: each question in interleaved rounds, answered by ratios to a named peer.
//!
//! Absolute times on a shared machine say little; the ratio of two candidates measured in turn, A B C A B C, says
//! a lot. Every candidate of a question runs in the same process, on the same runtime, once per round.

pub mod waiting;

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use easynet::Flavor;
use tokio::runtime::{Builder, Runtime};

/// How long to measure.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    rounds: usize,
}

impl Effort {
    /// Reads `--quick` and `--rounds N` from the command line; cargo's own arguments are ignored.
    pub fn from_arguments() -> Self {
        let mut effort = Self { rounds: 41 };
        let mut arguments = std::env::args();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--quick" => effort.rounds = effort.rounds.min(11),
                "--rounds" => {
                    let rounds = arguments.next().and_then(|rounds| rounds.parse().ok());
                    effort.rounds = rounds.expect("--rounds takes a number, such as `--rounds 21`");
                }
                _ => {}
            }
        }
        effort
    }

    /// How often each candidate is to run.
    pub fn rounds(self) -> usize {
        self.rounds
    }
}

/// Whether a question is asked: `--only TEXT` on the command line leaves out all that do not contain the text.
pub fn is_asked(question: &str) -> bool {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--only");
    match (arguments.next(), arguments.next()) {
        (Some(_), Some(text)) => question.contains(&text),
        (Some(_), None) => panic!("--only takes a part of a question, such as `--only UDP`"),
        _ => true,
    }
}

/// One way to do the job: its name, and a run of it that answers how long it took.
pub struct Candidate<'a> {
    name: &'a str,
    run: Box<dyn FnMut() -> Duration + 'a>,
}

impl<'a> Candidate<'a> {
    /// A candidate that is timed as a whole.
    pub fn new(name: &'a str, mut run: impl FnMut() + 'a) -> Self {
        let run = move || {
            let start = Instant::now();
            run();
            start.elapsed()
        };
        Self {
            name,
            run: Box::new(run),
        }
    }
}

/// Runs the candidates in interleaved rounds, and prints the median of each, its spread, and its ratio to the first,
/// round by round.
pub fn compare(question: &str, operations: usize, effort: Effort, mut candidates: Vec<Candidate<'_>>) {
    if !is_asked(question) {
        return;
    }
    for candidate in &mut candidates {
        (candidate.run)();
    }
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); candidates.len()];
    for _ in 0..effort.rounds {
        for (candidate, times) in candidates.iter_mut().zip(&mut times) {
            times.push((candidate.run)().as_nanos() as f64 / operations as f64);
        }
    }
    println!("{question}");
    let peer = times[0].clone();
    for (candidate, times) in candidates.iter().zip(times) {
        let ratios = times.iter().zip(&peer).map(|(own, peer)| own / peer).collect();
        let (low, median, high) = quartiles(times);
        let (ratio_low, ratio, ratio_high) = quartiles(ratios);
        println!(
            "  {:<34} {median:>9.1} ns  ({low:.1} .. {high:.1})   ratio {ratio:.3}  ({ratio_low:.3} .. {ratio_high:.3})",
            candidate.name
        );
    }
}

fn quartiles(mut values: Vec<f64>) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
    (at(0.25), at(0.5), at(0.75))
}

/// A runtime of tokio; with two threads, if with several.
pub fn runtime(flavor: Flavor) -> Runtime {
    let mut builder = match flavor {
        Flavor::CurrentThread => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime can be made")
}

/// Runs a program as a task of the runtime, as it would be in a service.
pub fn run(runtime: &Runtime, program: impl Future<Output = ()> + Send + 'static) {
    runtime
        .block_on(runtime.spawn(program))
        .expect("a benchmark does not panic");
}

/// Suspends once, and is woken at once: the other tasks have their turn. Tokio's own `yield_now` has it look for I/O too.
#[inline]
pub fn pending_once() -> PendingOnce {
    PendingOnce(false)
}

/// Future of [`pending_once`]: small, and compiled into whoever awaits it, so that it costs next to nothing itself.
#[derive(Debug)]
#[must_use = "it suspends nobody unless it is awaited"]
pub struct PendingOnce(bool);

impl Future for PendingOnce {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
