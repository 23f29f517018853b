//! Opening Unix sockets: what was open is closed, and the name that was taken for it is free.

use easynet::{move_on_after, time::sleep};

use super::*;

/// A listener whose backlog is full, and who fills it.
async fn busy() -> (UnixListener, UnixStream) {
    let listener = create_unix_stream_listener("/busy").backlog(1).await.unwrap();
    (listener, create_unix_stream_connection("/busy").await.unwrap())
}

#[test]
fn a_connection_that_was_given_up_gives_its_name_back() {
    for name in ["/own", "\0own"] {
        at_every_await(|cut| async move {
            let (mut listener, _first) = busy().await;
            cut.run(async {
                let waits = create_unix_stream_connection("/busy").local_path(name);
                assert!(move_on_after!(10ms, waits).is_none());
                sleep(ms(1)).await;
            })
            .await;
            let (_, peer) = listener.accept().await.unwrap();
            assert!(peer.is_unnamed());
            assert!(
                move_on_after!(1s, listener.accept()).is_none(),
                "it is still there"
            );
            create_unix_stream_listener(name).await.expect("the name is free");
        });
    }
}

/// Those that never wait: they are opened, or they are not.
#[test]
fn what_was_not_opened_has_no_name() {
    at_every_await(|cut| async move {
        let mut opened = 0;
        cut.run(async {
            sleep(ms(1)).await;
            let streams = create_unix_stream_listener("/0")
                .unlink_on_close(true)
                .await
                .unwrap();
            opened += 1;
            sleep(ms(1)).await;
            let datagrams = create_unix_datagram_listener("/1")
                .unlink_on_close(true)
                .await
                .unwrap();
            opened += 1;
            sleep(ms(1)).await;
            let endpoint = create_unix_datagram_endpoint("/1")
                .local_path("\0own")
                .await
                .unwrap();
            opened += 1;
            sleep(ms(1)).await;
            let stream = create_unix_stream_connection("/0")
                .local_path("\0other")
                .await
                .unwrap();
            opened += 1;
            sleep(ms(1)).await;
            drop((streams, datagrams, endpoint, stream));
        })
        .await;
        assert_eq!(network().sockets(), 0);
        assert!(opened <= 4);
        for name in ["/0", "/1", "\0own", "\0other"] {
            create_unix_stream_listener(name).await.expect("the name is free");
        }
    });
}

/// The peer may have heard of it by then: a name does not wait for the other end to be closed.
#[test]
fn a_connection_that_was_opened_and_not_handed_out_gives_its_name_back() {
    at_every_await(|cut| async move {
        let (mut listener, first) = busy().await;
        easynet::task_group!(|group| {
            let accepting = group.spawn_value(async move {
                sleep(ms(5)).await;
                let accepted = listener.accept().await.unwrap();
                // Whoever waits has room from now on, and has not been told.
                sleep(ms(1)).await;
                (accepted, listener)
            });
            let mut opened = false;
            cut.run(async {
                let stream = create_unix_stream_connection("/busy").local_path("/own").await;
                opened = true;
                sleep(ms(1)).await;
                drop(stream.unwrap());
            })
            .await;
            let held = accepting.join().await.unwrap();
            let again = create_unix_stream_listener("/own").await;
            assert_eq!(again.is_err(), opened, "the name of what was handed out stays");
            drop((held, first));
        })
        .unwrap();
    });
}

/// The same without a cancellation: whoever waits for room is refused when the listener is closed.
#[test]
fn a_connection_that_was_refused_gives_its_name_back() {
    at_every_await(|cut| async move {
        let (listener, first) = busy().await;
        easynet::task_group!(|group| {
            group.start_soon(async move {
                sleep(ms(5)).await;
                drop((listener, first));
            });
            let refused = cut.run(async {
                let opened = create_unix_stream_connection("/busy").local_path("/own").await;
                opened.unwrap_err().kind()
            });
            assert!(
                refused
                    .await
                    .is_none_or(|kind| kind == ErrorKind::ConnectionRefused)
            );
            create_unix_stream_listener("/own")
                .await
                .expect("the name is free");
        })
        .unwrap();
    });
}
