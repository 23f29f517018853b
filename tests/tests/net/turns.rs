//! C3: whoever opens a socket after the other, or sends and receives without ever having to wait, lets others have their turn, and can be cancelled.

use std::net::{Shutdown, UdpSocket};

use easynet::{cancel::open_cancel_scope, net::*, task_group, time::coro_yield};
use easynet_tests::{over_network, over_sockets};

use super::{Directory, udp_listener};

/// Does something for ever, until another task, which needs some turns for it, cancels that.
macro_rules! is_cancelled_by_another {
    ($operation:expr) => {{
        let scope = open_cancel_scope();
        let handle = scope.clone();
        task_group!(|group| {
            group.start_soon(async move {
                for _ in 0..3 {
                    coro_yield().await;
                }
                handle.cancel();
            });
            let endless = async {
                while !scope.cancelled_caught() {
                    let _ = $operation;
                }
            };
            assert!(scope.run(endless).await.is_none());
        })
        .unwrap();
    }};
}

/// The same, of what has been waited for once: from then on it need not be.
macro_rules! is_cancelled_when_ready {
    ($operation:expr) => {{
        let _ = $operation;
        is_cancelled_by_another!($operation);
    }};
}

over_network! {
    async fn who_opens_udp_endpoints() {
        let (_listener, address) = udp_listener().await;
        is_cancelled_when_ready!(create_udp_endpoint("127.0.0.1", address.port()).await);
    }

    async fn who_opens_listeners() {
        is_cancelled_when_ready!(create_udp_listeners("127.0.0.1", 0).await);
        is_cancelled_when_ready!(create_tcp_listeners("127.0.0.1", 0).await);
    }

    async fn who_waits_for_somebody_to_listen_at_a_path() {
        let directory = Directory::new();
        let path = directory.path("nobody");
        is_cancelled_when_ready!(create_unix_stream_connection(&path).await);
        is_cancelled_when_ready!(create_unix_datagram_endpoint(&path).await);
    }

    async fn who_opens_unix_datagram_endpoints() {
        let directory = Directory::new();
        let path = directory.path("datagrams");
        let _listener = create_unix_datagram_listener(&path).await.unwrap();
        is_cancelled_when_ready!(create_unix_datagram_endpoint(&path).await);
    }

    async fn who_cannot_connect() {
        is_cancelled_when_ready!(create_tcp_connection("127.0.0.1", 1).await);
        is_cancelled_when_ready!(create_tcp_connection("255.255.255.255", 9).await);
    }

    async fn who_sends_datagrams() {
        let (listener, address) = udp_listener().await;
        is_cancelled_when_ready!(listener.send_to(b"lost", &address).await);
        let mut endpoint = create_udp_endpoint("127.0.0.1", address.port()).await.unwrap();
        is_cancelled_when_ready!(endpoint.send(b"lost").await);
    }

    async fn who_has_nobody_to_send_unix_datagrams_to() {
        let directory = Directory::new();
        let listener = create_unix_datagram_listener(directory.path("own")).await.unwrap();
        let nobody = UnixAddress::from(directory.path("nobody"));
        is_cancelled_when_ready!(listener.send_to(b"lost", &nobody).await);
    }
}

over_sockets! {
    /// The system says for ever that there is something to receive, and that there is nothing.
    async fn who_receives_from_what_was_shut_down() {
        let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
        let own = UdpSocket::bind("127.0.0.1:0").unwrap();
        own.connect(peer.local_addr().unwrap()).unwrap();
        let socket = socket2::Socket::from(own.try_clone().unwrap());
        let mut endpoint = wrap_connected_datagram_socket(own).unwrap();
        socket.shutdown(Shutdown::Read).unwrap();
        is_cancelled_by_another!(endpoint.recv().await);
    }
}
