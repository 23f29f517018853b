//! Running a blocking job: the future of it.

use std::{
    fmt,
    future::{Future, IntoFuture, poll_fn},
    panic::{Location, resume_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use super::{
    grace,
    job::{Around, Job, JobInfo, Start, desk::Ticket},
    looped::AnyTask,
};
use crate::{
    backend::AsyncBackend,
    cancel::{
        IgnoreCancellation,
        node::{Attached, Guard, Node},
    },
    context::{
        self, WakerIdentity,
        clock::{Note, note, strand},
        host::HostSlot,
        identity,
    },
    group::core::GroupCore,
    observe::GuardKind,
    sync::{CapacityLimiter, OwnedLimiterToken},
    task::child::Root,
    time::Sleep,
};

/// A blocking job to be run: await it. See [`AsyncBackend::run_in_thread`].
#[must_use = "the job does not run unless it is awaited"]
pub struct RunInThread<B, J> {
    backend: B,
    job: J,
    name: Option<Arc<str>>,
    location: &'static Location<'static>,
    abandon: bool,
    limiter: Option<Arc<CapacityLimiter>>,
}

impl<B: AsyncBackend, J> RunInThread<B, J> {
    pub(crate) fn new(backend: B, job: J, location: &'static Location<'static>) -> Self {
        Self {
            backend,
            job,
            name: None,
            location,
            abandon: false,
            limiter: None,
        }
    }

    /// Whether to let go of the job when the caller is cancelled: it is told ([`check_cancelled`](crate::cancel::check_cancelled)),
    /// goes on, and its value is dropped. The enclosing group still waits for it (C10).
    ///
    /// If not said, the caller waits until the job has ended.
    pub fn abandon_on_cancel(mut self, abandon: bool) -> Self {
        self.abandon = abandon;
        self
    }

    /// Waits for a token of this limiter first, and gives it back when the job has ended, abandoned or not.
    ///
    /// While it waits, nothing has begun: it can be cancelled.
    pub fn limiter(mut self, limiter: &Arc<CapacityLimiter>) -> Self {
        self.limiter = Some(limiter.clone());
        self
    }

    /// The name of the job, in reports; if none is given, it is that of the function the job was written in.
    pub fn named(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = Some(name.into());
        self
    }
}

impl<B, J, T> IntoFuture for RunInThread<B, J>
where
    B: AsyncBackend,
    J: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    type Output = T;
    type IntoFuture = RunJob<B, J, T>;

    fn into_future(self) -> RunJob<B, J, T> {
        let info = JobInfo {
            name: self.name,
            type_name: std::any::type_name::<J>(),
            location: self.location,
        };
        let acquire = self
            .limiter
            .map(|limiter| -> AnyToken { Box::pin(limiter.acquire_owned()) });
        RunJob {
            backend: self.backend,
            host: HostSlot::new(),
            engine: Engine {
                stage: Stage::New {
                    job: self.job,
                    info,
                    acquire,
                },
                abandon: self.abandon,
                guard: None,
            },
        }
    }
}

impl<B, J> fmt::Debug for RunInThread<B, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunInThread")
            .field("name", &self.name)
            .field("location", &format_args!("{}", self.location))
            .field("abandon_on_cancel", &self.abandon)
            .finish_non_exhaustive()
    }
}

type AnyToken = Pin<Box<dyn Future<Output = OwnedLimiterToken> + Send>>;

/// Future of [`AsyncBackend::run_in_thread`].
#[must_use = "the job does not run unless it is awaited"]
pub struct RunJob<B, J, T>
where
    B: AsyncBackend,
    J: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    backend: B,
    host: HostSlot<B>,
    engine: Engine<B, J, T>,
}

impl<B, J, T> Future for RunJob<B, J, T>
where
    B: AsyncBackend,
    J: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let Self {
            backend,
            host,
            engine,
        } = self.get_mut();
        host.poll(backend, cx, |cx| engine.poll(backend, cx))
    }
}

impl<B, J, T> fmt::Debug for RunJob<B, J, T>
where
    B: AsyncBackend,
    J: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunJob").finish_non_exhaustive()
    }
}

/// The future itself, inside of its host.
struct Engine<B, J, T>
where
    B: AsyncBackend,
    J: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    stage: Stage<B, J, T>,
    abandon: bool,
    /// From the first suspension on, unless the job is to be abandoned (C6).
    guard: Option<Guard>,
}

// Nothing in it is polled in place.
impl<B, J, T> Unpin for Engine<B, J, T>
where
    B: AsyncBackend,
    J: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
}

enum Stage<B, J, T>
where
    B: AsyncBackend,
    J: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    New {
        job: J,
        info: JobInfo,
        acquire: Option<AnyToken>,
    },
    Started(Started<B, J, T>),
    Over,
}

/// A job that was handed to the backend.
struct Started<B, J, T>
where
    B: AsyncBackend,
    J: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    job: Arc<Job<B, J, T>>,
    /// The innermost scope, and the deadline, as of the last poll.
    node: Arc<Node>,
    deadline: Option<Instant>,
    waker: WakerIdentity,
    /// Hears of a cancellation, if the future is polled with a waker that is not the task's own (C8).
    ear: Option<Attached>,
    /// The enclosing group, as of the last poll.
    group: Option<Arc<GroupCore>>,
    /// The future of the backend, until it has completed.
    running: Option<AnyTask>,
    /// The portal that the job has opened, until all calls through it have ended.
    portal: Option<AnyTask>,
    patience: Patience,
}

impl<B, J, T> Engine<B, J, T>
where
    B: AsyncBackend,
    J: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    fn poll(&mut self, backend: &B, cx: &mut Context<'_>) -> Poll<T> {
        let mut fresh = false;
        if let Stage::New { acquire, .. } = &mut self.stage {
            // C3: cancelled already, it starts nothing.
            if strand(cx.waker()) {
                return Poll::Pending;
            }
            let token = match acquire {
                None => None,
                Some(acquire) => Some(std::task::ready!(acquire.as_mut().poll(cx))),
            };
            self.start(backend, token, cx);
            fresh = true;
        }
        let Stage::Started(started) = &mut self.stage else {
            unreachable!("a job is not polled after it has ended")
        };
        // Before it is polled: a job that asks finds whom to ask, and whom to wake.
        if !fresh {
            started.settle(cx);
        }
        started.listen(cx);
        let ended = started.poll(backend, self.abandon, cx);
        let told = context::is_cancelled();
        if told && (self.abandon || started.job.take_back()) {
            // The scope that is cancelled drops this, once what the job has started has ended too.
            self.guard = None;
            strand(cx.waker());
            return Poll::Pending;
        }
        if ended {
            let value = started.job.take_value();
            self.guard = None;
            self.stage = Stage::Over;
            return Poll::Ready(match value {
                Some(Ok(value)) => value,
                Some(Err(panic)) => resume_unwind(panic),
                None => panic!("a job cannot go on outside of the scope that cancelled it"),
            });
        }
        if !self.abandon {
            let kind = GuardKind::Job(started.job.info().location);
            Guard::hold(&mut self.guard, &started.node, kind);
        }
        if told {
            started.be_patient(backend, cx);
        }
        Poll::Pending
    }

    fn start(&mut self, backend: &B, token: Option<OwnedLimiterToken>, cx: &Context<'_>) {
        let Stage::New { job, info, .. } = std::mem::replace(&mut self.stage, Stage::Over) else {
            unreachable!("a job is started once")
        };
        let group = context::nearest_group();
        let start = Start {
            task: context::copy_task(),
            group: group.clone(),
            token,
        };
        let (node, deadline) = (context::node(), context::deadline());
        let around = Around {
            node: node.clone(),
            deadline,
            waker: cx.waker().clone(),
        };
        let job = Job::new(backend.unbind(), info, job, start, around);
        let running = job.clone();
        self.stage = Stage::Started(Started {
            node,
            deadline,
            waker: identity(cx.waker()),
            ear: None,
            group,
            running: Some(Box::pin(async move {
                let backend = running.backend().unbind();
                backend.run_blocking(move || running.run()).await;
            })),
            portal: None,
            patience: Patience::default(),
            job,
        });
    }
}

impl<B, J, T> Started<B, J, T>
where
    B: AsyncBackend,
    J: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    /// Polls the job and its portal; true if both have ended.
    fn poll(&mut self, backend: &B, abandon: bool, cx: &mut Context<'_>) -> bool {
        if let Some(running) = &mut self.running
            && running.as_mut().poll(cx).is_ready()
        {
            self.running = None;
        }
        if let Some(portal) = self.job.take_request() {
            let job = self.job.clone();
            let until = poll_fn(move |_| {
                if job.has_ended() {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            });
            let serve = portal.serve(until);
            // What the job has asked for is as safe from cancellation as the job.
            self.portal = Some(if abandon {
                Box::pin(serve)
            } else {
                Box::pin(IgnoreCancellation::new(backend.unbind(), serve))
            });
        }
        if let Some(portal) = &mut self.portal
            && portal.as_mut().poll(cx).is_ready()
        {
            self.portal = None;
        }
        self.running.is_none() && self.portal.is_none()
    }

    /// Puts the job where it is polled: in the scope and the group around it (C9).
    fn settle(&mut self, cx: &Context<'_>) {
        let here = context::node();
        let (deadline, waker) = (context::deadline(), identity(cx.waker()));
        let moved = !Arc::ptr_eq(&self.node, &here);
        if moved {
            self.node = here;
            self.group = context::nearest_group();
        }
        if moved || deadline != self.deadline || waker != self.waker {
            self.deadline = deadline;
            self.waker = waker;
            self.job.set_around(Around {
                node: self.node.clone(),
                deadline,
                waker: cx.waker().clone(),
            });
        }
    }

    /// Sees to it that a cancellation is heard of: whoever is cancelled polls what it polls with its own waker, and no more.
    fn listen(&mut self, cx: &Context<'_>) {
        if context::is_own(self.waker) {
            self.ear = None;
        } else {
            let ear = self.ear.get_or_insert_with(|| Attached::detached(Node::new()));
            ear.node().park(cx.waker());
            ear.attach(Some(self.node.clone()));
        }
    }

    /// Reports a job that was told to end, and does not, when the time of grace is over.
    fn be_patient(&mut self, backend: &B, cx: &mut Context<'_>) {
        if let Some(grace) = self.patience.poll(backend, cx) {
            self.job.info().report(grace);
        }
    }
}

/// Counts the time that a job takes to end which was told to.
#[derive(Default)]
struct Patience {
    /// How long that is, and when it is over; never, if the clock does not come that far.
    grace: Option<(Duration, Option<Instant>)>,
    over: bool,
    note: Note,
}

impl Patience {
    /// The time of grace, once it is over; once.
    fn poll<B: AsyncBackend>(&mut self, backend: &B, cx: &mut Context<'_>) -> Option<Duration> {
        let (grace, until) = *self.grace.get_or_insert_with(|| {
            let grace = grace::current();
            (grace, backend.deadline_after(grace))
        });
        if self.over {
            return None;
        }
        self.over = note(until?, cx.waker(), &mut self.note);
        self.over.then_some(grace)
    }
}

impl<B, J, T> Drop for Engine<B, J, T>
where
    B: AsyncBackend,
    J: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    fn drop(&mut self) {
        if let Stage::Started(started) = &mut self.stage {
            let group = started.group.take();
            // First of all, so that whoever is told finds the job told as well.
            if started.job.let_go(group.clone())
                && B::current().is_some()
                && let Some(ticket) = Ticket::take(group)
            {
                watch(started.job.clone(), ticket, grace::current());
            }
        }
    }
}

/// Waits for a job that was let go, as a task of the group that waits for it, to report it if it does not end.
fn watch<B, J, T>(job: Arc<Job<B, J, T>>, ticket: Ticket, grace: Duration)
where
    B: AsyncBackend,
    J: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let backend = job.backend().unbind();
    let mut sleep = Box::pin(Sleep::after(backend.unbind(), grace));
    let watching = poll_fn(move |cx| {
        let _ticket = &ticket;
        if job.poll_ended(cx.waker()) {
            return Poll::Ready(());
        }
        std::task::ready!(sleep.as_mut().poll(cx));
        job.info().report(grace);
        Poll::Ready(())
    });
    backend.spawn(Root::new(backend.unbind(), watching));
}
