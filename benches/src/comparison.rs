//! Questions, candidates, and the rounds in which they run.

use std::{
    cell::{Cell, RefCell},
    env, thread,
    time::{Duration, Instant},
};

use easynet::Flavor;

use crate::record::{Record, Spread, Unit, read_records, with_commas, write_records};
use crate::running::label;

/// How much there is to be measured.
#[derive(Debug, Clone, Copy)]
struct Effort {
    /// Rounds of each question, if there is time for them.
    rounds: usize,
    /// Those that there are in any case.
    least_rounds: usize,
    /// After this long no further round of a question begins.
    enough: Duration,
}

impl Effort {
    const FULL: Self = Self {
        rounds: 101,
        least_rounds: 7,
        enough: Duration::from_millis(4_000),
    };
    const QUICK: Self = Self {
        rounds: 21,
        least_rounds: 3,
        enough: Duration::from_millis(700),
    };
}

/// A bench: asks its questions, prints the answers, and writes them to `target/benches/<name>.jsonl`.
///
/// The command line tells how much is measured: `--quick` is content with fewer rounds, `--rounds 21` has just so many, and
/// `--only TEXT` leaves out all questions that do not contain the text. The answers to those stay in the file as they are.
#[derive(Debug)]
pub struct Bench {
    name: &'static str,
    effort: Effort,
    is_quick: bool,
    only: Option<String>,
    records: RefCell<Vec<Record>>,
    /// Whether a question was asked.
    asked: Cell<bool>,
}

impl Bench {
    /// The bench of this name, with the effort that the command line asks for.
    ///
    /// # Panics
    ///
    /// The command line has an argument that is none of the bench's, nor cargo's.
    pub fn from_arguments(name: &'static str) -> Self {
        let mut bench = Self {
            name,
            effort: Effort::FULL,
            is_quick: false,
            only: None,
            records: RefCell::default(),
            asked: Cell::new(false),
        };
        let mut rounds = None;
        let mut arguments = env::args();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--quick" => (bench.is_quick, bench.effort) = (true, Effort::QUICK),
                "--rounds" => {
                    let number = arguments.next().and_then(|rounds| rounds.parse().ok());
                    rounds = Some(number.expect("--rounds takes a number, such as `--rounds 21`"));
                }
                "--only" => {
                    let text = arguments.next();
                    bench.only = Some(text.expect("--only takes a part of a question, such as `--only UDP`"));
                }
                "--bench" => {} // Cargo's own.
                other if other.starts_with("--") => {
                    panic!("unknown argument {other}: there are --quick, --rounds NUMBER and --only TEXT");
                }
                _ => {}
            }
        }
        if let Some(rounds) = rounds {
            (bench.effort.rounds, bench.effort.least_rounds) = (rounds, rounds);
        }
        if bench.only.is_some() {
            // What another version has written is of no use beside today's answers.
            bench.records = read_records(name).unwrap_or_default().into();
        }
        bench
    }

    /// Whether less than all is wanted.
    pub fn is_quick(&self) -> bool {
        self.is_quick
    }

    /// How many operations a round is to have: so many, or a fifth of them if less is wanted.
    pub fn operations(&self, full: usize) -> usize {
        if self.is_quick { full / 5 } else { full }
    }

    /// Runs the candidates in interleaved rounds, prints the median of each, its spread, and its ratio to the first, round by round,
    /// and keeps them.
    ///
    /// # Panics
    ///
    /// The answers cannot be written to the target directory.
    pub fn compare(&self, question: Question, mut candidates: Vec<Candidate<'_>>) {
        let title = question.title();
        if self.only.as_ref().is_some_and(|only| !title.contains(only)) {
            return;
        }
        self.asked.set(true);
        println!("{title}");
        let values = self.run(&question, &mut candidates);
        let records: Vec<_> = candidates
            .iter()
            .zip(&values)
            .map(|(candidate, own)| {
                let ratios = own.iter().zip(&values[0]).map(|(own, peer)| own / peer);
                question.answer(
                    self.name,
                    candidate.name,
                    candidates[0].name,
                    own.clone(),
                    ratios.collect(),
                )
            })
            .collect();
        records.iter().for_each(print);
        let mut kept = self.records.borrow_mut();
        kept.retain(|record| !question.is_answered_by(record));
        kept.extend(records);
        write_records(self.name, &kept).expect("the target directory can be written to");
    }

    /// What an operation of each candidate takes, in each round.
    fn run(&self, question: &Question, candidates: &mut [Candidate<'_>]) -> Vec<Vec<f64>> {
        let begun = Instant::now();
        if question.unit == Unit::Nanoseconds {
            // The first run of a program finds caches cold, and the allocator without memory.
            for candidate in &mut *candidates {
                (candidate.run)();
            }
        }
        let most = question.rounds.min(self.effort.rounds);
        let mut values = vec![Vec::new(); candidates.len()];
        for round in 0..most {
            if round >= self.effort.least_rounds && begun.elapsed() > self.effort.enough {
                break;
            }
            for (candidate, values) in candidates.iter_mut().zip(&mut values) {
                values.push((candidate.run)() / question.operations as f64);
            }
        }
        values
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if let (Some(only), false) = (&self.only, self.asked.get()) {
            eprintln!("no question of `{}` has {only:?} in it", self.name);
        }
    }
}

fn print(record: &Record) {
    let (value, ratio) = (record.value, record.ratio);
    println!(
        "  {:<36} {:>9.1} {}  ({:.1} .. {:.1})   ratio {:.3}  ({:.3} .. {:.3})",
        record.candidate,
        value.median,
        record.unit.symbol(),
        value.low,
        value.high,
        ratio.median,
        ratio.low,
        ratio.high,
    );
}

/// What is asked of each candidate.
#[derive(Debug, Clone)]
pub struct Question {
    text: String,
    flavor: Option<&'static str>,
    size: Option<usize>,
    operations: usize,
    unit: Unit,
    rounds: usize,
}

impl Question {
    /// A question about the time of one of so many operations.
    pub fn new(text: impl Into<String>, operations: usize) -> Self {
        Self {
            text: text.into(),
            flavor: None,
            size: None,
            operations,
            unit: Unit::Nanoseconds,
            rounds: usize::MAX,
        }
    }

    /// It is asked for each flavor of runtime, now for this one.
    pub fn on(self, flavor: Flavor) -> Self {
        Self {
            flavor: Some(label(flavor)),
            ..self
        }
    }

    /// It is asked for several sizes, now for this one: their answers make a line.
    pub fn of_size(self, size: usize) -> Self {
        Self {
            size: Some(size),
            ..self
        }
    }

    /// It is about bytes.
    pub fn in_bytes(self) -> Self {
        Self {
            unit: Unit::Bytes,
            ..self
        }
    }

    /// A round takes so long that there should be few.
    pub fn at_most(self, rounds: usize) -> Self {
        Self { rounds, ..self }
    }

    fn title(&self) -> String {
        let flavor = self
            .flavor
            .map(|flavor| format!("{flavor}: "))
            .unwrap_or_default();
        let size = self
            .size
            .map(|size| format!(", {}", with_commas(size)))
            .unwrap_or_default();
        format!("{flavor}{}{size}", self.text)
    }

    fn answer(&self, bench: &str, candidate: &str, peer: &str, values: Vec<f64>, ratios: Vec<f64>) -> Record {
        Record {
            bench: bench.into(),
            question: self.text.clone(),
            flavor: self.flavor.map(Into::into),
            size: self.size,
            candidate: candidate.into(),
            peer: peer.into(),
            operations: self.operations,
            rounds: values.len(),
            unit: self.unit,
            value: Spread::of(values),
            ratio: Spread::of(ratios),
            processors: thread::available_parallelism().map_or(1, Into::into),
        }
    }

    fn is_answered_by(&self, record: &Record) -> bool {
        record.question == self.text && record.flavor.as_deref() == self.flavor && record.size == self.size
    }
}

/// One way to do the job: its name, and a run of it that answers what it took.
pub struct Candidate<'a> {
    name: &'a str,
    run: Box<dyn FnMut() -> f64 + 'a>,
}

impl<'a> Candidate<'a> {
    /// A candidate that is timed as a whole.
    pub fn new(name: &'a str, mut run: impl FnMut() + 'a) -> Self {
        Self::timing_itself(name, move || {
            let start = Instant::now();
            run();
            start.elapsed()
        })
    }

    /// A candidate that knows which part of its time counts.
    pub fn timing_itself(name: &'a str, mut run: impl FnMut() -> Duration + 'a) -> Self {
        Self {
            name,
            run: Box::new(move || run().as_nanos() as f64),
        }
    }

    /// A candidate that counts bytes.
    pub fn in_bytes(name: &'a str, mut run: impl FnMut() -> usize + 'a) -> Self {
        Self {
            name,
            run: Box::new(move || run() as f64),
        }
    }
}
