//! Echo services, each with a client that asks from a thread of its own: their counts differ from run to run.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream as StdTcpStream, UdpSocket as StdUdpSocket},
    thread::{self, JoinHandle},
};

use easynet::{BoxError, net::*, prelude::*};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener as TokioListener, UdpSocket as TokioUdpSocket},
};

use super::{HotPath, LIMIT, in_easynet, in_tokio};

const MESSAGE: usize = 64;
const ROOM: usize = 1_024;

pub(super) fn paths() -> Vec<HotPath> {
    vec![
        HotPath::new("echo", in_easynet(echo))
            .beside("bare tokio", in_tokio(bare_echo))
            .uncounted(),
        HotPath::new("echo_with_timeout", in_easynet(echo_with_timeout))
            .beside("bare tokio", in_tokio(bare_echo))
            .uncounted(),
        HotPath::new("udp_echo", in_easynet(udp_echo))
            .beside("bare tokio", in_tokio(bare_udp_echo))
            .uncounted(),
    ]
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
