//! Macros of others inside a body: those that easynet sees into, and those it does not.

use std::fmt::Write as _;
use std::panic::AssertUnwindSafe;

use easynet::prelude::*;
use easynet_tests::each_backend;
use futures::FutureExt;

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

    async fn a_failed_assertion_shows_what_was_written() {
        async fn check(n: u32) -> Result<(), Failed> {
            let _ = with_timeout!(5s, {
                assert!(step(n).await? == 10,);
                debug_assert!(step(n).await? == 10, "{n} is no one");
            });
            Ok(())
        }
        assert_eq!(check(1).await, Ok(()));
        assert_eq!(check(2).await, Err(Failed(2)));
        let panic = AssertUnwindSafe(check(3)).catch_unwind().await.unwrap_err();
        let literal = panic.downcast_ref::<&str>().map(ToString::to_string);
        let message = literal.or_else(|| panic.downcast_ref::<String>().cloned());
        let message = message.expect("a panic has a message").replace(' ', "");
        assert_eq!(message, "assertionfailed:step(n).await?==10");
    }

    async fn what_is_shown_for_debugging_is_the_value() {
        async fn show(n: u32) -> Result<(u32, u32, String), Failed> {
            let text = String::from("moved");
            let shown = shield!({
                dbg!(step(n).await?);
                dbg!(step(n).await? + 1, n, text)
            });
            Ok(shown)
        }
        assert_eq!(show(3).await, Ok((31, 3, "moved".into())));
        assert_eq!(show(2).await, Err(Failed(2)));
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
