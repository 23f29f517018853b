//! The futures of the tasks that have begun, on the simulation's own thread.
//!
//! A task's future is in its [`Cell`] up to its first step, since any thread may start a task. From then on it is here, where
//! no lock is needed to take it.

use std::cell::RefCell;

use super::{AnyFuture, task::Cell};
use crate::watch::Waiting;

/// By the key of the task.
#[derive(Default)]
pub(crate) struct Kept(RefCell<Vec<Place>>);

#[derive(Default)]
struct Place {
    /// Taken out while it is polled.
    future: Option<AnyFuture>,
    /// What the task was last known to wait for.
    wait: Option<Waiting>,
    /// It was woken while it was polled.
    has_yielded: bool,
}

impl Kept {
    /// Takes a future out, to be polled or dropped; none if the task has ended.
    pub(super) fn take(&self, cell: &Cell) -> Option<AnyFuture> {
        if cell.has_ended() {
            return None;
        }
        if !cell.has_begun() {
            return cell.begin();
        }
        self.0.borrow_mut().get_mut(cell.key())?.future.take()
    }

    /// Puts a future back; and what it said that it waits for, if it said so.
    pub(super) fn put_back(&self, cell: &Cell, future: AnyFuture, wait: Option<Waiting>) {
        let mut places = self.0.borrow_mut();
        if places.len() <= cell.key() {
            places.resize_with(cell.key() + 1, Place::default);
        }
        let place = &mut places[cell.key()];
        place.future = Some(future);
        // A poll that tells nothing leaves nothing to be told: the task may have come further. But a combinator that has
        // polled all it has, and then yields, still waits for the same.
        let before = place
            .wait
            .filter(|before| place.has_yielded && *before != Waiting::Turn);
        place.wait = wait.or(before);
        place.has_yielded = cell.is_queued();
    }

    /// The task has ended: its place may be another's from here on.
    pub(super) fn leave(&self, cell: &Cell) {
        cell.end();
        if let Some(place) = self.0.borrow_mut().get_mut(cell.key()) {
            *place = Place::default();
        }
    }

    pub(crate) fn wait(&self, cell: &Cell) -> Option<Waiting> {
        self.0.borrow().get(cell.key())?.wait
    }
}
