//! `gather!` and `try_gather!`: futures of several types, and blocks, at the same time.

use std::{num::ParseIntError, sync::Arc};

use easynet::prelude::*;
use easynet::sync::Event;
use easynet::task::get_current_task;
use easynet::time::{coro_yield, sleep, sleep_forever};
use easynet::{BoxError, TaskGroupError};
use easynet_tests::{
    Log, Runner, clean_up_when_cancelled, each_backend, each_virtual_backend, ms, panic_message,
    start_cleaning,
};

use super::{Failed, maybe, parse, step};

fn lines(error: &TaskGroupError) -> Vec<String> {
    error
        .failures()
        .iter()
        .map(|failure| failure.error().to_string())
        .collect()
}

each_virtual_backend! {
    async fn what_is_gathered_runs_at_the_same_time(runner: Runner) {
        let watch = runner.stopwatch();
        let wait = async |n: u32| {
            sleep(ms(500)).await;
            n
        };
        assert_eq!(gather!(wait(1), { wait(2).await }, sleep(ms(400))), (1, 2, ()));
        watch.assert_reads(ms(500));
    }
}

each_backend! {
    async fn values_of_any_types_are_in_order() {
        let (number, text, unit, option) = gather!(
            std::future::ready(7),
            { coro_yield().await; String::from("seven") },
            async { coro_yield().await },
            maybe(1),
        );
        assert_eq!((number, text.as_str(), unit, option), (7, "seven", (), Some(2)));
    }

    async fn one_is_a_tuple_too() {
        assert_eq!(gather!({ 5 }), (5,));
        assert_eq!(gather!(step(0),), (Ok(0),));
        assert_eq!(try_gather! { step(0) }.unwrap(), (0,));
    }

    async fn there_may_be_many() {
        let many = gather![
            { 1 }, { 2 }, { 3 }, { 4 }, { 5 }, { 6 }, { 7 }, { 8 }, { 9 }, { 10 }, { 11 }, { 12 }, { 13 }, { 14 },
            { 15 }, { 16 }, { 17 },
        ];
        assert_eq!(many.15 + many.16, 33);
    }

    async fn what_is_gathered_may_borrow() {
        let (text, mut left, mut right) = (String::from("text"), Vec::new(), Vec::new());
        gather!(
            {
                coro_yield().await;
                left.push(text.as_str());
            },
            async {
                coro_yield().await;
                right.push(&text);
            },
        );
        assert_eq!((left, right), (vec!["text"], vec![&text]));
    }

    async fn what_a_future_borrows_lives_as_long_as_it_does() {
        async fn length(text: &str) -> usize {
            coro_yield().await;
            text.len()
        }
        let (one, two) = gather!(length(&String::from("one")), length(&1234.to_string()));
        assert_eq!((one, two), (3, 4));
    }

    async fn a_jump_in_a_block_ends_the_others_and_leaves() {
        async fn leave(how: u32, log: &Log) -> Result<u32, Failed> {
            let mut turns = 0;
            let found = 'outer: loop {
                turns += 1;
                if turns > 2 {
                    break 99;
                }
                let (value, ()) = gather!(
                    {
                        coro_yield().await;
                        match how {
                            0 => return Ok(0),
                            1 => break 1,
                            2 => continue,
                            3 => continue 'outer,
                            4 => break 'outer 4,
                            5 => Err(Failed(5))?,
                            6 => return Err(Failed(6)),
                            _ => how,
                        }
                    },
                    {
                        if how < 7 {
                            clean_up_when_cancelled(log.clone(), "other").await
                        }
                    },
                );
                log.add("behind");
                break value;
            };
            log.add("left");
            Ok(found)
        }
        for (how, value, entries) in [
            (0, Ok(0), &["other cancelled", "other cleaned"][..]),
            (1, Ok(1), &["other cancelled", "other cleaned", "left"]),
            (2, Ok(99), &["other cancelled", "other cleaned", "other cancelled", "other cleaned", "left"]),
            (3, Ok(99), &["other cancelled", "other cleaned", "other cancelled", "other cleaned", "left"]),
            (4, Ok(4), &["other cancelled", "other cleaned", "left"]),
            (5, Err(Failed(5)), &["other cancelled", "other cleaned"]),
            (6, Err(Failed(6)), &["other cancelled", "other cleaned"]),
            (7, Ok(7), &["behind", "left"]),
        ] {
            let log = Log::new();
            assert_eq!(leave(how, &log).await, value, "jump {how}");
            log.assert(entries);
        }
    }

    async fn jumps_of_several_blocks_go_their_own_ways() {
        async fn leave(first: u32, second: u32) -> Result<String, ParseIntError> {
            let text = 'found: {
                let (number, text) = gather!(
                    { parse(first)? },
                    {
                        coro_yield().await;
                        match maybe(second).await {
                            Some(2) => break 'found "two".into(),
                            Some(n) => n.to_string(),
                            None => return Ok("none".into()),
                        }
                    },
                );
                format!("{number} {text}")
            };
            Ok(format!("found {text}"))
        }
        assert_eq!(leave(1, 4).await.unwrap(), "found 1 5");
        assert_eq!(leave(1, 1).await.unwrap(), "found two");
        assert_eq!(leave(1, 3).await.unwrap(), "none");
        assert!(leave(4, 3).await.is_err());
    }

    async fn a_jump_in_an_argument_leaves_before_anything_runs() {
        async fn leave(n: u32) -> Option<u32> {
            let mut ran = false;
            let (left, ()) = gather!(std::future::ready(n.checked_sub(1)?), { ran = true });
            assert!(ran);
            Some(left)
        }
        assert_eq!(leave(0).await, None);
        assert_eq!(leave(1).await, Some(0));
    }

    async fn the_first_failure_cancels_the_others() {
        let log = Log::new();
        let error = try_gather!(
            { step(2).await },
            async { clean_up_when_cancelled(log.clone(), "other").await; Ok::<_, BoxError>(()) },
            step(0),
        )
        .unwrap_err();
        assert_eq!(lines(&error), ["failed at 2"]);
        log.assert(&["other cancelled", "other cleaned"]);
        let values: Result<(u32, u32), TaskGroupError> = try_gather!(step(0), async { parse(7) });
        assert_eq!(values.unwrap(), (0, 7));
    }

    async fn an_error_that_a_block_leaves_with_is_part_of_the_error() {
        async fn leave(fails: bool) -> Result<Result<u32, TaskGroupError>, Failed> {
            let outcome = try_gather!(
                {
                    coro_yield().await;
                    let value = step(2).await?;
                    Ok::<_, Failed>(value)
                },
                {
                    if catch_cancelled!(sleep_forever()).is_err() && fails {
                        Err("the other")
                    } else {
                        Ok(())
                    }
                },
            );
            Ok(outcome.map(|(value, ())| value))
        }
        assert_eq!(leave(false).await.unwrap_err(), Failed(2));
        let mut lines = lines(&leave(true).await.unwrap().unwrap_err());
        lines.sort();
        assert_eq!(lines, ["failed at 2", "the other"]);
    }

    fn a_panic_resumes_when_the_others_have_ended(runner: Runner) {
        let log = Log::new();
        let inner = log.clone();
        let message = panic_message(|| {
            runner.run(async move {
                gather!(
                    {
                        coro_yield().await;
                        panic!("as it should")
                    },
                    clean_up_when_cancelled(inner, "other"),
                );
            });
        });
        assert_eq!(message, "as it should");
        log.assert(&["other cancelled", "other cleaned"]);
    }

    async fn a_surrounding_scope_ends_all_and_catches() {
        let log = Log::new();
        let value = move_on_after!(2ms, {
            gather!(clean_up_when_cancelled(log.clone(), "a"), { clean_up_when_cancelled(log.clone(), "b").await });
            log.add("behind");
        });
        assert!(value.is_none());
        log.assert_unordered(&["a cancelled", "a cleaned", "b cancelled", "b cleaned"]);
    }

    async fn what_is_gathered_are_tasks_of_one_group() {
        let here = get_current_task();
        let (line, (left, right)) = (line!(), gather!({ get_current_task() }, async { get_current_task() }));
        assert!(left != here && right != here && left != right);
        assert_eq!((left.location().line(), right.location().line()), (line, line));
        let error = try_gather!(step(2)).unwrap_err();
        assert_eq!(error.location().file(), file!());
        assert_eq!(error.failures()[0].task().name(), "step");
    }

    /// C10: the group around it waits for those of a gathering that was dropped halfway, and for what they started.
    async fn a_gathering_that_is_dropped_halfway_is_waited_for() {
        let log = Log::new();
        let inner = log.clone();
        task_group!(|_group| {
            let mut halfway = Box::pin(async {
                gather!(
                    {
                        task_group!(|group| { start_cleaning(group, &inner, "grandchild").await }).expect("nothing fails");
                    },
                    clean_up_when_cancelled(inner.clone(), "other"),
                );
            });
            for _ in 0..2 {
                assert!(futures::poll!(&mut halfway).is_pending());
                coro_yield().await;
            }
            drop(halfway);
            inner.add("dropped");
        })
        .expect("nothing fails");
        log.assert(&["dropped", "grandchild cancelled", "grandchild cleaned"]);
    }

    /// A block that has ended is not run again, however often the others are woken.
    async fn one_that_has_ended_is_left_alone() {
        let (mut turns, mut ended) = (0, 0);
        gather!(
            {
                for _ in 0..10 {
                    coro_yield().await;
                    turns += 1;
                }
            },
            { ended += 1 },
        );
        assert_eq!((turns, ended), (10, 1));
    }

    async fn one_is_woken_from_elsewhere() {
        let (event, gone) = (Arc::new(Event::new()), Arc::new(Event::new()));
        task_group!(|group| {
            let (sets, waits) = (event.clone(), gone.clone());
            group.start_soon(async move {
                waits.wait().await;
                sets.set();
            });
            gather!(event.wait(), { gone.set() }, { for _ in 0..3 { coro_yield().await } });
        })
        .expect("nothing fails");
    }

    /// What makes a future of an argument may panic: nothing has been started before.
    fn all_are_made_before_the_first_is_started(runner: Runner) {
        struct Refuses;
        impl IntoFuture for Refuses {
            type Output = ();
            type IntoFuture = std::future::Ready<()>;
            fn into_future(self) -> Self::IntoFuture {
                panic!("it is no future")
            }
        }
        let log = Log::new();
        let inner = log.clone();
        let message = panic_message(|| runner.run(async move { gather!({ inner.add("started") }, Refuses) }));
        assert_eq!(message, "it is no future");
        log.assert(&[]);
    }

    fn the_value_of_one_is_dropped_when_another_panics(runner: Runner) {
        let value = Arc::new(());
        let kept = value.clone();
        let message = panic_message(|| {
            runner.run(async move {
                gather!({ kept }, {
                    coro_yield().await;
                    panic!("as it should")
                });
            });
        });
        assert_eq!(message, "as it should");
        assert_eq!(Arc::strong_count(&value), 1);
    }

    /// As deep as tokio's `timeout` and `join!` may be, nearly: the compiler looks through 128 types.
    async fn functions_that_gather_under_a_timeout_may_call_each_other() {
        fn sent<F: Future + Send>(future: F) -> F {
            future
        }
        assert_eq!(sent(six()).await, Ok(6));
    }
}

macro_rules! calls {
    ($outer:ident, $inner:ident) => {
        async fn $outer() -> Result<u32, String> {
            let value = with_timeout!(5s, {
                let (value, ()) = gather!({ $inner().await? }, { coro_yield().await });
                value + 1
            });
            value.map_err(|error| error.to_string())
        }
    };
}

async fn nothing() -> Result<u32, String> {
    coro_yield().await;
    Ok(0)
}

calls!(one, nothing);
calls!(two, one);
calls!(three, two);
calls!(four, three);
calls!(five, four);
calls!(six, five);
