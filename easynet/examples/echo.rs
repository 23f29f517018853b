#![forbid(unsafe_code)]
//! The main job: an echo service on real sockets, and clients that drive it.
//!
//! ```text
//! cargo run --release --example echo                              # both, in this process
//! cargo run --release --example echo -- --listen 127.0.0.1:7000   # only serve: try `nc 127.0.0.1 7000`
//! cargo run --release --example echo -- --connect 127.0.0.1:7000  # only drive
//! ```

mod echo {
    pub(crate) mod arguments;
    pub(crate) mod progress;
    pub(crate) mod signals;
    pub(crate) mod statistics;
    pub(crate) mod tally;
}

use std::{io, process::ExitCode, sync::Arc, time::Instant};

use easynet::{
    BoxError,
    cancel::{catch_cancelled, open_cancel_scope},
    net::{TcpListener, TcpStream, create_tcp_connection, create_tcp_listeners},
    prelude::*,
};
use futures::{AsyncReadExt as _, FutureExt as _};

use self::echo::{
    arguments::{Arguments, Load, Place, describe},
    progress,
    signals::Signals,
    statistics::Statistics,
    tally::Tally,
};

#[easynet::main(backend = "tokio")]
async fn main() -> ExitCode {
    let arguments = Arguments::of_command_line();
    let done = match (arguments.listen, arguments.connect) {
        (Some(place), _) => listen(place).await,
        (None, Some(place)) => connect(place, arguments.load).await,
        (None, None) => both(arguments.load).await,
    };
    let Err(error) = done else {
        return ExitCode::SUCCESS;
    };
    eprintln!("error: {}", describe(&*error));
    ExitCode::from(2)
}

/// Serves and drives: the service is stopped when the clients have had their time.
async fn both(load: Load) -> Result<(), BoxError> {
    let listeners = create_tcp_listeners("127.0.0.1", 0).await?;
    let place = Place::from(listeners[0].local_address()?);
    println!("an echo service on {place}");

    let (stop, tally) = (open_cancel_scope(), Tally::default());
    let statistics = task_group!(|group| {
        let service = serve(listeners, stop.clone(), tally.clone());
        group.named("service").start_soon(tally.count(service));
        let statistics = drive(&place, &load, &tally).await?;
        stop.cancel();
        statistics
    })?;
    // The group has ended, and so has everything that was started in it.
    println!("{statistics}\n{tally}");
    Ok(())
}

/// Only drives.
async fn connect(place: Place, load: Load) -> Result<(), BoxError> {
    let tally = Tally::default();
    let statistics = drive(&place, &load, &tally).await?;
    println!("{statistics}\n{tally}");
    Ok(())
}

/// Only serves, until a signal stops it.
async fn listen(place: Place) -> Result<(), BoxError> {
    let signals = Signals::new()?;
    let listeners = create_tcp_listeners(place.hosts(), place.port).await?;
    for listener in &listeners {
        println!("listening on {}", listener.local_address()?);
    }

    let (stop, tally) = (open_cancel_scope(), Tally::default());
    task_group!(|group| {
        let watch = group.spawn_value(tally.count(stop_on_signal(signals, stop.clone())));
        serve(listeners, stop, tally.clone()).await?;
        watch.cancel();
    })?;
    println!("{tally}");
    Ok(())
}

/// The first signal stops the service, which drains then; a second one ends the process at once.
async fn stop_on_signal(mut signals: Signals, stop: CancelScope) {
    signals.next().await;
    println!("stopping; a second signal exits at once");
    stop.cancel();
    signals.next().await;
    std::process::exit(130)
}

/// Serves until `stop` is cancelled, and returns when every connection has ended.
async fn serve(listeners: Vec<TcpListener>, stop: CancelScope, tally: Tally) -> Result<(), TaskGroupError> {
    let serving = stop.run(async {
        task_group!(|group| {
            for listener in listeners {
                let connections = tally.clone();
                // A connection that breaks is no reason to end the others.
                let handler = move |stream| connections.count(talk(stream).map(|_| Ok(())));
                let accepting = listener.serve(&group.handle(), handler);
                group.named("accept").start_soon(tally.count(accepting));
            }
        })
    });
    serving.await.unwrap_or(Ok(()))
}

/// One connection: sends back what it receives, until the client has enough or the service is stopped.
async fn talk(mut stream: TcpStream) -> io::Result<()> {
    let mut idle = true;
    let talked = catch_cancelled(async {
        let mut buffer = [0; 16 * 1024];
        loop {
            idle = true;
            let n = with_timeout!(5min, stream.recv_into(&mut buffer))??;
            if n == 0 {
                break Ok(());
            }
            idle = false;
            stream.send_all(&buffer[..n]).await?;
        }
    });
    match talked.await {
        Ok(ended) => ended,
        // Cancelled, and the conversation has been dropped. The shield leaves time for a last word, though not for ever.
        Err(_) if idle => shield!({
            move_on_after!(1s, { stream.send_all(b"goodbye\n").await? });
            stream.aclose().await
        }),
        Err(_) => Ok(()),
    }
}

/// Lets clients talk to the service for a while, and tells how it went.
async fn drive(place: &Place, load: &Load, tally: &Tally) -> Result<Statistics, BoxError> {
    let mut streams = Vec::new();
    for _ in 0..load.clients {
        let connecting = create_tcp_connection(&place.host, place.port);
        streams.push(with_timeout!(5s, connecting)??);
    }
    println!("{load}");
    let statistics = Arc::new(Statistics::new());
    move_on_after!(load.duration, {
        task_group!(|clients| {
            for (number, stream) in streams.into_iter().enumerate() {
                let client = client(stream, load.message_size, statistics.clone());
                let name = format!("client {number}");
                clients.named(name).start_soon(tally.count(client));
            }
            progress::show(&statistics, load.duration).await
        })?
    });
    let statistics = Arc::into_inner(statistics).expect("the clients have ended");
    Ok(statistics.finish())
}

/// Sends messages for ever, each when the one before has come back.
async fn client(mut stream: TcpStream, message_size: usize, statistics: Arc<Statistics>) -> io::Result<()> {
    // Adds to the statistics what it has seen when it is dropped: when the time is up.
    let mut latencies = statistics.record();
    let (message, mut reply) = (vec![b'x'; message_size], vec![0; message_size]);
    loop {
        let sent = Instant::now();
        stream.send_all(&message).await?;
        stream.read_exact(&mut reply).await?;
        latencies.add(sent.elapsed());
    }
}
