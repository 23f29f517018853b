//! Sockets of the operating system, wrapped.

use std::{
    io::{ErrorKind, Read, Write},
    net::{TcpListener, TcpStream, UdpSocket},
    os::{
        fd::AsRawFd,
        unix::net::{UnixDatagram as StdUnixDatagram, UnixStream as StdUnixStream},
    },
};

use easynet::net::{
    AsyncDatagramReadTransport as _, AsyncDatagramTransport as _, AsyncDatagramWriteTransport as _,
    AsyncStreamReadTransport as _, AsyncStreamTransport as _, AsyncStreamWriteTransport as _,
    wrap_connected_datagram_socket, wrap_stream_socket,
};
use easynet_tests::over_sockets;
use socket2::{Domain, Socket, Type};

fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (client, listener.accept().unwrap().0)
}

fn udp_pair() -> (UdpSocket, UdpSocket) {
    let pair = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
    pair[0].connect(pair[1].local_addr().unwrap()).unwrap();
    pair[1].connect(pair[0].local_addr().unwrap()).unwrap();
    pair.into()
}

fn is_open(number: i32) -> bool {
    std::fs::exists(format!("/proc/self/fd/{number}")).unwrap()
}

over_sockets! {
    /// WRP-01
    async fn a_tcp_stream_of_std_is_a_transport() {
        let (client, mut server) = tcp_pair();
        let mut client = wrap_stream_socket(client).unwrap();
        client.send_all(b"ping").await.unwrap();
        let mut buffer = [0; 4];
        server.read_exact(&mut buffer).unwrap();
        server.write_all(b"pong").unwrap();
        assert_eq!(client.recv(16).await.unwrap(), b"pong");
        assert!(client.as_socket().unwrap().tcp_nodelay().unwrap());
    }

    /// WRP-02
    async fn a_unix_pair_is_two_transports() {
        let (left, right) = StdUnixStream::pair().unwrap();
        let (mut left, mut right) = (wrap_stream_socket(left).unwrap(), wrap_stream_socket(right).unwrap());
        left.send_all(b"x").await.unwrap();
        assert_eq!(right.recv(16).await.unwrap(), b"x");
        let (left, right) = StdUnixDatagram::pair().unwrap();
        let mut left = wrap_connected_datagram_socket(left).unwrap();
        let mut right = wrap_connected_datagram_socket(right).unwrap();
        left.send(b"datagram").await.unwrap();
        assert_eq!(right.recv().await.unwrap(), b"datagram");
    }

    /// WRP-03
    async fn the_transport_closes_the_socket() {
        let (client, mut server) = tcp_pair();
        let number = client.as_raw_fd();
        let mut client = wrap_stream_socket(client).unwrap();
        assert!(is_open(number));
        client.aclose().await.unwrap();
        assert_eq!(server.read(&mut [0; 8]).unwrap(), 0);
    }

    /// WRP-04
    async fn the_wrong_kind_of_socket_is_given_back() {
        for domain in [Domain::IPV4, Domain::UNIX] {
            let (datagram, stream) = (Socket::new(domain, Type::DGRAM, None).unwrap(), Socket::new(domain, Type::STREAM, None).unwrap());
            let numbers = (datagram.as_raw_fd(), stream.as_raw_fd());
            let error = wrap_stream_socket(datagram).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error:?}");
            let datagram = error.into_socket();
            let error = wrap_connected_datagram_socket(stream).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error:?}");
            assert_eq!(numbers, (datagram.as_raw_fd(), error.into_socket().as_raw_fd()));
        }
        let other = Socket::new(Domain::VSOCK, Type::STREAM, None);
        if let Ok(other) = other {
            assert_eq!(wrap_stream_socket(other).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
    }

    async fn a_socket_without_a_peer_is_given_back() {
        let alone = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let error = wrap_stream_socket(alone).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotConnected);
        let alone = UdpSocket::bind("127.0.0.1:0").unwrap();
        let error = wrap_connected_datagram_socket(alone).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotConnected);
        // It is as it was, one that blocks among others.
        let (alone, (peer, _)) = (error.into_socket(), udp_pair());
        alone.send_to(b"x", peer.local_addr().unwrap()).unwrap();
        let alone = StdUnixDatagram::unbound().unwrap();
        assert_eq!(wrap_connected_datagram_socket(alone).unwrap_err().kind(), ErrorKind::NotConnected);
        let error = std::io::Error::from(wrap_connected_datagram_socket(StdUnixDatagram::unbound().unwrap()).unwrap_err());
        assert_eq!(error.kind(), ErrorKind::NotConnected);
    }

    async fn a_socket_of_socket2_is_what_its_family_says() {
        let (client, server) = tcp_pair();
        let mut client = wrap_stream_socket(Socket::from(client)).unwrap().into_ip().unwrap();
        client.send_all(b"x").await.unwrap();
        let mut server = wrap_stream_socket(Socket::from(server)).unwrap().into_ip().unwrap();
        assert_eq!(server.recv(16).await.unwrap(), b"x");
        let (left, _right) = StdUnixStream::pair().unwrap();
        assert!(wrap_stream_socket(Socket::from(left)).unwrap().into_unix().is_some());
        let (left, _right) = StdUnixDatagram::pair().unwrap();
        assert!(wrap_connected_datagram_socket(Socket::from(left)).unwrap().into_ip().is_none());
    }

    /// WRP-05
    async fn a_connected_udp_socket_is_a_transport() {
        let (left, right) = udp_pair();
        let (left_address, right_address) = (left.local_addr().unwrap(), right.local_addr().unwrap());
        let mut left = wrap_connected_datagram_socket(left).unwrap();
        let mut right = wrap_connected_datagram_socket(Socket::from(right)).unwrap().into_ip().unwrap();
        assert_eq!((left.local_address().unwrap(), left.peer_address().unwrap()), (left_address, right_address));
        left.send(b"ping").await.unwrap();
        assert_eq!(right.recv().await.unwrap(), b"ping");
        right.send(b"pong").await.unwrap();
        assert_eq!(left.recv().await.unwrap(), b"pong");
    }

    async fn a_transport_gives_its_socket_up() {
        let (client, mut server) = tcp_pair();
        let client = wrap_stream_socket(client).unwrap();
        let mut client = TcpStream::try_from(client).unwrap();
        server.write_all(b"x").unwrap();
        client.read_exact(&mut [0; 1]).unwrap(); // It blocks again.
        let (left, right) = udp_pair();
        let left = UdpSocket::try_from(wrap_connected_datagram_socket(left).unwrap()).unwrap();
        right.send(b"y").unwrap();
        assert_eq!(left.recv(&mut [0; 8]).unwrap(), 1);
        let (left, mut right) = StdUnixStream::pair().unwrap();
        let mut left = StdUnixStream::try_from(wrap_stream_socket(left).unwrap()).unwrap();
        right.write_all(b"z").unwrap();
        left.read_exact(&mut [0; 1]).unwrap();
        let (left, _right) = StdUnixDatagram::pair().unwrap();
        let mut left = wrap_connected_datagram_socket(left).unwrap();
        left.abort();
        StdUnixDatagram::try_from(left).unwrap_err();
    }
}

/// In a simulation there are no sockets of the operating system: what is to be wrapped is given back.
#[test]
fn a_simulation_gives_every_socket_back() {
    easynet::sim::run(1, async {
        let (client, _server) = tcp_pair();
        let number = client.as_raw_fd();
        let error = wrap_stream_socket(client).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(error.into_socket().as_raw_fd(), number);
    })
    .unwrap();
}
