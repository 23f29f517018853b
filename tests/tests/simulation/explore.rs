//! Looking for a seed under which a program fails.

use std::{
    error::Error as _,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use easynet::{
    AsyncBackend as _, BoxError, ensure_backend,
    prelude::*,
    sim::{FailingSeed, Schedule, Seeds, Simulation, cancel_at_every_await, explore, run, seed},
    time::{coro_yield, sleep_forever},
};
use easynet_tests::panic_message;

/// Which of two tasks runs first.
async fn first() -> &'static str {
    let first = Arc::new(Mutex::new(None));
    task_group!(|group| {
        for name in ["left", "right"] {
            let first = first.clone();
            group.start_soon(async move { _ = first.lock().unwrap().get_or_insert(name) });
        }
    })
    .expect("nothing fails");
    let first = first.lock().unwrap();
    first.expect("both have run")
}

fn simulation() -> Simulation {
    Simulation::new(0)
}

/// A failure that is looked for among the first 64 seeds.
fn find<F>(program: impl FnMut() -> F) -> FailingSeed<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let Err(failing) = explore(&simulation(), 0..64, program, |_| false) else {
        panic!("it does not fail")
    };
    failing
}

#[test]
fn the_first_seed_that_fails_is_found_and_fails_again() {
    let failing = explore(&simulation(), 0..64, first, |first| *first == "right").unwrap_err();
    let found = failing.seed();
    assert_eq!(failing.output(), Some(&"right"));
    assert!(failing.simulation_error().is_none());
    for seed in 0..found {
        assert_eq!(run(seed, first()).unwrap(), "left");
    }
    assert_eq!(run(found, first()).unwrap(), "right");
    assert_eq!(
        failing.to_string(),
        format!("fails under seed {found}: it returns a failure")
    );
    assert!(matches!(failing.resume(), Err("right")));
}

#[test]
fn no_seed_is_tried_after_the_first_that_fails() {
    let seeds = Arc::new(Mutex::new(Vec::new()));
    let own = seeds.clone();
    let program = || {
        let seeds = own.clone();
        async move { seeds.lock().unwrap().extend(seed()) }
    };
    let tried = AtomicUsize::new(0);
    let failing = explore(&simulation(), 5..64, program, |()| {
        tried.fetch_add(1, Ordering::Relaxed) == 2
    });
    assert_eq!(failing.unwrap_err().seed(), 7);
    assert_eq!(*seeds.lock().unwrap(), [5, 6, 7]);
}

#[test]
fn the_answer_is_the_output_under_the_last_seed() {
    let last = |seeds: Seeds| explore(&simulation(), seeds, || async { seed() }, |_| false).unwrap();
    assert_eq!(last(Seeds::first(4)), Some(Some(3)));
    assert_eq!(last(Seeds::only(9)), Some(Some(9)));
    assert_eq!(last(Seeds::from(2..4)), Some(Some(3)));
    assert_eq!(last(Seeds::only(u64::MAX)), Some(Some(u64::MAX)));
}

#[test]
fn without_a_seed_there_is_no_answer() {
    let none = explore(&simulation(), 0..0, || async { 1 }, |_| true);
    assert_eq!(none.unwrap(), None);
}

#[test]
fn a_panic_is_reported_and_resumes() {
    let failing = find(|| async { assert_ne!(first().await, "right", "it is right") });
    let text = failing.to_string();
    assert!(
        text.starts_with(&format!("fails under seed {}: it panics: ", failing.seed())),
        "{text}"
    );
    assert!(text.contains("it is right"), "{text}");
    assert!(failing.output().is_none() && failing.simulation_error().is_none());
    let resumed = panic_message(|| failing.resume().map(|never| match never {}));
    assert!(resumed.contains("it is right"), "{resumed}");
}

#[test]
fn a_panic_of_any_payload_is_reported() {
    let failing = find(|| async { std::panic::panic_any(5_u8) });
    assert_eq!(
        failing.to_string(),
        "fails under seed 0: it panics: a panic without text"
    );
    let payload = catch_unwind(AssertUnwindSafe(|| failing.resume().is_ok())).unwrap_err();
    assert_eq!(*payload.downcast::<u8>().expect("its own payload"), 5);
}

#[test]
fn a_panic_of_what_makes_the_program_is_reported() {
    let mut made = 0;
    let failing = find(|| {
        made += 1;
        assert!(made < 3, "it cannot be made, for a test");
        async {}
    });
    assert_eq!(failing.seed(), 2);
    assert!(failing.to_string().contains("it cannot be made"), "{failing}");
}

#[test]
fn a_deadlock_is_reported_with_its_tree() {
    let failing = find(|| async {
        if first().await == "right" {
            sleep_forever().await
        }
    });
    let error = failing.simulation_error().expect("it is a deadlock");
    assert!(error.is_deadlock(), "{error}");
    assert_eq!(error.seed(), failing.seed());
    assert!(
        failing.to_string().contains("sleeps until it is cancelled"),
        "{failing}"
    );
    assert_eq!(format!("{failing:?}"), failing.to_string());
    assert!(failing.source().is_none(), "all of it is said already");
    let again = run(failing.seed(), async {
        if first().await == "right" {
            sleep_forever().await
        }
    });
    let (lines, again) = (error.report().lines(), again.unwrap_err());
    // But for the place where the program was given to the simulation.
    assert!(
        lines
            .filter(|line| !line.contains("`main`"))
            .all(|line| again.report().contains(line))
    );
    let resumed = panic_message(|| failing.resume().map(|never| match never {}));
    assert!(resumed.starts_with("deadlock: "), "{resumed}");
}

#[test]
fn a_leak_and_a_livelock_are_reported() {
    let leak = find(|| async { ensure_backend(None).unwrap().spawn(std::future::pending()) });
    assert!(
        leak.simulation_error().is_some_and(|error| error.is_leak()),
        "{leak}"
    );
    let spins = || async {
        loop {
            coro_yield().await;
        }
    };
    let spins = explore(&simulation().step_limit(100), 0..1, spins, |()| false).unwrap_err();
    assert!(
        spins
            .simulation_error()
            .is_some_and(|error| error.is_step_limit()),
        "{spins}"
    );
}

#[test]
fn inside_of_a_simulation_there_is_nothing_to_explore() {
    let text = run(0, async { find(|| async {}).to_string() }).unwrap();
    assert!(text.contains("inside of a running one"), "{text}");
}

#[test]
fn the_schedule_is_that_of_the_simulation() {
    let trace = |schedule| simulation().schedule(schedule).run_traced(first()).1;
    let differs = (0..16).any(|seed| {
        let trace = |schedule| simulation().seed(seed).schedule(schedule).run_traced(first()).1;
        trace(Schedule::Uniform) != trace(Schedule::pct())
    });
    assert!(differs);
    assert_eq!(
        trace(Schedule::Uniform),
        simulation().run_traced(first()).1,
        "it is the usual one"
    );
}

/// With `?`, into the error of a test.
#[test]
fn what_is_found_converts_to_the_usual_errors() {
    fn found() -> Result<(), BoxError> {
        explore(&simulation(), 0..64, first, |first| *first == "right")?;
        Ok(())
    }
    fn mistake() -> anyhow::Result<usize> {
        let points = cancel_at_every_await(&simulation(), |cut| async move {
            let ended = cut.run(coro_yield()).await;
            assert!(ended.is_some(), "it cannot be cancelled, for a test");
        })?;
        Ok(points)
    }
    assert!(found().unwrap_err().to_string().starts_with("fails under seed "));
    assert!(
        mistake()
            .unwrap_err()
            .to_string()
            .starts_with("cancelled at suspension point 0 ")
    );
}
