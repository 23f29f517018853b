//! The options of the backend "sim".

use syn::{Expr, Ident};

use super::{Entry, values};
use crate::errors::Errors;
use crate::parse::RunnerOption;

/// How a simulation chooses what runs next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Schedule {
    Uniform,
    Pct,
}

impl Schedule {
    const ALL: [Self; 2] = [Self::Uniform, Self::Pct];

    const fn name(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::Pct => "pct",
        }
    }
}

/// Which runs of a simulation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Seeds {
    /// As many as there are unless something else is said.
    #[default]
    All,
    Only(u64),
    Count(u32),
}

/// The options of a simulation; what is `None` is the simulation's to choose.
#[derive(Default)]
pub(crate) struct Simulation {
    pub(crate) seeds: Seeds,
    pub(crate) schedule: Option<Schedule>,
    pub(crate) step_limit: Option<u64>,
}

impl Simulation {
    pub(super) fn lower_seed(&mut self, name: &Ident, value: &Expr, errors: &mut Errors) {
        if let Some(seed) = values::number(name, value, "a `u64`", "7", errors) {
            self.seeds = Seeds::Only(seed);
        }
    }

    pub(super) fn lower_seeds(&mut self, name: &Ident, value: &Expr, errors: &mut Errors) {
        let count = values::number(name, value, "a `u32`", "64", errors);
        if let Some(count) = values::at_least_one(count, "seed", value, "seeds = 64", errors) {
            self.seeds = Seeds::Count(count);
        }
    }

    pub(super) fn lower_schedule(&mut self, value: &Expr, errors: &mut Errors) {
        self.schedule = values::one_of(value, "schedule", Schedule::ALL, Schedule::name, errors);
    }

    pub(super) fn lower_step_limit(&mut self, name: &Ident, value: &Expr, errors: &mut Errors) {
        let limit = values::number(name, value, "a `u64`", "1_000_000", errors);
        self.step_limit = values::at_least_one(limit, "step", value, "step_limit = 1_000_000", errors);
    }
}

/// The first option that only a simulation has.
pub(super) fn first_option(entry: Entry, written: &[RunnerOption]) -> Option<&Ident> {
    // `seeds` of a program has been told, whatever the backend.
    let names: &[&str] = match entry {
        Entry::Main => &["seed", "schedule", "step_limit"],
        Entry::Test => &["seed", "schedule", "step_limit", "seeds"],
    };
    let mut written = written.iter().map(|option| &option.name);
    written.find(|written| names.iter().any(|name| *written == name))
}

/// Checks the options that do not go together.
pub(super) fn check_together(written: &[RunnerOption], errors: &mut Errors) {
    let at = |name: &str| written.iter().position(|option| option.name == name);
    if let (Some(seed), Some(seeds)) = (at("seed"), at("seeds")) {
        errors.push(
            &written[seed.max(seeds)].name,
            "`seed` runs one seed and `seeds` many: remove one of them",
        );
    }
}
