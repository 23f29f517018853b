//! `tls_echo`, with openssl.

use std::io::{Read, Write};

use super::example::{Example, run};

#[test]
fn openssl_gets_its_line_back() {
    let example = Example::start("tls_echo", &[]);
    let address = example.address.to_string();
    let output = run(
        "openssl",
        &["s_client", "-quiet", "-no_ign_eof", "-connect", &address],
        b"hello over tls\n",
    );
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        text,
        "hello over tls\n",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    example.end();
}

#[test]
fn a_failed_handshake_hurts_nobody_else() {
    let example = Example::start("tls_echo", &[]);
    let mut bad = example.connect();
    bad.write_all(b"no tls at all, but long enough to be read as a record")
        .unwrap();
    let _ = bad.read_to_end(&mut Vec::new());
    let address = example.address.to_string();
    let output = run(
        "openssl",
        &["s_client", "-quiet", "-no_ign_eof", "-connect", &address],
        b"still there\n",
    );
    assert_eq!(String::from_utf8_lossy(&output.stdout), "still there\n");
    example.end();
}

#[test]
fn it_ends_with_open_connections() {
    let example = Example::start("tls_echo", &[]);
    let mut silent = example.connect();
    example.end();
    let _ = silent.read_to_end(&mut Vec::new());
}
