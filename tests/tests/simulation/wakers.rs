//! A waker that is lost is a deadlock, whose report says so.

use std::{future::poll_fn, task::Poll};

use easynet::{
    sim::run,
    time::{sleep, sleep_forever},
};
use easynet_tests::ms;

use super::{deadlocks::embrace, failure};

#[test]
fn a_lost_waker_is_named() {
    let mut polls = 0;
    let error = failure(poll_fn(move |_| {
        polls += 1;
        if polls == 1 {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    }));
    assert!(error.report().contains("has lost its waker"), "{error}");
}

#[test]
fn a_lost_waker_is_named_though_the_task_waits_for_something_else_then() {
    let error = failure(async {
        let mut polls = 0;
        poll_fn(move |_| {
            polls += 1;
            if polls == 1 {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
        sleep(ms(1)).await;
    });
    assert!(error.is_deadlock(), "{error}");
    assert!(error.report().contains("has lost its waker"), "{error}");
}

#[test]
fn a_task_that_has_its_waker_is_not_said_to_have_lost_it() {
    for program in [failure(embrace()), failure(async { sleep_forever().await })] {
        assert!(!program.report().contains("lost"), "{program}");
    }
}

#[test]
fn what_panics_when_it_is_asked_where_it_stands_changes_no_more_than_the_report() {
    let mut polls = 0;
    let error = failure(poll_fn(move |_| -> Poll<()> {
        polls += 1;
        assert!(polls == 1, "polled without having been woken, for a test");
        Poll::Pending
    }));
    assert!(error.is_deadlock(), "{error}");
    assert!(!error.report().contains("lost its waker"), "{error}");
    run(0, async {}).expect("the thread is as it was");
}
