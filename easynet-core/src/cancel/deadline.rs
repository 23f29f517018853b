//! A deadline that threads share: whoever moves it locks it, and whoever asks for it does so only when it has been moved.

use std::time::Instant;

use crate::shared::{
    Lock,
    atomic::{AtomicUsize, Ordering},
};

pub(crate) struct SharedDeadline {
    /// How often it was moved. Changes under the lock.
    moves: AtomicUsize,
    deadline: Lock<Option<Instant>>,
}

/// What was asked last, after so many moves.
#[derive(Default)]
pub(crate) struct Known {
    moves: usize,
    deadline: Option<Instant>,
}

impl SharedDeadline {
    pub(crate) fn new(deadline: Option<Instant>) -> Self {
        Self {
            // What nobody knows of yet counts as moved, if it is one.
            moves: AtomicUsize::new(usize::from(deadline.is_some())),
            deadline: Lock::new(deadline),
        }
    }

    /// Moves it; true if it is nearer now.
    pub(crate) fn set(&self, deadline: Option<Instant>) -> bool {
        let mut own = self.deadline.lock();
        let nearer = is_nearer(deadline, *own);
        *own = deadline;
        let moves = self.moves.load(Ordering::Relaxed).wrapping_add(1);
        self.moves.store(moves, Ordering::Release);
        nearer
    }

    /// As it is now; whoever asks keeps what is known.
    #[inline]
    pub(crate) fn get(&self, known: &mut Known) -> Option<Instant> {
        if self.moves.load(Ordering::Acquire) != known.moves {
            let deadline = self.deadline.lock();
            *known = Known {
                moves: self.moves.load(Ordering::Relaxed),
                deadline: *deadline,
            };
        }
        known.deadline
    }
}

/// Whether a deadline comes before another, or before none.
#[inline]
pub(super) fn is_nearer(when: Option<Instant>, before: Option<Instant>) -> bool {
    when.is_some_and(|when| before.is_none_or(|before| when < before))
}

#[cfg(all(test, not(easynet_loom)))]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_deadline_is_told_as_it_was_set() {
        let now = Instant::now();
        let deadline = SharedDeadline::new(None);
        let known = &mut Known::default();
        assert_eq!(deadline.get(known), None);
        let century = Duration::from_secs(100 * 365 * 86_400);
        for step in [Duration::ZERO, Duration::from_nanos(1), century, 9 * century] {
            for when in [now.checked_add(step), now.checked_sub(step), None] {
                assert_eq!(deadline.set(when), when.is_some());
                assert_eq!(deadline.get(known), when);
                assert_eq!(deadline.get(known), when, "as it is known");
                assert_eq!(deadline.get(&mut Known::default()), when, "as nobody knows it");
                deadline.set(None);
                assert_eq!(
                    SharedDeadline::new(when).get(&mut Known::default()),
                    when,
                    "from the start"
                );
            }
        }
    }

    #[test]
    fn it_is_nearer_before_what_it_was() {
        let now = Instant::now();
        let later = now + Duration::from_secs(1);
        let deadline = SharedDeadline::new(None);
        assert!(deadline.set(Some(later)));
        assert!(!deadline.set(Some(later)));
        assert!(deadline.set(Some(now)));
        assert!(!deadline.set(Some(later)));
        assert!(!deadline.set(None));
    }
}
