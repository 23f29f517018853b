//! Panics, wherever they come from: nothing hangs, nothing is lost, and the runtime goes on (T3).
#![forbid(unsafe_code)]

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use easynet::{
    BoxError, TaskGroup,
    cancel::{catch_cancelled, ignore_cancellation, open_cancel_scope},
    prelude::*,
    task::{TaskLocal, create_task_group, gather, get_current_task},
    time::{coro_yield, current_time, move_on_after, sleep, sleep_forever, sleep_until},
};
use easynet_tests::{
    Log, Runner, clean_up_when_cancelled, each_backend, each_virtual_backend, ms, panic_message,
    start_cleaning,
};
use futures::{StreamExt, stream::FuturesUnordered};

/// A waker that panics when it is woken.
struct Trap;

impl Wake for Trap {
    fn wake(self: Arc<Self>) {
        panic!("the waker is broken");
    }
}

/// A value that panics when it is dropped.
struct Bomb(&'static str);

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("{}", self.0);
        }
    }
}

/// Calls something when it is dropped.
struct Last<F: FnMut()>(F);

impl<F: FnMut()> Drop for Last<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// An error that cannot be printed.
#[derive(Debug)]
struct Unprintable;

impl fmt::Display for Unprintable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("it cannot be printed")
    }
}

impl std::error::Error for Unprintable {}

/// What is logged by anybody in this process.
fn logged() -> &'static Mutex<String> {
    struct Subscriber;
    struct Text(String);

    impl tracing::field::Visit for Text {
        fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn fmt::Debug) {
            self.0 += &format!("{}={value:?} ", field.name());
        }
    }

    impl tracing::Subscriber for Subscriber {
        fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
            tracing::span::Id::from_u64(1)
        }
        fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
        fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
        fn event(&self, event: &tracing::Event<'_>) {
            // Formatted before the lock is taken: printing a value may panic.
            let mut text = Text(String::new());
            event.record(&mut text);
            *LOGGED.get().unwrap().lock().unwrap() += &(text.0 + "\n");
        }
        fn enter(&self, _: &tracing::span::Id) {}
        fn exit(&self, _: &tracing::span::Id) {}
    }

    static LOGGED: OnceLock<Mutex<String>> = OnceLock::new();
    LOGGED.get_or_init(|| {
        let _ = tracing::subscriber::set_global_default(Subscriber);
        Mutex::default()
    })
}

/// The text of an error that no other run of a test has.
fn text_of_its_own() -> String {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    format!("<the error of run {}>", RUNS.fetch_add(1, Ordering::Relaxed))
}

fn was_logged(text: &str) -> bool {
    logged().lock().unwrap().contains(text)
}

/// A task that panics when it is cancelled.
async fn panic_in_cleanup(message: &'static str) -> Result<(), BoxError> {
    let _ = catch_cancelled(sleep_forever()).await;
    panic!("{message}")
}

/// The message with which a program panics, after which the same backend runs another program.
fn message_of<F>(runner: Runner, program: F) -> String
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let message = panic_message(|| runner.run(program));
    let values = runner.run(async {
        gather((0..3).map(|n| async move {
            coro_yield().await;
            n
        }))
        .await
    });
    assert_eq!(values, [0, 1, 2]);
    message
}

each_backend! {
    /// T3: a body that panics; its children clean up first.
    fn a_panic_in_a_body_resumes_after_the_children_have_ended(runner: Runner) {
        let log = Log::new();
        let inside = log.clone();
        let message = message_of(runner, async move {
            let group: TaskGroup = create_task_group();
            group.run(async {
                let inside = inside.clone();
                group.start(async move {
                    clean_up_when_cancelled(inside, "child").await;
                    Ok::<_, BoxError>(())
                }).await;
                panic!("the body")
            }).await
        });
        assert_eq!(message, "the body");
        log.assert(&["child cancelled", "child cleaned"]);
    }

    /// T3: each kind of child, with its own payload.
    fn a_panic_in_a_child_resumes_after_its_siblings_have_ended(runner: Runner) {
        for kind in 0..5 {
            let log = Log::new();
            let inside = log.clone();
            let message = message_of(runner, async move {
                let group: TaskGroup = create_task_group();
                group.run(async {
                    let own = inside.clone();
                    let sibling = group.start(async move {
                        clean_up_when_cancelled(own, "sibling").await;
                        Ok::<_, BoxError>(())
                    }).await;
                    match kind {
                        0 => group.start_soon(async { panic!("a child") }),
                        1 => drop(group.spawn_value(async { panic!("a child") })),
                        2 => drop(group.spawn(async { coro_yield().await; if true { panic!("a child") } Ok::<_, BoxError>(()) })),
                        3 => group.scoped().start_soon(async { sleep(ms(1)).await; panic!("a child") }),
                        _ => {
                            let task = group.start(async { if true { panic!("a child") } Ok::<_, BoxError>(()) }).await;
                            assert!(task.join().await.unwrap_err().is_panicked());
                        }
                    }
                    sibling.wait().await;
                    inside.add("body");
                    sleep_forever().await;
                }).await
            });
            assert_eq!(message, "a child");
            assert_eq!(log.entries()[..2], ["sibling cancelled", "sibling cleaned"], "{kind}");
        }
    }

    /// T3: in destructors: when the child completes, is cancelled, has never run.
    fn a_panic_in_a_destructor_of_a_child_resumes_in_the_parent(runner: Runner) {
        for kind in 0..5 {
            let message = message_of(runner, async move {
                move_on_after(ms(5), async {
                    let group: TaskGroup = create_task_group();
                    group.run(async {
                        let bomb = Bomb("a destructor");
                        match kind {
                            0 => group.start_soon(async move { let _bomb = bomb; coro_yield().await }),
                            1 => group.start_soon(async move { let _bomb = bomb; sleep_forever().await }),
                            2 => group.scoped().start_soon(async move { let _bomb = bomb; sleep_forever().await }),
                            3 => group.scoped().start_soon(async move { let _bomb = bomb; }),
                            _ => assert!(group.spawn_value(async move { let _bomb = bomb; }).cancel()),
                        }
                    }).await
                }).await
            });
            assert_eq!(message, "a destructor", "{kind}");
        }
    }

    /// T3: in destructors of the body: when it completes, and when it is cancelled.
    fn a_panic_in_a_destructor_of_a_body_resumes_in_the_parent(runner: Runner) {
        for cancelled in [false, true] {
            let log = Log::new();
            let inside = log.clone();
            let message = message_of(runner, async move {
                move_on_after(ms(5), async {
                    let group: TaskGroup = create_task_group();
                    group.run(async {
                        let own = inside.clone();
                        group.start(async move {
                            clean_up_when_cancelled(own, "child").await;
                            Ok::<_, BoxError>(())
                        }).await;
                        let _bomb = Bomb("a destructor");
                        if cancelled {
                            sleep_forever().await;
                        }
                    }).await
                }).await
            });
            assert_eq!(message, "a destructor");
            log.assert(&["child cancelled", "child cleaned"]);
        }
    }

    /// Destructors in scopes without a group: the panic passes, and the scope is gone.
    fn a_panic_in_a_destructor_of_a_scope_passes(runner: Runner) {
        for catching in [false, true] {
            let message = message_of(runner, async move {
                move_on_after(ms(1), async {
                    let body = async { let _bomb = Bomb("a destructor"); sleep_forever().await };
                    if catching { let _ = catch_cancelled(body).await; } else { body.await }
                }).await
            });
            assert_eq!(message, "a destructor");
        }
    }

    /// T3: destructors that run because of a panic see it, and do their work.
    fn destructors_run_on_a_panic(runner: Runner) {
        let log = Log::new();
        let inside = log.clone();
        let message = message_of(runner, async move {
            let group: TaskGroup = create_task_group();
            group.run(async {
                let own = inside.clone();
                group.start_soon(async move {
                    let _first = own.on_drop("first");
                    let _bomb = Bomb("not while panicking");
                    let _second = own.on_drop("second");
                    coro_yield().await;
                    panic!("a child")
                });
            }).await
        });
        assert_eq!(message, "a child");
        log.assert(&["second", "first"]);
    }

    /// T3: several panics: the first one resumes.
    fn of_several_panics_the_first_resumes(runner: Runner) {
        let message = message_of(runner, async {
            let group: TaskGroup = create_task_group();
            group.run(async {
                for _ in 0..10 {
                    group.start(panic_in_cleanup("in the cleanup")).await;
                }
                group.start_soon(async { sleep(ms(2)).await; panic!("the first") });
            }).await
        });
        assert_eq!(message, "the first");
    }

    /// T3: through groups in groups, in tasks and bodies.
    fn a_panic_passes_through_nested_groups(runner: Runner) {
        let message = message_of(runner, async {
            let outer: TaskGroup = create_task_group();
            outer.run(async {
                outer.start_soon(async {
                    let middle: TaskGroup = create_task_group();
                    middle.run(async {
                        let inner: TaskGroup = create_task_group();
                        inner.run(async {
                            inner.start_soon(async { sleep(ms(1)).await; panic!("far below") });
                            sleep_forever().await
                        }).await
                    }).await.unwrap()
                });
                sleep_forever().await
            }).await
        });
        assert_eq!(message, "far below");
    }

    /// T3: the destructor of a value that nobody receives is part of the task.
    fn a_panic_in_the_destructor_of_a_value_that_nobody_receives_resumes_in_the_parent(runner: Runner) {
        for scoped in [false, true] {
            let log = Log::new();
            let inside = log.clone();
            let message = message_of(runner, async move {
                let group: TaskGroup = create_task_group();
                group.run(async {
                    start_cleaning(&group, &inside, "sibling").await;
                    let value = async { Bomb("nobody receives it") };
                    drop(if scoped { group.scoped().spawn_value(value) } else { group.spawn_value(value) });
                }).await
            });
            assert_eq!(message, "nobody receives it");
            log.assert(&["sibling cancelled", "sibling cleaned"]);
        }
    }

    /// T3: so is the destructor of a future that has returned.
    fn a_panic_in_the_destructor_of_a_future_that_has_returned_resumes_in_the_parent(runner: Runner) {
        struct Returns(#[allow(dead_code)] Bomb);
        impl Future for Returns {
            type Output = ();
            fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
                Poll::Ready(())
            }
        }
        for scoped in [false, true] {
            let log = Log::new();
            let inside = log.clone();
            let message = message_of(runner, async move {
                let group: TaskGroup = create_task_group();
                group.run(async {
                    start_cleaning(&group, &inside, "sibling").await;
                    let future = Returns(Bomb("it has returned"));
                    if scoped { group.scoped().start_soon(future) } else { group.start_soon(future) }
                }).await
            });
            assert_eq!(message, "it has returned");
            log.assert(&["sibling cancelled", "sibling cleaned"]);
        }
    }

    /// T3: the errors of siblings that a panic overtakes are logged.
    fn errors_that_a_panic_overtakes_are_logged(runner: Runner) {
        logged();
        let error = text_of_its_own();
        let inside = error.clone();
        let message = message_of(runner, async move {
            let group: TaskGroup = create_task_group();
            group.run(async {
                group.start(panic_in_cleanup("in the cleanup")).await;
                group.named("loser").start_soon(async move { sleep(ms(2)).await; Err(inside) });
            }).await
        });
        assert_eq!(message, "in the cleanup");
        assert!(was_logged(&error));
    }

    /// T13: the errors of children whose group is interrupted from outside are logged.
    fn errors_that_an_interruption_overtakes_are_logged(runner: Runner) {
        logged();
        let error = text_of_its_own();
        let inside = error.clone();
        runner.run(async move {
            let scope = open_cancel_scope();
            let value = scope.run(async {
                let group: TaskGroup = create_task_group();
                group.run(async {
                    group.start(async move {
                        let _ = catch_cancelled(sleep_forever()).await;
                        Err::<(), _>(inside)
                    }).await;
                    scope.cancel();
                }).await
            }).await;
            assert!(value.is_none());
        });
        assert!(was_logged(&error));
    }

    /// C10: the failures of tasks whose group was dropped are logged.
    fn failures_of_adopted_tasks_are_logged(runner: Runner) {
        logged();
        let error = text_of_its_own();
        let inside = error.clone();
        runner.run(async move {
            let group: TaskGroup = create_task_group();
            group.start(async move {
                let _ = catch_cancelled(sleep_forever()).await;
                ignore_cancellation(sleep(ms(1))).await;
                Err::<(), _>(inside)
            }).await;
        });
        assert!(was_logged(&error));
    }

    /// C10: an error that cannot be printed keeps nobody from leaving.
    fn an_error_that_cannot_be_printed_does_not_hang_the_adopter(runner: Runner) {
        logged();
        runner.run(async {
            let group: TaskGroup = create_task_group();
            group.start(async {
                let _ = catch_cancelled(sleep_forever()).await;
                ignore_cancellation(sleep(ms(1))).await;
                Err::<(), _>(Unprintable)
            }).await;
        });
    }

    /// T3: nor does it take the place of a panic.
    fn an_error_that_cannot_be_printed_does_not_replace_a_panic(runner: Runner) {
        logged();
        let message = message_of(runner, async {
            let group: TaskGroup = create_task_group();
            group.run(async {
                group.start(panic_in_cleanup("its own payload")).await;
                group.start_soon(async { Err(Unprintable) });
            }).await
        });
        assert_eq!(message, "its own payload");
    }

    /// T3: the conversion of an error into that of the group is code of the task.
    fn a_panic_in_the_conversion_of_an_error_is_one_of_the_task(runner: Runner) {
        #[derive(Debug)]
        struct Typed;
        impl fmt::Display for Typed {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("typed")
            }
        }
        impl From<u8> for Typed {
            fn from(_: u8) -> Self {
                panic!("in the conversion")
            }
        }
        for kind in 0..3 {
            let message = message_of(runner, async move {
                let group: TaskGroup<'_, Typed> = create_task_group();
                group.run(async {
                    match kind {
                        0 => group.start_soon(async { Err(1u8) }),
                        1 => group.scoped().start_soon(async { Err(1u8) }),
                        _ => {
                            let task = group.spawn(async { Err::<(), u8>(1) });
                            assert!(task.join().await.unwrap_err().is_panicked());
                        }
                    }
                    sleep_forever().await
                }).await.unwrap()
            });
            assert_eq!(message, "in the conversion");
        }
    }

    /// C10, T3: a panic that the group has taken note of before it is dropped.
    fn a_panic_in_a_group_that_is_dropped_later_resumes_in_the_adopter(runner: Runner) {
        let message = message_of(runner, async {
            let group: TaskGroup = create_task_group();
            let mut run = Box::pin(group.run(async {
                group.start_soon(async { panic!("too early") });
                ignore_cancellation(sleep_forever()).await
            }));
            assert!(futures::poll!(run.as_mut()).is_pending());
            while group.live_tasks() > 1 {
                sleep(ms(1)).await;
            }
        });
        assert_eq!(message, "too early");
    }

    /// C10, T3: a panic of a child that was adopted, while the adopter does something else.
    fn a_panic_of_an_adopted_child_resumes_in_the_adopter(runner: Runner) {
        for scoped in [false, true] {
            let message = message_of(runner, async move {
                let adopter: TaskGroup = create_task_group();
                adopter.run(async {
                    let group: TaskGroup = create_task_group();
                    let (begun, began) = futures::channel::oneshot::channel();
                    let child = async move {
                        let _bomb = Bomb("adopted");
                        begun.send(()).unwrap();
                        sleep_forever().await
                    };
                    if scoped { group.scoped().start_soon(child) } else { group.start_soon(child) }
                    let mut run = Box::pin(group.run(sleep_forever()));
                    assert!(futures::poll!(run.as_mut()).is_pending());
                    began.await.unwrap();
                    drop(run);
                    drop(group);
                    sleep_forever().await
                }).await
            });
            assert_eq!(message, "adopted");
        }
    }

    /// C10, T3: a panic in a destructor, while a group is dropped that was run or was not, keeps no borrowing child from its end.
    fn a_panic_while_a_group_is_dropped_leaves_out_no_borrowing_child(runner: Runner) {
        static LOCAL: TaskLocal<Bomb> = TaskLocal::new();
        for (run, bomb_in_body) in [(true, true), (true, false), (false, false)] {
            let log = Log::new();
            let inside = log.clone();
            let message = message_of(runner, async move {
                let group: TaskGroup = create_task_group();
                let (value, own) = (Bomb("a destructor"), inside.clone());
                let body_bomb = if bomb_in_body {
                    Some(value)
                } else {
                    // What the child inherits is dropped after it has ended.
                    LOCAL.scope(value, async { group.scoped().start_soon(sleep_forever()) }).await;
                    None
                };
                let leaves = own.clone();
                let last = Last(move || leaves.add(get_current_task().name()));
                group.scoped().named("borrower").start_soon(async move {
                    let _last = last;
                    sleep_forever().await;
                });
                group.start_soon(async move { clean_up_when_cancelled(own, "task").await });
                if !run {
                    return drop(group);
                }
                let mut running = Box::pin(group.run(async {
                    let _bomb = body_bomb;
                    group.scoped().named("from inside").start_soon(async {
                        let _last = Last(|| inside.add(get_current_task().name()));
                        sleep_forever().await;
                    });
                    sleep_forever().await;
                }));
                assert!(futures::poll!(running.as_mut()).is_pending());
                drop(running);
            });
            assert_eq!(message, "a destructor");
            assert!(log.contains("task cleaned") || !log.contains("task cancelled"));
            assert!(log.contains("borrower"));
            assert_eq!(log.contains("from inside"), run);
        }
    }

    /// T3, C8: as many panics as there are children in one turn, of what they leave behind; all of them have their turn.
    fn a_panic_of_what_a_borrowing_child_leaves_behind_holds_up_no_other(runner: Runner) {
        static LOCAL: TaskLocal<Bomb> = TaskLocal::new();
        let message = message_of(runner, async {
            let group: TaskGroup = create_task_group();
            group.run(async {
                for _ in 0..6 {
                    let start = async { group.scoped().start_soon(coro_yield()) };
                    LOCAL.scope(Bomb("left behind"), start).await;
                }
                sleep_forever().await;
            }).await
        });
        assert_eq!(message, "left behind");
    }

    /// C8: the others that wait for the same moment are woken all the same.
    fn a_waker_that_panics_when_a_deadline_passes_harms_nobody_else(runner: Runner) {
        let ended = runner.run(async {
            let deadline = current_time() + ms(5);
            let trap = Waker::from(Arc::new(Trap));
            let mut broken = Box::pin(sleep_until(deadline));
            assert!(broken.as_mut().poll(&mut Context::from_waker(&trap)).is_pending());
            let mut sleeps = FuturesUnordered::from_iter([sleep_until(deadline), sleep_until(deadline)]);
            let mut ended = 0;
            while sleeps.next().await.is_some() {
                ended += 1;
            }
            drop(broken);
            ended
        });
        assert_eq!(ended, 2);
    }

    /// T3: a branch of a `gather!` whose waker panics ends it, and the others end first.
    fn a_waker_that_panics_in_a_branch_ends_all_of_them(runner: Runner) {
        let log = Log::new();
        let inner = log.clone();
        let message = panic_message(|| {
            runner.run(async move {
                let trap = Waker::from(Arc::new(Trap));
                let mut gathering = Box::pin(async {
                    let wakes = futures::future::poll_fn(|cx| {
                        cx.waker().wake_by_ref();
                        Poll::<()>::Pending
                    });
                    gather!(clean_up_when_cancelled(inner, "other"), {
                        futures::pending!();
                        wakes.await;
                    });
                });
                assert!(futures::poll!(&mut gathering).is_pending());
                assert!(gathering.as_mut().poll(&mut Context::from_waker(&trap)).is_pending());
                gathering.await;
            });
        });
        assert_eq!(message, "the waker is broken");
        log.assert(&["other cancelled", "other cleaned"]);
    }

    /// C11: a waker that panics while a cancellation is spread harms nobody else.
    fn a_waker_that_panics_when_it_is_cancelled_harms_nobody_else(runner: Runner) {
        let log = Log::new();
        let inside = log.clone();
        runner.run(async move {
            let trap = Waker::from(Arc::new(Trap));
            let scope = easynet::cancel::open_cancel_scope();
            let value = scope.run(async {
                let mut broken = Box::pin(easynet::cancel::open_cancel_scope().run(catch_cancelled(sleep_forever())));
                let broken_scope = broken.as_mut().poll(&mut Context::from_waker(&trap));
                assert!(broken_scope.is_pending());
                let group: TaskGroup = create_task_group();
                let mut broken_group = Box::pin(group.run(sleep_forever()));
                assert!(broken_group.as_mut().poll(&mut Context::from_waker(&trap)).is_pending());
                drop(broken_group);
                let group: TaskGroup = create_task_group();
                group.run(async {
                    let own = inside.clone();
                    group.start(async move {
                        clean_up_when_cancelled(own, "child").await;
                        Ok::<_, BoxError>(())
                    }).await;
                    scope.cancel();
                    drop(broken);
                }).await
            }).await;
            assert!(value.is_none());
        });
        log.assert(&["child cancelled", "child cleaned"]);
    }

    /// T7: a waiter whose waker panics harms neither the task nor the other waiters.
    fn a_waiter_whose_waker_panics_harms_nobody_else(runner: Runner) {
        runner.run(async {
            let group: TaskGroup = create_task_group();
            group.run(async {
                let task = group.spawn_value(async { sleep(ms(2)).await; 3 });
                let trap = Waker::from(Arc::new(Trap));
                let mut broken = Box::pin(task.wait());
                let _ = broken.as_mut().poll(&mut Context::from_waker(&trap));
                assert_eq!(task.join().await.unwrap(), 3);
            }).await.unwrap();
        });
    }
}

each_virtual_backend! {
    /// T3: nothing is lost, whatever panics in a group of many, and the count comes back to zero.
    fn a_group_of_which_every_third_child_panics_ends(runner: Runner) {
        for round in 0..20u64 {
            let log = Log::new();
            let inside = log.clone();
            let message = message_of(runner, async move {
                let group: TaskGroup = create_task_group();
                let handle = group.handle();
                let own = inside.clone();
                let mut run = Box::pin(group.run(async {
                    for n in 0..30u64 {
                        let over = own.on_drop("over");
                        let child = async move {
                            let _over = over;
                            if n % 3 == 0 {
                                sleep(ms((n * 7 + round) % 5)).await;
                                panic!("one of many")
                            }
                            let _ = catch_cancelled(sleep_forever()).await;
                            ignore_cancellation(sleep(ms(n))).await;
                        };
                        if n % 2 == 0 { group.start_soon(child) } else { group.scoped().start_soon(child) }
                    }
                }));
                let panic = std::future::poll_fn(|cx| {
                    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run.as_mut().poll(cx))) {
                        Ok(poll) => poll.map(|_| unreachable!("it panics")),
                        Err(panic) => std::task::Poll::Ready(panic),
                    }
                }).await;
                assert_eq!(handle.live_tasks(), 0);
                assert_eq!(inside.entries().len(), 30);
                drop(run);
                std::panic::resume_unwind(panic)
            });
            assert_eq!(message, "one of many");
        }
    }
}
