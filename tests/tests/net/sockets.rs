//! The sockets behind transports: made of tokio's, given up to std's, and their options.

use std::{
    io::{self, ErrorKind},
    net::UdpSocket,
};

use easynet::net::*;
use easynet_tests::{over_network, over_sockets};

use super::{Directory, udp_endpoint, udp_listener, unix_pair};

over_sockets! {
    async fn every_socket_of_tokio_becomes_a_transport() {
        let mut listener = TcpListener::from(tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap());
        let stream = tokio::net::TcpStream::connect(listener.local_address().unwrap()).await.unwrap();
        let mut stream = TcpStream::from(stream);
        stream.send_all(b"tcp").await.unwrap();
        assert_eq!(listener.accept().await.unwrap().0.recv(16).await.unwrap(), b"tcp");

        let mut listener = UdpListener::from(tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap());
        let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.connect(listener.local_address().unwrap()).await.unwrap();
        let mut endpoint = UdpEndpoint::from(socket);
        endpoint.send(b"udp").await.unwrap();
        let received = listener.recv_from().await.unwrap();
        assert_eq!(received, (b"udp".to_vec(), endpoint.local_address().unwrap()));

        let directory = Directory::new();
        let path = directory.path("stream");
        let mut listener = UnixListener::from(tokio::net::UnixListener::bind(&path).unwrap());
        let mut stream = UnixStream::from(tokio::net::UnixStream::connect(&path).await.unwrap());
        stream.send_all(b"unix").await.unwrap();
        assert_eq!(listener.accept().await.unwrap().0.recv(16).await.unwrap(), b"unix");

        let path = directory.path("datagram");
        let mut listener = UnixDatagramListener::from(tokio::net::UnixDatagram::bind(&path).unwrap());
        let socket = tokio::net::UnixDatagram::unbound().unwrap();
        socket.connect(&path).unwrap();
        UnixDatagramEndpoint::from(socket).send(b"datagram").await.unwrap();
        assert_eq!(listener.recv_from().await.unwrap(), (b"datagram".to_vec(), UnixAddress::unnamed()));
    }

    async fn options_are_set_on_the_socket_itself() {
        let listener = create_tcp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
        let stream = create_tcp_connection("127.0.0.1", listener.local_address().unwrap().port()).await.unwrap();
        assert!(!stream.as_socket().unwrap().keepalive().unwrap());
        stream.as_socket().unwrap().set_keepalive(true).unwrap();
        let socket = std::net::TcpStream::try_from(stream).unwrap();
        assert!(socket2::SockRef::from(&socket).keepalive().unwrap());

        listener.as_socket().unwrap().set_ttl_v4(7).unwrap();
        assert_eq!(listener.as_socket().unwrap().ttl_v4().unwrap(), 7);

        let (listener, address) = udp_listener().await;
        listener.as_socket().unwrap().set_broadcast(true).unwrap();
        assert!(listener.as_socket().unwrap().broadcast().unwrap());
        let endpoint = udp_endpoint(address).await;
        endpoint.as_socket().unwrap().set_broadcast(true).unwrap();
        assert!(UdpSocket::try_from(endpoint).unwrap().broadcast().unwrap());

        let (left, right) = unix_pair().await;
        assert_eq!(left.as_socket().unwrap().r#type().unwrap(), socket2::Type::STREAM);
        assert!(right.as_socket().unwrap().local_addr().unwrap().is_unix());
    }

    async fn a_closed_transport_has_no_socket() {
        let mut listener = create_tcp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
        let port = listener.local_address().unwrap().port();
        let mut stream = create_tcp_connection("127.0.0.1", port).await.unwrap();
        stream.abort();
        listener.abort();
        let (mut udp_listener, address) = udp_listener().await;
        let mut endpoint = udp_endpoint(address).await;
        udp_listener.abort();
        endpoint.abort();
        let errors: [io::Error; 5] = [
            stream.as_socket().err().unwrap(),
            listener.as_socket().err().unwrap(),
            udp_listener.as_socket().err().unwrap(),
            endpoint.as_socket().err().unwrap(),
            std::net::TcpStream::try_from(stream).unwrap_err(),
        ];
        for error in errors {
            assert!(Closed::is(&error), "{error:?}");
        }
    }
}

over_network! {
    async fn a_transport_has_a_socket_unless_it_is_simulated() {
        let mut listener = create_tcp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
        let port = listener.local_address().unwrap().port();
        let stream = create_tcp_connection("127.0.0.1", port).await.unwrap();
        if matches!(stream, TcpStream::Tokio(_)) {
            assert!(stream.as_socket().is_ok() && listener.as_socket().is_ok());
            std::net::TcpStream::try_from(stream).unwrap();
            return;
        }
        let unsupported = [stream.as_socket().err(), listener.as_socket().err(), std::net::TcpStream::try_from(stream).err()];
        for error in unsupported {
            assert_eq!(error.unwrap().kind(), ErrorKind::Unsupported);
        }
        listener.abort();
        assert!(Closed::is(&listener.as_socket().err().unwrap()));
    }
}
