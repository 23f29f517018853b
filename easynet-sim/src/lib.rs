#![forbid(unsafe_code)]
//! The deterministic backend of easynet: the same program, seeded, in virtual time.
//!
//! A concurrent program has many runs, and a test sees one of them: the one that the scheduler and the machine's mood happen to
//! bring about. Here a *seed* brings it about. One seed is one run, the same on every machine and each time; many seeds are
//! many runs; and no run waits for real time.
//!
//! ```
//! use easynet::prelude::*;
//! use easynet::time::sleep;
//! use std::time::Duration;
//!
//! #[easynet::test(backend = "sim", seeds = 64)]
//! async fn a_slow_answer_is_given_up() {
//!     let slow = async { sleep(Duration::from_secs(3600)).await };
//!     assert!(with_timeout!(30min, slow).is_err()); // at once
//! }
//! # fn main() {}
//! ```
//!
//! Most programs reach all this through the `easynet` crate: its feature `sim`, and its module `easynet::sim`, which is this
//! crate. The feature is for tests: enable it under `[dev-dependencies]`.
//!
//! # How a run goes
//!
//! One thread, the calling one. At each *step* the seed picks one of the tasks that can run, and it is polled once. A task that
//! has just yielded is not picked again before another was, if another can run; apart from that, every order of tasks is possible. Children that
//! borrow, and the branches of a `gather!`, are not picked by the seed: the task of their group polls them in the order in which they came, and were woken.
//! [`Schedule::pct`] picks by priorities instead, which finds bugs that need one task to fall far behind.
//!
//! *Time* stands still while anything can run; then it jumps to the next moment that a task waits for. Hours of timeouts take
//! milliseconds, and each moment is exact. Code takes no time, however long it computes.
//!
//! | what | in the simulation |
//! |---|---|
//! | tasks, groups, scopes, shields, timeouts, locks, channels | as everywhere: they need no runtime, and the seed decides their races |
//! | `sleep`, deadlines, `current_time` | virtual time, which begins at zero in every run |
//! | blocking jobs (`run_in_thread`) | on threads that take turns with the tasks, at steps that the seed picks; [`takes`] says how long one takes; `max_blocking_threads` bounds how many are at work |
//! | portals | each call of a job is a step that the seed picks, in virtual time |
//! | TCP, UDP, Unix sockets, names | [within the run](#the-network), in memory, with bounded buffers and backlogs: nothing leaves the process |
//!
//! Nothing moves a moment: two tasks that wake at different moments always do so in that order. To try others, let a link have
//! [jitter](Link::latency), or let tasks wait for times that the program draws from a generator seeded by [`seed`].
//!
//! # The network
//!
//! A run has *hosts*: [`host`] makes one, with an IPv4 and an IPv6 address, loopback addresses, ports and Unix sockets of its own, and with
//! a name that the resolver knows. What [`Host::run`] runs is on that host, with all tasks it starts; other code is on `localhost`. The
//! calls are those of every program: nothing of the code under test knows.
//!
//! Within a host all is as on the loopback interface of a Linux machine, and takes no time. Between hosts there are *links*, which
//! [`Link`] describes: latency and jitter, bandwidth, and for datagrams loss, duplication and reordering. And there are *faults*, which begin and
//! end when the program says so: partitions, resets, ports that refuse or swallow, lookups that fail. All of it is in virtual time, to the
//! nanosecond, and what is left to chance the seed decides, apart from the order of tasks.
//!
//! ```
//! use easynet::{net::*, prelude::*, sim::{self, Link, host, network}, time::current_time};
//! use std::time::Duration;
//!
//! sim::run(7, async {
//!     let (web, db) = (host("web"), host("db"));
//!     db.ipv4_only();
//!     network().link(&web, &db, Link::new().latency(Duration::from_millis(10)));
//!     let listener = db.run(async { create_tcp_listeners("0.0.0.0", 5432).await.unwrap().remove(0) }).await;
//!     task_group!(|group| {
//!         let serve = listener.serve(&group.handle(), |mut stream| async move {
//!             let request = stream.recv(64).await?;
//!             Ok(stream.send_all(&request).await?)
//!         });
//!         let server = group.spawn(db.run(serve.into_future()));
//!         web.run(async {
//!             let begin = current_time();
//!             let mut stream = create_tcp_connection("db", 5432).await.unwrap();
//!             assert_eq!(current_time() - begin, Duration::from_millis(20)); // there, and back
//!             stream.send_all(b"a request").await.unwrap();
//!             assert_eq!(stream.recv(64).await.unwrap(), b"a request");
//!
//!             // Now nothing answers any more.
//!             network().partition(&host("web"), &host("db"));
//!             assert!(with_timeout!(5s, create_tcp_connection("db", 5432)).is_err());
//!         })
//!         .await;
//!         server.cancel();
//!     })
//!     .unwrap();
//! })
//! .unwrap();
//! ```
//!
//! How far it goes: TCP loses nothing, and what is sent waits in a partition until that is healed, for ever if need be; what has
//! not been received is bounded (64 KiB for each direction of a connection, 208 KiB for a UDP socket, ten datagrams for a Unix
//! socket), so that a slow reader holds the sender up, and sees UDP datagrams lost. Who connects gives up after 127 s. The path of a Unix socket is
//! a name of its host, and no file.
//!
//! # What is not simulated
//!
//! - **Sockets of the operating system**: `wrap_stream_socket` and its like are errors here. File descriptors do travel over Unix sockets.
//! - **Routes, packets, broadcast**: every host reaches every other unless a partition is between them; a message is what one call has sent.
//! - **Jobs that wait for tasks** by other means than a portal: a lock or a channel of std. Nothing else runs while a job does, so that one which
//!   waits in this way for what a task is to do waits for ever. A loop that asks whether it is cancelled lets others go first each time,
//!   but time passes only if it says so, by [`takes`].
//! - **Other crates' timers and sockets** (`tokio::time`, `tokio::net`): they want a runtime of their own. Most panic here; inside of a tokio
//!   runtime (`#[tokio::test]`) they never wake the simulation. What needs no runtime works: `tokio::sync`, `tokio::select!`, the channels and combinators of `futures`.
//! - **Real threads**: what they do is not decided by the seed. They may wake tasks and use group handles; a run that has nothing
//!   else to do waits for them if it is told to, by [`Simulation::wait_for_threads`].
//! - **Real time, random numbers, files, the addresses of values**: `Instant::now`, `SystemTime` and `rand::rng` are the machine's. A program
//!   asks `easynet::time::current_time`, and seeds its generator by [`seed`]. The order of a `HashMap` is the machine's too, unless
//!   its hasher is seeded.
//! - **The dice of other crates**: `tokio::select!` and `futures::select!` pick a branch at random unless told otherwise. Write `biased;`, or
//!   `select_biased!`, in code whose runs are to be the same each time.
//! - **Parallel execution**: two tasks never run at once, and are interleaved only where they await. A race between two threads
//!   within one poll is a matter for loom.
//!
//! # Finding a bug, and replaying it
//!
//! A service loads its configuration in one task and serves in another. "The loader was started first", so the configuration
//! is there when the server looks. On a runtime that takes tasks in turn this holds in every test; on several threads it fails
//! one morning. Here some seeds let the server go first:
//!
//! ```
//! use easynet::{prelude::*, sim::{Simulation, explore}};
//! use std::sync::{Arc, OnceLock};
//!
//! async fn service() {
//!     let config = Arc::new(OnceLock::new());
//!     task_group!(|group| {
//!         let (loaded, needed) = (config.clone(), config.clone());
//!         group.named("loader").start_soon(async move { loaded.set(8080).expect("it is loaded once") });
//!         group.named("server").start_soon(async move {
//!             let port = needed.get().expect("the loader was started first");
//!             assert_eq!(*port, 8080);
//!         });
//!     })
//!     .expect("nothing fails");
//! }
//!
//! // What `#[easynet::test(backend = "sim", seeds = 64)]` does.
//! let failing = explore(&Simulation::new(0), 0..64, service, |()| false).unwrap_err();
//! assert!(failing.to_string().contains("the loader was started first"));
//! ```
//!
//! As a test, this prints beside the panic:
//!
//! ```text
//! the test fails under seed 0; to run it under that seed alone:
//!     EASYNET_SEED=0 cargo test -p my-service the_service_serves -- --exact
//! with EASYNET_TRACE=1 in front of it, it prints each step
//! ```
//!
//! Under that seed it fails each time, in a debugger too. The trace shows the order that nobody had thought of:
//!
//! ```text
//! 0ns          step 1: task 1 `main`
//! 0ns            starts task 2 `loader`
//! 0ns            starts task 3 `server`
//! 0ns            waits for 2 tasks of the group
//! 0ns          step 2: task 3 `server`
//! 0ns            task 3 `server` panics
//! ```
//!
//! The mend says what the server needs, and is good under every seed:
//!
//! ```
//! # use easynet::{prelude::*, sim::{Simulation, explore}};
//! # use std::sync::{Arc, OnceLock};
//! async fn service() {
//!     let config = Arc::new(OnceLock::new());
//!     task_group!(|group| {
//!         let (loaded, needed) = (config.clone(), config.clone());
//!         let loader = group.named("loader").spawn_value(async move { loaded.set(8080).expect("it is loaded once") });
//!         loader.join().await.expect("it returns");
//!         group.named("server").start_soon(async move { assert_eq!(needed.get(), Some(&8080)) });
//!     })
//!     .expect("nothing fails");
//! }
//! explore(&Simulation::new(0), 0..64, service, |()| false).unwrap();
//! ```
//!
//! `EASYNET_SEEDS=100000` looks further than the seeds in the code; `EASYNET_SEEDS=100000..200000` further still.
//!
//! # When nothing goes on
//!
//! A run in which nothing can run and no timer is set ends with an error that says so in words: the tree of groups, tasks and open scopes,
//! and what each task waits for. So does one that takes more steps than [`Simulation::step_limit`], and one that ends while a
//! task, a guard or a timer of the backend is left. (A sleep that is forgotten holds nothing but memory: a task has one timer, which
//! ends with it.)
//!
//! ```
//! use easynet::{prelude::*, sim, time::sleep_forever};
//!
//! let error = sim::run(1, async {
//!     task_group!(|group| {
//!         let reader = group.named("reader").spawn_value(async { sleep_forever().await });
//!         group.named("closer").start_soon(async move { with_timeout!(1s, { shield!({ reader.wait().await }) }).unwrap() });
//!     })
//! })
//! .map(drop)
//! .unwrap_err();
//! assert!(error.is_deadlock());
//! let report = error.to_string();
//! assert!(report.contains("waits for the end of task 2 `reader`"));
//! ```
//!
//! ```text
//! deadlock: nothing can run, and no timer is set (seed 1, step 5, virtual time 1s)
//! task 1 `main`, started at src/main.rs:3:13
//! └─ group opened at src/main.rs:4:5, 2 tasks left
//!    ├─ waits for 2 tasks of the group
//!    ├─ task 2 `reader`, started at src/main.rs:5:44
//!    │  └─ sleeps until it is cancelled
//!    └─ task 3 `closer`, started at src/main.rs:6:31
//!       └─ scope, deadline at 1s, cancelled
//!          └─ shield
//!             └─ waits for the end of task 2 `reader`
//! ```
//!
//! To see where they stand, each task is polled once more. A future that goes on then, though nothing had woken it, has lost a waker,
//! and the report says that too.
//!
//! # Cancelled everywhere
//!
//! [`cancel_at_every_await`] runs a program once for each of its suspension points, in whichever task, cancelled there, and reports
//! the first at which an invariant fails; [`cancel_at`] runs that one alone. An await that need not wait, such as a lock that nobody
//! holds, is no suspension point: let tasks contend for what is to be tested.

mod backend;
mod environment;
mod error;
mod every_await;
mod explore;
mod host;
mod job;
mod link;
mod lock;
mod net;
mod network;
mod plan;
mod report;
mod run;
mod scheduler;
mod simulation;
mod trace;
mod watch;

#[cfg(unix)]
pub use self::net::{
    SimUnixDatagramEndpoint, SimUnixDatagramListener, SimUnixDatagramReadHalf, SimUnixDatagramSender,
    SimUnixDatagramWriteHalf, SimUnixListener, SimUnixReadHalf, SimUnixStream, SimUnixWriteHalf,
};
pub use self::{
    backend::SimBackend,
    error::SimulationError,
    every_await::{Cut, InvariantError, cancel_at, cancel_at_every_await},
    explore::{FailingSeed, Seeds, explore},
    host::{Host, host},
    job::takes,
    link::{Latency, Link},
    net::{
        SimAddress, SimDatagramEndpoint, SimDatagramListener, SimDatagramReadHalf, SimDatagramSender,
        SimDatagramWriteHalf, SimListener, SimReadHalf, SimStream, SimTcpListener, SimTcpReadHalf,
        SimTcpStream, SimTcpWriteHalf, SimUdpEndpoint, SimUdpListener, SimUdpReadHalf, SimUdpSender,
        SimUdpWriteHalf, SimWriteHalf,
    },
    network::{Network, network},
    plan::Schedule,
    scheduler::timers::SimTimer,
    simulation::{Simulation, run, seed},
};

/// The moment at which every simulation begins.
///
/// Which moment it is does not matter, as nobody can tell two of them apart; it is one for the whole process, so that
/// moments of one simulation can be compared with what was noted outside of it.
fn epoch() -> std::time::Instant {
    static EPOCH: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    *EPOCH.get_or_init(std::time::Instant::now)
}
