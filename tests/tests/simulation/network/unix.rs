//! Unix sockets of hosts: names that are no files.

use easynet::{move_on_after, task_group};

use super::*;

#[test]
fn each_host_has_paths_of_its_own() {
    simulate(async {
        let (a, b) = (host("a"), host("b"));
        let _listener = a
            .run(async { create_unix_stream_listener("/run/service").await.unwrap() })
            .await;
        a.run(async { create_unix_stream_connection("/run/service").await.unwrap() })
            .await;
        let error = b
            .run(async { create_unix_stream_connection("/run/service").await })
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        b.run(async { create_unix_stream_listener("/run/service").await.unwrap() })
            .await;
        assert!(!std::path::Path::new("/run/service").exists());
    });
}

/// LSO-11
#[test]
fn a_path_stays_taken_unless_it_was_asked_otherwise() {
    simulate(async {
        drop(create_unix_stream_listener("/kept").await.unwrap());
        let error = create_unix_stream_listener("/kept").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        drop(
            create_unix_stream_listener("/removed")
                .unlink_on_close(true)
                .await
                .unwrap(),
        );
        let mut datagrams = create_unix_datagram_listener("/removed")
            .unlink_on_close(true)
            .await
            .unwrap();
        let sender = datagrams.sender();
        datagrams.aclose().await.unwrap();
        create_unix_stream_listener("/removed").await.unwrap();
        drop(sender);
        let error = create_unix_stream_listener("").mode(0o600).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    });
}

#[test]
fn only_a_stale_path_is_replaced_and_only_if_asked() {
    simulate(async {
        drop(create_unix_stream_listener("/stale").await.unwrap());
        let used = create_unix_stream_listener("/stale")
            .replace_stale(true)
            .unlink_on_close(true)
            .await
            .unwrap();
        let error = create_unix_stream_listener("/stale")
            .replace_stale(true)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        create_unix_stream_connection("/stale").await.unwrap();
        drop(used);
        let error = create_unix_stream_connection("/stale").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    });
}

#[test]
fn a_socket_of_the_other_kind_is_an_error() {
    simulate(async {
        let _streams = create_unix_stream_listener("/streams").await.unwrap();
        let _datagrams = create_unix_datagram_listener("/datagrams").await.unwrap();
        let error = create_unix_datagram_endpoint("/streams").await.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(91), "EPROTOTYPE: {error}");
        let error = create_unix_stream_connection("/datagrams")
            .local_path("/local")
            .await
            .unwrap_err();
        assert_eq!(error.raw_os_error(), Some(91), "EPROTOTYPE: {error}");
        create_unix_stream_listener("/local").await.unwrap();
    });
}

#[test]
fn a_connection_waits_for_room_in_the_backlog() {
    simulate(async {
        let mut listener = create_unix_stream_listener("/busy").backlog(1).await.unwrap();
        task_group!(|group| {
            let mut clients = Vec::new();
            for _ in 0..5 {
                clients.push(group.spawn(async { create_unix_stream_connection("/busy").await }));
            }
            for _ in 0..5 {
                listener.accept().await.unwrap();
            }
            for client in clients {
                client.await.unwrap();
            }
        })
        .unwrap();
        let _waits = create_unix_stream_connection("/busy").await.unwrap();
        assert!(move_on_after!(1h, create_unix_stream_connection("/busy")).is_none());
    });
}

#[test]
fn writing_to_a_peer_that_is_gone_fails_at_once() {
    simulate(async {
        let mut listener = create_unix_stream_listener("/path").await.unwrap();
        let mut client = create_unix_stream_connection("/path").await.unwrap();
        drop(listener.accept().await.unwrap());
        assert_eq!(
            client.send_all(b"x").await.unwrap_err().kind(),
            ErrorKind::BrokenPipe
        );
        assert_eq!(client.recv(8).await.unwrap(), b"");
        assert_eq!(client.peer_address().unwrap(), UnixAddress::from("/path"));
    });
}

#[test]
fn a_connected_socket_hears_its_peer_only() {
    simulate(async {
        let _peer = create_unix_datagram_listener("/peer").await.unwrap();
        let other = create_unix_datagram_listener("/other").await.unwrap();
        let _endpoint = create_unix_datagram_endpoint("/peer")
            .local_path("/own")
            .await
            .unwrap();
        let error = other.send_to(b"x", &"/own".into()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    });
}
