//! EXT-02: what is answered after our own close. Addresses are not; what kind of socket it was is, by its type, and so is its backend.

use easynet::{AsyncBackend, net::*};
use easynet_tests::{over_network, over_sockets};

use super::{Directory, udp_endpoint, udp_listener, unix_pair};

async fn tcp_pair() -> (TcpStream, TcpStream) {
    let mut listener = create_tcp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
    let port = listener.local_address().unwrap().port();
    let client = create_tcp_connection("127.0.0.1", port).await.unwrap();
    (client, listener.accept().await.unwrap().0)
}

/// Closed by either way, a stream answers the same.
async fn check_stream<S: AsyncStreamTransport>(mut stream: S, gracefully: bool) {
    let name = stream.backend().name();
    if gracefully {
        stream.aclose().await.unwrap();
    } else {
        stream.abort();
    }
    for _ in 0..2 {
        assert!(stream.is_closing());
        assert!(Closed::is(&stream.local_address().unwrap_err()));
        assert!(Closed::is(&stream.peer_address().unwrap_err()));
        assert!(Closed::is(&stream.recv(1).await.unwrap_err()));
        assert!(Closed::is(&stream.send_all(b"x").await.unwrap_err()));
        assert!(Closed::is(
            &stream.send_all_from_iterable([&b"x"[..]]).await.unwrap_err()
        ));
        assert_eq!(stream.backend().name(), name);
        // Nothing is asked of it: nothing fails.
        assert!(stream.recv(0).await.unwrap().is_empty());
        stream.send_all(b"").await.unwrap();
        // Harmless.
        stream.send_eof().await.unwrap();
        stream.aclose().await.unwrap();
        stream.abort();
    }
    let (read, write) = stream.split();
    assert!(S::reunite(read, write).is_ok_and(|stream| stream.is_closing()));
}

async fn check_endpoint<E: AsyncDatagramTransport>(mut endpoint: E) {
    let name = endpoint.backend().name();
    endpoint.aclose().await.unwrap();
    for _ in 0..2 {
        assert!(endpoint.is_closing());
        assert!(Closed::is(&endpoint.local_address().unwrap_err()));
        assert!(Closed::is(&endpoint.peer_address().unwrap_err()));
        assert!(Closed::is(&endpoint.recv().await.unwrap_err()));
        assert!(Closed::is(&endpoint.recv_into(&mut [0]).await.err().unwrap()));
        assert!(Closed::is(&endpoint.send(b"x").await.unwrap_err()));
        assert_eq!(endpoint.backend().name(), name);
        endpoint.aclose().await.unwrap();
        endpoint.abort();
    }
    let (read, write) = endpoint.split();
    assert!(E::reunite(read, write).is_ok_and(|endpoint| endpoint.is_closing()));
}

async fn check_listener<L: AsyncListener>(mut listener: L) {
    let name = listener.backend().name();
    listener.aclose().await.unwrap();
    for _ in 0..2 {
        assert!(listener.is_closing());
        assert!(Closed::is(&listener.local_address().unwrap_err()));
        assert!(Closed::is(&listener.accept().await.err().unwrap()));
        assert_eq!(listener.backend().name(), name);
        listener.aclose().await.unwrap();
        listener.abort();
    }
}

async fn check_datagram_listener<L: AsyncDatagramListener>(mut listener: L) {
    let (name, sender, address) = (
        listener.backend().name(),
        listener.sender(),
        listener.local_address().unwrap(),
    );
    listener.aclose().await.unwrap();
    for _ in 0..2 {
        assert!(listener.is_closing());
        assert!(Closed::is(&listener.local_address().unwrap_err()));
        assert!(Closed::is(&listener.recv_from().await.unwrap_err()));
        assert!(Closed::is(
            &listener.recv_into_from(&mut [0]).await.err().unwrap()
        ));
        assert!(Closed::is(&listener.send_to(b"x", &address).await.unwrap_err()));
        assert!(Closed::is(&sender.send_to(b"x", &address).await.unwrap_err()));
        // One that is made only now as well.
        assert!(Closed::is(
            &listener.sender().send_to(b"x", &address).await.unwrap_err()
        ));
        assert_eq!(listener.backend().name(), name);
        listener.aclose().await.unwrap();
        listener.abort();
    }
}

over_network! {
    async fn a_closed_stream_answers_that_it_is() {
        for gracefully in [true, false] {
            let (client, server) = tcp_pair().await;
            check_stream(client, gracefully).await;
            check_stream(server, gracefully).await;
            let (client, server) = unix_pair().await;
            check_stream(client, gracefully).await;
            check_stream(server, gracefully).await;
            let ((out, _out), (back, _back)) = (tcp_pair().await, unix_pair().await);
            check_stream(StapledStreamTransport::new(out, back), gracefully).await;
        }
    }

    async fn a_closed_endpoint_answers_that_it_is() {
        let (_listener, address) = udp_listener().await;
        check_endpoint(udp_endpoint(address).await).await;
        let directory = Directory::new();
        let _listener = create_unix_datagram_listener(directory.path("to")).await.unwrap();
        let open = create_unix_datagram_endpoint(directory.path("to")).local_path(directory.path("own"));
        check_endpoint(open.await.unwrap()).await;
    }

    async fn a_closed_listener_answers_that_it_is() {
        check_listener(create_tcp_listeners("127.0.0.1", 0).await.unwrap().remove(0)).await;
        check_datagram_listener(udp_listener().await.0).await;
        let directory = Directory::new();
        check_listener(create_unix_stream_listener(directory.path("streams")).await.unwrap()).await;
        check_datagram_listener(create_unix_datagram_listener(directory.path("datagrams")).await.unwrap()).await;
    }

    async fn nobody_is_at_the_other_end_of_a_closed_unix_stream() {
        let (mut client, _server) = unix_pair().await;
        client.peer_credentials().unwrap();
        client.aclose().await.unwrap();
        assert!(Closed::is(&client.peer_credentials().unwrap_err()));
        assert!(Closed::is(&client.recv_with_fds(&mut [0]).await.unwrap_err()));
        assert!(Closed::is(&client.send_all_with_fds([&b"x"[..]], &[]).await.unwrap_err()));
    }
}

over_sockets! {
    async fn a_closed_transport_has_no_socket() {
        let (mut client, _server) = tcp_pair().await;
        client.as_socket().unwrap();
        client.abort();
        assert!(Closed::is(&client.as_socket().err().unwrap()));
        assert!(std::net::TcpStream::try_from(client).is_err_and(|error| Closed::is(&error)));
        let (mut listener, address) = udp_listener().await;
        let mut endpoint = udp_endpoint(address).await;
        endpoint.abort();
        assert!(Closed::is(&endpoint.as_socket().err().unwrap()));
        listener.abort();
        assert!(Closed::is(&listener.as_socket().err().unwrap()));
    }
}
