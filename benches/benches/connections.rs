//! How many connections, and at what price? Idle ones, a storm of them, and clients that mean no good, beside bare tokio.
//!
//! All goes over the loopback interface. The other ends of the idle connections are in a process of their own, so that ten thousand need
//! a limit of 10,200 open files in each (`ulimit -Hn`). It is raised as far as the user may. With less, as many are opened as there is
//! room for, and that is said. Nothing may be left at the end: descriptors are counted.
//!
//! - The peer is a service as one writes it on bare tokio: a `JoinSet`, and in `select!` the listener's `accept` and the set's `join_next`. It has
//!   no timeouts; a runtime with two workers, as easynet's.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream as StdTcpStream},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc::channel,
    },
    thread,
    time::{Duration, Instant},
};

use easynet::{BoxError, Flavor, TimedOut, net::*, prelude::*};
use easynet_benches::{Bench, Candidate, Question, ask_a_child, in_easynet, resident, with_commas};
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Descriptors for all that is no connection.
const SPARE: u64 = 200;
/// How long a client may be silent, where that is the question.
const IDLE: Duration = Duration::from_millis(300);

/// Raises the limit as far as it goes, the hard one too where that is allowed; how many connections there is room for.
fn room(wanted: usize) -> usize {
    let needed = wanted as u64 + SPARE;
    let mut limit = getrlimit(Resource::Nofile);
    let hard = limit.maximum.unwrap_or(needed);
    for most in [hard.max(needed), hard] {
        limit.current = Some(most);
        limit.maximum = limit.maximum.map(|hard| hard.max(most));
        if setrlimit(Resource::Nofile, limit).is_ok() {
            break;
        }
        limit.maximum = Some(hard);
    }
    let open = getrlimit(Resource::Nofile).current.unwrap_or(needed);
    let room = wanted.min((open - SPARE) as usize);
    if room < wanted {
        eprintln!(
            "only {room} of {wanted} connections: {open} open files are allowed, and {needed} are needed"
        );
    }
    room
}

/// How many descriptors are open, once those of threads that are ending are closed.
fn descriptors() -> usize {
    thread::sleep(Duration::from_millis(200));
    std::fs::read_dir("/proc/self/fd").expect("Linux").count()
}

/// A service that runs until it is dropped.
struct Service {
    address: SocketAddr,
    live: Arc<AtomicUsize>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Service {
    fn start(is_easynet: bool, idle: Option<Duration>) -> Self {
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let (told, address) = channel();
        let live = Arc::new(AtomicUsize::new(0));
        let count = live.clone();
        let thread = thread::spawn(move || {
            if is_easynet {
                let service = async move { structured(told, count, idle, stopped).await };
                in_easynet(Flavor::MultiThread, service);
            } else {
                let mut builder = tokio::runtime::Builder::new_multi_thread();
                let runtime = builder.worker_threads(2).enable_all().build().expect("a runtime");
                runtime.block_on(async {
                    let service = tokio::spawn(bare(told, count));
                    let _ = stopped.await;
                    service.abort();
                });
            }
        });
        Self {
            address: address.recv().expect("it listens"),
            live,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    fn connect(&self) -> StdTcpStream {
        StdTcpStream::connect(self.address).expect("it listens")
    }

    fn await_live(&self, number: usize) {
        while self.live.load(SeqCst) != number {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.stop.take().expect("it is stopped once").send(());
        self.thread
            .take()
            .expect("it is joined once")
            .join()
            .expect("it ends");
    }
}

/// Counts a connection as long as it is there.
struct Live(Arc<AtomicUsize>);

impl Live {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, SeqCst);
        Self(count.clone())
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

async fn structured(
    told: std::sync::mpsc::Sender<SocketAddr>,
    count: Arc<AtomicUsize>,
    idle: Option<Duration>,
    stopped: tokio::sync::oneshot::Receiver<()>,
) {
    let listener = create_tcp_listeners("127.0.0.1", 0)
        .backlog(4096)
        .await
        .expect("a port")
        .remove(0);
    told.send(listener.local_address().expect("an address"))
        .expect("it is waited for");
    let served = listener.serve_in_private_group(move |mut stream| {
        let live = Live::new(&count);
        async move {
            let _live = live;
            let mut buffer = [0; 64];
            loop {
                let read: Result<_, TimedOut> = match idle {
                    Some(idle) => with_timeout!(idle, stream.recv_into(&mut buffer)),
                    None => Ok(stream.recv_into(&mut buffer).await),
                };
                // Whoever is silent for too long, and whoever resets, is done with.
                let Ok(Ok(n @ 1..)) = read else {
                    return Ok::<(), BoxError>(());
                };
                if stream.send_all(&buffer[..n]).await.is_err() {
                    return Ok(());
                }
            }
        }
    });
    race!(served, |served| served.expect("it goes on"), stopped, |_| ());
}

async fn bare(told: std::sync::mpsc::Sender<SocketAddr>, count: Arc<AtomicUsize>) {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let listener = socket.listen(4096).expect("a listener");
    told.send(listener.local_addr().expect("an address"))
        .expect("it is waited for");
    let mut tasks = tokio::task::JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = tasks.join_next() => continue,
        };
        let (mut stream, _) = accepted.expect("a connection");
        let live = Live::new(&count);
        tasks.spawn(async move {
            let _live = live;
            let mut buffer = [0; 64];
            while let Ok(n @ 1..) = stream.read(&mut buffer).await {
                if stream.write_all(&buffer[..n]).await.is_err() {
                    return;
                }
            }
        });
    }
}

/// The argument of a process that has idle connections, and prints what all of them take.
const IDLE_CONNECTIONS: &str = "--idle-connections";

/// Connections that do nothing: how much memory they take, that of the kernel left out.
fn idle(is_easynet: bool, number: usize) -> usize {
    let service = Service::start(is_easynet, None);
    drop(service.connect());
    service.await_live(0);
    let before = resident();
    let clients = Command::new(std::env::current_exe().expect("a process knows itself"))
        .args([CLIENTS, &service.address.to_string(), &number.to_string()])
        .stdin(Stdio::piped())
        .spawn();
    let mut clients = clients.expect("it is started");
    service.await_live(number);
    let taken = resident().saturating_sub(before);
    // It asks on each of them then, and ends.
    drop(clients.stdin.take());
    assert!(clients.wait().expect("it ends").success(), "some are dead");
    service.await_live(0);
    taken
}

/// The argument of the process that opens idle connections.
const CLIENTS: &str = "--clients";

/// Opens connections, waits for the end of the input, and checks that all are alive.
fn be_clients(address: &str, number: &str) {
    let number = number.parse().expect("a number");
    room(number);
    let mut clients: Vec<_> = (0..number)
        .map(|_| StdTcpStream::connect(address).expect("it listens"))
        .collect();
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    for client in &mut clients {
        client.write_all(b"x").expect("it is there");
        client.read_exact(&mut [0]).expect("it answers");
    }
}

/// One connection after the other, several at a time: opened, asked, closed.
fn storm(is_easynet: bool, number: usize) -> Duration {
    let service = Arc::new(Service::start(is_easynet, None));
    let start = Instant::now();
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let service = service.clone();
            thread::spawn(move || {
                for _ in 0..number / 4 {
                    let mut client = service.connect();
                    client.write_all(b"x").expect("it is there");
                    client.read_exact(&mut [0]).expect("it answers");
                }
            })
        })
        .collect();
    for client in clients {
        client.join().expect("it ends");
    }
    let took = start.elapsed();
    service.await_live(0);
    took
}

/// Clients that send nothing, clients that send nothing any more, and honest ones in between.
fn slow_clients(number: usize) {
    let service = Service::start(true, Some(IDLE));
    let start = Instant::now();
    let mut silent: Vec<_> = (0..number).map(|_| service.connect()).collect();
    for half in silent.iter_mut().step_by(2) {
        half.write_all(b"x").expect("it is there");
    }
    let (mut honest, mut answered) = (service.connect(), 0);
    while start.elapsed() < 3 * IDLE {
        honest.write_all(b"x").expect("it is there");
        honest.read_exact(&mut [0]).expect("it answers");
        answered += 1;
        thread::sleep(IDLE / 20);
    }
    service.await_live(1);
    println!(
        "  {number} silent clients were put out after {IDLE:?}, while an honest one got {answered} answers"
    );
    // They are told: what was echoed, then the end.
    for client in &mut silent {
        let _ = client.read_to_end(&mut Vec::new());
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match &arguments[1..] {
        [argument, address, number] if argument == CLIENTS => return be_clients(address, number),
        [argument, name, number] if argument == IDLE_CONNECTIONS => {
            let number = number.parse().expect("a number");
            return println!("{}", idle(name == "easynet", number));
        }
        _ => {}
    }
    let bench = Bench::from_arguments(env!("CARGO_CRATE_NAME"));
    let number = room(10_000);
    // What a first runtime opens for the whole process stays open.
    drop([Service::start(false, None), Service::start(true, None)]);
    let before = descriptors();
    let idle = |name| ask_a_child(&[IDLE_CONNECTIONS, name, &number.to_string()]);
    let question = format!(
        "{} idle connections (memory of each, with its task)",
        with_commas(number)
    );
    bench.compare(
        Question::new(question, number).in_bytes().at_most(5),
        vec![
            Candidate::in_bytes("bare tokio", || idle("bare")),
            Candidate::in_bytes("easynet serve", || idle("easynet")),
        ],
    );
    bench.compare(
        Question::new("a storm of connections, four at a time, each asked once", 4_000),
        vec![
            Candidate::timing_itself("bare tokio", || storm(false, 4_000)),
            Candidate::timing_itself("easynet serve", || storm(true, 4_000)),
        ],
    );
    println!("clients that mean no good, against a timeout for each read");
    slow_clients(1_000);
    let after = descriptors();
    assert_eq!(before, after, "descriptors are left");
    println!("no descriptor is left: {after} are open, as at the start");
}
