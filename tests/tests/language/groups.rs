//! Leaving a group early: what becomes of its children, and of the error it is left with.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use easynet::prelude::*;
use easynet::time::{coro_yield, sleep_forever};
use easynet::{BoxError, TaskGroupError};
use easynet_tests::each_backend;
use futures::channel::oneshot;

use super::{Failed, Wide};

/// Counts its drops.
struct Counted(Arc<AtomicU32>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

async fn waits_for_ever(counted: Counted) -> Result<(), BoxError> {
    let _counted = counted;
    sleep_forever().await
}

/// An error that does not convert to a [`BoxError`].
#[derive(Debug, PartialEq)]
struct Odd;

/// How a body leaves while a child of its group fails: with an error that converts, or one that does not.
async fn left_with(error: u32) -> Result<Result<(), TaskGroupError>, Failed> {
    let outcome = task_group!(|group| {
        // The child has begun, and fails when the body has been left: not before, not never.
        let (_body, left) = oneshot::channel::<()>();
        group
            .start(async {
                shield!({ left.await.unwrap_err() });
                Err::<(), BoxError>("the child".into())
            })
            .await;
        if error == 1 {
            Err(Failed(1))?;
        }
        if error == 2 {
            return Err(Failed(2));
        }
        if error == 3 {
            let _ = with_timeout!(5s, { shield!({ Err(Failed(3))? }) });
        }
    });
    Ok(outcome)
}

fn lines(error: &TaskGroupError) -> Vec<String> {
    error
        .failures()
        .iter()
        .map(|failure| failure.error().to_string())
        .collect()
}

each_backend! {
    async fn every_jump_out_of_a_group_cancels_its_children() {
        async fn leave(how: u32, dropped: Arc<AtomicU32>) -> Result<u32, Failed> {
            'outer: {
                for _ in 0..2 {
                    task_group!(|group| {
                        group.start_soon(waits_for_ever(Counted(Arc::clone(&dropped))));
                        coro_yield().await;
                        match how {
                            0 => return Ok(0),
                            1 => Err(Failed(1))?,
                            2 => break 'outer,
                            3 => continue,
                            4 => break,
                            _ => return Err(Failed(how)),
                        }
                    })
                    .unwrap();
                }
            }
            Ok(100)
        }
        for (how, value, drops) in
            [(0, Ok(0), 1), (1, Err(Failed(1)), 1), (2, Ok(100), 1), (3, Ok(100), 2), (4, Ok(100), 1), (5, Err(Failed(5)), 1)]
        {
            let dropped = Arc::new(AtomicU32::new(0));
            assert_eq!(leave(how, Arc::clone(&dropped)).await, value);
            assert_eq!(dropped.load(Ordering::SeqCst), drops, "jump {how}");
        }
    }

    async fn the_error_a_body_leaves_with_is_part_of_the_group_error() {
        for how in 1..=3 {
            let error = left_with(how).await.unwrap().unwrap_err();
            let mut lines = lines(&error);
            lines.sort();
            assert_eq!(lines, [format!("failed at {how}"), "the child".into()]);
        }
        assert_eq!(lines(&left_with(0).await.unwrap().unwrap_err()), ["the child"]);
    }

    async fn an_error_that_does_not_convert_gives_way_to_the_childs() {
        async fn leave() -> Result<Result<(), TaskGroupError>, Odd> {
            let outcome = task_group!(|group| {
                // The child has begun, and fails when the body has been left: not before, not never.
                let (_body, left) = oneshot::channel::<()>();
                group.start(async { shield!({ left.await.unwrap_err() }); Err::<(), BoxError>("the child".into()) }).await;
                Err(Odd)?;
            });
            Ok(outcome)
        }
        assert_eq!(lines(&leave().await.unwrap().unwrap_err()), ["the child"]);
    }

    async fn a_typed_group_holds_the_converted_error_of_its_body() {
        async fn leave() -> Result<Result<(), TaskGroupError<Wide>>, Failed> {
            let outcome = task_group!(|group: TaskGroup<Wide>| {
                let (_body, left) = oneshot::channel::<()>();
                group.start(async { shield!({ left.await.unwrap_err() }); Err::<(), _>(Failed(1)) }).await;
                return Err(Failed(2));
            });
            Ok(outcome)
        }
        let error = leave().await.unwrap().unwrap_err();
        assert_eq!(error.failures().len(), 2);
        assert!(error.failures().iter().any(|failure| *failure.error() == Wide::Failed(Failed(2))));
    }

    async fn an_error_that_borrows_may_leave_a_group() {
        #[derive(Debug, PartialEq)]
        struct Borrowed<'a>(&'a str);
        async fn leave<'a>(text: &'a str, strings: bool) -> Result<u32, Borrowed<'a>> {
            let inner = async {
                task_group!(|_group| {
                    if text.len() > 5 {
                        return Err(text);
                    }
                })
                .map_err(|_| "a task failed")
            };
            if strings {
                return inner.await.map(|()| 0).map_err(Borrowed);
            }
            let length = task_group!(|_group| {
                if text.is_empty() {
                    return Err(Borrowed(text));
                }
                text.len() as u32
            });
            Ok(length.unwrap_or(0))
        }
        let text = String::from("some text");
        assert_eq!(leave(&text, false).await, Ok(9));
        assert_eq!(leave(&text[..0], false).await, Err(Borrowed("")));
        assert_eq!(leave(&text, true).await, Err(Borrowed("some text")));
    }
}

/// Compiles: what cannot be sent to another thread may leave a group that stays on its own.
#[allow(dead_code)]
async fn an_error_that_cannot_be_sent(error: std::rc::Rc<u32>) -> Result<(), std::rc::Rc<u32>> {
    let outcome = task_group!(|_group| { Err(error)? });
    outcome.or(Ok(()))
}
