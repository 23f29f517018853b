//! Accepting: a connection that was not returned still waits.

use easynet::{task_group, time::sleep};

use super::*;

const CLIENTS: u8 = 4;

/// A client that says who it is, and is told the same.
async fn ask<S: AsyncStreamTransport>(mut stream: S, own: u8) {
    stream.send_all(&[own]).await.unwrap();
    assert_eq!(stream.recv(8).await.unwrap(), [own]);
}

async fn accept<L: AsyncListener>(listener: &mut L, accepted: &mut Vec<L::Stream>) {
    while accepted.len() < CLIENTS.into() {
        accepted.push(listener.accept().await.unwrap().0);
    }
}

async fn program<L, F>(cut: Cut, mut listener: L, connect: impl Fn() -> F)
where
    L: AsyncListener,
    F: Future<Output = L::Stream> + Send + 'static,
{
    let mut accepted = Vec::new();
    task_group!(|group| {
        for own in 0..CLIENTS {
            let connect = connect();
            group.start_soon(async move {
                sleep(ms(u64::from(own) / 2)).await;
                ask(connect.await, own).await;
            });
        }
        cut.run(accept(&mut listener, &mut accepted)).await;
        accept(&mut listener, &mut accepted).await;
        let mut asked = Vec::new();
        for mut stream in accepted {
            let own = stream.recv(8).await.unwrap();
            stream.send_all(&own).await.unwrap();
            asked.extend(own);
            assert_eq!(stream.recv(8).await.unwrap(), b"");
        }
        asked.sort_unstable();
        assert_eq!(asked, Vec::from_iter(0..CLIENTS), "each once");
    })
    .unwrap();
}

/// The backlog has room for one, so that others wait for it.
#[test]
fn a_connection_within_a_host_that_was_not_accepted_waits() {
    at_every_await(|cut| async move {
        let open = create_tcp_listeners("127.0.0.1", 80).backlog(1);
        let listener = open.await.unwrap().remove(0);
        program(cut, listener, || async {
            create_tcp_connection("127.0.0.1", 80).await.unwrap()
        })
        .await;
    });
}

#[test]
fn a_connection_between_hosts_that_was_not_accepted_waits() {
    at_every_await(|cut| async move {
        let (a, b) = linked(wire());
        let open = create_tcp_listeners("0.0.0.0", 80).backlog(2);
        let listener = b.run(async { open.await.unwrap().remove(0) }).await;
        program(cut, listener, move || {
            let (a, b) = (a.clone(), b.clone());
            async move { connect(&a, &b, 80).await.unwrap() }
        })
        .await;
    });
}

#[test]
fn a_unix_connection_that_was_not_accepted_waits() {
    at_every_await(|cut| async move {
        let listener = create_unix_stream_listener("/path").backlog(1).await.unwrap();
        program(cut, listener, || async {
            create_unix_stream_connection("/path").await.unwrap()
        })
        .await;
    });
}
