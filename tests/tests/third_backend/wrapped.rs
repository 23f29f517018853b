//! Sockets of the operating system that are there already.

use std::{
    io::{ErrorKind, Read, Write},
    net::{TcpListener, TcpStream, UdpSocket},
    os::{
        fd::AsRawFd,
        unix::net::{UnixDatagram, UnixStream},
    },
};

use easynet_core::net::*;
use socket2::{Domain, Socket, Type};

use crate::on_sockets;

fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (client, listener.accept().unwrap().0)
}

on_sockets! {
    async fn stream_sockets_become_transports(backend) {
        let (client, mut server) = tcp_pair();
        let mut client = backend.wrap_stream_socket(client).unwrap();
        client.send_all(b"ping").await.unwrap();
        let mut buffer = [0; 4];
        server.read_exact(&mut buffer).unwrap();
        server.write_all(b"pong").unwrap();
        assert_eq!(client.recv(16).await.unwrap(), b"pong");
        let (left, right) = UnixStream::pair().unwrap();
        let (mut left, mut right) = (
            backend.wrap_stream_socket(left).unwrap(),
            backend.wrap_stream_socket(Socket::from(right)).unwrap().into_unix().unwrap(),
        );
        left.send_all(b"x").await.unwrap();
        assert_eq!(right.recv(16).await.unwrap(), b"x");
    }

    async fn datagram_sockets_become_endpoints(backend) {
        let (left, right) = UnixDatagram::pair().unwrap();
        let mut left = backend.wrap_connected_datagram_socket(left).unwrap();
        let mut right = backend.wrap_connected_datagram_socket(right).unwrap();
        left.send(b"datagram").await.unwrap();
        assert_eq!(right.recv().await.unwrap(), b"datagram");
        let pair = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
        pair[0].connect(pair[1].local_addr().unwrap()).unwrap();
        pair[1].connect(pair[0].local_addr().unwrap()).unwrap();
        let [left, right] = pair;
        let mut left = backend.wrap_connected_datagram_socket(left).unwrap();
        left.send(b"datagram").await.unwrap();
        assert_eq!(right.recv(&mut [0; 16]).unwrap(), 8);
    }

    async fn a_tcp_stream_sends_small_messages_at_once(backend) {
        let (client, _server) = tcp_pair();
        let same = client.try_clone().unwrap();
        assert!(!same.nodelay().unwrap());
        let _client = backend.wrap_stream_socket(client).unwrap();
        assert!(same.nodelay().unwrap());
    }

    async fn the_transport_closes_the_socket_and_all_copies_of_it(backend) {
        let (client, mut server) = tcp_pair();
        let mut client = backend.wrap_stream_socket(client).unwrap();
        client.aclose().await.unwrap();
        assert_eq!(server.read(&mut [0; 8]).unwrap(), 0);
    }

    async fn a_socket_without_a_peer_is_given_back(backend) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let number = socket.as_raw_fd();
        let error = backend.wrap_connected_datagram_socket(socket).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::NotConnected);
        assert_eq!(error.into_socket().as_raw_fd(), number);
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, None).unwrap();
        let error = backend.wrap_stream_socket(socket).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}
