//! Waiting for time to pass, on the clock of the backend.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use pin_project_lite::pin_project;

use crate::{
    backend::AsyncBackend,
    context::{
        clock::{Note, note, strand},
        host::HostSlot,
    },
    never::Never,
    observe::{Wait, waits},
};

/// What a sleep waits for.
#[derive(Debug, Clone, Copy)]
enum Until {
    /// A moment that has come already: one suspension, so that others get their turn.
    Now,
    At(Instant),
    Never,
}

impl Until {
    fn as_wait(self) -> Wait<'static> {
        match self {
            Self::Now => Wait::Turn,
            Self::At(deadline) => Wait::Sleep(deadline),
            Self::Never => Wait::Forever,
        }
    }
}

pin_project! {
    /// Future of [`AsyncBackend::sleep`], [`AsyncBackend::sleep_until`] and [`AsyncBackend::coro_yield`].
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost.
    #[must_use = "nothing sleeps unless it is awaited"]
    pub struct Sleep<B: AsyncBackend> {
        backend: B,
        host: HostSlot<B>,
        until: Until,
        suspended: bool,
        note: Note,
    }
}

impl<B: AsyncBackend> Sleep<B> {
    fn new(backend: B, until: Until) -> Self {
        Self {
            backend,
            host: HostSlot::new(),
            until,
            suspended: false,
            note: Note::default(),
        }
    }

    pub(crate) fn after(backend: B, delay: Duration) -> Self {
        if delay.is_zero() {
            return Self::new(backend, Until::Now);
        }
        let until = backend.deadline_after(delay).map_or(Until::Never, Until::At);
        Self::new(backend, until)
    }

    pub(crate) fn until(backend: B, deadline: Instant) -> Self {
        let until = if deadline <= backend.current_time() {
            Until::Now
        } else {
            Until::At(deadline)
        };
        Self::new(backend, until)
    }

    pub(crate) fn forever(backend: B) -> Self {
        Self::new(backend, Until::Never)
    }

    pub(crate) fn once(backend: B) -> Self {
        Self::new(backend, Until::Now)
    }
}

impl<B: AsyncBackend> Future for Sleep<B> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        this.host.poll(this.backend, cx, |cx| {
            // C3: in a cancelled scope it does not complete; that scope ends it.
            if strand(cx.waker()) {
                return Poll::Pending;
            }
            let suspended = std::mem::replace(this.suspended, true);
            let polled = match *this.until {
                Until::Never => Poll::Pending,
                Until::Now if suspended => Poll::Ready(()),
                Until::Now => {
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
                Until::At(deadline) => {
                    if note(deadline, cx.waker(), this.note) {
                        Poll::Ready(())
                    } else {
                        Poll::Pending
                    }
                }
            };
            waits(polled, || this.until.as_wait())
        })
    }
}

impl<B: AsyncBackend> fmt::Debug for Sleep<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep")
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

pin_project! {
    /// Future of [`AsyncBackend::sleep_forever`]: it never completes, and stands for a value of any type.
    ///
    /// # Cancellation
    ///
    /// Safe to cancel: nothing is lost. It is the only way it ends.
    #[must_use = "nothing sleeps unless it is awaited"]
    pub struct SleepForever<B: AsyncBackend> {
        #[pin]
        sleep: Sleep<B>,
    }
}

impl<B: AsyncBackend> SleepForever<B> {
    pub(crate) fn new(backend: B) -> Self {
        Self {
            sleep: Sleep::forever(backend),
        }
    }
}

impl<B: AsyncBackend> Future for SleepForever<B> {
    type Output = Never;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Never> {
        match self.project().sleep.poll(cx) {
            Poll::Ready(()) => unreachable!("a sleep without end does not end"),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<B: AsyncBackend> fmt::Debug for SleepForever<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SleepForever").finish_non_exhaustive()
    }
}
