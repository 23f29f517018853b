//! The page: what each bench asks, in the words of its source, its pictures, and the numbers in a table for those who would rather read.

use std::fmt::Write;

use easynet_benches::{Record, with_commas};

use crate::{Picture, Topic, style};

/// What stands above all sections.
const INTRODUCTION: &str = include_str!("introduction.md");

/// The whole page.
pub(crate) fn page(sections: &str) -> String {
    format!("{INTRODUCTION}{sections}")
}

/// What a bench asks: the first sentence of its head.
pub(crate) fn question(topic: &Topic) -> &'static str {
    let head = topic
        .source
        .strip_prefix("//! ")
        .expect("a bench says what it asks");
    let end = head.find('?').expect("a bench asks a question");
    &head[..=end]
}

/// What a bench says of itself after that.
fn answer_begins(topic: &Topic) -> String {
    let lines = topic.source.lines().map_while(|line| line.strip_prefix("//!"));
    let head: Vec<&str> = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let head = head.join("\n");
    head[question(topic).len()..].trim_start().to_owned()
}

/// The section of a bench.
pub(crate) fn section(topic: &Topic, records: &[Record], pictures: &[Picture]) -> String {
    let mut section = format!("\n## {}\n\n{}\n", question(topic), answer_begins(topic));
    for picture in pictures {
        write!(section, "\n![{}](plots/{})\n", picture.shows, picture.file).expect("a string has room");
    }
    section + &table(topic, records)
}

fn table(topic: &Topic, records: &[Record]) -> String {
    let processors = records.iter().map(|record| record.processors).max().unwrap_or(0);
    let rounds = records.iter().map(|record| record.rounds);
    let mut table = format!(
        "\n<details><summary>The numbers</summary>\n\n`{}`, {} to {} rounds, on {processors} processors; quartiles in brackets.\n\n\
         | question | candidate | median | ratio to the peer |\n|---|---|---:|---:|\n",
        topic.bench,
        rounds.clone().min().unwrap_or(0),
        rounds.max().unwrap_or(0),
    );
    for record in records {
        let flavor = record
            .flavor
            .as_ref()
            .map(|flavor| format!("{flavor}: "))
            .unwrap_or_default();
        let size = record
            .size
            .map(|size| format!(", {}", with_commas(size)))
            .unwrap_or_default();
        writeln!(
            table,
            "| {flavor}{}{size} | {} | {} | {} ({:.2} .. {:.2}) |",
            record.question,
            record.candidate,
            style::value(record),
            style::ratio(record),
            record.ratio.low,
            record.ratio.high,
        )
        .expect("a string has room");
    }
    table + "\n</details>\n"
}
