//! The files of Unix sockets: permissions, what is left, what is removed.

use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::{MetadataExt, PermissionsExt},
};

use easynet::{move_on_after, net::*};
use easynet_tests::over_sockets;

use super::Directory;

fn mode(path: &std::path::Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

over_sockets! {
    /// LSO-09, UDG-03: whatever the umask says.
    async fn a_file_has_the_permissions_that_were_asked_for() {
        let directory = Directory::new();
        for wanted in [0o600, 0o666, 0o777, 0o640] {
            let (stream, datagram) = (directory.path(&format!("s{wanted:o}")), directory.path(&format!("d{wanted:o}")));
            let _stream = create_unix_stream_listener(&stream).mode(wanted).await.unwrap();
            let _datagram = create_unix_datagram_listener(&datagram).mode(wanted).await.unwrap();
            assert_eq!((mode(&stream), mode(&datagram)), (wanted, wanted));
        }
    }

    async fn permissions_without_a_file_are_an_error() {
        let error = create_unix_stream_listener("").mode(0o600).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }

    /// LSO-11
    async fn a_file_stays_unless_it_was_asked_otherwise() {
        let directory = Directory::new();
        let (kept, removed) = (directory.path("kept"), directory.path("removed"));
        drop(create_unix_stream_listener(&kept).await.unwrap());
        assert!(kept.exists());
        drop(create_unix_stream_listener(&removed).unlink_on_close(true).await.unwrap());
        assert!(!removed.exists());
        let mut closed = create_unix_datagram_listener(&removed).unlink_on_close(true).await.unwrap();
        let sender = closed.sender();
        assert!(removed.exists());
        closed.aclose().await.unwrap();
        assert!(!removed.exists());
        drop(sender);
    }

    async fn a_file_that_is_another_by_now_is_left_alone() {
        let directory = Directory::new();
        let path = directory.path("socket");
        let first = create_unix_stream_listener(&path).unlink_on_close(true).await.unwrap();
        fs::rename(&path, directory.path("elsewhere")).unwrap();
        let second = create_unix_stream_listener(&path).unlink_on_close(true).await.unwrap();
        drop(first);
        assert!(path.exists());
        create_unix_stream_connection(&path).await.unwrap();
        fs::remove_file(&path).unwrap();
        drop(second); // It is gone already.
    }

    async fn only_a_stale_socket_is_replaced_and_only_if_asked() {
        let directory = Directory::new();
        let (stale, used, file) = (directory.path("stale"), directory.path("used"), directory.path("file"));
        drop(create_unix_stream_listener(&stale).await.unwrap());
        let _used = create_unix_stream_listener(&used).await.unwrap();
        fs::write(&file, "text").unwrap();

        let before = fs::symlink_metadata(&stale).unwrap().ino();
        assert_eq!(create_unix_stream_listener(&stale).await.unwrap_err().kind(), ErrorKind::AddrInUse);
        assert_eq!(fs::symlink_metadata(&stale).unwrap().ino(), before);
        let replacing = create_unix_stream_listener(&stale).replace_stale(true).await.unwrap();
        create_unix_stream_connection(&stale).await.unwrap();
        drop(replacing);

        for taken in [&used, &file] {
            let error = create_unix_stream_listener(taken).replace_stale(true).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::AddrInUse);
            assert!(taken.exists());
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), "text");
        create_unix_stream_connection(&used).await.unwrap();

        let datagrams = directory.path("datagrams");
        drop(create_unix_datagram_listener(&datagrams).await.unwrap());
        let replacing = create_unix_datagram_listener(&datagrams).replace_stale(true).await.unwrap();
        let error = create_unix_datagram_listener(&datagrams).replace_stale(true).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        drop(replacing);
    }

    /// UNX-06: opening is given up, and nothing is left of it.
    async fn a_listener_that_nobody_waits_for_any_more_leaves_no_file() {
        let directory = Directory::new();
        for round in 0..20 {
            let path = directory.path(&format!("given-up-{round}"));
            assert!(move_on_after!(0s, create_unix_stream_listener(&path)).is_none());
            assert!(!path.exists());
            let opening = create_unix_stream_listener(&path);
            // Begun, then dropped, in a foreign way.
            let begun = futures::future::select(Box::pin(opening.into_future()), std::future::ready(())).await;
            drop(begun);
            let opened = create_unix_stream_listener(&path).replace_stale(true).await;
            // Whether or not it was there for a moment.
            drop(opened);
        }
    }
}
