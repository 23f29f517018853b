//! A job in the pool, and the future of it.

use std::{
    future::Future,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    thread,
};

/// What a thread and the future of a job share.
pub(super) struct Piece<J, T>(Mutex<State<J, T>>);

struct State<J, T> {
    stage: Stage<J, T>,
    waker: Option<Waker>,
}

enum Stage<J, T> {
    Waiting(J),
    Running,
    Ended(thread::Result<T>),
    /// There is no thread for it, as the error says.
    Refused(String),
    /// Those who were to run it have gone.
    GivenBack(J),
}

impl<J, T> State<J, T> {
    /// The stage, if nothing follows it.
    fn take(&mut self) -> Option<Stage<J, T>> {
        match std::mem::replace(&mut self.stage, Stage::Running) {
            stage @ (Stage::Waiting(_) | Stage::Running) => {
                self.stage = stage;
                None
            }
            last => Some(last),
        }
    }
}

impl<J, T> Stage<J, T> {
    /// What the job has come to, or itself if it was not run.
    fn into_result(self) -> Result<thread::Result<T>, J> {
        match self {
            Self::Ended(value) => Ok(value),
            Self::Waiting(job) | Self::GivenBack(job) => Err(job),
            Self::Refused(error) => panic!("no thread can be started for a blocking job: {error}"),
            Self::Running => unreachable!("a job that runs has come to nothing yet"),
        }
    }
}

/// A job, whatever it yields.
pub(super) trait Run: Send + Sync {
    fn run(self: Arc<Self>);

    /// It will not be run: whoever waits for it panics.
    fn refuse(self: Arc<Self>, error: &io::Error);

    /// It will not be run here: whoever waits for it gets it back.
    fn give_back(self: Arc<Self>);
}

impl<J, T> Piece<J, T> {
    pub(super) fn new(job: J) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            stage: Stage::Waiting(job),
            waker: None,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, State<J, T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last stage; yields the one before.
    fn end(&self, stage: Stage<J, T>) -> Stage<J, T> {
        let (before, waker) = {
            let mut state = self.lock();
            (std::mem::replace(&mut state.stage, stage), state.waker.take())
        };
        if let Some(waker) = waker {
            waker.wake();
        }
        before
    }

    /// What a job has come to that nobody is going to run any more; nothing if that was taken.
    pub(super) fn take_result(&self) -> Option<Result<thread::Result<T>, J>> {
        let last = self.replace(Stage::Running);
        (!matches!(last, Stage::Running)).then(|| last.into_result())
    }

    fn replace(&self, stage: Stage<J, T>) -> Stage<J, T> {
        std::mem::replace(&mut self.lock().stage, stage)
    }
}

impl<J, T> Run for Piece<J, T>
where
    J: FnOnce() -> T + Send,
    T: Send,
{
    fn run(self: Arc<Self>) {
        let Stage::Waiting(job) = self.replace(Stage::Running) else {
            unreachable!("a job is handed to one thread")
        };
        let value = catch_unwind(AssertUnwindSafe(job));
        self.end(Stage::Ended(value));
    }

    fn refuse(self: Arc<Self>, error: &io::Error) {
        let job = self.end(Stage::Refused(error.to_string()));
        // A panic in a destructor of its captures, which the panic hook has reported, is nothing to those that are refused with it.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(job)));
    }

    fn give_back(self: Arc<Self>) {
        let Stage::Waiting(job) = self.replace(Stage::Running) else {
            unreachable!("a job that nobody runs is given back once")
        };
        self.end(Stage::GivenBack(job));
    }
}

/// Waits for a job, or yields it if it was given back; panics if it was refused. Dropped, it lets the job go on.
pub(crate) struct Running<J, T>(Arc<Piece<J, T>>);

impl<J, T> Running<J, T> {
    pub(super) fn new(piece: Arc<Piece<J, T>>) -> Self {
        Self(piece)
    }
}

impl<J, T> Future for Running<J, T> {
    type Output = Result<thread::Result<T>, J>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.0.lock();
        if let Some(ended) = state.take() {
            drop(state);
            return Poll::Ready(ended.into_result());
        }
        let known = state.waker.as_ref();
        let old = if known.is_some_and(|waker| waker.will_wake(cx.waker())) {
            None
        } else {
            state.waker.replace(cx.waker().clone())
        };
        drop(state);
        drop(old);
        Poll::Pending
    }
}
