//! The wakers of a group's suspended tasks, to be woken once when the group is cancelled.
//!
//! A task enters at its first suspension only: one that finishes in its first poll leaves no trace (T4). What becomes of the waker of one that
//! has ended is told in `task/remains.rs`.
//! The list is split into shards so that two workers seldom meet on one lock.
//!
//! # Invariants
//!
//! 1. Once a shard is closed nobody enters it, and what was in it has been woken: a task that suspends in
//!    a cancelled group is told so by [`Parked::enter`] instead.

use std::{num::NonZeroU32, task::Waker};

use slab::Slab;

use super::node::wake;
use crate::shared::{Apart, Lock, thread_number};

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
}

/// Where a task is parked: a shard and a key in it, as one number, since each child has a place for one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place(NonZeroU32);

impl Place {
    fn new(shard: usize, key: usize) -> Self {
        let number = key.checked_mul(SHARDS).map(|first| first + shard + 1);
        let number = number.and_then(|number| u32::try_from(number).ok());
        let number = number.and_then(NonZeroU32::new);
        Self(number.expect("fewer than 2^30 tasks of a group wait at a time"))
    }

    fn shard(self) -> usize {
        (self.0.get() as usize - 1) % SHARDS
    }

    fn key(self) -> usize {
        (self.0.get() as usize - 1) / SHARDS
    }
}

impl Parked {
    /// Parks a task, or answers that the group has been cancelled.
    pub(crate) fn enter(&self, waker: &Waker) -> Option<Place> {
        let shard = thread_number() % SHARDS;
        let waker = waker.clone();
        let mut guard = self.shards[shard].value.lock();
        if guard.closed {
            drop(guard);
            return None;
        }
        let key = guard.wakers.insert(waker);
        drop(guard);
        Some(Place::new(shard, key))
    }

    /// Gives the place up, and the waker back, unless somebody has woken it.
    #[must_use = "it is to be dropped where nothing is borrowed"]
    pub(crate) fn leave(&self, place: Place) -> Option<Waker> {
        let mut guard = self.shards[place.shard()].value.lock();
        let waker = guard.wakers.try_remove(place.key());
        // Room that many have needed at a time is given back when nobody waits (T4).
        let room = guard.wakers.is_empty() && guard.wakers.capacity() > KEPT;
        let room = room.then(|| std::mem::take(&mut guard.wakers));
        drop(guard);
        drop(room);
        waker
    }

    /// Wakes every parked task, once and for all.
    pub(crate) fn wake_all(&self) {
        for shard in &self.shards {
            let wakers = {
                let mut guard = shard.value.lock();
                guard.closed = true;
                std::mem::take(&mut guard.wakers)
            };
            for (_, waker) in wakers {
                wake(waker);
            }
        }
    }
}
