//! Those who sit in places of one executor, and are to be told something together: they need no wakers of their own.

use std::{cell::Cell, mem::ManuallyDrop, sync::Arc, task::Waker};

use super::{
    places::Seat,
    queue::{Queue, innermost},
};
use crate::cancel::node::wake;

thread_local! {
    /// The next bell to be rung on this thread tells those in `TOLD` instead.
    static TELLS: Cell<bool> = const { Cell::new(false) };

    /// Has something for as long as that takes.
    static TOLD: ManuallyDrop<Cell<Vec<u32>>> = const { ManuallyDrop::new(Cell::new(Vec::new())) };
}

#[derive(Default)]
pub(crate) struct Row {
    /// Places, and [empty](EMPTY) entries, each with the next one.
    entries: Vec<u32>,
    /// The first that is empty, counted from one.
    empty: u32,
    taken: usize,
    /// One of their bells, by which all of them are told.
    bell: Option<(usize, Waker)>,
}

/// This entry of a row is empty.
pub(super) const EMPTY: u32 = 1 << 31;

impl Row {
    /// Adds who sits here and has this waker; nobody whose executor is not that of the others.
    pub(crate) fn add(&mut self, seat: Seat, waker: &Waker) -> Option<usize> {
        let here = innermost()?;
        // It is a bell's: nothing of a user's is called. As long as there is one, its queue is the only one at that address.
        let (queue, _) = self.bell.get_or_insert_with(|| (here, waker.clone()));
        if *queue != here || seat.place >= EMPTY {
            return None;
        }
        self.taken += 1;
        let Some(key) = self.empty.checked_sub(1) else {
            self.entries.push(seat.place);
            return Some(self.entries.len() - 1);
        };
        let entry = &mut self.entries[key as usize];
        self.empty = *entry & !EMPTY;
        *entry = seat.place;
        Some(key as usize)
    }

    pub(crate) fn remove(&mut self, key: usize) {
        let Some(entry) = self.entries.get_mut(key) else {
            return; // All have been told.
        };
        *entry = EMPTY | self.empty;
        self.empty = key as u32 + 1;
        self.taken -= 1;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.taken == 0
    }

    pub(crate) fn capacity(&self) -> usize {
        self.entries.capacity()
    }

    /// Has all of them polled.
    pub(crate) fn tell(self) {
        let Some((_, bell)) = self.bell else { return };
        TOLD.with(|told| told.set(self.entries));
        TELLS.set(true);
        wake(bell);
    }
}

/// Whether a bell that is rung on this thread tells others in place of who sits by it: then it has told them.
#[inline]
pub(super) fn tells(queue: &Arc<Queue>) -> bool {
    let tells = TELLS.get();
    if tells {
        tell(queue);
    }
    tells
}

#[cold]
fn tell(queue: &Arc<Queue>) {
    TELLS.set(false);
    let entries = TOLD.with(|told| told.take());
    queue.tell(entries);
}

#[cfg(all(test, not(easynet_loom)))]
mod tests {
    use std::{
        future::poll_fn,
        sync::{Arc, Mutex},
        task::{Context, Poll, Waker},
        thread,
    };

    use super::Row;
    use crate::executor::{Executor, places::Seat};

    /// What tasks did that wait in a row.
    #[derive(Clone, Default)]
    struct Seen {
        row: Arc<Mutex<Row>>,
        /// Where each is in the row, in the order of their first polls.
        keys: Arc<Mutex<Vec<Option<usize>>>>,
        /// Who has been polled again.
        again: Arc<Mutex<Vec<usize>>>,
    }

    impl Seen {
        fn start(&self, executor: &Executor, tasks: usize) {
            for _ in 0..tasks {
                let (seen, mut number) = (self.clone(), None);
                executor.spawner().spawn(poll_fn(move |cx| {
                    if let Some(number) = number {
                        seen.again.lock().unwrap().push(number);
                        return Poll::Pending;
                    }
                    let seat = Seat::of(cx.waker()).expect("it is the first poll");
                    let mut keys = seen.keys.lock().unwrap();
                    number = Some(keys.len());
                    keys.push(seen.row.lock().unwrap().add(seat, cx.waker()));
                    Poll::Pending
                }));
            }
        }

        fn tell(&self) {
            let row = std::mem::take(&mut *self.row.lock().unwrap());
            row.tell();
        }

        fn take_again(&self) -> Vec<usize> {
            std::mem::take(&mut self.again.lock().unwrap())
        }
    }

    fn poll(executor: &mut Executor) {
        let polled = executor.poll(&mut Context::from_waker(Waker::noop()), || true);
        assert!(polled.is_pending());
    }

    #[test]
    fn all_in_a_row_are_polled_once_in_their_order_and_nobody_who_has_left() {
        let (mut executor, seen) = (Executor::new(), Seen::default());
        seen.start(&executor, 4);
        poll(&mut executor);
        assert_eq!(*seen.keys.lock().unwrap(), [0, 1, 2, 3].map(Some));
        seen.row.lock().unwrap().remove(1);
        seen.row.lock().unwrap().remove(2);
        // The entry that was left last is taken first.
        seen.start(&executor, 1);
        poll(&mut executor);
        assert_eq!(seen.keys.lock().unwrap()[4], Some(2));
        seen.tell();
        poll(&mut executor);
        assert_eq!(seen.take_again(), [0, 4, 3]);
        poll(&mut executor);
        assert_eq!(seen.take_again(), []);
    }

    #[test]
    fn a_row_is_told_by_any_thread() {
        let (mut executor, seen) = (Executor::new(), Seen::default());
        seen.start(&executor, 2);
        poll(&mut executor);
        thread::scope(|scope| scope.spawn(|| seen.tell()).join()).unwrap();
        poll(&mut executor);
        assert_eq!(seen.take_again(), [0, 1]);
    }

    #[test]
    fn who_sits_in_another_executor_is_in_no_row_of_this_one() {
        let (mut one, mut other, seen) = (Executor::new(), Executor::new(), Seen::default());
        seen.start(&one, 1);
        poll(&mut one);
        seen.start(&other, 1);
        poll(&mut other);
        assert_eq!(*seen.keys.lock().unwrap(), [Some(0), None]);
        seen.tell();
        poll(&mut other);
        assert_eq!(seen.take_again(), []);
        poll(&mut one);
        assert_eq!(seen.take_again(), [0]);
    }

    #[test]
    fn a_row_whose_executor_has_gone_tells_nobody() {
        let (mut executor, seen) = (Executor::new(), Seen::default());
        seen.start(&executor, 1);
        poll(&mut executor);
        drop(executor);
        seen.tell();
        assert_eq!(seen.take_again(), []);
    }
}
