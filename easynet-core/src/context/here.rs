//! What is asked of the context most often, in cells: no stack is looked at for it.
//!
//! # Invariants
//!
//! 1. Light scopes are those without a node, which need no frame: they lie on top of all frames. Whoever needs their nodes makes
//!    frames of them first.
//! 2. The limit, the cancellation and the light scopes are those up to a boundary. Whoever pushes a frame keeps what they were around it, and
//!    puts them back.

use std::{cell::Cell, time::Instant};

use super::{WakerIdentity, earliest};

/// So many scopes in each other may be light.
const MOST: u32 = u32::BITS;

pub(super) struct Here {
    /// The earliest deadline of the scopes around.
    limit: Cell<Option<Instant>>,
    /// A scope whose time is up is around.
    cancelled: Cell<bool>,
    /// How many light scopes there are.
    light: Cell<u32>,
    /// Those of them whose deadlines have passed, a bit for each.
    due: Cell<u32>,
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
            due: Cell::new(0),
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
    pub(super) due: u32,
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

#[inline]
pub(super) fn has_room() -> bool {
    here(|here| here.light.get()) < MOST
}

/// What is around a scope that is about to be entered.
#[inline]
pub(super) fn around() -> Around {
    Around {
        limit: here(|here| here.limit.get()),
        cancelled: here(|here| here.cancelled.get()),
        // Should frames be made of those around, they are not light any more.
        light: 0,
        due: 0,
    }
}

/// One more light scope.
#[inline]
pub(super) fn enter_light(due: bool) {
    let light = here(|here| here.light.get());
    here(|here| here.light.set(light + 1));
    if due {
        here(|here| here.due.set(here.due.get() | 1 << light));
    }
}

/// The light scopes are below a frame from here on: how many they are, and which are due.
#[inline]
pub(super) fn cover_light() -> (u32, u32) {
    (
        here(|here| here.light.replace(0)),
        here(|here| here.due.replace(0)),
    )
}

/// One light scope less: whether its deadline had passed. Nothing if the innermost scope is not light.
#[inline]
pub(super) fn leave_light(around: Option<Around>) -> Option<bool> {
    let light = here(|here| here.light.get()).checked_sub(1)?;
    here(|here| here.light.set(light));
    if let Some(around) = around {
        here(|here| here.limit.set(around.limit));
        here(|here| here.cancelled.set(around.cancelled));
    }
    let due = here(|here| here.due.get());
    here(|here| here.due.set(due & !(1 << light)));
    Some(due & 1 << light != 0)
}

/// A frame is pushed: on a `boundary` nothing of what is around counts.
#[inline]
pub(super) fn enter_frame(boundary: bool) -> Around {
    let (light, due) = cover_light();
    let around = Around {
        light,
        due,
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
    here(|here| here.due.set(around.due));
}

/// What runs from here on has no more time than this.
#[inline]
pub(super) fn narrow(limit: Option<Instant>, due: bool) {
    here(|here| here.limit.set(earliest(limit, here.limit.get())));
    if due {
        here(|here| here.cancelled.set(true));
    }
}

/// The light scopes, from the outermost to the innermost, for frames that are made of them: whether the deadline of each has passed.
pub(super) fn take_light() -> impl Iterator<Item = bool> {
    let (light, due) = cover_light();
    (0..light).map(move |light| due & 1 << light != 0)
}
