//! BKD: which backend is found where: in a runtime that easynet did not make, in its threads, and in none.
#![forbid(unsafe_code)]

use std::{
    future::{Future, IntoFuture as _},
    thread,
};

use easynet::{
    AsyncBackend as _,
    cancel::ignore_cancellation,
    ensure_backend, new_builtin_backend,
    prelude::*,
    sim,
    threads::{create_threads_portal, run_coroutine, run_in_thread},
    time::sleep,
};
use easynet_tests::{LONG, Runner, in_foreign_thread, ms, panic_message, work_until};

/// What is found here.
fn found() -> Option<&'static str> {
    ensure_backend(None).ok().map(|backend| backend.name())
}

/// As under `#[tokio::main]`, in both flavours.
fn in_tokio<F: Future<Output = ()> + Send + 'static>(program: fn() -> F) {
    for mut builder in [
        tokio::runtime::Builder::new_current_thread(),
        tokio::runtime::Builder::new_multi_thread(),
    ] {
        let runtime = builder
            .enable_all()
            .worker_threads(2)
            .build()
            .expect("it can be made");
        Runner::TOKIO_CURRENT_THREAD.watch(move |_| runtime.block_on(program()));
    }
}

/// BKD-01
#[test]
fn a_backend_is_made_by_its_name() {
    for name in ["tokio", "sim"] {
        assert_eq!(
            new_builtin_backend(name).expect("its feature is enabled").name(),
            name
        );
    }
    let error = new_builtin_backend("trio").unwrap_err().to_string();
    assert!(
        ["trio", "tokio", "sim"].iter().all(|name| error.contains(name)),
        "{error}"
    );
}

/// BKD-02
#[test]
fn the_one_that_runs_is_found_inside_of_a_foreign_runtime() {
    in_tokio(|| async {
        assert_eq!(found(), Some("tokio"));
        let spawned = tokio::spawn(async { found() });
        assert_eq!(spawned.await.unwrap(), Some("tokio"));
        let blocking = tokio::task::spawn_blocking(found);
        assert_eq!(blocking.await.unwrap(), Some("tokio"));
        assert_eq!(run_in_thread(found).await, Some("tokio"));
        sleep(ms(1)).await;
        assert_eq!(with_timeout!(1min, async { found() }), Ok(Some("tokio")));
    });
}

/// BKD-02: the innermost counts.
#[test]
fn a_simulation_inside_of_a_foreign_runtime_is_found_there() {
    in_tokio(|| async {
        let inner = sim::run(0, async { (found(), run_in_thread(found).await) });
        assert_eq!(inner.unwrap(), (Some("sim"), Some("sim")));
        assert_eq!(found(), Some("tokio"));
    });
}

/// BKD-03
#[test]
fn in_a_thread_of_nobody_there_is_none() {
    in_tokio(|| async {
        assert_eq!(in_foreign_thread(found).await, None);
        let given = new_builtin_backend("tokio").unwrap();
        let name = in_foreign_thread(move || ensure_backend(given).map(|backend| backend.name()));
        assert_eq!(name.await.unwrap(), "tokio");
    });
    assert_eq!(found(), None);
    for call in [
        || drop(sleep(ms(1))),
        || drop(run_in_thread(|| ())),
        || drop(create_threads_portal()),
        || drop(easynet::cancel::open_cancel_scope()),
    ] {
        let text = panic_message(call);
        assert!(text.contains("no easynet backend is running here"), "{text}");
    }
}

#[test]
fn jobs_and_portals_need_no_bootstrap() {
    in_tokio(|| async {
        assert_eq!(run_in_thread(|| run_coroutine(async { 42 })).await, Ok(42));
        let portal = create_threads_portal();
        let handle = portal.handle();
        let called = portal.run(in_foreign_thread(move || {
            (handle.run_coroutine(async { found() }), handle.run_sync(found))
        }));
        assert_eq!(called.await, (Ok(Some("tokio")), Ok(Some("tokio"))));
    });
}

/// A blocking call is refused in every task of that runtime that easynet polls.
#[test]
fn a_blocking_call_of_another_task_of_the_runtime_is_refused() {
    in_tokio(|| async {
        let portal = create_threads_portal();
        let handle = portal.handle();
        let body = portal.run(async {
            let blocks = async move { handle.run_sync(|| ()).unwrap_err().is_on_event_loop() };
            assert!(tokio::spawn(ignore_cancellation(blocks)).await.unwrap());
        });
        body.await;
    });
}

/// C10: with no group around there is nobody to wait. The job is told, and ends on its own.
#[test]
fn a_job_that_is_dropped_where_nobody_waits_is_told() {
    in_tokio(|| async {
        let (ended, has_ended) = futures::channel::oneshot::channel();
        let job = run_in_thread(move || {
            work_until(easynet::cancel::is_cancelled);
            let _ = ended.send(());
        });
        let job = tokio::time::timeout(ms(5), job.abandon_on_cancel(true).into_future());
        if job.await.is_err() {
            // Where it never began, the sender was dropped with it.
            let _ = tokio::time::timeout(LONG, has_ended).await.expect("it is told");
        }
    });
}

#[test]
fn a_backend_is_named_in_every_thread_of_its_own() {
    let portal = easynet::threads::BlockingPortal::start(new_builtin_backend("tokio").unwrap()).unwrap();
    assert_eq!(portal.run_coroutine(async { found() }), Ok(Some("tokio")));
    assert_eq!(thread::spawn(found).join().unwrap(), None);
    assert_eq!(found(), None);
}
