//! RUN: running a program.

use std::{
    future::{pending, poll_fn, ready},
    task::Poll,
    thread,
};

use easynet_core::{
    AsyncBackend, BoxError,
    task::{current_backend_name, get_current_task, try_get_current_task},
};
use easynet_tests::{DropFlag, LONG, Log, ms, panic_message, watched};
use futures::{channel::oneshot, future::select};

use crate::{flavors, on_each, run_in, smol::Smol};

#[test]
fn a_program_yields_its_value() {
    for options in flavors() {
        let value = run_in(options, |backend| async move {
            backend.coro_yield().await;
            1 + 2
        });
        assert_eq!(value, 3);
    }
}

on_each! {
    async fn a_backend_inside_of_a_running_one_is_refused(backend) {
        assert!(backend.bootstrap(ready(())).unwrap_err().is_nested());
        let group = backend.create_task_group::<BoxError>();
        let inside = backend.clone();
        group
            .run(async {
                group.start_soon(async move {
                    assert!(inside.bootstrap(ready(())).unwrap_err().is_nested());
                });
            })
            .await
            .unwrap();
        let inside = backend.clone();
        backend
            .run_in_thread(move || assert!(inside.bootstrap(ready(())).unwrap_err().is_nested()))
            .await;
        // The outer one goes on.
        backend.sleep(ms(1)).await;
    }

    async fn tasks_know_their_backend_and_their_names(backend) {
        assert_eq!(current_backend_name(), Some(backend.name()));
        assert_eq!(get_current_task().name(), "main");
        assert_eq!(backend.get_current_task(), get_current_task());
        assert_eq!(B::current().unwrap().name(), backend.name());
        let group = backend.create_task_group::<BoxError>();
        let child = group
            .run(async {
                let child = group.named("child").spawn_value(async { get_current_task() });
                child.join().await.unwrap()
            })
            .await
            .unwrap();
        assert_eq!(child.name(), "child");
        assert_ne!(child.id(), get_current_task().id());
    }
}

#[test]
fn another_backend_inside_of_it_is_refused() {
    for options in flavors() {
        run_in(options, |_| async {
            let tokio = easynet::new_builtin_backend("tokio").unwrap();
            assert!(tokio.bootstrap(ready(())).unwrap_err().is_nested());
        });
    }
}

#[test]
fn no_backend_is_running_afterwards() {
    watched(|| {
        for options in flavors() {
            let backend = Smol::new();
            assert_eq!(backend.bootstrap_with(&options, ready(1)).unwrap(), 1);
            assert!(Smol::current().is_none() && try_get_current_task().is_none());
            panic_message(|| backend.bootstrap_with(&options, async { panic!("on purpose") }));
            assert!(Smol::current().is_none() && current_backend_name().is_none());
            assert_eq!(backend.bootstrap_with(&options, ready(2)).unwrap(), 2);
        }
    });
}

#[test]
fn a_panic_of_the_program_resumes_in_the_caller() {
    for options in flavors() {
        let dropped = DropFlag::new();
        let guard = dropped.guard();
        let message = panic_message(|| {
            run_in(options, |backend| async move {
                let _guard = guard;
                backend.coro_yield().await;
                panic!("on purpose")
            })
        });
        assert_eq!(message, "on purpose");
        assert!(dropped.is_set());
    }
}

/// C10, T12
#[test]
fn the_runner_returns_only_when_everything_has_ended() {
    for options in flavors() {
        let log = Log::new();
        let inside = log.clone();
        run_in(options, |backend| async move {
            let group = backend.create_task_group::<BoxError>();
            let (begin, begun) = oneshot::channel();
            let (own, cleaned) = (backend.clone(), inside.clone());
            let run = group.run(async {
                group
                    .start(async move {
                        let _ = own.catch_cancelled(own.sleep_forever()).await;
                        own.ignore_cancellation(own.sleep(ms(2))).await;
                        cleaned.add("cleaned");
                        Ok::<_, BoxError>(())
                    })
                    .await;
                begin.send(()).unwrap();
                backend.sleep_forever().await;
            });
            select(std::pin::pin!(run), begun).await;
            inside.add("main returns");
        });
        log.assert(&["main returns", "cleaned"]);
    }
}

/// Duty: what is left of the runtime is shut down without waiting, and dropped like any value.
#[test]
fn what_the_program_leaves_in_the_runtime_is_dropped() {
    for options in flavors() {
        watched(move || {
            let (held, dropped) = std::sync::mpsc::channel::<()>();
            // Not a task of easynet, which would be waited for.
            let bare = Smol::new().run(&options, async {
                let backend = Smol::current().unwrap().bind();
                let inside = backend.clone();
                backend.spawn(async move {
                    let _held = (held, inside);
                    pending().await
                });
            });
            bare.unwrap();
            assert!(dropped.recv().is_err());
        });
    }
}

/// Duty: a value that is bound starts tasks from any thread, and drops them once its runtime has gone.
#[test]
fn a_bound_value_starts_tasks_from_any_thread() {
    for options in flavors() {
        let bound = run_in(options, |backend| async move {
            let bound = backend.bind();
            let (say, heard) = oneshot::channel();
            let inside = bound.clone();
            thread::spawn(move || {
                assert!(!inside.is_here());
                let here = inside.clone();
                inside.spawn(async move { say.send(here.is_here()).unwrap() });
            });
            assert!(heard.await.unwrap());
            assert!(bound.is_here());
            bound
        });
        let (held, dropped) = std::sync::mpsc::channel::<()>();
        bound.spawn(async move {
            let _held = held;
            pending().await
        });
        assert!(dropped.recv().is_err() && !bound.is_here());
    }
}

/// Each thread of a runtime is of that one only.
#[test]
fn the_threads_of_one_runtime_are_told_from_those_of_another() {
    for options in flavors() {
        let other = options.clone();
        run_in(options, |backend| async move {
            let bound = backend.bind();
            let elsewhere = thread::spawn(move || {
                let inside = bound.clone();
                Smol::new()
                    .bootstrap_with(&other, async move { inside.is_here() })
                    .unwrap()
            });
            assert!(!elsewhere.join().unwrap());
        });
    }
}

/// C8: what is polled by a task that easynet did not start becomes the host of what is inside.
#[test]
fn a_task_of_the_runtime_alone_can_wait_and_open_scopes() {
    for options in flavors() {
        watched(move || {
            let bare = Smol::new().run(&options, async {
                let backend = Smol::current().unwrap();
                assert!(current_backend_name().is_none());
                let error = backend.timeout(ms(2), backend.sleep(LONG)).await;
                assert!(error.is_err());
                backend.gather((0..3).map(|n| async move { n })).await
            });
            assert_eq!(bare.unwrap(), [0, 1, 2]);
        });
    }
}

/// Duty: every waker that a task was given wakes it.
#[test]
fn a_waker_of_an_earlier_poll_wakes_too() {
    for options in flavors() {
        run_in(options, |_| async {
            let mut polls = 0;
            let mut first = None;
            poll_fn(|cx| {
                polls += 1;
                match polls {
                    1 => {
                        first = Some(cx.waker().clone());
                        cx.waker().wake_by_ref();
                        Poll::Pending
                    }
                    2 => {
                        let waker = first.take().unwrap();
                        thread::spawn(move || waker.wake());
                        Poll::Pending
                    }
                    _ => Poll::Ready(()),
                }
            })
            .await;
        });
    }
}
