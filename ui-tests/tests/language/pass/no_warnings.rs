//! Nothing that a macro writes warns in the crate that uses it.
#![deny(warnings, unused, clippy::all, clippy::pedantic)]

use easynet::prelude::*;

async fn jumps(n: u32) -> Result<u32, std::fmt::Error> {
    let mut turns = 0;
    'outer: loop {
        turns += 1;
        task_group!(|group| {
            group.start_soon(async {});
            let value = with_timeout!(5s, {
                match n {
                    0 => return Ok(0),
                    1 => break 'outer,
                    2 if turns < 5 => continue 'outer,
                    3 => Err(std::fmt::Error)?,
                    _ => n,
                }
            });
            if value.is_ok() {
                break;
            }
        })
        .ok();
    }
    shield!({ return Ok(turns) })
}

async fn never_ends() {
    let _ = move_on_after!(0s, {
        loop {
            easynet::time::coro_yield().await;
        }
    });
    let _: Result<(), TimedOut> = with_timeout!(0s, |scope| {
        scope.cancel();
        loop {
            easynet::time::coro_yield().await;
        }
    });
    if shield!({ true }) {
        shield!({ return });
    }
    shield!({ panic!("not reached") })
}

#[easynet::main(backend = "tokio")]
async fn main() {
    assert_eq!(jumps(0).await, Ok(0));
    assert_eq!(jumps(2).await, Ok(5));
    assert_eq!(jumps(3).await, Err(std::fmt::Error));
    assert_eq!(jumps(9).await, Ok(1));
    never_ends().await;
}
