//! Draws what the benches have answered, and writes the page that shows it: `benches/README.md`, with its pictures in `benches/plots`.
//!
//! `cargo bench -p easynet-benches` first, then `cargo run --release -p easynet-benches --bin plots`.
#![forbid(unsafe_code)]

mod bars;
mod lines;
mod page;
mod style;

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use easynet_benches::{Record, read_records};

/// A bench, and the source in whose head it says what it asks.
struct Topic {
    bench: &'static str,
    source: &'static str,
}

macro_rules! topics {
    ($($bench:literal),*) => {
        [$(Topic {
            bench: $bench,
            source: include_str!(concat!("../../../benches/", $bench, ".rs")),
        }),*]
    };
}

/// All benches, in the order of the page.
const TOPICS: [Topic; 10] = topics![
    "spawn_many",
    "cancel",
    "timeouts",
    "locks",
    "echo",
    "connections",
    "threads",
    "scale",
    "simulation",
    "compile_time"
];

/// A picture that has been drawn: its file's name, and what it shows.
struct Picture {
    file: String,
    shows: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sections = String::new();
    for topic in &TOPICS {
        let records = read_records(topic.bench)?;
        if records.is_empty() {
            let bench = topic.bench;
            return Err(format!(
                "`{bench}` has not answered: run `cargo bench -p easynet-benches --bench {bench}`"
            )
            .into());
        }
        let pictures = draw(topic, &records, &directory.join("plots"))?;
        sections += &page::section(topic, &records, &pictures);
    }
    fs::write(directory.join("README.md"), page::page(&sections))?;
    Ok(())
}

/// Draws what a bench has answered: bars, and a picture with lines for each question that it has asked for several sizes.
fn draw(topic: &Topic, records: &[Record], directory: &Path) -> Result<Vec<Picture>, Box<dyn Error>> {
    fs::create_dir_all(directory)?;
    let file = |name: &str| -> PathBuf { directory.join(name) };
    let mut pictures = Vec::new();
    let plain: Vec<&Record> = records.iter().filter(|record| record.size.is_none()).collect();
    if !plain.is_empty() {
        let picture = Picture {
            file: format!("{}.svg", topic.bench),
            shows: page::question(topic).to_owned(),
        };
        bars::draw(&file(&picture.file), &plain)?;
        pictures.push(picture);
    }
    for question in style::in_order(records, |record| record.size.map(|_| record.question.as_str())) {
        let asked = |record: &&Record| record.size.is_some() && record.question == question;
        let picture = Picture {
            file: format!("{}-{}.svg", topic.bench, style::slug(question)),
            shows: question.to_owned(),
        };
        lines::draw(
            &file(&picture.file),
            question,
            &records.iter().filter(asked).collect::<Vec<_>>(),
        )?;
        pictures.push(picture);
    }
    Ok(pictures)
}
