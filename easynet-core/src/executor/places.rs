//! Where the children sit that one task polls: those that were woken or have just come, in their order.
//!
//! A place has a bell, which is the waker of whoever sits there: to ring it is to put the place into the queue. Bells stay for
//! those who sit there later, so that a child costs one allocation, its own, once as many have been waiting at a time. One that ends in
//! its first poll takes no place at all.
//!
//! # Invariants
//!
//! 1. A place whose bell is rung is in the queue or in the round, or about to be, and only once. One that rings its own bell comes in the next
//!    round, behind all that this one has woken and started.
//! 2. Places are polled in rounds, each at most once in a round: one that wakes itself has others run before it goes on (C3).

use std::{
    cell::Cell,
    collections::VecDeque,
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
};

use slab::Slab;

use super::{
    TURN,
    queue::{Item, Polling, Queue, Rest},
    spare::{self, Spare},
};
use crate::{
    observe::{inspects, is_observed},
    shared::atomic::{AtomicBool, Ordering},
    task::child::Membership,
};

/// Whoever sits in a place.
pub(crate) trait Seated {
    /// Ready when it has ended. Children of a group are lent the group for as long as that takes.
    fn poll(self: Pin<&mut Self>, group: &mut Membership, cx: &mut Context<'_>) -> Poll<()>;

    /// It is dropped next; nothing is left to do for one that has ended.
    fn cut(self: Pin<&mut Self>, group: &mut Membership);
}

/// A task of an executor, which looks after itself.
impl<F: Future<Output = ()>> Seated for F {
    fn poll(self: Pin<&mut Self>, _group: &mut Membership, cx: &mut Context<'_>) -> Poll<()> {
        Future::poll(self, cx)
    }

    fn cut(self: Pin<&mut Self>, _group: &mut Membership) {}
}

/// A child whose type is forgotten.
pub(crate) type AnyChild<'a> = Pin<Box<dyn Seated + Send + 'a>>;

/// After so many tasks it is asked whether to go on: asking costs as much as a part of a task.
const STRIDE: usize = 8;

/// So many bells, and so much room, are kept in any case: some tens of kilobytes. Of executors for each, of groups for all on a thread.
pub(super) const KEPT: usize = 1_024;

/// So often everybody has to be waiting before room is given up that nobody has needed meanwhile.
const RESTS: u32 = 1_024;

pub(crate) struct Places<'a> {
    seats: Seats<'a>,
    /// Who was woken or started in this round, by those that it polled.
    next: VecDeque<Item>,
    /// Nobody else starts children here: what is left is of use to the next group.
    private: bool,
}

struct Seats<'a> {
    children: Slab<AnyChild<'a>>,
    /// By place. Never fewer than there are places in use.
    bells: Vec<(Arc<Bell>, Waker)>,
    /// Who is to be polled in this round.
    round: VecDeque<Item>,
    /// The places whose bells were rung in this round by those who sit there.
    again: Vec<usize>,
    /// Those that have just come from outside of the queue.
    arrived: VecDeque<AnyChild<'a>>,
    queue: Arc<Queue>,
    /// How many have been waiting at most, and how often everybody was, since room was last looked for that nobody needs.
    most: usize,
    rests: u32,
}

pub(crate) struct Bell {
    queue: Arc<Queue>,
    // As small as there are places, beside the flags: a bell is a word less then.
    place: u32,
    rung: AtomicBool,
    /// Who sits there has rung it in its own poll. For the polling thread alone.
    again: AtomicBool,
}

thread_local! {
    /// The bell of whoever is being polled on this thread, by its address.
    static POLLED: Cell<usize> = const { Cell::new(0) };
}

impl Bell {
    pub(crate) fn new(place: usize, queue: &Arc<Queue>) -> Arc<Self> {
        Arc::new(Self {
            queue: queue.clone(),
            place: place.try_into().expect("fewer than 2^32 tasks wait at a time"),
            rung: AtomicBool::new(false),
            again: AtomicBool::new(false),
        })
    }

    /// One who was woken is about to be polled: who rings after this is heard again.
    pub(crate) fn still(&self) {
        self.rung.swap(false, Ordering::AcqRel);
    }

    /// Polls whoever sits there.
    #[inline]
    fn poll<T>(self: &Arc<Self>, poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
        let polled = Polled::begin(self);
        let result = poll();
        drop(polled);
        result
    }

    /// Whether who sits there has rung it in its own poll, which is over.
    #[inline]
    fn take_again(&self) -> bool {
        let again = self.again.load(Ordering::Relaxed);
        if again {
            self.again.store(false, Ordering::Relaxed);
        }
        again
    }

    /// Who sat there has ended: the bell is that of the next. If others have rung it, the place is in the queue, and the bell stays rung
    /// until it comes (Invariant 1).
    fn end(&self) {
        if self.take_again() {
            self.rung.store(false, Ordering::Relaxed);
        }
    }

    /// The queue has been emptied: nobody will come for those who have rung.
    pub(super) fn forget(&self) {
        self.rung.store(false, Ordering::Relaxed);
    }

    /// True for the first who rings: the place is to be put where the next are.
    fn ring(&self) -> bool {
        !self.rung.swap(true, Ordering::AcqRel)
    }

    fn put(&self) {
        // Closed: nobody is left who could be polled.
        drop(self.queue.put(Item::Woken(self.place as usize)));
    }
}

/// Somebody is being polled, until this is dropped.
struct Polled {
    outer: usize,
}

impl Polled {
    #[inline]
    fn begin(bell: &Arc<Bell>) -> Self {
        Self {
            outer: POLLED.replace(Arc::as_ptr(bell) as usize),
        }
    }
}

impl Drop for Polled {
    #[inline]
    fn drop(&mut self) {
        POLLED.set(self.outer);
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.ring() {
            return;
        }
        if POLLED.get() == Arc::as_ptr(self) as usize {
            self.again.store(true, Ordering::Relaxed);
        } else {
            self.put();
        }
    }
}

impl<'a> Places<'a> {
    /// Places of their own, for an executor.
    pub(crate) fn new() -> Self {
        Self::of(Spare::default(), false)
    }

    /// Places for the children that a group polls itself. Where all is observed, nothing is to depend on what was there before: they are new.
    pub(crate) fn for_group() -> Self {
        if is_observed() {
            return Self::new();
        }
        Self::of(spare::take(), true)
    }

    fn of(spare: Spare, private: bool) -> Self {
        let Spare {
            queue,
            bells,
            lists: [round, next],
            again,
        } = spare;
        let seats = Seats {
            children: Slab::new(),
            bells,
            round,
            again,
            arrived: VecDeque::new(),
            queue,
            most: 0,
            rests: 0,
        };
        Self { seats, next, private }
    }

    pub(crate) fn queue(&self) -> &Arc<Queue> {
        &self.seats.queue
    }

    /// Polls those that were woken or have just come, in so many rounds, at most [`TURN`] and as long as `goes_on`.
    ///
    /// `arrivals` adds those that have come from outside of the queue, and `group` is lent to each.
    pub(crate) fn poll_turn(
        &mut self,
        cx: &mut Context<'_>,
        arrivals: impl Fn(&mut VecDeque<AnyChild<'a>>),
        group: &mut Membership,
        goes_on: impl Fn() -> bool,
        rounds: usize,
    ) -> Rest {
        if inspects() {
            self.poll_all(cx, arrivals, group);
            return Rest::Asleep;
        }
        let Self { seats, next, private } = self;
        let polling = Polling::begin(&seats.queue, next);
        let mut left = TURN;
        for _ in 0..rounds {
            seats.queue.take(&mut seats.round);
            if !seats.poll_round(&arrivals, group, &goes_on, &mut left) {
                break;
            }
            polling.take(&mut seats.round);
            seats.put_again();
            if seats.round.is_empty() {
                break;
            }
        }
        drop(polling);
        seats.round.append(next);
        seats.put_again();
        if seats.is_busy() {
            return Rest::Busy;
        }
        // Where nobody sits, and others are not started by way of the queue, there is nobody to be woken for.
        let rest = if *private && seats.children.is_empty() {
            Rest::Asleep
        } else {
            seats.queue.sleep(cx.waker())
        };
        if rest == Rest::Asleep && seats.bells.len() > KEPT && seats.has_room_to_spare() {
            seats.shrink();
            next.shrink_to(KEPT);
        }
        rest
    }
}

impl<'a> Seats<'a> {
    /// Who has rung its own bell comes behind the others.
    #[inline]
    fn put_again(&mut self) {
        for place in &self.again {
            self.round.push_back(Item::Woken(*place));
        }
        self.again.clear();
    }

    fn is_busy(&self) -> bool {
        !self.round.is_empty() || !self.arrived.is_empty()
    }

    /// True if nobody is left of this round.
    fn poll_round(
        &mut self,
        arrivals: &impl Fn(&mut VecDeque<AnyChild<'a>>),
        group: &mut Membership,
        goes_on: &impl Fn() -> bool,
        left: &mut usize,
    ) -> bool {
        loop {
            // One may have started others. One that ends at once makes room for the next.
            if !self.is_busy() {
                arrivals(&mut self.arrived);
                if self.arrived.is_empty() {
                    return true;
                }
            }
            if left.is_multiple_of(STRIDE) && (*left == 0 || !goes_on()) {
                return false;
            }
            *left -= 1;
            match self.round.pop_front() {
                Some(Item::Woken(place)) => self.poll_child(place, group),
                Some(Item::Started(child)) => self.begin(child, group),
                None => {
                    if let Some(child) = self.arrived.pop_front() {
                        self.begin(child, group);
                    }
                }
            }
        }
    }

    /// Polls one for the first time.
    fn begin(&mut self, child: AnyChild<'a>, group: &mut Membership) {
        let place = self.children.vacant_key();
        while self.bells.len() <= place {
            let bell = Bell::new(self.bells.len(), &self.queue);
            self.bells.push((bell.clone(), bell.into()));
        }
        let (bell, waker) = &self.bells[place];
        let mut first = First {
            child: Some(child),
            group,
        };
        let polled = bell.poll(|| first.poll(&mut Context::from_waker(waker)));
        if polled.is_ready() {
            bell.end();
            return;
        }
        let child = first.child.take();
        if bell.take_again() {
            self.again.push(place);
        }
        self.children
            .insert(child.expect("it is there until it is taken here"));
        self.most = self.most.max(self.children.len());
    }

    fn poll_child(&mut self, place: usize, group: &mut Membership) {
        let Some((bell, waker)) = self.bells.get(place) else {
            return; // It has ended long ago, and was woken all the same.
        };
        bell.still();
        if !self.children.contains(place) {
            return; // It has ended meanwhile.
        }
        let ending = Ending {
            children: &mut self.children,
            group,
            bell,
            place,
        };
        let child = &mut ending.children[place];
        let polled = bell.poll(|| child.as_mut().poll(ending.group, &mut Context::from_waker(waker)));
        if polled.is_pending() {
            mem::forget(ending);
            if bell.take_again() {
                self.again.push(place);
            }
        }
    }

    /// Whether nobody is left, or few have been for long: those who come by the thousand, again and again, find their bells.
    fn has_room_to_spare(&mut self) -> bool {
        if self.children.is_empty() {
            return true;
        }
        self.rests += 1;
        if self.rests < RESTS {
            return false;
        }
        self.rests = 0;
        let most = std::mem::replace(&mut self.most, self.children.len());
        most < self.bells.len() / 4
    }

    /// Lets go of the bells and the room that many have needed, but for the places up to the last that is taken. Bells that
    /// are rung yet find nobody, or somebody who is polled for nothing.
    #[cold]
    fn shrink(&mut self) {
        let last = self.children.iter().next_back();
        let taken = last.map_or(0, |(place, _)| place + 1);
        // What little there is beyond would not be worth the walk.
        if taken > self.bells.len() / 2 {
            return;
        }
        self.children.shrink_to_fit();
        self.bells.truncate(taken.max(KEPT));
        self.bells.shrink_to_fit();
        self.round.shrink_to(KEPT);
        self.again.shrink_to(KEPT);
        self.arrived.shrink_to(KEPT);
        self.queue.shrink_to(KEPT);
    }
}

/// A child that ends unless this is forgotten: one that panics ends too. Our own children have none.
struct Ending<'s, 'a> {
    children: &'s mut Slab<AnyChild<'a>>,
    group: &'s mut Membership,
    bell: &'s Bell,
    place: usize,
}

impl Drop for Ending<'_, '_> {
    fn drop(&mut self) {
        self.bell.end();
        cut(self.children.remove(self.place), self.group);
    }
}

/// The same for one that is polled for the first time.
struct First<'s, 'a> {
    child: Option<AnyChild<'a>>,
    group: &'s mut Membership,
}

impl First<'_, '_> {
    #[inline]
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let child = self.child.as_mut().expect("it is there from the beginning");
        child.as_mut().poll(self.group, cx)
    }
}

impl Drop for First<'_, '_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(child) = self.child.take() {
            cut(child, self.group);
        }
    }
}

/// Drops those that will not be polled any more.
pub(crate) fn cut_all<'a>(children: impl Iterator<Item = AnyChild<'a>>, group: &mut Membership) {
    for child in children {
        cut(child, group);
    }
}

#[inline]
fn cut(mut child: AnyChild<'_>, group: &mut Membership) {
    child.as_mut().cut(group);
}

impl<'a> Places<'a> {
    /// Every child, since nobody has woken any; none is polled after that.
    #[cold]
    pub(crate) fn poll_all(
        &mut self,
        cx: &mut Context<'_>,
        arrivals: impl Fn(&mut VecDeque<AnyChild<'a>>),
        group: &mut Membership,
    ) {
        let Seats {
            children, arrived, ..
        } = &mut self.seats;
        arrivals(arrived);
        for child in arrived.drain(..) {
            children.insert(child);
        }
        children.retain(|_, child| child.as_mut().poll(group, cx).is_pending());
    }

    /// Drops those that will not be polled any more.
    pub(crate) fn cut_all(&mut self, group: &mut Membership) {
        // Bells that outlive them wake nobody, and who is started from here on is dropped.
        self.seats.queue.close();
        self.private = false;
        let Seats {
            children, arrived, ..
        } = &mut self.seats;
        cut_all(children.drain().chain(arrived.drain(..)), group);
    }

    /// Whether nobody sits here, or is about to.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.seats.children.is_empty() && self.seats.arrived.is_empty()
    }
}

impl Places<'_> {
    /// Has every child polled, as if each had been woken.
    #[cold]
    pub(crate) fn ring_all(&mut self) {
        let Seats {
            children,
            bells,
            round,
            ..
        } = &mut self.seats;
        let rung = children.iter().filter(|(place, _)| bells[*place].0.ring());
        round.extend(rung.map(|(place, _)| Item::Woken(place)));
    }
}

impl Drop for Places<'_> {
    fn drop(&mut self) {
        if !self.private || !self.is_empty() {
            return self.cut_all(&mut None);
        }
        spare::keep(Spare {
            queue: self.seats.queue.clone(),
            bells: mem::take(&mut self.seats.bells),
            lists: [&mut self.seats.round, &mut self.next].map(mem::take),
            again: mem::take(&mut self.seats.again),
        });
    }
}
