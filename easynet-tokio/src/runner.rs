//! Making a tokio runtime, and running a program in it.

use std::{future::Future, panic::resume_unwind};

use easynet_core::{BootstrapError, Flavor, RunnerOptions, executor::Executor};
use tokio::runtime::{Builder, Runtime};

use crate::{
    host::{Driving, host},
    pool::Pool,
};

const NAME: &str = "tokio";

pub(crate) fn run<F>(options: &RunnerOptions, main: F) -> Result<F::Output, BootstrapError>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let pool = Pool::new(options);
    let runtime = build(options, &pool)?;
    pool.serve(runtime.handle());
    // As a task: awaits that empty the queue of a current_thread runtime would poll its I/O driver each time
    // otherwise, and what a multi_thread one spawns from here would have to cross to a worker.
    let ended = match options.chosen_flavor() {
        Flavor::CurrentThread => {
            let executor = Executor::new();
            let _driving = Driving::begin(&executor);
            let _entered = pool.enter();
            runtime.block_on(runtime.spawn(host(executor, main)))
        }
        _ => runtime.block_on(runtime.spawn(main)),
    };
    // Everything that was started has ended, but for blocking jobs that were let go.
    runtime.shutdown_background();
    ended.map_err(|error| match error.try_into_panic() {
        Ok(panic) => resume_unwind(panic),
        Err(error) => BootstrapError::io(NAME, std::io::Error::other(error)),
    })
}

fn build(options: &RunnerOptions, pool: &Pool) -> Result<Runtime, BootstrapError> {
    let mut builder = match options.chosen_flavor() {
        Flavor::CurrentThread => Builder::new_current_thread(),
        Flavor::MultiThread => Builder::new_multi_thread(),
        other => {
            return Err(BootstrapError::options(
                NAME,
                format!("it has no flavor {other:?}"),
            ));
        }
    };
    if let Some(threads) = options.chosen_worker_threads() {
        if options.chosen_flavor() == Flavor::CurrentThread {
            return Err(BootstrapError::options(
                NAME,
                "worker_threads needs the multi_thread flavor; current_thread runs on the calling thread only",
            ));
        }
        builder.worker_threads(threads.get());
    }
    if let Some(name) = options.chosen_thread_name() {
        builder.thread_name(name);
    }
    if let Some(threads) = options.chosen_max_blocking_threads() {
        builder.max_blocking_threads(threads.get());
    }
    if options.chosen_start_paused() {
        pause(&mut builder, options.chosen_flavor())?;
    }
    builder
        .on_thread_start(pool.enter_threads())
        .enable_all()
        .build()
        .map_err(|error| BootstrapError::io(NAME, error))
}

#[cfg(feature = "test-util")]
fn pause(builder: &mut Builder, flavor: Flavor) -> Result<(), BootstrapError> {
    if flavor != Flavor::CurrentThread {
        return Err(BootstrapError::options(
            NAME,
            "start_paused needs the current_thread flavor",
        ));
    }
    builder.start_paused(true);
    Ok(())
}

#[cfg(not(feature = "test-util"))]
fn pause(_builder: &mut Builder, _flavor: Flavor) -> Result<(), BootstrapError> {
    Err(BootstrapError::options(
        NAME,
        "start_paused needs the feature `test-util`: enable it for tests",
    ))
}
