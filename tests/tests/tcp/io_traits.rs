//! Streams through the I/O traits of others.

use easynet::{
    net::{
        AsyncListener as _, AsyncStreamReadTransport as _, AsyncStreamTransport as _,
        AsyncStreamWriteTransport as _,
    },
    task_group,
};

use super::{connect, listener, pair};
use easynet_tests::{over_network, over_sockets};

over_network! {
    async fn futures_io_copies_a_stream() {
        let (listener, address) = listener().await;
        task_group!(|group| {
            let service = group.spawn(listener.serve(&group.handle(), |stream| async move {
                let (reader, mut writer) = stream.split();
                futures::io::copy(reader, &mut writer).await?;
                Ok(())
            }));
            let client = connect(address).await;
            let (mut reader, mut writer) = client.split();
            let data = vec![5; 1_000_000];
            let sending = async {
                futures::AsyncWriteExt::write_all(&mut writer, &data).await?;
                futures::AsyncWriteExt::close(&mut writer).await
            };
            let mut received = Vec::new();
            futures::try_join!(sending, futures::AsyncReadExt::read_to_end(&mut reader, &mut received)).unwrap();
            assert!(received == data);
            service.cancel();
        })
        .unwrap();
    }

    async fn tokio_io_copies_a_stream() {
        let (listener, address) = listener().await;
        task_group!(|group| {
            let service = group.spawn(listener.serve(&group.handle(), |mut stream| async move {
                let (mut reader, mut writer) = tokio::io::split(&mut stream);
                tokio::io::copy(&mut reader, &mut writer).await?;
                tokio::io::AsyncWriteExt::shutdown(&mut writer).await?;
                Ok(())
            }));
            let client = connect(address).await;
            let (mut reader, mut writer) = client.split();
            let data = vec![5; 1_000_000];
            let sending = async {
                tokio::io::AsyncWriteExt::write_all(&mut writer, &data).await?;
                tokio::io::AsyncWriteExt::shutdown(&mut writer).await
            };
            let mut received = Vec::new();
            futures::try_join!(sending, tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut received)).unwrap();
            assert!(received == data);
            service.cancel();
        })
        .unwrap();
    }

    async fn several_buffers_are_written_at_once() {
        use std::io::IoSlice;

        let (mut client, mut server) = pair().await;
        let chunks = [IoSlice::new(b"a"), IoSlice::new(b""), IoSlice::new(b"bc")];
        assert_eq!(futures::AsyncWriteExt::write_vectored(&mut client, &chunks).await.unwrap(), 3);
        assert_eq!(server.recv(10).await.unwrap(), b"abc");
        assert!(tokio::io::AsyncWrite::is_write_vectored(&client));
        assert_eq!(tokio::io::AsyncWriteExt::write_vectored(&mut client, &chunks).await.unwrap(), 3);
        assert_eq!(server.recv(10).await.unwrap(), b"abc");
    }
}

over_sockets! {
    async fn a_foreign_stream_can_be_wrapped() {
        let (mut listener, address) = listener().await;
        let mut client = easynet::net::TcpStream::from(tokio::net::TcpStream::connect(address).await.unwrap());
        let (mut server, _) = listener.accept().await.unwrap();
        client.send_all(b"x").await.unwrap();
        assert_eq!(server.recv(1).await.unwrap(), b"x");
        let mut client = std::net::TcpStream::try_from(client).unwrap();
        std::io::Write::write_all(&mut client, b"y").unwrap();
        assert_eq!(server.recv(1).await.unwrap(), b"y");
        server.abort();
        let error = std::net::TcpStream::try_from(server).unwrap_err();
        assert!(easynet::net::Closed::is(&error));
    }
}

easynet_tests::__network! {
    async fn a_simulated_stream_is_no_socket() {
        let (client, mut server) = pair().await;
        let error = std::net::TcpStream::try_from(client).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::Unsupported);
        server.abort();
        let error = std::net::TcpStream::try_from(server).unwrap_err();
        assert!(easynet::net::Closed::is(&error));
    }
    sim SIM,
}
