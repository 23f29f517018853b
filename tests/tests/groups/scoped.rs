//! Children that borrow from outside of the group (T6).

use std::{
    future::{Future, pending, poll_fn, ready},
    hint,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
        mpsc,
    },
    task::{Poll, Waker},
    thread,
};

use easynet::{
    BoxError, TaskGroup,
    cancel::{catch_cancelled, ignore_cancellation, open_cancel_scope},
    sync::Event,
    task::{create_task_group, get_current_task},
    time::{coro_yield, move_on_after, sleep, sleep_forever},
};
use easynet_tests::{LONG, Log, clean_up_when_cancelled, each_backend, ms};
use futures::{future::join, poll};

use super::texts;

each_backend! {
    /// GRP-06: also when the group itself polls the task.
    async fn start_of_a_borrowing_task_returns_once_it_has_begun() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let task = group
                    .scoped()
                    .start(async {
                        log.add("begun");
                        sleep(ms(1)).await;
                        log.add("ended");
                        Ok::<_, BoxError>(5)
                    })
                    .await;
                log.assert(&["begun"]);
                assert!(!task.done());
                assert_eq!(task.join().await.unwrap(), 5);
            })
            .await
            .unwrap();
    }

    /// GRP-08, for a task that the group itself polls.
    async fn start_of_a_borrowing_task_in_a_cancelled_scope_ends_it_too() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let task = move_on_after(
                    ms(0),
                    group.scoped().start(async {
                        coro_yield().await;
                        log.add("past the first await");
                        sleep(LONG).await;
                        Ok::<_, BoxError>(())
                    }),
                )
                .await;
                assert!(task.is_none());
            })
            .await
            .unwrap();
        log.assert(&[]);
    }

    /// GRP-09, T6: the other way round.
    async fn a_failing_borrowing_child_cancels_its_siblings() {
        let log = Log::new();
        let group: TaskGroup = create_task_group();
        let error = group
            .run(async {
                group.start_soon(clean_up_when_cancelled(log.clone(), "sibling"));
                group.scoped().start_soon(async {
                    sleep(ms(1)).await;
                    log.add("fails");
                    Err("E")
                });
                sleep_forever().await;
            })
            .await
            .unwrap_err();
        assert_eq!(texts(&error), ["E"]);
        // A sibling that had not been polled by then never runs (T10).
        assert!(!log.contains("sibling cancelled") || log.entries().last().unwrap() == "sibling cleaned");
    }

    /// T6
    async fn scoped_children_borrow_and_change_what_is_outside() {
        let mut words = vec![String::from("one"), String::from("two")];
        let total = Mutex::new(0);
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                for word in &mut words {
                    group.scoped().start_soon(async {
                        coro_yield().await;
                        word.push('!');
                        *total.lock().unwrap() += word.len();
                    });
                }
            })
            .await
            .unwrap();
        drop(group);
        assert_eq!(words, ["one!", "two!"]);
        assert_eq!(total.into_inner().unwrap(), 8);
    }

    /// T6: the same handle methods, the same outcome.
    async fn scoped_children_are_joined_and_fail_like_others() {
        let text = String::from("value");
        let group: TaskGroup = create_task_group();
        let error = group
            .run(async {
                let value = group.scoped().spawn(async { Ok::<_, BoxError>(text.as_str()) });
                assert_eq!(value.join().await.unwrap(), "value");
                let value = group.scoped().spawn_value(async { text.len() });
                assert_eq!(value.join().await.unwrap(), 5);
                group
                    .scoped()
                    .named("borrower")
                    .start_soon(async { Err(format!("not {text}")) });
            })
            .await
            .unwrap_err();
        assert_eq!(texts(&error), ["not value"]);
        assert_eq!(error.failures()[0].task().name(), "borrower");
    }

    /// T6, C11: nothing spins, not even once around.
    async fn a_wake_of_a_borrowing_child_is_one_poll_of_its_task() {
        let (event, polls) = (Event::new(), Mutex::new(0));
        let group: TaskGroup = create_task_group();
        let mut running = pin!(group.run(async {
            group.scoped().start_soon(async {
                for _ in 0..10 {
                    event.wait().await;
                    coro_yield().await;
                }
            });
        }));
        event.set();
        let ended = poll_fn(|cx| {
            *polls.lock().unwrap() += 1;
            running.as_mut().poll(cx)
        });
        ended.await.unwrap();
        assert_eq!(polls.into_inner().unwrap(), 11);
    }

    /// T6: they share one task, which lets others have their turn.
    async fn a_thousand_borrowing_children_are_polled_in_several_turns() {
        let (ended, polls) = (Mutex::new(0), Mutex::new(0));
        let group: TaskGroup = create_task_group();
        let mut running = pin!(group.run(async {
            for _ in 0..1_000 {
                group.scoped().start_soon(async { *ended.lock().unwrap() += 1 });
            }
        }));
        poll_fn(|cx| {
            *polls.lock().unwrap() += 1;
            let polled = running.as_mut().poll(cx);
            assert!(*ended.lock().unwrap() <= 256 * *polls.lock().unwrap());
            polled
        })
        .await
        .unwrap();
        assert_eq!(*ended.lock().unwrap(), 1_000);
        assert_eq!(polls.into_inner().unwrap(), 4);
    }

    /// T6, C3: also where they start others without end.
    async fn borrowing_children_that_start_others_let_those_beside_the_group_have_their_turn() {
        let (group, over) = (Arc::<TaskGroup>::new(create_task_group()), Arc::new(AtomicBool::new(false)));
        let running = group.run(async {
            for _ in 0..300 {
                let (own, over) = (group.clone(), over.clone());
                group.scoped().start_soon(async move {
                    while !over.load(Relaxed) {
                        own.scoped().start_soon(ready(()));
                        coro_yield().await;
                    }
                });
            }
        });
        let (ended, ()) = join(running, async {
            for _ in 0..3 {
                coro_yield().await;
            }
            over.store(true, Relaxed);
        })
        .await;
        ended.unwrap();
    }

    /// T1, T6: the body and all that borrowed have ended, a task has not; one comes from beside the group, and starts others.
    async fn a_group_that_waits_for_a_task_takes_in_children_that_borrow() {
        let group = Arc::<TaskGroup>::new(create_task_group());
        let (log, event) = (Log::new(), Arc::new(Event::new()));
        let waits = event.clone();
        group.start_soon(async move { waits.wait().await });
        let running = group.run(async { group.scoped().start_soon(ready(())) });
        let beside = async {
            for round in 0..3 {
                for _ in 0..3 {
                    coro_yield().await;
                }
                assert_eq!(group.live_tasks(), 1, "only the task is left in round {round}");
                let (own, inside) = (group.clone(), log.clone());
                group.scoped().start_soon(async move {
                    assert_eq!(own.live_tasks(), 2);
                    for _ in 0..2 {
                        let inside = inside.clone();
                        own.scoped().start_soon(async move {
                            coro_yield().await;
                            inside.add("ended");
                        });
                    }
                    assert_eq!(own.live_tasks(), 4);
                });
                assert_eq!(group.live_tasks(), 2);
                coro_yield().await;
            }
            event.set();
        };
        let (ended, ()) = join(running, beside).await;
        ended.unwrap();
        assert_eq!(log.entries().len(), 6);
        assert!(group.is_closed());
        assert_eq!(group.live_tasks(), 0);
    }

    /// C10, T6: a child that comes from another thread while the future of the group is dropped is dropped as well.
    async fn no_child_is_left_in_a_group_that_is_dropped_while_others_start_some() {
        for round in 0..300 {
            let group = Arc::<TaskGroup>::new(create_task_group());
            let mut running = Box::pin(group.run(sleep_forever()));
            assert!(poll!(running.as_mut()).is_pending());
            let (other, (begin, begun)) = (group.clone(), mpsc::channel());
            let starting = thread::spawn(move || {
                begin.send(()).unwrap();
                for _ in 0..50 {
                    other.scoped().start_soon(pending::<()>());
                }
            });
            begun.recv().unwrap();
            for _ in 0..5 * round {
                hint::spin_loop();
            }
            drop(running);
            starting.join().unwrap();
            assert_eq!(group.live_tasks(), 0);
        }
    }

    /// T6: places are used again by the groups that follow; who has ended there stays unheard.
    async fn old_wakers_of_borrowing_children_do_no_harm_to_those_of_later_groups() {
        let old = Mutex::new(Vec::new());
        for round in 0..5 {
            let (event, ended) = (Event::new(), Mutex::new(0));
            let group: TaskGroup = create_task_group();
            group
                .run(async {
                    for _ in 0..3 {
                        group.scoped().start_soon(async {
                            poll_fn(|cx| {
                                old.lock().unwrap().push(cx.waker().clone());
                                Poll::Ready(())
                            })
                            .await;
                            event.wait().await;
                            coro_yield().await;
                            *ended.lock().unwrap() += 1;
                        });
                    }
                    for _ in 0..3 {
                        coro_yield().await;
                        old.lock().unwrap().iter().for_each(Waker::wake_by_ref);
                    }
                    assert_eq!(*ended.lock().unwrap(), 0, "none was let go by an old waker");
                    event.set();
                })
                .await
                .unwrap();
            assert_eq!(*ended.lock().unwrap(), 3, "in round {round}");
            // Nobody sits there now.
            old.lock().unwrap().iter().for_each(Waker::wake_by_ref);
            let wakers = old.lock().unwrap().clone();
            thread::spawn(move || wakers.into_iter().for_each(Waker::wake)).join().unwrap();
        }
    }

    /// C1, T6: the group tells those that it polls itself, however many, and polls each until it has let go.
    async fn borrowing_children_are_told_of_a_cancellation_and_may_clean_up() {
        const N: usize = 600;
        let (begun, cleaned) = (Mutex::new(0), Mutex::new(0));
        let scope = open_cancel_scope();
        let value = scope
            .run(async {
                let group: TaskGroup = create_task_group();
                group
                    .run(async {
                        for _ in 0..N {
                            group.scoped().start_soon(async {
                                *begun.lock().unwrap() += 1;
                                if catch_cancelled(sleep_forever()).await.is_err() {
                                    ignore_cancellation(coro_yield()).await;
                                    *cleaned.lock().unwrap() += 1;
                                }
                            });
                        }
                        while *begun.lock().unwrap() < N {
                            coro_yield().await;
                        }
                        scope.cancel();
                        sleep_forever().await
                    })
                    .await
            })
            .await;
        assert!(value.is_none());
        assert_eq!(*cleaned.lock().unwrap(), N);
    }

    /// The count is exact whenever nothing moves, whoever is counted by whom.
    async fn live_tasks_counts_borrowing_children_and_the_body_as_long_as_each_runs() {
        let (first, second, seen) = (Event::new(), Event::new(), Mutex::new(Vec::new()));
        let note = |when, live| seen.lock().unwrap().push((when, live));
        let group: TaskGroup = create_task_group();
        let handles = [group.handle(), group.handle()];
        let in_group = group.handle();
        group
            .run(async {
                note("the body alone", group.live_tasks());
                let [one, other] = handles;
                let (first, second, note) = (&first, &second, &note);
                group.scoped().start_soon(async move {
                    first.wait().await;
                    note("the body and two", one.live_tasks());
                });
                group.scoped().start_soon(async move {
                    second.wait().await;
                    note("the last one", other.live_tasks());
                });
                group.start_soon(async {});
                while group.live_tasks() > 3 {
                    coro_yield().await;
                }
                first.set();
                while group.live_tasks() > 2 {
                    coro_yield().await;
                }
                note("one has ended", group.live_tasks());
                second.set();
            })
            .await
            .unwrap();
        note("all have", in_group.live_tasks());
        let wanted = [
            ("the body alone", 1),
            ("the body and two", 3),
            ("one has ended", 2),
            ("the last one", 1),
            ("all have", 0),
        ];
        assert_eq!(*seen.lock().unwrap(), wanted);
    }

    /// T6, C3: one that comes last begins beside more than have their turn in one poll.
    async fn a_borrowing_child_begins_beside_many_that_never_wait() {
        let over = AtomicBool::new(false);
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                for _ in 0..600 {
                    group.scoped().start_soon(async {
                        while !over.load(Relaxed) {
                            coro_yield().await;
                        }
                    });
                }
                for _ in 0..5 {
                    coro_yield().await;
                }
                group.scoped().start_soon(async { over.store(true, Relaxed) });
            })
            .await
            .unwrap();
    }

    /// T6: from other threads too, while the body starts some itself.
    async fn threads_start_borrowing_children_beside_the_body() {
        const N: usize = 300;
        let ended = Mutex::new(0);
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let start = || group.scoped().start_soon(async { *ended.lock().unwrap() += 1 });
                thread::scope(|scope| {
                    for _ in 0..2 {
                        scope.spawn(|| (0..N).for_each(|_| start()));
                    }
                    (0..N).for_each(|_| start());
                });
                assert_eq!(group.live_tasks(), 3 * N + 1);
            })
            .await
            .unwrap();
        assert_eq!(*ended.lock().unwrap(), 3 * N);
        assert_eq!(group.live_tasks(), 0);
    }

    /// C10: whether they have run or not, and whether the group has.
    async fn borrowing_children_of_a_dropped_group_are_dropped_as_themselves() {
        struct Tell<'a>(&'a Mutex<Vec<String>>);
        impl Drop for Tell<'_> {
            fn drop(&mut self) {
                let name = get_current_task().name().to_owned();
                self.0.lock().unwrap().push(name);
            }
        }
        fn start<'env>(group: &TaskGroup<'env>, dropped: &'env Mutex<Vec<String>>, name: &str) {
            let tell = Tell(dropped);
            group.named(name).scoped().start_soon(async move {
                let _tell = tell;
                sleep_forever().await
            });
        }
        let dropped = Mutex::new(Vec::new());
        {
            let group: TaskGroup = create_task_group();
            let mut run = Box::pin(group.run(async {
                start(&group, &dropped, "suspended");
                sleep_forever().await
            }));
            poll_fn(|cx| {
                assert!(run.as_mut().poll(cx).is_pending());
                Poll::Ready(())
            })
            .await;
            start(&group, &dropped, "on its way");
            drop(run);
            assert_eq!(*dropped.lock().unwrap(), ["suspended", "on its way"]);
        }
        let group: TaskGroup = create_task_group();
        start(&group, &dropped, "never run");
        drop(group);
        assert_eq!(*dropped.lock().unwrap(), ["suspended", "on its way", "never run"]);
    }
}
