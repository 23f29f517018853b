//! A TCP proxy: with a time to connect, a time to be silent, and a time to end.
//!
//! ```sh
//! cargo run --release --example proxy -- 127.0.0.1:7001 localhost:7000
//! ```
//!
//! The end of one direction is passed on, and the other goes on. On Ctrl-C or SIGTERM no more connections are taken, and those
//! that are open have ten seconds to come to their end.

#[path = "echo/signals.rs"]
mod signals;

use std::{env, io, net::SocketAddr, time::Duration};

use easynet::{BoxError, net::*, prelude::*};
use signals::Signals;

const CONNECT: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_secs(60);
const DRAIN: Duration = Duration::from_secs(10);

/// Passes bytes on in one direction, and its end; each byte puts the end of the patience off.
async fn pass(mut from: TcpReadHalf, mut to: TcpWriteHalf, patience: &CancelScope) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let n = from.recv_into(&mut buffer).await?;
        patience.reschedule_after(idle());
        if n == 0 {
            return to.send_eof().await;
        }
        to.send_all(&buffer[..n]).await?;
    }
}

async fn serve(client: TcpStream, (host, port): (String, u16)) -> Result<(), BoxError> {
    let server = with_timeout!(CONNECT, create_tcp_connection(&host, port))??;
    let ((client_read, client_write), (server_read, server_write)) = (client.split(), server.split());
    with_timeout!(idle(), |patience| {
        try_gather!(
            pass(client_read, server_write, patience),
            pass(server_read, client_write, patience)
        )
    })??;
    Ok(())
}

fn idle() -> Duration {
    let seconds = env::var("PROXY_IDLE_MS").ok().and_then(|ms| ms.parse().ok());
    seconds.map_or(IDLE, Duration::from_millis)
}

#[easynet::main(backend = "tokio")]
async fn main() -> Result<(), BoxError> {
    let usage = "usage: proxy LISTEN_ADDRESS:PORT UPSTREAM_HOST:PORT";
    let (listen, upstream) = (env::args().nth(1).ok_or(usage)?, env::args().nth(2).ok_or(usage)?);
    let (host, port) = upstream.rsplit_once(':').ok_or(usage)?;
    let (listen, upstream): (SocketAddr, _) = (listen.parse()?, (host.to_owned(), port.parse::<u16>()?));
    let mut signals = Signals::new()?;
    let listener = create_tcp_listeners(listen.ip(), listen.port()).await?.remove(0);
    println!("listening on {}", listener.local_address()?);
    cancel_scope!(|scope| {
        task_group!(|group| {
            let accept = listener.serve(&group.handle(), move |client| {
                let upstream = upstream.clone();
                async move {
                    if let Err(error) = serve(client, upstream).await {
                        eprintln!("a connection failed: {error}");
                    }
                    Ok(())
                }
            });
            let closer = accept.closer();
            group.named("accept").spawn_value(accept);
            signals.next().await;
            closer.close();
            scope.reschedule_after(DRAIN);
        })
    })
    .transpose()?;
    Ok(())
}
