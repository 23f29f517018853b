//! Each method of the network, cancelled at every suspension point: what its documentation says is kept, is kept.
//!
//! What is cancelled is one end; the other is a task outside, so that it strikes while the peer is anywhere too.

mod accepting;
mod closing;
mod datagrams;
mod descriptors;
mod opening;
mod receiving;
mod sending;
mod serving;
mod serving_datagrams;
mod unix_names;

use easynet::sim::{Cut, Schedule, Simulation, cancel_at_every_await};

use super::*;

/// Under how many seeds each program runs, in each schedule.
const SEEDS: u64 = 4;

/// Cancels a program at each of its points, in several orders. Nothing of it may be left, sockets included.
fn at_every_await<F>(program: impl Fn(Cut) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let program = |cut| {
        // Boxed: they grow with each layer of the tests.
        let program = Box::pin(program(cut));
        async move {
            program.await;
            assert_eq!(network().sockets(), 0, "a socket is left");
        }
    };
    for schedule in [Schedule::Uniform, Schedule::pct()] {
        for seed in 0..SEEDS {
            let simulation = Simulation::new(seed).schedule(schedule);
            let points =
                cancel_at_every_await(&simulation, program).unwrap_or_else(|error| panic!("{error}"));
            assert!(points >= 2, "it never waits: {points} points");
        }
    }
}

/// The two ends of a connection within a host.
async fn near() -> (TcpStream, TcpStream) {
    let mut listener = create_tcp_listeners("127.0.0.1", 80).await.unwrap().remove(0);
    let client = create_tcp_connection("127.0.0.1", 80).await.unwrap();
    let (server, _) = listener.accept().await.unwrap();
    (client, server)
}

/// The two ends of a connection between hosts.
async fn far() -> (TcpStream, TcpStream) {
    let (_, _, client, server) = pair(wire()).await;
    (client, server)
}

/// The two ends of a Unix connection.
async fn unix() -> (UnixStream, UnixStream) {
    let mut listener = create_unix_stream_listener("/pair").await.unwrap();
    let client = create_unix_stream_connection("/pair").await.unwrap();
    let (server, _) = listener.accept().await.unwrap();
    (client, server)
}

/// What is between the hosts.
fn wire() -> Link {
    Link::new().latency(ms(1)..=ms(3))
}

/// Runs a program on connections of each kind.
macro_rules! on_each_wire {
    ($program:expr) => {{
        at_every_await(|cut| async move {
            let (client, server) = near().await;
            ($program)(cut, client, server).await
        });
        at_every_await(|cut| async move {
            let (client, server) = far().await;
            ($program)(cut, client, server).await
        });
        at_every_await(|cut| async move {
            let (client, server) = unix().await;
            ($program)(cut, client, server).await
        });
    }};
}
use on_each_wire;

/// Bytes that show where they come from. None of them is [`LAST`].
fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n % 251) as u8).collect()
}

const LAST: u8 = 255;

/// Receives up to the end, a little at a time.
async fn slowly<R: AsyncStreamReadTransport>(mut reader: R, at_once: usize) -> Vec<u8> {
    let mut received = Vec::new();
    loop {
        let piece = reader.recv(at_once).await.unwrap();
        if piece.is_empty() {
            return received;
        }
        received.extend(piece);
        easynet::time::sleep(ms(1)).await;
    }
}
