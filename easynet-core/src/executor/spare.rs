//! What is left of places in which nobody sits any more, for the next group that needs some.
//!
//! Most groups have few borrowing children, and end soon: making bells for each anew would cost more than the children do.
//!
//! # Invariants
//!
//! 1. A queue is laid here without a waker and without items. Who rings an old bell later has one polled for nothing who sits in its place by then,
//!    as wakers may.

use std::{cell::RefCell, collections::VecDeque, sync::Arc, task::Waker};

use super::{
    places::{Bell, KEPT},
    queue::{Item, Queue},
};

/// So many are kept for each thread.
const SPARES: usize = 8;

/// Bells, and the queue that they ring in.
#[derive(Default)]
pub(super) struct Spare {
    pub(super) queue: Arc<Queue>,
    pub(super) bells: Vec<(Arc<Bell>, Waker)>,
    /// Lists that have room already.
    pub(super) lists: [VecDeque<Item>; 2],
    pub(super) again: Vec<u32>,
}

thread_local! {
    static SPARES_HERE: RefCell<Vec<Spare>> = const { RefCell::new(Vec::new()) };
}

/// One that lies ready on this thread, or a new one.
pub(super) fn take() -> Spare {
    SPARES_HERE
        .try_with(|spares| spares.borrow_mut().pop())
        .ok()
        .flatten()
        .unwrap_or_default()
}

/// Keeps one for later, unless there are enough. Nobody sits there any more.
pub(super) fn keep(mut spare: Spare) {
    spare.queue.clear();
    spare.lists.iter_mut().for_each(VecDeque::clear);
    spare.again.clear();
    // After the queue: who rings in between puts an item in that finds nobody, or has one polled for nothing.
    spare.bells.iter().for_each(|(bell, _)| bell.forget());
    let mut spare = Some(spare);
    let _ = SPARES_HERE.try_with(|spares| {
        let mut spares = spares.borrow_mut();
        let bells = |spares: &[Spare]| spares.iter().map(|spare| spare.bells.len()).sum::<usize>();
        if spares.len() < SPARES && bells(&spares) + bells(spare.as_slice()) <= KEPT {
            spares.extend(spare.take());
        }
    });
    // Bells that outlive it wake nobody.
    if let Some(left) = spare {
        left.queue.close();
    }
}
