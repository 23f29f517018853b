//! How the macros are written: names between bars, delays, futures for bodies, and what the futures are.

use std::rc::Rc;
use std::time::Duration;

use easynet::TaskGroupError;
use easynet::prelude::*;
use easynet::time::{coro_yield, current_time, sleep, sleep_forever};
use easynet_tests::{each_backend, each_virtual_backend};

use super::{Failed, step};

/// What must compile: this future may be sent to another thread.
fn sent<T: Send>(value: T) -> T {
    value
}

/// Leaves with an error that cannot be sent, and that it does not hold while it waits.
async fn leaves_with_what_cannot_be_sent(n: u32) -> Result<u32, Rc<u32>> {
    fn check(n: u32) -> Result<u32, Rc<u32>> {
        n.checked_sub(1).ok_or(Rc::new(n))
    }
    let checked = with_timeout!(5s, {
        let checked = check(n)?;
        coro_yield().await;
        move_on_after!(5s, { shield!({ check(checked + 1)? }) })
    });
    coro_yield().await;
    Ok(checked.unwrap().unwrap())
}

each_virtual_backend! {
    async fn every_spelling_of_a_delay_is_that_long() {
        macro_rules! lasts {
            ($($delay:expr => $expected:expr,)*) => {$(
                let start = current_time();
                assert!(move_on_after!($delay, sleep_forever()).is_none());
                let elapsed = current_time() - start;
                assert!(elapsed >= $expected && elapsed < $expected + Duration::from_millis(2), "{elapsed:?}");
            )*};
        }
        let seconds = 3;
        lasts! {
            250ms => Duration::from_millis(250),
            1.5s => Duration::from_millis(1500),
            1e3ms => Duration::from_secs(1),
            5_000ms => Duration::from_secs(5),
            0x10s => Duration::from_secs(16),
            2min => Duration::from_secs(120),
            1h => Duration::from_secs(3600),
            1000us => Duration::from_millis(1),
            0s => Duration::ZERO,
            Duration::from_secs(seconds) => Duration::from_secs(3),
            2 * 5s => Duration::from_secs(10),
            if seconds > 2 { 1s } else { 2s } => Duration::from_secs(1),
            (1s) => Duration::from_secs(1),
            Some(2s).unwrap_or(1h) => Duration::from_secs(2),
        }
    }

    async fn a_named_scope_can_be_moved_and_cancelled() {
        let start = current_time();
        let outcome = with_timeout!(1s, |scope| {
            scope.reschedule(current_time() + Duration::from_secs(10));
            sleep(Duration::from_secs(5)).await;
        });
        assert!(outcome.is_ok());
        assert!(current_time() - start >= Duration::from_secs(5));
        let moved = move_on_after!(1h, |scope| {
            scope.cancel();
            sleep_forever().await;
        });
        assert!(moved.is_none());
    }
}

each_virtual_backend! {
    async fn a_deadline_is_a_moment_or_none() {
        let start = current_time();
        let elapsed = || current_time() - start;
        assert!(move_on_at!(start + 2s, sleep_forever()).is_none());
        assert!(elapsed() >= Duration::from_secs(2) && elapsed() < Duration::from_secs(3));
        // The moment has come already: what needs not wait completes all the same.
        assert!(with_deadline!(start + 1s, sleep_forever()).is_err());
        assert!(with_deadline!(start, { 5 }).is_ok());
        assert!(with_deadline!(start.checked_add(1h), sleep(Duration::from_secs(1))).is_ok());
        assert!(move_on_at!(None, { sleep(Duration::from_secs(1)).await }).is_some());
        let moved = with_deadline!(current_time() + 1s, |scope| {
            scope.clear_deadline();
            sleep(Duration::from_secs(2)).await;
        });
        assert!(moved.is_ok());
        assert!(elapsed() < Duration::from_secs(7));
    }
}

each_backend! {
    async fn a_scope_is_cancelled_by_its_name() {
        let outcome = task_group!(|group| {
            cancel_scope!(|scope| {
                let handle: CancelScope = scope.clone();
                group.start_soon(async move { handle.cancel() });
                assert_eq!(scope.when(), None);
                sleep_forever().await
            })
        });
        assert_eq!(outcome.unwrap(), None);
        assert_eq!(cancel_scope!(|scope| { scope.cancel(); 5 }), Some(5));
        assert_eq!(cancel_scope!(|_| step(1)), Some(Ok(10)));
    }

    async fn a_cancellation_is_caught_and_not_consumed() {
        let mut reason = String::new();
        let value = cancel_scope!(|scope| {
            let caught = catch_cancelled!({
                scope.cancel_because("enough");
                sleep_forever().await
            });
            reason = caught.map_or_else(|cancelled| cancelled.to_string(), |()| String::new());
            coro_yield().await;
            unreachable!()
        });
        assert_eq!(value, None::<()>);
        assert!(reason.starts_with("cancelled: enough"), "{reason}");
        assert_eq!(catch_cancelled!(step(1)), Ok(Ok(10)));
    }

    async fn a_macro_is_a_body_by_itself() {
        let value = with_timeout!(5s, shield!(task_group!(|_group| gather!({ 5 }, step(1)))));
        assert_eq!(value.unwrap().unwrap(), (5, Ok(10)));
        let value = race!(with_timeout!(5s, sleep_forever()), |_| 1, easynet::shield!(step(2)), |_| 2);
        assert_eq!(value, 2);
    }

    async fn any_other_body_is_awaited() {
        async fn run(n: u32) -> Result<u32, Failed> {
            let steps = [step(0), step(1)];
            let [first, second] = steps;
            let sum = with_timeout!(5s, first).unwrap()? + shield!(second)?;
            let third = move_on_after!(5s, step(if n == 2 { return Ok(200) } else { n })).unwrap()?;
            let block = with_timeout!(5s, async move { step(n).await }).unwrap()?;
            let label = shield!('early: {
                if n > 3 {
                    break 'early 1;
                }
                2
            });
            Ok(sum + third + block + label)
        }
        assert_eq!(run(0).await, Ok(12));
        assert_eq!(run(2).await, Ok(200));
        assert_eq!(run(4).await, Ok(91));
        assert_eq!(run(5).await, Err(Failed(5)));
    }

    async fn any_delimiter_and_a_trailing_comma_will_do() {
        let mut count = 0;
        let _ = with_timeout!(5s, { count += 1 },);
        let _ = with_timeout![5s, { count += 1 }];
        let _ = with_timeout! { 5s, { count += 1 } };
        let _ = task_group! { |_group,| { count += 1 }, };
        shield! {{ count += 1 }};
        assert_eq!(count, 5);
    }

    async fn a_body_sees_the_variables_of_the_expansion_as_its_own() {
        let (delay, scope, group, value, outcome, payload, residual) = (1, 2, 3, 4, 5, 6, 7);
        async fn get(n: u32) -> Result<u32, Failed> {
            Ok(n)
        }
        let sum = async {
            let inner = with_timeout!(5s, |_scope| {
                let sum = delay + scope + group + value + outcome + payload + residual;
                task_group!(|_group| { get(sum).await? + delay + group }).unwrap()
            });
            Ok::<_, Failed>(inner.unwrap())
        };
        assert_eq!(sum.await, Ok(32));
    }

    async fn a_group_without_a_type_takes_any_error() {
        let outcome: Result<(), TaskGroupError> = task_group!(|group| {
            group.start_soon(async { Err::<(), _>("text") });
        });
        assert_eq!(outcome.unwrap_err().failures().len(), 1);
    }

    async fn a_macro_is_an_expression() {
        let doubled = shield!({ 1 + 1 }) * 2 + if shield!({ true }) { 1 } else { 0 };
        assert_eq!(doubled, 5);
        assert!(move_on_after!(5s, {}).is_some());
        let list = [shield!({ 1 }), shield!({ 2 })].map(|n| n + 1);
        assert_eq!(list, [2, 3]);
    }

    async fn a_future_can_be_sent_when_its_parts_can() {
        assert_eq!(sent(leaves_with_what_cannot_be_sent(0)).await.unwrap_err(), Rc::new(0));
        assert_eq!(sent(leaves_with_what_cannot_be_sent(1)).await, Ok(0));
    }
}
