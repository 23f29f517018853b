//! What easynet says to bad input, and how its errors print.
#![forbid(unsafe_code)]

use std::{
    error::Error,
    future::ready,
    io,
    os::unix::net::{UnixDatagram, UnixStream},
    pin::pin,
};

use easynet::{
    AsyncBackend, BoxError, Cancelled, Flavor, RunnerOptions, TaskGroup, TaskGroupError, TimedOut,
    cancel::{CancelScope, catch_cancelled, ignore_cancellation, is_cancelled, open_cancel_scope},
    ensure_backend, net, new_builtin_backend,
    task::{create_task_group, gather, get_current_task, try_gather},
    time::{coro_yield, current_time, move_on_after, sleep, sleep_forever, timeout},
};
use easynet_tests::{LONG, Runner, each_backend, ms, panic_file, panic_message};
use futures::channel::oneshot;

const NO_BACKEND: &str = "no easynet backend is running here: call this in async code under `#[easynet::main]`, \
                          `AsyncBackend::bootstrap`, or a tokio runtime";

#[derive(Debug)]
struct Outer(io::Error);

impl std::fmt::Display for Outer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cannot read the settings")
    }
}

impl Error for Outer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[test]
fn an_unknown_backend_is_named_beside_those_there_are() {
    let error = new_builtin_backend("trio").unwrap_err();
    assert_eq!(error.name(), "trio");
    assert!(!error.is_disabled());
    assert_eq!(
        error.to_string(),
        "there is no backend `trio`; the built-in ones are: tokio, sim"
    );
    assert!(new_builtin_backend("").is_err());
    assert!(new_builtin_backend("Tokio").is_err());
}

#[test]
fn without_a_backend_there_is_none_to_find() {
    assert_eq!(ensure_backend(None).unwrap_err().to_string(), NO_BACKEND);
}

#[test]
fn ambient_calls_outside_of_any_backend_say_where_they_belong() {
    let calls: [(&str, fn()); 25] = [
        ("sleep", || drop(sleep(ms(1)))),
        ("sleep_until", || {
            drop(easynet::time::sleep_until(std::time::Instant::now()))
        }),
        ("sleep_forever", || drop(sleep_forever())),
        ("coro_yield", || drop(coro_yield())),
        ("current_time", || _ = current_time()),
        ("timeout", || drop(timeout(ms(1), ready(())))),
        ("move_on_after", || drop(move_on_after(ms(1), ready(())))),
        ("open_cancel_scope", || drop(open_cancel_scope())),
        ("ignore_cancellation", || drop(ignore_cancellation(ready(())))),
        ("catch_cancelled", || drop(catch_cancelled(ready(())))),
        ("gather", || drop(gather([ready(())]))),
        ("try_gather", || {
            drop(try_gather::<_, _, BoxError>([ready(Ok::<_, BoxError>(()))]))
        }),
        ("create_task_group", || drop(create_task_group::<BoxError>())),
        ("getaddrinfo", || drop(net::getaddrinfo("localhost", 80))),
        ("getnameinfo", || drop(net::getnameinfo(([127, 0, 0, 1], 80)))),
        ("create_tcp_connection", || {
            drop(net::create_tcp_connection("localhost", 80))
        }),
        ("create_tcp_listeners", || {
            drop(net::create_tcp_listeners(None, 0))
        }),
        ("create_udp_endpoint", || {
            drop(net::create_udp_endpoint("localhost", 80))
        }),
        ("create_udp_listeners", || {
            drop(net::create_udp_listeners(None, 0))
        }),
        ("create_unix_stream_connection", || {
            drop(net::create_unix_stream_connection("socket"))
        }),
        ("create_unix_stream_listener", || {
            drop(net::create_unix_stream_listener("socket"))
        }),
        ("create_unix_datagram_endpoint", || {
            drop(net::create_unix_datagram_endpoint("socket"))
        }),
        ("create_unix_datagram_listener", || {
            drop(net::create_unix_datagram_listener("socket"))
        }),
        ("wrap_stream_socket", || {
            let (socket, _) = UnixStream::pair().unwrap();
            drop(net::wrap_stream_socket(socket));
        }),
        ("wrap_connected_datagram_socket", || {
            let (socket, _) = UnixDatagram::pair().unwrap();
            drop(net::wrap_connected_datagram_socket(socket));
        }),
    ];
    for (name, call) in calls {
        assert_eq!(panic_message(call), NO_BACKEND, "{name}");
        assert_eq!(panic_file(call), file!(), "{name} is called here");
    }
    assert!(!is_cancelled(), "outside of any scope nothing is cancelled");
}

#[test]
fn get_current_task_outside_of_any_task_says_so() {
    assert_eq!(
        panic_message(get_current_task),
        "get_current_task: this code runs outside of any easynet task"
    );
    assert_eq!(panic_file(|| drop(get_current_task())), file!());
}

/// Options are a matter of the backend; these are tokio's.
#[test]
fn options_that_do_not_fit_each_other_are_refused() {
    let backend = new_builtin_backend("tokio").unwrap();
    let refused = |options: RunnerOptions| {
        let error = backend.bootstrap_with(&options, ready(())).unwrap_err();
        assert!(error.is_options() && !error.is_nested());
        error.to_string()
    };
    assert_eq!(
        refused(
            RunnerOptions::new()
                .flavor(Flavor::CurrentThread)
                .worker_threads(2)
        ),
        "cannot run the tokio backend: worker_threads needs the multi_thread flavor; current_thread runs on the \
         calling thread only",
    );
    assert_eq!(
        refused(RunnerOptions::new().start_paused(true)),
        "cannot run the tokio backend: start_paused needs the current_thread flavor",
    );
    assert_eq!(
        refused(
            RunnerOptions::new()
                .flavor(Flavor::MultiThread)
                .start_paused(true)
                .worker_threads(1)
        ),
        "cannot run the tokio backend: start_paused needs the current_thread flavor",
    );
}

#[test]
fn a_runtime_without_threads_is_refused() {
    let message = panic_message(|| RunnerOptions::new().worker_threads(0));
    assert_eq!(message, "worker_threads: a runtime needs at least one thread");
    let message = panic_message(|| RunnerOptions::new().max_blocking_threads(0));
    assert_eq!(
        message,
        "max_blocking_threads: blocking jobs need at least one thread"
    );
}

each_backend! {
    /// RUN-03, T12
    async fn a_nested_bootstrap_says_what_to_do_instead(runner: Runner) {
        let backend = runner.backend();
        let error = backend.bootstrap(ready(())).unwrap_err();
        assert!(error.is_nested() && !error.is_options() && error.source().is_none());
        assert_eq!(
            error.to_string(),
            format!(
                "cannot bootstrap the {} backend inside of a running one: await the future here, or start it in a task group",
                backend.name(),
            )
        );
        assert_eq!(format!("{error:?}"), format!("BootstrapError({error})"));
    }

    #[should_panic = "this cancel scope has been entered before: a scope works once, open a new one"]
    async fn a_scope_entered_twice_says_so() {
        let scope = open_cancel_scope();
        let _first = scope.run(ready(()));
        let _second = scope.run_or_time_out(ready(()));
    }

    #[should_panic = "this task group has been run before: open a new one"]
    async fn a_group_run_twice_says_so() {
        let group: TaskGroup = create_task_group();
        group.run(ready(())).await.unwrap();
        group.run(ready(())).await.unwrap();
    }

    /// T8
    async fn a_closed_group_says_what_to_do_instead() {
        let group: TaskGroup = create_task_group();
        group.run(ready(())).await.unwrap();
        let closed = group.try_start_soon(ready(())).unwrap_err();
        assert_eq!(
            closed.to_string(),
            "the task group has closed; start the task in a group that lives longer",
        );
        assert_eq!(format!("{closed:?}"), "GroupClosed { .. }");
        closed.into_future().await;
    }

    async fn a_timeout_says_so() {
        let error: TimedOut = timeout(ms(0), sleep_forever()).await.unwrap_err();
        assert_eq!(error.to_string(), "timed out");
        let error: io::Error = error.into();
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (io::ErrorKind::TimedOut, "timed out")
        );
        let error: BoxError = error.into();
        assert_eq!(error.to_string(), "timed out");
    }

    /// C12
    async fn a_cancellation_says_why() {
        async fn said(cancel: impl FnOnce(&CancelScope)) -> (Cancelled, String) {
            let scope = open_cancel_scope();
            scope
                .run(async {
                    cancel(&scope);
                    let cancelled = catch_cancelled(sleep_forever()).await.unwrap_err();
                    (cancelled.clone(), cancelled.to_string())
                })
                .await
                .expect("there is no checkpoint after it")
        }

        let line = line!() + 1;
        let (cancelled, text) = said(|scope| scope.cancel()).await;
        let place = cancelled.reason().location().unwrap();
        assert_eq!((place.file(), place.line()), (file!(), line));
        assert_eq!(text, format!("cancelled: asked for at {place}"));
        assert_eq!(
            format!("{:?}", cancelled.reason()),
            format!("CancelReason(asked for at {place})")
        );

        let (cancelled, text) = said(|scope| scope.cancel_because("the client is gone")).await;
        let place = cancelled.reason().location().unwrap();
        assert_eq!(
            text,
            format!("cancelled: the client is gone (asked for at {place})")
        );

        let (cancelled, text) = said(|scope| scope.set_deadline(current_time() - ms(1))).await;
        assert_eq!(text, "cancelled: the deadline passed");
        assert_eq!(
            format!("{:?}", cancelled.reason()),
            "CancelReason(the deadline passed)"
        );
    }

    /// C12
    async fn a_cancellation_by_a_sibling_says_whose_failure_it_was() {
        let group: TaskGroup = create_task_group();
        let error = group
            .run(async {
                group.named("db").start_soon(async { Err("connection refused") });
                let cancelled = catch_cancelled(sleep_forever()).await.unwrap_err();
                let task = cancelled.reason().failed_task().unwrap();
                assert_eq!(task.name(), "db");
                assert_eq!(cancelled.to_string(), format!("cancelled: {task} failed"));
            })
            .await
            .unwrap_err();
        assert_eq!(error.failures().len(), 1);
    }

    /// C10, C12
    async fn a_cancellation_by_a_drop_says_so() {
        let (send, said) = oneshot::channel();
        let outer: TaskGroup = create_task_group();
        outer
            .run(async {
                let group: TaskGroup = create_task_group();
                let (begin, begun) = oneshot::channel();
                let run = group.run(async {
                    group
                        .start(async {
                            let cancelled = catch_cancelled(sleep_forever()).await.unwrap_err();
                            send.send(cancelled.to_string()).unwrap();
                            Ok::<_, BoxError>(())
                        })
                        .await;
                    begin.send(()).unwrap();
                    sleep_forever().await;
                });
                futures::future::select(pin!(run), begun).await;
            })
            .await
            .unwrap();
        assert_eq!(
            said.await.unwrap(),
            "cancelled: the future of the group was dropped"
        );
    }

    async fn a_task_says_who_it_is() {
        let group: TaskGroup = create_task_group();
        group
            .run(async {
                let line = line!() + 1;
                let task = group.named("conn 7").spawn_value(ready(()));
                let (id, at) = (task.info().id(), task.info().location());
                assert_eq!((at.file(), at.line()), (file!(), line));
                assert_eq!(
                    task.info().to_string(),
                    format!("task {id} `conn 7` started at {at}")
                );
                assert_eq!(
                    format!("{:?}", task.info()),
                    format!("TaskInfo {{ id: {id}, name: \"conn 7\", location: {at} }}"),
                );
                assert_eq!(format!("{id:?}"), format!("TaskId({id})"));
                assert_eq!(id.number().to_string(), id.to_string());
            })
            .await
            .unwrap();
    }

    /// T7
    async fn a_join_that_has_no_value_says_why() {
        let group: TaskGroup = create_task_group();
        let error = group
            .run(async {
                let task = group.start(sleep_forever()).await;
                task.cancel();
                let error = task.join().await.unwrap_err();
                assert_eq!(error.to_string(), format!("{} was cancelled", task.info()));

                let task = group.spawn_value(ready(()));
                task.join().await.unwrap();
                let error = task.join().await.unwrap_err();
                assert_eq!(
                    error.to_string(),
                    format!("{} has been joined before, and its value was taken", task.info())
                );

                let task = group.spawn(ready(Err::<(), _>("E")));
                let error = ignore_cancellation(task.join()).await.unwrap_err();
                assert_eq!(
                    error.to_string(),
                    format!("{} failed; its group reports the error", task.info())
                );
                assert!(error.source().is_none());
            })
            .await
            .unwrap_err();
        assert_eq!(error.into_first_error().unwrap().to_string(), "E");
    }

    /// T2
    async fn one_failure_prints_as_a_tree() {
        let opened = line!() + 1;
        let group: TaskGroup = create_task_group();
        let child = ready(Err::<(), _>("connection refused"));
        let started = line!() + 1;
        group.named("db").start_soon(child);
        let error = group.run(ready(())).await.unwrap_err();
        let task = error.failures()[0].task();
        assert_eq!(
            (error.location().line(), task.location().line()),
            (opened, started)
        );
        assert_eq!(
            (error.location().file(), task.location().file()),
            (file!(), file!())
        );
        let text = format!(
            "1 task failed in the group opened at {place}\n\
             └─ task {id} `db` started at {start}: connection refused",
            place = error.location(),
            id = task.id(),
            start = task.location(),
        );
        assert_eq!(error.to_string(), text);
        assert_eq!(format!("{error:?}"), text);
        assert_eq!(error.source().unwrap().to_string(), "connection refused");
        assert_eq!(
            error.failures()[0].to_string(),
            format!("{task}: connection refused")
        );
    }

    /// T2: what a failure was caused by is on its line, and further lines are kept under it.
    async fn causes_and_lines_print_with_their_failure() {
        let group: TaskGroup = create_task_group();
        let error = group
            .run(async {
                let lines = group.named("lines").spawn(async {
                    catch_cancelled(sleep_forever()).await.unwrap_err();
                    Err::<(), _>("one\ntwo")
                });
                coro_yield().await;
                group
                    .named("cause")
                    .start(async {
                        Err::<(), _>(Outer(io::Error::new(io::ErrorKind::NotFound, "no such file")))
                    })
                    .await;
                lines.wait().await;
            })
            .await;
        let error = match error {
            Err(error) => error,
            Ok(()) => unreachable!("a task fails"),
        };
        let tasks: Vec<_> = error.failures().iter().map(|failure| failure.task()).collect();
        let mut expected = format!(
            "{} failed in the group opened at {}\n",
            count(tasks.len()),
            error.location()
        );
        match tasks[..] {
            [cause, lines] => {
                expected += &format!("├─ {cause}: cannot read the settings: no such file\n");
                expected += &format!("└─ {lines}: one\n   two");
            }
            // The other had not begun by then (T10).
            _ => expected += &format!("└─ {}: cannot read the settings: no such file", tasks[0]),
        }
        assert_eq!(error.to_string(), expected);
    }

    /// T2: groups nest in the tree.
    async fn nested_groups_print_as_a_tree() {
        let outer: TaskGroup = create_task_group();
        let error = outer
            .run(async {
                let cleanup = outer
                    .named("cleanup")
                    .start(async {
                        catch_cancelled(sleep_forever()).await.unwrap_err();
                        Err::<(), _>("cannot flush")
                    })
                    .await;
                outer.named("server").start_soon(async {
                    let inner: TaskGroup = create_task_group();
                    inner
                        .run(async {
                            let late = inner
                                .named("late")
                                .start(async {
                                    catch_cancelled(sleep_forever()).await.unwrap_err();
                                    Err::<(), _>("line one\nline two")
                                })
                                .await;
                            inner.named("conn").start_soon(async { Err("reset by peer") });
                            late.wait().await;
                        })
                        .await
                });
                cleanup.wait().await;
            })
            .await
            .unwrap_err();
        let [server, cleanup] = error.failures() else {
            panic!("two tasks fail: {error}")
        };
        let inner = server.error().downcast_ref::<TaskGroupError>().unwrap();
        let [conn, late] = inner.failures() else {
            panic!("two tasks fail: {inner}")
        };
        let text = format!(
            "2 tasks failed in the group opened at {}\n\
             ├─ {}: 2 tasks failed in the group opened at {}\n\
             │  ├─ {}: reset by peer\n\
             │  └─ {}: line one\n\
             │     line two\n\
             └─ {}: cannot flush",
            error.location(),
            server.task(),
            inner.location(),
            conn.task(),
            late.task(),
            cleanup.task(),
        );
        assert_eq!(error.to_string(), text);
        assert_eq!(format!("{error:?}"), text);
        let names: Vec<_> = [server.task(), conn.task(), late.task(), cleanup.task()]
            .map(|task| task.name())
            .into();
        assert_eq!(names, ["server", "conn", "late", "cleanup"]);
        // As `main` would print it.
        let boxed: BoxError = error.into();
        assert_eq!(format!("{boxed:?}"), text);
    }

    /// T2: a typed group prints the same.
    async fn a_typed_group_prints_as_a_tree() {
        let group: TaskGroup<'_, io::Error> = create_task_group();
        let error = group
            .run(async {
                group
                    .named("dial")
                    .start_soon(async { timeout(ms(0), sleep(LONG)).await });
            })
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "1 task failed in the group opened at {}\n└─ {}: timed out",
                error.location(),
                error.failures()[0].task(),
            )
        );
    }

    /// The main program may return it.
    fn an_error_of_a_group_leaves_the_program(runner: Runner) {
        let result: Result<(), Box<dyn Error + Send + Sync>> = runner.run(async {
            let group: TaskGroup = create_task_group();
            group.run(async { group.start_soon(async { Err("E") }) }).await?;
            Ok(())
        });
        assert!(format!("{:?}", result.unwrap_err()).starts_with("1 task failed in the group opened at"));
    }
}

fn count(tasks: usize) -> String {
    if tasks == 1 {
        "1 task".to_owned()
    } else {
        format!("{tasks} tasks")
    }
}
