//! `http`, with curl and by hand.

use std::io::{Read, Write};

use super::example::{Example, run};

#[test]
fn curl_gets_an_answer_and_keeps_the_connection() {
    let example = Example::start("http", &[]);
    let url = |path: &str| format!("http://{}{path}", example.address);
    let output = run(
        "curl",
        &["-sS", "--max-time", "30", &url("/one"), &url("/two")],
        b"",
    );
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        text,
        "GET /one\nGET /two\n",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    example.end();
}

#[test]
fn a_bad_request_hurts_nobody_else() {
    let example = Example::start("http", &[]);
    let mut bad = example.connect();
    bad.write_all(b"no http at all\r\n\r\n").unwrap();
    let mut text = String::new();
    bad.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 400"), "{text}");
    let mut good = example.connect();
    good.write_all(b"GET /good HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut text = String::new();
    good.read_to_string(&mut text).unwrap();
    assert!(text.ends_with("GET /good\n"), "{text}");
    example.end();
}

/// An idle connection, kept alive, does not keep the server; and what was asked for is answered.
#[test]
fn it_ends_gracefully() {
    let mut example = Example::start("http", &[]);
    let mut idle = example.connect();
    idle.write_all(b"GET /first HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = [0; 12];
    idle.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    example.terminate();
    let mut rest = Vec::new();
    idle.read_to_end(&mut rest).unwrap();
    assert!(example.wait().success());
}
