//! Unix connections and listeners.

use std::{
    fs::File,
    io::{ErrorKind, Read, Write},
    os::fd::AsFd,
};

use easynet::{move_on_after, net::*, task_group};
use easynet_tests::{over_network, over_sockets};

use super::{Directory, unix_pair};

over_network! {
    /// UNX-01
    async fn both_ends_exchange_data_and_see_each_other() {
        let directory = Directory::new();
        let path = directory.path("socket");
        let mut listener = create_unix_stream_listener(&path).await.unwrap();
        assert_eq!(listener.local_address().unwrap(), UnixAddress::from(&path));
        let mut client = create_unix_stream_connection(&path).await.unwrap();
        let (mut server, peer) = listener.accept().await.unwrap();
        client.send_all(b"ping").await.unwrap();
        assert_eq!(server.recv(16).await.unwrap(), b"ping");
        server.send_all(b"pong").await.unwrap();
        server.send_eof().await.unwrap();
        assert_eq!(client.recv(16).await.unwrap(), b"pong");
        assert_eq!(client.recv(16).await.unwrap(), b"");

        assert_eq!(client.peer_address().unwrap(), UnixAddress::from(&path));
        assert_eq!(server.local_address().unwrap(), UnixAddress::from(&path));
        assert!(client.local_address().unwrap().is_unnamed());
        assert!(peer.is_unnamed() && server.peer_address().unwrap().is_unnamed());
    }

    /// UNX-02
    #[cfg(target_os = "linux")]
    async fn an_abstract_name_is_no_file() {
        let name = UnixAddress::abstract_name(format!("easynet-test-{}-{:?}", std::process::id(), std::thread::current().id()));
        let mut listener = create_unix_stream_listener(&name).await.unwrap();
        let mut client = create_unix_stream_connection(&name).await.unwrap();
        assert_eq!(client.peer_address().unwrap(), name);
        let (mut server, _) = listener.accept().await.unwrap();
        client.send_all(b"x").await.unwrap();
        assert_eq!(server.recv(16).await.unwrap(), b"x");
        let error = create_unix_stream_listener(&name).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        drop((listener, server));
        create_unix_stream_listener(&name).await.unwrap();
    }

    /// UNX-03
    async fn a_local_path_is_seen_by_the_peer() {
        let directory = Directory::new();
        let (path, local) = (directory.path("server"), directory.path("client"));
        let mut listener = create_unix_stream_listener(&path).await.unwrap();
        let client = create_unix_stream_connection(&path).local_path(&local).await.unwrap();
        assert_eq!(client.local_address().unwrap(), UnixAddress::from(&local));
        let (server, peer) = listener.accept().await.unwrap();
        assert_eq!(peer, UnixAddress::from(&local));
        assert_eq!(server.peer_address().unwrap(), peer);
    }

    /// UNX-04, UNX-06
    async fn a_missing_path_is_not_found() {
        let directory = Directory::new();
        let error = create_unix_stream_connection(directory.path("missing")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        // What was bound for it is free again.
        let local = directory.path("local");
        create_unix_stream_connection(directory.path("missing")).local_path(&local).await.unwrap_err();
        create_unix_stream_listener(&local).await.unwrap();
    }

    async fn nobody_who_listens_is_a_refusal() {
        let directory = Directory::new();
        let path = directory.path("left");
        drop(create_unix_stream_listener(&path).await.unwrap());
        let error = create_unix_stream_connection(&path).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    }

    /// UNX-08, LSO-10
    async fn a_path_that_is_taken_is_named() {
        let directory = Directory::new();
        let (path, other) = (directory.path("taken"), directory.path("other"));
        let _listener = create_unix_stream_listener(&path).await.unwrap();
        let _other = create_unix_stream_listener(&other).await.unwrap();
        for error in [
            create_unix_stream_listener(&path).await.unwrap_err(),
            create_unix_stream_connection(&other).local_path(&path).await.unwrap_err(),
            create_unix_datagram_listener(&path).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::AddrInUse);
            assert!(error.to_string().contains("taken"), "{error}");
        }
        create_unix_stream_connection(&path).await.unwrap();
    }

    async fn a_path_with_a_nul_byte_is_refused() {
        let error = create_unix_stream_connection("/tmp/a\0b").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let error = create_unix_stream_listener("/tmp/a\0b").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }

    /// LSO-12
    #[cfg(target_os = "linux")]
    async fn the_kernel_names_what_is_bound_to_nothing() {
        let mut listener = create_unix_stream_listener("").await.unwrap();
        let name = listener.local_address().unwrap();
        assert!(name.as_abstract_name().is_some_and(|name| !name.is_empty()), "{name}");
        let client = create_unix_stream_connection(&name).local_path("").await.unwrap();
        let (_, peer) = listener.accept().await.unwrap();
        assert_eq!(peer, client.local_address().unwrap());
        assert_ne!(peer, name);
    }

    /// UNX-05
    async fn the_peer_is_known() {
        let (client, server) = unix_pair().await;
        for stream in [&client, &server] {
            let peer = stream.peer_credentials().unwrap();
            assert_eq!(peer.pid(), Some(std::process::id() as i32));
            assert_eq!(peer, stream.peer_credentials().unwrap());
        }
    }

    /// STR-05, over Unix
    async fn a_peer_that_does_not_read_holds_the_sender_up() {
        let (mut client, mut server) = unix_pair().await;
        let data = vec![7; 5_000_000];
        assert!(move_on_after!(5ms, client.send_all(&data)).is_none());
        task_group!(|group| {
            // Some of it has been sent; what is sent now comes after.
            group.start_soon(async move { client.send_all(b"end").await });
            let mut received = Vec::new();
            while !received.ends_with(b"end") {
                received.extend(server.recv(1 << 16).await.unwrap());
            }
            assert!(received.len() < data.len());
        })
        .unwrap();
    }

    async fn halves_are_of_one_stream() {
        let (client, mut server) = unix_pair().await;
        let (mut read, mut write) = client.split();
        task_group!(|group| {
            let sending = group.spawn_value(async move {
                write.send_all(b"ping").await.unwrap();
                write
            });
            server.send_all(b"pong").await.unwrap();
            assert_eq!(read.recv(16).await.unwrap(), b"pong");
            assert_eq!(server.recv(16).await.unwrap(), b"ping");
            let mut client = UnixStream::reunite(read, sending.await.unwrap()).unwrap();
            client.send_eof().await.unwrap();
            assert_eq!(server.recv(16).await.unwrap(), b"");
        })
        .unwrap();
    }

    /// ANC-01
    async fn a_descriptor_travels_with_the_data() {
        let (mut client, mut server) = unix_pair().await;
        let (mut reader, writer) = std::io::pipe().unwrap();
        client.send_all_with_fds([&b"two "[..], b"", b"pieces"], &[writer.as_fd()]).await.unwrap();
        drop(writer);
        let mut buffer = [0; 64];
        let received = server.recv_with_fds(&mut buffer).await.unwrap();
        assert_eq!(&buffer[..received.len()], b"two pieces");
        assert!(!received.is_truncated() && !received.are_fds_truncated());
        let [fd] = <[_; 1]>::try_from(received.into_fds()).unwrap();
        File::from(fd).write_all(b"through the pipe").unwrap();
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "through the pipe");
    }

    /// ANC-02
    async fn without_descriptors_there_are_none() {
        let (mut client, mut server) = unix_pair().await;
        client.send_all_with_fds([&b"plain"[..]], &[]).await.unwrap();
        let mut buffer = [0; 64];
        let received = server.recv_with_fds(&mut buffer).await.unwrap();
        assert_eq!((received.len(), received.fds().len()), (5, 0));
        client.send_eof().await.unwrap();
        assert!(server.recv_with_fds(&mut buffer).await.unwrap().is_empty());
        assert!(server.recv_with_fds(&mut []).await.unwrap().is_empty());
    }

    async fn descriptors_without_data_are_an_error() {
        let (mut client, _server) = unix_pair().await;
        let (reader, _writer) = std::io::pipe().unwrap();
        let error = client.send_all_with_fds([&b""[..]], &[reader.as_fd()]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let many = vec![reader.as_fd(); MAX_FDS + 1];
        let error = client.send_all_with_fds([&b"x"[..]], &many).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }

    /// Receiving does not run over the place where descriptors are.
    async fn descriptors_stay_with_their_bytes() {
        let (mut client, mut server) = unix_pair().await;
        let (reader, _writer) = std::io::pipe().unwrap();
        client.send_all_with_fds([&b"first"[..]], &[reader.as_fd()]).await.unwrap();
        client.send_all_with_fds([&b"second"[..]], &[reader.as_fd(), reader.as_fd()]).await.unwrap();
        let mut buffer = [0; 64];
        let received = server.recv_with_fds(&mut buffer).await.unwrap();
        assert_eq!((&buffer[..received.len()], received.fds().len()), (&b"first"[..], 1));
        let received = server.recv_with_fds(&mut buffer).await.unwrap();
        assert_eq!((&buffer[..received.len()], received.fds().len()), (&b"second"[..], 2));
    }

    /// What nobody asks for is closed: the writer sees that the last reader is gone.
    async fn plain_receiving_drops_descriptors() {
        let (mut client, mut server) = unix_pair().await;
        let (reader, mut writer) = std::io::pipe().unwrap();
        client.send_all_with_fds([&b"take it"[..]], &[reader.as_fd()]).await.unwrap();
        drop(reader);
        assert_eq!(server.recv(64).await.unwrap(), b"take it");
        assert_eq!(writer.write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
    }
}

over_sockets! {
    /// A listener whose backlog is full is waited for.
    async fn a_connection_waits_for_room() {
        let directory = Directory::new();
        let path = directory.path("busy");
        let mut listener = create_unix_stream_listener(&path).backlog(1).await.unwrap();
        task_group!(|group| {
            let mut clients = Vec::new();
            for _ in 0..5 {
                let path = path.clone();
                clients.push(group.spawn(async move { create_unix_stream_connection(path).await }));
            }
            for _ in 0..5 {
                listener.accept().await.unwrap();
            }
            for client in clients {
                client.await.unwrap();
            }
        })
        .unwrap();
        // Cancelled while it waits.
        for _ in 0..2 {
            std::mem::forget(create_unix_stream_connection(&path).await.unwrap());
        }
        assert!(move_on_after!(5ms, create_unix_stream_connection(&path)).is_none());
    }

    async fn received_descriptors_are_not_inherited() {
        let (mut client, mut server) = unix_pair().await;
        let (reader, _writer) = std::io::pipe().unwrap();
        client.send_all_with_fds([&b"x"[..]], &[reader.as_fd()]).await.unwrap();
        let received = server.recv_with_fds(&mut [0; 8]).await.unwrap();
        let number = std::os::fd::AsRawFd::as_raw_fd(&received.fds()[0]);
        let flags = std::fs::read_to_string(format!("/proc/self/fdinfo/{number}")).unwrap();
        let flags = flags.lines().find_map(|line| line.strip_prefix("flags:")).unwrap().trim();
        // O_CLOEXEC
        assert_ne!(u32::from_str_radix(flags, 8).unwrap() & 0o2000000, 0, "{flags}");
    }
}
