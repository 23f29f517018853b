#![forbid(unsafe_code)]
//! Drives an echo service, for `benches/python/compare.py`: `echo_client tcp|udp ADDRESS CONNECTIONS SIZE SECONDS`.
//!
//! Bare tokio on one thread, the same for all services. Each connection stays open, and sends its next message when the last one has come
//! back; no two messages are the same, and an answer that differs is an error. What it saw is printed as a line of JSON.

use std::{
    env, fs,
    io::{Error, Result},
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket},
    task::JoinSet,
};

/// What goes before it counts.
const WARM_UP: Duration = Duration::from_millis(200);
/// How much longer than planned it may take: a datagram that is lost never comes back.
const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [network, address, connections, size, seconds] = &arguments[..] else {
        return Err(Error::other(
            "usage: echo_client tcp|udp ADDRESS CONNECTIONS SIZE SECONDS",
        ));
    };
    let address: SocketAddr = number(address)?;
    let (connections, size): (usize, usize) = (number(connections)?, number(size)?);
    let length = Duration::from_secs_f64(number(seconds)?);

    let mut sockets = Vec::new();
    for _ in 0..connections {
        sockets.push(match network.as_str() {
            "tcp" => Socket::tcp(address).await?,
            "udp" => Socket::udp(address).await?,
            other => return Err(Error::other(format!("no network: {other}"))),
        });
    }
    let window = Window::starting_in(WARM_UP, length);
    let mut asking = JoinSet::new();
    for (which, socket) in sockets.into_iter().enumerate() {
        asking.spawn(ask(socket, which, size, window));
    }
    tokio::time::sleep_until(window.begin.into()).await;
    let busy = time_on_processor()?;
    tokio::time::sleep_until(window.end.into()).await;
    let busy = (time_on_processor()? - busy).as_secs_f64() / length.as_secs_f64();

    let mut heard = Heard::default();
    let hear = async {
        while let Some(asked) = asking.join_next().await {
            heard.add(asked.map_err(Error::other)??);
        }
        Ok(())
    };
    tokio::time::timeout(PATIENCE, hear)
        .await
        .map_err(|_| Error::other("a message has not come back"))
        .flatten()?;
    println!("{}", heard.describe(length, busy)?);
    Ok(())
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T> {
    text.parse()
        .map_err(|_| Error::other(format!("not a number or an address: {text}")))
}

/// How long this thread, the only one, has run.
fn time_on_processor() -> Result<Duration> {
    let text = fs::read_to_string("/proc/self/schedstat")?;
    Ok(Duration::from_nanos(number(
        text.split(' ').next().unwrap_or_default(),
    )?))
}

/// The time that counts.
#[derive(Clone, Copy)]
struct Window {
    begin: Instant,
    end: Instant,
}

impl Window {
    fn starting_in(delay: Duration, length: Duration) -> Self {
        let begin = Instant::now() + delay;
        let end = begin + length;
        Self { begin, end }
    }
}

enum Socket {
    Tcp(TcpStream),
    Udp(UdpSocket),
}

impl Socket {
    async fn tcp(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self::Tcp(stream))
    }

    async fn udp(address: SocketAddr) -> Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        socket.connect(address).await?;
        Ok(Self::Udp(socket))
    }

    /// Sends a message, and waits for as much to come back.
    async fn exchange(&mut self, message: &[u8], answer: &mut [u8]) -> Result<()> {
        match self {
            Self::Tcp(stream) => {
                stream.write_all(message).await?;
                stream.read_exact(answer).await?;
            }
            Self::Udp(socket) => {
                socket.send(message).await?;
                if socket.recv(answer).await? != message.len() {
                    return Err(Error::other("a datagram of another size came back"));
                }
            }
        }
        Ok(())
    }
}

/// Asks until the window has ended.
async fn ask(mut socket: Socket, which: usize, size: usize, window: Window) -> Result<Heard> {
    let mut message: Vec<u8> = (0..size).map(|place| (place * 7 + which) as u8).collect();
    let mut answer = vec![0; size];
    let mut heard = Heard::default();
    let mut start = Instant::now();
    while start < window.end {
        stamp(&mut message, heard.exchanged);
        socket.exchange(&message, &mut answer).await?;
        if answer != message {
            return Err(Error::other("something else came back than was sent"));
        }
        let now = Instant::now();
        heard.exchanged += 1;
        if start >= window.begin && now <= window.end {
            heard.latencies.push((now - start).as_nanos() as u32);
        }
        start = now;
    }
    Ok(heard)
}

/// Makes a message differ from the one before.
fn stamp(message: &mut [u8], number: u64) {
    for (byte, stamp) in message.iter_mut().zip(number.to_le_bytes()) {
        *byte = stamp;
    }
}

/// What one connection, or all of them, have heard.
#[derive(Default)]
struct Heard {
    /// All messages, those outside of the window as well.
    exchanged: u64,
    /// How long each message took that was sent and came back within the window, in nanoseconds.
    latencies: Vec<u32>,
}

impl Heard {
    fn add(&mut self, other: Self) {
        self.exchanged += other.exchanged;
        self.latencies.extend(other.latencies);
    }

    fn describe(mut self, length: Duration, busy: f64) -> Result<String> {
        self.latencies.sort_unstable();
        let count = self.latencies.len();
        let at = |share: f64| self.latencies.get((count as f64 * share) as usize);
        let (Some(median), Some(late)) = (at(0.5), at(0.99)) else {
            return Err(Error::other("no message came back in time"));
        };
        Ok(format!(
            r#"{{"exchanged": {}, "rate": {:.1}, "median_ns": {median}, "p99_ns": {late}, "client_busy": {busy:.3}}}"#,
            self.exchanged,
            count as f64 / length.as_secs_f64(),
        ))
    }
}
