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

use super::{earliest, identity, with};
use crate::{
    cancel::node::wake,
    observe::{Wait, tell},
};

/// The deadlines of a task: kept by its host, and on the stack while the task is polled.
#[derive(Default)]
pub(super) struct Clock {
    next: Option<Instant>,
    /// Time has come this far at least; no clock is read on a wake-up.
    known: Option<Instant>,
    others: Option<Box<Others>>,
}

/// Those who wait here with wakers that are not the task's own. Most tasks have none.
#[derive(Default)]
struct Others {
    deadlines: BTreeMap<(Instant, u64), Waker>,
    /// Who found itself cancelled.
    stranded: Vec<Waker>,
}

impl Clock {
    pub(super) const fn new() -> Self {
        Self {
            next: None,
            known: None,
            others: None,
        }
    }

    /// Takes another one's place, of which nothing of value is left; field by field, since it need not be made elsewhere first.
    #[inline(always)]
    pub(super) fn fill(&mut self, from: &mut Self) {
        self.next = from.next;
        self.known = from.known;
        std::mem::swap(&mut self.others, &mut from.others);
    }

    /// Nothing has been noted yet.
    #[inline(always)]
    pub(super) fn clear(&mut self) {
        self.next = None;
        self.known = None;
    }

    /// Nobody waits here: there is nothing to keep.
    #[inline(always)]
    pub(super) fn is_idle(&self) -> bool {
        self.next.is_none() && self.others.is_none()
    }

    #[inline(always)]
    pub(super) fn has_come(&self, moment: Instant) -> bool {
        self.known.is_some_and(|known| moment <= known)
    }

    /// The moment the timer must not miss.
    #[inline]
    pub(super) fn target(&self) -> Option<Instant> {
        match &self.others {
            None => self.next,
            Some(others) => earliest(
                self.next,
                others
                    .deadlines
                    .first_key_value()
                    .map(|((deadline, _), _)| *deadline),
            ),
        }
    }

    pub(super) fn notes(&self) -> usize {
        self.others.as_ref().map_or(0, |others| others.deadlines.len())
    }

    /// The timer fired: the deadlines of the task's own waker are noted anew by the poll that follows. The others whose moment has come.
    pub(super) fn advance(&mut self, now: Instant) -> Vec<Waker> {
        self.known = Some(self.known.map_or(now, |known| known.max(now)));
        self.next = None;
        let mut due = Vec::new();
        let Some(others) = &mut self.others else {
            return due;
        };
        while let Some(entry) = others.deadlines.first_entry() {
            if entry.key().0 > now {
                break;
            }
            due.push(entry.remove());
        }
        due
    }
}

impl Drop for Others {
    /// What was noted here and is not polled here any more was moved to another task: woken, it is polled there, and
    /// noted anew (C9).
    fn drop(&mut self) {
        while let Some((_, waker)) = self.deadlines.pop_first() {
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
    if foreign {
        let waker = waker.clone();
        with(|stack| {
            if let Some(host) = stack.hosts.last_mut() {
                host.clock.others.get_or_insert_default().stranded.push(waker);
            }
        });
    }
}

/// A cancelled scope has been left: what was stranded in it may go on elsewhere.
#[cold]
pub(crate) fn release_stranded() {
    let stranded = with(|stack| {
        Some(std::mem::take(
            &mut stack.hosts.last_mut()?.clock.others.as_mut()?.stranded,
        ))
    });
    stranded.into_iter().flatten().for_each(wake);
}

/// What a future that waits for a moment keeps of its note.
#[derive(Debug, Default)]
pub(crate) struct Note(Option<(Instant, u64)>);

/// Notes that `waker` must be woken at `deadline`; true if that is known to have passed.
#[inline]
pub(crate) fn note(deadline: Instant, waker: &Waker, note: &mut Note) -> bool {
    let foreign = with(|stack| {
        let host = stack.hosts.last_mut()?;
        let clock = &mut host.clock;
        if clock.has_come(deadline) {
            return None;
        }
        let own = host.waker == identity(waker);
        if own && clock.next.is_none_or(|next| deadline < next) {
            clock.next = Some(deadline);
        }
        Some(!own)
    });
    match foreign {
        None => return true,
        Some(false) if note.0.is_none() => {}
        Some(false) => note.clear(),
        Some(true) => note.enter(deadline, waker),
    }
    false
}

impl Note {
    #[cold]
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
            let clock = &mut stack.hosts.last_mut()?.clock;
            clock.others.get_or_insert_default().deadlines.insert(key, waker)
        });
        drop(old);
    }

    /// Forgets the note. In another task than the one it was made in, that is left to the timer: it wakes
    /// once for nothing.
    fn clear(&mut self) {
        let Some(key) = self.0.take() else { return };
        let waker = with(|stack| {
            let clock = &mut stack.hosts.last_mut()?.clock;
            clock.others.as_mut()?.deadlines.remove(&key)
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
