//! Serving connections: its end, its limit, a group of its own; on TCP and Unix sockets.

use std::io::ErrorKind;

use easynet::{
    BoxError, TaskGroupError, move_on_after,
    net::*,
    task_group,
    time::{coro_yield, sleep_forever},
};
use easynet_tests::{DropFlag, over_network};
use futures::{StreamExt, channel::mpsc};

use super::Directory;

async fn listener() -> (TcpListener, u16) {
    let listener = create_tcp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
    let port = listener.local_address().unwrap().port();
    (listener, port)
}

async fn connect(port: u16) -> TcpStream {
    create_tcp_connection("127.0.0.1", port).await.unwrap()
}

async fn echo(mut stream: TcpStream) -> Result<(), BoxError> {
    loop {
        let data = stream.recv(1024).await?;
        if data.is_empty() {
            return Ok(());
        }
        stream.send_all(&data).await?;
    }
}

over_network! {
    /// LSV-03: another task closes the listener. Handlers that run go on.
    async fn serving_ends_when_it_is_closed() {
        let (listener, port) = listener().await;
        task_group!(|group| {
            let serve = listener.serve(&group.handle(), echo);
            let closer = serve.closer();
            let service = group.spawn_value(serve);
            let mut client = connect(port).await;
            client.send_all(b"before").await.unwrap();
            assert_eq!(client.recv(16).await.unwrap(), b"before");
            assert!(!closer.is_closing());
            closer.clone().close();
            closer.close();
            let error = service.join().await.unwrap().unwrap_err();
            assert!(Closed::is(&error), "{error}");
            // LSV-09
            create_tcp_connection("127.0.0.1", port).await.unwrap_err();
            client.send_all(b"after").await.unwrap();
            assert_eq!(client.recv(16).await.unwrap(), b"after");
            assert_eq!(closer.live_handlers(), 1);
        })
        .unwrap();
    }

    /// A graceful stop: to its client, a connection in the backlog is one like any other.
    async fn who_waits_when_serving_is_closed_is_handled_before_it_ends() {
        const CLIENTS: usize = 200;
        let hosts = create_tcp_listeners("127.0.0.1", 0).backlog(256).await;
        let listener = hosts.unwrap().remove(0);
        let port = listener.local_address().unwrap().port();
        let mut clients = Vec::new();
        for _ in 0..CLIENTS {
            let mut client = connect(port).await;
            client.send_all(b"a request").await.unwrap();
            clients.push(client);
        }
        task_group!(|group| {
            let serve = listener.serve(&group.handle(), echo);
            serve.closer().close();
            let service = group.spawn_value(serve);
            assert!(Closed::is(&service.join().await.unwrap().unwrap_err()));
            create_tcp_connection("127.0.0.1", port).await.unwrap_err();
            for mut client in clients {
                assert_eq!(client.recv(16).await.unwrap(), b"a request");
            }
        })
        .unwrap();
    }

    /// Beyond the limit there is nobody to handle them.
    async fn who_waits_beyond_the_limit_when_serving_is_closed_is_reset() {
        let (listener, port) = listener().await;
        let (mut first, mut second) = (connect(port).await, connect(port).await);
        first.send_all(b"a request").await.unwrap();
        task_group!(|group| {
            let serve = listener.serve(&group.handle(), echo).max_concurrent(1);
            serve.closer().close();
            assert!(Closed::is(&serve.await.unwrap_err()));
            assert_eq!(first.recv(16).await.unwrap(), b"a request");
            assert_eq!(second.recv(16).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
            drop(first);
        })
        .unwrap();
    }

    async fn what_is_closed_before_it_began_ends_at_once() {
        let (listener, port) = listener().await;
        task_group!(|group| {
            let serve = listener.serve(&group.handle(), echo);
            serve.closer().close();
            assert!(Closed::is(&serve.await.unwrap_err()));
            create_tcp_connection("127.0.0.1", port).await.unwrap_err();
        })
        .unwrap();
    }

    async fn no_more_handlers_run_than_may() {
        let (listener, port) = listener().await;
        let (begun, mut begins) = mpsc::unbounded();
        task_group!(|group| {
            let serve = listener.serve(&group.handle(), move |mut stream| {
                begun.unbounded_send(()).unwrap();
                async move {
                    stream.recv(1).await?;
                    Ok(())
                }
            });
            let serve = serve.max_concurrent(3);
            let closer = serve.closer();
            let service = group.spawn(serve);
            let mut clients = Vec::new();
            for _ in 0..5 {
                clients.push(connect(port).await);
            }
            for _ in 0..3 {
                begins.next().await.unwrap();
            }
            for mut client in clients.into_iter().take(2) {
                for _ in 0..10 {
                    coro_yield().await;
                }
                assert!(begins.try_recv().is_err(), "one more than may run");
                assert_eq!(closer.live_handlers(), 3);
                client.send_all(b"x").await.unwrap();
                begins.next().await.unwrap();
            }
            service.cancel();
        })
        .unwrap();
    }

    /// The limit counts what is still being dropped.
    async fn zero_handlers_count_as_one() {
        let (listener, port) = listener().await;
        task_group!(|group| {
            let service = group.spawn(listener.serve(&group.handle(), echo).max_concurrent(0));
            for _ in 0..3 {
                let mut client = connect(port).await;
                client.send_all(b"x").await.unwrap();
                assert_eq!(client.recv(16).await.unwrap(), b"x");
                client.send_eof().await.unwrap();
                assert_eq!(client.recv(16).await.unwrap(), b"");
            }
            service.cancel();
        })
        .unwrap();
    }

    async fn a_full_house_can_still_be_closed() {
        let (listener, port) = listener().await;
        task_group!(|group| {
            let serve = listener.serve(&group.handle(), echo).max_concurrent(1);
            let closer = serve.closer();
            let service = group.spawn_value(serve);
            let mut client = connect(port).await;
            client.send_all(b"x").await.unwrap();
            assert_eq!(client.recv(16).await.unwrap(), b"x");
            closer.close();
            assert!(Closed::is(&service.join().await.unwrap().unwrap_err()));
        })
        .unwrap();
    }

    /// LSV-06
    async fn handlers_of_a_private_group_have_ended_when_serving_is_cancelled() {
        let (listener, port) = listener().await;
        let dropped = DropFlag::new();
        let (begun, mut begins) = mpsc::unbounded();
        let mut guard = Some(dropped.guard());
        task_group!(|group| {
            let serving = listener.serve_in_private_group::<BoxError, _, _>(move |stream| {
                let (guard, begun) = (guard.take(), begun.clone());
                async move {
                    begun.unbounded_send(()).unwrap();
                    let _held = (stream, guard);
                    sleep_forever().await
                }
            });
            let service = group.spawn(serving);
            let _client = connect(port).await;
            begins.next().await.unwrap();
            service.cancel();
            service.wait().await;
            assert!(dropped.is_set() && service.cancelled());
        })
        .unwrap();
    }

    async fn a_failing_handler_of_a_private_group_ends_serving() {
        let (listener, port) = listener().await;
        let mut clients = [connect(port).await, connect(port).await];
        clients[0].send_all(b"fail").await.unwrap();
        let served = listener.serve_in_private_group(|mut stream| async move {
            match &stream.recv(16).await?[..] {
                b"fail" => Err(BoxError::from("told to fail")),
                _ => Ok(()),
            }
        });
        let error: TaskGroupError = served.await.unwrap_err();
        assert_eq!(error.failures()[0].error().to_string(), "told to fail");
    }

    async fn unix_listeners_are_served_alike() {
        let directory = Directory::new();
        let path = directory.path("served");
        let listener = create_unix_stream_listener(&path).await.unwrap();
        task_group!(|group| {
            let service = group.spawn(listener.serve(&group.handle(), |mut stream| async move {
                let data = stream.recv(16).await?;
                stream.send_all(&data).await?;
                Ok(())
            }));
            for _ in 0..3 {
                let mut client = create_unix_stream_connection(&path).await.unwrap();
                client.send_all(b"x").await.unwrap();
                assert_eq!(client.recv(16).await.unwrap(), b"x");
            }
            service.cancel();
        })
        .unwrap();
    }

    /// C3
    async fn a_closed_and_cancelled_service_is_cancelled() {
        let (listener, _) = listener().await;
        task_group!(|group| {
            let serve = listener.serve(&group.handle(), echo);
            serve.closer().close();
            assert!(move_on_after!(0s, serve).is_none());
        })
        .unwrap();
    }
}
