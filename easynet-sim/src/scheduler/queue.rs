//! The tasks that can run.
//!
//! # Invariants
//!
//! 1. A task that was woken while it was polled has yielded: it is not picked next if another can run (CKP-01, CKP-09).

use std::{collections::BTreeMap, sync::Arc};

use super::{choice::Choice, task::Cell};
use crate::plan::Schedule;

pub(super) enum Queue {
    /// Each is as likely as any other.
    Uniform {
        ready: Vec<Arc<Cell>>,
        /// The one that was polled last, if it has yielded.
        yielded: Option<Arc<Cell>>,
    },
    /// The one with the highest priority; of equals, the one that was started first.
    Priorities {
        ready: BTreeMap<Rank, Arc<Cell>>,
        /// The one that was polled last, if it has yielded.
        yielded: Option<Rank>,
    },
}

impl Queue {
    pub(super) fn new(schedule: Schedule) -> Self {
        match schedule {
            Schedule::Uniform => Self::Uniform {
                ready: Vec::new(),
                yielded: None,
            },
            Schedule::Pct { .. } => Self::Priorities {
                ready: BTreeMap::new(),
                yielded: None,
            },
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Uniform { ready, yielded } => ready.len() + usize::from(yielded.is_some()),
            Self::Priorities { ready, .. } => ready.len(),
        }
    }

    pub(super) fn push(&mut self, cell: Arc<Cell>) {
        match self {
            Self::Uniform { ready, .. } => ready.push(cell),
            Self::Priorities { ready, .. } => {
                ready.insert(rank(&cell), cell);
            }
        }
    }

    /// Takes the task to be polled next off the list.
    pub(super) fn pick(&mut self, choice: &mut Choice) -> Option<Arc<Cell>> {
        let cell = match self {
            Self::Uniform { ready, yielded } => {
                let picked = match ready.len() {
                    0 => return yielded.take().inspect(|cell| cell.unqueue()),
                    1 => ready.pop()?,
                    many => ready.swap_remove(choice.index(many)),
                };
                ready.extend(yielded.take());
                picked
            }
            Self::Priorities { ready, yielded } => {
                let (_, cell) = ready.pop_last()?;
                let yielded = yielded.take();
                // It is overtaken here by all others, if there are others that may run.
                let next = ready.last_key_value().map(|(rank, _)| *rank);
                match choice.change() {
                    Some(priority) if next.is_some() && next != yielded => {
                        cell.set_priority(priority);
                        ready.insert(rank(&cell), cell);
                        ready.pop_last()?.1
                    }
                    _ => cell,
                }
            }
        };
        cell.unqueue();
        Some(cell)
    }

    /// Puts a task into the list that is woken while it is polled: it lets others go first.
    pub(super) fn push_yielded(&mut self, cell: Arc<Cell>, choice: &mut Choice) {
        match self {
            Self::Uniform { yielded, .. } => *yielded = Some(cell),
            Self::Priorities { ready, yielded } => {
                cell.set_priority(choice.lowest());
                *yielded = Some(rank(&cell));
                ready.insert(rank(&cell), cell);
            }
        }
    }

    pub(super) fn take(&mut self) -> Vec<Arc<Cell>> {
        match self {
            Self::Uniform { ready, yielded } => {
                ready.extend(yielded.take());
                std::mem::take(ready)
            }
            Self::Priorities { ready, .. } => std::mem::take(ready).into_values().collect(),
        }
    }
}

/// A priority, and what tells tasks of one priority apart.
type Rank = (u64, u64);

fn rank(cell: &Cell) -> Rank {
    (cell.priority(), u64::MAX - cell.number())
}
