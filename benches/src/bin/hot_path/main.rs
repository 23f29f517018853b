//! What the hot paths cost in instructions, as callgrind counts them: the same on a busy machine as on a quiet one.
//!
//! - `hot_path --check` compares with `benches/counts.md`, and fails where something costs other than it says there.
//! - `hot_path --write` renews that table. Both take `--only TEXT`, for paths with this in their names.
//! - `hot_path NAME TURNS` goes a path so many times, for whoever wants to look at it; `hot_path --peer NAME TURNS` its peer's.
#![forbid(unsafe_code)]

mod callgrind;
mod paths;
mod table;

use std::{env, process::ExitCode};

use self::{
    paths::HotPath,
    table::{Comparison, Table},
};

const USAGE: &str =
    "usage: hot_path --check [--only TEXT] | --write [--only TEXT] | --list | [--peer] NAME TURNS";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["--check"] => check(""),
        ["--check", "--only", text] => check(text),
        ["--write"] => write(""),
        ["--write", "--only", text] => write(text),
        ["--list"] => {
            paths::all().iter().for_each(|path| println!("{}", path.name()));
            Ok(())
        }
        ["--peer", name, turns] => run(name, turns, true),
        [name, turns] => run(name, turns, false),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn run(name: &str, turns: &str, peer: bool) -> Result<(), String> {
    let turns = turns.parse().map_err(|_| USAGE)?;
    let paths = paths::all();
    let path = paths.iter().find(|path| path.name() == name);
    let path = path.ok_or_else(|| format!("there is no hot path `{name}`: see `hot_path --list`"))?;
    if !peer {
        path.run(turns);
        return Ok(());
    }
    let peer = path.peer().ok_or_else(|| format!("`{name}` has no peer"))?;
    peer.run(turns);
    Ok(())
}

fn check(only: &str) -> Result<(), String> {
    let expected = Table::read()?;
    let comparison = Comparison::new(&expected, &count(only)?);
    print!("{comparison}");
    comparison.verdict()
}

fn write(only: &str) -> Result<(), String> {
    let measured = count(only)?;
    // What is not asked for stays as it is; what is gone from the paths goes from the table too.
    let kept = if only.is_empty() {
        Table::default()
    } else {
        Table::read()?
    };
    kept.renewed_by(measured).write()
}

/// Counts the paths with this in their names.
fn count(only: &str) -> Result<Table, String> {
    let paths = paths::all();
    let counted = |path: &&HotPath| path.is_counted() && path.name().contains(only);
    let paths: Vec<&HotPath> = paths.iter().filter(counted).collect();
    if paths.is_empty() {
        return Err(format!("no hot path has `{only}` in its name"));
    }
    callgrind::count(&paths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::Peer;

    #[test]
    fn each_path_and_its_peer_can_be_gone() {
        for path in paths::all() {
            path.run(path.turns_at_once());
            if let Some(peer) = path.peer() {
                peer.run(path.turns_at_once());
            }
        }
    }

    #[test]
    fn the_table_has_each_path_that_is_counted_and_no_other() {
        let paths = paths::all();
        let counted = paths.iter().filter(|path| path.is_counted());
        let mut counted: Vec<_> = counted
            .map(|path| (path.name(), path.peer().map(Peer::name)))
            .collect();
        counted.sort();
        assert_eq!(Table::read().unwrap().names_and_peers(), counted);
    }
}
