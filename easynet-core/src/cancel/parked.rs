//! The wakers of a group's suspended tasks, to be woken once when the group is cancelled.
//!
//! A task enters at its first suspension only: one that finishes in its first poll leaves no trace (T4). What becomes of the waker of one that
//! has ended is told in `task/remains.rs`.
//! Tasks in places of one executor need no wakers: they are in a row (`executor/row.rs`). The lists are split into shards so that two workers
//! seldom meet on one lock.
//!
//! # Invariants
//!
//! 1. Once a shard is closed nobody enters it, and what was in it has been woken: a task that suspends in
//!    a cancelled group is told so by [`Parked::enter`] instead.

use std::{mem, num::NonZeroU32, task::Waker};

use slab::Slab;

use super::node::wake;
use crate::{
    executor::{places::Seat, row::Row},
    shared::{Apart, Lock, thread_number},
};

const SHARDS: usize = if cfg!(easynet_loom) { 1 } else { 4 };

/// Room for so many is kept in any case.
const KEPT: usize = 64;

#[derive(Default)]
pub(crate) struct Parked {
    shards: [Apart<Lock<Shard>>; SHARDS],
}

#[derive(Default)]
struct Shard {
    closed: bool,
    wakers: Slab<Waker>,
    /// Those who need no waker.
    row: Row,
}

/// Where a task is parked: a list of a shard and a key in it, as one number, since each child has a place for one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place(NonZeroU32);

/// Two for each shard.
const LISTS: usize = 2 * SHARDS;

impl Place {
    fn new(shard: usize, in_row: bool, key: usize) -> Self {
        let list = 2 * shard + usize::from(in_row);
        let number = key.checked_mul(LISTS).map(|first| first + list + 1);
        let number = number.and_then(|number| u32::try_from(number).ok());
        let number = number.and_then(NonZeroU32::new);
        Self(number.expect("fewer than 2^29 tasks of a group wait at a time"))
    }

    fn list(self) -> usize {
        (self.0.get() as usize - 1) % LISTS
    }

    fn shard(self) -> usize {
        self.list() / 2
    }

    fn is_in_row(self) -> bool {
        self.list() % 2 == 1
    }

    fn key(self) -> usize {
        (self.0.get() as usize - 1) / LISTS
    }
}

impl Parked {
    /// Parks a task, or answers that the group has been cancelled.
    pub(crate) fn enter(&self, waker: &Waker) -> Option<Place> {
        let shard = thread_number() % SHARDS;
        let list = &self.shards[shard].value;
        if let Some(seat) = Seat::of(waker) {
            let mut guard = list.lock();
            if guard.closed {
                return None;
            }
            if let Some(key) = guard.row.add(seat, waker) {
                return Some(Place::new(shard, true, key));
            }
        }
        let waker = waker.clone();
        let mut guard = list.lock();
        if guard.closed {
            drop(guard);
            return None;
        }
        let key = guard.wakers.insert(waker);
        drop(guard);
        Some(Place::new(shard, false, key))
    }

    /// Gives the place up, and the waker back, if there is one and nobody has woken it.
    #[must_use = "it is to be dropped where nothing is borrowed"]
    pub(crate) fn leave(&self, place: Place) -> Option<Waker> {
        let mut guard = self.shards[place.shard()].value.lock();
        let Shard { wakers, row, .. } = &mut *guard;
        let mut waker = None;
        if place.is_in_row() {
            row.remove(place.key());
        } else {
            waker = wakers.try_remove(place.key());
        }
        // Room that many have needed at a time is given back when nobody waits (T4).
        let room = (wakers.is_empty() && wakers.capacity() > KEPT).then(|| mem::take(wakers));
        let row = (row.is_empty() && row.capacity() > KEPT).then(|| mem::take(row));
        drop(guard);
        drop((room, row));
        waker
    }

    /// Wakes every parked task, once and for all.
    pub(crate) fn wake_all(&self) {
        for shard in &self.shards {
            let (wakers, row) = {
                let mut guard = shard.value.lock();
                guard.closed = true;
                (mem::take(&mut guard.wakers), mem::take(&mut guard.row))
            };
            row.tell();
            for (_, waker) in wakers {
                wake(waker);
            }
        }
    }
}
