//! Macros in macros in macros, and jumps out of each of them.
//!
//! An outer macro does not see into a `macro_rules!` of the user's, so these are not among the cases.

use std::fmt;

use easynet::prelude::*;
use easynet::time::{coro_yield, current_time, sleep_forever};
use easynet_tests::each_backend;

use super::{Failed, Log, Wide, parse, step};

/// The value of a macro, whichever it is.
trait Value {
    fn value(self) -> u32;
}

impl Value for u32 {
    fn value(self) -> u32 {
        self
    }
}

impl Value for Option<u32> {
    fn value(self) -> u32 {
        self.unwrap()
    }
}

impl<E: fmt::Debug> Value for Result<u32, E> {
    fn value(self) -> u32 {
        self.unwrap()
    }
}

impl Value for (u32,) {
    fn value(self) -> u32 {
        self.0
    }
}

macro_rules! plain {
    ($($body:tt)*) => { $($body)* };
}

macro_rules! nested {
    (
        $name:ident:
        $outer:ident($($outer_head:tt)*),
        $inner:ident($($inner_head:tt)*),
        $innermost:ident($($innermost_head:tt)*)
    ) => {
        async fn $name(n: u32, log: &mut Log) -> Result<u32, Wide> {
            let mut turns = 0;
            'outer: loop {
                turns += 1;
                let value = $outer!($($outer_head)* {
                    log.push(format!("turn {turns}"));
                    let inner = $inner!($($inner_head)* {
                        if turns > 6 {
                            break 'outer;
                        }
                        let mut sum = parse(n)?;
                        for turn in 0..4 {
                            sum += $innermost!($($innermost_head)* {
                                if turn == n {
                                    continue;
                                }
                                if turn + n > 7 {
                                    break;
                                }
                                if turns + n > 9 {
                                    return Ok(step(n).await? + 900);
                                }
                                if turns + n == 9 {
                                    return Err(Failed(turns).into());
                                }
                                step(turn * 3).await?
                            })
                            .value();
                        }
                        if turns == 3 {
                            continue 'outer;
                        }
                        step(n).await? + sum
                    })
                    .value();
                    log.push(format!("inner {inner}"));
                    inner
                })
                .value();
                log.push(format!("outer {value}"));
            }
            Ok(turns)
        }
    };
}

nested!(plain: plain(), plain(), plain());
nested!(groups: task_group(|_group|), task_group(|_group|), task_group(|_group: TaskGroup<Wide>|));
nested!(timeouts: with_timeout(5s,), with_timeout(5s, |_scope|), with_timeout(1h,));
nested!(shields: shield(), shield(), shield());
nested!(timeout_group_timeout: with_timeout(5s,), task_group(|_group|), with_timeout(5s,));
nested!(group_shield_move_on: task_group(|_group: TaskGroup<Wide>|), shield(), move_on_after(1min,));
nested!(move_on_timeout_group: move_on_after(5s, |_scope|), with_timeout(5s,), task_group(|_group|));
nested!(scope_gather_race: cancel_scope(|_scope|), gather(), race());
nested!(race_catch_gather: race(), catch_cancelled(), gather());
nested!(gather_arm_branch: gather(), race(std::future::ready(5), |_|), race(sleep_forever(), |_| unreachable!(),));
nested!(arms: race(async {}, |()|), race(async {}, |()|), race(async {}, |()|));
nested!(deadlines: with_deadline(current_time() + 1h,), move_on_at(Some(current_time() + 1h), |_scope|), with_deadline(None,));

each_backend! {
    async fn macros_in_macros_are_blocks_in_blocks() {
        macro_rules! compare {
            ($n:ident: $($name:ident)*) => {
                let mut expected = Log::new();
                let value = plain($n, &mut expected).await;
                $(
                    let mut log = Log::new();
                    assert_eq!($name($n, &mut log).await, value, "{} with {}", stringify!($name), $n);
                    assert_eq!(log, expected, "{} with {}", stringify!($name), $n);
                )*
            };
        }
        for n in 0..9 {
            compare!(n: groups timeouts shields timeout_group_timeout group_shield_move_on move_on_timeout_group);
            compare!(n: scope_gather_race race_catch_gather gather_arm_branch arms deadlines);
        }
    }

    async fn a_jump_in_a_delay_is_not_taken_for_one_of_the_body() {
        async fn run(n: u32) -> Result<u32, Wide> {
            let mut turns = 0;
            shield!({
                loop {
                    turns += 1;
                    let delay = std::time::Duration::from_secs(5);
                    let _ = with_timeout!({ parse(n)?; delay }, {
                        coro_yield().await;
                        break;
                    });
                }
            });
            Ok(turns)
        }
        assert_eq!(run(1).await, Ok(1));
        assert!(run(4).await.is_err());
    }
}
