//! Macros of others inside a body: those that easynet sees into, and those it does not.

use std::fmt::Write as _;

use easynet::prelude::*;
use easynet_tests::each_backend;

use super::{Failed, maybe, step};

/// Any macro that easynet does not know.
macro_rules! unknown {
    ($($tokens:tt)*) => { $($tokens)* };
}

async fn bails(n: u32) -> anyhow::Result<u32> {
    let value = with_timeout!(5s, {
        let value = step(n).await?;
        anyhow::ensure!(value < 30, "{value} is too much");
        if n == 1 {
            anyhow::bail!("one is not allowed");
        }
        move_on_after!(5s, {
            anyhow::ensure!(n != 6);
            value
        })
    })?;
    Ok(value.unwrap_or(0))
}

async fn writes(n: u32) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    shield!({
        write!(text, "{n}")?;
        writeln!(text, " {0} {named:?}", n + 1, named = maybe(n).await)?;
        if n > 3 {
            return Err(std::fmt::Error);
        }
    });
    Ok(text)
}

each_backend! {
    async fn bail_and_ensure_leave_the_function() {
        assert_eq!(bails(0).await.unwrap(), 0);
        assert_eq!(bails(1).await.unwrap_err().to_string(), "one is not allowed");
        assert_eq!(bails(2).await.unwrap_err().downcast::<Failed>().unwrap(), Failed(2));
        assert_eq!(bails(3).await.unwrap_err().to_string(), "30 is too much");
    }

    async fn a_write_leaves_the_function() {
        assert_eq!(writes(1).await.unwrap(), "1 2 Some(2)\n");
        assert!(writes(4).await.is_err());
    }

    async fn what_only_looks_like_a_jump_may_stand_in_any_macro() {
        let value = with_timeout!(5s, {
            let found = unknown!((0..5).find(|n| { if *n < 3 { return false; } *n > 2 }));
            let closure = unknown!(|n: u32| { let n = n.checked_sub(1)?; Some(n) });
            let future = unknown!(async move { let value = maybe(1).await?; Some(value) });
            let counted = unknown!({ let mut n = 0; loop { n += 1; if n == 4 { break n; } } });
            let mixed = tokio::select! {
                value = async { Some(maybe(2).await? * 2) } => value,
                _ = async { easynet::time::sleep_forever().await } => None,
            };
            (found, closure(5), future.await, counted, mixed)
        });
        assert_eq!(value.unwrap(), (Some(3), Some(4), Some(2), 4, Some(6)));
    }
}
