//! Sockets of tokio, as transports.

mod halves;
mod listener;
mod stream;
mod tokio_io;

use std::{io, net::SocketAddr};

use easynet_core::net::{Closed, ListenOptions, socket};
use tokio::net::{TcpListener, TcpStream};

pub use self::{
    halves::{TokioTcpReadHalf, TokioTcpWriteHalf},
    listener::TokioTcpListener,
    stream::TokioTcpStream,
};

pub(crate) async fn connect(address: SocketAddr) -> io::Result<TokioTcpStream> {
    let stream = TcpStream::connect(address).await?;
    socket::prepare_stream(&stream)?;
    Ok(stream.into())
}

pub(crate) fn listen(address: SocketAddr, options: &ListenOptions) -> io::Result<TokioTcpListener> {
    let listener = TcpListener::from_std(socket::listen_tcp(address, options)?)?;
    Ok(listener.into())
}

/// What is inside, unless it was closed.
fn open<T>(inner: &Option<T>) -> io::Result<&T> {
    inner.as_ref().ok_or_else(|| Closed::new().into())
}
