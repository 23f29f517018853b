//! Hosts, and the network between them: what it does to connections and datagrams, and when.

mod cancelled;
mod datagrams;
mod delays;
mod eyeballs;
mod faults;
mod half_open;
mod hosts;
mod names;
mod storms;
mod unix;

use std::{future::Future, io::ErrorKind, time::Duration};

use easynet::{
    net::*,
    sim::{Host, Link, host, network, run},
    time::current_time,
};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Runs a program under one seed; it is to come to a good end.
fn simulate<F>(program: F) -> F::Output
where
    F: Future<Output: Send> + Send + 'static,
{
    run(7, program).unwrap_or_else(|error| panic!("{error}"))
}

/// What a future yields, and how long it takes.
async fn timed<T>(future: impl Future<Output = T>) -> (T, Duration) {
    let begin = current_time();
    let value = future.await;
    (value, current_time() - begin)
}

/// A TCP listener on all addresses of a host; the one of IPv4.
async fn listen(host: &Host, port: u16) -> TcpListener {
    host.run(async move { create_tcp_listeners("0.0.0.0", port).await.unwrap().remove(0) })
        .await
}

/// A connection from one host to the IPv4 address of another.
async fn connect(from: &Host, to: &Host, port: u16) -> Result<TcpStream, ErrorKind> {
    let address = to.ipv4().unwrap().to_string();
    from.run(async move { create_tcp_connection(&address, port).await })
        .await
        .map_err(|error| error.kind())
}

/// Two hosts, `a` and `b`, with a link between them.
fn linked(link: Link) -> (Host, Host) {
    let (a, b) = (host("a"), host("b"));
    network().link(&a, &b, link);
    (a, b)
}

/// Two hosts with a latency between them, and an open connection: the client's end on `a`, the server's on `b`.
async fn pair(link: Link) -> (Host, Host, TcpStream, TcpStream) {
    let (a, b) = linked(link);
    let mut listener = listen(&b, 80).await;
    let client = connect(&a, &b, 80).await.unwrap();
    let (server, _) = listener.accept().await.unwrap();
    (a, b, client, server)
}
