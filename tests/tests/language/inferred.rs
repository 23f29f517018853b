//! What leaves a block may have a type that only later code tells, in closures and `async` blocks.

use easynet::TaskGroupError;
use easynet::prelude::*;
use easynet::time::coro_yield;
use easynet_tests::each_backend;

use super::{Failed, parse};

/// A closure that leaves a macro with a value of unknown type, and then yields one that is known.
macro_rules! leaves {
    ($macro:ident($($head:tt)*), $value:expr) => {
        async |n: u8| {
            let _ = $macro!($($head)* {
                coro_yield().await;
                if n > 0 {
                    return n.into();
                }
            });
            $value
        }
    };
}

/// The same, in each macro.
macro_rules! leaves_each {
    ($value:expr, $left:expr) => {
        assert_eq!(leaves!(task_group(|_group|), $value)(3).await, $left);
        assert_eq!(leaves!(task_group(|_group: TaskGroup<String>|), $value)(3).await, $left);
        assert_eq!(leaves!(with_timeout(5s,), $value)(3).await, $left);
        assert_eq!(leaves!(cancel_scope(|_scope|), $value)(3).await, $left);
        assert_eq!(leaves!(shield(), $value)(3).await, $left);
        assert_eq!(leaves!(gather(), $value)(3).await, $left);
        assert_eq!(leaves!(race(), $value)(3).await, $left);
    };
}

each_backend! {
    async fn a_value_leaves_with_the_type_that_later_code_tells() {
        leaves_each!(0_u8, 3);
        leaves_each!(0_u32, 3);
        leaves_each!(0.0_f64, 3.0);
        leaves_each!(None::<u8>, Some(3));
        leaves_each!(Box::new(0_u8), Box::new(3));
        leaves_each!(std::sync::Arc::new(0_u8), std::sync::Arc::new(3));
    }

    async fn a_collection_leaves_with_the_type_that_later_code_tells() {
        let collected = async || {
            let _ = task_group!(|_group| { return (1..4_u8).collect() });
            std::collections::BTreeSet::<u8>::new()
        };
        assert_eq!(collected().await.len(), 3);
        let made = async {
            let _ = task_group!(|_group| { return Default::default() });
            ("", 7_u8, [true])
        };
        assert_eq!(made.await, ("", 0, [false]));
    }

    async fn an_error_leaves_with_the_type_that_later_code_tells() {
        let read = async |text: &str| {
            let number: u32 = task_group!(|_group| {
                match parse(text.len() as u32) {
                    Ok(number) => number,
                    Err(error) => return Err(error.into()),
                }
            })?;
            if number == 0 { Err(Failed(0))? }
            Ok::<_, easynet::BoxError>(number)
        };
        assert!(read("").await.is_err());
    }

    async fn a_loop_is_left_with_the_type_that_later_code_tells() {
        let found = loop {
            let _ = task_group!(|_group| { break 7_u8.into() });
        };
        let wide: u64 = found;
        assert_eq!(wide, 7);
        let found = 'outer: {
            let _ = task_group!(|_group| {
                let _ = with_timeout!(5s, { break 'outer 7_u8.into() });
            });
            0_i128
        };
        assert_eq!(found, 7);
    }

    async fn an_error_of_a_type_that_later_code_tells_is_held_by_the_group() {
        let fails = async || {
            let outcome: Result<(), TaskGroupError> = task_group!(|group| {
                let (_body, left) = futures::channel::oneshot::channel::<()>();
                let child = async {
                    shield!({ left.await.unwrap_err() });
                    Err::<(), easynet::BoxError>("the child".into())
                };
                group.start(child).await;
                return Err("the body".into());
            });
            Ok::<_, easynet::BoxError>(outcome)
        };
        let error = fails().await.unwrap().unwrap_err();
        let told: Vec<_> = error.failures().iter().map(|failure| failure.error().to_string()).collect();
        assert_eq!(told, ["the child", "the body"]);
    }
}
