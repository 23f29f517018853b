//! The deterministic simulation: its order, its clock, what it says of programs that do not end well, and its tools.
//!
//! That it is a backend like the others is what the rest of the suite shows. This is about what it has alone.
#![forbid(unsafe_code)]

mod simulation {
    mod afterwards;
    mod child;
    mod clock;
    mod deadlocks;
    mod entry;
    mod every_await;
    mod explore;
    mod jobs;
    mod leaks;
    mod livelocks;
    mod mistakes;
    mod network;
    mod panics;
    mod programs;
    mod schedule;
    mod seeds;
    mod teardown;
    mod threads;
    mod trace_lines;
    mod traces;
    mod wakers;

    use std::{collections::BTreeSet, future::Future};

    use easynet::sim::{Schedule, Simulation, SimulationError};

    /// The schedules there are.
    const SCHEDULES: [Schedule; 2] = [Schedule::Uniform, Schedule::pct()];

    /// What a program returns under the first so many seeds.
    fn outputs<F>(schedule: Schedule, seeds: u64, program: impl Fn() -> F) -> BTreeSet<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Ord + Send + 'static,
    {
        let run = |seed| Simulation::new(seed).schedule(schedule).run(program());
        (0..seeds)
            .map(|seed| run(seed).expect("the program ends"))
            .collect()
    }

    /// How a program that does not come to its end goes wrong.
    fn failure<F>(program: F) -> SimulationError
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let Err(error) = easynet::sim::run(0, program) else {
            panic!("the program ends, and is not to")
        };
        error
    }

    /// The tree of a report, without what differs from one version of the sources to the next: places, and the group that
    /// `bootstrap` opens around the program.
    fn tree(error: &SimulationError) -> Vec<String> {
        let mut tree = Vec::new();
        let mut outer = false;
        for line in error.report().lines().skip(1) {
            if line.starts_with("└─ group opened at easynet-core") {
                outer = true;
                continue;
            }
            let line = line.strip_prefix("   ").filter(|_| outer).unwrap_or(line);
            tree.push(without_place(line));
        }
        tree
    }

    /// Without `at file:line:column`.
    fn without_place(line: &str) -> String {
        let Some((before, after)) = line.split_once(" at tests/") else {
            return line.to_owned();
        };
        let place = after.find(".rs:").expect("a place is in a file") + ".rs:".len();
        let rest = after[place..].trim_start_matches(|c: char| c.is_ascii_digit() || c == ':');
        let colon = if after[place..].contains(": ") { ":" } else { "" };
        format!("{before}{colon}{rest}")
    }
}
