//! rustfmt formats the content of every macro: what is written on one line, in any spacing, comes out like any Rust.
#![forbid(unsafe_code)]

use std::{
    io::Write,
    process::{Command, Stdio},
};

/// What `rustfmt` makes of the body of a function.
fn formatted(body: &str) -> String {
    let source = format!("async fn f() {{ {body} }}");
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--quiet", "--config", "max_width=80"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("rust-toolchain.toml names the component rustfmt");
    let mut input = rustfmt.stdin.take().expect("it is piped");
    input.write_all(source.as_bytes()).expect("rustfmt reads");
    drop(input);
    let output = rustfmt.wait_with_output().expect("rustfmt ends");
    assert!(output.status.success(), "rustfmt does not take `{body}`");
    let output = String::from_utf8(output.stdout).expect("it is text");
    let lines = output.lines().filter(|line| line.starts_with("    "));
    lines.map(|line| format!("{}\n", &line[4..])).collect()
}

#[track_caller]
fn assert_formats(body: &str, expected: &str) {
    assert_eq!(formatted(body), expected.trim_start_matches('\n'));
}

#[test]
fn a_group() {
    assert_formats(
        "task_group!(|group|{group.start_soon( work( ) );if x{return Ok(1)}})?;",
        "
task_group!(|group| {
    group.start_soon(work());
    if x {
        return Ok(1);
    }
})?;
",
    );
    assert_formats(
        "task_group!(|group:TaskGroup<MyError>|{group.start_soon(work());})?;",
        "
task_group!(|group: TaskGroup<MyError>| {
    group.start_soon(work());
})?;
",
    );
}

#[test]
fn timeouts() {
    assert_formats(
        "let n=with_timeout!(30s,{stream.recv_into(&mut line).await?})?;",
        "
let n = with_timeout!(30s, { stream.recv_into(&mut line).await? })?;
",
    );
    assert_formats(
        "move_on_after!(250ms,|scope|{scope.cancel();work().await});",
        "
move_on_after!(250ms, |scope| {
    scope.cancel();
    work().await
});
",
    );
    assert_formats(
        "with_timeout!(5s,client.send( message ))?;",
        "
with_timeout!(5s, client.send(message))?;
",
    );
    for name in ["with_deadline", "move_on_at"] {
        assert_formats(
            &format!("{name}!(start+limit,{{work().await;more().await}});"),
            &format!(
                "
{name}!(start + limit, {{
    work().await;
    more().await
}});
"
            ),
        );
    }
}

#[test]
fn scopes_shields_and_catches() {
    for name in ["shield", "catch_cancelled"] {
        assert_formats(
            &format!("{name}!({{work().await;more().await}});"),
            &format!(
                "
{name}!({{
    work().await;
    more().await
}});
"
            ),
        );
    }
    assert_formats(
        "cancel_scope!(|scope|{keep(scope.clone());work().await});",
        "
cancel_scope!(|scope| {
    keep(scope.clone());
    work().await
});
",
    );
}

#[test]
fn several_at_once() {
    assert_formats(
        "let(a,b)=gather!(first( 1 ),second(2));",
        "
let (a, b) = gather!(first(1), second(2));
",
    );
    assert_formats(
        "race!(stream.recv_into(&mut buffer),|received|{let n=received?;total+=n;},sleep(delay),|_|break,);",
        "
race!(
    stream.recv_into(&mut buffer),
    |received| {
        let n = received?;
        total += n;
    },
    sleep(delay),
    |_| break,
);
",
    );
}

#[test]
fn macros_in_macros() {
    assert_formats(
        "task_group!(|group|{with_timeout!(5s,{shield!({work().await;more().await})})?;})?;",
        "
task_group!(|group| {
    with_timeout!(5s, {
        shield!({
            work().await;
            more().await
        })
    })?;
})?;
",
    );
}
