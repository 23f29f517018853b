//! Models of what threads and the event loop share: no call is lost, and none runs twice, whoever closes or cancels when.

use std::sync::Arc;

use loom::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use super::{explore, group, waker, woken};
use crate::{
    cancel::CancelReason,
    threads::{
        call::{Call, Outcome, Plain, Run},
        calls::Calls,
        job::desk::{Desk, Ticket},
    },
};

#[test]
fn a_call_that_is_made_while_the_portal_is_closed_is_run_or_given_back() {
    explore(|| {
        let calls = Arc::new(Calls::new());
        assert!(calls.open());
        let caller = thread::spawn({
            let calls = calls.clone();
            move || calls.push(1).is_ok()
        });
        let mut run = 0;
        run += calls.next().map_or(0, |call| call);
        calls.close();
        while let Some(call) = calls.next() {
            run += call;
        }
        let taken = caller.join().unwrap();
        assert_eq!(run, usize::from(taken));
        assert!(calls.next().is_none() && calls.push(1).is_err());
    });
}

#[test]
fn whoever_finds_no_call_is_woken_by_the_next() {
    explore(|| {
        let calls = Arc::new(Calls::new());
        assert!(calls.open());
        let caller = thread::spawn({
            let calls = calls.clone();
            move || assert!(calls.push(1).is_ok())
        });
        let (count, waker) = waker();
        let found = calls.next_or_park(&waker).is_some();
        caller.join().unwrap();
        assert!(found || woken(&count));
        assert_eq!(calls.next().is_some(), !found);
    });
}

#[test]
fn calls_of_one_thread_are_handed_out_in_order() {
    explore(|| {
        let calls = Arc::new(Calls::new());
        assert!(calls.open());
        let callers = [10, 20].map(|first| {
            let calls = calls.clone();
            thread::spawn(move || {
                let _ = calls.push(first);
                let _ = calls.push(first + 1);
            })
        });
        calls.close();
        callers.into_iter().for_each(|caller| caller.join().unwrap());
        let mut seen = Vec::new();
        while let Some(call) = calls.next() {
            seen.push(call);
        }
        for first in [10, 20] {
            let own: Vec<_> = seen.iter().filter(|call| **call / 10 == first / 10).collect();
            assert!(own.is_empty() || *own[0] == first, "{seen:?}");
        }
    });
}

#[test]
fn whoever_waits_for_a_call_sees_its_end_or_is_woken() {
    explore(|| {
        let call = Call::plain();
        let runner = thread::spawn({
            let call = call.clone();
            move || {
                assert!(call.begin());
                call.end(Outcome::Returned(42));
            }
        });
        let (count, waker) = waker();
        let ready = call.poll_done(&std::task::Context::from_waker(&waker)).is_ready();
        runner.join().unwrap();
        assert!(ready || woken(&count));
        assert!(matches!(call.take(), Ok(Ok(42))));
    });
}

#[test]
fn a_plain_call_is_either_run_or_cancelled() {
    explore(|| {
        let (call, runs) = (Call::plain(), Arc::new(AtomicUsize::new(0)));
        let count = runs.clone();
        let plain = Box::new(Plain::new(
            move || count.fetch_add(1, Ordering::Relaxed),
            call.clone(),
        ));
        let runner = thread::spawn(move || plain.run());
        let cancelled = call.cancel(CancelReason::let_go());
        runner.join().unwrap();
        assert_eq!(runs.load(Ordering::Relaxed), usize::from(!cancelled));
        assert_eq!(call.take().is_err(), cancelled);
    });
}

#[test]
fn a_job_that_is_let_go_is_counted_until_it_has_ended() {
    explore(|| {
        let (group, desk) = (group(), Arc::new(Desk::new(7)));
        let thread = thread::spawn({
            let (group, desk) = (group.clone(), desk.clone());
            move || {
                let Some(value) = desk.begin() else { return };
                if let Err((value, ticket)) = desk.end(Ok(value)) {
                    // It is not over before the value is.
                    assert!(ticket.is_some() && group.live() == 2);
                    drop(value);
                }
            }
        });
        let left = desk.let_go(Ticket::take(Some(group.clone())));
        drop(left);
        thread.join().unwrap();
        assert_eq!(group.live(), 1);
        assert!(desk.take_value().is_none());
    });
}

#[test]
fn a_job_is_either_run_or_taken_back() {
    explore(|| {
        let desk = Arc::new(Desk::new(7));
        let thread = thread::spawn({
            let desk = desk.clone();
            move || {
                let job = desk.begin();
                if let Some(value) = job {
                    assert!(desk.end(Ok(value)).is_ok());
                }
                job.is_some()
            }
        });
        let taken_back = desk.take_back();
        assert_eq!(thread.join().unwrap(), !taken_back);
        assert_eq!(desk.take_value().is_some(), !taken_back);
    });
}
