//! The task of the runtime that polls easynet's futures: it owns the one timer.
//!
//! A host is either the root of an easynet task, or, where easynet is used inside of a foreign task
//! (`#[tokio::main]`), the outermost easynet future in it.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use super::{
    BACKEND, Entered, Frame, HostFrame, STACK, TaskFrame, WakerIdentity, clock::Clock, enter_task, identity,
    is_hosted, with,
};
use crate::{
    backend::{AsyncBackend, Timer},
    cancel::node::wake,
    task::TaskId,
};

pub(crate) struct Host<B: AsyncBackend> {
    /// Made when the task waits on time for the first time.
    clock: Option<Box<Clock>>,
    timer: Option<Box<Armed<B>>>,
}

struct Armed<B: AsyncBackend> {
    timer: Pin<Box<B::Timer>>,
    /// What the timer is set to, until it has fired.
    at: Option<Instant>,
    /// The waker it will wake.
    waker: WakerIdentity,
}

impl<B: AsyncBackend> Host<B> {
    pub(crate) const fn new() -> Self {
        Self {
            clock: None,
            timer: None,
        }
    }

    /// Polls inside of this host; again at once when the timer has fired.
    pub(crate) fn poll<T>(
        &mut self,
        backend: &B,
        cx: &mut Context<'_>,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        loop {
            let hosting = Hosting::enter(self.clock.take(), cx, backend.name());
            let polled = poll(cx);
            let left = std::mem::replace(&mut self.clock, hosting.leave());
            debug_assert!(left.is_none());
            // Inline: there is nothing to drop.
            if left.is_some() {
                drop(left);
            }
            if polled.is_ready() || !self.advance(backend, cx) {
                return polled;
            }
        }
    }

    /// Arms the timer for the earliest deadline; true if that has come.
    fn advance(&mut self, backend: &B, cx: &mut Context<'_>) -> bool {
        let Some(clock) = &mut self.clock else {
            return false;
        };
        let Some(target) = clock.target() else {
            return false;
        };
        let armed = self.timer.as_mut().and_then(|timer| timer.at);
        if armed.is_none_or(|at| target < at) {
            // The clock is read where a timer is set, never on a wake-up. A runtime may compare with the time at which
            // it last looked, and be late for a moment that has passed.
            let now = backend.current_time();
            if target <= now {
                come(clock, now);
                return true;
            }
            match &mut self.timer {
                None => {
                    let timer = Box::pin(backend.timer(target));
                    self.timer = Some(Box::new(Armed {
                        timer,
                        at: Some(target),
                        waker: UNKNOWN,
                    }));
                }
                Some(armed) => {
                    armed.timer.as_mut().reset(target);
                    armed.at = Some(target);
                    armed.waker = UNKNOWN;
                }
            }
        }
        let armed = self.timer.as_mut().expect("it was made above, or before");
        let waker = identity(cx.waker());
        // It has our waker already: looking is cheaper than polling.
        if armed.waker == waker && !armed.timer.is_elapsed() {
            return false;
        }
        if armed.timer.as_mut().poll_elapsed(cx).is_pending() {
            armed.waker = waker;
            return false;
        }
        let at = armed.at.take();
        armed.waker = UNKNOWN;
        let now = backend.current_time();
        come(clock, at.map_or(now, |at| at.max(now)));
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

/// A host on the stack, popped when a panic passes too.
struct Hosting {
    depth: usize,
    /// The backend of the host around this one.
    outer: Option<&'static str>,
}

impl Hosting {
    #[inline]
    fn enter(clock: Option<Box<Clock>>, cx: &Context<'_>, backend: &'static str) -> Self {
        let waker = identity(cx.waker());
        let depth = STACK.with_borrow_mut(|stack| {
            stack.hosts.push(HostFrame { clock, waker });
            stack.hosts.len()
        });
        Self {
            depth,
            outer: BACKEND.replace(Some(backend)),
        }
    }

    #[inline]
    fn leave(self) -> Option<Box<Clock>> {
        BACKEND.set(self.outer);
        let host = STACK
            .with_borrow_mut(|stack| stack.hosts.pop())
            .expect("a host is popped by whoever pushed it");
        std::mem::forget(self);
        host.clock
    }
}

impl Drop for Hosting {
    fn drop(&mut self) {
        BACKEND.set(self.outer);
        let hosts = with(|stack| stack.hosts.split_off((self.depth - 1).min(stack.hosts.len())));
        drop(hosts);
    }
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
        let Foreign { host, id, node } = &mut **self.0.get_or_insert_with(|| {
            Box::new(Foreign {
                host: Host::new(),
                id: TaskId::next(),
                node: None,
            })
        });
        host.poll(backend, cx, |cx| {
            let here = std::panic::Location::caller();
            let entered: Entered = enter_task(
                |task| task.fill(TaskFrame::new(*id, "a foreign task", here, None)),
                || Frame::task(node.take(), None),
            );
            let polled = poll(cx);
            entered.leave_task(&mut None, node, &mut None);
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
