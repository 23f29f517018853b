//! One hot path, so many times: what callgrind counts the instructions of.
//!
//! `hot_path start_soon 1000`. The difference between two runs, divided by that of their turns, is what one turn costs:
//! what is done once, such as starting a runtime, cancels out. Everything runs on one thread.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream as StdTcpStream, UdpSocket as StdUdpSocket},
    thread::{self, JoinHandle},
    time::Duration,
};

use easynet::{AsyncBackend, BoxError, Flavor, RunnerOptions, net::*, prelude::*, sync, time};
use easynet_benches::pending_once;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener as TokioListener, UdpSocket as TokioUdpSocket},
    task::JoinSet,
};

const LIMIT: Duration = Duration::from_secs(3_600);
/// How many tasks there are at once.
const TASKS: usize = 100;
const MESSAGE: usize = 64;
const ROOM: usize = 1_024;

async fn join_set(turns: usize) {
    for _ in 0..turns / TASKS {
        let mut set = JoinSet::new();
        for _ in 0..TASKS {
            set.spawn(async {});
        }
        while set.join_next().await.is_some() {}
    }
}

async fn start_soon(turns: usize) {
    for _ in 0..turns / TASKS {
        let ended = task_group!(|group| {
            for _ in 0..TASKS {
                group.start_soon(async {});
            }
        });
        ended.expect("nothing fails");
    }
}

async fn start_soon_scoped(turns: usize) {
    for _ in 0..turns / TASKS {
        let ended = task_group!(|group| {
            for _ in 0..TASKS {
                group.scoped().start_soon(async {});
            }
        });
        ended.expect("nothing fails");
    }
}

async fn group(turns: usize) {
    for _ in 0..turns {
        task_group!(|_group| {}).expect("nothing fails");
    }
}

async fn cancel_join_set(turns: usize) {
    for _ in 0..turns / TASKS {
        let mut set = JoinSet::new();
        for _ in 0..TASKS {
            set.spawn(std::future::pending::<()>());
        }
        tokio::task::yield_now().await;
        set.shutdown().await;
    }
}

async fn cancel(turns: usize) {
    for _ in 0..turns / TASKS {
        let cancelled = cancel_scope!(|scope| {
            let ended = task_group!(|group| {
                for _ in 0..TASKS {
                    group.start_soon(std::future::pending::<()>());
                }
                tokio::task::yield_now().await;
                scope.cancel();
            });
            ended.expect("nothing fails");
        });
        assert_eq!(cancelled, None);
    }
}

async fn yields(turns: usize) {
    for _ in 0..turns {
        pending_once().await;
    }
}

async fn tokio_timeout_ready(turns: usize) {
    for _ in 0..turns {
        tokio::time::timeout(LIMIT, async {})
            .await
            .expect("there is time");
    }
}

async fn timeout_ready(turns: usize) {
    for _ in 0..turns {
        time::timeout(LIMIT, async {}).await.expect("there is time");
    }
}

async fn tokio_timeout_pending(turns: usize) {
    for _ in 0..turns {
        let limited = tokio::time::timeout(LIMIT, pending_once());
        limited.await.expect("there is time");
    }
}

async fn timeout_pending(turns: usize) {
    for _ in 0..turns {
        let limited = time::timeout(LIMIT, pending_once());
        limited.await.expect("there is time");
    }
}

async fn timeout_nested(turns: usize) {
    for _ in 0..turns {
        let inner = time::timeout(LIMIT, pending_once());
        let limited = time::timeout(LIMIT, time::timeout(LIMIT, inner));
        let (Ok(Ok(Ok(()))) | Err(_) | Ok(Err(_)) | Ok(Ok(Err(_)))) = limited.await;
    }
}

async fn scope(turns: usize) {
    for _ in 0..turns {
        cancel_scope!(|_scope| {}).expect("nobody cancels it");
    }
}

async fn tokio_mutex(turns: usize) {
    let lock = tokio::sync::Mutex::new(0);
    for _ in 0..turns {
        *lock.lock().await += 1;
    }
}

async fn lock(turns: usize) {
    let lock = sync::Lock::new(0);
    for _ in 0..turns {
        *lock.acquire().await += 1;
    }
}

async fn bare_echo(turns: usize) {
    let listener = TokioListener::bind("127.0.0.1:0").await.expect("a port");
    let client = ask(listener.local_addr().expect("an address"), turns);
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        let mut buffer = [0; ROOM];
        loop {
            let n = stream.read(&mut buffer).await?;
            if n == 0 {
                return std::io::Result::Ok(());
            }
            stream.write_all(&buffer[..n]).await?;
        }
    });
    server.await.expect("it does not panic").expect("it is served");
    client.join().expect("it got its answers");
}

async fn listener() -> TcpListener {
    let mut listeners = create_tcp_listeners("127.0.0.1", 0).await.expect("a port");
    listeners.remove(0)
}

/// An echo service that receives in one way or another.
macro_rules! echo {
    ($name:ident, |$stream:ident, $buffer:ident| $received:expr) => {
        async fn $name(turns: usize) {
            let mut listener = listener().await;
            let client = ask(listener.local_address().expect("an address"), turns);
            let served = task_group!(|group| {
                group.start_soon(async move {
                    let (mut $stream, _) = listener.accept().await?;
                    let mut $buffer = [0; ROOM];
                    loop {
                        let n = $received;
                        if n == 0 {
                            return Ok::<(), BoxError>(());
                        }
                        $stream.send_all(&$buffer[..n]).await?;
                    }
                });
            });
            served.expect("it is served");
            client.join().expect("it got its answers");
        }
    };
}

echo!(echo, |stream, buffer| stream.recv_into(&mut buffer).await?);
echo!(echo_with_timeout, |stream, buffer| with_timeout!(LIMIT, {
    stream.recv_into(&mut buffer).await?
})?);

async fn bare_udp_echo(turns: usize) {
    let socket = TokioUdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let client = ask_udp(socket.local_addr().expect("an address"), turns);
    let mut buffer = [0; ROOM];
    for _ in 0..turns {
        let (n, peer) = socket.recv_from(&mut buffer).await.expect("a datagram");
        socket.send_to(&buffer[..n], peer).await.expect("it is sent");
    }
    client.join().expect("it got its answers");
}

async fn udp_echo(turns: usize) {
    let mut listeners = create_udp_listeners("127.0.0.1", 0).await.expect("a port");
    let mut listener = listeners.remove(0);
    let client = ask_udp(listener.local_address().expect("an address"), turns);
    let (mut buffer, sender) = ([0; ROOM], listener.sender());
    for _ in 0..turns {
        let received = listener.recv_into_from(&mut buffer).await;
        let (received, peer) = received.expect("a datagram");
        let sent = sender.send_to(&buffer[..received.len()], &peer).await;
        sent.expect("it is sent");
    }
    client.join().expect("it got its answers");
}

/// Asks from a thread of its own, so that the service waits for each message.
fn ask(address: SocketAddr, turns: usize) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut stream = StdTcpStream::connect(address).expect("it listens");
        stream.set_nodelay(true).expect("an option");
        let (message, mut answer) = ([7; MESSAGE], [0; MESSAGE]);
        for _ in 0..turns {
            stream.write_all(&message).expect("it is sent");
            stream.read_exact(&mut answer).expect("it comes back");
        }
    })
}

fn ask_udp(address: SocketAddr, turns: usize) -> JoinHandle<()> {
    thread::spawn(move || {
        let socket = StdUdpSocket::bind("127.0.0.1:0").expect("a port");
        let (message, mut answer) = ([7; MESSAGE], [0; MESSAGE]);
        for _ in 0..turns {
            socket.send_to(&message, address).expect("it is sent");
            socket.recv_from(&mut answer).expect("it comes back");
        }
    })
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().expect("the name of a hot path");
    let turns = arguments.next().and_then(|turns| turns.parse().ok());
    let turns: usize = turns.expect("how many turns");
    let backend = easynet::new_builtin_backend("tokio").expect("its feature is enabled");
    let options = RunnerOptions::new().flavor(Flavor::CurrentThread);
    let program = async move {
        match path.as_str() {
            "join_set" => join_set(turns).await,
            "start_soon" => start_soon(turns).await,
            "start_soon_scoped" => start_soon_scoped(turns).await,
            "group" => group(turns).await,
            "cancel_join_set" => cancel_join_set(turns).await,
            "cancel" => cancel(turns).await,
            "yields" => yields(turns).await,
            "tokio_timeout_ready" => tokio_timeout_ready(turns).await,
            "timeout_ready" => timeout_ready(turns).await,
            "tokio_timeout_pending" => tokio_timeout_pending(turns).await,
            "timeout_pending" => timeout_pending(turns).await,
            "timeout_nested" => timeout_nested(turns).await,
            "scope" => scope(turns).await,
            "tokio_mutex" => tokio_mutex(turns).await,
            "lock" => lock(turns).await,
            "bare_echo" => bare_echo(turns).await,
            "echo" => echo(turns).await,
            "echo_with_timeout" => echo_with_timeout(turns).await,
            "bare_udp_echo" => bare_udp_echo(turns).await,
            "udp_echo" => udp_echo(turns).await,
            _ => panic!("there is no hot path {path}"),
        }
    };
    backend.bootstrap_with(&options, program).expect("a runtime");
}
