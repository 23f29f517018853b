//! A deadline that threads share, as one word: who moves it and who asks for it take no lock.
//!
//! The word is how far it is from the moment in which the first was shared, in nanoseconds. That reaches 292 years to either side; what is
//! farther away is no limit, or long past.

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

use crate::shared::atomic::{AtomicI64, Ordering};

/// No limit.
const NEVER: i64 = i64::MAX;

/// When the first was shared.
static FIRST: OnceLock<Instant> = OnceLock::new();

pub(crate) struct Moment(AtomicI64);

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
        Self(AtomicI64::new(NEVER))
    }

    /// Moves it; true if it is nearer now. The clock, `now`, is read by the first of all.
    #[inline]
    pub(crate) fn set(&self, deadline: Option<Instant>, now: impl FnOnce() -> Instant) -> bool {
        let word = word(deadline, now);
        word < self.0.swap(word, Ordering::AcqRel)
    }

    #[inline]
    pub(crate) fn get(&self, known: &mut Known) -> Option<Instant> {
        let word = self.0.load(Ordering::Acquire);
        if word != known.word {
            *known = Known {
                word,
                deadline: moment(word),
            };
        }
        known.deadline
    }
}

fn word(deadline: Option<Instant>, now: impl FnOnce() -> Instant) -> i64 {
    let Some(deadline) = deadline else { return NEVER };
    let first = *FIRST.get_or_init(now);
    let nanos = |later: Instant, earlier: Instant| i64::try_from((later - earlier).as_nanos());
    if deadline >= first {
        nanos(deadline, first).unwrap_or(NEVER)
    } else {
        nanos(first, deadline).map_or(-NEVER, |nanos| -nanos)
    }
}

fn moment(word: i64) -> Option<Instant> {
    if word == NEVER {
        return None;
    }
    let first = *FIRST.get().expect("the word was made with it");
    let distance = Duration::from_nanos(word.unsigned_abs());
    if word >= 0 {
        return first.checked_add(distance);
    }
    // A past that cannot be told is past all the same.
    Some(first.checked_sub(distance).unwrap_or(first))
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
    fn what_is_too_far_away_is_no_limit() {
        let now = Instant::now();
        let far = now.checked_add(Duration::from_secs(400 * 365 * 86_400));
        assert!(far.is_some(), "the clock reaches farther than the word");
        let moment = Moment::never();
        moment.set(far, Instant::now);
        assert_eq!(moment.get(&mut Known::default()), None);
        moment.set(Some(now), Instant::now);
        assert_eq!(moment.get(&mut Known::default()), Some(now));
    }
}
