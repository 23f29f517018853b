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

use super::{
    earliest,
    here::{has_come, here},
    identity, with,
};
use crate::{
    cancel::node::wake,
    observe::{Wait, tell},
};

/// The deadlines of a task, as its host keeps them: while the task is polled they are in cells of the thread, and on the stack.
#[derive(Default)]
pub(super) struct Clock {
    pub(super) next: Option<Instant>,
    /// Time has come this far at least; no clock is read on a wake-up.
    pub(super) known: Option<Instant>,
    pub(super) others: Option<Box<Others>>,
}

/// Those who wait here with wakers that are not the task's own. Most tasks have none.
#[derive(Default)]
pub(super) struct Others {
    deadlines: BTreeMap<Key, Waker>,
    /// Who found itself cancelled.
    stranded: Vec<Waker>,
}

impl Clock {
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

impl Others {
    pub(super) fn notes(&self) -> usize {
        self.deadlines.len()
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
    if !is_foreign(waker) {
        return;
    }
    let waker = waker.clone();
    with_others(|others| others.stranded.push(waker));
}

/// Whether it is not the waker of the task of the runtime that is being polled.
#[inline(always)]
fn is_foreign(waker: &Waker) -> bool {
    here(|here| here.host.waker.get() != identity(waker))
}

/// Does something with those who wait here with wakers of their own: there are some from now on.
fn with_others<R>(f: impl FnOnce(&mut Others) -> R) -> R {
    here(|here| here.host.crowded.set(true));
    with(|stack| f(stack.others.get_or_insert_default()))
}

/// A cancelled scope has been left: what was stranded in it may go on elsewhere.
#[inline]
pub(crate) fn release_stranded() {
    if here(|here| here.host.crowded.get()) {
        release_all_stranded();
    }
}

#[cold]
fn release_all_stranded() {
    let stranded = with(|stack| Some(std::mem::take(&mut stack.others.as_mut()?.stranded)));
    stranded.into_iter().flatten().for_each(wake);
}

/// What a future that waits for a moment keeps of its note. In a box, since most need none: futures are moved about before they are polled.
#[derive(Debug, Default)]
pub(crate) struct Note(Option<Box<Key>>);

/// Of whoever waits with a waker of its own.
type Key = (Instant, u64);

/// Notes that `waker` must be woken at `deadline`; true if that is known to have passed.
#[inline]
pub(crate) fn note(deadline: Instant, waker: &Waker, note: &mut Note) -> bool {
    if has_come(deadline) {
        note.clear();
        return true;
    }
    if is_foreign(waker) {
        note.enter(deadline, waker);
        return false;
    }
    let next = here(|here| here.host.next.get());
    if next.is_none_or(|next| deadline < next) {
        here(|here| here.host.next.set(Some(deadline)));
    }
    note.clear();
    false
}

impl Note {
    #[cold]
    fn enter(&mut self, deadline: Instant, waker: &Waker) {
        static IDS: AtomicU64 = AtomicU64::new(0);
        if self.0.as_ref().is_some_and(|key| key.0 != deadline) {
            self.clear();
        }
        let new = || Box::new((deadline, IDS.fetch_add(1, Ordering::Relaxed)));
        let key = **self.0.get_or_insert_with(new);
        let waker = waker.clone();
        let old = with_others(|others| others.deadlines.insert(key, waker));
        drop(old);
    }

    /// Forgets the note. In another task than the one it was made in, that is left to the timer: it wakes
    /// once for nothing.
    #[inline]
    fn clear(&mut self) {
        if let Some(key) = self.0.take() {
            Self::remove(*key);
        }
    }

    #[cold]
    fn remove(key: Key) {
        let waker = with(|stack| stack.others.as_mut()?.deadlines.remove(&key));
        drop(waker);
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        self.clear();
    }
}
