//! What polls children that borrow: those that were woken, each once in a turn.
//!
//! A child sits at a place; the place has a bell, which is the waker of whoever sits there. To wake is to ring the bell: the
//! place is noted, and the task of the group is woken for the first one that is. Bells stay for those who sit there later, so
//! that a child costs one allocation, its own, once as many have been running.
//!
//! # Invariants
//!
//! 1. While a place is noted its bell is rung, and a place whose bell is rung is noted or about to be.
//! 2. When places are noted that no turn has taken yet, the waker of the last turn has been woken (C8).
//! 3. A place is polled at most once in a turn: a child that wakes itself has others run before it goes on (C3).

use std::{
    collections::VecDeque,
    mem,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
};

use slab::Slab;

use super::{AnyChild, Inbox};
use crate::{
    cancel::node::wake,
    observe::inspects,
    shared::{
        Lock,
        atomic::{AtomicBool, Ordering},
    },
};

/// How many children are polled before other tasks of the runtime have their turn.
const TURN: usize = 256;
/// So many bells are kept when nobody is left.
const KEPT: usize = 64;

#[derive(Default)]
pub(in crate::group) struct Executor<'env> {
    children: Slab<AnyChild<'env>>,
    /// By place. Never fewer than there are places in use.
    bells: Vec<(Arc<Bell>, Waker)>,
    /// The places to poll next, in the order in which they were woken.
    turn: VecDeque<usize>,
    desk: Arc<Desk>,
}

/// Where bells are heard.
#[derive(Default)]
pub(crate) struct Desk(Lock<Notes>);

#[derive(Default)]
struct Notes {
    places: Vec<usize>,
    /// That of the task, until it has been woken.
    waker: Option<Waker>,
}

impl Desk {
    fn note(&self, place: usize) {
        let waker = {
            let mut notes = self.0.lock();
            notes.places.push(place);
            notes.waker.take()
        };
        if let Some(waker) = waker {
            wake(waker);
        }
    }

    /// Takes what was noted; from here on the next to be noted wakes `waker`.
    pub(crate) fn take(&self, waker: &Waker, turn: &mut VecDeque<usize>) {
        let mut notes = self.0.lock();
        turn.extend(notes.places.drain(..));
        if notes.waker.as_ref().is_some_and(|known| known.will_wake(waker)) {
            return;
        }
        let old = notes.waker.replace(waker.clone());
        drop(notes);
        drop(old);
    }
}

pub(crate) struct Bell {
    place: usize,
    rung: AtomicBool,
    desk: Arc<Desk>,
}

impl Bell {
    pub(crate) fn new(place: usize, desk: &Arc<Desk>) -> Arc<Self> {
        Arc::new(Self {
            place,
            rung: AtomicBool::new(false),
            desk: desk.clone(),
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
            self.desk.note(self.place);
        }
    }
}

impl<'env> Executor<'env> {
    /// Polls those that were woken or have just come; true if some are left for the next turn.
    pub(in crate::group) fn poll_turn(&mut self, cx: &mut Context<'_>, inbox: &Inbox<'env>) -> bool {
        if inspects() {
            return self.poll_all(cx, inbox);
        }
        self.desk.take(cx.waker(), &mut self.turn);
        let mut polled = 0;
        loop {
            while polled < TURN
                && let Some(place) = self.turn.pop_front()
            {
                polled += 1;
                self.bells[place].0.still();
                self.poll_child(place);
            }
            // A child may have started another. One that ends at once makes room for the next.
            let mut arrived = inbox.take().into_iter();
            if arrived.len() == 0 {
                break;
            }
            for child in arrived.by_ref().take(TURN - polled) {
                polled += 1;
                let place = self.seat(child);
                self.poll_child(place);
            }
            for child in arrived {
                let place = self.seat(child);
                self.turn.push_back(place);
            }
        }
        if self.children.is_empty() && self.bells.len() > KEPT {
            // Those that are rung yet find nobody, or somebody who is polled for nothing.
            self.children = Slab::new();
            self.bells = Vec::new();
            self.turn = VecDeque::new();
        }
        !self.turn.is_empty()
    }

    /// Every child, since nobody has woken any; none is polled after that.
    #[cold]
    fn poll_all(&mut self, cx: &mut Context<'_>, inbox: &Inbox<'env>) -> bool {
        for child in inbox.take() {
            self.seat(child);
        }
        self.children
            .retain(|_, child| child.as_mut().poll(cx).is_pending());
        false
    }

    fn seat(&mut self, child: AnyChild<'env>) -> usize {
        let place = self.children.insert(child);
        while self.bells.len() <= place {
            let bell = Bell::new(self.bells.len(), &self.desk);
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

impl Drop for Executor<'_> {
    fn drop(&mut self) {
        // The task is not to be woken by bells that outlive it.
        let waker = mem::take(&mut *self.desk.0.lock()).waker;
        drop(waker);
    }
}
