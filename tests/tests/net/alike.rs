//! One program, the same answers everywhere: what each call says about each mistake, on the system's sockets and in the simulation.

use std::{fmt::Debug, io};

use easynet::{AsyncBackend, BoxError, move_on_after, net::*, task_group};
use easynet_tests::Runner;

use super::Directory;

/// What was seen, line by line.
#[derive(Default)]
struct Log(Vec<String>);

impl Log {
    /// Of an error, its kind and its number: texts are the system's.
    fn note<T: Debug, E: Into<io::Error>>(&mut self, what: &str, seen: Result<T, E>) -> Option<T> {
        match seen {
            Ok(value) => {
                self.0.push(format!("{what}: {value:?}"));
                Some(value)
            }
            Err(error) => {
                let error = error.into();
                let closed = if Closed::is(&error) { " (closed here)" } else { "" };
                self.0.push(format!(
                    "{what}: {:?} {:?}{closed}",
                    error.kind(),
                    error.raw_os_error()
                ));
                None
            }
        }
    }

    /// Of a value that differs from run to run, only that there is one.
    fn whether<T, E: Into<io::Error>>(&mut self, what: &str, seen: Result<T, E>) -> Option<T> {
        let (value, seen) = match seen {
            Ok(value) => (Some(value), Ok(())),
            Err(error) => (None, Err(error)),
        };
        self.note(what, seen);
        value
    }
}

async fn pair() -> (TcpStream, TcpStream) {
    let mut listener = create_tcp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
    let port = listener.local_address().unwrap().port();
    let client = create_tcp_connection("127.0.0.1", port).await.unwrap();
    (client, listener.accept().await.unwrap().0)
}

/// A port of this machine on which nobody listens.
async fn nobody() -> u16 {
    let listener = create_tcp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
    listener.local_address().unwrap().port()
}

async fn names_that_are_none(log: &mut Log) {
    let long = "x".repeat(300);
    let labels = format!("{}.invalid", "y".repeat(64));
    for host in [
        "",
        " ",
        "a\0b",
        "127.0.0.1\0",
        "127.0.0.1 ",
        "[::1]",
        "1.2.3.4.5",
        "fe80::1%",
        "no-such-host.invalid",
        &long,
        &labels,
    ] {
        let name = host.get(..24).unwrap_or(host);
        log.whether(
            &format!("connect {name:?}"),
            create_tcp_connection(host, 80).await,
        );
        log.whether(&format!("endpoint {name:?}"), create_udp_endpoint(host, 80).await);
        if !host.is_empty() {
            log.whether(&format!("listen {name:?}"), create_tcp_listeners(host, 0).await);
            log.whether(&format!("bind {name:?}"), create_udp_listeners(host, 0).await);
        }
        log.whether(&format!("lookup {name:?}"), getaddrinfo(host, 80).await);
    }
    // None by its name: the simulation knows none.
    for service in [
        "80",
        "",
        " 80",
        "-1",
        "65535",
        "65536",
        "99999999999",
        "8 0",
        "no-such-service",
        "80\0",
    ] {
        let found = getaddrinfo("127.0.0.1", service).await;
        log.note(
            &format!("service {service:?}"),
            found.map(|found| found[0].address()),
        );
    }
    log.note(
        "no hosts",
        create_tcp_listeners([""; 0], 0).await.map(|all| all.len()),
    );
    log.whether(
        "one of two",
        create_tcp_listeners(["127.0.0.1", "no-such-host.invalid"], 0).await,
    );
}

async fn addresses_that_do_not_serve(log: &mut Log) {
    log.whether("port zero", create_tcp_connection("127.0.0.1", 0).await);
    log.whether(
        "refused",
        create_tcp_connection("127.0.0.1", nobody().await).await,
    );
    log.whether(
        "refused by v6",
        create_tcp_connection("::1", nobody().await).await,
    );
    log.whether("of another machine", create_tcp_listeners("192.0.2.1", 0).await);
    log.whether("of another machine", create_udp_listeners("192.0.2.1", 0).await);
    let from = |local: &'static str| create_tcp_connection("127.0.0.1", 9).local_address((local, 0));
    log.whether("from v6 to v4", from("::1").await);
    log.whether("from another machine", from("192.0.2.1").await);
    log.whether("from no machine", from("no-such-host.invalid").await);
    log.whether("broadcast", create_udp_endpoint("255.255.255.255", 9).await);
    let first = create_tcp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
    let port = first.local_address().unwrap().port();
    log.whether("taken", create_tcp_listeners("127.0.0.1", port).await);
    log.whether("taken by one", create_tcp_listeners("0.0.0.0", port).await);
    log.whether(
        "shared by one",
        create_tcp_listeners("127.0.0.1", port).reuse_port(true).await,
    );
    let udp = create_udp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
    let port = udp.local_address().unwrap().port();
    log.whether("taken", create_udp_listeners("127.0.0.1", port).await);
    log.whether(
        "from a taken port",
        create_udp_endpoint("127.0.0.1", 9)
            .local_address(("127.0.0.1", port))
            .await,
    );
}

async fn streams_that_end(log: &mut Log) {
    // Half-closed by the one, then by the other.
    let (mut client, mut server) = pair().await;
    log.note("eof", client.send_eof().await);
    log.note("eof again", client.send_eof().await);
    log.note("send after eof", client.send_all(b"x").await);
    log.note("send nothing after eof", client.send_all(b"").await);
    log.note("the end", server.recv(8).await);
    log.note("the end again", server.recv(8).await);
    log.note("back", server.send_all(b"back").await);
    log.note("back", client.recv(8).await);
    log.note("eof back", server.send_eof().await);
    log.note("end", client.recv(8).await);
    log.note("eof of what is closed by both", client.send_eof().await);
    log.note("close", client.aclose().await);
    log.note("close again", client.aclose().await);
    client.abort();
    log.note("recv when closed", client.recv(8).await);
    log.note("recv nothing when closed", client.recv(0).await);
    log.note("send when closed", client.send_all(b"x").await);
    log.note("send nothing when closed", client.send_all(b"").await);
    log.note(
        "send no pieces when closed",
        client.send_all_from_iterable([&b""[..]; 0]).await,
    );
    log.note("eof when closed", client.send_eof().await);
    log.whether("address when closed", client.local_address());
    log.whether("peer when closed", client.peer_address());
    log.note("closing", Ok::<_, io::Error>(client.is_closing()));

    // Reset, with something unread, while nobody waits.
    let (mut client, mut server) = pair().await;
    client.send_all(b"unread").await.unwrap();
    log.note("something is there", server.recv(2).await);
    server.abort();
    log.note("recv of a reset", client.recv(8).await);
    log.note("recv after a reset", client.recv(8).await);
    log.note("eof after a reset", client.send_eof().await);
    log.note("send after a reset", client.send_all(b"x").await);
    log.note("close after a reset", client.aclose().await);

    // Reset while data is on its way back.
    let (mut client, mut server) = pair().await;
    client.send_all(b"unread").await.unwrap();
    server.send_all(b"last words").await.unwrap();
    server.abort();
    log.note("what came before a reset", client.recv(32).await);

    // Closed cleanly, and written to.
    let (mut client, server) = pair().await;
    drop(server);
    log.note("end of a closed peer", client.recv(8).await);
    log.note("the first write", client.send_all(b"x").await);
    log.note("recv after that", client.recv(8).await);
    let second = client.send_all(b"y").await;
    log.note("the second write", second);

    // Halves.
    let (client, mut server) = pair().await;
    let (mut read, mut write) = client.split();
    log.note("eof of a half", write.send_eof().await);
    log.note("send of a half after eof", write.send_all(b"x").await);
    drop(write);
    server.send_all(b"more").await.unwrap();
    log.note("read half alone", read.recv(8).await);
    drop(server);
    log.note("read half at the end", read.recv(8).await);
    let ((one, _keep), (other, _too)) = (pair().await, pair().await);
    let ((read, _), (_, write)) = (one.split(), other.split());
    log.note(
        "strangers",
        Ok::<_, io::Error>(TcpStream::reunite(read, write).is_err()),
    );

    // Buffers.
    let (mut client, mut server) = pair().await;
    log.note("recv into nothing", client.recv_into(&mut []).await);
    client.send_all(b"12345678").await.unwrap();
    log.note("recv one", server.recv(1).await);
    log.note("recv none", server.recv(0).await);
    log.note("recv into nothing", server.recv_into(&mut []).await);
    log.note("recv very many", server.recv(1 << 30).await);
    log.note(
        "pieces",
        client
            .send_all_from_iterable([&b""[..], b"a", b"", b"b", b""])
            .await,
    );
    log.note("pieces", server.recv(8).await);
    log.note(
        "empty pieces",
        client.send_all_from_iterable(vec![&b""[..]; 3000]).await,
    );
}

async fn listeners_that_end(log: &mut Log) {
    let mut listener = create_tcp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
    let port = listener.local_address().unwrap().port();
    let mut waiting = create_tcp_connection("127.0.0.1", port).await.unwrap();
    log.note("close", listener.aclose().await);
    log.note("close again", listener.aclose().await);
    listener.abort();
    log.whether("accept when closed", listener.accept().await);
    log.whether("address when closed", listener.local_address());
    log.note("who waited", waiting.recv(8).await);
    let closed = task_group!(|group| {
        log.note(
            "serve what is closed",
            listener.serve(&group.handle(), |_| async { Ok(()) }).await,
        )
    });
    assert!(closed.is_ok());

    // One is reset before it is accepted, by closing with something unread: impossible here, so by leaving.
    let mut listener = create_tcp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
    let port = listener.local_address().unwrap().port();
    drop(create_tcp_connection("127.0.0.1", port).await.unwrap());
    let (mut gone, _) = listener.accept().await.unwrap();
    log.note("gone before it was accepted", gone.recv(8).await);
    log.note("first to who is gone", gone.send_all(b"x").await);

    // A group whose handlers fail or panic.
    let handles = |error: Option<&'static str>| async move {
        let listener = create_tcp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
        let port = listener.local_address().unwrap().port();
        let mut client = create_tcp_connection("127.0.0.1", port).await.unwrap();
        let served: Result<(), easynet::TaskGroupError> = listener
            .serve_in_private_group(move |_| async move {
                error.map_or(Ok(()), |error| Err(BoxError::from(error)))
            })
            .await;
        let text = served.unwrap_err().failures()[0].error().to_string();
        (text, client.recv(8).await.map_err(|error| error.kind()))
    };
    let seen = handles(Some("it fails")).await;
    log.note("a failing handler", Ok::<_, io::Error>(seen));
}

async fn datagrams(log: &mut Log) {
    let mut listener = create_udp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
    let address = listener.local_address().unwrap();
    let mut endpoint = create_udp_endpoint("127.0.0.1", address.port()).await.unwrap();
    let me = endpoint.local_address().unwrap();
    for size in [0, 1, 65_507, 65_508, 65_535, 65_536, 1 << 20] {
        log.note(&format!("send {size}"), endpoint.send(&vec![7; size]).await);
        log.note(
            &format!("send_to {size}"),
            listener.send_to(&vec![7; size], &me).await,
        );
        let arrived = move_on_after!(20ms, { listener.recv_from().await.unwrap().0.len() });
        log.note(&format!("arrived {size}"), Ok::<_, io::Error>(arrived));
        let arrived = move_on_after!(20ms, { endpoint.recv().await.unwrap().len() });
        log.note(&format!("arrived back {size}"), Ok::<_, io::Error>(arrived));
    }
    endpoint.send(b"four").await.unwrap();
    log.note(
        "into nothing",
        listener
            .recv_into_from(&mut [])
            .await
            .map(|(length, _)| (length.len(), length.is_truncated())),
    );
    listener.send_to(b"four", &me).await.unwrap();
    log.note(
        "into nothing",
        endpoint
            .recv_into(&mut [])
            .await
            .map(|length| (length.len(), length.is_truncated())),
    );
    log.note("to v6", listener.send_to(b"x", &"[::1]:9".parse().unwrap()).await);
    log.note(
        "to port zero",
        listener.send_to(b"x", &"127.0.0.1:0".parse().unwrap()).await,
    );
    log.note(
        "to everybody",
        listener
            .send_to(b"x", &"255.255.255.255:9".parse().unwrap())
            .await,
    );
    let sender = listener.sender();
    drop(listener);
    log.note("sender alone", sender.send_to(b"still", &me).await);
    log.note("sender alone", endpoint.recv().await);
    drop(sender);
    log.note("send to nobody", endpoint.send(b"x").await);
    log.note("refused", endpoint.recv().await);
    log.note("send to nobody", endpoint.send(b"x").await);
    log.note("refused by send", endpoint.send(b"x").await);
    log.note("close", endpoint.aclose().await);
    log.note("close", endpoint.aclose().await);
    log.note("recv when closed", endpoint.recv().await);
    log.note("send when closed", endpoint.send(b"").await);
    log.whether("address when closed", endpoint.local_address());
    let mut listener = create_udp_listeners("127.0.0.1", 0).await.unwrap().remove(0);
    let sender = listener.sender();
    listener.aclose().await.unwrap();
    log.note("recv when closed", listener.recv_from().await);
    log.note("send when closed", listener.send_to(b"x", &me).await);
    log.note("sender when closed", sender.send_to(b"x", &me).await);
}

async fn unix(log: &mut Log, directory: &Directory) {
    let path = |name: &str| directory.path(name);
    let long = "z".repeat(200);
    for name in ["missing", &long, "nul\0"] {
        let shown = name.get(..8).unwrap_or(name);
        log.whether(
            &format!("connect {shown:?}"),
            create_unix_stream_connection(path(name)).await,
        );
        log.whether(
            &format!("endpoint {shown:?}"),
            create_unix_datagram_endpoint(path(name)).await,
        );
    }
    for name in [long.as_str(), "nul\0"] {
        let shown = name.get(..8).unwrap_or(name);
        log.whether(
            &format!("listen {shown:?}"),
            create_unix_stream_listener(path(name)).await,
        );
        log.whether(
            &format!("bind {shown:?}"),
            create_unix_datagram_listener(path(name)).await,
        );
    }
    let mut listener = create_unix_stream_listener(path("streams")).await.unwrap();
    let mut packets = create_unix_datagram_listener(path("packets")).await.unwrap();
    log.whether(
        "stream to packets",
        create_unix_stream_connection(path("packets")).await,
    );
    log.whether(
        "packets to streams",
        create_unix_datagram_endpoint(path("streams")).await,
    );
    log.whether("taken", create_unix_stream_listener(path("streams")).await);
    log.whether("taken", create_unix_datagram_listener(path("packets")).await);
    log.whether(
        "taken local",
        create_unix_stream_connection(path("streams"))
            .local_path(path("packets"))
            .await,
    );

    let mut client = create_unix_stream_connection(path("streams")).await.unwrap();
    let (mut server, _) = listener.accept().await.unwrap();
    log.note("eof", client.send_eof().await);
    log.note("send after eof", client.send_all(b"x").await);
    log.note("the end", server.recv(8).await);
    client.send_eof().await.unwrap();
    drop(client);
    log.note("send to who is gone", server.send_all(b"x").await);
    log.note("eof to who is gone", server.send_eof().await);
    let mut client = create_unix_stream_connection(path("streams")).await.unwrap();
    let (mut server, _) = listener.accept().await.unwrap();
    client.send_all(b"unread").await.unwrap();
    server.send_all(b"last words").await.unwrap();
    server.abort();
    log.note("recv of what was left unread", client.recv(32).await);
    log.note("and again", client.recv(32).await);
    log.note("send to it", client.send_all(b"x").await);
    let mut waiting = create_unix_stream_connection(path("streams")).await.unwrap();
    drop(listener);
    log.note("who waited", waiting.recv(8).await);
    log.whether("stale", create_unix_stream_connection(path("streams")).await);

    let mut endpoint = create_unix_datagram_endpoint(path("packets")).await.unwrap();
    for size in [0, 1, 65_536, 1 << 20] {
        log.note(&format!("send {size}"), endpoint.send(&vec![7; size]).await);
        let arrived = move_on_after!(20ms, { packets.recv_from().await.unwrap().0.len() });
        log.note(&format!("arrived {size}"), Ok::<_, io::Error>(arrived));
    }
    drop(packets);
    log.note("send to nobody", endpoint.send(b"x").await);
    log.note("send to nobody again", endpoint.send(b"x").await);
    log.whether("stale", create_unix_datagram_endpoint(path("packets")).await);
}

fn run(runner: Runner) -> Vec<String> {
    let options = runner.options().start_paused(false);
    let program = async {
        let (mut log, directory) = (Log::default(), Directory::new());
        names_that_are_none(&mut log).await;
        addresses_that_do_not_serve(&mut log).await;
        streams_that_end(&mut log).await;
        listeners_that_end(&mut log).await;
        datagrams(&mut log).await;
        unix(&mut log, &directory).await;
        log.0
    };
    runner
        .backend()
        .bootstrap_with(&options, program)
        .expect("nothing runs here yet")
}

/// The simulation is the machine as far as a program can tell, and a flavour of tokio is like the other.
#[test]
fn a_program_sees_the_same_everywhere() {
    let system = run(Runner::TOKIO_CURRENT_THREAD);
    let threads = run(Runner::TOKIO_MULTI_THREAD);
    let simulated = run(Runner::SIM);
    let mut differences = Vec::new();
    for (line, seen) in system.iter().enumerate() {
        for (what, other) in [("on threads", &threads), ("simulated", &simulated)] {
            if other.get(line) != Some(seen) {
                differences.push(format!(
                    "{seen}\n  {what}: {}",
                    other.get(line).map_or("nothing", |line| line)
                ));
            }
        }
    }
    assert_eq!((threads.len(), simulated.len()), (system.len(), system.len()));
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
