//! What is asked of the context most often, in cells: no stack is looked at for it.
//!
//! # Invariants
//!
//! 1. Light scopes are those without a node whose time is not up: they need no frame, and lie on top of all frames. Whoever needs their nodes
//!    makes frames of them first.
//! 2. The limit, the cancellation and the light scopes are those up to a boundary. Whoever pushes a frame keeps what they were around it, and
//!    puts them back.

use std::{cell::Cell, time::Instant};

use super::{WakerIdentity, earliest};

pub(super) struct Here {
    /// The earliest deadline of the scopes around.
    limit: Cell<Option<Instant>>,
    /// A scope whose time is up is around.
    cancelled: Cell<bool>,
    /// How many light scopes there are.
    light: Cell<u32>,
    /// The task of the runtime that is being polled.
    pub(super) host: HostHere,
}

pub(super) struct HostHere {
    /// The name of its backend; none where nothing is hosted.
    pub(super) backend: Cell<Option<&'static str>>,
    /// Its own waker.
    pub(super) waker: Cell<WakerIdentity>,
    /// The earliest moment that was noted with that waker.
    pub(super) next: Cell<Option<Instant>>,
    /// Time has come this far at least.
    pub(super) known: Cell<Option<Instant>>,
    /// Others wait here, with wakers of their own: they are on the stack.
    pub(super) crowded: Cell<bool>,
}

impl Here {
    const fn new() -> Self {
        Self {
            limit: Cell::new(None),
            cancelled: Cell::new(false),
            light: Cell::new(0),
            host: HostHere {
                backend: Cell::new(None),
                waker: Cell::new((0, 0)),
                next: Cell::new(None),
                known: Cell::new(None),
                crowded: Cell::new(false),
            },
        }
    }
}

thread_local! {
    // Without a destructor.
    static HERE: Here = const { Here::new() };
}

/// Something small, for the compiler to put where it is asked for.
#[inline]
pub(super) fn here<R>(f: impl FnOnce(&Here) -> R) -> R {
    HERE.with(f)
}

/// What was around a scope or a frame that has been entered.
#[derive(Clone, Copy)]
pub(super) struct Around {
    limit: Option<Instant>,
    cancelled: bool,
    pub(super) light: u32,
}

/// Whether time is known to have come so far.
#[inline]
pub(super) fn has_come(moment: Instant) -> bool {
    here(|here| here.host.known.get()).is_some_and(|known| moment <= known)
}

#[inline]
pub(super) fn limit() -> Option<Instant> {
    here(|here| here.limit.get())
}

#[inline]
pub(super) fn is_cancelled() -> bool {
    here(|here| here.cancelled.get())
}

#[inline]
pub(super) fn has_light() -> bool {
    here(|here| here.light.get()) > 0
}

/// What is around a scope that is about to be entered.
#[inline]
pub(super) fn around() -> Around {
    Around {
        limit: here(|here| here.limit.get()),
        cancelled: here(|here| here.cancelled.get()),
        // Should frames be made of those around, they are not light any more.
        light: 0,
    }
}

/// One more light scope.
#[inline]
pub(super) fn enter_light() {
    here(|here| here.light.set(here.light.get() + 1));
}

/// One light scope less; false if the innermost scope is not light.
#[inline]
pub(super) fn leave_light(around: Option<Around>) -> bool {
    let Some(light) = here(|here| here.light.get()).checked_sub(1) else {
        return false;
    };
    here(|here| here.light.set(light));
    if let Some(around) = around {
        here(|here| here.limit.set(around.limit));
    }
    true
}

/// The light scopes are below a frame from here on, or have frames of their own: how many they were.
#[inline]
pub(super) fn cover_light() -> u32 {
    here(|here| here.light.replace(0))
}

/// A frame is pushed: on a `boundary` nothing of what is around counts.
#[inline]
pub(super) fn enter_frame(boundary: bool) -> Around {
    let around = Around {
        light: cover_light(),
        ..around()
    };
    if boundary {
        here(|here| here.limit.set(None));
        here(|here| here.cancelled.set(false));
    }
    around
}

#[inline]
pub(super) fn leave_frame(around: Option<Around>) {
    let Some(around) = around else { return };
    here(|here| here.limit.set(around.limit));
    here(|here| here.cancelled.set(around.cancelled));
    here(|here| here.light.set(around.light));
}

/// What runs from here on has no more time than this.
#[inline]
pub(super) fn narrow(limit: Option<Instant>) {
    here(|here| here.limit.set(earliest(limit, here.limit.get())));
}

/// The time of what runs from here on is up.
pub(super) fn cancel() {
    here(|here| here.cancelled.set(true));
}
