//! Unix streams and datagrams, and what only they can do.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read, Write},
    os::{fd::AsFd, unix::fs::PermissionsExt},
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};

use easynet_core::{AsyncBackend, BoxError, net::*};
use easynet_tests::{LONG, ms};

use crate::{Directory, on_each, on_sockets};

async fn pair<B: AsyncBackend>(backend: &B) -> (B::UnixStream, B::UnixStream) {
    let directory = Directory::new();
    let path = directory.path("pair");
    let mut listener = backend.create_unix_stream_listener(&path).await.unwrap();
    let client = backend.create_unix_stream_connection(&path).await.unwrap();
    (client, listener.accept().await.unwrap().0)
}

on_each! {
    async fn a_unix_stream_is_a_stream(backend) {
        let (mut client, mut server) = pair(&backend).await;
        client.send_all(b"ping").await.unwrap();
        client.send_eof().await.unwrap();
        assert_eq!(server.recv(64).await.unwrap(), b"ping");
        assert!(server.recv(64).await.unwrap().is_empty());
        server.send_all(b"pong").await.unwrap();
        assert_eq!(client.recv(64).await.unwrap(), b"pong");
        assert!(server.peer_address().unwrap().is_unnamed());
    }

    async fn our_end_has_the_name_that_was_asked_for(backend) {
        let directory = Directory::new();
        let (path, local) = (directory.path("server"), directory.path("client"));
        let mut listener = backend.create_unix_stream_listener(&path).await.unwrap();
        let client = backend.create_unix_stream_connection(&path).local_path(&local).await.unwrap();
        let (_, peer) = listener.accept().await.unwrap();
        assert_eq!(peer, UnixAddress::from(&local));
        assert_eq!(client.peer_address().unwrap(), UnixAddress::from(&path));
        let missing = backend.create_unix_stream_connection(directory.path("missing")).await.err().unwrap();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
        let taken = backend.create_unix_stream_listener(&path).await.err().unwrap();
        assert_eq!(taken.kind(), ErrorKind::AddrInUse);
    }

    async fn datagrams_are_answered_by_name(backend) {
        let directory = Directory::new();
        let (path, local) = (directory.path("server"), directory.path("client"));
        let mut listener = backend.create_unix_datagram_listener(&path).await.unwrap();
        let mut endpoint = backend.create_unix_datagram_endpoint(&path).local_path(&local).await.unwrap();
        endpoint.send(b"ping").await.unwrap();
        let (data, peer) = listener.recv_from().await.unwrap();
        assert_eq!((&data[..], &peer), (&b"ping"[..], &UnixAddress::from(&local)));
        listener.send_to(b"pong", &peer).await.unwrap();
        assert_eq!(endpoint.recv().await.unwrap(), b"pong");
    }

    async fn who_sends_waits_for_room_and_each_is_woken(backend) {
        let directory = Directory::new();
        let mut full = backend.create_unix_datagram_listener(directory.path("full")).await.unwrap();
        let from = backend.create_unix_datagram_listener(directory.path("from")).await.unwrap();
        let address = full.local_address().unwrap();
        let group = backend.create_task_group::<BoxError>();
        group
            .run(async {
                for _ in 0..3 {
                    let (sender, address) = (from.sender(), address.clone());
                    group.start_soon(async move {
                        for _ in 0..200 {
                            sender.send_to(b"one more", &address).await?;
                        }
                        Ok::<_, std::io::Error>(())
                    });
                }
                let connected = backend.create_unix_datagram_endpoint(&address).await.unwrap();
                let mut connected = Some(connected);
                group.start_soon(async move {
                    let mut connected = connected.take().unwrap();
                    for _ in 0..200 {
                        connected.send(b"one more").await?;
                    }
                    Ok::<_, std::io::Error>(())
                });
                backend.sleep(ms(2)).await;
                for _ in 0..800 {
                    assert_eq!(full.recv_from().await.unwrap().0, b"one more");
                }
            })
            .await
            .unwrap();
    }

    async fn what_waits_for_room_when_the_listener_is_closed_is_sent(backend) {
        let directory = Directory::new();
        let mut full = backend.create_unix_datagram_listener(directory.path("full")).await.unwrap();
        let mut from = backend.create_unix_datagram_listener(directory.path("from")).await.unwrap();
        let address = full.local_address().unwrap();
        let sender = from.sender();
        let sent = AtomicUsize::new(0);
        let (error, ()) = futures::join!(
            async {
                loop {
                    match sender.send_to(b"one more", &address).await {
                        Ok(()) => sent.fetch_add(1, SeqCst),
                        Err(error) => break error,
                    };
                }
            },
            async {
                backend.sleep(ms(3)).await;
                // By now one waits, which is counted only when it has been sent.
                let expected = sent.load(SeqCst) + 1;
                from.abort();
                assert!(from.is_closing());
                for _ in 0..expected {
                    backend.timeout(LONG, full.recv_from()).await.unwrap().unwrap();
                }
            }
        );
        assert!(Closed::is(&error), "{error}");
    }

    async fn a_listener_without_room_is_waited_for(backend) {
        let directory = Directory::new();
        let path = directory.path("busy");
        let mut listener = backend.create_unix_stream_listener(&path).backlog(1).await.unwrap();
        let group = backend.create_task_group::<BoxError>();
        group
            .run(async {
                for _ in 0..6 {
                    let (own, path) = (backend.clone(), path.clone());
                    group.start_soon(async move {
                        let mut client = own.create_unix_stream_connection(&path).await?;
                        client.send_all(b"x").await
                    });
                }
                backend.sleep(ms(3)).await;
                for _ in 0..6 {
                    let (mut server, _) = backend.timeout(LONG, listener.accept()).await.unwrap().unwrap();
                    assert_eq!(server.recv(8).await.unwrap(), b"x");
                }
            })
            .await
            .unwrap();
    }
}

on_sockets! {
    async fn descriptors_travel_with_data(backend) {
        let (mut client, mut server) = pair(&backend).await;
        let (mut reader, writer) = std::io::pipe().unwrap();
        client.send_all_with_fds([&b"take "[..], b"this"], &[writer.as_fd()]).await.unwrap();
        drop(writer);
        let mut buffer = [0; 16];
        let received = server.recv_with_fds(&mut buffer).await.unwrap();
        assert_eq!(&buffer[..received.len()], b"take this");
        for fd in received.into_fds() {
            File::from(fd).write_all(b"through").unwrap();
        }
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "through");
        assert_eq!(server.peer_credentials().unwrap().pid(), Some(std::process::id() as i32));
    }

    async fn descriptors_travel_with_datagrams(backend) {
        let directory = Directory::new();
        let (path, local) = (directory.path("server"), directory.path("client"));
        let mut listener = backend.create_unix_datagram_listener(&path).await.unwrap();
        let mut endpoint = backend.create_unix_datagram_endpoint(&path).local_path(&local).await.unwrap();
        let (_reader, writer) = std::io::pipe().unwrap();
        endpoint.send_with_fds(b"one", &[writer.as_fd()]).await.unwrap();
        let mut buffer = [0; 16];
        let (received, peer) = listener.recv_from_with_fds(&mut buffer).await.unwrap();
        assert_eq!((received.len(), received.fds().len()), (3, 1));
        listener.sender().send_to_with_fds(b"back", &[writer.as_fd(), writer.as_fd()], &peer).await.unwrap();
        let received = endpoint.recv_with_fds(&mut buffer).await.unwrap();
        assert_eq!((received.len(), received.fds().len()), (4, 2));
    }

    async fn the_file_has_its_permissions_and_goes_with_its_socket_if_that_was_asked_for(backend) {
        let directory = Directory::new();
        let path = directory.path("own");
        let listener = backend
            .create_unix_stream_listener(&path)
            .mode(0o600)
            .unlink_on_close(true)
            .await
            .unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        drop(listener);
        assert!(!path.exists());
        let listener = backend.create_unix_datagram_listener(&path).unlink_on_close(true).await.unwrap();
        let sender = listener.sender();
        drop(listener);
        assert!(path.exists());
        drop(sender);
        assert!(!path.exists());
        drop(backend.create_unix_stream_listener(&path).await.unwrap());
        assert!(path.exists());
        // It is stale now.
        backend.create_unix_stream_listener(&path).replace_stale(true).await.unwrap();
    }
}
