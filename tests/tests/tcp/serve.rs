//! Serving what a listener accepts.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind},
    net::SocketAddr,
    task::{Context, Poll},
};

use easynet::{
    BoxError, BuiltinBackend, GroupHandle, TaskGroup, TaskGroupError,
    net::{
        AsyncListener, AsyncStreamReadTransport as _, AsyncStreamTransport as _,
        AsyncStreamWriteTransport as _, Closed, TcpListener, TcpStream, create_tcp_connection,
    },
    task::get_current_task,
    task_group,
    time::{coro_yield, sleep_forever},
    with_timeout,
};
use easynet_tests::DropFlag;
use futures::{StreamExt, channel::mpsc};

use super::{connect, listener};
use easynet_tests::over_network;

async fn echo(mut stream: TcpStream) -> Result<(), BoxError> {
    let mut buffer = [0; 1024];
    loop {
        let n = stream.recv_into(&mut buffer).await?;
        if n == 0 {
            return Ok(());
        }
        stream.send_all(&buffer[..n]).await?;
    }
}

/// Sends a few bytes, and checks that they come back.
async fn ping(client: &mut TcpStream) {
    client.send_all(b"ping").await.unwrap();
    assert_eq!(client.recv(16).await.unwrap(), b"ping");
}

over_network! {
    /// The example of the design: how errors and types are inferred.
    async fn a_handler_is_a_closure_whose_errors_go_to_the_group() {
        let listeners = easynet::net::create_tcp_listeners(["127.0.0.1"], 0).await.unwrap();
        let address = listeners[0].local_address().unwrap();
        let error = task_group!(|group| {
            for listener in listeners {
                group.named("accept").start_soon(listener.serve(&group.handle(), |mut stream| async move {
                    loop {
                        let mut line = [0; 1024];
                        let n = with_timeout!(30s, { stream.recv_into(&mut line).await? })?;
                        if n == 0 { break Ok(()) }
                        if &line[..n] == b"stop" { break Err("told to stop".into()) }
                        stream.send_all(&line[..n]).await?;
                    }
                }));
            }
            let mut client = connect(address).await;
            ping(&mut client).await;
            client.send_all(b"stop").await.unwrap();
        })
        .unwrap_err();
        let [failure] = error.failures() else { panic!("{error}") };
        assert_eq!(failure.error().to_string(), "told to stop");
        assert!(failure.task().name().starts_with("conn 127.0.0.1:"), "{}", failure.task());
    }

    /// The error type of a group that has one of its own.
    async fn a_typed_group_is_served_too() {
        let (listener, address) = listener().await;
        let error = task_group!(|group: TaskGroup<io::Error>| {
            group.start_soon(listener.serve(&group.handle(), |mut stream| async move {
                stream.recv(1).await?;
                Err(io::Error::from(ErrorKind::InvalidData))
            }));
            connect(address).await.send_all(b"x").await.unwrap();
        })
        .unwrap_err();
        assert_eq!(error.failures()[0].error().kind(), ErrorKind::InvalidData);
    }

    /// LSV-01
    async fn three_connections_are_handled_at_the_same_time() {
        let (listener, address) = listener().await;
        let (arrived, mut arrivals) = mpsc::unbounded();
        task_group!(|group| {
            let service = group.spawn(listener.serve(&group.handle(), move |stream| {
                let arrived = arrived.clone();
                async move {
                    arrived.unbounded_send((stream.peer_address()?, get_current_task())).unwrap();
                    echo(stream).await
                }
            }));
            let mut clients = Vec::new();
            for _ in 0..3 {
                clients.push(connect(address).await);
            }
            for _ in 0..3 {
                let (peer, task) = arrivals.next().await.unwrap();
                assert!(clients.iter().any(|client| client.local_address().unwrap() == peer));
                assert_eq!(task.name(), format!("conn {peer}"));
            }
            for client in clients.iter_mut().rev() {
                ping(client).await;
            }
            service.cancel();
        })
        .unwrap();
    }

    /// LSV-04, LSV-11
    async fn a_closed_listener_serves_nobody() {
        let (mut listener, address) = listener().await;
        assert!(!listener.is_closing());
        for _ in 0..5 {
            listener.aclose().await.unwrap();
        }
        assert!(listener.is_closing());
        assert!(Closed::is(&listener.local_address().unwrap_err()));
        assert!(Closed::is(&listener.accept().await.unwrap_err()));
        task_group!(|group| {
            let error = (&mut listener).serve(&group.handle(), echo).await.unwrap_err();
            assert!(Closed::is(&error), "{error}");
            let error = listener.serve(&group.handle(), echo).await.unwrap_err();
            assert!(Closed::is(&error), "{error}");
        })
        .unwrap();
        // LSV-09
        let error = create_tcp_connection("127.0.0.1", address.port()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    }

    /// LSV-05
    async fn handlers_outlive_the_call_that_started_them() {
        let (listener, address) = listener().await;
        task_group!(|group| {
            let handlers = group.handle();
            let service = group.spawn(async move { listener.serve(&handlers, echo).await });
            let mut client = connect(address).await;
            ping(&mut client).await;
            assert!(service.cancel());
            service.wait().await;
            assert!(service.cancelled());
            ping(&mut client).await;
            // Its listener has been closed with it.
            assert!(create_tcp_connection("127.0.0.1", address.port()).await.is_err());
        })
        .unwrap();
    }

    /// LSV-05, for a listener that is lent
    async fn a_borrowed_listener_can_be_served_again() {
        let (mut listener, address) = listener().await;
        task_group!(|group| {
            for _ in 0..2 {
                let scope = easynet::cancel::open_cancel_scope();
                let mut client = connect(address).await;
                let serving = scope.run((&mut listener).serve(&group.handle(), echo));
                let using = async {
                    ping(&mut client).await;
                    scope.cancel();
                };
                let (served, ()) = futures::join!(serving, using);
                assert!(served.is_none());
                ping(&mut client).await;
            }
        })
        .unwrap();
    }

    /// LSV-07
    async fn a_handler_that_fails_ends_the_accept_loop() {
        let (listener, address) = listener().await;
        let ended = DropFlag::new();
        let error: TaskGroupError = task_group!(|group| {
            let (handle, guard): (GroupHandle, _) = (group.handle(), ended.guard());
            group.start_soon(async move {
                let _guard = guard;
                listener.serve(&handle, |_stream| async { Err("no".into()) }).await
            });
            let mut client = connect(address).await;
            assert!(client.recv(1).await.is_ok_and(|bytes| bytes.is_empty()));
            sleep_forever().await
        })
        .unwrap_err();
        assert_eq!(error.failures().len(), 1);
        assert!(ended.is_set());
    }

    async fn cancelling_the_group_closes_connections_and_listener() {
        let (listener, address) = listener().await;
        let scope = easynet::cancel::open_cancel_scope();
        let mut client = None;
        scope.run(async {
            task_group!(|group| {
                group.start_soon(listener.serve(&group.handle(), echo));
                ping(client.insert(connect(address).await)).await;
                scope.cancel();
                coro_yield().await;
            })
        })
        .await;
        assert!(scope.cancelled_caught());
        assert!(client.unwrap().recv(1).await.unwrap().is_empty());
        assert!(create_tcp_connection("127.0.0.1", address.port()).await.is_err());
    }

    async fn a_group_that_has_ended_is_an_error_not_a_loop() {
        let (mut listener, address) = listener().await;
        let group: TaskGroup = easynet::task::create_task_group();
        let handle = group.handle();
        group.run(async {}).await.unwrap();
        let mut client = connect(address).await;
        let error = (&mut listener).serve(&handle, echo).await.unwrap_err();
        assert!(error.to_string().contains("task group"), "{error}");
        assert!(client.recv(1).await.unwrap().is_empty(), "nobody handles it");
    }

    /// LSV-08, and the capacity errors of section 17 of the contract
    async fn errors_that_pass_are_survived() {
        let (listener, address) = listener().await;
        // ECONNABORTED, EPROTO, ENETUNREACH, EPERM; then EMFILE, ENOBUFS
        let script = [103, 71, 101, 1, 24, 105].map(io::Error::from_raw_os_error);
        let listener = Troubled { listener, troubles: script.into() };
        task_group!(|group| {
            let service = group.spawn(listener.serve(&group.handle(), echo));
            ping(&mut connect(address).await).await;
            service.cancel();
        })
        .unwrap();
    }

    /// Closed in the pause for lack of room, it is closed like at any other time.
    async fn a_borrowed_listener_that_has_no_room_is_closed_too() {
        let (listener, _) = listener().await;
        // EMFILE
        let mut listener = Troubled { listener, troubles: [io::Error::from_raw_os_error(24)].into() };
        task_group!(|group| {
            let serve = (&mut listener).serve(&group.handle(), echo);
            let closer = serve.closer();
            let service = group.scoped().spawn_value(serve);
            easynet::time::sleep(std::time::Duration::from_millis(20)).await;
            closer.close();
            assert!(Closed::is(&service.join().await.unwrap().unwrap_err()));
        })
        .unwrap();
        assert!(listener.is_closing());
    }

    /// LSV-17
    async fn an_unknown_error_ends_serving_unchanged() {
        let (listener, _) = listener().await;
        let listener = Troubled { listener, troubles: [io::Error::from_raw_os_error(22)].into() };
        let error: TaskGroupError<io::Error> = task_group!(|group: TaskGroup<io::Error>| {
            group.start_soon(listener.serve(&group.handle(), |_stream| async { Ok(()) }));
        })
        .unwrap_err();
        assert_eq!(error.failures()[0].error().raw_os_error(), Some(22));
    }
}

/// A listener that meets with errors before it accepts.
struct Troubled {
    listener: TcpListener,
    troubles: VecDeque<io::Error>,
}

impl AsyncListener for Troubled {
    type Backend = BuiltinBackend;
    type Stream = TcpStream;

    fn backend(&self) -> BuiltinBackend {
        self.listener.backend()
    }

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        match self.troubles.pop_front() {
            Some(error) => Poll::Ready(Err(error)),
            None => self.listener.poll_accept(cx),
        }
    }

    fn local_address(&self) -> io::Result<SocketAddr> {
        self.listener.local_address()
    }

    fn abort(&mut self) {
        self.listener.abort();
    }

    fn is_closing(&self) -> bool {
        self.listener.is_closing()
    }
}
