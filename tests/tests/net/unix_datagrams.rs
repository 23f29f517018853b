//! Unix datagram endpoints and listeners.

use std::{
    io::{ErrorKind, Read, Write},
    os::fd::AsFd,
};

use easynet::{move_on_after, net::*, task_group};
use easynet_tests::over_network;

use super::Directory;

over_network! {
    /// UDG-01
    async fn an_answer_comes_back_to_who_has_a_path() {
        let directory = Directory::new();
        let (path, local) = (directory.path("server"), directory.path("client"));
        let mut listener = create_unix_datagram_listener(&path).await.unwrap();
        let mut endpoint = create_unix_datagram_endpoint(&path).local_path(&local).await.unwrap();
        endpoint.send(b"ping").await.unwrap();
        let (data, peer) = listener.recv_from().await.unwrap();
        assert_eq!((&data[..], &peer), (&b"ping"[..], &UnixAddress::from(&local)));
        listener.send_to(b"pong", &peer).await.unwrap();
        assert_eq!(endpoint.recv().await.unwrap(), b"pong");
        assert_eq!(endpoint.peer_address().unwrap(), UnixAddress::from(&path));
    }

    /// UDG-02
    async fn who_has_no_name_cannot_be_answered() {
        let directory = Directory::new();
        let path = directory.path("server");
        let mut listener = create_unix_datagram_listener(&path).await.unwrap();
        let mut endpoint = create_unix_datagram_endpoint(&path).await.unwrap();
        endpoint.send(b"").await.unwrap();
        let (data, peer) = listener.recv_from().await.unwrap();
        assert!(data.is_empty() && peer.is_unnamed());
        assert_eq!(listener.send_to(b"x", &peer).await.unwrap_err().kind(), ErrorKind::InvalidInput);
        let missing = UnixAddress::from(directory.path("missing"));
        assert_eq!(listener.send_to(b"x", &missing).await.unwrap_err().kind(), ErrorKind::NotFound);
    }

    /// UDG-04, UDG-05
    async fn nobody_there_is_refused_and_nothing_there_not_found() {
        let directory = Directory::new();
        let path = directory.path("server");
        let mut listener = create_unix_datagram_listener(&path).await.unwrap();
        let mut endpoint = create_unix_datagram_endpoint(&path).await.unwrap();
        listener.aclose().await.unwrap();
        assert_eq!(endpoint.send(b"x").await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        let error = create_unix_datagram_endpoint(directory.path("missing")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }

    /// UDG-08
    async fn a_datagram_that_is_too_large_is_refused_at_once() {
        let directory = Directory::new();
        let path = directory.path("server");
        let mut listener = create_unix_datagram_listener(&path).await.unwrap();
        let mut endpoint = create_unix_datagram_endpoint(&path).await.unwrap();
        let error = endpoint.send(&vec![0; 1_000_000]).await.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(90), "EMSGSIZE: {error}");
        endpoint.send(b"small").await.unwrap();
        let mut buffer = [0; 2];
        let (received, _) = listener.recv_into_from(&mut buffer).await.unwrap();
        assert!(received.is_truncated());
    }

    /// The peer's queue is bounded, and whoever sends to it waits.
    async fn a_peer_that_does_not_read_holds_the_sender_up() {
        let directory = Directory::new();
        let path = directory.path("server");
        let mut listener = create_unix_datagram_listener(&path).await.unwrap();
        let mut endpoint = create_unix_datagram_endpoint(&path).await.unwrap();
        let mut sent = 0u32;
        while move_on_after!(5ms, endpoint.send(&sent.to_le_bytes())).is_some() {
            sent += 1;
            assert!(sent < 100_000, "the queue has no bound");
        }
        task_group!(|group| {
            group.start_soon(async move { endpoint.send(&sent.to_le_bytes()).await });
            for number in 0..=sent {
                assert_eq!(listener.recv_from().await.unwrap().0, number.to_le_bytes());
            }
        })
        .unwrap();
    }

    /// The same for a socket that sends to many, which nobody tells when there is room: other senders have filled the queue.
    async fn a_listener_waits_for_the_queue_of_its_peer() {
        let directory = Directory::new();
        let (path, other) = (directory.path("server"), directory.path("other"));
        let mut listener = create_unix_datagram_listener(&path).await.unwrap();
        let sender = create_unix_datagram_listener(&other).await.unwrap();
        let mut filler = create_unix_datagram_endpoint(&path).await.unwrap();
        let mut sent = 0;
        while move_on_after!(5ms, filler.send(b"full")).is_some() {
            sent += 1;
        }
        let peer = UnixAddress::from(&path);
        assert!(move_on_after!(20ms, sender.send_to(b"late", &peer)).is_none());
        task_group!(|group| {
            group.scoped().start_soon(async { sender.send_to(b"late", &peer).await });
            for _ in 0..sent {
                assert_eq!(listener.recv_from().await.unwrap().0, b"full");
            }
            assert_eq!(listener.recv_from().await.unwrap().0, b"late");
        })
        .unwrap();
    }

    /// ANC-04
    async fn descriptors_travel_with_datagrams() {
        let directory = Directory::new();
        let (path, local) = (directory.path("server"), directory.path("client"));
        let mut listener = create_unix_datagram_listener(&path).await.unwrap();
        let mut endpoint = create_unix_datagram_endpoint(&path).local_path(&local).await.unwrap();
        let (mut reader, writer) = std::io::pipe().unwrap();
        endpoint.send_with_fds(b"there", &[writer.as_fd()]).await.unwrap();
        drop(writer);
        let mut buffer = [0; 3];
        let (received, peer) = listener.recv_from_with_fds(&mut buffer).await.unwrap();
        assert_eq!((received.len(), received.is_truncated()), (3, true));
        let fds = received.into_fds();
        let fds: Vec<_> = fds.iter().map(AsFd::as_fd).collect();
        listener.sender().send_to_with_fds(b"and back", &fds, &peer).await.unwrap();
        let mut buffer = [0; 64];
        let back = endpoint.recv_with_fds(&mut buffer).await.unwrap();
        assert_eq!(&buffer[..back.len()], b"and back");
        let [fd] = <[_; 1]>::try_from(back.into_fds()).unwrap();
        std::fs::File::from(fd).write_all(b"through the pipe").unwrap();
        drop(fds);
        let mut byte = [0; 16];
        reader.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"through the pipe");
    }

    /// ANC-06
    async fn a_datagram_without_descriptors_has_none() {
        let directory = Directory::new();
        let path = directory.path("server");
        let mut listener = create_unix_datagram_listener(&path).await.unwrap();
        let mut endpoint = create_unix_datagram_endpoint(&path).await.unwrap();
        endpoint.send(b"plain").await.unwrap();
        let mut buffer = [0; 64];
        let (received, peer) = listener.recv_from_with_fds(&mut buffer).await.unwrap();
        assert_eq!((received.len(), received.fds().len(), peer.is_unnamed()), (5, 0, true));
    }
}
