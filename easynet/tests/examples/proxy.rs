//! `proxy`, between sockets of std.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
};

use super::example::Example;

/// A proxy, and what is behind it.
fn start(variables: &[(&str, &str)]) -> (Example, TcpListener) {
    let upstream = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = upstream.local_addr().unwrap().to_string();
    (Example::start_with("proxy", &[&address], variables), upstream)
}

fn pair(example: &Example, upstream: &TcpListener) -> (TcpStream, TcpStream) {
    let client = example.connect();
    let (server, _) = upstream.accept().unwrap();
    server.set_read_timeout(Some(super::example::PATIENCE)).unwrap();
    (client, server)
}

#[test]
fn both_directions_are_passed_on_and_each_has_its_own_end() {
    let (example, upstream) = start(&[]);
    let (mut client, mut server) = pair(&example, &upstream);
    client.write_all(b"request").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut text = String::new();
    server.read_to_string(&mut text).unwrap();
    assert_eq!(text, "request");
    // The other direction is open.
    server.write_all(b"answer").unwrap();
    drop(server);
    text.clear();
    client.read_to_string(&mut text).unwrap();
    assert_eq!(text, "answer");
    example.end();
}

#[test]
fn much_is_passed_on_whole() {
    let (example, upstream) = start(&[]);
    let (mut client, mut server) = pair(&example, &upstream);
    let data: Vec<u8> = (0..3_000_000u32).map(|byte| byte as u8).collect();
    let sent = data.clone();
    let writer = std::thread::spawn(move || {
        client.write_all(&sent).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        client
    });
    let mut received = Vec::new();
    server.read_to_end(&mut received).unwrap();
    assert!(received == data);
    writer.join().unwrap();
    drop(server);
    example.end();
}

#[test]
fn silence_ends_a_connection() {
    let (example, upstream) = start(&[("PROXY_IDLE_MS", "100")]);
    let (mut client, mut server) = pair(&example, &upstream);
    // The proxy closes both.
    assert_eq!(client.read(&mut [0; 8]).unwrap(), 0);
    assert_eq!(server.read(&mut [0; 8]).unwrap(), 0);
    example.end();
}

#[test]
fn nobody_behind_it_ends_that_connection_only() {
    let (example, upstream) = start(&[]);
    let address = upstream.local_addr().unwrap();
    drop(upstream);
    let mut client = example.connect();
    match client.read(&mut [0; 8]) {
        Ok(read) => assert_eq!(read, 0),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
    let upstream = TcpListener::bind(address).unwrap();
    let (mut client, mut server) = pair(&example, &upstream);
    client.write_all(b"x").unwrap();
    server.read_exact(&mut [0]).unwrap();
    drop((client, server));
    example.end();
}

#[test]
fn open_connections_are_drained() {
    let (mut example, upstream) = start(&[]);
    let (mut client, mut server) = pair(&example, &upstream);
    client.write_all(b"before").unwrap();
    server.read_exact(&mut [0; 6]).unwrap();
    example.terminate();
    // It takes no more: sooner or later, since the signal is on its way.
    while TcpStream::connect(example.address).is_ok() {
        std::thread::yield_now();
    }
    server.write_all(b"after").unwrap();
    client.read_exact(&mut [0; 5]).unwrap();
    drop((client, server));
    assert!(example.wait().success());
}
