//! A group that is nothing but children which are known before.

use std::{
    future::{Future, Ready},
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{Ended, Engine, InTask};
use crate::{
    backend::AsyncBackend,
    context::host::HostSlot,
    group::{
        children::Fixed,
        core::GroupCore,
        error::{GroupError, TaskGroupError},
    },
};

pin_project! {
    /// Future of a group that is nothing but children which are known before, and nobody else's: what `gather!` awaits.
    #[must_use = "nothing is run unless it is awaited"]
    pub struct Together<B: AsyncBackend, E, C: Fixed, D> {
        backend: B,
        host: HostSlot<B>,
        #[pin]
        engine: Engine<Ready<()>, InTask, Arc<GroupCore>, C>,
        end: Option<D>,
        error: PhantomData<fn() -> E>,
    }
}

/// What is done when such a group has ended, with the children where they were polled.
pub trait End<E, C> {
    type Output;

    fn end(self, ended: Result<(), TaskGroupError<E>>, children: Pin<&mut C>) -> Self::Output;
}

impl<E, C, D, O> End<E, C> for D
where
    D: FnOnce(Result<(), TaskGroupError<E>>, Pin<&mut C>) -> O,
{
    type Output = O;

    #[inline]
    fn end(self, ended: Result<(), TaskGroupError<E>>, children: Pin<&mut C>) -> O {
        self(ended, children)
    }
}

#[allow(private_bounds)] // It is what a macro awaits, where nobody names it.
impl<B: AsyncBackend, E: GroupError, C: Fixed, D: End<E, C>> Together<B, E, C, D> {
    /// Starts the children.
    pub(crate) fn new(unbound: B, group: Arc<GroupCore>, mut children: C, end: D) -> Self {
        children.start(&group);
        let mut engine = Engine::new(group, None, children, InTask::default());
        engine.value = Some(());
        Self {
            backend: unbound,
            host: HostSlot::new(),
            engine,
            end: Some(end),
            error: PhantomData,
        }
    }
}

impl<B: AsyncBackend, E: GroupError, C: Fixed, D: End<E, C>> Future for Together<B, E, C, D> {
    type Output = D::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<D::Output> {
        let mut this = self.project();
        let ended = ready!(this.host.poll(this.backend, cx, |cx| {
            this.engine.as_mut().poll(cx, |()| false)
        }));
        let location = this.engine.group.location();
        let ended = match ended {
            Ended::Whole(()) => Ok(()),
            Ended::Failed { failures, .. } => Err(TaskGroupError::failed(failures, location)),
            Ended::Interrupted(reason) => Err(TaskGroupError::interrupted_by(reason, location)),
        };
        let end = this.end.take().expect("not polled after it has ended");
        Poll::Ready(end.end(ended, this.engine.project().children))
    }
}
