//! The deadlines of one task, for its one timer.
//!
//! Whoever waits for a moment only notes it here; the [host](super::host) arms the runtime's timer for the
//! earliest, and leaves it armed when nobody waits for that moment any more.
//!
//! # Invariants
//!
//! 1. `next` is no later than any deadline noted with the task's own waker since the timer last fired. Those
//!    need no entry of their own: a task that is woken polls what is below it, which notes its deadline anew.
//! 2. A deadline noted with a foreign waker has an entry, and that waker is woken once when it has passed (C8).

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
    task::Waker,
    time::Instant,
};

use super::{STACK, earliest, identity, with};
use crate::{
    cancel::node::wake,
    observe::{Wait, tell},
};

#[derive(Default)]
pub(crate) struct Clock {
    next: Option<Instant>,
    /// Time has come this far at least; no clock is read on a wake-up.
    pub(super) known: Option<Instant>,
    foreign: BTreeMap<(Instant, u64), Waker>,
    /// Whoever found itself cancelled, and was polled with a waker that is not the task's own.
    stranded: Vec<Waker>,
}

impl Clock {
    /// The moment the timer must not miss.
    pub(super) fn target(&self) -> Option<Instant> {
        earliest(
            self.next,
            self.foreign.first_key_value().map(|((deadline, _), _)| *deadline),
        )
    }

    pub(super) fn notes(&self) -> usize {
        self.foreign.len()
    }

    fn learn(&mut self, now: Instant) {
        self.known = Some(self.known.map_or(now, |known| known.max(now)));
    }

    /// The timer fired: the deadlines of the task's own waker are noted anew by the poll that follows.
    pub(super) fn advance(&mut self, now: Instant) -> Vec<Waker> {
        self.learn(now);
        self.next = None;
        let mut due = Vec::new();
        while let Some(entry) = self.foreign.first_entry() {
            if entry.key().0 > now {
                break;
            }
            due.push(entry.remove());
        }
        due
    }
}

impl Drop for Clock {
    /// What was noted here and is not polled here any more was moved to another task: woken, it is polled there, and
    /// noted anew (C9).
    fn drop(&mut self) {
        while let Some((_, waker)) = self.foreign.pop_first() {
            wake(waker);
        }
        self.stranded.drain(..).for_each(wake);
    }
}

/// Whether the code that runs is cancelled, so that its operation stays pending without having been started (C3).
///
/// The scope that is cancelled ends it. But a future that others hold as well, a shared one, outlives that: it is
/// woken when the scope has been left, and polled by one who is not cancelled (C8).
#[inline]
pub(crate) fn strand(waker: &Waker) -> bool {
    if !super::is_cancelled() {
        return false;
    }
    note_stranded(waker);
    true
}

#[cold]
fn note_stranded(waker: &Waker) {
    tell(|observer| observer.waits(&Wait::Cancellation));
    let foreign = with(|stack| {
        stack
            .hosts
            .last()
            .is_some_and(|host| host.waker != identity(waker))
    });
    if foreign == Some(true) {
        let waker = waker.clone();
        with(|stack| {
            if let Some(host) = stack.hosts.last_mut() {
                host.clock.get_or_insert_default().stranded.push(waker);
            }
        });
    }
}

/// A cancelled scope has been left: what was stranded in it may go on elsewhere.
#[cold]
pub(crate) fn release_stranded() {
    let stranded = with(|stack| {
        Some(std::mem::take(
            &mut stack.hosts.last_mut()?.clock.as_mut()?.stranded,
        ))
    });
    stranded.flatten().into_iter().flatten().for_each(wake);
}

/// What a future that waits for a moment keeps of its note.
#[derive(Debug, Default)]
pub(crate) struct Note(Option<(Instant, u64)>);

/// Notes that `waker` must be woken at `deadline`; true if that is known to have passed.
pub(crate) fn note(deadline: Instant, waker: &Waker, note: &mut Note) -> bool {
    let foreign = with(|stack| {
        let host = stack.hosts.last_mut()?;
        let own = host.waker == identity(waker);
        let clock = host.clock.get_or_insert_default();
        if clock.known.is_some_and(|known| deadline <= known) {
            return None;
        }
        if own {
            clock.next = earliest(clock.next, Some(deadline));
        }
        Some(!own)
    })
    .flatten();
    match foreign {
        None => return true,
        Some(false) if note.0.is_none() => {}
        Some(false) => note.clear(),
        Some(true) => note.enter(deadline, waker),
    }
    false
}

impl Note {
    fn enter(&mut self, deadline: Instant, waker: &Waker) {
        static IDS: AtomicU64 = AtomicU64::new(0);
        if self.0.is_some_and(|(noted, _)| noted != deadline) {
            self.clear();
        }
        let key = *self
            .0
            .get_or_insert_with(|| (deadline, IDS.fetch_add(1, Ordering::Relaxed)));
        let waker = waker.clone();
        let old = with(|stack| {
            let clock = stack.hosts.last_mut()?.clock.as_mut()?;
            clock.foreign.insert(key, waker)
        });
        drop(old);
    }

    /// Forgets the note. In another task than the one it was made in, that is left to the timer: it wakes
    /// once for nothing.
    fn clear(&mut self) {
        let Some(key) = self.0.take() else { return };
        let waker = STACK.try_with(|stack| {
            let mut stack = stack.try_borrow_mut().ok()?;
            stack.hosts.last_mut()?.clock.as_mut()?.foreign.remove(&key)
        });
        drop(waker);
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        if self.0.is_some() {
            self.clear();
        }
    }
}
