//! A listening socket of whichever backend runs.

use std::{
    io,
    net::SocketAddr,
    task::{Context, Poll},
};

use easynet_core::net::AsyncListener;

use super::TcpStream;
use crate::builtin::variants::{each, one_of};

one_of! {
    /// A TCP listener of a built-in backend.
    ///
    /// Opened by [`create_tcp_listeners`](super::create_tcp_listeners). Dropping it closes it.
    #[derive(Debug)]
    pub enum TcpListener {
        "tokio" => Tokio(easynet_tokio::TokioTcpListener),
        "sim" => Sim(easynet_sim::SimTcpListener),
    }
}

impl AsyncListener for TcpListener {
    type Stream = TcpStream;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        each!(self, inner => inner.poll_accept(cx).map_ok(|(stream, peer)| (stream.into(), peer)))
    }

    fn local_address(&self) -> io::Result<SocketAddr> {
        each!(self, inner => inner.local_address())
    }

    fn abort(&mut self) {
        each!(self, inner => inner.abort())
    }

    fn is_closing(&self) -> bool {
        each!(self, inner => inner.is_closing())
    }
}
