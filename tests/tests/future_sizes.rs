//! What a block adds to the future around it, beside the same by hand on tokio: no more than a tenth.
#![forbid(unsafe_code)]

use std::{io, time::Duration};

use easynet::prelude::*;

async fn work(n: u64) -> u64 {
    let buffer = [0u8; 64];
    tokio::task::yield_now().await;
    n + u64::from(buffer[3])
}

async fn fallible(n: u64) -> io::Result<u64> {
    tokio::task::yield_now().await;
    Ok(n)
}

/// The sizes of two futures, of which the first is by hand.
#[track_caller]
fn assert_not_larger<A, B>(by_hand: A, block: B) {
    let (by_hand, block) = (size_of_val(&by_hand), size_of_val(&block));
    assert!(
        block * 10 <= by_hand * 11,
        "the block takes {block} bytes, {by_hand} by hand"
    );
}

const DELAY: Duration = Duration::from_secs(5);

#[test]
fn a_timeout_around_a_block_is_no_larger_than_by_hand() {
    assert_not_larger(
        async { tokio::time::timeout(DELAY, async { work(1).await }).await.ok() },
        async { with_timeout!(5s, { work(1).await }).ok() },
    );
}

#[test]
fn a_timeout_around_a_future_is_no_larger_than_by_hand() {
    assert_not_larger(async { tokio::time::timeout(DELAY, work(1)).await.ok() }, async {
        with_timeout!(5s, work(1)).ok()
    });
    assert_not_larger(async { tokio::time::timeout(DELAY, work(1)).await.ok() }, async {
        move_on_after!(5s, work(1))
    });
}

#[test]
fn jumps_take_no_room_to_speak_of() {
    assert_not_larger(
        async {
            let sum = tokio::time::timeout(DELAY, async {
                let one = fallible(1).await?;
                let two = fallible(one).await?;
                Ok::<_, io::Error>(one + two)
            });
            let sum = sum.await??;
            Ok::<_, io::Error>(sum)
        },
        async {
            let sum = with_timeout!(5s, {
                let one = fallible(1).await?;
                let two = fallible(one).await?;
                one + two
            });
            Ok::<_, io::Error>(sum?)
        },
    );
}
