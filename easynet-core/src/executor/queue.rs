//! Who is to be polled next, told by any thread to the one that polls.
//!
//! What the polling thread tells itself, in the midst of polling, takes a way of its own: no lock, no waker.
//!
//! # Invariants
//!
//! 1. What is put in while the queue is `asleep` wakes the waker it went to sleep with (C8).
//! 2. Nothing is put into a closed queue.
//! 3. `filled` is set, under the lock, while there are items from other threads, and `slept` while there is a waker.

use std::{
    cell::RefCell,
    collections::VecDeque,
    mem::{self, ManuallyDrop},
    sync::Arc,
    task::Waker,
};

use super::places::AnyChild;
use crate::{
    cancel::node::{remember, wake},
    shared::{
        AtThreadEnd, Lock,
        atomic::{AtomicBool, Ordering},
    },
};

/// Who is to be polled: one who has just come, or whoever sits in a place.
///
/// No enum: its parts are put into a list one by one, as they are read. Together they would be written in small parts, and read back in large
/// ones at once, which processors are slow at.
pub(crate) struct Item {
    pub(crate) started: Option<AnyChild<'static>>,
    pub(super) place: u32,
    pub(super) sign: Sign,
}

/// What an item of nobody who has just come stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// The bell of the place was rung.
    Rung,
    /// Who sits there is to be polled once more, by his own will.
    Again,
    /// Those who are told together: their places are in the queue.
    Rows,
}

impl Item {
    #[inline(always)]
    fn started(child: AnyChild<'static>) -> Self {
        Self {
            started: Some(child),
            place: 0,
            sign: Sign::Rung,
        }
    }

    #[inline(always)]
    pub(super) fn of(place: u32, sign: Sign) -> Self {
        Self {
            started: None,
            place,
            sign,
        }
    }
}

/// What a poll has left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Rest {
    /// Nothing: the waker of the poll is woken when there is.
    Asleep,
    /// Somebody is to be polled, and nobody is woken for that.
    Busy,
}

#[derive(Default)]
pub(crate) struct Queue {
    state: Lock<State>,
    filled: AtomicBool,
    /// There is a waker in the state.
    slept: AtomicBool,
}

#[derive(Default)]
struct State {
    items: VecDeque<Item>,
    /// The entries of those who are told together, until their item comes.
    rows: Vec<u32>,
    waker: Option<Waker>,
    /// The waker is to be woken for the next item.
    asleep: bool,
    closed: bool,
}

impl Queue {
    /// Starts a task; gives it back if the queue is closed.
    pub(crate) fn start(self: &Arc<Self>, task: AnyChild<'static>) -> Option<AnyChild<'static>> {
        self.put(task, |items, task| items.push_back(Item::started(task)))
    }

    /// Has the one polled who sits in this place, whose bell was rung.
    pub(crate) fn wake(self: &Arc<Self>, place: u32) {
        // Closed: nobody is left who could be polled.
        self.put(place, |items, place| items.push_back(Item::of(place, Sign::Rung)));
    }

    /// Has those polled who sit in these places, without their bells.
    #[cold]
    pub(crate) fn tell(self: &Arc<Self>, row: Vec<u32>) {
        {
            let mut state = self.state.lock();
            if state.closed {
                return;
            }
            state.rows.extend(row);
            self.filled.store(true, Ordering::Relaxed);
        }
        self.put((), |items, ()| items.push_back(Item::of(0, Sign::Rows)));
    }

    /// Takes the entries of those who have been told together.
    #[cold]
    pub(crate) fn take_rows(&self) -> Vec<u32> {
        mem::take(&mut self.state.lock().rows)
    }

    /// Puts something in; gives it back if the queue is closed.
    #[inline(always)]
    fn put<T>(self: &Arc<Self>, what: T, put: impl Fn(&mut VecDeque<Item>, T)) -> Option<T> {
        put_here(self, what, &put).and_then(|what| self.put_there(what, put))
    }

    #[cold]
    fn put_there<T>(&self, what: T, put: impl FnOnce(&mut VecDeque<Item>, T)) -> Option<T> {
        let waker = {
            let mut state = self.state.lock();
            if state.closed {
                return Some(what);
            }
            put(&mut state.items, what);
            self.filled.store(true, Ordering::Relaxed);
            if mem::take(&mut state.asleep) {
                state.waker.clone()
            } else {
                None
            }
        };
        if let Some(waker) = waker {
            wake(waker);
        }
        None
    }

    /// Takes what is there, behind what is left of the last turn.
    #[inline]
    pub(crate) fn take(&self, turn: &mut VecDeque<Item>) {
        // What comes in at this moment is found by `sleep`.
        if self.filled.load(Ordering::Relaxed) {
            self.take_all(turn);
        }
    }

    fn take_all(&self, turn: &mut VecDeque<Item>) {
        let mut state = self.state.lock();
        state.asleep = false;
        self.filled.store(false, Ordering::Relaxed);
        if turn.is_empty() {
            mem::swap(&mut state.items, turn);
        } else {
            turn.append(&mut state.items);
        }
    }

    /// Goes to sleep, unless something was put in meanwhile.
    pub(crate) fn sleep(&self, waker: &Waker) -> Rest {
        let mut state = self.state.lock();
        if !state.items.is_empty() {
            return Rest::Busy;
        }
        state.asleep = true;
        let old = remember(&mut state.waker, waker);
        self.slept.store(true, Ordering::Relaxed);
        drop(state);
        drop(old);
        Rest::Asleep
    }

    /// Keeps room for so many items, and for those that are there.
    pub(crate) fn shrink_to(&self, items: usize) {
        self.state.lock().items.shrink_to(items);
    }

    /// Lets go of all that is there, and of who slept, for good.
    pub(crate) fn close(&self) {
        self.empty(|state| state.closed = true);
    }

    /// Lets go of all that is there, and of who slept.
    #[inline]
    pub(crate) fn clear(&self) {
        if self.filled.load(Ordering::Relaxed) || self.slept.load(Ordering::Relaxed) {
            self.empty(|state| state.asleep = false);
        }
    }

    fn empty(&self, change: impl FnOnce(&mut State)) {
        let left = {
            let mut state = self.state.lock();
            change(&mut state);
            self.filled.store(false, Ordering::Relaxed);
            self.slept.store(false, Ordering::Relaxed);
            (
                mem::take(&mut state.items),
                mem::take(&mut state.rows),
                state.waker.take(),
            )
        };
        drop(left);
    }
}

thread_local! {
    /// The queues whose places this thread is polling, the innermost last. Without a destructor: `ROOM` gives the room back.
    static POLLING: ManuallyDrop<RefCell<Nesting>> =
        const { ManuallyDrop::new(RefCell::new(Nesting { depth: 0, queues: Vec::new() })) };

    static ROOM: AtThreadEnd = const { AtThreadEnd(give_room_back) };
}

#[inline(always)]
fn with<R>(f: impl FnOnce(&mut Nesting) -> R) -> R {
    POLLING.with(|polling| f(&mut polling.borrow_mut()))
}

fn give_room_back() {
    let room = with(|Nesting { depth, queues }| (*depth == 0).then(|| mem::take(queues)));
    drop(room);
}

/// One queue inside of another; those beyond the depth lie ready.
struct Nesting {
    depth: usize,
    queues: Vec<Here>,
}

/// What is put into a queue by the thread that is polling its places.
#[derive(Default)]
struct Here {
    queue: usize,
    items: VecDeque<Item>,
}

fn address(queue: &Arc<Queue>) -> usize {
    Arc::as_ptr(queue) as usize
}

/// Puts something in where this thread is polling; gives it back elsewhere.
#[inline]
fn put_here<T>(queue: &Arc<Queue>, what: T, put: impl FnOnce(&mut VecDeque<Item>, T)) -> Option<T> {
    with(|Nesting { depth, queues }| {
        let here = queues[..*depth]
            .iter_mut()
            .rev()
            .find(|here| here.queue == address(queue));
        match here {
            Some(here) => {
                put(&mut here.items, what);
                None
            }
            None => Some(what),
        }
    })
}

/// The queue whose places this thread is polling, by its address.
pub(crate) fn innermost() -> Option<usize> {
    with(|Nesting { depth, queues }| Some(queues[depth.checked_sub(1)?].queue))
}

#[cold]
fn add_room(queues: &mut Vec<Here>) {
    queues.push(Here::default());
    // In the midst of the thread's end it is lost, with the thread.
    let _ = ROOM.try_with(|_| ());
}

/// This thread polls the places of a queue, until this is dropped.
///
/// What was put in by then is in `items`, which comes empty.
pub(crate) struct Polling<'p> {
    items: &'p mut VecDeque<Item>,
}

impl<'p> Polling<'p> {
    #[inline]
    pub(crate) fn begin(queue: &Arc<Queue>, items: &'p mut VecDeque<Item>) -> Self {
        with(|Nesting { depth, queues }| {
            if *depth == queues.len() {
                add_room(queues);
            }
            let here = &mut queues[*depth];
            here.queue = address(queue);
            mem::swap(&mut here.items, items);
            *depth += 1;
        });
        Self { items }
    }
}

impl Polling<'_> {
    /// Takes what was put in since; `into` comes empty.
    #[inline]
    pub(crate) fn take(&self, into: &mut VecDeque<Item>) {
        with(|Nesting { depth, queues }| {
            mem::swap(&mut queues[*depth - 1].items, into);
        });
    }
}

impl Drop for Polling<'_> {
    #[inline]
    fn drop(&mut self) {
        with(|Nesting { depth, queues }| {
            *depth -= 1;
            mem::swap(&mut queues[*depth].items, self.items);
        });
    }
}
