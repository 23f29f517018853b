//! An echo service over TLS: rustls on easynet's streams.
//!
//! ```sh
//! cargo run --release --example tls_echo -- 127.0.0.1:8443
//! openssl s_client -quiet -connect 127.0.0.1:8443
//! ```
//!
//! The certificate is made when it starts, for `localhost`, and signed by nobody. On Ctrl-C or SIGTERM all connections are
//! cancelled, and have ended when the process does.

#[path = "echo/signals.rs"]
mod signals;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use easynet::{BoxError, net::*, prelude::*};
use signals::Signals;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring::default_provider, pki_types::PrivatePkcs8KeyDer},
};

/// How long a client may take for the handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long it may be silent.
const IDLE: Duration = Duration::from_secs(60);

fn acceptor() -> Result<TlsAcceptor, BoxError> {
    let made = rcgen::generate_simple_self_signed([String::from("localhost")])?;
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.into()], key.into())?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn echo(stream: TcpStream, acceptor: TlsAcceptor) -> Result<(), BoxError> {
    let mut stream = with_timeout!(HANDSHAKE, acceptor.accept(stream))??;
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let n = with_timeout!(IDLE, stream.read(&mut buffer))??;
        if n == 0 {
            return Ok(stream.shutdown().await?);
        }
        stream.write_all(&buffer[..n]).await?;
        stream.flush().await?;
    }
}

#[easynet::main(backend = "tokio")]
async fn main() -> Result<(), BoxError> {
    let address: SocketAddr = std::env::args()
        .nth(1)
        .unwrap_or("127.0.0.1:8443".into())
        .parse()?;
    let (mut signals, acceptor) = (Signals::new()?, acceptor()?);
    let listener = create_tcp_listeners(address.ip(), address.port())
        .await?
        .remove(0);
    println!("listening on {}", listener.local_address()?);
    let serve = listener.serve_in_private_group(|stream| {
        let acceptor = acceptor.clone();
        async move {
            if let Err(error) = echo(stream, acceptor).await {
                eprintln!("a connection failed: {error}"); // The others go on.
            }
            Ok::<_, BoxError>(())
        }
    });
    race!(signals.next(), |_| Ok(()), serve, |failed| failed
        .map_err(BoxError::from))
}
