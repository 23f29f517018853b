//! DNS, DGR, UNX, UDG, WRP, ANC, STP, HEB and more of LSO, LSV, STR: all that is not plain TCP, on sockets real and simulated.
//!
//! What does not compile: two receivers of one endpoint (DGR-13), serving a listener twice (DGR-11), descriptors over TCP and UDP
//! (ANC-03): methods take `&mut self`, `serve` takes the listener, and only Unix transports have the others.
#![forbid(unsafe_code)]

mod net {
    mod alike;
    mod checkpoints;
    mod closed;
    mod datagram_serve;
    mod files;
    mod half_closed;
    mod names;
    mod parked;
    mod pieces;
    mod serving;
    mod silent_peers;
    mod sockets;
    mod stapled;
    mod turns;
    mod udp;
    mod unix_datagrams;
    mod unix_streams;
    mod wrapped;

    use std::net::SocketAddr;

    use easynet::net::*;
    use easynet_tests::Directory;

    /// A UDP listener on a free port of 127.0.0.1, and its address.
    async fn udp_listener() -> (UdpListener, SocketAddr) {
        let listener = create_udp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
        let address = listener.local_address().unwrap();
        (listener, address)
    }

    async fn udp_endpoint(address: SocketAddr) -> UdpEndpoint {
        create_udp_endpoint(&address.ip().to_string(), address.port())
            .await
            .unwrap()
    }

    /// The two ends of a Unix connection: who connected, who accepted.
    async fn unix_pair() -> (UnixStream, UnixStream) {
        let directory = Directory::new();
        let path = directory.path("pair");
        let mut listener = create_unix_stream_listener(&path).await.unwrap();
        let client = create_unix_stream_connection(&path).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        (client, server)
    }
}
