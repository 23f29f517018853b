//! Where the children sit that one task polls: those that were woken or have just come, in their order.
//!
//! A place has a bell, which is the waker of whoever sits there: to ring it is to put the place into the queue. Bells stay for
//! those who sit there later, so that a child costs one allocation, its own, once as many have been waiting at a time. One that ends in
//! its first poll takes no place at all.
//!
//! # Invariants
//!
//! 1. A place whose bell is rung is in the queue or in the round, or about to be, and only once. Who wakes himself, which rings no bell, comes
//!    in the next round, behind all that this one has woken and started: his place is noted once, with him or with who sits there next.
//! 2. Places are polled in rounds, each at most once in a round: one that wakes itself has others run before it goes on (C3). One that is told
//!    to end without its bell may come once more, since it may have been rung as well.

use std::{
    cell::Cell,
    collections::VecDeque,
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    vec,
};

use slab::Slab;

use super::{
    TURN,
    queue::{Item, Polling, Queue, Rest, Sign},
    row::{self, EMPTY},
    spare::{self, Spare},
};
use crate::{
    context::{WakerIdentity, identity},
    group::core::Steps,
    observe::is_observed,
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
    /// The places of those who have woken themselves in this round.
    again: Vec<u32>,
    /// The entries of rows that have been told: they come before the rest of the round.
    told: vec::IntoIter<u32>,
    /// Those that have just come from outside of the queue.
    arrived: VecDeque<AnyChild<'a>>,
    /// So many of them have been waiting for a turn.
    overdue: usize,
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
    /// Who sits there is to be polled once more, by his own will. For the polling thread alone.
    again: AtomicBool,
}

thread_local! {
    /// The bell of whoever is being polled on this thread, by its address, and [`AGAIN`]: a bell that is not rung is not looked at.
    static POLLED: Cell<usize> = const { Cell::new(0) };

    /// Where the one sits who was polled for the first time on this thread last.
    static FIRST: Cell<Seat> = const { Cell::new(Seat::NONE) };
}

/// Where somebody sits: known to himself, while he is polled for the first time.
#[derive(Clone, Copy)]
pub(crate) struct Seat {
    waker: WakerIdentity,
    pub(super) place: u32,
}

impl Seat {
    const NONE: Self = Self {
        waker: (0, 0),
        place: 0,
    };

    /// Where the one sits who is polled with this waker, if it is that of the bell that belongs to the place.
    #[inline]
    pub(crate) fn of(waker: &Waker) -> Option<Self> {
        let seat = FIRST.get();
        (seat.waker == identity(waker) && POLLED.get() & !AGAIN == seat.waker.0).then_some(seat)
    }
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

    /// The queue has been emptied: nobody will come for those who have rung.
    pub(super) fn forget(&self) {
        self.rung.store(false, Ordering::Relaxed);
        self.again.store(false, Ordering::Relaxed);
    }

    /// Notes whether who sits there is to be polled once more; gives back whether he was.
    #[inline]
    fn note_again(&self, again: bool) -> bool {
        let before = self.again.load(Ordering::Relaxed);
        self.again.store(again, Ordering::Relaxed);
        before
    }

    /// Whether others have rung it, so that the place is in the queue, or about to be.
    #[inline]
    fn is_rung(&self) -> bool {
        self.rung.load(Ordering::Relaxed)
    }

    /// True for the first who rings: the place is to be put where the next are.
    fn ring(&self) -> bool {
        !self.rung.swap(true, Ordering::AcqRel)
    }
}

/// Who sits by a bell is being polled.
struct Polled {
    outer: usize,
}

impl Polled {
    #[inline]
    fn begin(bell: &Arc<Bell>) -> Self {
        let outer = POLLED.replace(address(bell));
        Self { outer }
    }

    /// Whether he has woken himself in his poll, which is over.
    #[inline]
    fn end(self) -> bool {
        let again = POLLED.replace(self.outer) & AGAIN != 0;
        mem::forget(self);
        again
    }
}

impl Drop for Polled {
    /// It has panicked, and ends.
    #[cold]
    fn drop(&mut self) {
        POLLED.set(self.outer);
    }
}

/// Beside the address of a bell: who sits there has woken himself in his poll.
const AGAIN: usize = 1;

fn address(bell: &Arc<Bell>) -> usize {
    const { assert!(align_of::<Bell>() > AGAIN) };
    Arc::as_ptr(bell) as usize
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if row::tells(&self.queue) {
            return;
        }
        let own = address(self);
        if POLLED.get() & !AGAIN == own {
            // No exchange, and nothing of the bell is looked at.
            POLLED.set(own | AGAIN);
        } else if self.ring() {
            self.queue.wake(self.place);
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
            told: Vec::new().into_iter(),
            arrived: VecDeque::new(),
            overdue: 0,
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
            seats.note_overdue(arrivals);
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
    /// Who has woken himself comes behind the others.
    #[inline]
    fn put_again(&mut self) {
        for place in &self.again {
            let (bell, _) = &self.bells[*place as usize];
            if bell.is_rung() {
                bell.note_again(false); // By others too: that is found in the queue.
            } else {
                self.round.push_back(Item::of(*place, Sign::Again));
            }
        }
        self.again.clear();
    }

    fn is_busy(&self) -> bool {
        !self.round.is_empty() || self.told.len() > 0 || !self.arrived.is_empty()
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
            if self.told.len() > 0 || self.overdue > 0 {
                self.poll_next(group);
                continue;
            }
            match self.round.pop_front() {
                Some(Item {
                    started: Some(child), ..
                }) => self.begin(child, group),
                Some(Item { sign: Sign::Rows, .. }) => self.tell(self.queue.take_rows().into_iter()),
                Some(Item { place, sign, .. }) => {
                    self.poll_child(place as usize, sign, group);
                }
                None => self.poll_next(group),
            }
        }
    }

    /// One of those who are not in the round itself.
    fn poll_next(&mut self, group: &mut Membership) {
        if let Some(place) = self.told.find(|entry| entry & EMPTY == 0) {
            self.poll_child(place as usize, Sign::Rows, group);
        } else if let Some(child) = self.arrived.pop_front() {
            self.overdue = self.overdue.saturating_sub(1);
            self.begin(child, group);
        }
    }

    /// A turn was not enough for all. Those who have come meanwhile have theirs in the next one, however many are in the round: half of it.
    #[cold]
    fn note_overdue(&mut self, arrivals: impl Fn(&mut VecDeque<AnyChild<'a>>)) {
        arrivals(&mut self.arrived);
        self.overdue = self.arrived.len().min(TURN / 2);
    }

    /// Has all those polled whose places these are, before the rest of the round: they are not told again.
    #[cold]
    fn tell(&mut self, entries: impl Iterator<Item = u32>) {
        let told: Vec<_> = self.told.by_ref().chain(entries).collect();
        self.told = told.into_iter();
    }

    /// Polls one for the first time.
    fn begin(&mut self, child: AnyChild<'a>, group: &mut Membership) {
        let place = self.children.vacant_key();
        while self.bells.len() <= place {
            let bell = Bell::new(self.bells.len(), &self.queue);
            self.bells.push((bell.clone(), bell.into()));
        }
        let (bell, waker) = &self.bells[place];
        FIRST.set(Seat {
            waker: identity(waker),
            place: place as u32,
        });
        let mut first = First {
            child: Some(child),
            group,
        };
        let polling = Polled::begin(bell);
        let polled = first.poll(&mut Context::from_waker(waker));
        let again = polling.end();
        let child = first.child.take().expect("it is there until it is taken here");
        if polled.is_ready() {
            // If others have rung it, the bell, which is that of the next, stays rung until the place comes (Invariant 1).
            return;
        }
        if again && !bell.note_again(true) {
            self.again.push(place as u32);
        }
        self.children.insert(child);
        self.most = self.most.max(self.children.len());
    }

    fn poll_child(&mut self, place: usize, sign: Sign, group: &mut Membership) {
        let Some((bell, waker)) = self.bells.get(place) else {
            return; // It has ended long ago, and was woken all the same.
        };
        match sign {
            Sign::Rung => bell.still(),
            // He has ended since; or was woken by others too, and comes when that is found in the queue: not twice.
            Sign::Again if !bell.note_again(false) || bell.is_rung() => return,
            Sign::Again | Sign::Rows => {}
        }
        let sitting = Sitting {
            children: &mut self.children,
            group,
            place,
        };
        let polled = sitting.children.get_mut(place).map(|child| {
            let polled = Polled::begin(bell);
            let ready = child
                .as_mut()
                .poll(sitting.group, &mut Context::from_waker(waker))
                .is_ready();
            (ready, polled.end())
        });
        mem::forget(sitting);
        let Some((ready, again)) = polled else {
            return; // It has ended meanwhile.
        };
        if ready {
            drop(self.children.remove(place));
        } else if again && !bell.note_again(true) {
            self.again.push(place as u32);
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

/// A child that is being polled: if it panics, it ends. Our own children do not.
struct Sitting<'s, 'a> {
    children: &'s mut Slab<AnyChild<'a>>,
    group: &'s mut Membership,
    place: usize,
}

impl Drop for Sitting<'_, '_> {
    #[cold]
    fn drop(&mut self) {
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
    let mut steps = Steps::default();
    for child in children {
        steps.take(|| cut(child, group));
    }
    steps.finish();
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
    /// Has every child polled.
    #[cold]
    pub(crate) fn tell_all(&mut self) {
        let all: Vec<_> = self
            .seats
            .children
            .iter()
            .map(|(place, _)| place as u32)
            .collect();
        self.seats.tell(all.into_iter());
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
