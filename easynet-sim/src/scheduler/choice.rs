//! What the seed decides.
//!
//! The generator is xoshiro256++ as its authors define it, seeded through SplitMix64: the same numbers on every
//! machine and in every version.

use std::collections::BTreeSet;

use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng, SeedableRng},
};

use crate::plan::Schedule;

/// Priorities given to tasks at their start are above this, those given later below.
const FLOOR: u64 = 1 << 32;

pub(crate) struct Choice {
    random: Xoshiro256PlusPlus,
    /// The steps at which the running task is overtaken.
    changes: BTreeSet<u64>,
    steps: u64,
    lowest: u64,
}

impl Choice {
    pub(super) fn new(seed: u64, schedule: Schedule) -> Self {
        let mut choice = Self {
            random: Xoshiro256PlusPlus::seed_from_u64(seed),
            changes: BTreeSet::new(),
            steps: 0,
            lowest: FLOOR,
        };
        if let Schedule::Pct { depth } = schedule {
            // How long the run will be is not known: one seed spreads them over a few steps, another over thousands.
            let length = 16 << choice.below(10);
            for _ in 0..u64::from(depth).saturating_sub(1).min(length) {
                let step = choice.below(length) + 1;
                choice.changes.insert(step);
            }
        }
        choice
    }

    /// A number below `bound`, each as likely as any other as far as 64 bits can tell.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.random.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    pub(super) fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// The priority of a task that starts.
    pub(super) fn priority(&mut self) -> u64 {
        self.random.next_u64() | FLOOR
    }

    /// A priority below all that were given before.
    pub(super) fn lowest(&mut self) -> u64 {
        self.lowest = self.lowest.saturating_sub(1);
        self.lowest
    }

    /// Counts a step; at a point of change, the new priority of the task that would have run.
    pub(super) fn change(&mut self) -> Option<u64> {
        self.steps += 1;
        self.changes.contains(&self.steps).then(|| self.lowest())
    }
}
