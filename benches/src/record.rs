//! The answers, as files that programs can read: `target/benches/<bench>.jsonl`, a line for each candidate of each question.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// What one candidate answers to one question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The bench that asks.
    pub bench: String,
    /// What is asked.
    pub question: String,
    /// The kind of runtime, `ct` or `mt2`, where the question is asked for both.
    pub flavor: Option<String>,
    /// How many of what the question is about, where it is asked for several sizes.
    pub size: Option<usize>,
    /// Who answers.
    pub candidate: String,
    /// The candidate that it is compared with: the first one.
    pub peer: String,
    /// By how many operations the whole is divided.
    pub operations: usize,
    /// How often each candidate ran.
    pub rounds: usize,
    /// What the values are.
    pub unit: Unit,
    /// What an operation took.
    pub value: Spread,
    /// The same as a ratio to the peer, round by round.
    pub ratio: Spread,
    /// How many processors there were.
    pub processors: usize,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Time, in nanoseconds.
    Nanoseconds,
    /// Memory, in bytes.
    Bytes,
}

impl Unit {
    /// How it is written behind a number.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Nanoseconds => "ns",
            Self::Bytes => "bytes",
        }
    }
}

/// The median of several values, and the quartiles around it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// A quarter of the values are below.
    pub low: f64,
    /// Half of them.
    pub median: f64,
    /// A quarter of them are above.
    pub high: f64,
}

impl Spread {
    /// Of at least one value.
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let place = (values.len() - 1) as f64 * share;
            let (below, above) = (values[place.floor() as usize], values[place.ceil() as usize]);
            below + (above - below) * place.fract()
        };
        Self {
            low: at(0.25),
            median: at(0.5),
            high: at(0.75),
        }
    }
}

/// A number as it is written in texts: `1,000,000`.
pub fn with_commas(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Reads what a bench has answered; nothing, if it has not been run.
///
/// # Errors
///
/// The file cannot be read, or was written by another version.
pub fn read_records(bench: &str) -> io::Result<Vec<Record>> {
    let text = match fs::read_to_string(file_of(bench)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read?,
    };
    let records = text.lines().map(serde_json::from_str);
    Ok(records.collect::<Result<_, _>>()?)
}

/// Writes all that a bench has answered.
pub(crate) fn write_records(bench: &str, records: &[Record]) -> io::Result<()> {
    let mut text = String::new();
    for record in records {
        text += &serde_json::to_string(record)?;
        text += "\n";
    }
    let file = file_of(bench);
    fs::create_dir_all(file.parent().expect("it is in a directory"))?;
    fs::write(file, text)
}

fn file_of(bench: &str) -> PathBuf {
    target().join("benches").join(bench).with_extension("jsonl")
}

/// Cargo's target directory: programs are built into it, and it bears a tag.
fn target() -> PathBuf {
    let program = env::current_exe().expect("a process knows its program");
    let tagged = program
        .ancestors()
        .find(|directory| directory.join("CACHEDIR.TAG").exists());
    tagged.map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"),
        Path::to_owned,
    )
}
