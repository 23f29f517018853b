//! Where the children sit that one task polls: those that were woken or have just come, in their order.
//!
//! A place has a bell, which is the waker of whoever sits there: to ring it is to put the place into the queue. Bells stay for
//! those who sit there later, so that a child costs one allocation, its own, once as many have been waiting at a time. One that ends in
//! its first poll takes no place at all.
//!
//! # Invariants
//!
//! 1. A place whose bell is rung is in the queue or in the turn, or about to be, and only once.
//! 2. A place is polled at most once in a turn: one that wakes itself has others run before it goes on (C3).

use std::{
    collections::VecDeque,
    future::Future,
    mem,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
};

use slab::Slab;

use super::{
    TURN,
    queue::{Item, Polling, Queue, Rest},
};
use crate::{
    observe::inspects,
    shared::atomic::{AtomicBool, Ordering},
};

/// A child whose type is forgotten.
pub(crate) type AnyChild<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// So many bells, and so much room, are kept when nobody is left: some tens of kilobytes.
const KEPT: usize = 1_024;

#[derive(Default)]
pub(crate) struct Places<'a> {
    children: Slab<AnyChild<'a>>,
    /// By place. Never fewer than there are places in use.
    bells: Vec<(Arc<Bell>, Waker)>,
    /// Who is to be polled in this turn.
    turn: VecDeque<Item>,
    /// Who was woken or started in this turn, by those that it polled.
    next: VecDeque<Item>,
    /// Those that have just come from outside of the queue.
    arrived: VecDeque<AnyChild<'a>>,
    queue: Arc<Queue>,
}

pub(crate) struct Bell {
    place: usize,
    rung: AtomicBool,
    queue: Arc<Queue>,
}

impl Bell {
    pub(crate) fn new(place: usize, queue: &Arc<Queue>) -> Arc<Self> {
        Arc::new(Self {
            place,
            rung: AtomicBool::new(false),
            queue: queue.clone(),
        })
    }

    /// The child is about to be polled: who rings after this is heard again.
    pub(crate) fn still(&self) {
        self.rung.swap(false, Ordering::AcqRel);
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            // Closed: nobody is left whom it could wake.
            drop(self.queue.put(Item::Woken(self.place)));
        }
    }
}

impl<'a> Places<'a> {
    pub(crate) fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    /// Polls those that were woken or have just come, each once, and at most [`TURN`], as long as `goes_on`.
    ///
    /// `arrivals` adds those that have come from outside of the queue.
    pub(crate) fn poll_turn(
        &mut self,
        cx: &mut Context<'_>,
        arrivals: impl Fn(&mut VecDeque<AnyChild<'a>>),
        goes_on: impl Fn() -> bool,
    ) -> Rest {
        if inspects() {
            return self.poll_all(cx, arrivals);
        }
        self.queue.take(&mut self.turn);
        let mut next = mem::take(&mut self.next);
        let polling = Polling::begin(&self.queue, &mut next);
        let whole = self.poll_some(arrivals, goes_on);
        drop(polling);
        self.next = next;
        if !whole {
            self.turn.append(&mut self.next);
            return Rest::Busy;
        }
        if !self.next.is_empty() {
            mem::swap(&mut self.turn, &mut self.next);
            return Rest::Busy;
        }
        let rest = self.queue.sleep(cx.waker());
        if rest == Rest::Asleep && self.children.is_empty() && self.bells.len() > KEPT {
            self.shrink();
        }
        rest
    }

    /// True if nobody is left of this turn.
    fn poll_some(
        &mut self,
        arrivals: impl Fn(&mut VecDeque<AnyChild<'a>>),
        goes_on: impl Fn() -> bool,
    ) -> bool {
        let mut left = TURN;
        loop {
            // One may have started others. One that ends at once makes room for the next.
            if self.turn.is_empty() && self.arrived.is_empty() {
                arrivals(&mut self.arrived);
                if self.arrived.is_empty() {
                    return true;
                }
            }
            if left == 0 || !goes_on() {
                return false;
            }
            left -= 1;
            match self.turn.pop_front() {
                Some(Item::Woken(place)) => self.poll_child(place),
                Some(Item::Started(child)) => self.begin(child),
                None => {
                    if let Some(child) = self.arrived.pop_front() {
                        self.begin(child);
                    }
                }
            }
        }
    }

    /// Every child, since nobody has woken any; none is polled after that.
    #[cold]
    fn poll_all(&mut self, cx: &mut Context<'_>, arrivals: impl Fn(&mut VecDeque<AnyChild<'a>>)) -> Rest {
        arrivals(&mut self.arrived);
        for child in self.arrived.drain(..) {
            self.children.insert(child);
        }
        self.children
            .retain(|_, child| child.as_mut().poll(cx).is_pending());
        Rest::Asleep
    }

    /// Polls one for the first time.
    fn begin(&mut self, mut child: AnyChild<'a>) {
        let place = self.children.vacant_key();
        while self.bells.len() <= place {
            let bell = Bell::new(self.bells.len(), &self.queue);
            self.bells.push((bell.clone(), bell.into()));
        }
        let mut cx = Context::from_waker(&self.bells[place].1);
        if child.as_mut().poll(&mut cx).is_pending() {
            self.children.insert(child);
        }
    }

    fn poll_child(&mut self, place: usize) {
        let Some((bell, waker)) = self.bells.get(place) else {
            return; // It has ended long ago, and was woken all the same.
        };
        bell.still();
        let Some(child) = self.children.get_mut(place) else {
            return; // It has ended meanwhile.
        };
        let mut cx = Context::from_waker(waker);
        let polled = catch_unwind(AssertUnwindSafe(|| child.as_mut().poll(&mut cx)));
        if let Ok(Poll::Pending) = polled {
            return;
        }
        drop(self.children.remove(place));
        if let Err(panic) = polled {
            resume_unwind(panic); // Our own children have none.
        }
    }

    /// Lets go of the bells and the room that many have needed. Bells that are rung yet find nobody, or somebody who is
    /// polled for nothing.
    #[cold]
    fn shrink(&mut self) {
        self.children = Slab::new();
        self.bells = Vec::new();
        self.turn.shrink_to(KEPT);
        self.next.shrink_to(KEPT);
        self.arrived.shrink_to(KEPT);
    }
}

impl Drop for Places<'_> {
    fn drop(&mut self) {
        // Bells that outlive the places wake nobody, and who is started from here on is dropped.
        self.queue.close();
    }
}
