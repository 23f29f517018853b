//! Where the children sit that a group polls itself: those that were woken, in their order.
//!
//! A place has a bell, which is the waker of whoever sits there: to ring it is to put the place into the queue. Bells stay for
//! those who sit there later, so that a child costs one allocation, its own, once as many have been running.
//!
//! # Invariants
//!
//! 1. A place whose bell is rung is in the queue or in the turn, or about to be, and only once.
//! 2. A place is polled at most once in a turn: one that wakes itself has others run before it goes on (C3).

use std::{
    collections::VecDeque,
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
};

use slab::Slab;

use crate::{
    executor::{
        TURN,
        queue::{Queue, Rest},
    },
    observe::inspects,
    shared::atomic::{AtomicBool, Ordering},
};

/// A child whose type is forgotten.
pub(crate) type AnyChild<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// So many bells are kept when nobody is left.
const KEPT: usize = 64;

#[derive(Default)]
pub(crate) struct Places<'a> {
    children: Slab<AnyChild<'a>>,
    /// By place. Never fewer than there are places in use.
    bells: Vec<(Arc<Bell>, Waker)>,
    /// The places to poll next.
    turn: VecDeque<usize>,
    /// Those that have just come; kept for its room.
    arrived: Vec<AnyChild<'a>>,
    queue: Arc<Queue<usize>>,
}

pub(crate) struct Bell {
    place: usize,
    rung: AtomicBool,
    queue: Arc<Queue<usize>>,
}

impl Bell {
    pub(crate) fn new(place: usize, queue: &Arc<Queue<usize>>) -> Arc<Self> {
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
            self.queue.put(self.place);
        }
    }
}

impl<'a> Places<'a> {
    /// Polls those that were woken or have just come, each once, and at most [`TURN`].
    ///
    /// `arrivals` puts those that have come into an empty list.
    pub(crate) fn poll_turn(
        &mut self,
        cx: &mut Context<'_>,
        arrivals: impl Fn(&mut Vec<AnyChild<'a>>),
    ) -> Rest {
        if inspects() {
            return self.poll_all(cx, arrivals);
        }
        self.queue.take(&mut self.turn);
        let mut polled = 0;
        while polled < TURN {
            if let Some(place) = self.turn.pop_front() {
                polled += 1;
                self.bells[place].0.still();
                self.poll_child(place);
                continue;
            }
            // One of them may have started others. One that ends at once makes room for the next.
            arrivals(&mut self.arrived);
            if self.arrived.is_empty() {
                break;
            }
            let mut arrived = mem::take(&mut self.arrived);
            for child in arrived.drain(..) {
                let place = self.seat(child);
                if polled < TURN {
                    polled += 1;
                    self.poll_child(place);
                } else {
                    self.turn.push_back(place);
                }
            }
            self.arrived = arrived;
        }
        if !self.turn.is_empty() {
            return Rest::Busy;
        }
        if self.children.is_empty() && self.bells.len() > KEPT {
            // Those that are rung yet find nobody, or somebody who is polled for nothing.
            self.children = Slab::new();
            self.bells = Vec::new();
        }
        self.queue.sleep(cx.waker())
    }

    /// Every child, since nobody has woken any; none is polled after that.
    #[cold]
    fn poll_all(&mut self, cx: &mut Context<'_>, arrivals: impl Fn(&mut Vec<AnyChild<'a>>)) -> Rest {
        let mut arrived = Vec::new();
        arrivals(&mut arrived);
        for child in arrived {
            self.seat(child);
        }
        self.children
            .retain(|_, child| child.as_mut().poll(cx).is_pending());
        Rest::Asleep
    }

    fn seat(&mut self, child: AnyChild<'a>) -> usize {
        let place = self.children.insert(child);
        while self.bells.len() <= place {
            let bell = Bell::new(self.bells.len(), &self.queue);
            self.bells.push((bell.clone(), bell.into()));
        }
        place
    }

    fn poll_child(&mut self, place: usize) {
        let Some(child) = self.children.get_mut(place) else {
            return; // It has ended, and was woken all the same.
        };
        let mut cx = Context::from_waker(&self.bells[place].1);
        if let Poll::Ready(()) = child.as_mut().poll(&mut cx) {
            drop(self.children.remove(place));
        }
    }
}

impl Drop for Places<'_> {
    fn drop(&mut self) {
        // Bells that outlive the group wake nobody.
        self.queue.close();
    }
}
