//! What cannot go on ends with a report, which says who waits for what.

use std::future::pending;

use easynet::{
    TaskGroup,
    cancel::{catch_cancelled, open_cancel_scope_after},
    net::{create_tcp_connection, create_tcp_listeners},
    prelude::*,
    sim::{Simulation, run},
    task::create_task_group,
    time::{coro_yield, sleep, sleep_forever},
};
use easynet_tests::{DropFlag, LONG, ms};
use futures::{
    StreamExt,
    channel::{mpsc, oneshot},
    stream::FuturesUnordered,
};

use super::{SCHEDULES, failure, tree};

/// Two tasks, each of which waits for the end of the other.
pub(super) async fn embrace() {
    task_group!(|group| {
        let (left, right) = (oneshot::channel::<Task<()>>(), oneshot::channel::<Task<()>>());
        let wait = |other: oneshot::Receiver<Task<()>>| async move {
            other.await.expect("it is sent").wait().await;
        };
        let one = group.named("left").spawn_value(wait(right.1));
        let two = group.named("right").spawn_value(wait(left.1));
        left.0.send(one).expect("it is waited for");
        right.0.send(two).expect("it is waited for");
    })
    .expect("nothing fails");
}

#[test]
fn two_tasks_that_join_each_other_are_named() {
    let error = failure(embrace());
    assert!(error.is_deadlock() && !error.is_leak() && !error.is_step_limit());
    assert_eq!(
        tree(&error),
        [
            "task 1 `main`, started",
            "└─ group opened, 2 tasks left",
            "   ├─ waits for 2 tasks of the group",
            "   ├─ task 2 `left`, started",
            "   │  └─ waits for the end of task 3 `right`",
            "   └─ task 3 `right`, started",
            "      └─ waits for the end of task 2 `left`",
        ]
    );
}

#[test]
fn the_first_line_says_what_happened_when_and_under_which_seed() {
    let error = run(17, async {
        sleep(ms(1500)).await;
        pending::<()>().await;
    })
    .unwrap_err();
    let first = error.report().lines().next().unwrap();
    let expected = "deadlock: nothing can run, and no timer is set (seed 17, step 2, virtual time 1.5s)";
    assert_eq!(first, expected);
    assert_eq!(error.seed(), 17);
    assert_eq!(error.to_string(), error.report());
    assert_eq!(format!("{error:?}"), error.report());
}

#[test]
fn a_report_says_where_each_task_was_started() {
    let line = line!() + 2;
    let error = failure(async {
        task_group!(|group| { group.start_soon(pending::<()>()) }).expect("nothing fails");
    });
    let file = file!().replace('\\', "/");
    assert!(
        error.report().contains(&format!("started at {file}:{line}:")),
        "{error}"
    );
    assert!(
        error
            .report()
            .contains(&format!("group opened at {file}:{line}:")),
        "{error}"
    );
}

#[test]
fn a_report_names_no_place_inside_of_easynet() {
    let error = failure(embrace());
    assert!(!error.report().contains("easynet-core"), "{error}");
}

#[test]
fn the_report_of_a_seed_is_the_same_each_time() {
    for schedule in SCHEDULES {
        for seed in 0..16 {
            let report = || {
                Simulation::new(seed)
                    .schedule(schedule)
                    .run(embrace())
                    .unwrap_err()
            };
            assert_eq!(report().report(), report().report());
        }
    }
}

#[test]
fn a_group_that_is_shielded_in_a_cancelled_scope_is_shown_as_such() {
    let error = failure(async {
        let scope = open_cancel_scope_after(LONG);
        scope
            .run(async {
                scope.cancel();
                shield!({
                    task_group!(|group| {
                        group.named("held").start_soon(sleep_forever());
                        with_timeout!(2s, { shield!(catch_cancelled(sleep_forever())) })
                    })
                })
            })
            .await;
    });
    assert_eq!(
        tree(&error),
        [
            "task 1 `main`, started",
            "└─ scope, deadline at 3600s, cancelled",
            "   └─ shield",
            "      └─ group opened, 2 tasks left",
            "         ├─ scope, deadline at 2s, cancelled, shielded",
            "         │  └─ shield",
            "         │     └─ catch_cancelled",
            "         │        └─ sleeps until it is cancelled",
            "         └─ task 2 `held`, started",
            "            └─ sleeps until it is cancelled",
        ]
    );
}

#[test]
fn children_that_borrow_and_their_groups_are_shown() {
    let error = failure(async {
        let text = String::from("borrowed");
        let group: TaskGroup = create_task_group();
        let body = group.run(async {
            group.scoped().named("borrows").start_soon(async {
                let _text = &text;
                let inner = task_group!(|inner| { inner.named("grandchild").start_soon(sleep_forever()) });
                inner.expect("nothing fails");
            });
            coro_yield().await;
            sleep_forever().await
        });
        body.await.expect("nothing fails");
    });
    assert_eq!(
        tree(&error),
        [
            "task 1 `main`, started",
            "└─ group opened, 2 tasks left",
            "   ├─ sleeps until it is cancelled",
            "   └─ task 2 `borrows`, started",
            "      └─ group opened, 1 task left",
            "         ├─ waits for the last task of the group",
            "         └─ task 3 `grandchild`, started",
            "            └─ sleeps until it is cancelled",
        ]
    );
}

#[test]
fn what_waits_under_a_combinator_is_shown_as_it_was_polled_last() {
    let error = failure(async {
        let mut all: FuturesUnordered<_> = [(); 2].map(|()| sleep_forever()).into_iter().collect();
        all.next().await;
    });
    let lines = tree(&error);
    assert_eq!(
        lines[1], "└─ when it was last polled: sleeps until it is cancelled",
        "{error}"
    );
}

#[test]
fn what_easynet_does_not_know_of_is_said_to_be_unknown() {
    for program in [mpsc::unbounded::<()>(), mpsc::unbounded::<()>()] {
        let (_sender, mut receiver) = program;
        let error = failure(async move {
            receiver.next().await;
        });
        assert_eq!(
            tree(&error)[1],
            "└─ waits for something that easynet does not know of"
        );
    }
}

#[test]
fn operations_of_the_network_are_named() {
    let error = failure(async {
        let mut listener = create_tcp_listeners("127.0.0.1", 80).await.unwrap().remove(0);
        let client = create_tcp_connection("127.0.0.1", 80).await.unwrap();
        task_group!(|group| {
            group.named("accepts").start_soon(async move {
                let _first = listener.accept().await.unwrap();
                listener.accept().await.unwrap();
            });
            let mut client = client;
            client.recv(1).await.unwrap();
        })
        .expect("nothing fails");
    });
    let lines = tree(&error);
    assert!(lines.contains(&"   ├─ waits in `recv`".into()), "{error}");
    assert!(lines.contains(&"      └─ waits in `accept`".into()), "{error}");
}

#[test]
fn a_task_that_waits_for_one_that_ends_never_is_told_from_one_that_waits_for_its_start() {
    let error = failure(async {
        task_group!(|group| {
            let task = group.named("stuck").spawn_value(pending::<()>());
            let other = group.named("joins").spawn_value(async move {
                let _ = task.join_or_cancel().await;
            });
            other.wait().await;
        })
        .expect("nothing fails");
    });
    let lines = tree(&error);
    assert!(
        lines.contains(&"   ├─ waits for the end of task 3 `joins`".into()),
        "{error}"
    );
    assert!(
        lines.contains(&"      └─ waits for the end of task 2 `stuck`".into()),
        "{error}"
    );
}

#[test]
fn all_that_is_stuck_is_dropped() {
    let flags = [(); 3].map(|()| DropFlag::new());
    let [main, child, borrowed] = flags.clone().map(|flag| flag.guard());
    failure(async move {
        let _main = main;
        let group: TaskGroup = create_task_group();
        let body = group.run(async {
            group.start_soon(async move {
                let _child = child;
                pending::<()>().await;
            });
            group.scoped().start_soon(async move {
                let _borrowed = borrowed;
                pending::<()>().await;
            });
        });
        body.await.expect("nothing fails");
    });
    assert!(flags.iter().all(DropFlag::is_set), "{flags:?}");
}

#[test]
fn a_deadlock_is_found_under_every_schedule_and_seed() {
    for schedule in SCHEDULES {
        for seed in 0..32 {
            let ended = Simulation::new(seed).schedule(schedule).run(embrace());
            assert!(ended.unwrap_err().is_deadlock());
        }
    }
}

#[test]
fn what_a_task_waited_for_before_is_not_said_of_what_it_waits_for_now() {
    let stuck = [
        failure(async {
            sleep(ms(1)).await;
            std::future::pending::<()>().await;
        }),
        failure(async {
            coro_yield().await;
            std::future::pending::<()>().await;
        }),
        failure(async {
            task_group!(|group| { group.start_soon(async {}) }).expect("nothing fails");
            std::future::pending::<()>().await;
        }),
    ];
    for error in stuck {
        assert!(!error.report().contains("when it was last polled"), "{error}");
        assert!(error.report().contains("easynet does not know of"), "{error}");
    }
}
