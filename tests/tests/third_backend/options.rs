//! How the runtime is made, and what it cannot do.

use std::{
    future::ready,
    thread::{self, ThreadId},
};

use easynet_core::{AsyncBackend, Flavor, RunnerOptions};

use crate::{flavors, run_in, smol::Smol};

#[test]
fn options_that_do_not_fit_are_refused_and_say_what_to_do_instead() {
    let refused = |options: RunnerOptions| {
        let error = Smol::new().bootstrap_with(&options, ready(())).unwrap_err();
        assert!(error.is_options() && !error.is_nested());
        error.to_string()
    };
    let current = RunnerOptions::new().flavor(Flavor::CurrentThread);
    assert_eq!(
        refused(current.clone().worker_threads(2)),
        "cannot run the smol backend: `worker_threads` needs the multi-thread flavor"
    );
    assert!(refused(current.start_paused(true)).contains("without `start_paused`"));
    assert!(refused(RunnerOptions::new().max_blocking_threads(1)).contains("BLOCKING_MAX_THREADS"));
}

#[test]
fn one_thread_is_the_calling_one() {
    let [_, options] = flavors();
    let thread = thread::spawn(move || {
        let inside = Smol::new().bootstrap_with(&options, async { thread::current().id() });
        (inside.unwrap(), thread::current().id())
    });
    let (inside, calling): (ThreadId, ThreadId) = thread.join().unwrap();
    assert_eq!(inside, calling);
}

#[test]
fn the_threads_have_the_name_that_was_asked_for() {
    let name = |options| run_in(options, |_| async { thread::current().name().map(str::to_owned) });
    let several = RunnerOptions::new().worker_threads(2);
    assert_eq!(name(several.clone()).as_deref(), Some("smol"));
    assert_eq!(name(several.thread_name("worker")).as_deref(), Some("worker"));
}
