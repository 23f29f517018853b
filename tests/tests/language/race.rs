//! `race!`: the first to finish wins, the others have ended before its arm runs.

use std::future::ready;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use easynet::cancel::is_cancelled;
use easynet::net::{create_tcp_connection, create_tcp_listeners};
use easynet::prelude::*;
use easynet::sync::Event;
use easynet::testing::cancel_at_every_await;
use easynet::time::{coro_yield, sleep, sleep_forever};
use easynet_tests::{
    DropFlag, DropGuard, LONG, Log, Runner, clean_up_when_cancelled, each_backend, each_virtual_backend, ms,
    panic_message,
};
use futures::channel::oneshot;
use futures::stream::{FuturesUnordered, StreamExt};

use super::{Failed, Wide, maybe, parse, step};

/// Suspends so often, and yields the number.
async fn turns(n: u32) -> u32 {
    for _ in 0..n {
        coro_yield().await;
    }
    n
}

each_virtual_backend! {
    async fn the_first_to_finish_wins(runner: Runner) {
        let watch = runner.stopwatch();
        let slow = async |n: u64| {
            sleep(ms(n)).await;
            n
        };
        assert_eq!(race!(slow(300), slow(100), { slow(200).await }), 100);
        watch.assert_reads(ms(100));
    }

    async fn a_deadline_is_a_branch_like_any_other(runner: Runner) {
        let watch = runner.stopwatch();
        let value = race!(
            with_timeout!(1s, sleep_forever()), |outcome| outcome.is_err(),
            sleep(LONG), |()| false,
        );
        assert!(value);
        watch.assert_reads(ms(1000));
    }
}

each_backend! {
    async fn a_branch_without_an_arm_yields_its_value() {
        assert_eq!(race!(turns(3), turns(1)), 1);
        assert_eq!(race!(turns(1), turns(3)), 1);
        assert_eq!(race!(turns(2)), 2);
        assert_eq!(race! { turns(3), { turns(2).await + 1 }, }, 3);
    }

    async fn an_arm_gets_the_value_of_its_branch() {
        async fn named(n: u32) -> String {
            race!(
                turns(n), |n| format!("first {n}"),
                { turns(3).await; (3, "three") }, |(n, name): (u32, &str)| {
                    format!("{name} {n}")
                },
                turns(5), |_| unreachable!(),
            )
        }
        assert_eq!(named(1).await, "first 1");
        assert_eq!(named(7).await, "three 3");
    }

    async fn of_two_that_are_ready_the_one_that_is_written_first_wins() {
        let dropped = DropFlag::new();
        let guard = dropped.guard();
        let value = race!(ready(1), async move {
            let _guard = guard;
            2
        });
        assert_eq!(value, 1);
        assert!(dropped.is_set());
        let mut ran = false;
        assert_eq!(race!({ 1 }, { ran = true; 2 }), 1);
        assert!(!ran);
    }

    async fn the_losers_have_ended_before_the_arm_runs() {
        // A child that has not begun would never run (T10).
        let (log, begun) = (Log::new(), Arc::new(Event::new()));
        let begins = begun.clone();
        race!(
            clean_up_when_cancelled(log.clone(), "first"), |()| unreachable!(),
            { begun.wait().await; turns(2).await }, |_| log.add("arm"),
            {
                let _dropped = log.on_drop("dropped");
                task_group!(|group| {
                    let child = clean_up_when_cancelled(log.clone(), "child");
                    group.start_soon(async move {
                        begins.set();
                        child.await
                    });
                    sleep_forever().await
                })
                .unwrap()
            }, |()| unreachable!(),
        );
        let entries = log.entries();
        assert_eq!(entries.last().unwrap(), "arm");
        log.assert_unordered(&[
            "first cancelled", "child cancelled", "first cleaned", "child cleaned", "dropped", "arm",
        ]);
    }

    async fn a_loser_is_told_why() {
        let mut told = String::new();
        race!(turns(2), {
            told = catch_cancelled!({ sleep_forever().await }).map_or_else(|error| error.to_string(), |()| String::new());
            0
        });
        assert_eq!(told, "cancelled: another branch of a race finished first");
    }

    async fn a_loser_is_not_polled_again() {
        let (mut sender, receiver) = futures::channel::mpsc::unbounded();
        let mut receiver = receiver.fuse();
        for n in 0..20 {
            sender.start_send(n).unwrap();
            // The message has come when the race is decided.
            let _ = race!(ready(None), receiver.next());
        }
        for n in 0..20 {
            assert_eq!(race!(receiver.next(), ready(None)), Some(n));
        }
    }

    async fn no_byte_is_lost_by_a_losing_recv() -> io::Result<()> {
        const BYTES: usize = 200;
        let mut listener = create_tcp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
        let port = listener.local_address()?.port();
        let mut client = create_tcp_connection("127.0.0.1", port).await.unwrap();
        let (mut server, _) = listener.accept().await?;
        let ((), lost) = gather!(
            {
                for n in 0..BYTES {
                    client.send_all(&[n as u8]).await?;
                    if n % 7 == 0 {
                        coro_yield().await;
                    }
                }
                client.send_eof().await?;
            },
            {
                let (mut read, mut lost, mut buffer) = (Vec::new(), 0, [0; 3]);
                loop {
                    race!(
                        turns(2), |_| lost += 1,
                        server.recv_into(&mut buffer), |received| {
                            let n = received?;
                            if n == 0 {
                                break;
                            }
                            read.extend_from_slice(&buffer[..n]);
                        },
                    );
                }
                assert!(read.iter().copied().eq((0..BYTES).map(|n| n as u8)), "{read:?}");
                lost
            },
        );
        let _ = lost;
        Ok(())
    }

    async fn jumps_in_arms_and_in_branches_are_those_of_the_function() {
        async fn leave(how: u32, log: &Log) -> Result<u32, Wide> {
            let mut rounds = 0;
            let found = 'outer: loop {
                rounds += 1;
                for round in 0..2 {
                    if rounds > 2 {
                        break 'outer 99;
                    }
                    let value = race!(
                        clean_up_when_cancelled(log.clone(), "loser"), |()| 1,
                        turns(1 + 9 * (how / 10)), |_| match how {
                            0 => return Ok(0),
                            1 => break,
                            2 => continue,
                            3 => continue 'outer,
                            4 => break 'outer 4,
                            5 => Err(Failed(5))?,
                            6 => parse(4)?,
                            n => n,
                        },
                        {
                            turns(2).await;
                            match how {
                                10 => return Ok(0),
                                11 => break,
                                12 => continue,
                                13 => continue 'outer,
                                14 => break 'outer 4,
                                15 => Err(Failed(5))?,
                                16 => parse(4)?,
                                n => n - 10,
                            }
                        }, |value| {
                            log.add("arm");
                            value
                        },
                    );
                    break 'outer value + round;
                }
            };
            Ok(found)
        }
        for (how, value, rounds, arm) in [
            (0, Ok(0), 1, false),
            (1, Ok(99), 2, false),
            (2, Ok(99), 4, false),
            (3, Ok(99), 2, false),
            (4, Ok(4), 1, false),
            (5, Err(Wide::Failed(Failed(5))), 1, false),
            (6, Err(Wide::Number(parse(4).unwrap_err())), 1, false),
            (7, Ok(7), 1, true),
        ] {
            for branch in 0..2 {
                let log = Log::new();
                assert_eq!(leave(how + 10 * branch, &log).await, value, "jump {how} in {branch}");
                let mut expected = ["loser cancelled", "loser cleaned"].repeat(rounds);
                if arm && branch == 1 {
                    expected.push("arm");
                }
                log.assert(&expected);
            }
        }
    }

    async fn an_arm_may_use_what_the_branches_have_borrowed() {
        let (mut left, mut right) = (vec![1], vec![2]);
        let length = race!(
            { turns(1).await; left.push(3); left.len() }, |length| {
                left.push(4);
                right.push(5);
                length
            },
            async { turns(2).await; right.push(6); 0 }, |length| {
                drop((left, right));
                return assert_eq!(length, 0);
            },
        );
        assert_eq!((length, left, right), (2, vec![1, 3, 4], vec![2, 5]));
    }

    async fn what_a_future_borrows_lives_as_long_as_it_does() {
        async fn length(text: &str, n: u32) -> usize {
            turns(n).await;
            text.len()
        }
        let value = race!(length(&String::from("one"), 3), length(&1234.to_string(), 1), |length| length + 1);
        assert_eq!(value, 5);
        // A temporary of a future has been dropped when the arm runs.
        fn seven(_: &DropGuard) -> u32 {
            7
        }
        let dropped = DropFlag::new();
        let value = race!(ready(seven(&dropped.guard())), |value| {
            assert!(dropped.is_set());
            value * 2
        });
        assert_eq!(value, 14);
    }

    async fn races_are_blocks_like_any_other() {
        async fn nested(n: u32) -> Result<u32, Wide> {
            let mut rounds = 0;
            'outer: loop {
                rounds += 1;
                let value = with_timeout!(5s, {
                    task_group!(|group| {
                        group.start_soon(async {});
                        race!(
                            {
                                let value = shield!({ step(n).await? });
                                if rounds > 3 {
                                    break 'outer;
                                }
                                value
                            }, |value| {
                                if rounds < 2 {
                                    continue 'outer;
                                }
                                match n {
                                    3 => return Ok(33),
                                    6 => race!(ready(6), |_| break 'outer),
                                    _ => {}
                                }
                                parse(n)? + value
                            },
                            race!(sleep_forever(), { sleep(LONG).await; Err(Failed(77))? }), |n: u32| n,
                        )
                    })
                    .unwrap()
                });
                if n == 7 {
                    continue;
                }
                return Ok(value.unwrap());
            }
            Ok(rounds * 1000)
        }
        assert_eq!(nested(0).await, Ok(0));
        assert_eq!(nested(1).await, Ok(11));
        assert_eq!(nested(2).await, Err(Wide::Failed(Failed(2))));
        assert_eq!(nested(3).await, Ok(33));
        assert_eq!(nested(4).await, Err(Wide::Number(parse(4).unwrap_err())));
        assert_eq!(nested(6).await, Ok(2000));
        assert_eq!(nested(7).await, Ok(4000));
    }

    async fn a_surrounding_scope_catches() {
        let log = Log::new();
        let value = move_on_after!(2ms, {
            race!(
                clean_up_when_cancelled(log.clone(), "first"), |()| log.add("arm"),
                { clean_up_when_cancelled(log.clone(), "second").await; sleep_forever().await }, |()| log.add("arm"),
            );
            coro_yield().await;
            log.add("behind");
        });
        assert!(value.is_none());
        log.assert_unordered(&["first cancelled", "second cancelled", "first cleaned", "second cleaned", "arm"]);
    }

    async fn a_race_that_had_to_wait_in_a_cancelled_scope_yields_nothing() {
        let log = Log::new();
        let value = cancel_scope!(|scope| {
            race!(
                ready(()), |()| log.add("arm"),
                ready(()),
            );
            race!(
                { turns(2).await; scope.cancel() }, |()| log.add("never"),
                clean_up_when_cancelled(log.clone(), "loser"), |()| log.add("never"),
            );
            log.add("behind");
        });
        assert!(value.is_none());
        log.assert(&["arm", "loser cancelled", "loser cleaned"]);
    }

    async fn a_winner_that_needs_not_wait_wins_in_a_cancelled_scope() {
        let value = cancel_scope!(|scope| {
            scope.cancel();
            race!(sleep_forever(), ready(5))
        });
        assert_eq!(value, Some(5));
    }

    async fn a_loser_sees_that_it_is_cancelled() {
        struct Asks<'a>(&'a mut Option<bool>);
        impl Drop for Asks<'_> {
            fn drop(&mut self) {
                *self.0 = Some(is_cancelled());
            }
        }
        let (mut winner, mut loser) = (None, None);
        race!(
            { let _asks = Asks(&mut winner); turns(2).await },
            { let _asks = Asks(&mut loser); sleep_forever().await },
        );
        assert_eq!((winner, loser), (Some(false), Some(true)));
        assert!(!is_cancelled());
    }

    fn a_panic_resumes_when_the_others_have_ended(runner: Runner) {
        for order in 0..2 {
            let log = Log::new();
            let inner = log.clone();
            let message = panic_message(|| {
                runner.run(async move {
                    let panics = async {
                        turns(2).await;
                        panic!("as it should")
                    };
                    if order == 0 {
                        race!(panics, clean_up_when_cancelled(inner.clone(), "other"), |()| inner.add("arm"));
                    } else {
                        race!(clean_up_when_cancelled(inner.clone(), "other"), |()| inner.add("arm"), { panics.await });
                    }
                });
            });
            assert_eq!(message, "as it should");
            log.assert(&["other cancelled", "other cleaned"]);
        }
    }

    fn a_panic_of_a_loser_is_not_lost(runner: Runner) {
        let message = panic_message(|| {
            runner.run(async {
                race!(turns(2), |_| unreachable!(), {
                    let _ = catch_cancelled!({ sleep_forever().await });
                    shield!({ turns(2).await });
                    panic!("in the cleanup")
                });
            });
        });
        assert_eq!(message, "in the cleanup");
    }

    async fn a_dropped_race_drops_its_branches() {
        let dropped = DropFlag::new();
        let guard = dropped.guard();
        let racing = async {
            race!(
                async move { let _guard = guard; sleep_forever().await },
                { sleep_forever().await },
            )
        };
        let mut racing = Box::pin(racing);
        assert!(futures::poll!(racing.as_mut()).is_pending());
        drop(racing);
        assert!(dropped.is_set());
    }

    async fn a_race_runs_under_foreign_wakers() {
        let log = Log::new();
        let mut races = FuturesUnordered::new();
        for n in 0..8 {
            let log = &log;
            races.push(async move {
                race!(
                    { shield!({ turns(n % 3).await }); turns(n).await }, |turns| turns,
                    async { if catch_cancelled!({ sleep_forever().await }).is_err() { shield!({ turns(2).await }); } }, |()| 0,
                    { with_timeout!(1h, { turns(100).await }).unwrap() }, |turns| turns,
                );
                log.add(n.to_string());
            });
        }
        while races.next().await.is_some() {}
        log.assert_unordered(&["0", "1", "2", "3", "4", "5", "6", "7"]);
    }

    async fn a_race_may_be_moved_to_another_task() {
        let (send, receive) = oneshot::channel::<u32>();
        let log = Log::new();
        let mut racing = Box::pin({
            let log = log.clone();
            async move {
                race!(
                    receive, |value| value.unwrap(),
                    { clean_up_when_cancelled(log, "loser").await; 0 },
                )
            }
        });
        // It begins here, and ends in a task.
        assert!(futures::poll!(racing.as_mut()).is_pending());
        let value = task_group!(|group| {
            let task = group.spawn_value(racing);
            coro_yield().await;
            send.send(7).unwrap();
            task.await.unwrap()
        });
        assert_eq!(value.unwrap(), 7);
        log.assert(&["loser cancelled", "loser cleaned"]);
    }

    async fn nothing_of_a_race_is_left_wherever_it_is_cancelled() {
        let points = cancel_at_every_await(|witness| async move {
            let first = witness.clone();
            let value = race!(
                { let _first = first; turns(3).await },
                {
                    let _second = witness.clone();
                    if catch_cancelled!({ sleep_forever().await }).is_err() {
                        shield!({ turns(2).await });
                    }
                    0
                },
                async {
                    let third = witness.clone();
                    let _ = task_group!(|group| {
                        group.start_soon(async move { shield!({ turns(5).await }); drop(third); });
                        sleep_forever().await
                    });
                    0
                },
            );
            turns(value).await;
        })
        .await;
        assert!(points >= 6, "{points}");
    }

    async fn the_futures_of_a_list_race_too() {
        assert_eq!(easynet::task::race([5, 2, 9].map(turns)).await, 2);
        let log = Log::new();
        let cleaning = ["a", "b"].map(|name| clean_up_when_cancelled(log.clone(), name));
        let value = race!(easynet::task::race(cleaning), |()| 0, turns(3));
        assert_eq!(value, 3);
        log.assert_unordered(&["a cancelled", "b cancelled", "a cleaned", "b cleaned"]);
    }

    #[should_panic(expected = "a race without futures has no winner")]
    async fn a_race_needs_a_future() {
        easynet::task::race(Vec::<std::future::Ready<()>>::new()).await;
    }
}

/// Compiles: a race of what cannot be sent stays on its thread.
#[allow(dead_code)]
async fn a_race_of_what_cannot_be_sent(value: Rc<u32>) -> Option<Rc<u32>> {
    let winner = race!({ Rc::clone(&value) }, |won| won, {
        maybe(1).await?;
        value.clone()
    });
    Some(winner)
}

/// Compiles: one of what can be sent can be.
#[allow(dead_code)]
fn a_race_that_can_be_sent() {
    fn sent<T: Send>(_: T) {}
    sent(async { Some(race!({ maybe(1).await? }, turns(1), |n| n + 1)) });
}

/// C11: a race of what has no guards costs nothing but its polls.
#[test]
fn a_race_allocates_nothing() {
    let cost_of = |n: u32| {
        Runner::TOKIO_CURRENT_THREAD.watch(move |runner| {
            let program = async move {
                for _ in 0..n {
                    race!(
                        {
                            turns(2).await;
                        },
                        sleep_forever(),
                        |_| {},
                        with_timeout!(1h, { turns(9).await }),
                        |_| {}
                    );
                }
            };
            allocation_counter::measure(|| runner.run(program)).count_total
        })
    };
    cost_of(10);
    assert_eq!(cost_of(400), cost_of(200));
}
