//! TCP, LSO, LSV, STR: connections, listeners and streams, on sockets of the loopback interface, real and simulated.
//!
//! Real sockets need a real clock: these cases run on every backend and flavour like the others, but in real time, except
//! in the simulation. They wait for events and never for time, but where time is what they are about.
//!
//! What does not compile: two readers of one stream (STR-13), closing one that somebody reads from (STR-14), serving
//! a listener twice (LSV-02) or closing it meanwhile (LSV-03): methods take `&mut self`, and `serve` takes the listener.
#![forbid(unsafe_code)]

mod tcp {
    mod cancellation;
    mod connect;
    mod io_traits;
    mod listen;
    mod serve;
    mod split;
    mod stream;

    use std::net::SocketAddr;

    use easynet::net::{
        AsyncListener as _, TcpListener, TcpStream, create_tcp_connection, create_tcp_listeners,
    };

    /// A listener on a free port of 127.0.0.1, and its address.
    async fn listener() -> (TcpListener, SocketAddr) {
        let listener = create_tcp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
        let address = listener.local_address().unwrap();
        (listener, address)
    }

    async fn connect(address: SocketAddr) -> TcpStream {
        create_tcp_connection(&address.ip().to_string(), address.port())
            .await
            .unwrap()
    }

    /// The two ends of a connection: who connected, who accepted.
    async fn pair() -> (TcpStream, TcpStream) {
        let (mut listener, address) = listener().await;
        let client = connect(address).await;
        let (server, _) = listener.accept().await.unwrap();
        (client, server)
    }
}
