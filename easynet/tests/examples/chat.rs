//! `chat`, with sockets of std.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
};

use socket2::{Domain, Socket, Type};

use super::example::Example;

struct Client {
    lines: BufReader<TcpStream>,
    stream: TcpStream,
}

impl Client {
    fn join(example: &Example) -> Self {
        let stream = example.connect();
        let lines = BufReader::new(stream.try_clone().unwrap());
        let mut client = Self { lines, stream };
        assert_eq!(client.hear().unwrap(), "welcome");
        client
    }

    fn say(&mut self, line: &str) {
        writeln!(self.stream, "{line}").unwrap();
    }

    /// The next line, without who said it; none at the end.
    fn hear(&mut self) -> Option<String> {
        let mut line = String::new();
        if self.lines.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        let (_, said) = line.trim_end().split_once(": ").unwrap();
        Some(said.to_owned())
    }
}

#[test]
fn a_line_goes_to_all_others() {
    let example = Example::start("chat", &[]);
    let mut first = Client::join(&example);
    // Who comes is told to those who are there: it is in.
    let mut second = Client::join(&example);
    assert_eq!(first.hear().unwrap(), "is here");
    let mut third = Client::join(&example);
    assert_eq!(first.hear().unwrap(), "is here");
    assert_eq!(second.hear().unwrap(), "is here");
    second.say("hello");
    assert_eq!(first.hear().unwrap(), "hello");
    assert_eq!(third.hear().unwrap(), "hello");
    third.say("bye");
    drop(third);
    for client in [&mut first, &mut second] {
        assert_eq!(client.hear().unwrap(), "bye");
        assert_eq!(client.hear().unwrap(), "is gone");
    }
    example.end();
}

#[test]
fn a_line_that_is_too_long_puts_its_author_out() {
    let example = Example::start("chat", &[]);
    let mut first = Client::join(&example);
    let mut second = Client::join(&example);
    assert_eq!(first.hear().unwrap(), "is here");
    second.say(&"x".repeat(5_000));
    assert_eq!(first.hear().unwrap(), "is gone");
    first.say("still there?");
    let mut third = Client::join(&example);
    assert_eq!(first.hear().unwrap(), "is here");
    third.say("yes");
    assert_eq!(first.hear().unwrap(), "yes");
    example.end();
}

/// Who does not read is put out, and the others are not held up.
#[test]
fn who_does_not_read_is_put_out() {
    let example = Example::start("chat", &[]);
    let mut talker = Client::join(&example);
    // Little room of its own; that of the server's kernel is a few megabytes.
    let deaf = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    deaf.set_recv_buffer_size(4096).unwrap();
    deaf.connect(&example.address.into()).unwrap();
    assert_eq!(talker.hear().unwrap(), "is here");
    let mut listener = Client::join(&example);
    assert_eq!(talker.hear().unwrap(), "is here");
    let line = "y".repeat(1_000);
    // More than any buffer between them has room for.
    let mut put_out = false;
    for _ in 0..8_000 {
        talker.say(&line);
        let heard = listener.hear().unwrap();
        if heard == "is gone" {
            put_out = true;
            assert_eq!(listener.hear().unwrap(), line);
        } else {
            assert_eq!(heard, line);
        }
    }
    if !put_out {
        assert_eq!(listener.hear().unwrap(), "is gone");
    }
    example.end();
}
