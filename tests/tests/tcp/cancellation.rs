//! Each operation is a checkpoint: cancelled, it does nothing and does not complete (C3).

use std::{
    future::{Future, IntoFuture},
    io::Write,
    thread,
};

use easynet::{
    cancel::{catch_cancelled, open_cancel_scope},
    net::{
        AsyncListener as _, AsyncStreamReadTransport as _, AsyncStreamTransport as _,
        AsyncStreamWriteTransport as _, create_tcp_connection, create_tcp_listeners,
    },
    task_group,
    time::{move_on_after, timeout},
};
use easynet_tests::{LONG, ms};
use futures::poll;

use super::{connect, listener, pair};
use easynet_tests::{over_network, over_sockets};

/// Runs an operation in a scope that is cancelled already.
async fn in_a_cancelled_scope<F: Future>(operation: F) {
    let scope = open_cancel_scope();
    scope.cancel();
    assert!(scope.run(operation).await.is_none(), "it has completed");
}

over_network! {
    async fn a_ready_receive_does_not_complete_and_loses_nothing() {
        let (mut client, mut server) = pair().await;
        client.send_all(b"hello").await.unwrap();
        // Ready, and known to be.
        assert_eq!(server.recv(1).await.unwrap(), b"h");
        let mut buffer = [0; 8];
        in_a_cancelled_scope(server.recv_into(&mut buffer)).await;
        in_a_cancelled_scope(server.recv(8)).await;
        in_a_cancelled_scope(server.recv(0)).await;
        in_a_cancelled_scope(futures::AsyncReadExt::read(&mut server, &mut buffer)).await;
        in_a_cancelled_scope(tokio::io::AsyncReadExt::read(&mut server, &mut buffer)).await;
        assert_eq!(buffer, [0; 8]);
        assert_eq!(server.recv(8).await.unwrap(), b"ello");
    }

    async fn a_ready_send_sends_nothing() {
        let (mut client, mut server) = pair().await;
        in_a_cancelled_scope(client.send_all(b"lost")).await;
        in_a_cancelled_scope(client.send_all(b"")).await;
        in_a_cancelled_scope(futures::AsyncWriteExt::write(&mut client, b"lost")).await;
        in_a_cancelled_scope(tokio::io::AsyncWriteExt::write(&mut client, b"lost")).await;
        in_a_cancelled_scope(client.send_eof()).await;
        in_a_cancelled_scope(futures::AsyncWriteExt::close(&mut client)).await;
        in_a_cancelled_scope(tokio::io::AsyncWriteExt::shutdown(&mut client)).await;
        client.send_all(b"sent").await.unwrap();
        assert_eq!(server.recv(8).await.unwrap(), b"sent");
    }

    async fn halves_are_checkpoints_too() {
        let (client, server) = pair().await;
        let ((mut reader, _writer), (_reader, mut writer)) = (client.split(), server.split());
        in_a_cancelled_scope(writer.send_all(b"lost")).await;
        writer.send_all(b"sent").await.unwrap();
        assert_eq!(reader.recv(1).await.unwrap(), b"s");
        in_a_cancelled_scope(reader.recv(8)).await;
        assert_eq!(reader.recv(8).await.unwrap(), b"ent");
    }

    async fn a_connection_that_waits_is_not_accepted() {
        let (mut listener, address) = listener().await;
        let mut client = connect(address).await;
        in_a_cancelled_scope(listener.accept()).await;
        let (mut server, _) = listener.accept().await.unwrap();
        client.send_all(b"x").await.unwrap();
        assert_eq!(server.recv(1).await.unwrap(), b"x");
    }

    async fn nothing_is_opened() {
        let (mut listener, address) = listener().await;
        in_a_cancelled_scope(create_tcp_connection("127.0.0.1", address.port()).into_future()).await;
        in_a_cancelled_scope(create_tcp_connection("localhost", address.port()).into_future()).await;
        assert!(poll!(listener.accept()).is_pending());
        drop(listener);
        in_a_cancelled_scope(create_tcp_listeners("127.0.0.1", address.port()).into_future()).await;
        create_tcp_listeners("127.0.0.1", address.port()).await.unwrap();
    }

    /// STR-15
    async fn a_cancelled_close_closes_all_the_same() {
        let (mut client, mut server) = pair().await;
        in_a_cancelled_scope(client.aclose()).await;
        assert!(client.is_closing());
        assert!(server.recv(1).await.unwrap().is_empty());

        let (mut listener, address) = listener().await;
        in_a_cancelled_scope(listener.aclose()).await;
        assert!(listener.is_closing());
        assert!(create_tcp_connection("127.0.0.1", address.port()).await.is_err());
    }

    /// STR-22
    async fn a_receive_that_was_cancelled_takes_nothing_with_it() {
        let (mut client, mut server) = pair().await;
        assert!(move_on_after(ms(1), server.recv(8)).await.is_none());
        client.send_all(b"later").await.unwrap();
        assert_eq!(server.recv(8).await.unwrap(), b"later");
    }

    async fn what_waits_is_ended_by_its_group() {
        let (_client, mut server) = pair().await;
        let (mut listener, _) = listener().await;
        let error = task_group!(|group| {
            group.start_soon(async move { server.recv(1).await.map(drop) });
            group.start_soon(async move { listener.accept().await.map(drop) });
            group.start_soon(async { Err("enough") });
        })
        .unwrap_err();
        assert_eq!(error.failures().len(), 1);
    }

    async fn cleanup_can_still_use_the_stream() {
        let (mut client, mut server) = pair().await;
        let scope = open_cancel_scope();
        let served = scope.run(async {
            let received = catch_cancelled(server.recv(1)).await;
            assert!(received.is_err());
            easynet::shield!({ server.send_all(b"goodbye").await.unwrap() });
            server.recv(1).await.map(drop)
        });
        let cancelling = async {
            easynet::time::coro_yield().await;
            scope.cancel();
        };
        let (served, ()) = futures::join!(served, cancelling);
        assert!(served.is_none());
        assert_eq!(client.recv(16).await.unwrap(), b"goodbye");
    }
}

over_sockets! {
    /// C3: what makes a checkpoint of every operation is that a loop of these ends.
    async fn a_loop_of_ready_receives_is_ended_by_a_deadline() {
        let (client, mut server) = pair().await;
        let mut client = std::net::TcpStream::try_from(client).unwrap();
        // Sends for as long as somebody listens.
        let sender = thread::spawn(move || while client.write_all(&[0; 1 << 16]).is_ok() {});
        let mut buffer = [0; 16];
        let ended = timeout(ms(50), async {
            loop {
                server.recv_into(&mut buffer).await.unwrap();
            }
        });
        assert!(timeout(LONG, ended).await.expect("it has time").is_err_and(|_: easynet::TimedOut| true));
        drop(server);
        sender.join().unwrap();
    }

    /// The same for sending.
    async fn a_loop_of_ready_sends_is_ended_by_a_deadline() {
        let (client, mut server) = pair().await;
        let mut client = std::net::TcpStream::try_from(client).unwrap();
        let receiver = thread::spawn(move || std::io::copy(&mut client, &mut std::io::sink()));
        let ended = timeout(ms(50), async {
            loop {
                server.send_all(b"0123456789abcdef").await.unwrap();
            }
        });
        assert!(ended.await.is_err_and(|_: easynet::TimedOut| true));
        drop(server);
        receiver.join().unwrap().unwrap();
    }
}
