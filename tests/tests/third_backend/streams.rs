//! TCP.

use std::{io::ErrorKind, net::SocketAddr};

use easynet_core::{AsyncBackend, BoxError, net::*};
use easynet_tests::{LONG, ms};

use crate::{on_each, on_sockets};

/// A listener on a free port, and its address.
pub(crate) async fn listener<B: AsyncBackend>(backend: &B) -> (B::TcpListener, SocketAddr) {
    let listener = backend
        .create_tcp_listeners("127.0.0.1", 0)
        .await
        .unwrap()
        .remove(0);
    let address = listener.local_address().unwrap();
    (listener, address)
}

/// Both ends of a connection.
pub(crate) async fn pair<B: AsyncBackend>(backend: &B) -> (B::TcpStream, B::TcpStream) {
    let (mut listener, address) = listener(backend).await;
    let client = backend
        .create_tcp_connection("127.0.0.1", address.port())
        .await
        .unwrap();
    let (server, peer) = listener.accept().await.unwrap();
    assert_eq!(client.local_address().unwrap(), peer);
    (client, server)
}

on_each! {
    async fn an_echo_is_served_to_many(backend) {
        let (listener, address) = listener(&backend).await;
        let group = backend.create_task_group::<BoxError>();
        group
            .run(async {
                let service = group.spawn(listener.serve(&group.handle(), |mut stream| async move {
                    let mut buffer = [0; 1024];
                    loop {
                        let received = stream.recv_into(&mut buffer).await?;
                        if received == 0 {
                            return Ok(());
                        }
                        stream.send_all(&buffer[..received]).await?;
                    }
                }));
                let clients = (0..8_u8).map(|n| {
                    let own = backend.clone();
                    async move {
                        let mut client = own.create_tcp_connection("127.0.0.1", address.port()).await.unwrap();
                        for round in 0..10 {
                            let sent = [n, round];
                            client.send_all(&sent).await.unwrap();
                            assert_eq!(client.recv(16).await.unwrap(), sent);
                        }
                        client.send_eof().await.unwrap();
                        assert!(client.recv(16).await.unwrap().is_empty());
                    }
                });
                backend.gather(clients).await;
                service.cancel();
            })
            .await
            .unwrap();
        let refused = backend.create_tcp_connection("127.0.0.1", address.port()).await.err().unwrap();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    }

    async fn a_large_message_arrives_whole_and_in_order(backend) {
        let (client, mut server) = pair(&backend).await;
        let (_reader, mut writer) = client.split();
        let message: Vec<u8> = (0..4_000_000_u32).map(|n| (n % 251) as u8).collect();
        let group = backend.create_task_group::<BoxError>();
        let expected = message.clone();
        let received = group
            .run(async {
                group.start_soon(async move {
                    let (head, tail) = message.split_at(1_000_000);
                    writer.send_all(head).await?;
                    writer.send_all_from_iterable(tail.chunks(100_000)).await
                });
                let mut received = Vec::new();
                loop {
                    let piece = server.recv(65_536).await.unwrap();
                    if piece.is_empty() {
                        break received;
                    }
                    received.extend(piece);
                }
            })
            .await
            .unwrap();
        assert!(received == expected);
    }

    async fn one_direction_is_ended_and_the_other_goes_on(backend) {
        let (mut client, mut server) = pair(&backend).await;
        client.send_all(b"the last").await.unwrap();
        client.send_eof().await.unwrap();
        client.send_eof().await.unwrap();
        assert_eq!(client.send_all(b"x").await.err().unwrap().kind(), ErrorKind::BrokenPipe);
        assert_eq!(server.recv(64).await.unwrap(), b"the last");
        for _ in 0..2 {
            assert!(server.recv(64).await.unwrap().is_empty());
        }
        server.send_all(b"an answer").await.unwrap();
        assert_eq!(client.recv(64).await.unwrap(), b"an answer");
    }

    async fn the_peer_reads_the_end_when_the_write_half_is_dropped(backend) {
        let (client, mut server) = pair(&backend).await;
        let (mut reader, writer) = client.split();
        drop(writer);
        assert!(server.recv(1).await.unwrap().is_empty());
        server.send_all(b"still here").await.unwrap();
        assert_eq!(reader.recv(64).await.unwrap(), b"still here");
        drop(reader);
        // Nobody is there any more: by the second at the latest that is known.
        let _ = server.send_all(b"x").await;
        let gone = backend.timeout(LONG, async {
            while server.send_all(b"x").await.is_ok() {
                backend.sleep(ms(1)).await;
            }
        });
        gone.await.unwrap();
    }

    async fn halves_are_made_one_again_if_they_are_of_one(backend) {
        let (client, server) = pair(&backend).await;
        let ((client_reader, client_writer), (server_reader, server_writer)) = (client.split(), server.split());
        let mixed = B::TcpStream::reunite(client_reader, server_writer).err().unwrap();
        let (client_reader, server_writer) = mixed.into_halves();
        let mut client = B::TcpStream::reunite(client_reader, client_writer).ok().unwrap();
        let mut server = B::TcpStream::reunite(server_reader, server_writer).ok().unwrap();
        client.send_all(b"as before").await.unwrap();
        assert_eq!(server.recv(64).await.unwrap(), b"as before");
    }

    async fn both_halves_wait_at_once(backend) {
        let (client, server) = pair(&backend).await;
        let ((mut reader, mut writer), (mut peer_reader, mut peer_writer)) = (client.split(), server.split());
        let message = vec![7; 3_000_000];
        let drain = async {
            let mut length = 0;
            while length < message.len() {
                length += peer_reader.recv(65_536).await.unwrap().len();
            }
            peer_writer.send_all(b"that was all").await.unwrap();
        };
        let (answer, (), ()) = futures::join!(
            async { reader.recv(64).await.unwrap() },
            async { writer.send_all(&message).await.unwrap() },
            drain
        );
        assert_eq!(answer, b"that was all");
    }

    async fn what_is_closed_answers_so(backend) {
        for gracefully in [true, false] {
            let (mut client, mut server) = pair(&backend).await;
            if gracefully {
                client.aclose().await.unwrap();
            } else {
                client.abort();
            }
            assert!(client.is_closing() && !server.is_closing());
            assert!(Closed::is(&client.recv(1).await.unwrap_err()));
            assert!(Closed::is(&client.send_all(b"x").await.unwrap_err()));
            assert!(Closed::is(&client.local_address().unwrap_err()));
            assert!(Closed::is(&client.peer_address().unwrap_err()));
            client.send_eof().await.unwrap();
            client.aclose().await.unwrap();
            client.abort();
            assert!(server.recv(1).await.unwrap().is_empty());
            let (read, write) = client.split();
            assert!(B::TcpStream::reunite(read, write).is_ok_and(|stream| stream.is_closing()));
        }
        let (mut listener, address) = listener(&backend).await;
        listener.abort();
        assert!(listener.is_closing());
        assert!(Closed::is(&listener.accept().await.err().unwrap()));
        assert!(Closed::is(&listener.local_address().unwrap_err()));
        let refused = backend.create_tcp_connection("127.0.0.1", address.port()).await.err().unwrap();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    }

    async fn our_end_has_the_address_that_was_asked_for(backend) {
        let (mut listener, address) = listener(&backend).await;
        let free = {
            let (other, address) = self::listener(&backend).await;
            drop(other);
            address
        };
        let client = backend.create_tcp_connection("127.0.0.1", address.port()).local_address(free).await.unwrap();
        let (server, peer) = listener.accept().await.unwrap();
        assert_eq!((peer, client.local_address().unwrap()), (free, free));
        assert_eq!((server.local_address().unwrap(), client.peer_address().unwrap()), (address, address));
    }

    async fn names_are_looked_up(backend) {
        let found = backend.getaddrinfo("localhost", 80).await.unwrap();
        assert!(found.iter().all(|info| info.address().ip().is_loopback() && info.address().port() == 80));
        assert!(!found.is_empty());
        assert!(backend.getaddrinfo("no-such-host.invalid", 80).await.is_err());
        let names = backend.getnameinfo(([127, 0, 0, 1], 80)).numeric_host(true).numeric_service(true).await;
        assert_eq!(names.unwrap(), ("127.0.0.1".to_owned(), "80".to_owned()));
        // By name, and by what happy eyeballs makes of it.
        let mut listeners = backend.create_tcp_listeners("localhost", 0).await.unwrap();
        let port = listeners[0].local_address().unwrap().port();
        let mut client = backend.create_tcp_connection("localhost", port).await.unwrap();
        client.send_all(b"by name").await.unwrap();
        assert_eq!(listeners[0].accept().await.unwrap().0.recv(64).await.unwrap(), b"by name");
    }
}

on_sockets! {
    async fn a_port_is_shared_by_who_asks_for_it(backend) {
        let first = backend.create_tcp_listeners("127.0.0.1", 0).reuse_port(true).backlog(4).await.unwrap().remove(0);
        let port = first.local_address().unwrap().port();
        assert!(backend.create_tcp_listeners("127.0.0.1", port).await.is_err());
        backend.create_tcp_listeners("127.0.0.1", port).reuse_port(true).await.unwrap();
    }
}
