//! The task of the runtime that polls easynet's futures: it owns the one timer.
//!
//! A host is either the root of an easynet task, or, where easynet is used inside of a foreign task
//! (`#[tokio::main]`), the outermost easynet future in it.

use std::{
    fmt, mem,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use pin_project_lite::pin_project;

use super::{
    TaskFrame, WakerIdentity,
    clock::{Clock, Others},
    enter_task,
    here::here,
    identity, is_hosted, with,
};
use crate::{
    backend::{AsyncBackend, Timer},
    cancel::node::wake,
    task::TaskId,
};

/// Where a task keeps its time: one allocation, made when it waits for a moment for the first time.
pub(crate) struct Host<B: AsyncBackend>(Option<Pin<Box<Time<B>>>>);

pin_project! {
    struct Time<B: AsyncBackend> {
        clock: Clock,
        // What the timer is set to, until it has fired.
        at: Option<Instant>,
        // The waker it will wake.
        waker: WakerIdentity,
        #[pin]
        timer: Option<B::Timer>,
    }
}

impl<B: AsyncBackend> Host<B> {
    pub(crate) const fn new() -> Self {
        Self(None)
    }

    /// Polls inside of this host; again at once when the timer has fired.
    #[inline]
    pub(crate) fn poll<T>(
        &mut self,
        backend: &B,
        cx: &mut Context<'_>,
        poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        self.poll_by(Some(backend), cx, poll)
    }

    /// As [`poll`](Self::poll), perhaps where there is no runtime: then nobody may wait for a moment.
    #[inline(always)]
    fn poll_by<T>(
        &mut self,
        backend: Option<&B>,
        cx: &mut Context<'_>,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let name = backend.map_or("", B::name);
        loop {
            let hosting = Hosting::enter(self.clock(), cx, name);
            let polled = poll(cx);
            self.keep(hosting.leave());
            let time = self.0.as_mut().filter(|_| polled.is_pending());
            if !time.is_some_and(|time| time.as_mut().advance(backend, cx)) {
                return polled;
            }
        }
    }

    #[inline]
    fn clock(&mut self) -> Option<&mut Clock> {
        self.0.as_mut().map(|time| time.as_mut().project().clock)
    }

    /// Keeps what was noted while it was polled.
    #[inline(always)]
    fn keep(&mut self, noted: Clock) {
        if noted.others.is_some() {
            return self.keep_all(noted);
        }
        let Clock { next, known, .. } = noted;
        match self.clock() {
            Some(clock) => (clock.next, clock.known) = (next, known),
            None if next.is_some() => self.keep_all(noted),
            None => {}
        }
    }

    #[cold]
    fn keep_all(&mut self, noted: Clock) {
        if let Some(clock) = self.clock() {
            *clock = noted;
            return;
        }
        self.0 = Some(Box::pin(Time {
            clock: noted,
            at: None,
            waker: UNKNOWN,
            timer: None,
        }));
    }
}

impl<B: AsyncBackend> Time<B> {
    /// Arms the timer for the earliest deadline; true if that has come.
    fn advance(self: Pin<&mut Self>, backend: Option<&B>, cx: &mut Context<'_>) -> bool {
        let mut this = self.project();
        let Some(target) = this.clock.target() else {
            return false;
        };
        let backend =
            backend.expect("a deadline is waited for outside of any runtime: nobody would wake what waits");
        if this.at.is_none_or(|at| target < at) {
            // The clock is read where a timer is set, never on a wake-up. A runtime may compare with the time at which
            // it last looked, and be late for a moment that has passed.
            let now = backend.current_time();
            if target <= now {
                come(this.clock, now);
                return true;
            }
            *this.at = Some(target);
            *this.waker = UNKNOWN;
            match this.timer.as_mut().as_pin_mut() {
                Some(timer) => timer.reset(target),
                None => this.timer.set(Some(backend.timer(target))),
            }
        }
        let mut timer = this.timer.as_pin_mut().expect("it was made above, or before");
        let waker = identity(cx.waker());
        // It has our waker already: looking is cheaper than polling.
        if *this.waker == waker && !timer.is_elapsed() {
            return false;
        }
        if timer.as_mut().poll_elapsed(cx).is_pending() {
            *this.waker = waker;
            return false;
        }
        let at = this.at.take();
        *this.waker = UNKNOWN;
        let now = backend.current_time();
        come(this.clock, at.map_or(now, |at| at.max(now)));
        true
    }
}

/// No waker has this identity.
const UNKNOWN: WakerIdentity = (0, 0);

/// Time has come to `now`: who waits with a waker of its own is woken, the rest by the poll that follows.
fn come(clock: &mut Clock, now: Instant) {
    for waker in clock.advance(now) {
        wake(waker);
    }
}

impl<B: AsyncBackend> fmt::Debug for Host<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").finish_non_exhaustive()
    }
}

/// A host that has been entered, left when a panic passes too. What was around it, if it is not the outermost one.
struct Hosting(Option<Box<Outside>>);

/// What is asked of a host while it is polled.
struct Outside {
    backend: Option<&'static str>,
    waker: WakerIdentity,
    clock: Clock,
}

impl Hosting {
    #[inline(always)]
    fn enter(clock: Option<&mut Clock>, cx: &Context<'_>, backend: &'static str) -> Self {
        let outside = is_hosted().then(set_aside);
        here(|here| here.host.backend.set(Some(backend)));
        here(|here| here.host.waker.set(identity(cx.waker())));
        match clock {
            Some(clock) => spread(clock.next, clock.known, clock.others.take()),
            None => spread(None, None, None),
        }
        Self(outside)
    }

    /// Leaves the host, with what was noted.
    #[inline(always)]
    fn leave(mut self) -> Clock {
        let outside = self.0.take();
        mem::forget(self);
        restore(outside)
    }
}

impl Drop for Hosting {
    #[cold]
    fn drop(&mut self) {
        // Dropped outside: wakers are woken.
        drop(restore(self.0.take()));
    }
}

/// What is in a clock goes where it is asked for.
#[inline(always)]
fn spread(next: Option<Instant>, known: Option<Instant>, others: Option<Box<Others>>) {
    here(|here| here.host.next.set(next));
    here(|here| here.host.known.set(known));
    here(|here| here.host.crowded.set(others.is_some()));
    if others.is_some() {
        with(|stack| stack.others = others);
    }
}

#[inline(always)]
fn gather() -> Clock {
    let crowded = here(|here| here.host.crowded.get());
    Clock {
        next: here(|here| here.host.next.get()),
        known: here(|here| here.host.known.get()),
        others: crowded.then(|| with(|stack| stack.others.take())).flatten(),
    }
}

/// One host is entered inside of another.
#[cold]
fn set_aside() -> Box<Outside> {
    Box::new(Outside {
        backend: here(|here| here.host.backend.get()),
        waker: here(|here| here.host.waker.get()),
        clock: gather(),
    })
}

/// A host is left, with what was noted.
#[inline(always)]
fn restore(outside: Option<Box<Outside>>) -> Clock {
    let noted = gather();
    match outside {
        None => here(|here| here.host.backend.set(None)),
        Some(outside) => put_back(*outside),
    }
    noted
}

#[cold]
fn put_back(outside: Outside) {
    here(|here| here.host.backend.set(outside.backend));
    here(|here| here.host.waker.set(outside.waker));
    let Clock { next, known, others } = outside.clock;
    spread(next, known, others);
}

/// Runs destructors of a task in its context, where there is no poll to do it in.
pub(crate) fn visit<R>(cx: &Context<'_>, f: impl FnOnce() -> R) -> R {
    let _hosting = Hosting::enter(None, cx, "");
    f()
}

/// The place for a host in a future that may turn out to be the outermost one.
///
/// Inside of an easynet task it stays empty.
pub(crate) struct HostSlot<B: AsyncBackend>(Option<Box<Foreign<B>>>);

/// A host in a task that easynet did not start.
struct Foreign<B: AsyncBackend> {
    /// None as long as it is polled outside of any runtime.
    backend: Option<B>,
    host: Host<B>,
    id: TaskId,
    node: Option<crate::cancel::node::Attached>,
}

impl<B: AsyncBackend> HostSlot<B> {
    pub(crate) const fn new() -> Self {
        Self(None)
    }

    #[inline]
    pub(crate) fn poll<T>(
        &mut self,
        backend: &B,
        cx: &mut Context<'_>,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        if is_hosted() {
            return poll(cx);
        }
        self.poll_foreign(|| Some(backend.clone()), cx, &mut poll)
    }

    /// As [`poll`](Self::poll), by the backend of whichever runtime it is polled in.
    #[inline]
    pub(crate) fn poll_here<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        if is_hosted() {
            return poll(cx);
        }
        self.poll_foreign(B::current, cx, &mut poll)
    }

    #[cold]
    fn poll_foreign<T>(
        &mut self,
        find: impl FnOnce() -> Option<B>,
        cx: &mut Context<'_>,
        poll: &mut dyn FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let Foreign {
            backend,
            host,
            id,
            node,
        } = &mut **self.0.get_or_insert_with(|| {
            Box::new(Foreign {
                backend: None,
                host: Host::new(),
                id: TaskId::next(),
                node: None,
            })
        });
        // It may have been polled outside of any before.
        if backend.is_none() {
            *backend = find();
        }
        host.poll_by(backend.as_ref(), cx, |cx| {
            let here = std::panic::Location::caller();
            let fill = |task: &mut TaskFrame| task.fill(TaskFrame::new(*id, "a foreign task", here, None));
            let entered = enter_task(false, fill, node, &mut None).guarded();
            let polled = poll(cx);
            entered.caught().leave_task(&mut None, node, &mut None);
            polled
        })
    }
}

impl<B: AsyncBackend> fmt::Debug for HostSlot<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() {
            "HostSlot(foreign)"
        } else {
            "HostSlot"
        })
    }
}
