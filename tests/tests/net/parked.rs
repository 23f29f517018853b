//! Operations that are cancelled while they wait: what comes afterwards is there for the next one.

use std::{
    future::{Future, IntoFuture},
    io::ErrorKind,
    path::Path,
    pin::pin,
    task::Poll,
};

use easynet::{
    cancel::open_cancel_scope,
    net::*,
    task_group,
    time::{sleep, sleep_forever},
};
use easynet_tests::{ms, over_network};
use futures::poll;

use super::{Directory, udp_endpoint, udp_listener, unix_pair};

/// Polls an operation once, which waits, and cancels it.
async fn cancelled_while_waiting<F: Future>(operation: F) {
    let scope = open_cancel_scope();
    let mut running = pin!(scope.run(operation));
    assert!(poll!(&mut running).is_pending(), "it does not wait");
    scope.cancel();
    assert!(running.await.is_none(), "it has completed");
}

/// Polls an operation once, which waits, lets something happen that it waits for, and cancels it before it is polled again.
async fn cancelled_when_it_happens<F: Future>(operation: F, happens: impl Future) {
    let scope = open_cancel_scope();
    let mut running = pin!(scope.run(operation));
    assert!(poll!(&mut running).is_pending(), "it does not wait");
    happens.await;
    scope.cancel();
    assert!(running.await.is_none(), "it has completed");
}

/// Receives what is sent only afterwards, or just then.
async fn check_stream<S: AsyncStreamTransport>(mut client: S, mut server: S) {
    let mut buffer = [0; 8];
    cancelled_while_waiting(server.recv(8)).await;
    cancelled_while_waiting(server.recv_into(&mut buffer)).await;
    cancelled_when_it_happens(server.recv(8), client.send_all(b"one")).await;
    cancelled_when_it_happens(client.recv_into(&mut buffer), server.send_all(b"two")).await;
    assert_eq!(buffer, [0; 8]);
    assert_eq!(server.recv(8).await.unwrap(), b"one");
    assert_eq!(client.recv(8).await.unwrap(), b"two");
    // The end, too.
    let (mut reader, writer) = server.split();
    cancelled_when_it_happens(reader.recv(8), client.send_eof()).await;
    assert_eq!(reader.recv(8).await.unwrap(), b"");
    let mut server = S::reunite(reader, writer).expect("they are of one stream");

    // More than there is room for: a part of it has been sent, and the stream is as usable as before.
    let (first, second) = (bytes(0), bytes(100));
    cancelled_while_waiting(server.send_all(&first)).await;
    cancelled_while_waiting(server.send_all_from_iterable(second.chunks(1000))).await;
    let (sent, received) = futures::join!(
        async {
            server.send_all(b"last").await.unwrap();
            server.aclose().await.unwrap();
        },
        async {
            let mut received = Vec::new();
            loop {
                let piece = client.recv(1 << 16).await.unwrap();
                if piece.is_empty() {
                    return received;
                }
                received.extend(piece);
            }
        }
    );
    let () = sent;
    let received = received.strip_suffix(b"last").expect("it was sent after all");
    // Each of the two is a beginning of what it was to be.
    let length = received
        .iter()
        .position(|byte| *byte >= 100)
        .unwrap_or(received.len());
    let (one, two) = received.split_at(length);
    assert!(
        first.starts_with(one) && second.starts_with(two),
        "{} and {} bytes",
        one.len(),
        two.len()
    );
}

/// More than there is room for on the way: bytes from `least` to `least + 97`.
fn bytes(least: u8) -> Vec<u8> {
    Vec::from_iter(least..least + 97).repeat((16 << 20) / 97)
}

/// Accepts whoever comes only afterwards, or just then.
async fn check_listener<L, F>(mut listener: L, connect: impl Fn() -> F)
where
    L: AsyncListener,
    F: Future<Output = L::Stream>,
{
    cancelled_while_waiting(listener.accept()).await;
    let mut streams = Vec::new();
    cancelled_when_it_happens(listener.accept(), async { streams.push(connect().await) }).await;
    task_group!(|group| {
        // Whoever has come is handled by the next, lent for as long as it is.
        let serve = (&mut listener).serve(&group.handle(), |mut stream| async move {
            Ok(stream.send_all(b"hello").await?)
        });
        let closer = serve.closer();
        let serving = async { assert!(Closed::is(&serve.await.unwrap_err())) };
        let asking = async {
            assert_eq!(streams[0].recv(8).await.unwrap(), b"hello");
            closer.close();
        };
        futures::join!(serving, asking);
    })
    .unwrap();
}

async fn check_datagrams<L, E>(mut listener: L, mut endpoint: E, own: L::Address)
where
    L: AsyncDatagramListener,
    E: AsyncDatagramTransport,
{
    let sender = listener.sender();
    let mut buffer = [0; 8];
    cancelled_while_waiting(listener.recv_from()).await;
    cancelled_while_waiting(listener.recv_into_from(&mut buffer)).await;
    cancelled_when_it_happens(listener.recv_from(), endpoint.send(b"one")).await;
    cancelled_while_waiting(endpoint.recv()).await;
    cancelled_while_waiting(endpoint.recv_into(&mut buffer)).await;
    cancelled_when_it_happens(endpoint.recv(), sender.send_to(b"two", &own)).await;
    assert_eq!(buffer, [0; 8]);
    assert_eq!(listener.recv_from().await.unwrap().0, b"one");
    assert_eq!(endpoint.recv().await.unwrap(), b"two");
    let (mut reader, mut writer) = endpoint.split();
    cancelled_when_it_happens(reader.recv(), sender.send_to(b"three", &own)).await;
    assert_eq!(reader.recv().await.unwrap(), b"three");
    task_group!(|group| {
        let serve = (&mut listener).serve(&group.handle(), |_, _| async { panic!("it was handled") });
        cancelled_when_it_happens(serve, writer.send(b"four")).await;
    })
    .unwrap();
    assert_eq!(listener.recv_from().await.unwrap().0, b"four");
}

/// Binds a path as soon as it is free.
async fn bind(path: &Path) {
    loop {
        match create_unix_stream_listener(path).unlink_on_close(true).await {
            Ok(_) => return,
            Err(error) => assert_eq!(error.kind(), ErrorKind::AddrInUse),
        }
        sleep(ms(1)).await;
    }
}

over_network! {
    /// STR-22
    async fn a_tcp_stream_keeps_what_it_did_not_return() {
        let mut listener = create_tcp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
        let port = listener.local_address().unwrap().port();
        let client = create_tcp_connection("127.0.0.1", port).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        check_stream(client, server).await;
    }

    async fn a_unix_stream_keeps_what_it_did_not_return() {
        let (client, server) = unix_pair().await;
        check_stream(client, server).await;
    }

    async fn a_tcp_listener_keeps_whom_it_did_not_return() {
        let listener = create_tcp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
        let port = listener.local_address().unwrap().port();
        check_listener(listener, || async move { create_tcp_connection("127.0.0.1", port).await.unwrap() }).await;
    }

    async fn a_unix_listener_keeps_whom_it_did_not_return() {
        let directory = Directory::new();
        let path = directory.path("listener");
        let listener = create_unix_stream_listener(&path).await.unwrap();
        check_listener(listener, || async { create_unix_stream_connection(&path).await.unwrap() }).await;
    }

    async fn udp_keeps_what_it_did_not_return() {
        let (listener, address) = udp_listener().await;
        let endpoint = udp_endpoint(address).await;
        let own = endpoint.local_address().unwrap();
        check_datagrams(listener, endpoint, own).await;
    }

    async fn unix_datagrams_are_kept_too() {
        let directory = Directory::new();
        let (to, own) = (directory.path("to"), directory.path("own"));
        let listener = create_unix_datagram_listener(&to).await.unwrap();
        let endpoint = create_unix_datagram_endpoint(&to).local_path(&own).await.unwrap();
        check_datagrams(listener, endpoint, own.into()).await;
    }

    /// Whoever sends to a Unix socket that is full has sent nothing when it is cancelled.
    async fn a_unix_datagram_that_waits_is_not_sent() {
        let directory = Directory::new();
        let (to, from) = (directory.path("to"), directory.path("from"));
        let mut listener = create_unix_datagram_listener(&to).await.unwrap();
        let mut endpoint = create_unix_datagram_endpoint(&to).await.unwrap();
        let other = create_unix_datagram_listener(&from).await.unwrap();
        let (sender, address) = (other.sender(), UnixAddress::from(to));
        let mut sent = 0;
        while let Poll::Ready(ended) = poll!(endpoint.send(b"full")) {
            ended.unwrap();
            sent += 1;
        }
        cancelled_while_waiting(endpoint.send(b"lost")).await;
        cancelled_while_waiting(endpoint.send_with_fds(b"lost", &[])).await;
        cancelled_while_waiting(other.send_to(b"lost", &address)).await;
        cancelled_while_waiting(sender.send_to_with_fds(b"lost", &[], &address)).await;
        for _ in 0..sent {
            assert_eq!(listener.recv_from().await.unwrap().0, b"full");
        }
        endpoint.send(b"last").await.unwrap();
        assert_eq!(listener.recv_from().await.unwrap().0, b"last");
    }

    /// What a thread has opened that nobody waits for any more is closed, and its file removed: the path is free, at once or soon.
    async fn a_path_that_was_being_bound_is_free_again() {
        let directory = Directory::new();
        for datagrams in [false, true] {
            let path = directory.path("path");
            let scope = open_cancel_scope();
            let mut opening = pin!(scope.run(async {
                match datagrams {
                    false => drop(create_unix_stream_listener(&path).unlink_on_close(true).await.unwrap()),
                    true => drop(create_unix_datagram_listener(&path).unlink_on_close(true).await.unwrap()),
                }
                sleep_forever().await
            }));
            assert!(poll!(&mut opening).is_pending());
            scope.cancel();
            assert!(opening.await.is_none());
            bind(&path).await;
        }
    }

    async fn a_connection_that_waits_for_room_gives_its_path_back() {
        let directory = Directory::new();
        let (busy, own) = (directory.path("busy"), directory.path("own"));
        let _listener = create_unix_stream_listener(&busy).backlog(1).await.unwrap();
        let mut streams = Vec::new();
        loop {
            let mut opening = create_unix_stream_connection(&busy).into_future();
            // Others have their turn first.
            assert!(poll!(&mut opening).is_pending());
            match poll!(opening) {
                Poll::Ready(stream) => streams.push(stream.unwrap()),
                Poll::Pending => break,
            }
        }
        for yields in [0, 10] {
            let scope = open_cancel_scope();
            let mut opening = pin!(scope.run(create_unix_stream_connection(&busy).local_path(&own).into_future()));
            for _ in 0..2 {
                assert!(poll!(&mut opening).is_pending());
            }
            for _ in 0..yields {
                sleep(ms(1)).await;
                assert!(poll!(&mut opening).is_pending());
            }
            scope.cancel();
            assert!(opening.await.is_none());
            bind(&own).await;
        }
    }

    /// Whatever becomes of a lookup that was given up, the next one is answered.
    async fn a_name_can_be_asked_for_again() {
        for _ in 0..3 {
            let scope = open_cancel_scope();
            let mut asking = pin!(scope.run(async {
                getaddrinfo("localhost", 80).await.unwrap();
                getnameinfo(([127, 0, 0, 1], 80)).await.unwrap();
                sleep_forever().await
            }));
            assert!(poll!(&mut asking).is_pending());
            scope.cancel();
            assert!(asking.await.is_none());
        }
        let answers = getaddrinfo("localhost", 80).await.unwrap();
        assert!(answers.iter().all(|answer| answer.address().ip().is_loopback()));
    }
}
