//! An HTTP server: hyper on easynet's listeners.
//!
//! ```sh
//! cargo run --release --example http -- 127.0.0.1:8080
//! curl http://127.0.0.1:8080/anything
//! ```
//!
//! On Ctrl-C or SIGTERM it takes no more connections, answers the requests at hand and on their way, and ends.

#[path = "echo/signals.rs"]
mod signals;

use std::{convert::Infallible, net::SocketAddr, pin::pin, time::Duration};

use easynet::{BoxError, net::*, prelude::*};
use http_body_util::Full;
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use signals::Signals;
use tokio::sync::watch;

/// How long a client may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(10);

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let text = format!("{} {}\n", request.method(), request.uri().path());
    Ok(Response::new(Full::new(text.into())))
}

/// Serves one connection, to its end or until it is told to stop; then the request at hand is the last.
async fn talk(stream: TcpStream, mut stop: watch::Receiver<bool>) -> hyper::Result<()> {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service_fn(answer)));
    let told = async { drop(stop.wait_for(|stop| *stop).await) };
    race!(connection.as_mut(), |ended| return ended, told, |()| ());
    // What is on its way by now is answered too.
    move_on_after!(250ms, { return connection.as_mut().await });
    connection.as_mut().graceful_shutdown();
    connection.await
}

#[easynet::main(backend = "tokio")]
async fn main() -> Result<(), BoxError> {
    let address: SocketAddr = std::env::args()
        .nth(1)
        .unwrap_or("127.0.0.1:8080".into())
        .parse()?;
    let mut signals = Signals::new()?;
    let listener = create_tcp_listeners(address.ip(), address.port())
        .await?
        .remove(0);
    println!("listening on {}", listener.local_address()?);
    let (stop, stopped) = watch::channel(false);
    task_group!(|group| {
        let serve = listener.serve(&group.handle(), move |stream| {
            let stopped = stopped.clone();
            async move {
                if let Err(error) = talk(stream, stopped).await {
                    eprintln!("a connection failed: {error}"); // The others go on.
                }
                Ok(())
            }
        });
        let closer = serve.closer();
        group
            .named("accept")
            .start_soon(async { serve.await.or_else(only_closed) });
        signals.next().await;
        closer.close();
        stop.send_replace(true);
    })?;
    Ok(())
}

fn only_closed(error: std::io::Error) -> std::io::Result<()> {
    if Closed::is(&error) { Ok(()) } else { Err(error) }
}
