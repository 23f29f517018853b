//! A third backend, as a user would write one, and what it owes its users.
//!
//! [`smol`] was written from the guide in `easynet_core::backend` alone: it is the proof that the guide says enough. The conformance suite
//! goes through ambient functions and macros, which know the built-in backends only. So what is most important in it is said here once more, in
//! terms of `B: AsyncBackend`, and runs on all three: generic code means the same on each.
#![forbid(unsafe_code)]
#![cfg(unix)]

mod smol;

mod ambient;
mod datagrams;
mod interrupted;
mod options;
mod programs;
mod streams;
mod sync;
mod tasks;
mod threads;
mod unix;
mod wrapped;

use std::future::Future;

use easynet_core::{AsyncBackend, Flavor, RunnerOptions};
use easynet_tests::{Directory, watched};

use self::smol::Smol;

/// The options of both flavours of [`Smol`].
fn flavors() -> [RunnerOptions; 2] {
    [
        RunnerOptions::new().worker_threads(2),
        RunnerOptions::new().flavor(Flavor::CurrentThread),
    ]
}

/// Runs a program on [`Smol`], in one flavour.
fn run_in<P, F>(options: RunnerOptions, program: P) -> F::Output
where
    P: FnOnce(Smol) -> F + Send + 'static,
    F: Future<Output: Send> + Send + 'static,
{
    watched(move || {
        let main = program(Smol::new());
        Smol::new()
            .bootstrap_with(&options, main)
            .expect("nothing runs here yet")
    })
}

/// Turns each function into a module with one test for each backend and flavour, in real time where it is real.
macro_rules! on_each {
    ($($(#[$attribute:meta])* async fn $name:ident($backend:ident) $body:block)+) => {$(
        $(#[$attribute])*
        async fn $name<B: easynet_core::AsyncBackend>($backend: B) $body

        mod $name {
            crate::test_on! { $name smol tokio_multi_thread TOKIO_MULTI_THREAD,
                tokio_current_thread TOKIO_CURRENT_THREAD_IN_REAL_TIME, sim SIM, }
        }
    )+};
}

/// Like [`on_each!`], but only where sockets are those of the operating system.
macro_rules! on_sockets {
    ($($(#[$attribute:meta])* async fn $name:ident($backend:ident) $body:block)+) => {$(
        $(#[$attribute])*
        async fn $name<B: easynet_core::AsyncBackend>($backend: B) $body

        mod $name {
            crate::test_on! { $name smol tokio_multi_thread TOKIO_MULTI_THREAD,
                tokio_current_thread TOKIO_CURRENT_THREAD_IN_REAL_TIME, }
        }
    )+};
}

macro_rules! test_on {
    ($name:ident smol $($test:ident $runner:ident,)*) => {
        #[test]
        fn smol_multi_thread() {
            let [options, _] = crate::flavors();
            crate::run_in(options, super::$name);
        }

        #[test]
        fn smol_current_thread() {
            let [_, options] = crate::flavors();
            crate::run_in(options, super::$name);
        }

        $(
            #[test]
            fn $test() {
                easynet_tests::Runner::$runner.watch_each(|runner| {
                    let backend = runner.backend();
                    let main = super::$name(backend.clone());
                    easynet_core::AsyncBackend::bootstrap_with(&backend, &runner.options(), main)
                        .expect("nothing runs here yet")
                });
            }
        )*
    };
}

use {on_each, on_sockets, test_on};
