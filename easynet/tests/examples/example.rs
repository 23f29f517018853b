//! An example that runs.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{
        OnceLock,
        mpsc::{RecvTimeoutError, channel},
    },
    thread,
    time::Duration,
};

/// How long anything may take before it counts as hung.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// A running example; killed when it is dropped.
pub(super) struct Example {
    child: Child,
    pub(super) address: SocketAddr,
}

impl Example {
    /// Starts an example on a free port.
    pub(super) fn start(name: &str, arguments: &[&str]) -> Self {
        Self::start_with(name, arguments, &[])
    }

    /// Starts it with variables of the environment.
    pub(super) fn start_with(name: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(directory().join(name))
            .arg("127.0.0.1:0")
            .args(arguments)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("the example `{name}` does not start: {error}"));
        let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
        let address = within(PATIENCE, move || {
            let mut line = String::new();
            output.read_line(&mut line).expect("it says where it listens");
            let address = line.trim().strip_prefix("listening on ").map(str::parse);
            address
                .unwrap_or_else(|| panic!("it says `{line}`"))
                .expect("an address")
        });
        Self { child, address }
    }

    pub(super) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time");
        stream
    }

    /// Asks it to end, as an operator would.
    pub(super) fn terminate(&self) {
        let status = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        assert!(status.expect("there is `kill`").success());
    }

    /// Waits for its end.
    pub(super) fn wait(&mut self) -> ExitStatus {
        let start = std::time::Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "it does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Asks it to end, and checks that it does, as if nothing had happened.
    pub(super) fn end(mut self) {
        self.terminate();
        let status = self.wait();
        assert!(status.success(), "{status}");
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where the examples are. They are built once, if they are not.
fn directory() -> PathBuf {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut build = Command::new(env!("CARGO"));
        build.args([
            "build",
            "--quiet",
            "--package",
            "easynet",
            "--all-features",
            "--examples",
        ]);
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        let status = build.current_dir(env!("CARGO_MANIFEST_DIR")).status();
        assert!(
            status.expect("there is cargo").success(),
            "the examples do not build"
        );
    });
    let own = std::env::current_exe().expect("a path");
    let profile = own.parent().and_then(|deps| deps.parent());
    profile.expect("tests are in `deps`").join("examples")
}

/// Runs a program from outside, with something to read.
pub(super) fn run(program: &str, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("this test needs `{program}`: install it ({error})"));
    let mut stdin = child.stdin.take().expect("it is piped");
    let input = input.to_vec();
    let writer = thread::spawn(move || {
        let _ = stdin.write_all(&input);
        // Left open for a moment: `s_client` ends with its input.
        thread::sleep(Duration::from_millis(500));
    });
    let output = within(PATIENCE, move || child.wait_with_output().expect("it ends"));
    writer.join().expect("it only writes");
    output
}

/// The value of something that may hang.
pub(super) fn within<T: Send + 'static>(time: Duration, work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, is_done) = channel();
    let worker = thread::spawn(move || {
        let value = work();
        let _ = done.send(());
        value
    });
    if let Err(RecvTimeoutError::Timeout) = is_done.recv_timeout(time) {
        panic!("it takes too long");
    }
    worker
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
