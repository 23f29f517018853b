//! A chat: each line that somebody writes goes to all others.
//!
//! ```sh
//! cargo run --release --example chat -- 127.0.0.1:7002
//! nc 127.0.0.1 7002
//! ```
//!
//! Who does not read has room for some lines; when there is no more, he is put out, and nobody waits for him.

#[path = "echo/signals.rs"]
mod signals;

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use easynet::{BoxError, net::*, prelude::*};
use futures::{SinkExt, StreamExt};
use signals::Signals;
use tokio::sync::mpsc::{self, Sender};
use tokio_util::codec::{Framed, LinesCodec};

/// How many lines may wait for a client, how many bytes one may have, and how long a client may take for it.
const ROOM: usize = 64;
const LENGTH: usize = 1024;
const PATIENCE: Duration = Duration::from_secs(5);

/// Who is there, and where their lines go.
#[derive(Clone, Default)]
struct Room(Arc<Mutex<HashMap<SocketAddr, Sender<Arc<str>>>>>);

impl Room {
    fn all(&self) -> MutexGuard<'_, HashMap<SocketAddr, Sender<Arc<str>>>> {
        self.0.lock().expect("nobody panics in here")
    }

    /// Gives a line to all others; who has no room for it is put out.
    fn tell(&self, from: SocketAddr, line: &str) {
        let line: Arc<str> = format!("{from}: {line}").into();
        self.all()
            .retain(|to, lines| *to == from || lines.try_send(line.clone()).is_ok());
    }
}

async fn chat(stream: TcpStream, room: Room) -> Result<(), BoxError> {
    let own = stream.peer_address()?;
    let (lines, mut inbox) = mpsc::channel(ROOM);
    lines.try_send("chat: welcome".into())?;
    room.all().insert(own, lines);
    let (mut write, mut read) = Framed::new(stream, LinesCodec::new_with_max_length(LENGTH)).split();
    room.tell(own, "is here");
    let reading = async {
        while let Some(line) = read.next().await {
            room.tell(own, &line?);
        }
        Ok(())
    };
    let writing = async {
        while let Some(line) = inbox.recv().await {
            with_timeout!(PATIENCE, write.send(line))??;
        }
        Ok(())
    };
    let ended: Result<(), BoxError> = race!(reading, writing);
    room.all().remove(&own);
    room.tell(own, "is gone");
    ended
}

#[easynet::main(backend = "tokio")]
async fn main() -> Result<(), BoxError> {
    let address: SocketAddr = std::env::args()
        .nth(1)
        .unwrap_or("127.0.0.1:7002".into())
        .parse()?;
    let (mut signals, room) = (Signals::new()?, Room::default());
    let listener = create_tcp_listeners(address.ip(), address.port())
        .await?
        .remove(0);
    println!("listening on {}", listener.local_address()?);
    let serve = listener.serve_in_private_group(|stream| {
        let room = room.clone();
        async move {
            if let Err(error) = chat(stream, room).await {
                eprintln!("a connection failed: {error}");
            }
            Ok::<_, BoxError>(())
        }
    });
    race!(signals.next(), |_| Ok(()), serve, |failed| failed
        .map_err(BoxError::from))
}
