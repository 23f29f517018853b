//! What does a transport cost? An echo service on easynet's, beside the same program on bare tokio sockets.
//!
//! Every service runs on a runtime of its own, all the time; the client, which is the same for all, asks one after the other in
//! interleaved rounds. It is bare tokio on a thread of its own. The ratio is that of the times: below one is faster than the peer.
//!
//! The peer uses neither groups nor timeouts: a task for each connection, a read and a write for each message.

use std::{
    net::{SocketAddr, UdpSocket as StdUdpSocket},
    sync::mpsc::channel,
    thread,
    time::Duration,
};

use easynet::{AsyncBackend, BoxError, Flavor, RunnerOptions, net::*, prelude::*};
use easynet_benches::{Candidate, Effort, compare};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    runtime::{Builder, Runtime},
};

/// How long a client may be silent.
const IDLE: Duration = Duration::from_secs(30);
const ROOM: usize = 16 * 1024;

fn runtime(flavor: Flavor) -> Runtime {
    let mut builder = match flavor {
        Flavor::MultiThread => Builder::new_multi_thread(),
        _ => Builder::new_current_thread(),
    };
    builder.worker_threads(2).enable_all().build().expect("a runtime")
}

/// Runs a service for ever, on a thread and a runtime of its own; where it listens.
fn start<F>(
    flavor: Flavor,
    is_easynet: bool,
    service: impl FnOnce(Box<dyn Fn(SocketAddr) + Send>) -> F + Send + 'static,
) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let (told, address) = channel();
    let tell = Box::new(move |address| told.send(address).expect("it is waited for"));
    thread::spawn(move || {
        if is_easynet {
            let options = RunnerOptions::new().flavor(flavor);
            let options = match flavor {
                Flavor::MultiThread => options.worker_threads(2),
                _ => options,
            };
            let backend = easynet::new_builtin_backend("tokio").expect("its feature is enabled");
            backend
                .bootstrap_with(&options, service(tell))
                .expect("a runtime");
        } else {
            // As a task, like the other.
            let runtime = runtime(flavor);
            let service = runtime.spawn(service(tell));
            runtime.block_on(service).expect("it goes on");
        }
    });
    address.recv().expect("it listens")
}

async fn bare(tell: Box<dyn Fn(SocketAddr) + Send>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    tell(listener.local_addr().expect("an address"));
    loop {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        stream.set_nodelay(true).expect("an option");
        tokio::spawn(async move {
            let mut buffer = vec![0; ROOM];
            loop {
                let n = stream.read(&mut buffer).await?;
                if n == 0 {
                    return std::io::Result::Ok(());
                }
                stream.write_all(&buffer[..n]).await?;
            }
        });
    }
}

async fn structured(tell: Box<dyn Fn(SocketAddr) + Send>) {
    let listener = create_tcp_listeners("127.0.0.1", 0)
        .await
        .expect("a port")
        .remove(0);
    tell(listener.local_address().expect("an address"));
    let served = listener.serve_in_private_group(|mut stream| async move {
        let mut buffer = vec![0; ROOM];
        loop {
            let n = stream.recv_into(&mut buffer).await?;
            if n == 0 {
                return Ok::<(), BoxError>(());
            }
            stream.send_all(&buffer[..n]).await?;
        }
    });
    served.await.expect("it goes on");
}

async fn structured_with_timeout(tell: Box<dyn Fn(SocketAddr) + Send>) {
    let listener = create_tcp_listeners("127.0.0.1", 0)
        .await
        .expect("a port")
        .remove(0);
    tell(listener.local_address().expect("an address"));
    let served = listener.serve_in_private_group(|mut stream| async move {
        let mut buffer = vec![0; ROOM];
        loop {
            let n = with_timeout!(IDLE, { stream.recv_into(&mut buffer).await? })?;
            if n == 0 {
                return Ok::<(), BoxError>(());
            }
            stream.send_all(&buffer[..n]).await?;
        }
    });
    served.await.expect("it goes on");
}

async fn bare_udp(tell: Box<dyn Fn(SocketAddr) + Send>) {
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    tell(socket.local_addr().expect("an address"));
    let mut buffer = vec![0; 65_536];
    loop {
        let (n, peer) = socket.recv_from(&mut buffer).await.expect("a datagram");
        socket.send_to(&buffer[..n], peer).await.expect("it is sent");
    }
}

async fn structured_udp(tell: Box<dyn Fn(SocketAddr) + Send>) {
    let mut listener = create_udp_listeners("127.0.0.1", 0)
        .await
        .expect("a port")
        .remove(0);
    tell(listener.local_address().expect("an address"));
    let (mut buffer, sender) = (vec![0; 65_536], listener.sender());
    loop {
        let (received, peer) = listener.recv_into_from(&mut buffer).await.expect("a datagram");
        sender
            .send_to(&buffer[..received.len()], &peer)
            .await
            .expect("it is sent");
    }
}

/// So many messages, over so many connections at once.
fn ask(client: &Runtime, address: SocketAddr, connections: usize, size: usize, messages: usize) {
    client.block_on(async {
        let clients: Vec<_> = (0..connections)
            .map(|_| {
                tokio::spawn(async move {
                    let mut stream = tokio::net::TcpStream::connect(address).await.expect("it listens");
                    stream.set_nodelay(true).expect("an option");
                    let (message, mut answer) = (vec![7; size], vec![0; size]);
                    for _ in 0..messages / connections {
                        stream.write_all(&message).await.expect("it is sent");
                        stream.read_exact(&mut answer).await.expect("it comes back");
                    }
                })
            })
            .collect();
        for client in clients {
            client.await.expect("it ends");
        }
    });
}

fn ask_udp(socket: &StdUdpSocket, address: SocketAddr, size: usize, messages: usize) {
    let (message, mut answer) = (vec![7; size], vec![0; 65_536]);
    for _ in 0..messages {
        socket.send_to(&message, address).expect("it is sent");
        socket.recv_from(&mut answer).expect("it comes back");
    }
}

fn main() {
    let effort = Effort::from_arguments();
    let client = runtime(Flavor::CurrentThread);
    for (flavor, name) in [(Flavor::CurrentThread, "ct"), (Flavor::MultiThread, "mt2")] {
        let services = [
            ("bare tokio", start(flavor, false, bare)),
            ("easynet", start(flavor, true, structured)),
            (
                "easynet, a timeout per message",
                start(flavor, true, structured_with_timeout),
            ),
        ];
        for (connections, size) in [(1, 64), (8, 64), (64, 64), (1, ROOM), (8, ROOM), (64, ROOM)] {
            let messages = if size == ROOM { 1_024 } else { 2_048 };
            let candidates = services.iter().map(|(name, address)| {
                let (client, address) = (&client, *address);
                Candidate::new(name, move || ask(client, address, connections, size, messages))
            });
            let question = format!("{name}: TCP echo of {size} bytes, {connections} connections at once");
            compare(&question, messages, effort, candidates.collect());
        }
        let services = [
            ("bare tokio", start(flavor, false, bare_udp)),
            ("easynet", start(flavor, true, structured_udp)),
        ];
        let socket = StdUdpSocket::bind("127.0.0.1:0").expect("a port");
        for size in [64, 1_400] {
            let candidates = services.iter().map(|(name, address)| {
                let (socket, address) = (&socket, *address);
                Candidate::new(name, move || ask_udp(socket, address, size, 2_048))
            });
            compare(
                &format!("{name}: UDP echo of {size} bytes"),
                2_048,
                effort,
                candidates.collect(),
            );
        }
    }
}
