//! Peers that say nothing, and read nothing: a timeout ends what waits for them. A peer that vanishes is such a one.

use easynet::{move_on_after, net::*, task_group, time::timeout};
use easynet_tests::{DropFlag, ms, over_network};

/// A connection that the peer's kernel has taken, and nobody there.
async fn silent() -> (TcpStream, TcpListener) {
    let listener = create_tcp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
    let port = listener.local_address().unwrap().port();
    (create_tcp_connection("127.0.0.1", port).await.unwrap(), listener)
}

over_network! {
    async fn who_waits_for_an_answer_is_told_by_a_timeout() {
        let (mut stream, mut listener) = silent().await;
        stream.send_all(b"anybody?").await.unwrap();
        assert!(timeout(ms(20), stream.recv(8)).await.is_err_and(|_: easynet::TimedOut| true));
        stream.aclose().await.unwrap();
        // It would have been heard.
        let (mut late, _) = listener.accept().await.unwrap();
        assert_eq!(late.recv(16).await.unwrap(), b"anybody?");
        assert_eq!(late.recv(16).await.unwrap(), b"");
    }

    async fn who_sends_more_than_there_is_room_for_is_told_by_a_timeout() {
        let (mut stream, _listener) = silent().await;
        let data = vec![7; 64 << 20];
        assert!(timeout(ms(20), stream.send_all(&data)).await.is_err_and(|_: easynet::TimedOut| true));
        // Closing waits for nobody.
        stream.aclose().await.unwrap();
    }

    async fn a_service_drops_who_says_nothing() {
        let listener = create_tcp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
        let port = listener.local_address().unwrap().port();
        let dropped = DropFlag::new();
        let mut guard = Some(dropped.guard());
        task_group!(|group| {
            let service = group.spawn(listener.serve(&group.handle(), move |mut stream| {
                let guard = guard.take();
                async move {
                    let _held = guard;
                    while let Some(received) = move_on_after!(20ms, stream.recv(8)) {
                        if received?.is_empty() {
                            panic!("the client has not ended");
                        }
                    }
                    Ok(())
                }
            }));
            let mut client = create_tcp_connection("127.0.0.1", port).await.unwrap();
            client.send_all(b"a word, and no more").await.unwrap();
            assert_eq!(client.recv(8).await.unwrap(), b"");
            service.cancel();
        })
        .unwrap();
        assert!(dropped.is_set());
    }

    async fn a_datagram_that_nobody_answers_is_waited_for_no_longer_than_said() {
        let listener = create_udp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
        let mut endpoint = create_udp_endpoint("127.0.0.1", listener.local_address().unwrap().port()).await.unwrap();
        endpoint.send(b"anybody?").await.unwrap();
        assert!(move_on_after!(20ms, endpoint.recv()).is_none());
    }
}
