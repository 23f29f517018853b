//! Counts instructions: a path runs under callgrind for few turns and for more, and the difference is what the turns cost.
//!
//! What is done once, such as starting a runtime, cancels out.

use std::{env, path::Path, process::Command, sync::Mutex, thread};

use super::{
    paths::HotPath,
    table::{Row, Table},
};

/// The shorter of the two runs has so many turns, or as many as are taken at once.
const FEW: usize = 1_000;
/// The longer one has so many times as many.
const TIMES: usize = 3;

/// The C library chooses among its functions by what the processor can do: it is to choose the same on every machine.
const PLAIN_PROCESSOR: &str =
    "glibc.cpu.hwcaps=-SSSE3,-AVX,-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-ERMS,-FSRM,-AVX_Fast_Unaligned_Load";

/// Counts paths and their peers, one on each processor at a time.
pub(crate) fn count(paths: &[&HotPath]) -> Result<Table, String> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err("the table is for Linux on x86_64: other processors take other instructions".into());
    }
    if cfg!(debug_assertions) {
        return Err("optimized code is what is counted: run it with `--release`".into());
    }
    let program = env::current_exe().map_err(|error| format!("this program is not to be found: {error}"))?;
    let asked = Mutex::new(paths.iter());
    let count = || {
        let mut rows = Vec::new();
        loop {
            let Some(path) = asked.lock().expect("an iterator does not panic").next() else {
                return Ok(rows);
            };
            rows.push((path.name().to_owned(), row(&program, path)?));
        }
    };
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let counted: Result<Vec<Vec<_>>, String> = thread::scope(|scope| {
        let counting: Vec<_> = (0..processors).map(|_| scope.spawn(count)).collect();
        let counted = counting.into_iter();
        let counted = counted.map(|thread| thread.join().expect("it returns its errors"));
        counted.collect()
    });
    Ok(counted?.into_iter().flatten().collect())
}

fn row(program: &Path, path: &HotPath) -> Result<Row, String> {
    let few = FEW.next_multiple_of(path.turns_at_once());
    let per_turn = |peer: &[&str]| {
        let count = |turns: usize| instructions(program, peer, path.name(), turns);
        let (short, long) = (count(few)?, count(TIMES * few)?);
        Ok::<_, String>((long - short) / (few * (TIMES - 1)) as f64)
    };
    let own = per_turn(&[])?;
    let Some(peer) = path.peer() else {
        return Ok(Row::alone(own));
    };
    Ok(Row::beside(own, peer.name(), per_turn(&["--peer"])?))
}

/// The instructions of a whole run.
fn instructions(program: &Path, peer: &[&str], name: &str, turns: usize) -> Result<f64, String> {
    // A runtime looks for variables of its own, which takes longer where there are many.
    let kept = ["PATH", "VALGRIND_LIB"].into_iter();
    let kept = kept.filter_map(|name| Some((name, env::var_os(name)?)));
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(peer)
        .args([name, &turns.to_string()])
        .env_clear()
        .envs(kept)
        .env("GLIBC_TUNABLES", PLAIN_PROCESSOR)
        .output()
        .map_err(|error| format!("valgrind does not start: {error}; `.ci/run tools` installs it"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let count = said.lines().find_map(|line| line.split_once("Collected : "));
    let count = count.and_then(|(_, count)| count.trim().parse().ok());
    match count {
        Some(count) if output.status.success() => Ok(count),
        _ => Err(format!("callgrind has not counted `{name}`:\n{said}")),
    }
}
