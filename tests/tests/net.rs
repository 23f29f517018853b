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
    mod udp;
    mod unix_datagrams;
    mod unix_streams;
    mod wrapped;

    use std::{
        net::SocketAddr,
        path::PathBuf,
        sync::atomic::{AtomicUsize, Ordering::SeqCst},
    };

    use easynet::net::*;

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

    /// A directory of a test's own, for sockets; gone with it.
    struct Directory(PathBuf);

    impl Directory {
        fn new() -> Self {
            static NUMBER: AtomicUsize = AtomicUsize::new(0);
            let number = NUMBER.fetch_add(1, SeqCst);
            let path = std::env::temp_dir().join(format!("easynet-{}-{number}", std::process::id()));
            std::fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.join(name)
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
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
