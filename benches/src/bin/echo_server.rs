#![forbid(unsafe_code)]
//! An echo service on easynet, for `benches/python/compare.py`: `echo_server tcp|udp current_thread|multi_thread`.
//!
//! It says where it listens, a port of the system's choice, and serves until it is killed. The service is the one that `--bench echo`
//! compares with bare tokio: a task of a group for each connection; a datagram after the other.

use std::{env, io::Write as _, net::SocketAddr};

use easynet::{AsyncBackend as _, BoxError, Flavor, RunnerOptions, net::*};

/// As much as the largest message.
const ROOM: usize = 16 * 1024;
/// As many may connect at once, as in the servers it is compared with.
const BACKLOG: u32 = 1_024;

fn main() -> Result<(), BoxError> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [network, flavor] = &arguments[..] else {
        return Err("usage: echo_server tcp|udp current_thread|multi_thread".into());
    };
    let options = match flavor.as_str() {
        "current_thread" => RunnerOptions::new().flavor(Flavor::CurrentThread),
        "multi_thread" => RunnerOptions::new().flavor(Flavor::MultiThread),
        other => return Err(format!("no flavor: {other}").into()),
    };
    let backend = easynet::new_builtin_backend("tokio")?;
    match network.as_str() {
        "tcp" => backend.bootstrap_with(&options, tcp())?,
        "udp" => backend.bootstrap_with(&options, udp())?,
        other => Err(format!("no network: {other}").into()),
    }
}

async fn tcp() -> Result<(), BoxError> {
    let mut listeners = create_tcp_listeners("127.0.0.1", 0).backlog(BACKLOG).await?;
    let listener = listeners.remove(0);
    tell(listener.local_address()?)?;
    let served = listener.serve_in_private_group(|stream| async {
        // A connection that breaks is no reason to end the others.
        let _ = talk(stream).await;
        Ok::<(), BoxError>(())
    });
    Ok(served.await?)
}

async fn talk(mut stream: TcpStream) -> std::io::Result<()> {
    let mut buffer = vec![0; ROOM];
    loop {
        match stream.recv_into(&mut buffer).await? {
            0 => return Ok(()),
            n => stream.send_all(&buffer[..n]).await?,
        }
    }
}

async fn udp() -> Result<(), BoxError> {
    let mut listener = create_udp_listeners("127.0.0.1", 0).await?.remove(0);
    tell(listener.local_address()?)?;
    let (mut buffer, sender) = (vec![0; 65_536], listener.sender());
    loop {
        let (datagram, peer) = listener.recv_into_from(&mut buffer).await?;
        sender.send_to(&buffer[..datagram.len()], &peer).await?;
    }
}

fn tell(address: SocketAddr) -> std::io::Result<()> {
    println!("{address}");
    std::io::stdout().flush()
}
