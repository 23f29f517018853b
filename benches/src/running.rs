//! Where candidates run: tokio's in a runtime of tokio, easynet's in `bootstrap`, as their users have them.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use easynet::{AsyncBackend, Flavor, RunnerOptions};
use tokio::runtime::{Builder, Runtime};

/// The flavors of runtime that questions are asked for.
pub const FLAVORS: [Flavor; 2] = [Flavor::CurrentThread, Flavor::MultiThread];

/// How a flavor is called in questions: one thread, or a runtime with two workers.
pub fn label(flavor: Flavor) -> &'static str {
    match flavor {
        Flavor::CurrentThread => "ct",
        _ => "mt2",
    }
}

/// A runtime of tokio; with two threads, if with several.
pub fn runtime(flavor: Flavor) -> Runtime {
    let mut builder = match flavor {
        Flavor::CurrentThread => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime can be made")
}

/// Runs a program as a task of the runtime, as it would be in a service.
pub fn run(runtime: &Runtime, program: impl Future<Output = ()> + Send + 'static) {
    runtime
        .block_on(runtime.spawn(program))
        .expect("a benchmark does not panic");
}

/// Runs a program in a runtime of tokio that is made for it.
pub fn in_tokio(flavor: Flavor, program: impl Future<Output = ()> + Send + 'static) {
    run(&runtime(flavor), program);
}

/// Runs a program in `bootstrap`, which makes a runtime for it too.
pub fn in_easynet(flavor: Flavor, program: impl Future<Output = ()> + Send + 'static) {
    let options = RunnerOptions::new().flavor(flavor);
    let options = match flavor {
        Flavor::MultiThread => options.worker_threads(2),
        _ => options,
    };
    let backend = easynet::new_builtin_backend("tokio").expect("its feature is enabled");
    backend.bootstrap_with(&options, program).expect("a runtime");
}

/// Suspends once, and is woken at once: the other tasks have their turn. Tokio's own `yield_now` has it look for I/O too.
#[inline]
pub fn pending_once() -> PendingOnce {
    PendingOnce(false)
}

/// Future of [`pending_once`]: small, and compiled into whoever awaits it, so that it costs next to nothing itself.
#[derive(Debug)]
#[must_use = "it suspends nobody unless it is awaited"]
pub struct PendingOnce(bool);

impl Future for PendingOnce {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
