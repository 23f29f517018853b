//! Ambient functions and macros inside of a backend that is not built in: they say so, and what to do instead.

use easynet::{ensure_backend, task_group, time, with_timeout};
use easynet_core::{
    AsyncBackend,
    cancel::{check_cancelled, is_cancelled},
    net::{AsyncStreamReadTransport as _, AsyncStreamTransport as _, AsyncStreamWriteTransport as _},
    task::{current_backend_name, get_current_task},
};
use easynet_tests::{ms, panic_message};
use futures::FutureExt;

use crate::{flavors, run_in, smol::Smol};

#[test]
fn the_backend_that_runs_is_named_where_none_is_found() {
    for options in flavors() {
        run_in(options, |_| async {
            let error = ensure_backend(None).unwrap_err();
            assert_eq!(error.foreign_backend(), Some("smol"));
            assert_eq!(
                error.to_string(),
                "the backend `smol` runs here, and is none of those that are built in and enabled: instead of functions and \
                 macros that find the backend by themselves, use the methods of `AsyncBackend` on a value of it"
            );
        });
    }
    assert_eq!(ensure_backend(None).unwrap_err().foreign_backend(), None);
}

#[test]
fn ambient_functions_and_macros_panic_with_that() {
    async fn group() {
        let _: Result<(), easynet::TaskGroupError> = task_group!(|group| {
            group.start_soon(async {});
        });
    }
    for options in flavors() {
        run_in(options, |backend| async move {
            for message in [
                panic_message(|| time::sleep(ms(1))),
                panic_message(time::current_time),
                panic_message(|| easynet::net::create_tcp_listeners("127.0.0.1", 0)),
                panic_message(|| async { with_timeout!(1s, {}) }.now_or_never().unwrap().unwrap()),
                panic_message(|| group().now_or_never()),
            ] {
                assert!(message.starts_with("the backend `smol` runs here"), "{message}");
            }
            // The program goes on.
            backend.sleep(ms(1)).await;
        });
    }
}

/// What is of the task, and needs no runtime, works in every backend.
#[test]
fn what_asks_the_task_works_as_everywhere() {
    for options in flavors() {
        run_in(options, |backend| async move {
            assert_eq!(easynet::task::get_current_task(), get_current_task());
            assert_eq!(current_backend_name(), Some("smol"));
            let scope = backend.open_cancel_scope();
            let seen = scope
                .run(async {
                    assert!(!easynet::cancel::is_cancelled());
                    scope.cancel_because("enough");
                    assert!(is_cancelled());
                    check_cancelled().unwrap_err().reason().text().map(str::to_owned)
                })
                .await;
            assert_eq!(seen.unwrap().as_deref(), Some("enough"));
        });
    }
}

/// A socket belongs to the reactor, not to the runtime that it was opened in.
#[test]
fn a_stream_outlives_the_runtime_it_was_opened_in() {
    let [several, one] = flavors();
    let (left, right) = std::os::unix::net::UnixStream::pair().unwrap();
    let (mut left, mut right) = run_in(several, |backend| async move {
        let mut left = backend.wrap_stream_socket(left).unwrap();
        left.send_all(b"from the first").await.unwrap();
        (left, backend.wrap_stream_socket(right).unwrap())
    });
    run_in(one, |_| async move {
        assert_eq!(right.recv(64).await.unwrap(), b"from the first");
        left.abort();
        assert!(right.recv(64).await.unwrap().is_empty());
        assert!(Smol::current().is_some());
    });
}
