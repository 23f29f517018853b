//! An event loop in the background of a program that is not asynchronous.

use std::{panic::panic_any, sync::Arc, thread};

use easynet::{
    RunnerOptions,
    net::{create_tcp_connection, create_tcp_listeners},
    new_builtin_backend,
    prelude::*,
    threads::BlockingPortal,
    time::{sleep, sleep_forever},
};
use easynet_tests::{Log, Runner, beside_threads, ms, panic_message};

fn start(runner: Runner) -> BlockingPortal {
    BlockingPortal::start_with(runner.backend(), &runner.options()).expect("it starts")
}

beside_threads! {
    fn synchronous_code_runs_coroutines(runner: Runner) {
        let portal = start(runner);
        let name = portal.run_coroutine(async {
            sleep(ms(1)).await;
            easynet::ensure_backend(None).unwrap().name()
        });
        assert_eq!(name, Ok(runner.backend().name()));
        assert_eq!(portal.run_sync(|| 42), Ok(42));
        portal.close();
    }

    fn it_is_joined_when_it_is_closed(runner: Runner) {
        let (portal, log) = (start(runner), Log::new());
        let (handle, own) = (portal.handle(), log.clone());
        drop(portal.run_coroutine_soon(async move {
            sleep(ms(2)).await;
            own.add("it was waited for");
        }));
        portal.close();
        log.assert(&["it was waited for"]);
        assert!(handle.run_sync(|| ()).unwrap_err().is_closed());
    }

    fn it_is_joined_when_it_is_dropped_and_what_runs_is_cancelled(runner: Runner) {
        let (portal, log) = (start(runner), Log::new());
        let own = log.clone();
        let call = portal.run_coroutine_soon(async move {
            let _log = own.on_drop("it is over");
            sleep_forever().await
        });
        portal.run_coroutine(async { sleep(ms(1)).await }).unwrap();
        drop(portal);
        log.assert(&["it is over"]);
        let error: Result<(), _> = call.unwrap().wait();
        assert_eq!(error.unwrap_err().reason().unwrap().text(), Some("the portal was dropped"));
    }

    fn several_threads_share_it(runner: Runner) {
        let portal = Arc::new(start(runner));
        let threads: Vec<_> = (0..4)
            .map(|n| {
                let portal = portal.clone();
                thread::spawn(move || portal.run_coroutine(async move { n }).unwrap())
            })
            .collect();
        let values: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert_eq!(values, [0, 1, 2, 3]);
    }

    fn a_client_and_a_server_talk_in_it(runner: Runner) {
        let options = runner.options();
        let portal = BlockingPortal::start_with(runner.backend(), &options).unwrap();
        let mut listener = portal
            .run_coroutine(async { create_tcp_listeners("127.0.0.1", 0).await.unwrap().remove(0) })
            .unwrap();
        let port = listener.local_address().unwrap().port();
        let server = portal.run_coroutine_soon(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let request = stream.recv(16).await.unwrap();
            stream.send_all(&request).await.unwrap();
        });
        let answer = portal.run_coroutine(async move {
            let mut stream = create_tcp_connection("127.0.0.1", port).await.unwrap();
            stream.send_all(b"hello").await.unwrap();
            stream.recv(16).await.unwrap()
        });
        assert_eq!(answer.unwrap(), b"hello");
        server.unwrap().wait().unwrap();
        portal.close();
    }

    fn a_panic_of_a_coroutine_resumes_in_its_caller(runner: Runner) {
        let portal = start(runner);
        let panicking = std::panic::AssertUnwindSafe(|| {
            portal.run_coroutine(async { if true { panic_any(17_u8) } })
        });
        assert_eq!(*std::panic::catch_unwind(panicking).unwrap_err().downcast::<u8>().unwrap(), 17);
        assert_eq!(portal.run_sync(|| 1), Ok(1));
    }

    /// It cannot wait for itself, and ends when it can.
    fn one_that_is_dropped_by_its_own_task_is_no_deadlock(runner: Runner) {
        let portal = Arc::new(start(runner));
        let (handle, own) = (portal.handle(), portal.clone());
        drop(portal);
        let call = handle.run_coroutine_soon(async move { drop(own) });
        // It may be cancelled by the drop, and has returned all the same.
        let _ = call.unwrap().wait();
        while !handle.is_closed() {
            thread::yield_now();
        }
    }

    fn one_that_is_closed_by_its_own_task_says_so(runner: Runner) {
        let portal = Arc::new(start(runner));
        let (handle, own) = (portal.handle(), portal.clone());
        let text = handle.run_sync(move || {
            let own = own;
            drop(portal);
            let portal = Arc::into_inner(own).unwrap();
            panic_message(move || portal.close())
        });
        assert!(text.unwrap().contains("a task of its own event loop"));
    }

    fn options_that_do_not_fit_are_an_error(runner: Runner) {
        if runner.is_simulated() {
            return;
        }
        let options = RunnerOptions::new().flavor(easynet::Flavor::CurrentThread).worker_threads(2);
        let error = BlockingPortal::start_with(runner.backend(), &options).unwrap_err();
        assert!(error.is_options(), "{error}");
    }

    /// It is in a thread of its own, so it may be started anywhere.
    fn it_is_started_inside_of_another_loop(runner: Runner) {
        let value = runner.run(async move {
            let portal = start(runner);
            let value = portal.run_coroutine(async { 42 });
            portal.close();
            value
        });
        assert_eq!(value, Ok(42));
    }
}

/// A simulation that nobody told to wait for threads gives up a program that waits for nothing else: closing does not conceal it.
#[test]
fn closing_tells_why_the_program_was_given_up() {
    let portal = BlockingPortal::start(new_builtin_backend("sim").unwrap()).unwrap();
    while portal.run_coroutine(async {}).is_ok() {
        thread::sleep(ms(1));
    }
    let message = panic_message(|| portal.close());
    assert!(message.contains("deadlock"), "{message}");
}
