//! A listening socket.

use std::{
    io,
    net::SocketAddr,
    task::{Context, Poll, ready},
};

use easynet_core::net::{AsyncListener, socket};
use tokio::net::TcpListener;

use super::{TokioTcpStream, open};

/// A TCP listener of the tokio runtime.
#[derive(Debug)]
pub struct TokioTcpListener {
    /// Gone once it was closed.
    inner: Option<TcpListener>,
}

impl From<TcpListener> for TokioTcpListener {
    fn from(listener: TcpListener) -> Self {
        Self {
            inner: Some(listener),
        }
    }
}

impl AsyncListener for TokioTcpListener {
    type Stream = TokioTcpStream;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(TokioTcpStream, SocketAddr)>> {
        let (stream, peer) = ready!(open(&self.inner)?.poll_accept(cx))?;
        // It fails for a connection that is gone already; whoever reads from that is told.
        let _ = socket::prepare_stream(&stream);
        Poll::Ready(Ok((stream.into(), peer)))
    }

    fn local_address(&self) -> io::Result<SocketAddr> {
        open(&self.inner)?.local_addr()
    }

    fn abort(&mut self) {
        self.inner = None;
    }

    fn is_closing(&self) -> bool {
        self.inner.is_none()
    }
}
