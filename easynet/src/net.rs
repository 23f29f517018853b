//! TCP: connections, listeners, and the transports they yield.
//!
//! What a stream or a listener can do is in the traits [`AsyncStreamReadTransport`], [`AsyncStreamWriteTransport`],
//! [`AsyncStreamTransport`] and [`AsyncListener`]; the [`prelude`](crate::prelude) brings their methods into scope. Streams
//! implement the I/O traits of `futures` too, and with the feature `tokio` those of tokio.
//!
//! Each operation is a checkpoint: in a cancelled scope it does nothing and stays pending, also through those traits.

mod halves;
mod listener;
mod stream;

pub use easynet_core::net::{
    AsyncListener, AsyncStreamReadTransport, AsyncStreamTransport, AsyncStreamWriteTransport, BindError,
    Closed, ConnectError, Hosts, ListenOptions, NotOneStream,
};
use easynet_core::{
    AsyncBackend,
    net::{CreateTcpConnection, CreateTcpListeners},
};

pub use self::{
    halves::{TcpReadHalf, TcpWriteHalf},
    listener::TcpListener,
    stream::TcpStream,
};
use crate::{BuiltinBackend, builtin::ambient};

/// See [`AsyncBackend::create_tcp_connection`].
///
/// # Cancellation
///
/// Safe to cancel: nothing is lost.
///
/// # Errors
///
/// [`ConnectError`], with what every address answered, or the error of the resolver.
///
/// # Panics
///
/// Outside of any backend.
#[track_caller]
pub fn create_tcp_connection(host: &str, port: u16) -> CreateTcpConnection<'_, BuiltinBackend> {
    ambient().create_tcp_connection(host, port)
}

/// See [`AsyncBackend::create_tcp_listeners`].
///
/// # Cancellation
///
/// Safe to cancel: nothing is lost.
///
/// # Errors
///
/// [`BindError`], with what every address that failed answered, or the error of the resolver.
///
/// # Panics
///
/// Outside of any backend.
///
/// # Examples
///
/// ```
/// # #[easynet::main(backend = "tokio")]
/// # async fn main() -> Result<(), easynet::net::BindError> {
/// // All interfaces, by IPv4 and by IPv6.
/// let listeners = easynet::net::create_tcp_listeners(None, 0).await?;
/// assert!(!listeners.is_empty());
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn create_tcp_listeners(hosts: impl Into<Hosts>, port: u16) -> CreateTcpListeners<BuiltinBackend> {
    ambient().create_tcp_listeners(hosts, port)
}

/// Implements tokio's I/O traits for a transport, on top of those inside.
#[cfg(feature = "tokio")]
macro_rules! tokio_io_traits {
    (read $transport:ty) => {
        impl ::tokio::io::AsyncRead for $transport {
            fn poll_read(
                self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
                buffer: &mut ::tokio::io::ReadBuf<'_>,
            ) -> ::std::task::Poll<::std::io::Result<()>> {
                match self.get_mut() {
                    // It can fill memory that is not initialised.
                    Self::Tokio(inner) => ::std::pin::Pin::new(inner).poll_read(cx, buffer),
                    #[allow(unreachable_patterns, reason = "there may be no other backend")]
                    other => {
                        let room = buffer.initialize_unfilled();
                        let polled =
                            ::futures_io::AsyncRead::poll_read(::std::pin::Pin::new(other), cx, room);
                        polled.map_ok(|received| buffer.advance(received))
                    }
                }
            }
        }
    };
    (write $transport:ty) => {
        impl ::tokio::io::AsyncWrite for $transport {
            fn poll_write(
                self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
                data: &[u8],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                ::futures_io::AsyncWrite::poll_write(self, cx, data)
            }

            fn poll_write_vectored(
                self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
                chunks: &[::std::io::IoSlice<'_>],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                ::futures_io::AsyncWrite::poll_write_vectored(self, cx, chunks)
            }

            fn is_write_vectored(&self) -> bool {
                true
            }

            fn poll_flush(
                self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
            ) -> ::std::task::Poll<::std::io::Result<()>> {
                ::futures_io::AsyncWrite::poll_flush(self, cx)
            }

            /// As `send_eof`.
            fn poll_shutdown(
                self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
            ) -> ::std::task::Poll<::std::io::Result<()>> {
                ::futures_io::AsyncWrite::poll_close(self, cx)
            }
        }
    };
}

#[cfg(feature = "tokio")]
use tokio_io_traits;
