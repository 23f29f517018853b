//! A deadline that threads share, as one word: who moves it and who asks for it take no lock.
//!
//! The word is how far it is from the moment in which the first was shared, in nanoseconds. That reaches 292 years to either side. What is
//! farther away is behind a lock, which nobody will ever need.

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

use crate::shared::{
    Lock,
    atomic::{AtomicI64, Ordering},
};

/// No limit.
const NEVER: i64 = i64::MAX;

/// Too far away for a word.
const FAR: i64 = NEVER - 1;

/// Too long ago for a word.
const LONG_AGO: i64 = i64::MIN;

/// When the first was shared.
static FIRST: OnceLock<Instant> = OnceLock::new();

pub(crate) struct Moment {
    word: AtomicI64,
    /// The last that did not fit into a word.
    far: Lock<Option<Instant>>,
}

/// What was read last: it need not be made of the word again while that is the same.
#[derive(Clone, Copy)]
pub(crate) struct Known {
    word: i64,
    deadline: Option<Instant>,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            word: NEVER,
            deadline: None,
        }
    }
}

impl Moment {
    pub(crate) fn never() -> Self {
        Self {
            word: AtomicI64::new(NEVER),
            far: Lock::new(None),
        }
    }

    /// Moves it; true if it is nearer now. The clock, `now`, is read by the first of all.
    #[inline]
    pub(crate) fn set(&self, deadline: Option<Instant>, now: impl FnOnce() -> Instant) -> bool {
        let word = deadline.map_or(NEVER, |deadline| word(deadline, now));
        if is_far(word) {
            *self.far.lock() = deadline;
        }
        word < self.word.swap(word, Ordering::AcqRel)
    }

    #[inline]
    pub(crate) fn get(&self, known: &mut Known) -> Option<Instant> {
        let word = self.word.load(Ordering::Acquire);
        if word != known.word || is_far(word) {
            let deadline = self.deadline(word);
            *known = Known { word, deadline };
        }
        known.deadline
    }

    fn deadline(&self, word: i64) -> Option<Instant> {
        if word == NEVER {
            return None;
        }
        if is_far(word) {
            return *self.far.lock();
        }
        let first = *FIRST.get().expect("the word was made with it");
        let distance = Duration::from_nanos(word.unsigned_abs());
        Some(if word >= 0 {
            first + distance
        } else {
            first - distance
        })
    }
}

fn word(deadline: Instant, now: impl FnOnce() -> Instant) -> i64 {
    let first = *FIRST.get_or_init(now);
    let later = deadline >= first;
    let distance = if later { deadline - first } else { first - deadline };
    match i64::try_from(distance.as_nanos()) {
        Ok(nanos) if nanos < FAR => {
            if later {
                nanos
            } else {
                -nanos
            }
        }
        _ if later => FAR,
        _ => LONG_AGO,
    }
}

fn is_far(word: i64) -> bool {
    word == FAR || word == LONG_AGO
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_told_as_it_was_set() {
        let now = Instant::now();
        let moment = Moment::never();
        let known = &mut Known::default();
        let steps = [0, 1, 999_999_999, 1_000_000_001, 86_400_000_000_007];
        for step in steps.map(Duration::from_nanos) {
            for deadline in [now.checked_add(step), now.checked_sub(step), None] {
                assert_eq!(moment.set(deadline, Instant::now), deadline.is_some());
                assert_eq!(moment.get(known), deadline);
                assert_eq!(moment.get(known), deadline, "as it is known");
                assert!(!moment.set(None, Instant::now));
            }
        }
    }

    #[test]
    fn so_is_one_that_is_centuries_away() {
        let now = Instant::now();
        let century = Duration::from_secs(100 * 365 * 86_400);
        let moment = Moment::never();
        let known = &mut Known::default();
        for centuries in 1..10 {
            let far = now.checked_add(century * centuries);
            assert!(moment.set(far, Instant::now));
            assert_eq!(moment.get(known), far);
            moment.set(far.map(|far| far + century), Instant::now);
            assert_eq!(moment.get(known), far.map(|far| far + century));
            assert!(moment.set(Some(now), Instant::now), "it is nearer");
            assert_eq!(moment.get(known), Some(now));
            moment.set(None, Instant::now);
        }
    }
}
