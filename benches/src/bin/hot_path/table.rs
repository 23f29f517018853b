//! The table of counts, `benches/counts.md`, and how a new count compares with it.

use std::{collections::BTreeMap, fmt, fs};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/counts.md");

/// How much a count may differ, as a part of itself ...
const SLACK: f64 = 0.03;
/// ... and in instructions, so that a path of ten may take one more.
const SLACK_OF_FEW: f64 = 1.0;

const HEAD: &str = "\
# Instructions per turn

What each hot path takes, as callgrind counts it, beside the same job without easynet; `.ci/run counts` fails where a count differs
by more than three percent. Where that is meant to be, or the compiler or a dependency is another one,
`cargo run --release -p easynet-benches --bin hot_path -- --write` renews the table.

A turn is one child that is started and ends, or is cancelled; one group; one timeout or scope that is entered and left; or one acquisition
of a lock, whatever runs it included. `yield` in a name: it suspends once; `in_tokio`: in a task of tokio, without `bootstrap`, as locks
and events are. `yields` is a suspension alone, which is part of what each path that suspends takes.

Instructions are not time: one that two processors must agree on takes as long as twenty others, and a read of the clock, which is in each timeout, as
long as three hundred. What some paths do that their peers do not, and what of that could be less, is in [`limits.md`](limits.md).

| path | easynet | peer | ratio | the peer |
|---|---:|---:|---:|---|
";

/// Counts by the names of their paths.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Table(BTreeMap<String, Row>);

/// What a path takes, and what its peer does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    own: f64,
    peer: Option<(String, f64)>,
}

impl Row {
    pub(crate) fn alone(own: f64) -> Self {
        Self { own, peer: None }
    }

    pub(crate) fn beside(own: f64, peer: &str, count: f64) -> Self {
        Self {
            own,
            peer: Some((peer.to_owned(), count)),
        }
    }

    fn parse(line: &str) -> Option<(String, Self)> {
        let cells: Vec<&str> = line
            .split('|')
            .map(|cell| cell.trim().trim_matches('`'))
            .collect();
        let &["", name, own, peer, _ratio, peer_name, ""] = &cells[..] else {
            return None;
        };
        let own = own.parse().ok()?;
        let row = match peer {
            "" => Self::alone(own),
            _ => Self::beside(own, peer_name, peer.parse().ok()?),
        };
        Some((name.to_owned(), row))
    }
}

impl Table {
    pub(crate) fn read() -> Result<Self, String> {
        let text = fs::read_to_string(FILE).map_err(|error| format!("{FILE}: {error}"))?;
        Self::parse(&text)
    }

    pub(crate) fn write(&self) -> Result<(), String> {
        fs::write(FILE, self.to_string()).map_err(|error| format!("{FILE}: {error}"))
    }

    /// Reads the rows below the head.
    fn parse(text: &str) -> Result<Self, String> {
        let rows = text.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
        rows.map(|line| Row::parse(line).ok_or_else(|| format!("{FILE}: this is no row: {line}")))
            .collect()
    }

    /// The rows of both, the new ones where both have one.
    pub(crate) fn renewed_by(mut self, newer: Self) -> Self {
        self.0.extend(newer.0);
        self
    }

    #[cfg(test)]
    pub(crate) fn names_and_peers(&self) -> Vec<(&str, Option<&str>)> {
        let rows = self.0.iter();
        rows.map(|(name, row)| (name.as_str(), row.peer.as_ref().map(|(peer, _)| peer.as_str())))
            .collect()
    }
}

impl FromIterator<(String, Row)> for Table {
    fn from_iter<I: IntoIterator<Item = (String, Row)>>(rows: I) -> Self {
        Self(rows.into_iter().collect())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEAD)?;
        for (name, row) in &self.0 {
            let own = digits(row.own);
            match &row.peer {
                None => writeln!(f, "| `{name}` | {own} | | | |")?,
                Some((peer, count)) => {
                    let (ratio, count) = (row.own / count, digits(*count));
                    writeln!(f, "| `{name}` | {own} | {count} | {ratio:.2} | `{peer}` |")?;
                }
            }
        }
        Ok(())
    }
}

/// As exact as two runs agree.
fn digits(count: f64) -> String {
    if count < 100.0 {
        format!("{count:.1}")
    } else {
        format!("{count:.0}")
    }
}

/// What was expected beside what was measured, for each path that was.
#[derive(Debug)]
pub(crate) struct Comparison(Vec<Compared>);

#[derive(Debug)]
struct Compared {
    name: String,
    is_peer: bool,
    /// None, if the table does not have it.
    expected: Option<f64>,
    measured: f64,
}

impl Comparison {
    pub(crate) fn new(expected: &Table, measured: &Table) -> Self {
        let mut compared = Vec::new();
        for (name, row) in &measured.0 {
            let expected = expected.0.get(name);
            compared.push(Compared {
                name: name.clone(),
                is_peer: false,
                expected: expected.map(|row| row.own),
                measured: row.own,
            });
            let Some((peer, count)) = &row.peer else {
                continue;
            };
            let expected = expected.and_then(|row| row.peer.as_ref());
            compared.push(Compared {
                name: format!("  {peer}"),
                is_peer: true,
                expected: expected.map(|(_, count)| *count),
                measured: *count,
            });
        }
        Self(compared)
    }

    /// An error that says what to do, if a count is not the expected one.
    pub(crate) fn verdict(&self) -> Result<(), String> {
        let count = |is: &dyn Fn(&Compared) -> bool| self.0.iter().filter(|compared| is(compared)).count();
        let own = |how: Verdict| count(&|compared| !compared.is_peer && compared.verdict() == how);
        let (more, less, new) = (own(Verdict::More), own(Verdict::Less), own(Verdict::New));
        let peers = count(&|compared| compared.is_peer && compared.verdict() != Verdict::Same);
        let mut said = Vec::new();
        if more > 0 {
            said.push(format!(
                "{more} of easynet's paths take more instructions than the table says"
            ));
        }
        if less > 0 {
            said.push(format!("{less} take less: renew the table, so that it stays so"));
        }
        if new > 0 {
            said.push(format!("{new} are not in the table yet"));
        }
        if peers > 0 {
            said.push(format!(
                "{peers} of the peers differ: it is another compiler, C library or version of a dependency"
            ));
        }
        if said.is_empty() {
            return Ok(());
        }
        let renew = "to renew it: cargo run --release -p easynet-benches --bin hot_path -- --write";
        Err(format!("{}\n{renew}", said.join("\n")))
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Verdict {
    Same,
    More,
    Less,
    New,
}

impl Compared {
    fn verdict(&self) -> Verdict {
        let Some(expected) = self.expected else {
            return Verdict::New;
        };
        let difference = self.measured - expected;
        match difference.abs() <= (SLACK * expected).max(SLACK_OF_FEW) {
            true => Verdict::Same,
            false if difference > 0.0 => Verdict::More,
            false => Verdict::Less,
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<32} {:>10} {:>10} {:>8}",
            "path", "expected", "measured", ""
        )?;
        for compared in &self.0 {
            let Compared { name, measured, .. } = compared;
            let said = match compared.verdict() {
                Verdict::Same => "",
                Verdict::More => "  more",
                Verdict::Less => "  less",
                Verdict::New => "  new",
            };
            let Some(expected) = compared.expected else {
                writeln!(f, "{name:<32} {:>10} {measured:>10.1} {:>8}{said}", "", "")?;
                continue;
            };
            let percent = (measured / expected - 1.0) * 100.0;
            writeln!(
                f,
                "{name:<32} {expected:>10.1} {measured:>10.1} {percent:>+7.1}%{said}"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[(&str, Row)]) -> Table {
        rows.iter()
            .map(|(name, row)| ((*name).to_owned(), row.clone()))
            .collect()
    }

    fn compared(expected: Row, measured: Row) -> Comparison {
        Comparison::new(&table(&[("path", expected)]), &table(&[("path", measured)]))
    }

    #[test]
    fn a_table_that_is_written_is_read_as_it_was() {
        let written = table(&[
            ("lock", Row::beside(38.0, "Mutex", 88.5)),
            ("shield", Row::alone(120.0)),
        ]);
        assert_eq!(Table::parse(&written.to_string()), Ok(written));
    }

    #[test]
    fn a_line_that_is_no_row_is_an_error_that_shows_it() {
        let text = format!("{HEAD}| `lock` | many | | | |\n");
        let error = Table::parse(&text).unwrap_err();
        assert!(error.contains("many"), "{error}");
    }

    #[test]
    fn a_count_within_the_slack_is_the_expected_one() {
        for measured in [971.0, 1_000.0, 1_029.0] {
            assert_eq!(
                compared(Row::alone(1_000.0), Row::alone(measured)).verdict(),
                Ok(())
            );
        }
        assert_eq!(compared(Row::alone(8.0), Row::alone(9.0)).verdict(), Ok(()));
    }

    #[test]
    fn a_count_beyond_the_slack_fails_either_way() {
        let more = compared(Row::alone(1_000.0), Row::alone(1_031.0));
        assert!(
            more.verdict()
                .unwrap_err()
                .contains("1 of easynet's paths take more")
        );
        assert!(more.to_string().contains("+3.1%  more"), "{more}");
        let less = compared(Row::alone(1_000.0), Row::alone(969.0));
        assert!(less.verdict().unwrap_err().contains("1 take less"));
        assert!(compared(Row::alone(8.0), Row::alone(10.0)).verdict().is_err());
    }

    #[test]
    fn a_peer_that_differs_fails_too() {
        let expected = Row::beside(1_000.0, "JoinSet", 2_000.0);
        let measured = Row::beside(1_000.0, "JoinSet", 2_100.0);
        let verdict = compared(expected, measured).verdict().unwrap_err();
        assert!(verdict.contains("1 of the peers differ"), "{verdict}");
    }

    #[test]
    fn a_path_that_the_table_lacks_fails() {
        let comparison = Comparison::new(&Table::default(), &table(&[("path", Row::alone(1.0))]));
        assert!(
            comparison
                .verdict()
                .unwrap_err()
                .contains("1 are not in the table")
        );
    }

    #[test]
    fn what_is_renewed_in_part_keeps_the_rest() {
        let old = table(&[("lock", Row::alone(1.0)), ("group", Row::alone(2.0))]);
        let renewed = old.renewed_by(table(&[("lock", Row::alone(3.0))]));
        assert_eq!(
            renewed,
            table(&[("lock", Row::alone(3.0)), ("group", Row::alone(2.0))])
        );
    }
}
