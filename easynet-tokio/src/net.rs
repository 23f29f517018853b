//! Sockets of tokio, as transports.
use std::{io, net::SocketAddr};
use easynet_core::net::{AsyncListener, AsyncStreamTransport, ListenOptions};
#[derive(Debug)] pub struct TokioTcpStream;
#[derive(Debug)] pub struct TokioTcpListener;
impl AsyncStreamTransport for TokioTcpStream {}
impl AsyncListener for TokioTcpListener { type Stream = TokioTcpStream; }
pub(crate) async fn connect(_: SocketAddr) -> io::Result<TokioTcpStream> { Ok(TokioTcpStream) }
pub(crate) fn listen(_: SocketAddr, _: &ListenOptions) -> io::Result<TokioTcpListener> { Ok(TokioTcpListener) }
