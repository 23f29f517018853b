//! What tasks that have ended leave to the threads that started them.
//!
//! The memory of a task is the runtime's, and goes with the last waker. Where another thread than the one that asked for it lets go of it, the
//! two meet on a lock of the allocator, which takes longer than all the rest of ending a task. So a task that has ended elsewhere
//! leaves its waker for the thread that started it, which drops it between two tasks of its own.
//!
//! # Invariants
//!
//! 1. Few are kept for each thread, and small ones only: what ended tasks leave behind is a constant of the process (T4).
//! 2. A group that ends, or is dropped, has all dropped that its tasks have left: they leave it before they leave the group.
//! 3. No waker is dropped under a lock.

use std::{cell::Cell, num::NonZeroU8, task::Waker};

use crate::shared::{
    Apart, Lock,
    atomic::{AtomicUsize, Ordering},
    thread_number,
};

/// How many threads have a place for what is left to them; others share with one of these.
const THREADS: usize = 16;

/// So many are kept for each.
const KEPT: usize = 32;

/// The largest task that is kept, in bytes, without what the runtime adds to it.
const LARGEST: usize = 1024;

/// A thread looks for what is left to it after so many tasks that it has started or ended.
const TURN: u32 = 8;

thread_local! {
    /// How many tasks this thread has started or ended since it looked.
    static PASSED: Cell<u32> = const { Cell::new(0) };
}

/// The thread that started a task: the place of one, counted from one, since each child has a byte for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Home(NonZeroU8);

struct Place {
    /// How many are in the list: read without its lock, by the thread of this place.
    count: AtomicUsize,
    list: Lock<[Option<Waker>; KEPT]>,
}

impl Place {
    #[cfg(not(easynet_loom))]
    const fn new() -> Self {
        Self {
            count: AtomicUsize::new(0),
            list: Lock::new([const { None }; KEPT]),
        }
    }

    /// Puts a waker in, or gives it back if there is no room.
    fn put(&self, waker: Waker) -> Option<Waker> {
        let mut list = self.list.lock();
        let count = self.count.load(Ordering::Relaxed);
        if count == KEPT {
            return Some(waker);
        }
        list[count] = Some(waker);
        self.count.store(count + 1, Ordering::Relaxed);
        None
    }

    fn clear(&self) {
        if self.count.load(Ordering::Relaxed) == 0 {
            return;
        }
        let left = {
            let mut list = self.list.lock();
            self.count.store(0, Ordering::Relaxed);
            std::mem::replace(&mut *list, [const { None }; KEPT])
        };
        drop(left); // Invariant 3.
    }
}

#[cfg(not(easynet_loom))]
fn places() -> &'static [Apart<Place>] {
    static PLACES: [Apart<Place>; THREADS] = [const { Apart::new(Place::new()) }; THREADS];
    &PLACES
}

/// A model has no places that stay from one run to the next.
#[cfg(easynet_loom)]
fn places() -> &'static [Apart<Place>] {
    &[]
}

impl Home {
    #[inline(always)]
    pub(crate) fn here() -> Self {
        Self(NonZeroU8::MIN.saturating_add((thread_number() % THREADS) as u8))
    }

    fn place(self) -> Option<&'static Place> {
        places()
            .get(usize::from(self.0.get()) - 1)
            .map(|place| &place.value)
    }

    /// Whether a task of so many bytes that started here is better let go of here.
    #[inline(always)]
    pub(crate) fn wants(self, size: usize) -> bool {
        size <= LARGEST && self != Self::here()
    }

    /// Keeps the waker of such a task, which has ended: true, if there is room.
    pub(crate) fn keep(self, waker: Waker) -> bool {
        let left = match self.place() {
            Some(place) => place.put(waker),
            None => Some(waker),
        };
        left.is_none()
    }
}

/// This thread has started a task, or ended one: now and then it drops what others have left to it.
#[inline(always)]
pub(crate) fn pass() {
    let passed = PASSED.get() + 1;
    PASSED.set(passed % TURN);
    if passed == TURN {
        clear_here();
    }
}

#[cold]
fn clear_here() {
    Home::here().place().into_iter().for_each(Place::clear);
}

/// Drops what is left to any thread.
#[cold]
pub(crate) fn clear_all() {
    places().iter().for_each(|place| place.value.clear());
}

#[cfg(all(test, not(easynet_loom)))]
mod tests {
    use std::{
        panic::Location,
        sync::Arc,
        task::{Wake, Waker},
    };

    use super::{Home, KEPT, LARGEST, NonZeroU8, Place, THREADS};
    use crate::group::core::GroupCore;

    /// The memory of a task, as far as a test sees it.
    struct Memory;

    impl Wake for Memory {
        fn wake(self: Arc<Self>) {}
    }

    fn elsewhere() -> Home {
        Home(NonZeroU8::MIN.saturating_add(Home::here().0.get() % THREADS as u8))
    }

    /// A task of so many bytes, started on this thread or not, ends in a group; some have been suspended.
    fn end_in(group: &GroupCore, home: Home, size: usize, suspended: bool) -> Arc<Memory> {
        let memory = Arc::new(Memory);
        let waker = Waker::from(memory.clone());
        let place = suspended.then(|| group.park(&waker)).flatten();
        group.let_go(place, Some(&waker), home, size);
        memory
    }

    fn is_gone(memory: &Arc<Memory>) -> bool {
        Arc::strong_count(memory) == 1
    }

    #[test]
    fn t4_a_group_that_has_ended_leaves_nothing_of_its_tasks() {
        let group = GroupCore::new(Location::caller(), None);
        let end = |number| end_in(&group, elsewhere(), 1, number % 2 == 0);
        let ended: Vec<_> = (0..2 * KEPT).map(end).collect();
        group.leave();
        group.take_report();
        assert!(ended.iter().all(is_gone));
    }

    #[test]
    fn t4_nor_does_one_that_was_dropped() {
        let group = GroupCore::new(Location::caller(), None);
        let ended = end_in(&group, elsewhere(), 1, true);
        drop(group);
        assert!(is_gone(&ended));
    }

    #[test]
    fn t4_a_large_task_leaves_nothing_and_one_that_ends_where_it_started() {
        let group = GroupCore::new(Location::caller(), None);
        assert!(is_gone(&end_in(&group, elsewhere(), LARGEST + 1, false)));
        assert!(is_gone(&end_in(&group, Home::here(), 1, true)));
    }

    #[test]
    fn t4_few_are_kept_for_a_thread() {
        let (place, memory) = (Place::new(), Arc::new(Memory));
        let refused = (0..3 * KEPT).filter_map(|_| place.put(memory.clone().into()));
        assert_eq!(refused.count(), 2 * KEPT);
        place.clear();
        assert!(is_gone(&memory));
    }
}
