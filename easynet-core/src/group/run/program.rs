//! The group that a program is.

use std::{
    future::Future,
    marker::PhantomData,
    panic::Location,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{Ended, Engine, Lent, Setting};
use crate::{
    cancel::node::Attached,
    context::{self, Caught},
    group::core::GroupCore,
    task::{TaskInfo, child::Birth},
};

/// As the task that a program is: nothing is around it.
struct AsTask<F> {
    // Made in the first poll: the program is the first task of its run.
    birth: Option<Birth>,
    location: &'static Location<'static>,
    program: PhantomData<fn() -> F>,
}

impl<F> AsTask<F> {
    #[inline]
    fn birth(&mut self) -> &mut Birth {
        let location = self.location;
        self.birth
            .get_or_insert_with(|| Birth::new(Some("main".into()), location))
    }
}

impl<F> Setting for AsTask<F> {
    #[inline]
    fn settle(&self, _core: &GroupCore, _node: &Attached) {}

    #[inline(always)]
    fn enter(&mut self, lent: &mut Lent) -> Caught {
        let birth = self.birth();
        context::enter_program(|task| birth.fill::<F>(task), &mut lent.node, &mut lent.group)
    }

    #[inline(always)]
    fn leave(&mut self, entered: Caught, lent: &mut Lent) {
        let birth = self.birth();
        entered.leave_program(birth.extra(), &mut lent.node, &mut lent.group);
    }

    #[inline]
    fn hold(&mut self, _core: &GroupCore, _node: &Attached) {}

    fn let_go(&mut self) {}

    fn task(&self) -> Option<TaskInfo> {
        Some(self.birth.as_ref()?.info::<F>())
    }

    fn around<R>(&mut self, f: impl FnOnce() -> R) -> R {
        let birth = self.birth();
        let entered =
            context::enter_task(false, |task| birth.fill::<F>(task), &mut None, &mut None).guarded();
        let result = f();
        entered.caught().leave_task(birth.extra(), &mut None, &mut None);
        result
    }
}

pin_project! {
    /// The program that `bootstrap` runs: the one task that is in no group, since it is one (T12).
    ///
    /// Nothing is started in that group but by adoption: it waits for what the program left behind.
    pub(crate) struct Program<F: Future> {
        #[pin]
        engine: Engine<F, AsTask<F>, Arc<GroupCore>, ()>,
    }
}

impl<F: Future> Program<F> {
    pub(crate) fn new(location: &'static Location<'static>, future: F) -> Self {
        let setting = AsTask {
            birth: None,
            location,
            program: PhantomData,
        };
        Self {
            engine: Engine::new(GroupCore::new(location, None), Some(future), (), setting),
        }
    }
}

impl<F: Future> Future for Program<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let ended = this.engine.poll(cx, |_| false);
        ended.map(|ended| match ended {
            Ended::Whole(value) => value,
            Ended::Failed { .. } | Ended::Interrupted(_) => {
                unreachable!(
                    "the adopted log their failures, and there is nothing around that could cut it short"
                )
            }
        })
    }
}
