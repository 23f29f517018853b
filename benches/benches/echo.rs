//! What does a transport cost? An echo service on easynet's, beside the same program on bare tokio sockets.
//!
//! Every service runs on a runtime of its own, all the time; the client, which is the same for all, asks one after the other in
//! interleaved rounds. It is bare tokio on a thread of its own. The ratio is that of the times: below one is faster than the peer.
//!
//! - The peer is bare tokio with neither groups nor timeouts, the least that an echo service can be: `tokio::spawn` for each connection, a read
//!   and a write for each message. It runs as a task of its runtime, as easynet's service does in `bootstrap`.
//! - The same with a `timeout` of tokio for each message is what a service has instead of easynet's. The same with nothing but a timer beside it, which
//!   is set and not reached, is the floor for both: a runtime that has one to wait for tells the system until when, each time it waits.
//! - For UDP the floor is a program that tries before it waits, for reading and for writing: two calls of the system for each datagram. It lets other
//!   tasks have their turn, as tokio's operations do: one that does not takes two thirds of the time where there are two threads. One that takes several
//!   datagrams at once, by `recvmmsg`, and keeps them until it has answered, is what may be had by other means.
//!
//! The services of one thread and their client share one processor, so that what is measured is work: whether two threads that talk
//! in turns find themselves on one processor or on two makes more of a difference than all the rest. Those with two threads
//! have the whole machine.

use std::{
    cell::RefCell,
    io::{self, ErrorKind, IoSliceMut},
    net::{SocketAddr, SocketAddrV4, UdpSocket as StdUdpSocket},
    os::fd::AsRawFd,
    sync::mpsc::channel,
    thread,
    time::Duration,
};

use easynet::{BoxError, Flavor, net::*, prelude::*};
use easynet_benches::{Bench, Candidate, FLAVORS, Processors, Question, in_easynet, in_tokio, runtime};
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, recvmmsg};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, Interest},
    net::{TcpStream, UdpSocket},
    runtime::Runtime,
    task::coop::consume_budget,
    time::{sleep, timeout},
};

/// How long a client may be silent.
const IDLE: Duration = Duration::from_secs(30);
const ROOM: usize = 16 * 1024;

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
            in_easynet(flavor, service(tell));
        } else {
            in_tokio(flavor, service(tell));
        }
    });
    address.recv().expect("it listens")
}

/// A service on bare tokio, which waits for a message in this way.
macro_rules! on_bare_tokio {
    ($name:ident, |$stream:ident, $buffer:ident| $read:expr) => {
        async fn $name(tell: Box<dyn Fn(SocketAddr) + Send>) {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
                .await
                .expect("a port");
            tell(listener.local_addr().expect("an address"));
            loop {
                let (mut $stream, _) = listener.accept().await.expect("a connection");
                $stream.set_nodelay(true).expect("an option");
                tokio::spawn(async move {
                    let mut $buffer = vec![0; ROOM];
                    loop {
                        let n = $read?;
                        if n == 0 {
                            return io::Result::Ok(());
                        }
                        $stream.write_all(&$buffer[..n]).await?;
                    }
                });
            }
        }
    };
}

on_bare_tokio!(bare, |stream, buffer| stream.read(&mut buffer).await);
on_bare_tokio!(bare_with_timeout, |stream, buffer| {
    timeout(IDLE, stream.read(&mut buffer)).await?
});

/// With a timer that is set.
async fn bare_with_timer(tell: Box<dyn Fn(SocketAddr) + Send>) {
    tokio::spawn(sleep(IDLE * 1_000));
    bare(tell).await;
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
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    tell(socket.local_addr().expect("an address"));
    let mut buffer = vec![0; 65_536];
    loop {
        let (n, peer) = socket.recv_from(&mut buffer).await.expect("a datagram");
        socket.send_to(&buffer[..n], peer).await.expect("it is sent");
    }
}

/// Receives, and waits only if there is nothing. A macro, as is the next: the least has no future in a future.
macro_rules! receive {
    ($socket:ident, $attempt:expr) => {
        loop {
            // As all that tokio does: who always finds something lets others have their turn.
            consume_budget().await;
            match $attempt {
                Ok(received) => break received,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    $socket.readable().await.expect("it is open");
                }
                Err(error) => panic!("{error}"),
            }
        }
    };
}

/// Sends, and waits only if there is no room.
macro_rules! answer {
    ($socket:ident, $data:expr, $peer:expr) => {
        while let Err(error) = $socket.try_send_to($data, $peer) {
            assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}");
            $socket.writable().await.expect("it is open");
        }
    };
}

/// Tries before it waits.
async fn trying_udp(tell: Box<dyn Fn(SocketAddr) + Send>) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    tell(socket.local_addr().expect("an address"));
    let mut buffer = vec![0; 65_536];
    loop {
        let (n, peer) = receive!(socket, socket.try_recv_from(&mut buffer));
        answer!(socket, &buffer[..n], peer);
    }
}

/// Takes several datagrams by one call of the system, where there are several, and keeps them until it has answered.
async fn taking_udp(tell: Box<dyn Fn(SocketAddr) + Send>) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    tell(socket.local_addr().expect("an address"));
    let mut rooms = vec![vec![0; 65_536]; UNDER_WAY];
    let mut taken = Vec::with_capacity(UNDER_WAY);
    loop {
        let mut take = || take(&socket, &mut rooms, &mut taken);
        receive!(socket, socket.try_io(Interest::READABLE, &mut take));
        for (room, (n, peer)) in rooms.iter().zip(taken.drain(..)) {
            answer!(socket, &room[..n], peer);
        }
    }
}

fn take(socket: &UdpSocket, rooms: &mut [Vec<u8>], taken: &mut Vec<(usize, SocketAddr)>) -> io::Result<()> {
    thread_local! {
        static HEADERS: RefCell<MultiHeaders<SockaddrIn>> = RefCell::new(MultiHeaders::preallocate(UNDER_WAY, None));
    }
    HEADERS.with_borrow_mut(|headers| {
        let rooms = rooms.iter_mut().map(|room| [IoSliceMut::new(room)]);
        let mut rooms: Vec<_> = rooms.collect();
        let received = recvmmsg(
            socket.as_raw_fd(),
            headers,
            rooms.iter_mut(),
            MsgFlags::empty(),
            None,
        )?;
        taken.extend(received.map(|message| {
            let peer = message.address.expect("datagrams come from somewhere");
            (message.bytes, SocketAddrV4::from(peer).into())
        }));
        Ok(())
    })
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

/// The clients of a service: so many connections, which stay open.
struct Clients<'a> {
    runtime: &'a Runtime,
    streams: Vec<TcpStream>,
}

impl<'a> Clients<'a> {
    fn connect(runtime: &'a Runtime, address: SocketAddr, connections: usize) -> Self {
        let connect = || async {
            let stream = TcpStream::connect(address).await.expect("it listens");
            stream.set_nodelay(true).expect("an option");
            stream
        };
        let streams = (0..connections).map(|_| runtime.block_on(connect())).collect();
        Self { runtime, streams }
    }

    /// Sends so many messages, each connection its part, and waits for the answers.
    fn ask(&mut self, size: usize, messages: usize) {
        let each = messages / self.streams.len();
        let streams = std::mem::take(&mut self.streams);
        self.streams = self.runtime.block_on(async {
            let ask = |mut stream: TcpStream| async move {
                let (message, mut answer) = (vec![7; size], vec![0; size]);
                for _ in 0..each {
                    stream.write_all(&message).await.expect("it is sent");
                    stream.read_exact(&mut answer).await.expect("it comes back");
                }
                stream
            };
            let asking: Vec<_> = streams
                .into_iter()
                .map(|stream| tokio::spawn(ask(stream)))
                .collect();
            let mut streams = Vec::new();
            for asked in asking {
                streams.push(asked.await.expect("it ends"));
            }
            streams
        });
    }
}

/// Connects, asks once and hangs up, so many times.
fn visit(client: &Runtime, address: SocketAddr, visits: usize) {
    for _ in 0..visits {
        Clients::connect(client, address, 1).ask(64, 1);
    }
}

/// So many datagrams are on their way at a time: one alone would measure how long a processor that is idle takes to wake.
const UNDER_WAY: usize = 8;

fn ask_udp(socket: &StdUdpSocket, address: SocketAddr, size: usize, messages: usize) {
    let (message, mut answer) = (vec![7; size], vec![0; 65_536]);
    let send = || socket.send_to(&message, address).expect("it is sent");
    for _ in 0..UNDER_WAY {
        send();
    }
    for answered in 0..messages {
        socket.recv_from(&mut answer).expect("it comes back");
        if answered + UNDER_WAY < messages {
            send();
        }
    }
}

fn main() {
    let bench = Bench::from_arguments(env!("CARGO_CRATE_NAME"));
    let processors = Processors::all();
    for flavor in FLAVORS {
        processors.share(flavor);
        let client = runtime(Flavor::CurrentThread);
        let services = [
            ("bare tokio", start(flavor, false, bare)),
            (
                "bare tokio, a timer beside it (floor)",
                start(flavor, false, bare_with_timer),
            ),
            (
                "bare tokio, a timeout per message",
                start(flavor, false, bare_with_timeout),
            ),
            ("easynet serve", start(flavor, true, structured)),
            (
                "easynet, a timeout per message",
                start(flavor, true, structured_with_timeout),
            ),
        ];
        for (connections, size) in [(1, 64), (8, 64), (64, 64), (1, ROOM), (8, ROOM), (64, ROOM)] {
            let messages = if size == ROOM { 1_024 } else { 2_048 };
            let candidates = services.iter().map(|(name, address)| {
                let mut clients = Clients::connect(&client, *address, connections);
                Candidate::new(name, move || clients.ask(size, messages))
            });
            let question = format!("TCP echo of {size} bytes, {connections} connections at once");
            bench.compare(Question::new(question, messages).on(flavor), candidates.collect());
        }
        let candidates = services.iter().map(|(name, address)| {
            let (client, address) = (&client, *address);
            Candidate::new(name, move || visit(client, address, 256))
        });
        let question = "a TCP connection with one message of 64 bytes";
        bench.compare(Question::new(question, 256).on(flavor), candidates.collect());
        let services = [
            ("bare tokio", start(flavor, false, bare_udp)),
            (
                "tokio, tries before it waits (floor)",
                start(flavor, false, trying_udp),
            ),
            ("tokio, takes up to 8 at once", start(flavor, false, taking_udp)),
            ("easynet UDP listener", start(flavor, true, structured_udp)),
        ];
        let socket = StdUdpSocket::bind("127.0.0.1:0").expect("a port");
        for size in [64, 1_400] {
            let candidates = services.iter().map(|(name, address)| {
                let (socket, address) = (&socket, *address);
                Candidate::new(name, move || ask_udp(socket, address, size, 2_048))
            });
            let question = format!("UDP echo of {size} bytes, {UNDER_WAY} at a time");
            bench.compare(Question::new(question, 2_048).on(flavor), candidates.collect());
        }
    }
}
