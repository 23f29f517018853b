//! Those who wait, in the order in which they came.
//!
//! # Invariants
//!
//! 1. An entry is in the line from [`push`](Queue::push) to [`unlink`](Queue::unlink), and has its key until it is
//!    [removed](Queue::remove) by the one who waits: what it is told meanwhile is found there.
//! 2. `first` and `last` are the ends of the line, and both [`NONE`] when nobody is in it.

use slab::Slab;

/// Where an entry is.
pub(super) type Key = usize;

/// Whether a future is in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It has not had to wait so far.
    None,
    In(Key),
    /// It was, and gave up its place when it was cancelled: from then on it completes outside of that scope only.
    Left,
}

impl Place {
    /// Gives up the place, if there is one.
    pub(super) fn leave(&mut self) -> Option<Key> {
        let Self::In(key) = *self else { return None };
        *self = Self::Left;
        Some(key)
    }
}

const NONE: Key = usize::MAX;

pub(super) struct Queue<T> {
    entries: Slab<Entry<T>>,
    first: Key,
    last: Key,
}

struct Entry<T> {
    value: T,
    before: Key,
    after: Key,
    in_line: bool,
}

impl<T> Queue<T> {
    pub(super) const fn new() -> Self {
        Self {
            entries: Slab::new(),
            first: NONE,
            last: NONE,
        }
    }

    /// Whether nobody is in the line.
    pub(super) fn is_empty(&self) -> bool {
        self.first == NONE
    }

    /// Who has been in the line for the longest time.
    pub(super) fn first(&self) -> Option<Key> {
        (self.first != NONE).then_some(self.first)
    }

    /// Goes to the end of the line.
    pub(super) fn push(&mut self, value: T) -> Key {
        let before = self.last;
        let key = self.entries.insert(Entry {
            value,
            before,
            after: NONE,
            in_line: true,
        });
        match before {
            NONE => self.first = key,
            before => self.entries[before].after = key,
        }
        self.last = key;
        key
    }

    pub(super) fn get(&mut self, key: Key) -> &mut T {
        &mut self.entries[key].value
    }

    /// Leaves the line; the entry stays.
    pub(super) fn unlink(&mut self, key: Key) {
        let entry = &mut self.entries[key];
        if !std::mem::replace(&mut entry.in_line, false) {
            return;
        }
        let (before, after) = (entry.before, entry.after);
        match before {
            NONE => self.first = after,
            before => self.entries[before].after = after,
        }
        match after {
            NONE => self.last = before,
            after => self.entries[after].before = before,
        }
    }

    /// Removes the entry, and leaves the line if it was in it.
    pub(super) fn remove(&mut self, key: Key) -> T {
        self.unlink(key);
        self.entries.remove(key).value
    }
}

#[cfg(all(test, not(easynet_loom)))]
mod tests {
    use super::*;

    fn line(queue: &mut Queue<u32>) -> Vec<u32> {
        let mut line = Vec::new();
        while let Some(key) = queue.first() {
            line.push(queue.remove(key));
        }
        line
    }

    #[test]
    fn the_line_is_in_the_order_of_arrival() {
        let mut queue = Queue::new();
        assert!(queue.is_empty());
        for n in 0..4 {
            queue.push(n);
        }
        assert!(!queue.is_empty());
        assert_eq!(line(&mut queue), [0, 1, 2, 3]);
        assert!(queue.is_empty());
    }

    #[test]
    fn who_leaves_from_anywhere_leaves_the_order_of_the_rest() {
        for leaves in 0..4 {
            let mut queue = Queue::new();
            let keys: Vec<_> = (0..4).map(|n| queue.push(n)).collect();
            assert_eq!(queue.remove(keys[leaves as usize]), leaves);
            queue.push(9);
            let rest: Vec<_> = (0..4).filter(|n| *n != leaves).chain([9]).collect();
            assert_eq!(line(&mut queue), rest);
        }
    }

    #[test]
    fn who_is_out_of_the_line_keeps_the_entry() {
        let mut queue = Queue::new();
        let (one, two) = (queue.push(1), queue.push(2));
        queue.unlink(one);
        queue.unlink(one);
        assert_eq!(queue.first(), Some(two));
        *queue.get(one) = 7;
        let three = queue.push(3);
        assert_ne!(three, one);
        assert_eq!(queue.remove(one), 7);
        assert_eq!(line(&mut queue), [2, 3]);
    }
}
