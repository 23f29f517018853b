//! The children that whoever runs a group polls himself: none, any number that is not known before, or those of a `gather!`.

use std::{collections::VecDeque, mem, pin::Pin, task::Context};

use pin_project_lite::pin_project;

use super::{
    core::{GroupCore, Steps},
    scoped::Inbox,
};
use crate::{
    executor::{
        places::{AnyChild, Places, Seated},
        queue::Rest,
    },
    task::child::Membership,
};

/// The children that are polled with the group itself, which is lent to them for as long as that takes.
pub(crate) trait Children {
    /// Whether they are to be polled now that the group is: who has left polls nobody but those that have come since.
    fn are_due(&self, left: bool) -> bool;

    /// Whether some have been started elsewhere, since they were polled last.
    fn have_come_from_elsewhere(&self) -> bool {
        false
    }

    /// Whether all have ended.
    fn have_ended(&self) -> bool;

    /// Polls those that have to be, which are all once the group is cancelled. Busy if some have not had their turn.
    fn poll(self: Pin<&mut Self>, group: &mut Membership, cx: &mut Context<'_>, cancelled: bool) -> Rest;

    /// Polls each of them, whoever was woken.
    fn poll_all(self: Pin<&mut Self>, group: &mut Membership, cx: &mut Context<'_>);

    /// Drops those that will not be polled any more.
    fn cut_all(self: Pin<&mut Self>, group: &mut Membership, steps: &mut Steps);
}

/// Nobody.
impl Children for () {
    fn are_due(&self, _: bool) -> bool {
        false
    }

    fn have_ended(&self) -> bool {
        true
    }

    fn poll(self: Pin<&mut Self>, _: &mut Membership, _: &mut Context<'_>, _: bool) -> Rest {
        Rest::Asleep
    }

    fn poll_all(self: Pin<&mut Self>, _: &mut Membership, _: &mut Context<'_>) {}

    fn cut_all(self: Pin<&mut Self>, _: &mut Membership, _: &mut Steps) {}
}

/// Any number of them, which come in by the inbox of a group while it is run.
pub(super) struct Borrowers<'g, 'env> {
    inbox: &'g Inbox<'env>,
    // Made for the first that comes: most groups have none.
    places: Option<Places<'env>>,
    // They know that the group is cancelled.
    told: bool,
}

impl<'g, 'env> Borrowers<'g, 'env> {
    pub(super) fn new(inbox: &'g Inbox<'env>) -> Self {
        Self {
            inbox,
            places: None,
            told: false,
        }
    }

    #[inline]
    fn open(
        &mut self,
    ) -> (
        &mut Places<'env>,
        impl Fn(&mut VecDeque<AnyChild<'env>>) + use<'g, 'env>,
    ) {
        let inbox = self.inbox;
        let places = self.places.get_or_insert_with(Places::for_group);
        (places, move |arrived: &mut _| inbox.take(arrived))
    }
}

impl Children for Borrowers<'_, '_> {
    #[inline]
    fn are_due(&self, left: bool) -> bool {
        !self.inbox.is_empty() || self.places.is_some() && !left
    }

    #[inline]
    fn have_come_from_elsewhere(&self) -> bool {
        self.inbox.is_filled()
    }

    #[inline]
    fn have_ended(&self) -> bool {
        self.places.as_ref().is_none_or(Places::is_empty) && self.inbox.is_empty()
    }

    fn poll(mut self: Pin<&mut Self>, group: &mut Membership, cx: &mut Context<'_>, cancelled: bool) -> Rest {
        let tells = cancelled && !mem::replace(&mut self.told, true);
        let (places, arrivals) = self.open();
        if tells {
            places.tell_all();
        }
        places.poll_turn(cx, arrivals, group, || true, 1)
    }

    fn poll_all(mut self: Pin<&mut Self>, group: &mut Membership, cx: &mut Context<'_>) {
        let (places, arrivals) = self.open();
        places.poll_all(cx, arrivals, group);
    }

    fn cut_all(mut self: Pin<&mut Self>, group: &mut Membership, steps: &mut Steps) {
        if let Some(mut places) = self.places.take() {
            steps.take(|| places.cut_all(group));
        }
        steps.take(|| self.inbox.cut_all(group));
    }
}

/// A child that is known before its group is: it sits where that does.
pub(crate) trait Known: Seated {
    /// What it yields.
    type Value;

    /// Starts it, in a group that nobody else has.
    fn start(&mut self, group: &GroupCore);

    /// Whether it is not to be polled any more.
    fn has_ended(&self) -> bool;

    /// What it has yielded, once it has returned.
    fn value(self: Pin<&mut Self>) -> Self::Value;
}

/// A child that is being polled: if that panics, and not the child itself, it is not polled again.
struct Polled<'c, C: Seated> {
    child: Pin<&'c mut C>,
    group: &'c mut Membership,
}

impl<C: Seated> Drop for Polled<'_, C> {
    #[cold]
    fn drop(&mut self) {
        self.child.as_mut().cut(self.group);
    }
}

/// Children whose number and types are known before.
pub(crate) trait Fixed: Children {
    type Values;

    /// Starts each, in order.
    fn start(&mut self, group: &GroupCore);

    /// What they have yielded, once all have returned.
    fn values(self: Pin<&mut Self>) -> Self::Values;
}

impl Fixed for () {
    type Values = ();

    fn start(&mut self, _: &GroupCore) {}

    fn values(self: Pin<&mut Self>) {}
}

pin_project! {
    /// One of them, and those behind it.
    pub struct Beside<C, L> {
        #[pin]
        child: C,
        #[pin]
        later: L,
    }
}

impl<C, L> Beside<C, L> {
    pub(crate) fn new(child: C, later: L) -> Self {
        Self { child, later }
    }
}

impl<C: Known, L: Children> Children for Beside<C, L> {
    #[inline]
    fn are_due(&self, left: bool) -> bool {
        !left
    }

    #[inline]
    fn have_ended(&self) -> bool {
        self.child.has_ended() && self.later.have_ended()
    }

    /// All of them: they share a waker.
    #[inline]
    fn poll(self: Pin<&mut Self>, group: &mut Membership, cx: &mut Context<'_>, cancelled: bool) -> Rest {
        let this = self.project();
        if !this.child.has_ended() {
            let (child, group) = (this.child, &mut *group);
            let mut polled = Polled { child, group };
            let _ = polled.child.as_mut().poll(polled.group, cx);
            mem::forget(polled);
        }
        this.later.poll(group, cx, cancelled)
    }

    fn poll_all(self: Pin<&mut Self>, group: &mut Membership, cx: &mut Context<'_>) {
        let _ = self.poll(group, cx, false);
    }

    fn cut_all(self: Pin<&mut Self>, group: &mut Membership, steps: &mut Steps) {
        let this = self.project();
        steps.take(|| this.child.cut(group));
        this.later.cut_all(group, steps);
    }
}

impl<C: Known, L: Fixed> Fixed for Beside<C, L> {
    type Values = (C::Value, L::Values);

    fn start(&mut self, group: &GroupCore) {
        self.child.start(group);
        self.later.start(group);
    }

    fn values(self: Pin<&mut Self>) -> Self::Values {
        let this = self.project();
        (this.child.value(), this.later.values())
    }
}
