//! Tasks of the runtime that easynet does not poll: they may not wait for the thread they run on either.

use std::thread;

use easynet::threads::{PortalHandle, create_threads_portal, current_portal, run_in_thread};
use easynet_tests::{Runner, ms};
use tokio::{
    runtime::{Builder, Runtime},
    task::spawn_blocking,
};

fn runtime_on_one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// From a task in the event loop itself.
fn every_call_that_blocks_is_refused(portal: &PortalHandle) {
    assert!(portal.is_on_event_loop());
    assert!(portal.run_sync(|| ()).unwrap_err().is_on_event_loop());
    assert!(portal.run_coroutine(async {}).unwrap_err().is_on_event_loop());
    let mut call = portal.run_sync_soon(|| ()).unwrap();
    assert!(call.wait_timeout(ms(1)).unwrap_err().is_on_event_loop());
    assert!(call.wait().unwrap_err().is_on_event_loop());
}

async fn a_plain_task_is_refused() {
    let portal = create_threads_portal();
    portal
        .run(async {
            let handle = portal.handle();
            let plain = tokio::spawn(async move { every_call_that_blocks_is_refused(&handle) });
            plain.await.unwrap();
        })
        .await;
}

async fn a_blocking_job_of_tokio_is_served() {
    let portal = create_threads_portal();
    portal
        .run(async {
            let handle = portal.handle();
            let calls = spawn_blocking(move || {
                assert!(!handle.is_on_event_loop());
                handle.run_sync(|| 40).unwrap() + handle.run_coroutine(async { 2 }).unwrap()
            });
            assert_eq!(calls.await.unwrap(), 42);
        })
        .await;
}

#[test]
fn a_plain_task_that_would_block_the_only_thread_is_refused() {
    Runner::TOKIO_CURRENT_THREAD.watch(|runner| runner.run(a_plain_task_is_refused()));
}

#[test]
fn a_plain_task_that_would_block_the_only_thread_of_a_foreign_runtime_is_refused() {
    Runner::TOKIO_CURRENT_THREAD.watch(|_| {
        let runtime = runtime_on_one_thread();
        runtime
            .block_on(runtime.spawn(a_plain_task_is_refused()))
            .unwrap();
        runtime.block_on(a_plain_task_is_refused());
    });
}

#[test]
fn code_between_opening_a_portal_and_awaiting_it_is_refused() {
    Runner::TOKIO_CURRENT_THREAD.watch(|_| {
        runtime_on_one_thread().block_on(async {
            let portal = create_threads_portal();
            let serve = portal.run(async {});
            every_call_that_blocks_is_refused(&portal);
            serve.await;
        });
    });
}

#[test]
fn a_plain_task_is_refused_by_the_portal_of_a_job() {
    async fn program() {
        let job = run_in_thread(|| {
            let (portal, own) = (current_portal().unwrap(), current_portal().unwrap());
            // Served from here on, for sure.
            portal.run_sync(|| ()).unwrap();
            let plain =
                async move { tokio::spawn(async move { every_call_that_blocks_is_refused(&own) }).await };
            portal.run_coroutine(plain).unwrap().unwrap();
        });
        job.await;
    }
    Runner::TOKIO_CURRENT_THREAD.watch(|runner| {
        runner.run(program());
        runtime_on_one_thread().block_on(program());
    });
}

#[test]
fn a_blocking_job_of_the_same_runtime_is_served() {
    for runner in [
        Runner::TOKIO_CURRENT_THREAD,
        Runner::TOKIO_CURRENT_THREAD_IN_REAL_TIME,
        Runner::TOKIO_MULTI_THREAD,
    ] {
        runner.watch(|runner| runner.run(a_blocking_job_of_tokio_is_served()));
    }
    Runner::TOKIO_CURRENT_THREAD
        .watch(|_| runtime_on_one_thread().block_on(a_blocking_job_of_tokio_is_served()));
}

#[test]
fn a_plain_task_of_another_runtime_is_served() {
    async fn program() {
        let portal = create_threads_portal();
        portal
            .run(async {
                let handle = portal.handle();
                let calls = spawn_blocking(move || {
                    let other = thread::spawn(move || {
                        let runtime = runtime_on_one_thread();
                        let plain = runtime.spawn(async move { handle.run_sync(|| 42) });
                        runtime.block_on(plain).unwrap()
                    });
                    other.join().unwrap()
                });
                assert_eq!(calls.await.unwrap(), Ok(42));
            })
            .await;
    }
    Runner::TOKIO_CURRENT_THREAD.watch(|runner| {
        runner.run(program());
        runtime_on_one_thread().block_on(program());
    });
}
