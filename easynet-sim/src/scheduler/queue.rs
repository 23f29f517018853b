//! The tasks that can run.

use std::{collections::BTreeMap, sync::Arc};

use super::{choice::Choice, task::Cell};
use crate::plan::Schedule;

pub(super) enum Queue {
    /// Each is as likely as any other.
    Uniform(Vec<Arc<Cell>>),
    /// The one with the highest priority; of equals, the one that was started first.
    Priorities(BTreeMap<(u64, u64), Arc<Cell>>),
}

impl Queue {
    pub(super) fn new(schedule: Schedule) -> Self {
        match schedule {
            Schedule::Uniform => Self::Uniform(Vec::new()),
            Schedule::Pct { .. } => Self::Priorities(BTreeMap::new()),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Uniform(list) => list.is_empty(),
            Self::Priorities(map) => map.is_empty(),
        }
    }

    pub(super) fn push(&mut self, cell: Arc<Cell>) {
        match self {
            Self::Uniform(list) => list.push(cell),
            Self::Priorities(map) => {
                map.insert(rank(&cell), cell);
            }
        }
    }

    /// Takes the task to be polled next off the list.
    pub(super) fn pick(&mut self, choice: &mut Choice) -> Option<Arc<Cell>> {
        let cell = match self {
            Self::Uniform(list) => match list.len() {
                0 => return None,
                1 => list.pop()?,
                many => list.swap_remove(choice.index(many)),
            },
            Self::Priorities(map) => {
                let (_, cell) = map.pop_last()?;
                if let Some(priority) = choice.change() {
                    // It is overtaken here by all others, if there are others.
                    cell.set_priority(priority);
                    map.insert(rank(&cell), cell);
                    map.pop_last()?.1
                } else {
                    cell
                }
            }
        };
        cell.unqueue();
        Some(cell)
    }

    /// A task that was woken while it was polled lets the others go first: it yields, and would starve them otherwise.
    pub(super) fn demote(&mut self, cell: &Arc<Cell>, choice: &mut Choice) {
        let Self::Priorities(map) = self else { return };
        let Some(cell) = map.remove(&rank(cell)) else { return };
        cell.set_priority(choice.lowest());
        map.insert(rank(&cell), cell);
    }

    pub(super) fn take(&mut self) -> Vec<Arc<Cell>> {
        match self {
            Self::Uniform(list) => std::mem::take(list),
            Self::Priorities(map) => std::mem::take(map).into_values().collect(),
        }
    }
}

fn rank(cell: &Cell) -> (u64, u64) {
    (cell.priority(), u64::MAX - cell.number())
}
