//! Nothing that `gather!` and `race!` write warns in the crate that uses them.
#![deny(warnings, unused, clippy::all, clippy::pedantic)]

use easynet::prelude::*;
use easynet::time::{coro_yield, sleep_forever};

async fn unit() {
    coro_yield().await;
}

async fn gathers(n: u32) -> Result<u32, std::fmt::Error> {
    gather!(unit(), { unit().await });
    let ((), value) = gather!(
        {
            if n == 0 {
                return Ok(0);
            }
        },
        {
            if n == 1 {
                Err(std::fmt::Error)?;
            }
            n
        },
    );
    let _ = try_gather!({ Ok::<_, std::fmt::Error>(n) }, { return Ok(value) });
    Ok(n)
}

async fn races(n: u32) -> Option<u32> {
    race!(unit(), unit());
    race!(unit(), |()| {}, { coro_yield().await }, |()| { return Some(1) });
    let mut turns = 0;
    loop {
        race!(
            { turns += 1 }, |()| {
                if turns == n {
                    break;
                }
            },
            {
                loop {
                    coro_yield().await;
                }
            },
            { break },
        );
    }
    let value = race!(sleep_forever(), { n.checked_sub(1)? }, |value| { value }, { panic!("not reached") });
    race!({ return Some(value) }, sleep_forever())
}

#[easynet::main(backend = "tokio")]
async fn main() {
    assert_eq!(gathers(0).await, Ok(0));
    assert_eq!(gathers(1).await, Err(std::fmt::Error));
    assert_eq!(gathers(2).await, Ok(2));
    assert_eq!(races(3).await, Some(2));
}
