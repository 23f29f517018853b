//! Transports and listeners.
use easynet_core::net::{AsyncListener, AsyncStreamTransport};
#[derive(Debug)] pub struct TcpStream(easynet_tokio::TokioTcpStream);
#[derive(Debug)] pub struct TcpListener(easynet_tokio::TokioTcpListener);
impl AsyncStreamTransport for TcpStream {}
impl AsyncListener for TcpListener { type Stream = TcpStream; }
impl From<easynet_tokio::TokioTcpStream> for TcpStream { fn from(s: easynet_tokio::TokioTcpStream) -> Self { Self(s) } }
impl From<easynet_tokio::TokioTcpListener> for TcpListener { fn from(s: easynet_tokio::TokioTcpListener) -> Self { Self(s) } }
