//! What a service does when the machine, or the process, has no room left. The limit is real: a child process has it.
#![forbid(unsafe_code)]
#![cfg(unix)]

use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    panic::{AssertUnwindSafe, resume_unwind},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use easynet::{
    AsyncBackend, BoxError, Flavor, RunnerOptions,
    net::{
        AsyncListener as _, AsyncStreamReadTransport as _, AsyncStreamWriteTransport as _,
        create_tcp_listeners,
    },
    new_builtin_backend, task_group,
};
use easynet_tests::panic_message;
use futures::FutureExt;
use rustix::process::{Resource, getrlimit, setrlimit};
use tracing::{Event, Level, Metadata, Subscriber, span};

/// Set where a test is the service.
const SERVICE: &str = "EASYNET_TEST_SERVICE";
/// How many descriptors the service may have beyond those it has when it starts to serve.
const ROOM: u64 = 8;
/// How many clients come: more than there is room for.
const CLIENTS: usize = 3 * ROOM as usize;

/// Counts the errors that easynet logs.
#[derive(Clone, Default)]
struct Errors(Arc<AtomicUsize>);

impl Subscriber for Errors {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "easynet" && *metadata.level() == Level::ERROR
    }

    fn new_span(&self, _attributes: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _span: &span::Id, _values: &span::Record<'_>) {}

    fn record_follows_from(&self, _span: &span::Id, _follows: &span::Id) {}

    fn event(&self, _event: &Event<'_>) {
        self.0.fetch_add(1, SeqCst);
    }

    fn enter(&self, _span: &span::Id) {}

    fn exit(&self, _span: &span::Id) {}
}

/// An echo service that has hardly any room for connections. It ends with its input, and says how often there was none.
fn serve() {
    let errors = Errors::default();
    tracing::subscriber::set_global_default(errors.clone()).expect("there is no other");
    // On a thread of its own: tokio's input would take descriptors.
    let (ended, input_ends) = futures::channel::oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        let _ = ended.send(());
    });
    let service = async {
        let listener = create_tcp_listeners("127.0.0.1", 0).await?.remove(0);
        println!("listening on {}", listener.local_address()?);
        let used = std::fs::read_dir("/proc/self/fd")?.count() as u64;
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = Some(used + ROOM);
        setrlimit(Resource::Nofile, limit)?;
        task_group!(|group| {
            let serve = listener.serve(&group.handle(), |mut stream| async move {
                let mut buffer = [0; 16];
                loop {
                    match stream.recv_into(&mut buffer).await? {
                        0 => return Ok(()),
                        n => stream.send_all(&buffer[..n]).await?,
                    }
                }
            });
            let closer = serve.closer();
            let accept = group.spawn_value(serve);
            let _ = input_ends.await;
            closer.close();
            accept.join().await.map(drop)?;
        })?;
        Ok::<(), BoxError>(())
    };
    let backend = new_builtin_backend("tokio").expect("it is enabled");
    let options = RunnerOptions::new().worker_threads(2);
    backend
        .bootstrap_with(&options, service)
        .expect("a runtime")
        .expect("it serves");
    println!("errors: {}", errors.0.load(SeqCst));
}

/// Starts a test in a process of its own.
fn start(test: &str) -> Child {
    Command::new(env::current_exe().expect("a process knows itself"))
        .args([test, "--exact", "--nocapture"])
        .env(SERVICE, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it is started")
}

struct Service {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
    address: SocketAddr,
}

impl Service {
    fn start(test: &str) -> Self {
        let mut child = start(test);
        let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
        let address = said(&mut output, "listening on ").parse().expect("an address");
        Self {
            child,
            output,
            address,
        }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("the kernel takes it");
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .expect("a time");
        stream
    }

    /// Ends it; how often there was no room.
    fn end(mut self) -> usize {
        drop(self.child.stdin.take());
        let errors = said(&mut self.output, "errors: ").parse().expect("a number");
        assert!(self.child.wait().expect("it ends").success());
        errors
    }
}

/// What follows `key` in the output.
fn said(output: &mut impl BufRead, key: &str) -> String {
    loop {
        let mut line = String::new();
        assert_ne!(
            output.read_line(&mut line).expect("text"),
            0,
            "it has not said `{key}`"
        );
        // The harness writes the name of the test without a line break.
        if let Some((_, value)) = line.split_once(key) {
            return value.trim().to_owned();
        }
    }
}

/// `EMFILE`: it pauses, and goes on when others have gone; it neither dies nor spins.
#[test]
fn too_many_open_files_are_waited_out() {
    if env::var_os(SERVICE).is_some() {
        return serve();
    }
    let start = std::time::Instant::now();
    let service = Service::start("too_many_open_files_are_waited_out");
    let mut clients: Vec<TcpStream> = (0..CLIENTS).map(|_| service.connect()).collect();
    for client in &mut clients {
        client.write_all(b"x").expect("the kernel takes it");
    }
    // Each in turn gets its answer, though there is room for few at a time.
    for mut client in clients {
        client.read_exact(&mut [0]).expect("it is served in the end");
    }
    let pauses = service.end();
    assert!(pauses >= 1, "there was always room");
    let tenths = start.elapsed().as_millis() as usize / 100;
    assert!(
        pauses <= tenths + 1,
        "{pauses} attempts in vain within {tenths} tenths of a second"
    );
}

/// How much memory this process has mapped, in bytes.
fn mapped() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a process knows itself");
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.expect("a number") * 1024
}

/// No thread can be started, as long as there is no room for its stack.
fn refuse_threads(refuse: bool) {
    let mut limit = getrlimit(Resource::As);
    limit.current = if refuse { Some(mapped() + 1_000_000) } else { None };
    setrlimit(Resource::As, limit).expect("a limit");
}

/// Asks for jobs while no thread can be started, and once there can.
fn ask_for_jobs() {
    let program = async {
        let ran = Arc::new(AtomicUsize::new(0));
        let backend = new_builtin_backend("tokio").expect("it is enabled");
        refuse_threads(true);
        for _ in 0..3 {
            let own = ran.clone();
            let job = backend.run_blocking(move || own.fetch_add(1, SeqCst));
            let panic = AssertUnwindSafe(job).catch_unwind().await.expect_err("no thread");
            let message = panic_message(|| resume_unwind(panic));
            assert!(message.starts_with("no thread can be started"), "{message}");
            assert_eq!(Arc::strong_count(&ran), 1, "what it has captured is dropped");
        }
        refuse_threads(false);
        assert_eq!(backend.run_blocking(|| 42).await, 42);
        assert_eq!(
            ran.load(SeqCst),
            0,
            "who asked has been told that it does not run"
        );
        println!("jobs: refused");
    };
    let backend = new_builtin_backend("tokio").expect("it is enabled");
    let options = RunnerOptions::new().flavor(Flavor::CurrentThread);
    backend.bootstrap_with(&options, program).expect("a runtime");
}

/// A job that gets no thread is over for who asked: it does not run when there is one for another.
#[test]
fn a_job_that_gets_no_thread_never_runs() {
    if env::var_os(SERVICE).is_some() {
        return ask_for_jobs();
    }
    let mut child = start("a_job_that_gets_no_thread_never_runs");
    let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
    assert_eq!(said(&mut output, "jobs: "), "refused");
    let _ = output.read_to_end(&mut Vec::new());
    assert!(child.wait().expect("it ends").success());
}
