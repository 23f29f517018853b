//! Tests of cancellation: a program, cancelled at each of its suspension points in turn.

use std::{
    fmt,
    future::Future,
    panic::Location,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use crate::{
    backend::AsyncBackend,
    cancel::{CancelScope, timeout::Allowance},
    context,
    group::{BoxError, TaskGroup},
};

/// Cloned into whatever a program makes; all clones must be gone when the program has ended.
///
/// What holds one is seen to be dropped: a task's future, a buffer, a guard.
#[derive(Clone)]
pub struct Witness {
    alive: Arc<()>,
}

impl Witness {
    /// The first of its clones.
    #[expect(clippy::new_without_default, reason = "a witness is made for one run")]
    pub fn new() -> Self {
        Self { alive: Arc::new(()) }
    }

    /// How many others there are.
    fn others(&self) -> usize {
        Arc::strong_count(&self.alive) - 1
    }
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Witness")
    }
}

/// Runs `program` once for each of its suspension points, cancelled there, and once to its end; answers how many
/// points there are.
///
/// **A point is where the program itself suspends**: where its future is pending, what it awaits and its `scoped` children
/// included. Tasks that it starts with `start_soon` and `spawn` are cancelled along with it, wherever they are; their own
/// suspension points are not counted. Each run happens in
/// a scope of its own. When it has ended, nothing of it may be left: no task of its groups, no guard that holds
/// the scope, no timer that was noted with a waker of its own, and no clone of the [`Witness`] that it was given.
///
/// With a clock that stands still the same program suspends at the same points each time; with another it may not,
/// and then a point may be missed.
///
/// # Cancellation
///
/// Cancelling ends the run at hand, and then this.
///
/// # Panics
///
/// When something is left, naming what and after which point; and when a run panics.
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio", flavor = "current_thread")]
/// # async fn main() {
/// use easynet::{prelude::*, testing::cancel_at_every_await, time::coro_yield};
///
/// let points = cancel_at_every_await(|witness| async move {
///     task_group!(|group| {
///         group.start_soon(async move {
///             coro_yield().await;
///             drop(witness);
///         });
///         coro_yield().await;
///     })
///     .expect("nothing fails");
/// })
/// .await;
/// assert!(points >= 2);
/// # }
/// ```
pub async fn cancel_at_every_await<B, P, F>(backend: &B, program: P) -> usize
where
    B: AsyncBackend,
    P: Fn(Witness) -> F,
    F: Future,
{
    let mut point = 0;
    while cancel_at(backend, point, &program).await {
        point += 1;
    }
    point
}

/// Cancels one run at one point; false if the program has fewer.
async fn cancel_at<B, P, F>(backend: &B, point: usize, program: &P) -> bool
where
    B: AsyncBackend,
    P: Fn(Witness) -> F,
    F: Future,
{
    let witness = Witness::new();
    let trial = Trial::new(backend, &witness).named(format!("cancelled at suspension point {point}: "));
    let scope = trial.scope();
    let cut = Cut {
        scope: &scope,
        remaining: Some(point),
        program: program(witness.clone()),
    };
    trial.run(cut).await;
    scope.cancel_called()
}

/// One run of a program in a scope of its own, of which nothing may be left.
///
/// For tests of cancellation that decide for themselves when to cancel; [`cancel_at_every_await`] is made of it.
pub struct Trial<'w, B: AsyncBackend> {
    backend: B,
    scope: CancelScope<B>,
    witness: &'w Witness,
    name: String,
    location: &'static Location<'static>,
}

impl<'w, B: AsyncBackend> Trial<'w, B> {
    /// A trial of a program that is given clones of `witness`.
    #[track_caller]
    pub fn new(backend: &B, witness: &'w Witness) -> Self {
        Self {
            backend: backend.unbind(),
            scope: CancelScope::new(backend.unbind(), Allowance::unlimited()),
            witness,
            name: String::new(),
            location: Location::caller(),
        }
    }

    /// What its complaints begin with.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The scope that it runs in, to be cancelled by.
    pub fn scope(&self) -> CancelScope<B> {
        self.scope.clone()
    }

    /// Runs the program; `None` if it was cancelled.
    ///
    /// # Cancellation
    ///
    /// As that of a scope.
    ///
    /// # Panics
    ///
    /// When something is left: a task of its groups, a guard that holds the scope, a timer that was noted with a waker
    /// of its own, or a clone of the witness.
    pub async fn run<F: Future>(self, program: F) -> Option<F::Output> {
        let Self {
            backend,
            scope,
            witness,
            name,
            location,
        } = self;
        let group = TaskGroup::<B, BoxError>::opened_at(&backend, location);
        let notes = context::notes();
        let ended = group
            .run(async {
                let ended = scope.run(program).await;
                let tasks = group.live_tasks() - 1;
                assert!(tasks == 0, "{name}{tasks} tasks were left to be adopted");
                ended
            })
            .await;
        assert!(!scope.is_held(), "{name}a guard is left");
        let left = context::notes().saturating_sub(notes);
        assert!(left == 0, "{name}{left} timers are left");
        let others = witness.others();
        assert!(others == 0, "{name}witnesses that were not dropped: {others}");
        ended.expect("nothing is started in this group itself")
    }
}

impl<B: AsyncBackend> fmt::Debug for Trial<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trial")
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

pin_project! {
    /// Cancels its scope at one suspension of the program.
    struct Cut<'a, B: AsyncBackend, F> {
        scope: &'a CancelScope<B>,
        remaining: Option<usize>,
        #[pin]
        program: F,
    }
}

impl<B: AsyncBackend, F: Future> Future for Cut<'_, B, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let polled = this.program.poll(cx);
        if polled.is_pending() {
            match *this.remaining {
                Some(0) => {
                    *this.remaining = None;
                    this.scope
                        .cancel_because("cancelled at a suspension point, for a test");
                }
                Some(more) => *this.remaining = Some(more - 1),
                None => {}
            }
        }
        polled
    }
}
